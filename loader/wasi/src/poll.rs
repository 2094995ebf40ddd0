//! `poll_oneoff`: waits for the first of many clocks and descriptors.

use crate::system::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use crate::system::event::{PollFd, PollFlags};
use crate::system::thread::clock_nanosleep_absolute;
use crate::system::time::{ClockId, clock_gettime};
use wasmc_loader::GuestMemory;

use crate::clock::{Clock, nanoseconds, timespec};
use crate::context::Context;
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::types::{FileType, Version, check_result, write_u32};

const EVENT_BYTES: u64 = 32;
/// More subscriptions are refused: what the host keeps of them is none of the program's own memory.
const COUNT_MAX: u32 = 1 << 16;
/// How long descriptors are waited for at once. The system lets a process that was stopped meanwhile wait for all of the
/// rest again, however late it is.
const SLICE_NANOSECONDS: u64 = 1_000_000_000;
/// `$eventrwflags`: the peer has closed.
const HANGUP: u16 = 1;

/// What one subscription waits for.
enum Wait {
    /// A clock's time, as nanoseconds from now.
    Clock { remaining: u64 },
    /// A host descriptor.
    Host { object: Arc<Object>, flags: PollFlags },
    /// Nothing: it has come already, with this many bytes to read or to write.
    Ready { bytes: u64 },
    /// Nothing: it never can.
    Failed(Errno),
}

struct Subscription {
    user_data: u64,
    /// `$eventtype`.
    kind: u8,
    wait: Wait,
}

struct Event {
    user_data: u64,
    error: Option<Errno>,
    kind: u8,
    bytes: u64,
    flags: u16,
}

impl Event {
    fn write(&self, memory: &GuestMemory, address: u64) -> Result<(), Errno> {
        let mut bytes = [0; EVENT_BYTES as usize];
        bytes[0..8].copy_from_slice(&self.user_data.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.error.map_or(0, Errno::number).to_le_bytes());
        bytes[10] = self.kind;
        bytes[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[24..26].copy_from_slice(&self.flags.to_le_bytes());
        memory.write_bytes(address, &bytes).ok_or(Errno::Fault)
    }
}

/// `patience` is asked when a signal has come, whether to go on.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn poll_oneoff(
    context: &Context,
    memory: &GuestMemory,
    version: Version,
    patience: &dyn Fn() -> bool,
    subscriptions: u32,
    events: u32,
    count: u32,
    result: u32,
) -> Result<(), Errno> {
    if count == 0 {
        return Err(Errno::Inval);
    }
    let subscription_bytes = match version {
        Version::Unstable => 56,
        Version::Preview1 => 48,
    };
    check_result(memory, subscriptions, subscription_bytes * u64::from(count))?;
    check_result(memory, events, EVENT_BYTES * u64::from(count))?;
    check_result(memory, result, 4)?;
    if count > COUNT_MAX {
        return Err(Errno::Nomem);
    }
    let waits = (0..u64::from(count))
        .map(|index| read(context, memory, version, u64::from(subscriptions) + index * subscription_bytes))
        .collect::<Result<Vec<_>, _>>()?;
    let happened = wait(&context.clock, patience, &waits)?;
    for (index, event) in happened.iter().enumerate() {
        event.write(memory, u64::from(events) + index as u64 * EVENT_BYTES)?;
    }
    write_u32(memory, result, happened.len() as u32)
}

fn read(context: &Context, memory: &GuestMemory, version: Version, address: u64) -> Result<Subscription, Errno> {
    let word = |offset: u64| memory.read_u64(address + offset).ok_or(Errno::Fault);
    let (user_data, kind) = (word(0)?, word(8)? as u8);
    let wait = match kind {
        0 => {
            // The older version has an identifier before the clock's number.
            let base = if version == Version::Unstable { 24 } else { 16 };
            read_clock(context, word(base)? as u32, word(base + 8)?, word(base + 24)? as u16)
        }
        1 | 2 => read_descriptor(context, word(16)? as u32, kind),
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription { user_data, kind, wait })
}

fn read_clock(context: &Context, id: u32, timeout: u64, flags: u16) -> Wait {
    /// `$subclockflags`.
    const ABSOLUTE: u16 = 1;
    if flags & !ABSOLUTE != 0 {
        return Wait::Failed(Errno::Inval);
    }
    if id > 1 {
        // No system waits for a CPU-time clock of its own by a plain call, nor does a guest that sleeps use CPU time.
        return Wait::Failed(if id <= 3 { Errno::Notsup } else { Errno::Inval });
    }
    match context.clock.now(id) {
        Ok(now) if flags & ABSOLUTE != 0 => Wait::Clock { remaining: timeout.saturating_sub(now) },
        Ok(_) => Wait::Clock { remaining: timeout },
        Err(error) => Wait::Failed(error),
    }
}

fn read_descriptor(context: &Context, descriptor: u32, kind: u8) -> Wait {
    let object = match context.table.find(descriptor) {
        Ok(object) => object,
        Err(error) => return Wait::Failed(error),
    };
    let reading = kind == 1;
    match &*object {
        Object::File(file) if (reading && !file.readable) || (!reading && !file.writable) => Wait::Failed(Errno::Badf),
        // Files are always ready; how much is left to read is known.
        Object::File(file) if file.file_type() == FileType::RegularFile => {
            let left = crate::system::fs::fstat(&file.handle).ok().zip(crate::system::fs::tell(&file.handle).ok());
            let left =
                left.and_then(|(status, position)| crate::host::file_status(&status).size_bytes.checked_sub(position));
            Wait::Ready { bytes: if reading { left.unwrap_or(0) } else { 0 } }
        }
        Object::File(_) | Object::Socket(_) => {
            Wait::Host { flags: if reading { PollFlags::IN } else { PollFlags::OUT }, object }
        }
        Object::Memory(file) => file.ready(reading).map_or_else(Wait::Failed, |bytes| Wait::Ready { bytes }),
        Object::Input(input) if reading => {
            let input = input.lock().unwrap_or_else(PoisonError::into_inner);
            Wait::Ready { bytes: (input.0.len() - input.1) as u64 }
        }
        Object::Output(_) if !reading => Wait::Ready { bytes: 0 },
        // Waited for by what only POSIX programs have.
        Object::Special(_) => Wait::Ready { bytes: 0 },
        Object::Input(_) | Object::Output(_) | Object::Directory(_) => Wait::Failed(Errno::Badf),
    }
}

pub(crate) fn host_descriptor(object: &Object) -> Option<BorrowedFd<'_>> {
    match object {
        Object::File(file) => Some(file.handle.as_fd()),
        Object::Socket(handle) => Some(handle.as_fd()),
        _ => None,
    }
}

/// Waits until at least one event has come, and returns all that have.
fn wait(clock: &Clock, patience: &dyn Fn() -> bool, subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
    // Each descriptor once: the system takes no more than a process can have.
    let mut wanted: BTreeMap<RawFd, (BorrowedFd<'_>, PollFlags)> = BTreeMap::new();
    let mut immediate = false;
    let mut shortest: Option<u64> = None;
    for subscription in subscriptions {
        match &subscription.wait {
            Wait::Clock { remaining } => shortest = Some(shortest.map_or(*remaining, |least| least.min(*remaining))),
            Wait::Host { object, flags } => {
                if let Some(descriptor) = host_descriptor(object) {
                    let nothing = (descriptor, PollFlags::empty());
                    wanted.entry(descriptor.as_raw_fd()).or_insert(nothing).1 |= *flags;
                }
            }
            Wait::Ready { .. } | Wait::Failed(_) => immediate = true,
        }
    }
    let timeout = if immediate { Some(0) } else { shortest };
    let numbers: Vec<RawFd> = wanted.keys().copied().collect();
    let polled = wanted.into_values().map(|(descriptor, flags)| PollFd::from_borrowed_fd(descriptor, flags));
    let mut polled: Vec<PollFd<'_>> = polled.collect();
    let elapsed = sleep(clock, patience, &mut polled, timeout)?;
    let happened = |descriptor: BorrowedFd<'_>| {
        numbers.binary_search(&descriptor.as_raw_fd()).map_or(PollFlags::empty(), |index| polled[index].revents())
    };
    Ok(subscriptions.iter().filter_map(|subscription| subscription.event(elapsed, &happened)).collect())
}

impl Subscription {
    /// What has come of it after so many nanoseconds; `happened` says what came of host descriptors.
    fn event(&self, elapsed: u64, happened: &dyn Fn(BorrowedFd<'_>) -> PollFlags) -> Option<Event> {
        let mut event = Event { user_data: self.user_data, error: None, kind: self.kind, bytes: 0, flags: 0 };
        match &self.wait {
            Wait::Clock { remaining } => return (*remaining <= elapsed).then_some(event),
            Wait::Host { object, flags } => {
                let descriptor = host_descriptor(object)?;
                let always = PollFlags::NVAL | PollFlags::HUP | PollFlags::ERR;
                let found = happened(descriptor) & (*flags | always);
                if found.is_empty() {
                    return None;
                }
                if self.kind == 1 {
                    event.bytes = crate::system::io::ioctl_fionread(descriptor).unwrap_or(0);
                }
                if found.contains(PollFlags::NVAL) {
                    event.error = Some(Errno::Badf);
                } else if found.contains(PollFlags::HUP) {
                    event.flags = HANGUP;
                } else if found.contains(PollFlags::ERR) {
                    event.error = Some(Errno::Io);
                }
            }
            Wait::Ready { bytes } => event.bytes = *bytes,
            Wait::Failed(error) => event.error = Some(*error),
        }
        Some(event)
    }
}

/// What has come of the descriptors by now: of how many.
pub(crate) fn look(patience: &dyn Fn() -> bool, polled: &mut [PollFd<'_>]) -> Result<usize, Errno> {
    loop {
        match crate::system::event::poll(polled, Some(&timespec(0))) {
            // Also who does not wait is told of a signal.
            Err(crate::system::io::Errno::INTR) if patience() => {}
            result => return Ok(result?),
        }
    }
}

/// Waits for the descriptors, or for `timeout` nanoseconds: how many have passed, never fewer than were waited for if
/// no descriptor became ready.
pub(crate) fn sleep(
    clock: &Clock,
    patience: &dyn Fn() -> bool,
    polled: &mut [PollFd<'_>],
    timeout: Option<u64>,
) -> Result<u64, Errno> {
    if let (Clock::Virtual(time), Some(timeout)) = (clock, timeout) {
        if look(patience, polled)? > 0 {
            return Ok(0);
        }
        let add = |time: u64| Some(time.saturating_add(timeout));
        let _ = time.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        return Ok(timeout);
    }
    let now = || nanoseconds(clock_gettime(ClockId::Monotonic));
    let start = now();
    let end = timeout.map(|timeout| start.saturating_add(timeout));
    loop {
        let left = end.map_or(u64::MAX, |end| end.saturating_sub(now()));
        let waited = match end {
            Some(end) if polled.is_empty() => clock_nanosleep_absolute(ClockId::Monotonic, &timespec(end)).map(|()| 0),
            _ => crate::system::event::poll(polled, Some(&timespec(left.min(SLICE_NANOSECONDS)))),
        };
        match waited {
            // A signal that is none of the program's business; the time that has passed counts.
            Err(crate::system::io::Errno::INTR) if patience() => {}
            Err(error) => return Err(error.into()),
            Ok(0) if end.is_none_or(|end| now() < end) => {}
            Ok(_) => return Ok(now() - start),
        }
    }
}
