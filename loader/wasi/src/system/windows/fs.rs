//! Files on Windows, by a second handle for each operation, which the standard library works on.

use std::fs::{File, FileTimes};
use std::io::{self, Seek as _};
use std::os::windows::io::AsRawHandle as _;
use std::time::{SystemTime, UNIX_EPOCH};

use cap_primitives::fs::{_WindowsByHandle as _, Metadata};

use super::fd::{AsFd, AsRawFd as _, Kind, RawFd};
use super::io::Errno;
use super::time::Timespec;
use crate::types::{FileStatus, FileType};

pub(crate) use std::io::SeekFrom;

/// In the place of a time's nanoseconds: it is left as it is,
pub(crate) const UTIME_OMIT: i64 = -1;
/// or set to now.
pub(crate) const UTIME_NOW: i64 = -2;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OFlags(u16);

impl OFlags {
    pub(crate) const NOCTTY: Self = Self(0);
    pub(crate) const CREATE: Self = Self(1);
    pub(crate) const DIRECTORY: Self = Self(2);
    pub(crate) const EXCL: Self = Self(4);
    pub(crate) const TRUNC: Self = Self(8);
    pub(crate) const APPEND: Self = Self(16);
    pub(crate) const DSYNC: Self = Self(32);
    pub(crate) const NONBLOCK: Self = Self(64);
    pub(crate) const SYNC: Self = Self(128);

    pub(crate) const fn empty() -> Self {
        Self(0)
    }

    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    pub(crate) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn set(&mut self, other: Self, value: bool) {
        self.0 = if value { self.0 | other.0 } else { self.0 & !other.0 };
    }
}

impl std::ops::BitOr for OFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for OFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A second handle of the same file, position and all.
fn file(descriptor: impl AsFd) -> Result<File, Errno> {
    match descriptor.as_fd().kind {
        Kind::File(handle) => Ok(handle.try_clone_to_owned()?.into()),
        Kind::Socket(_) => Err(Errno::Spipe),
    }
}

/// What the system says of an open file.
pub(crate) fn fstat(handle: impl AsFd) -> Result<FileStatus, Errno> {
    let handle = handle.as_fd();
    let Ok(file) = file(handle) else { return Ok(device_status(FileType::SocketStream, handle.as_raw_fd())) };
    // Devices and pipes have no more to say than that.
    match Metadata::from_file(&file) {
        Ok(metadata) => Ok(status(&metadata)),
        Err(_) => {
            let is_terminal = std::io::IsTerminal::is_terminal(&file);
            let kind = if is_terminal { FileType::CharacterDevice } else { FileType::Unknown };
            Ok(device_status(kind, file.as_raw_handle().addr()))
        }
    }
}

fn device_status(file_type: FileType, number: RawFd) -> FileStatus {
    FileStatus {
        device: 0,
        inode: number as u64,
        file_type,
        links: 1,
        size_bytes: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
        permissions: 0o666,
    }
}

/// In the interface's terms.
pub(crate) fn status(metadata: &Metadata) -> FileStatus {
    let time = |time: io::Result<cap_primitives::time::SystemTime>| {
        let since = time.ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
        since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    };
    FileStatus {
        device: metadata.volume_serial_number().unwrap_or(0).into(),
        inode: metadata.file_index().unwrap_or(0),
        file_type: file_type(metadata.file_type()),
        links: metadata.number_of_links().unwrap_or(1).into(),
        size_bytes: metadata.len(),
        accessed: time(metadata.accessed()),
        modified: time(metadata.modified()),
        // The time of the last change of anything is not told.
        changed: time(metadata.modified()),
        permissions: if metadata.is_dir() { 0o777 } else { 0o666 },
    }
}

pub(crate) fn file_type(kind: cap_primitives::fs::FileType) -> FileType {
    if kind.is_dir() {
        FileType::Directory
    } else if kind.is_symlink() {
        FileType::SymbolicLink
    } else if kind.is_file() {
        FileType::RegularFile
    } else {
        FileType::Unknown
    }
}

/// The flags that are kept of it.
pub(crate) fn fcntl_getfl(handle: impl AsFd) -> Result<OFlags, Errno> {
    Ok(handle.as_fd().flags())
}

/// Keeps `flags`, which calls then look at.
pub(crate) fn fcntl_setfl(handle: impl AsFd, flags: OFlags) -> Result<(), Errno> {
    handle.as_fd().flags.ok_or(Errno::Notsup)?.store(flags);
    Ok(())
}

pub(crate) fn seek(handle: impl AsFd, position: SeekFrom) -> Result<u64, Errno> {
    let mut file = file(handle)?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(Errno::Spipe);
    }
    Ok(file.seek(position)?)
}

pub(crate) fn tell(handle: impl AsFd) -> Result<u64, Errno> {
    seek(handle, SeekFrom::Current(0))
}

pub(crate) fn fsync(handle: impl AsFd) -> Result<(), Errno> {
    match file(handle)?.sync_all() {
        // What is open for reading alone has nothing to be written.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        result => Ok(result?),
    }
}

pub(crate) fn fdatasync(handle: impl AsFd) -> Result<(), Errno> {
    fsync(handle)
}

pub(crate) fn ftruncate(handle: impl AsFd, size_bytes: u64) -> Result<(), Errno> {
    Ok(file(handle)?.set_len(size_bytes)?)
}

/// Times to set.
pub(crate) struct Timestamps {
    pub(crate) last_access: Timespec,
    pub(crate) last_modification: Timespec,
}

pub(crate) fn futimens(handle: impl AsFd, times: &Timestamps) -> Result<(), Errno> {
    let time = |time: &Timespec| match time.tv_nsec {
        UTIME_OMIT => None,
        UTIME_NOW => Some(SystemTime::now()),
        _ => Some(UNIX_EPOCH + time.duration()),
    };
    let mut set = FileTimes::new();
    if let Some(accessed) = time(&times.last_access) {
        set = set.set_accessed(accessed);
    }
    if let Some(modified) = time(&times.last_modification) {
        set = set.set_modified(modified);
    }
    Ok(file(handle)?.set_times(set)?)
}

/// How a file will be used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Advice {
    Normal,
    Sequential,
    Random,
    WillNeed,
    DontNeed,
    NoReuse,
}

/// Advice may be left aside.
pub(crate) fn fadvise(
    _handle: impl AsFd,
    _offset: u64,
    _length: Option<std::num::NonZeroU64>,
    _advice: Advice,
) -> Result<(), Errno> {
    Ok(())
}

/// None but the usual.
pub(crate) struct FallocateFlags;

impl FallocateFlags {
    pub(crate) const fn empty() -> Self {
        Self
    }
}

/// Makes the file as long.
pub(crate) fn fallocate(handle: impl AsFd, _flags: FallocateFlags, offset: u64, length: u64) -> Result<(), Errno> {
    let end = offset.checked_add(length).filter(|_| length > 0).ok_or(Errno::Inval)?;
    let file = file(handle)?;
    if file.metadata()?.len() < end {
        file.set_len(end)?;
    }
    Ok(())
}
