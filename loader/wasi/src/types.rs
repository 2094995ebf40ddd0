//! The interface's constants and the layouts of its structures in guest memory: what the witx document says, no more.

use wasmc_loader::GuestMemory;

use crate::errno::Errno;

/// Which of the two versions of the interface a function was imported from. They differ in a few layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// `wasi_unstable`.
    Unstable,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

/// `$filetype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[cfg_attr(windows, expect(dead_code, reason = "the interface's whole table"))]
pub(crate) enum FileType {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDatagram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

#[cfg(unix)]
impl From<rustix::fs::FileType> for FileType {
    fn from(host: rustix::fs::FileType) -> Self {
        use rustix::fs::FileType as Host;
        match host {
            Host::RegularFile => Self::RegularFile,
            Host::Directory => Self::Directory,
            Host::Symlink => Self::SymbolicLink,
            Host::CharacterDevice => Self::CharacterDevice,
            Host::BlockDevice => Self::BlockDevice,
            Host::Socket => Self::SocketStream,
            Host::Fifo | Host::Unknown => Self::Unknown,
        }
    }
}

/// `$rights`: bits that say what may be done with a descriptor.
pub(crate) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
    pub(crate) const SOCK_SHUTDOWN: u64 = 1 << 28;
    pub(crate) const SOCK_ACCEPT: u64 = 1 << 29;

    /// What a file can be asked besides reading and writing.
    pub(crate) const FILE: u64 = FD_DATASYNC
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_ADVISE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;

    /// What comes with writing.
    pub(crate) const WRITING: u64 = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

    /// What a regular file can be asked.
    pub(crate) const fn file(readable: bool, writable: bool) -> u64 {
        FILE | if readable { FD_READ } else { 0 } | if writable { WRITING } else { 0 }
    }

    /// What looking at a directory takes.
    pub(crate) const DIRECTORY_READING: u64 =
        PATH_OPEN | FD_READDIR | PATH_READLINK | PATH_FILESTAT_GET | FD_FILESTAT_GET;

    /// What changing a directory takes.
    pub(crate) const DIRECTORY_WRITING: u64 = PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_SET_TIMES;
}

/// `$fdflags`.
pub(crate) mod descriptor_flag {
    pub(crate) const APPEND: u16 = 1 << 0;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    pub(crate) const ALL: u16 = (1 << 5) - 1;
}

/// `$oflags`.
pub(crate) mod open_flag {
    pub(crate) const CREATE: u16 = 1 << 0;
    pub(crate) const DIRECTORY: u16 = 1 << 1;
    pub(crate) const EXCLUSIVE: u16 = 1 << 2;
    pub(crate) const TRUNCATE: u16 = 1 << 3;
    pub(crate) const ALL: u16 = (1 << 4) - 1;
}

/// `$lookupflags`: whether a symbolic link at the end of a path is followed.
pub(crate) const LOOKUP_SYMLINK_FOLLOW: u32 = 1;

/// `$fdstat`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DescriptorStatus {
    pub(crate) file_type: FileType,
    pub(crate) flags: u16,
    pub(crate) rights: u64,
    pub(crate) rights_inheriting: u64,
}

impl DescriptorStatus {
    pub(crate) fn write(&self, memory: &GuestMemory, pointer: u32) -> Result<(), Errno> {
        let mut bytes = [0; 24];
        bytes[0] = self.file_type as u8;
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.rights_inheriting.to_le_bytes());
        memory.write_bytes(pointer.into(), &bytes).ok_or(Errno::Fault)
    }
}

/// `$filestat`; times in nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileStatus {
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
    pub(crate) size_bytes: u64,
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) changed: u64,
    /// The bits that `chmod` sets; no function of WASI's tells them.
    pub(crate) permissions: u32,
}

impl FileStatus {
    pub(crate) fn write(&self, memory: &GuestMemory, version: Version, pointer: u32) -> Result<(), Errno> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(self.device.to_le_bytes());
        bytes.extend(self.inode.to_le_bytes());
        match version {
            Version::Unstable => {
                bytes.extend([self.file_type as u8, 0, 0, 0]);
                bytes.extend(u32::try_from(self.links).unwrap_or(u32::MAX).to_le_bytes());
            }
            Version::Preview1 => {
                bytes.extend(u64::from(self.file_type as u8).to_le_bytes());
                bytes.extend(self.links.to_le_bytes());
            }
        }
        for value in [self.size_bytes, self.accessed, self.modified, self.changed] {
            bytes.extend(value.to_le_bytes());
        }
        memory.write_bytes(pointer.into(), &bytes).ok_or(Errno::Fault)
    }
}

/// Writes a `u32` result.
pub(crate) fn write_u32(memory: &GuestMemory, pointer: u32, value: u32) -> Result<(), Errno> {
    memory.write_u32(pointer.into(), value).ok_or(Errno::Fault)
}

/// Writes a `u64` result.
pub(crate) fn write_u64(memory: &GuestMemory, pointer: u32, value: u64) -> Result<(), Errno> {
    memory.write_u64(pointer.into(), value).ok_or(Errno::Fault)
}

/// Writes a `$size` result.
pub(crate) fn write_size(memory: &GuestMemory, pointer: u32, value: usize) -> Result<(), Errno> {
    write_u32(memory, pointer, u32::try_from(value).map_err(|_| Errno::Overflow)?)
}

/// Refuses addresses that a result could not be written to, before anything is done that has one.
pub(crate) fn check_result(memory: &GuestMemory, pointer: u32, length_bytes: u64) -> Result<(), Errno> {
    match u64::from(pointer).checked_add(length_bytes) {
        Some(end) if end <= memory.length() => Ok(()),
        _ => Err(Errno::Fault),
    }
}

/// The text of a path: UTF-8 without a NUL.
pub(crate) fn read_path(memory: &GuestMemory, pointer: u32, length_bytes: u32) -> Result<String, Errno> {
    /// Longer than any system takes.
    const LENGTH_BYTES_MAX: u32 = 65536;
    if length_bytes > LENGTH_BYTES_MAX {
        return Err(Errno::Nametoolong);
    }
    let bytes = memory.read_vec(pointer.into(), length_bytes.into()).ok_or(Errno::Fault)?;
    if bytes.contains(&0) {
        return Err(Errno::Inval);
    }
    String::from_utf8(bytes).map_err(|_| Errno::Ilseq)
}

/// Buffers in guest memory: address and length in bytes of each.
pub(crate) struct Vectors {
    few: [(u64, u64); Self::FEW],
    many: Vec<(u64, u64)>,
    count: usize,
}

impl Vectors {
    /// As many need no allocation.
    const FEW: usize = 8;
    /// More than this the system takes in no call; a guest sees a short count.
    const COUNT_MAX: usize = 1024;

    /// Reads an array of `$iovec` or `$ciovec`. Empty ones do not count.
    pub(crate) fn read(memory: &GuestMemory, pointer: u32, count: u32) -> Result<Self, Errno> {
        check_result(memory, pointer, u64::from(count) * 8)?;
        let mut vectors = Self { few: [(0, 0); Self::FEW], many: Vec::new(), count: 0 };
        for index in 0..count {
            let word = memory.read_u64(u64::from(pointer) + u64::from(index) * 8).ok_or(Errno::Fault)?;
            let (address, length_bytes) = (word & u64::from(u32::MAX), word >> 32);
            if address + length_bytes > memory.length() {
                return Err(Errno::Fault);
            }
            if length_bytes > 0 {
                vectors.push((address, length_bytes));
                if vectors.count == Self::COUNT_MAX {
                    break;
                }
            }
        }
        Ok(vectors)
    }

    /// One buffer.
    pub(crate) fn one(memory: &GuestMemory, address: u32, length_bytes: u32) -> Result<Self, Errno> {
        check_result(memory, address, length_bytes.into())?;
        let mut vectors = Self { few: [(0, 0); Self::FEW], many: Vec::new(), count: 0 };
        if length_bytes > 0 {
            vectors.push((address.into(), length_bytes.into()));
        }
        Ok(vectors)
    }

    fn push(&mut self, buffer: (u64, u64)) {
        if self.count < Self::FEW {
            self.few[self.count] = buffer;
        } else {
            if self.count == Self::FEW {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(buffer);
        }
        self.count += 1;
    }

    /// The buffers, cut off after so many bytes.
    pub(crate) fn first_bytes(&self, mut left: u64) -> Vec<(u64, u64)> {
        let mut cut = self.as_slice().to_vec();
        for (_, length_bytes) in &mut cut {
            *length_bytes = left.min(*length_bytes);
            left -= *length_bytes;
        }
        cut
    }

    /// The buffers.
    pub(crate) fn as_slice(&self) -> &[(u64, u64)] {
        if self.count > Self::FEW { &self.many } else { &self.few[..self.count] }
    }
}
