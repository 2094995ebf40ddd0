//! `path_*`: what is done by name, always below a directory that was granted.
//!
//! Every path is resolved by cap-std's primitives (`openat2` where the kernel has it), which no `..`, no symbolic
//! link and no rename under way leads out of the directory that it started from.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_primitives::fs::{
    DirOptions, FollowSymlinks, Metadata, MetadataExt, OpenOptions, OpenOptionsExt, SystemTimeSpec, create_dir,
    hard_link, open, read_link, remove_dir, remove_file, rename, set_times, set_times_nofollow, stat, symlink,
};
use rustix::fs::OFlags;
use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::descriptor::{Handle, Object};
use crate::directory::{Directory, with_directory};
use crate::errno::Errno;
use crate::file::{self, SetTime, set_times_flags};
use crate::types::{
    FileStatus, FileType, LOOKUP_SYMLINK_FOLLOW, Version, check_result, descriptor_flag, open_flag, read_path, rights,
    write_size, write_u32,
};

fn follow(lookup_flags: u32) -> Result<FollowSymlinks, Errno> {
    match lookup_flags {
        0 => Ok(FollowSymlinks::No),
        LOOKUP_SYMLINK_FOLLOW => Ok(FollowSymlinks::Yes),
        _ => Err(Errno::Inval),
    }
}

/// What there is at `path`. A slash at its end says that it is a directory, where a symbolic link may lead, which
/// cap-primitives does not look at.
fn status(directory: &Directory, path: &str, follow: FollowSymlinks) -> Result<Metadata, Errno> {
    let is_directory = path.ends_with('/');
    let found = stat(&directory.file, Path::new(path), if is_directory { FollowSymlinks::Yes } else { follow })?;
    if is_directory && !found.is_dir() { Err(Errno::Notdir) } else { Ok(found) }
}

/// A directory below which something is to change.
fn with_mutable<T>(
    context: &Context,
    descriptor: u32,
    apply: impl FnOnce(&Directory) -> Result<T, Errno>,
) -> Result<T, Errno> {
    with_directory(context, descriptor, |directory| if directory.mutable { apply(directory) } else { Err(Errno::Perm) })
}

/// What `path_open` was asked for.
struct OpenRequest {
    readable: bool,
    writable: bool,
    flags: OFlags,
    follow: FollowSymlinks,
}

impl OpenRequest {
    fn new(lookup_flags: u32, open_flags: u32, asked: u64, descriptor_flags: u32) -> Result<Self, Errno> {
        let known = |flags: u32, all: u16| u16::try_from(flags).ok().filter(|flags| flags & !all == 0);
        let open_flags = known(open_flags, open_flag::ALL).ok_or(Errno::Inval)?;
        let descriptor_flags = known(descriptor_flags, descriptor_flag::ALL).ok_or(Errno::Inval)?;
        if open_flags & open_flag::DIRECTORY != 0
            && open_flags & (open_flag::CREATE | open_flag::EXCLUSIVE | open_flag::TRUNCATE) != 0
        {
            return Err(Errno::Inval);
        }
        let writable = asked & rights::FD_WRITE != 0;
        let readable = asked & rights::FD_READ != 0 || !writable;
        let mut flags = OFlags::NOCTTY;
        for (bit, flag) in [
            (open_flag::CREATE, OFlags::CREATE),
            (open_flag::DIRECTORY, OFlags::DIRECTORY),
            (open_flag::EXCLUSIVE, OFlags::EXCL),
            (open_flag::TRUNCATE, OFlags::TRUNC),
        ] {
            flags.set(flag, open_flags & bit != 0);
        }
        for (bit, flag) in [
            (descriptor_flag::APPEND, OFlags::APPEND),
            (descriptor_flag::DSYNC, OFlags::DSYNC),
            (descriptor_flag::NONBLOCK, OFlags::NONBLOCK),
        ] {
            flags.set(flag, descriptor_flags & bit != 0);
        }
        if descriptor_flags & (descriptor_flag::SYNC | descriptor_flag::RSYNC) != 0 {
            flags |= OFlags::SYNC;
        }
        Ok(Self { readable, writable, flags, follow: follow(lookup_flags)? })
    }

    /// Whether something could be other than before once the file is open.
    fn changes(&self) -> bool {
        self.writable || self.flags.intersects(OFlags::CREATE | OFlags::TRUNC)
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(self.readable).write(self.writable);
        options.mode(0o666).custom_flags(self.flags.bits() as i32);
        options._cap_fs_ext_follow(self.follow);
        options
    }
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_open(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    lookup_flags: u32,
    path: u32,
    path_length: u32,
    open_flags: u32,
    asked: u64,
    _asked_inheriting: u64,
    descriptor_flags: u32,
    result: u32,
) -> Result<(), Errno> {
    let object = with_directory(context, descriptor, |directory| {
        let path = read_path(memory, path, path_length)?;
        let request = OpenRequest::new(lookup_flags, open_flags, asked, descriptor_flags)?;
        check_result(memory, result, 4)?;
        if request.changes() && !directory.mutable {
            return Err(Errno::Perm);
        }
        let opened = open(&directory.file, Path::new(&path), &request.options())?;
        let mutable = directory.mutable;
        let file = file::open(Handle::Owned(opened.into()), request.readable, request.writable, mutable);
        Ok(match (file.file_type(), file.handle) {
            (FileType::Directory, Handle::Owned(opened)) => {
                Object::Directory(Directory::new(opened.into(), None, mutable))
            }
            (_, handle) => Object::File(crate::descriptor::File { handle, ..file }),
        })
    })?;
    write_u32(memory, result, context.table.insert(object)?)
}

pub(crate) fn path_create_directory(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    path: u32,
    length: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        let path = read_path(memory, path, length)?;
        Ok(create_dir(&directory.file, Path::new(&path), &DirOptions::new())?)
    })
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_filestat_get(
    context: &Context,
    memory: &GuestMemory,
    version: Version,
    descriptor: u32,
    lookup_flags: u32,
    path: u32,
    length: u32,
    result: u32,
) -> Result<(), Errno> {
    with_directory(context, descriptor, |directory| {
        let path = read_path(memory, path, length)?;
        let found = status(directory, &path, follow(lookup_flags)?)?;
        let time = |seconds: i64, fraction: i64| {
            let seconds = u64::try_from(seconds).unwrap_or(0);
            seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(fraction).unwrap_or(0))
        };
        let status = FileStatus {
            device: found.dev(),
            inode: found.ino(),
            file_type: rustix::fs::FileType::from_raw_mode(found.mode()).into(),
            links: found.nlink(),
            size_bytes: found.size(),
            accessed: time(found.atime(), found.atime_nsec()),
            modified: time(found.mtime(), found.mtime_nsec()),
            changed: time(found.ctime(), found.ctime_nsec()),
        };
        status.write(memory, version, result)
    })
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_filestat_set_times(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    lookup_flags: u32,
    path: u32,
    length: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        let path = read_path(memory, path, length)?;
        let (accessed, modified) = set_times_flags(accessed, modified, flags)?;
        let (accessed, modified) = (time_to_set(accessed)?, time_to_set(modified)?);
        let follow = follow(lookup_flags)?;
        if path.ends_with('/') {
            status(directory, &path, follow)?;
        }
        match follow {
            FollowSymlinks::Yes => set_times(&directory.file, Path::new(&path), accessed, modified)?,
            FollowSymlinks::No => set_times_nofollow(&directory.file, Path::new(&path), accessed, modified)?,
        }
        Ok(())
    })
}

fn time_to_set(time: Option<SetTime>) -> Result<Option<SystemTimeSpec>, Errno> {
    Ok(match time {
        None => None,
        Some(SetTime::Now) => Some(SystemTimeSpec::SymbolicNow),
        Some(SetTime::To(nanoseconds)) => {
            let time: Option<SystemTime> = UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds));
            Some(cap_primitives::time::SystemTime::from_std(time.ok_or(Errno::Overflow)?).into())
        }
    })
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_link(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    lookup_flags: u32,
    path: u32,
    length: u32,
    new_descriptor: u32,
    new_path: u32,
    new_length: u32,
) -> Result<(), Errno> {
    // Both sides: through a link in a writable directory, a file of one that is not could be written.
    with_mutable(context, descriptor, |directory| {
        with_mutable(context, new_descriptor, |new_directory| {
            let (path, new_path) = (read_path(memory, path, length)?, read_path(memory, new_path, new_length)?);
            if lookup_flags != 0 {
                return Err(Errno::Inval);
            }
            Ok(hard_link(&directory.file, Path::new(&path), &new_directory.file, Path::new(&new_path))?)
        })
    })
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_rename(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    path: u32,
    length: u32,
    new_descriptor: u32,
    new_path: u32,
    new_length: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        with_mutable(context, new_descriptor, |new_directory| {
            let (path, new_path) = (read_path(memory, path, length)?, read_path(memory, new_path, new_length)?);
            Ok(rename(&directory.file, Path::new(&path), &new_directory.file, Path::new(&new_path))?)
        })
    })
}

#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn path_readlink(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    path: u32,
    length: u32,
    buffer: u32,
    buffer_length: u32,
    result: u32,
) -> Result<(), Errno> {
    with_directory(context, descriptor, |directory| {
        let path = read_path(memory, path, length)?;
        check_result(memory, result, 4)?;
        let contents = read_link(&directory.file, Path::new(&path))?;
        let bytes = contents.as_os_str().as_encoded_bytes();
        let kept = &bytes[..bytes.len().min(buffer_length as usize)];
        memory.write_bytes(buffer.into(), kept).ok_or(Errno::Fault)?;
        write_size(memory, result, kept.len())
    })
}

pub(crate) fn path_remove_directory(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    path: u32,
    length: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        let path = read_path(memory, path, length)?;
        // The slash says nothing new, and would be taken for a name of its own.
        let name = match path.trim_end_matches('/') {
            "" => &path,
            name => name,
        };
        Ok(remove_dir(&directory.file, Path::new(name))?)
    })
}

pub(crate) fn path_unlink_file(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    path: u32,
    length: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        Ok(remove_file(&directory.file, Path::new(&read_path(memory, path, length)?))?)
    })
}

pub(crate) fn path_symlink(
    context: &Context,
    memory: &GuestMemory,
    contents: u32,
    contents_length: u32,
    descriptor: u32,
    path: u32,
    length: u32,
) -> Result<(), Errno> {
    with_mutable(context, descriptor, |directory| {
        let (contents, path) = (read_path(memory, contents, contents_length)?, read_path(memory, path, length)?);
        // Absolute ones are refused: they could lead another program out of the grant.
        Ok(symlink(Path::new(&contents), &directory.file, Path::new(&path))?)
    })
}
