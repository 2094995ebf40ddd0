//! Calls on open descriptors: duplicates, flags, locks, terminals, pipes.

use wasmc_loader::GuestMemory;
use wasmc_wasi::{Errno, flags};

use super::{given, posix, read_u32, write_bytes, write_u32};
use crate::thread::ThreadState;

type Memory<'a> = GuestMemory<'a>;

pub(crate) fn duplicate(thread: &ThreadState, _: &Memory<'_>, descriptor: u32) -> Result<i32, Errno> {
    given(posix(thread).duplicate_from(descriptor, 0, false)?)
}

pub(crate) fn duplicate_to(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    number: u32,
    flags: u32,
) -> Result<i32, Errno> {
    if flags & !flags::CLOSE_ON_EXEC != 0 {
        return Err(Errno::Inval);
    }
    given(posix(thread).duplicate_to(descriptor, number, flags != 0)?)
}

/// `dup2`: as `dup3`, but of one number with itself.
pub(crate) fn duplicate_to_any(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    number: u32,
) -> Result<i32, Errno> {
    if descriptor == number {
        posix(thread).check_open_descriptor(descriptor)?;
        return given(number);
    }
    duplicate_to(thread, memory, descriptor, number, 0)
}

pub(crate) fn control(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    command: u32,
    rest: u32,
) -> Result<i32, Errno> {
    const CLOSE_ON_EXEC: u32 = 1;
    const UNLOCKED: u16 = 2;
    let posix = posix(thread);
    posix.check_open_descriptor(descriptor)?;
    let argument = || if rest == 0 { Err(Errno::Inval) } else { read_u32(memory, rest) };
    match command {
        0 => given(posix.duplicate_from(descriptor, argument()?, false)?),
        1030 => given(posix.duplicate_from(descriptor, argument()?, true)?),
        1 => Ok(posix.closes_on_exec(descriptor)?.into()),
        2 => posix.set_close_on_exec(descriptor, argument()? & CLOSE_ON_EXEC != 0).map(|()| 0),
        3 => given(posix.flags(descriptor)?),
        4 => posix.set_flags(descriptor, argument()?).map(|()| 0),
        // Nobody but this program has locks: F_GETLK (by either of its numbers, and F_OFD_GETLK) finds none.
        5 | 12 | 36 => {
            memory.write_u16(argument()?.into(), UNLOCKED).ok_or(Errno::Fault)?;
            Ok(0)
        }
        // F_SETLK and F_SETLKW, likewise.
        6 | 7 | 13 | 14 | 37 | 38 => Ok(0),
        _ => Err(Errno::Inval),
    }
}

/// `flock`.
pub(crate) fn lock(thread: &ThreadState, _: &Memory<'_>, descriptor: u32, _how: u32) -> Result<i32, Errno> {
    posix(thread).check_open_descriptor(descriptor).map(|()| 0)
}

/// A `struct termios` as terminals start with: what a line's editing and its signals are, on Linux.
const TERMINAL: [u32; 4] = [0x6500, 0x5, 0xbf, 0x8a3b];
const TERMINAL_KEYS: [u8; 17] = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0];
const TERMINAL_BYTES: usize = 60;

pub(crate) fn device_control(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    request: u32,
    rest: u32,
) -> Result<i32, Errno> {
    let posix = posix(thread);
    let is_terminal = posix.is_terminal(descriptor)?;
    let argument = || if rest == 0 { Err(Errno::Inval) } else { read_u32(memory, rest) };
    match request {
        // TCGETA .. TCFLSH, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, TIOCSWINSZ
        0x5401..=0x5408 | 0x540b | 0x540f | 0x5410 | 0x5413 | 0x5414 if !is_terminal => Err(Errno::Notty),
        0x5401 => {
            let mut bytes: Vec<u8> = TERMINAL.iter().flat_map(|word| word.to_le_bytes()).collect();
            // The line's discipline.
            bytes.push(0);
            bytes.extend(TERMINAL_KEYS);
            bytes.resize(TERMINAL_BYTES, 0);
            write_bytes(memory, argument()?, &bytes)?;
            Ok(0)
        }
        0x5402..=0x5408 | 0x540b | 0x5414 => Ok(0),
        0x540f => write_u32(memory, argument()?, 0).map(|()| 0),
        0x5410 => Err(Errno::Inval),
        0x5413 => {
            let (rows, columns) = posix.window_size();
            let bytes = [rows, columns, 0, 0].map(u16::to_le_bytes).concat();
            write_bytes(memory, argument()?, &bytes)?;
            Ok(0)
        }
        // FIONREAD
        0x541b => {
            let waiting = posix.waiting_bytes(descriptor)?;
            write_u32(memory, argument()?, u32::try_from(waiting).unwrap_or(i32::MAX as u32)).map(|()| 0)
        }
        // FIONBIO
        0x5421 => {
            let nonblocking = read_u32(memory, argument()?)? != 0;
            let others = posix.flags(descriptor)? & !flags::NONBLOCK;
            posix.set_flags(descriptor, others | if nonblocking { flags::NONBLOCK } else { 0 })?;
            Ok(0)
        }
        // FIONCLEX, FIOCLEX
        0x5450 | 0x5451 => posix.set_close_on_exec(descriptor, request == 0x5451).map(|()| 0),
        _ => Err(Errno::Inval),
    }
}

pub(crate) fn pipe(thread: &ThreadState, memory: &Memory<'_>, ends: u32) -> Result<i32, Errno> {
    pipe_with_flags(thread, memory, ends, 0)
}

pub(crate) fn pipe_with_flags(thread: &ThreadState, memory: &Memory<'_>, ends: u32, flags: u32) -> Result<i32, Errno> {
    // Nothing is opened whose numbers could not be told.
    if u64::from(ends) + 8 > memory.length() || ends == 0 {
        return Err(Errno::Fault);
    }
    let (reader, writer) = posix(thread).pipe(flags)?;
    write_u32(memory, ends, reader)?;
    write_u32(memory, ends + 4, writer)?;
    Ok(0)
}

pub(crate) fn change_mode(thread: &ThreadState, _: &Memory<'_>, descriptor: u32, mode: u32) -> Result<i32, Errno> {
    posix(thread).set_descriptor_permissions(descriptor, mode).map(|()| 0)
}

pub(crate) fn change_owner(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    _user: u32,
    _group: u32,
) -> Result<i32, Errno> {
    posix(thread).set_descriptor_owner(descriptor).map(|()| 0)
}

pub(crate) fn truncate(thread: &ThreadState, _: &Memory<'_>, descriptor: u32, size: i64) -> Result<i32, Errno> {
    posix(thread).set_descriptor_size(descriptor, size).map(|()| 0)
}

pub(crate) fn allocate(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    mode: u32,
    offset: i64,
    length: i64,
) -> Result<i32, Errno> {
    if mode != 0 {
        return Err(Errno::Notsup);
    }
    posix(thread).allocate(descriptor, offset, length).map(|()| 0)
}

/// Advice may be left aside.
pub(crate) fn advise(
    thread: &ThreadState,
    _: &Memory<'_>,
    descriptor: u32,
    _offset: i64,
    _length: i64,
    advice: u32,
) -> Result<i32, Errno> {
    posix(thread).check_open_descriptor(descriptor)?;
    if advice > 5 { Err(Errno::Inval) } else { Ok(0) }
}

pub(crate) fn sync_data(thread: &ThreadState, _: &Memory<'_>, descriptor: u32) -> Result<i32, Errno> {
    posix(thread).sync_data(descriptor).map(|()| 0)
}
