//! `poll`: waits until something can be read or written, on the host and in memory alike.

use std::sync::Arc;
use std::time::Duration;

use super::Posix;
use crate::clock::{nanoseconds, timespec};
use crate::descriptor::{Handle, Object};
use crate::errno::Errno;
use crate::system::event::{PollFd, PollFlags};
use crate::system::time::{ClockId, clock_gettime};
use crate::types::FileType;

/// How often is looked for what nobody can be waited for in the host's way: pipes that another thread works on.
const SLICE_NANOSECONDS: u64 = 5_000_000;
/// How long is slept where nobody wakes a thread that is to be stopped.
const NAP: Duration = Duration::from_millis(20);
/// How long is waited at once where nothing but time can pass.
const LONG_NANOSECONDS: u64 = 1_000_000_000;

/// What of something open would not wait.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) hung_up: bool,
    pub(crate) failed: bool,
    /// The host says the rest.
    pub(crate) host: Option<Arc<Handle>>,
}

/// One descriptor that is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Interest {
    /// It; a negative one is passed over.
    pub descriptor: i32,
    /// What is waited for: [`Self::READABLE`] and [`Self::WRITABLE`].
    pub wanted: u16,
    /// What has come.
    pub happened: u16,
}

impl Interest {
    /// `POLLIN`.
    pub const READABLE: u16 = 1;
    /// `POLLOUT`.
    pub const WRITABLE: u16 = 4;
    /// `POLLERR`.
    pub const FAILED: u16 = 8;
    /// `POLLHUP`.
    pub const HUNG_UP: u16 = 0x10;
    /// `POLLNVAL`.
    pub const NOT_OPEN: u16 = 0x20;
    const READ_NORMAL: u16 = 0x40;
    const WRITE_NORMAL: u16 = 0x100;

    fn wants_to_read(self) -> bool {
        self.wanted & (Self::READABLE | Self::READ_NORMAL) != 0
    }

    fn wants_to_write(self) -> bool {
        self.wanted & (Self::WRITABLE | Self::WRITE_NORMAL) != 0
    }

    /// Notes what has come, of what is wanted.
    fn note(&mut self, readiness: &Readiness) {
        let mut happened = 0;
        if readiness.readable {
            happened |= Self::READABLE | Self::READ_NORMAL;
        }
        if readiness.writable {
            happened |= Self::WRITABLE | Self::WRITE_NORMAL;
        }
        happened &= self.wanted;
        if readiness.failed {
            happened |= Self::FAILED;
        }
        if readiness.hung_up {
            happened |= Self::HUNG_UP;
        }
        self.happened |= happened;
    }
}

impl Posix {
    /// Waits until something of what is wanted has come, or for so many nanoseconds: how many have something. When a signal
    /// has come, `patience` is asked whether to go on.
    ///
    /// # Errors
    ///
    /// `EINTR`, if not; `EINVAL` for more than there can be descriptors.
    pub fn poll(
        &self,
        interests: &mut [Interest],
        timeout: Option<u64>,
        patience: &dyn Fn() -> bool,
    ) -> Result<u32, Errno> {
        if interests.len() > super::OPEN_MAX as usize {
            return Err(Errno::Inval);
        }
        let now = || match self.context().clock {
            crate::clock::Clock::Host => nanoseconds(clock_gettime(ClockId::Monotonic)),
            crate::clock::Clock::Virtual(_) => self.context().clock.wall(),
        };
        let end = timeout.map(|timeout| now().saturating_add(timeout));
        loop {
            // Whoever is waited for is held, so that nobody closes it meanwhile.
            let mut waited: Vec<(usize, Waited)> = Vec::new();
            let mut count = 0;
            for (index, interest) in interests.iter_mut().enumerate() {
                interest.happened = 0;
                if let Some(host) = self.look(interest) {
                    waited.push((index, host));
                }
                count += u32::from(interest.happened != 0);
            }
            let left = end.map_or(u64::MAX, |end| end.saturating_sub(now()));
            let threads = self.shared.has_threads.load(std::sync::atomic::Ordering::Relaxed);
            let slice = if threads { SLICE_NANOSECONDS } else { LONG_NANOSECONDS };
            let wait = if count > 0 { 0 } else { left.min(slice) };
            count += self.wait(interests, &waited, (wait, end.is_none()), patience)?;
            if count > 0 || left == 0 {
                return Ok(count);
            }
            if !patience() {
                return Err(Errno::Intr);
            }
        }
    }

    /// Notes what is known of a descriptor; gives what the host has to be asked about.
    fn look(&self, interest: &mut Interest) -> Option<Waited> {
        let descriptor = u32::try_from(interest.descriptor).ok()?;
        let Ok(object) = self.context().table.find(descriptor) else {
            interest.happened = Interest::NOT_OPEN;
            return None;
        };
        let always = Readiness { readable: true, writable: true, ..Readiness::default() };
        let readiness = match &*object {
            Object::File(file) if file.file_type() != FileType::RegularFile => return Some(Waited::Object(object)),
            Object::Socket(_) => return Some(Waited::Object(object)),
            Object::Special(special) => special.readiness(),
            _ => always,
        };
        interest.note(&readiness);
        readiness.host.map(Waited::Handle)
    }

    /// Waits for the host, or for time to pass, which is a part of what is waited for or of no end: how many have something
    /// that had nothing before.
    fn wait(
        &self,
        interests: &mut [Interest],
        waited: &[(usize, Waited)],
        (timeout, is_endless): (u64, bool),
        patience: &dyn Fn() -> bool,
    ) -> Result<u32, Errno> {
        if waited.is_empty() && timeout == 0 {
            return Ok(0);
        }
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(waited.len());
        for (index, waited) in waited {
            let mut flags = PollFlags::empty();
            if interests[*index].wants_to_read() {
                flags |= PollFlags::IN;
            }
            if interests[*index].wants_to_write() {
                flags |= PollFlags::OUT;
            }
            polled.push(PollFd::from_borrowed_fd(waited.descriptor(), flags));
        }
        if timeout == 0 {
            crate::poll::look(patience, &mut polled)?;
        } else if !is_endless {
            crate::poll::sleep(&self.context().clock, patience, &mut polled, Some(timeout))?;
        } else if polled.is_empty() {
            // No clock of the program's ends this, nor does a virtual one move.
            std::thread::sleep(Duration::from_nanos(timeout).min(NAP));
        } else {
            match crate::system::event::poll(&mut polled, Some(&timespec(timeout))) {
                Err(crate::system::io::Errno::INTR) => {}
                result => drop(result?),
            }
        }
        let mut count = 0;
        for ((index, _), polled) in waited.iter().zip(&polled) {
            let came = polled.revents();
            let interest = &mut interests[*index];
            let before = interest.happened;
            interest.note(&Readiness {
                readable: came.contains(PollFlags::IN),
                writable: came.contains(PollFlags::OUT),
                hung_up: came.contains(PollFlags::HUP),
                failed: came.contains(PollFlags::ERR),
                host: None,
            });
            count += u32::from(before == 0 && interest.happened != 0);
        }
        Ok(count)
    }
}

/// What the host is asked about.
enum Waited {
    Object(Arc<Object>),
    Handle(Arc<Handle>),
}

impl Waited {
    fn descriptor(&self) -> crate::system::fd::BorrowedFd<'_> {
        use crate::system::fd::AsFd as _;
        match self {
            Self::Handle(handle) => handle.as_fd(),
            // The host is asked about nothing else.
            Self::Object(object) => match crate::poll::host_descriptor(object) {
                Some(descriptor) => descriptor,
                None => crate::system::stdio::stdin(),
            },
        }
    }
}
