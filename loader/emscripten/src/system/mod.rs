//! System calls: what the C library asks for, put into the words of a POSIX system's files (`wasmc_wasi::Posix`). Arguments
//! and structures lie in the program's memory as musl lays them out there; nothing is decided here.

use wasmc_loader::GuestMemory;
use wasmc_wasi::{At, Errno, Posix};

use crate::thread::ThreadState;

pub(crate) mod descriptors;
pub(crate) mod files;
mod layout;
pub(crate) mod maps;
pub(crate) mod names;
pub(crate) mod process;
pub(crate) mod sockets;
pub(crate) mod status;
pub(crate) mod wait;

pub(crate) use layout::Layout;
pub(crate) use maps::Maps;

fn posix(thread: &ThreadState) -> &Posix {
    &thread.context.posix
}

/// What a path starts from: `AT_FDCWD` is -100, and no other negative number is open.
fn at(descriptor: i32) -> At {
    match u32::try_from(descriptor) {
        Ok(descriptor) => At::Descriptor(descriptor),
        Err(_) if descriptor == -100 => At::WorkingDirectory,
        Err(_) => At::Descriptor(u32::MAX),
    }
}

/// The path at `address`, which ends with a NUL.
fn path(memory: &GuestMemory<'_>, address: u32) -> Result<String, Errno> {
    /// Longer than any path may be.
    const LENGTH_MAX: u64 = 4097;
    text(memory, address, LENGTH_MAX)?.ok_or(Errno::Nametoolong)
}

/// The text at `address`, which ends with a NUL; `None` if it is longer than `length_max`.
fn text(memory: &GuestMemory<'_>, address: u32, length_max: u64) -> Result<Option<String>, Errno> {
    let available = memory.length().checked_sub(address.into()).ok_or(Errno::Fault)?;
    let bytes = memory.read_vec(address.into(), available.min(length_max)).ok_or(Errno::Fault)?;
    match bytes.iter().position(|byte| *byte == 0) {
        Some(length) => String::from_utf8(bytes[..length].to_vec()).map(Some).map_err(|_| Errno::Ilseq),
        None if available < length_max => Err(Errno::Fault),
        None => Ok(None),
    }
}

/// The address of what lies so many bytes after another.
fn field(address: u32, offset: u32) -> Result<u32, Errno> {
    address.checked_add(offset).ok_or(Errno::Fault)
}

fn read_u32(memory: &GuestMemory<'_>, address: u32) -> Result<u32, Errno> {
    memory.read_u32(address.into()).ok_or(Errno::Fault)
}

fn write_u32(memory: &GuestMemory<'_>, address: u32, value: u32) -> Result<(), Errno> {
    memory.write_u32(address.into(), value).ok_or(Errno::Fault)
}

fn write_bytes(memory: &GuestMemory<'_>, address: u32, bytes: &[u8]) -> Result<(), Errno> {
    memory.write_bytes(address.into(), bytes).ok_or(Errno::Fault)
}

/// A number that a call gives.
fn given(number: u32) -> Result<i32, Errno> {
    i32::try_from(number).map_err(|_| Errno::Overflow)
}
