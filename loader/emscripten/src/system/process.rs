//! Calls about the process, as old releases and standalone programs ask for them: there is one, of nobody else's.

use wasmc_loader::GuestMemory;
use wasmc_wasi::Errno;

use super::{posix, write_bytes, write_u32};
use crate::thread::ThreadState;

type Memory<'a> = GuestMemory<'a>;

/// What Emscripten's C library gives as the program's number, and that of its group and session.
const PROCESS: i32 = 42;

pub(crate) fn nothing(_: &ThreadState, _: &Memory<'_>) -> Result<i32, Errno> {
    Ok(0)
}

pub(crate) fn process(_: &ThreadState, _: &Memory<'_>) -> Result<i32, Errno> {
    Ok(PROCESS)
}

pub(crate) fn parent(_: &ThreadState, _: &Memory<'_>) -> Result<i32, Errno> {
    Ok(1)
}

pub(crate) fn group(_: &ThreadState, _: &Memory<'_>, process: u32) -> Result<i32, Errno> {
    if process == 0 || process == PROCESS as u32 { Ok(PROCESS) } else { Err(Errno::Srch) }
}

pub(crate) fn umask(thread: &ThreadState, _: &Memory<'_>, mask: u32) -> Result<i32, Errno> {
    Ok(posix(thread).set_umask(mask).cast_signed())
}

/// `struct utsname`: six names of 65 bytes.
pub(crate) fn system_name(_: &ThreadState, memory: &Memory<'_>, address: u32) -> Result<i32, Errno> {
    const NAME_BYTES: usize = 65;
    let mut bytes = Vec::with_capacity(6 * NAME_BYTES);
    for name in ["Emscripten", "emscripten", "1.0", "#1", "wasm32", "(none)"] {
        let end = bytes.len() + NAME_BYTES;
        bytes.extend_from_slice(name.as_bytes());
        bytes.resize(end, 0);
    }
    write_bytes(memory, address, &bytes)?;
    Ok(0)
}

/// `getresuid` and `getresgid`: three times nobody but the program.
pub(crate) fn users(_: &ThreadState, memory: &Memory<'_>, real: u32, used: u32, saved: u32) -> Result<i32, Errno> {
    for address in [real, used, saved] {
        write_u32(memory, address, 0)?;
    }
    Ok(0)
}

/// `getgroups`: one, 0.
pub(crate) fn groups(_: &ThreadState, memory: &Memory<'_>, count: u32, list: u32) -> Result<i32, Errno> {
    if count > 0 {
        write_u32(memory, list, 0)?;
    }
    Ok(1)
}

/// `prlimit64`: nothing is limited.
pub(crate) fn limits(
    _: &ThreadState,
    memory: &Memory<'_>,
    _process: u32,
    _resource: u32,
    _new: u32,
    old: u32,
) -> Result<i32, Errno> {
    if old != 0 {
        write_bytes(memory, old, &[0xff; 16])?;
    }
    Ok(0)
}

pub(crate) fn old_limits(
    thread: &ThreadState,
    memory: &Memory<'_>,
    resource: u32,
    limits_address: u32,
) -> Result<i32, Errno> {
    limits(thread, memory, 0, resource, 0, limits_address)
}

/// What takes two arguments, and has nothing to do.
pub(crate) fn nothing_of_two(_: &ThreadState, _: &Memory<'_>, _first: u32, _second: u32) -> Result<i32, Errno> {
    Ok(0)
}

/// What takes three arguments, and has nothing to do.
pub(crate) fn nothing_of_three(_: &ThreadState, _: &Memory<'_>, _: u32, _: u32, _: u32) -> Result<i32, Errno> {
    Ok(0)
}
