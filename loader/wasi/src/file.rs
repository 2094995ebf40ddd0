//! `fd_*` of what bytes are read from and written to; of a directory, what it shares with files.
//!
//! Bytes go straight between guest memory and the system call; nothing is buffered here.

use crate::system::fd::AsFd;
use std::io::SeekFrom;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::system::event::{PollFd, PollFlags};
use crate::system::fs::{Advice, FallocateFlags, OFlags, Timestamps};
use wasmc_loader::GuestMemory;

use crate::Wasi;
use crate::clock::{SetTime, set_times_flags, timespec};
use crate::context::Context;
use crate::descriptor::{File, Handle, Object};
use crate::errno::Errno;
use crate::host::file_status;
use crate::tree;
use crate::types::{
    DescriptorStatus, FileStatus, FileType, Vectors, Version, check_result, descriptor_flag, rights, write_size,
    write_u64,
};

/// How much fits into a pipe that is ready to be written to (`PIPE_BUF`).
const PIPE_BUFFER_BYTES: u64 = 4096;

/// One of the process's standard streams.
pub(crate) fn standard(number: usize) -> File {
    let descriptor = match number {
        0 => crate::system::stdio::stdin(),
        1 => crate::system::stdio::stdout(),
        _ => crate::system::stdio::stderr(),
    };
    open(Handle::Standard(descriptor), number == 0, number != 0, number != 0)
}

/// A host descriptor as a guest's.
pub(crate) fn open(handle: Handle, readable: bool, writable: bool, mutable: bool) -> File {
    let (kind, nonblocking, writing) = (OnceLock::new(), AtomicBool::new(false), RwLock::new(()));
    File { handle, kind, readable, writable, mutable, nonblocking, writing }
}

impl File {
    /// What it is.
    pub(crate) fn file_type(&self) -> FileType {
        let find = || {
            crate::system::fs::fstat(&self.handle).map_or(FileType::Unknown, |status| file_status(&status).file_type)
        };
        *self.kind.get_or_init(find)
    }

    fn is_known_as_regular(&self) -> bool {
        self.kind.get() == Some(&FileType::RegularFile)
    }

    /// Whether somebody sits there.
    pub(crate) fn is_terminal(&self) -> bool {
        self.file_type() == FileType::CharacterDevice && crate::host::is_terminal(&self.handle)
    }

    /// Refuses to wait where the guest asked not to and the system was not told.
    fn check_ready(&self, flags: PollFlags) -> Result<(), Errno> {
        if self.waits_itself() {
            let mut poll = [PollFd::new(&self.handle, flags)];
            if crate::system::event::poll(&mut poll, Some(&timespec(0)))? == 0 {
                return Err(Errno::Again);
            }
        }
        Ok(())
    }

    pub(crate) fn read(&self, memory: &GuestMemory, vectors: &Vectors, offset: Option<u64>) -> Result<usize, Errno> {
        if !self.readable {
            return Err(Errno::Badf);
        }
        self.check_ready(PollFlags::IN)?;
        Ok(crate::system::read(memory, self.handle.as_fd(), vectors.as_slice(), offset)?)
    }

    pub(crate) fn write(&self, memory: &GuestMemory, vectors: &Vectors, offset: Option<u64>) -> Result<usize, Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        self.check_ready(PollFlags::OUT)?;
        // Elsewhere, writing may take long. What is mapped was looked at.
        let _writing = self.is_known_as_regular().then(|| self.writing.read().unwrap_or_else(PoisonError::into_inner));
        if self.waits_itself() {
            // Being ready promises no room for more than this.
            let cut = vectors.first_bytes(PIPE_BUFFER_BYTES);
            return Ok(crate::system::write(memory, self.handle.as_fd(), &cut, offset)?);
        }
        Ok(crate::system::write(memory, self.handle.as_fd(), vectors.as_slice(), offset)?)
    }

    /// Writes to `offset`, also if the file is open to be written to its end. Systems write there whatever the offset is, and so
    /// are told otherwise meanwhile.
    pub(crate) fn write_in_place(&self, memory: &GuestMemory, vectors: &Vectors, offset: u64) -> Result<usize, Errno> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        let _writing = self.writing.write().unwrap_or_else(PoisonError::into_inner);
        let flags = crate::system::fs::fcntl_getfl(&self.handle)?;
        if flags.contains(OFlags::APPEND) {
            let mut meanwhile = flags;
            meanwhile.set(OFlags::APPEND, false);
            crate::system::fs::fcntl_setfl(&self.handle, meanwhile)?;
        }
        let written = crate::system::write(memory, self.handle.as_fd(), vectors.as_slice(), Some(offset));
        if flags.contains(OFlags::APPEND) {
            crate::system::fs::fcntl_setfl(&self.handle, flags)?;
        }
        Ok(written?)
    }

    pub(crate) fn status(&self) -> Result<DescriptorStatus, Errno> {
        let host = crate::system::fs::fcntl_getfl(&self.handle)?;
        let mut flags = 0;
        for (flag, bit) in [
            (OFlags::APPEND, descriptor_flag::APPEND),
            (OFlags::NONBLOCK, descriptor_flag::NONBLOCK),
            (OFlags::SYNC, descriptor_flag::SYNC),
            (OFlags::DSYNC, descriptor_flag::DSYNC),
        ] {
            if host.contains(flag) {
                flags |= bit;
            }
        }
        if self.waits_itself() {
            flags |= descriptor_flag::NONBLOCK;
        }
        let mut allowed = rights::file(self.readable, self.writable);
        if self.file_type() != FileType::RegularFile && crate::system::fs::tell(&self.handle).is_err() {
            // A terminal is a character device that has no position: by that, guests know it.
            allowed &= !(rights::FD_SEEK | rights::FD_TELL);
        }
        Ok(DescriptorStatus { file_type: self.file_type(), flags, rights: allowed, rights_inheriting: allowed })
    }

    pub(crate) fn set_flags(&self, flags: u16) -> Result<(), Errno> {
        if flags & (descriptor_flag::DSYNC | descriptor_flag::RSYNC | descriptor_flag::SYNC) != 0 {
            return Err(Errno::Inval);
        }
        match &self.handle {
            Handle::Standard(_) => self.nonblocking.store(flags & descriptor_flag::NONBLOCK != 0, Ordering::Relaxed),
            Handle::Owned(descriptor) => {
                let alone = || self.writing.write().unwrap_or_else(PoisonError::into_inner);
                let _writing = self.is_known_as_regular().then(alone);
                let mut host = crate::system::fs::fcntl_getfl(descriptor)?;
                host.set(OFlags::APPEND, flags & descriptor_flag::APPEND != 0);
                host.set(OFlags::NONBLOCK, flags & descriptor_flag::NONBLOCK != 0);
                crate::system::fs::fcntl_setfl(descriptor, host)?;
            }
        }
        Ok(())
    }
}

/// Applies what there is for a file of the host, or for one in memory, to the file that `descriptor` stands for.
fn with_file<T>(
    context: &Context,
    descriptor: u32,
    on_host: impl FnOnce(&File) -> Result<T, Errno>,
    in_memory: impl FnOnce(&tree::OpenFile) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match &*context.table.find(descriptor)? {
        Object::File(file) => on_host(file),
        Object::Memory(file) => in_memory(file),
        Object::Directory(_) => Err(Errno::Badf),
        Object::Socket(_) | Object::Input(_) | Object::Output(_) | Object::Special(_) => Err(Errno::Spipe),
    }
}

pub(crate) fn fd_read(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    result: u32,
) -> Result<(), Errno> {
    let object = context.table.find(descriptor)?;
    let vectors = Vectors::read(memory, vectors, count)?;
    check_result(memory, result, 4)?;
    let length = read_object(context, memory, &object, &vectors)?;
    write_size(memory, result, length)
}

/// Reads from where an open object is: how many bytes.
pub(crate) fn read_object(
    context: &Context,
    memory: &GuestMemory,
    object: &Object,
    vectors: &Vectors,
) -> Result<usize, Errno> {
    Ok(match object {
        Object::File(file) => file.read(memory, vectors, None)?,
        Object::Memory(file) => file.read(memory, vectors, None)?,
        Object::Socket(handle) => crate::system::read(memory, handle.as_fd(), vectors.as_slice(), None)?,
        Object::Input(input) => {
            let (bytes, position) = &mut *input.lock().unwrap_or_else(PoisonError::into_inner);
            let length = tree::copy_out(memory, vectors, &bytes[*position..])?;
            *position += length;
            length
        }
        Object::Special(special) => special.read(context, memory, vectors)?,
        Object::Directory(directory) if directory.position.is_some() => return Err(Errno::Isdir),
        Object::Output(_) | Object::Directory(_) => return Err(Errno::Badf),
    })
}

pub(crate) fn fd_write(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    result: u32,
) -> Result<(), Errno> {
    let object = context.table.find(descriptor)?;
    let vectors = Vectors::read(memory, vectors, count)?;
    check_result(memory, result, 4)?;
    let length = write_object(context, memory, &object, &vectors)?;
    write_size(memory, result, length)
}

/// Writes to where an open object is: how many bytes.
pub(crate) fn write_object(
    context: &Context,
    memory: &GuestMemory,
    object: &Object,
    vectors: &Vectors,
) -> Result<usize, Errno> {
    Ok(match object {
        Object::File(file) => file.write(memory, vectors, None)?,
        Object::Memory(file) => file.write(memory, vectors, None, context.clock.wall())?,
        Object::Socket(handle) => crate::system::send(memory, handle.as_fd(), vectors.as_slice(), false)?,
        Object::Output(output) => {
            let mut total = 0;
            let mut kept = output.lock();
            for (address, length_bytes) in vectors.as_slice() {
                total += *length_bytes as usize;
                if let Some(kept) = &mut kept {
                    kept.extend(memory.read_vec(*address, *length_bytes).ok_or(Errno::Fault)?);
                }
            }
            total
        }
        Object::Special(special) => special.write(context, memory, vectors)?,
        Object::Input(_) | Object::Directory(_) => return Err(Errno::Badf),
    })
}

impl Wasi {
    /// Writes all of `bytes` to what `descriptor` stands for, a file of the host's or what an embedder collects.
    ///
    /// # Errors
    ///
    /// Those of `fd_write`.
    pub fn write_stream(&self, descriptor: u32, bytes: &[u8]) -> Result<(), Errno> {
        match &*self.context.table.find(descriptor)? {
            Object::File(file) if file.writable => Ok(crate::system::write_all(file.handle.as_fd(), bytes)?),
            Object::Output(output) => {
                if let Some(mut kept) = output.lock() {
                    kept.extend_from_slice(bytes);
                }
                Ok(())
            }
            _ => Err(Errno::Badf),
        }
    }
}

pub(crate) fn fd_pread(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Result<(), Errno> {
    let vectors = Vectors::read(memory, vectors, count)?;
    check_result(memory, result, 4)?;
    let length = with_file(
        context,
        descriptor,
        |file| file.read(memory, &vectors, Some(offset)),
        |file| file.read(memory, &vectors, Some(offset)),
    )?;
    write_size(memory, result, length)
}

pub(crate) fn fd_pwrite(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    vectors: u32,
    count: u32,
    offset: u64,
    result: u32,
) -> Result<(), Errno> {
    let vectors = Vectors::read(memory, vectors, count)?;
    check_result(memory, result, 4)?;
    let length = with_file(
        context,
        descriptor,
        |file| file.write(memory, &vectors, Some(offset)),
        |file| file.write(memory, &vectors, Some(offset), context.clock.wall()),
    )?;
    write_size(memory, result, length)
}

pub(crate) fn fd_seek(
    context: &Context,
    memory: &GuestMemory,
    version: Version,
    descriptor: u32,
    offset: i64,
    whence: u32,
    result: u32,
) -> Result<(), Errno> {
    // What the descriptor stands for is looked at first: of a pipe, no argument is wrong.
    let position = || {
        Ok(match (version, whence) {
            (Version::Preview1, 0) | (Version::Unstable, 2) => {
                SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?)
            }
            (Version::Preview1, 1) | (Version::Unstable, 0) => SeekFrom::Current(offset),
            (Version::Preview1, 2) | (Version::Unstable, 1) => SeekFrom::End(offset),
            _ => return Err(Errno::Inval),
        })
    };
    check_result(memory, result, 8)?;
    if let Object::Directory(directory) = &*context.table.find(descriptor)?
        && let Some(old) = &directory.position
    {
        return write_u64(memory, result, directory.seek(old, position()?)?);
    }
    let position = with_file(
        context,
        descriptor,
        |file| Ok(crate::system::fs::seek(&file.handle, host_seek(position()?))?),
        |file| file.seek(position()?),
    )?;
    write_u64(memory, result, position)
}

fn host_seek(position: SeekFrom) -> crate::system::fs::SeekFrom {
    match position {
        SeekFrom::Start(offset) => crate::system::fs::SeekFrom::Start(offset),
        SeekFrom::Current(offset) => crate::system::fs::SeekFrom::Current(offset),
        SeekFrom::End(offset) => crate::system::fs::SeekFrom::End(offset),
    }
}

pub(crate) fn fd_tell(context: &Context, memory: &GuestMemory, descriptor: u32, result: u32) -> Result<(), Errno> {
    check_result(memory, result, 8)?;
    let position = with_file(
        context,
        descriptor,
        |file| Ok(crate::system::fs::tell(&file.handle)?),
        |file| file.seek(SeekFrom::Current(0)),
    )?;
    write_u64(memory, result, position)
}

pub(crate) fn fd_close(context: &Context, _: &GuestMemory, descriptor: u32) -> Result<(), Errno> {
    context.table.remove(descriptor).map(drop)
}

pub(crate) fn fd_renumber(context: &Context, _: &GuestMemory, from: u32, to: u32) -> Result<(), Errno> {
    context.table.renumber(from, to)
}

pub(crate) fn fd_sync(context: &Context, _: &GuestMemory, descriptor: u32) -> Result<(), Errno> {
    match &*context.table.find(descriptor)? {
        Object::File(file) => Ok(crate::system::fs::fsync(&file.handle)?),
        Object::Memory(_) => Ok(()),
        Object::Directory(directory) => directory.place.sync(),
        Object::Socket(_) | Object::Input(_) | Object::Output(_) | Object::Special(_) => Err(Errno::Inval),
    }
}

pub(crate) fn fd_datasync(context: &Context, _: &GuestMemory, descriptor: u32) -> Result<(), Errno> {
    match &*context.table.find(descriptor)? {
        Object::File(file) => Ok(crate::system::fs::fdatasync(&file.handle)?),
        Object::Memory(_) => Ok(()),
        Object::Directory(directory) => directory.place.sync(),
        Object::Socket(_) | Object::Input(_) | Object::Output(_) | Object::Special(_) => Err(Errno::Inval),
    }
}

pub(crate) fn fd_advise(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    offset: u64,
    length: u64,
    advice: u32,
) -> Result<(), Errno> {
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval),
    };
    with_file(
        context,
        descriptor,
        |file| Ok(crate::system::fs::fadvise(&file.handle, offset, std::num::NonZeroU64::new(length), advice)?),
        |_| Ok(()),
    )
}

pub(crate) fn fd_allocate(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    offset: u64,
    length: u64,
) -> Result<(), Errno> {
    let on_host = |file: &File| {
        if !file.writable {
            return Err(Errno::Badf);
        }
        Ok(crate::system::fs::fallocate(&file.handle, FallocateFlags::empty(), offset, length)?)
    };
    with_file(context, descriptor, on_host, |file| file.allocate(offset, length))
}

pub(crate) fn fd_fdstat_get(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    result: u32,
) -> Result<(), Errno> {
    let plain =
        |file_type, allowed| DescriptorStatus { file_type, flags: 0, rights: allowed, rights_inheriting: allowed };
    let slot = context.table.slot(descriptor)?;
    let status = match &*slot.object {
        Object::File(file) if file.is_terminal() => file.status()?,
        _ if slot.opened.as_ref().is_some_and(|opened| opened.is_terminal()) => {
            // What only counts as one: a character device that has no position.
            let allowed = rights::file(true, true) & !(rights::FD_SEEK | rights::FD_TELL);
            plain(FileType::CharacterDevice, allowed)
        }
        Object::File(file) => file.status()?,
        Object::Memory(file) => file.descriptor_status(),
        Object::Directory(directory) => directory.status(),
        Object::Socket(handle) => {
            let nonblocking = crate::system::fs::fcntl_getfl(&**handle)?.contains(OFlags::NONBLOCK);
            let allowed = rights::FD_READ
                | rights::FD_WRITE
                | rights::FD_FDSTAT_SET_FLAGS
                | rights::FD_FILESTAT_GET
                | rights::POLL_FD_READWRITE
                | rights::SOCK_ACCEPT
                | rights::SOCK_SHUTDOWN;
            let flags = if nonblocking { descriptor_flag::NONBLOCK } else { 0 };
            DescriptorStatus { flags, ..plain(crate::system::net::file_type(handle), allowed) }
        }
        Object::Special(special) => special.descriptor_status(),
        Object::Input(_) => plain(FileType::Unknown, rights::FD_READ | rights::POLL_FD_READWRITE),
        Object::Output(_) => plain(FileType::Unknown, rights::FD_WRITE | rights::POLL_FD_READWRITE),
    };
    status.write(memory, result)
}

pub(crate) fn fd_fdstat_set_flags(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    flags: u32,
) -> Result<(), Errno> {
    let flags = u16::try_from(flags).ok().filter(|flags| flags & !descriptor_flag::ALL == 0).ok_or(Errno::Inval)?;
    match &*context.table.find(descriptor)? {
        Object::File(file) => file.set_flags(flags),
        Object::Memory(file) => file.set_flags(flags),
        Object::Socket(handle) => {
            Ok(crate::system::io::ioctl_fionbio(&**handle, flags & descriptor_flag::NONBLOCK != 0)?)
        }
        Object::Special(special) => special.set_nonblocking(flags & descriptor_flag::NONBLOCK != 0),
        Object::Directory(_) => Err(Errno::Badf),
        Object::Input(_) | Object::Output(_) => Ok(()),
    }
}

/// Rights are what a descriptor is opened with: they are not narrowed afterwards, as in Wasmtime.
pub(crate) fn fd_fdstat_set_rights(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    _rights: u64,
    _rights_inheriting: u64,
) -> Result<(), Errno> {
    context.table.find(descriptor)?;
    Err(Errno::Notsup)
}

pub(crate) fn fd_filestat_get(
    context: &Context,
    memory: &GuestMemory,
    version: Version,
    descriptor: u32,
    result: u32,
) -> Result<(), Errno> {
    let status = status_of(&*context.table.find(descriptor)?)?;
    status.write(memory, version, result)
}

/// What there is to know of what is open.
pub(crate) fn status_of(object: &Object) -> Result<FileStatus, Errno> {
    Ok(match object {
        Object::File(file) => file_status(&crate::system::fs::fstat(&file.handle)?),
        Object::Memory(file) => file.status(),
        Object::Directory(directory) => directory.place.own_status()?,
        Object::Socket(handle) => FileStatus {
            file_type: crate::system::net::file_type(handle),
            ..file_status(&crate::system::fs::fstat(&**handle)?)
        },
        Object::Special(special) => special.status(),
        Object::Input(_) | Object::Output(_) => FileStatus {
            device: 0,
            inode: 0,
            file_type: FileType::Unknown,
            links: 0,
            size_bytes: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
            permissions: 0o666,
        },
    })
}

pub(crate) fn fd_filestat_set_size(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    size_bytes: u64,
) -> Result<(), Errno> {
    let on_host = |file: &File| {
        if !file.writable {
            return Err(Errno::Inval);
        }
        Ok(crate::system::fs::ftruncate(&file.handle, size_bytes)?)
    };
    with_file(context, descriptor, on_host, |file| file.set_size(size_bytes, context.clock.wall()))
}

pub(crate) fn fd_filestat_set_times(
    context: &Context,
    _: &GuestMemory,
    descriptor: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let (accessed, modified) = set_times_flags(accessed, modified, flags)?;
    let now = context.clock.wall();
    match &*context.table.find(descriptor)? {
        Object::File(file) if file.mutable => {
            let times = Timestamps { last_access: SetTime::host(accessed), last_modification: SetTime::host(modified) };
            Ok(crate::system::fs::futimens(&file.handle, &times)?)
        }
        Object::Memory(file) => file.set_times(accessed, modified, now),
        Object::Directory(directory) if directory.mutable => directory.place.set_own_times(accessed, modified, now),
        Object::File(_) | Object::Directory(_) => Err(Errno::Perm),
        Object::Socket(_) | Object::Input(_) | Object::Output(_) | Object::Special(_) => Err(Errno::Badf),
    }
}
