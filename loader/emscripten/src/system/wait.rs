//! `poll` and `select`.

use wasmc_loader::{Caller, GuestMemory, HostError, TrapCode};
use wasmc_wasi::{Errno, Interest};

use super::{field, posix, read_u32, write_u32};
use crate::thread::ThreadState;

/// Gives what a call that waited came to. It goes on after a signal, unless the program is to stop.
fn finish(result: Result<u32, Errno>) -> Result<i32, HostError> {
    match result {
        Ok(count) => Ok(count.cast_signed()),
        Err(Errno::Intr) => Err(HostError::Trap(TrapCode::Interrupted)),
        Err(error) => Ok(-i32::from(error.number())),
    }
}

pub(crate) fn poll(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    list: u32,
    count: u32,
    milliseconds: i32,
) -> Result<i32, HostError> {
    let memory = caller.memory().ok_or("the program waits, but has no memory")?;
    // A negative time is none: it waits for as long as it takes.
    let timeout = u64::try_from(milliseconds).ok().map(|milliseconds| milliseconds * 1_000_000);
    finish(poll_list(thread, &memory, list, count, timeout, &|| !caller.interrupted()))
}

fn poll_list(
    thread: &ThreadState,
    memory: &GuestMemory<'_>,
    list: u32,
    count: u32,
    timeout: Option<u64>,
    patience: &dyn Fn() -> bool,
) -> Result<u32, Errno> {
    /// `struct pollfd`: a descriptor, what is wanted, what has come.
    const ENTRY_BYTES: u64 = 8;
    if count > 4096 {
        return Err(Errno::Inval);
    }
    let addresses = (0..u64::from(count)).map(|index| u64::from(list) + index * ENTRY_BYTES);
    let read = |address: u64| {
        Some(Interest {
            descriptor: memory.read_u32(address)?.cast_signed(),
            wanted: memory.read_u16(address + 4)?,
            happened: 0,
        })
    };
    let mut interests: Vec<Interest> = addresses.clone().map(read).collect::<Option<_>>().ok_or(Errno::Fault)?;
    let came = posix(thread).poll(&mut interests, timeout, patience)?;
    for (address, interest) in addresses.zip(&interests) {
        memory.write_u16(address + 6, interest.happened).ok_or(Errno::Fault)?;
    }
    Ok(came)
}

pub(crate) fn select(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    count: i32,
    readers: u32,
    writers: u32,
    exceptional: u32,
    timeout: u32,
) -> Result<i32, HostError> {
    let memory = caller.memory().ok_or("the program waits, but has no memory")?;
    let sets = [readers, writers, exceptional];
    let timeout = match timeout {
        0 => Ok(None),
        // Whatever the program's time is, these are two words.
        address => read_u32(&memory, address).and_then(|seconds| {
            let microseconds = read_u32(&memory, field(address, 4)?)?;
            Ok(Some(u64::from(seconds) * 1_000_000_000 + u64::from(microseconds) * 1000))
        }),
    };
    let result =
        timeout.and_then(|timeout| select_sets(thread, &memory, count, sets, timeout, &|| !caller.interrupted()));
    finish(result)
}

fn select_sets(
    thread: &ThreadState,
    memory: &GuestMemory<'_>,
    count: i32,
    sets: [u32; 3],
    timeout: Option<u64>,
    patience: &dyn Fn() -> bool,
) -> Result<u32, Errno> {
    /// `FD_SETSIZE`.
    const COUNT_MAX: u32 = 1024;
    let count = u32::try_from(count).ok().filter(|count| *count <= COUNT_MAX).ok_or(Errno::Inval)?;
    let words = count.div_ceil(32);
    let read = |set: u32| {
        (0..words).map(|word| if set == 0 { Ok(0) } else { read_u32(memory, field(set, word * 4)?) }).collect()
    };
    let wanted: Vec<Vec<u32>> = sets.into_iter().map(read).collect::<Result<_, Errno>>()?;
    let is_in = |set: &[u32], descriptor: u32| set[(descriptor / 32) as usize] & 1 << (descriptor % 32) != 0;
    let mut interests = Vec::new();
    for descriptor in 0..count {
        let mut events = 0;
        for (set, event) in wanted.iter().zip([Interest::READABLE, Interest::WRITABLE, 0]) {
            if is_in(set, descriptor) {
                posix(thread).check_open_descriptor(descriptor)?;
                events |= event;
            }
        }
        if events != 0 {
            interests.push(Interest { descriptor: descriptor.cast_signed(), wanted: events, happened: 0 });
        }
    }
    posix(thread).poll(&mut interests, timeout, patience)?;
    let mut came = [vec![0; words as usize], vec![0; words as usize], vec![0; words as usize]];
    let mut total = 0;
    // A peer that has gone is told by reading and by writing.
    let tells = [Interest::READABLE | Interest::HUNG_UP | Interest::FAILED, Interest::WRITABLE | Interest::FAILED];
    for interest in &interests {
        let descriptor = interest.descriptor.cast_unsigned();
        for (index, tells) in tells.into_iter().enumerate() {
            if interest.happened & tells != 0 && is_in(&wanted[index], descriptor) {
                came[index][(descriptor / 32) as usize] |= 1 << (descriptor % 32);
                total += 1;
            }
        }
    }
    for (set, came) in sets.into_iter().zip(&came).filter(|(set, _)| *set != 0) {
        for (word, offset) in came.iter().zip((0..).step_by(4)) {
            write_u32(memory, field(set, offset)?, *word)?;
        }
    }
    Ok(total)
}
