//! Calls that name a file.

use wasmc_loader::GuestMemory;
use wasmc_wasi::{At, Errno};

use super::{at, given, path, posix, read_u32, write_bytes};
use crate::thread::ThreadState;

const REMOVE_DIRECTORY: u32 = 0x200;
const NO_FOLLOW: u32 = 0x100;
const EMPTY_PATH: u32 = 0x1000;

type Memory<'a> = GuestMemory<'a>;

/// The mode that follows `open`'s flags, where they make a file.
fn mode(memory: &Memory<'_>, flags: u32, rest: u32) -> Result<u32, Errno> {
    /// `O_CREAT`, and what of `O_TMPFILE` is its own.
    const MAKES: u32 = 0o100 | 0o20_000_000;
    if flags & MAKES == 0 || rest == 0 { Ok(0) } else { read_u32(memory, rest) }
}

pub(crate) fn open(thread: &ThreadState, memory: &Memory<'_>, name: u32, flags: u32, rest: u32) -> Result<i32, Errno> {
    open_at(thread, memory, -100, name, flags, rest)
}

pub(crate) fn open_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    flags: u32,
    rest: u32,
) -> Result<i32, Errno> {
    let mode = mode(memory, flags, rest)?;
    given(posix(thread).open(at(directory), &path(memory, name)?, flags, mode)?)
}

pub(crate) fn make_directory(thread: &ThreadState, memory: &Memory<'_>, name: u32, mode: u32) -> Result<i32, Errno> {
    make_directory_at(thread, memory, -100, name, mode)
}

pub(crate) fn make_directory_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    mode: u32,
) -> Result<i32, Errno> {
    posix(thread).create_directory(at(directory), &path(memory, name)?, mode)?;
    Ok(0)
}

pub(crate) fn make_node(
    thread: &ThreadState,
    memory: &Memory<'_>,
    name: u32,
    mode: u32,
    device: u32,
) -> Result<i32, Errno> {
    make_node_at(thread, memory, -100, name, mode, device)
}

pub(crate) fn make_node_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    mode: u32,
    device: u32,
) -> Result<i32, Errno> {
    posix(thread).create_node(at(directory), &path(memory, name)?, mode, device)?;
    Ok(0)
}

pub(crate) fn remove_directory(thread: &ThreadState, memory: &Memory<'_>, name: u32) -> Result<i32, Errno> {
    posix(thread).remove_directory(At::WorkingDirectory, &path(memory, name)?)?;
    Ok(0)
}

pub(crate) fn unlink(thread: &ThreadState, memory: &Memory<'_>, name: u32) -> Result<i32, Errno> {
    posix(thread).remove_file(At::WorkingDirectory, &path(memory, name)?)?;
    Ok(0)
}

pub(crate) fn unlink_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    flags: u32,
) -> Result<i32, Errno> {
    let name = path(memory, name)?;
    match flags {
        0 => posix(thread).remove_file(at(directory), &name)?,
        REMOVE_DIRECTORY => posix(thread).remove_directory(at(directory), &name)?,
        _ => return Err(Errno::Inval),
    }
    Ok(0)
}

pub(crate) fn rename(thread: &ThreadState, memory: &Memory<'_>, name: u32, new_name: u32) -> Result<i32, Errno> {
    rename_at(thread, memory, -100, name, -100, new_name)
}

pub(crate) fn rename_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    new_directory: i32,
    new_name: u32,
) -> Result<i32, Errno> {
    let (name, new_name) = (path(memory, name)?, path(memory, new_name)?);
    posix(thread).rename(at(directory), &name, at(new_directory), &new_name)?;
    Ok(0)
}

/// A file has one name, as the C library's own `link` says too.
pub(crate) fn link(_: &ThreadState, _: &Memory<'_>, _name: u32, _new_name: u32) -> Result<i32, Errno> {
    Err(Errno::Mlink)
}

/// Likewise.
pub(crate) fn link_at(
    _: &ThreadState,
    _: &Memory<'_>,
    _directory: i32,
    _name: u32,
    _new_directory: i32,
    _new_name: u32,
    _flags: u32,
) -> Result<i32, Errno> {
    Err(Errno::Mlink)
}

pub(crate) fn symlink(thread: &ThreadState, memory: &Memory<'_>, target: u32, name: u32) -> Result<i32, Errno> {
    symlink_at(thread, memory, target, -100, name)
}

pub(crate) fn symlink_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    target: u32,
    directory: i32,
    name: u32,
) -> Result<i32, Errno> {
    let (target, name) = (path(memory, target)?, path(memory, name)?);
    posix(thread).create_link(&target, at(directory), &name)?;
    Ok(0)
}

pub(crate) fn read_link(
    thread: &ThreadState,
    memory: &Memory<'_>,
    name: u32,
    buffer: u32,
    length: u32,
) -> Result<i32, Errno> {
    read_link_at(thread, memory, -100, name, buffer, length)
}

pub(crate) fn read_link_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    buffer: u32,
    length: u32,
) -> Result<i32, Errno> {
    if length.cast_signed() <= 0 {
        return Err(Errno::Inval);
    }
    let target = posix(thread).read_link(at(directory), &path(memory, name)?)?;
    let kept = &target[..target.len().min(length as usize)];
    write_bytes(memory, buffer, kept)?;
    given(kept.len() as u32)
}

pub(crate) fn change_mode(thread: &ThreadState, memory: &Memory<'_>, name: u32, mode: u32) -> Result<i32, Errno> {
    change_mode_at(thread, memory, -100, name, mode, 0)
}

/// The last argument of an old release is the address of flags that it never gives.
pub(crate) fn change_mode_at_old(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    mode: u32,
    _rest: u32,
) -> Result<i32, Errno> {
    change_mode_at(thread, memory, directory, name, mode, 0)
}

pub(crate) fn change_mode_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    mode: u32,
    flags: u32,
) -> Result<i32, Errno> {
    let (directory, name) = (at(directory), path(memory, name)?);
    if flags & !NO_FOLLOW != 0 {
        return Err(Errno::Inval);
    }
    // The bits of a symbolic link mean nothing.
    if flags & NO_FOLLOW != 0 && posix(thread).status(directory, &name, false)?.mode & 0o170_000 == 0o120_000 {
        return Err(Errno::Notsup);
    }
    posix(thread).set_permissions(directory, &name, mode)?;
    Ok(0)
}

pub(crate) fn change_owner(
    thread: &ThreadState,
    memory: &Memory<'_>,
    name: u32,
    _user: u32,
    _group: u32,
) -> Result<i32, Errno> {
    posix(thread).set_owner(At::WorkingDirectory, &path(memory, name)?, true)?;
    Ok(0)
}

pub(crate) fn change_link_owner(
    thread: &ThreadState,
    memory: &Memory<'_>,
    name: u32,
    _user: u32,
    _group: u32,
) -> Result<i32, Errno> {
    posix(thread).set_owner(At::WorkingDirectory, &path(memory, name)?, false)?;
    Ok(0)
}

pub(crate) fn change_owner_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    _user: u32,
    _group: u32,
    flags: u32,
) -> Result<i32, Errno> {
    let name = path(memory, name)?;
    match (name.is_empty() && flags & EMPTY_PATH != 0, at(directory)) {
        (true, At::Descriptor(descriptor)) => posix(thread).set_descriptor_owner(descriptor)?,
        (true, _) => {}
        (false, directory) => posix(thread).set_owner(directory, &name, flags & NO_FOLLOW == 0)?,
    }
    Ok(0)
}

pub(crate) fn access(thread: &ThreadState, memory: &Memory<'_>, name: u32, wanted: u32) -> Result<i32, Errno> {
    access_at(thread, memory, -100, name, wanted, 0)
}

pub(crate) fn access_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    wanted: u32,
    _flags: u32,
) -> Result<i32, Errno> {
    posix(thread).check_access(at(directory), &path(memory, name)?, wanted)?;
    Ok(0)
}

pub(crate) fn truncate(thread: &ThreadState, memory: &Memory<'_>, name: u32, size: i64) -> Result<i32, Errno> {
    posix(thread).set_size(&path(memory, name)?, size)?;
    Ok(0)
}

pub(crate) fn change_directory(thread: &ThreadState, memory: &Memory<'_>, name: u32) -> Result<i32, Errno> {
    posix(thread).change_directory(&path(memory, name)?)?;
    Ok(0)
}

pub(crate) fn change_directory_to(thread: &ThreadState, _: &Memory<'_>, descriptor: u32) -> Result<i32, Errno> {
    posix(thread).change_directory_to(descriptor)?;
    Ok(0)
}

/// How long the path is, with its NUL.
pub(crate) fn working_directory(
    thread: &ThreadState,
    memory: &Memory<'_>,
    buffer: u32,
    length: u32,
) -> Result<i32, Errno> {
    let mut bytes = posix(thread).working_directory().into_bytes();
    bytes.push(0);
    match length {
        0 => Err(Errno::Inval),
        length if (length as usize) < bytes.len() => Err(Errno::Range),
        _ => {
            write_bytes(memory, buffer, &bytes)?;
            given(bytes.len() as u32)
        }
    }
}
