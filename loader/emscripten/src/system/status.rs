//! Calls that tell what is known of files, and those that set their times.

use wasmc_loader::GuestMemory;
use wasmc_wasi::{At, Errno, FileTime, Room, Status};

use super::{Layout, at, given, path, posix, read_u32, write_bytes};
use crate::thread::ThreadState;

const NO_FOLLOW: u32 = 0x100;
const EMPTY_PATH: u32 = 0x1000;
const NO_AUTOMOUNT: u32 = 0x800;
const BLOCK_BYTES: u32 = 4096;

type Memory<'a> = GuestMemory<'a>;

/// Writes a `struct stat`.
fn write(thread: &ThreadState, memory: &Memory<'_>, address: u32, status: &Status) -> Result<i32, Errno> {
    let layout = thread.layout();
    let mut bytes = Vec::with_capacity(112);
    let word = |bytes: &mut Vec<u8>, value: u32| bytes.extend(value.to_le_bytes());
    let (major, minor) = status.device_numbers;
    let is_padded = layout != Layout::Current;
    word(&mut bytes, status.device as u32);
    if is_padded {
        word(&mut bytes, 0);
        word(&mut bytes, status.inode as u32);
    }
    word(&mut bytes, status.mode);
    word(&mut bytes, u32::try_from(status.links).unwrap_or(u32::MAX));
    // The owner and the group: there is nobody but the program.
    word(&mut bytes, 0);
    word(&mut bytes, 0);
    word(&mut bytes, major << 8 | minor);
    if is_padded {
        word(&mut bytes, 0);
        // The size lies at a multiple of 8.
        word(&mut bytes, 0);
    }
    bytes.extend(status.size_bytes.to_le_bytes());
    word(&mut bytes, BLOCK_BYTES);
    word(&mut bytes, u32::try_from(status.size_bytes.div_ceil(512)).unwrap_or(u32::MAX));
    for time in [status.accessed, status.modified, status.changed] {
        let (seconds, nanoseconds) = (time / 1_000_000_000, (time % 1_000_000_000) as u32);
        if layout == Layout::Old {
            word(&mut bytes, seconds as u32);
            word(&mut bytes, nanoseconds);
        } else {
            bytes.extend(seconds.to_le_bytes());
            word(&mut bytes, nanoseconds);
            word(&mut bytes, 0);
        }
    }
    bytes.extend(status.inode.to_le_bytes());
    write_bytes(memory, address, &bytes)?;
    Ok(0)
}

pub(crate) fn status(thread: &ThreadState, memory: &Memory<'_>, name: u32, buffer: u32) -> Result<i32, Errno> {
    status_at(thread, memory, -100, name, buffer, 0)
}

pub(crate) fn link_status(thread: &ThreadState, memory: &Memory<'_>, name: u32, buffer: u32) -> Result<i32, Errno> {
    status_at(thread, memory, -100, name, buffer, NO_FOLLOW)
}

pub(crate) fn descriptor_status(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    buffer: u32,
) -> Result<i32, Errno> {
    write(thread, memory, buffer, &posix(thread).descriptor_status(descriptor)?)
}

pub(crate) fn status_at(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    buffer: u32,
    flags: u32,
) -> Result<i32, Errno> {
    if flags & !(NO_FOLLOW | EMPTY_PATH | NO_AUTOMOUNT) != 0 {
        return Err(Errno::Inval);
    }
    let name = path(memory, name)?;
    let status = match (name.is_empty() && flags & EMPTY_PATH != 0, at(directory)) {
        (true, At::Descriptor(descriptor)) => posix(thread).descriptor_status(descriptor)?,
        (true, directory) => posix(thread).status(directory, ".", true)?,
        (false, directory) => posix(thread).status(directory, &name, flags & NO_FOLLOW == 0)?,
    };
    write(thread, memory, buffer, &status)
}

/// Reads a `struct timespec` of `utimensat`.
fn read_time(thread: &ThreadState, memory: &Memory<'_>, address: u32) -> Result<FileTime, Errno> {
    const NOW: u32 = 0x3fff_ffff;
    const OMIT: u32 = 0x3fff_fffe;
    let (seconds, nanoseconds) = if thread.layout() == Layout::Old {
        (i64::from(read_u32(memory, address)?.cast_signed()), read_u32(memory, address.wrapping_add(4))?)
    } else {
        let seconds = memory.read_u64(address.into()).ok_or(Errno::Fault)?;
        (seconds.cast_signed(), read_u32(memory, address.wrapping_add(8))?)
    };
    match nanoseconds {
        NOW => Ok(FileTime::Now),
        OMIT => Ok(FileTime::Omit),
        0..1_000_000_000 => {
            // Times before 1970 are told by no function here.
            let seconds = u64::try_from(seconds).unwrap_or(0);
            Ok(FileTime::At(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds.into())))
        }
        _ => Err(Errno::Inval),
    }
}

pub(crate) fn set_times(
    thread: &ThreadState,
    memory: &Memory<'_>,
    directory: i32,
    name: u32,
    times: u32,
    flags: u32,
) -> Result<i32, Errno> {
    let times = match times {
        0 => [FileTime::Now; 2],
        first => {
            let second = first.wrapping_add(thread.layout().time_bytes());
            [read_time(thread, memory, first)?, read_time(thread, memory, second)?]
        }
    };
    // Without a name, it is the descriptor's file.
    let name = if name == 0 { String::new() } else { path(memory, name)? };
    match (name.is_empty(), at(directory)) {
        (true, At::Descriptor(descriptor)) => posix(thread).set_descriptor_times(descriptor, times)?,
        (true, _) => return Err(Errno::Noent),
        (false, directory) => posix(thread).set_times(directory, &name, flags & NO_FOLLOW == 0, times)?,
    }
    Ok(0)
}

/// Writes a `struct statfs`, which is `size` bytes long: by that, releases with wider numbers are told.
fn write_room(memory: &Memory<'_>, address: u32, size: u32, room: &Room) -> Result<i32, Errno> {
    const NARROW_BYTES: u32 = 64;
    const WIDE_BYTES: u32 = 88;
    const NAME_BYTES_MAX: u32 = 255;
    /// `ST_NOSUID`.
    const FLAGS: u32 = 2;
    let mut bytes = Vec::with_capacity(WIDE_BYTES as usize);
    // What kind of file system it is: one in memory, as Linux numbers them.
    bytes.extend(0x0102_1994_u32.to_le_bytes());
    bytes.extend(Room::BLOCK_BYTES.to_le_bytes());
    for count in [room.blocks, room.free, room.free, room.files.0, room.files.1] {
        if size == NARROW_BYTES {
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        } else {
            bytes.extend(count.to_le_bytes());
        }
    }
    for word in [42, 0, NAME_BYTES_MAX, Room::BLOCK_BYTES, FLAGS] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.resize(if size == NARROW_BYTES { NARROW_BYTES } else { WIDE_BYTES } as usize, 0);
    write_bytes(memory, address, &bytes)?;
    Ok(0)
}

pub(crate) fn room(thread: &ThreadState, memory: &Memory<'_>, name: u32, size: u32, buffer: u32) -> Result<i32, Errno> {
    write_room(memory, buffer, size, &posix(thread).room(&path(memory, name)?)?)
}

pub(crate) fn descriptor_room(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    size: u32,
    buffer: u32,
) -> Result<i32, Errno> {
    write_room(memory, buffer, size, &posix(thread).descriptor_room(descriptor)?)
}

/// `getdents64`: how many bytes of entries were written.
pub(crate) fn entries(
    thread: &ThreadState,
    memory: &Memory<'_>,
    descriptor: u32,
    buffer: u32,
    length: u32,
) -> Result<i32, Errno> {
    const NAME_OFFSET: usize = 19;
    let mut bytes: Vec<u8> = Vec::new();
    let mut is_too_short = false;
    posix(thread).list(descriptor, |inode, kind, name, next| {
        let entry_bytes = (NAME_OFFSET + name.len() + 1).next_multiple_of(8);
        if bytes.len() + entry_bytes > length as usize {
            is_too_short = bytes.is_empty();
            return false;
        }
        let end = bytes.len() + entry_bytes;
        bytes.extend(inode.to_le_bytes());
        bytes.extend(next.to_le_bytes());
        bytes.extend((entry_bytes as u16).to_le_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(name);
        bytes.resize(end, 0);
        true
    })?;
    if is_too_short {
        return Err(Errno::Inval);
    }
    write_bytes(memory, buffer, &bytes)?;
    given(bytes.len() as u32)
}
