//! `path_*`: what is done by name, always below a directory that was granted: arguments are read, and grants checked.

use crate::system::fs::OFlags;
use cap_primitives::fs::FollowSymlinks;
use wasmc_loader::GuestMemory;

use crate::clock::set_times_flags;
use crate::context::Context;
use crate::directory::{Directory, with_directory};
use crate::errno::Errno;
use crate::types::{
    LOOKUP_SYMLINK_FOLLOW, Version, check_result, descriptor_flag, open_flag, read_path, rights, write_size, write_u32,
};

fn follow(lookup_flags: u32) -> Result<FollowSymlinks, Errno> {
    match lookup_flags {
        0 => Ok(FollowSymlinks::No),
        LOOKUP_SYMLINK_FOLLOW => Ok(FollowSymlinks::Yes),
        _ => Err(Errno::Inval),
    }
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
pub(crate) struct OpenRequest {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) flags: OFlags,
    pub(crate) follow: FollowSymlinks,
    /// The bits of a file that is made.
    pub(crate) permissions: u32,
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
        Ok(Self { readable, writable, flags, follow: follow(lookup_flags)?, permissions: 0o666 })
    }

    /// Whether it may be a symbolic link that leads to the directory that is asked for.
    #[cfg(unix)]
    pub(crate) fn follows_to_directory(&self) -> bool {
        self.flags.contains(OFlags::DIRECTORY) && self.follow == FollowSymlinks::Yes
    }

    /// Whether something could be other than before once the file is open.
    fn changes(&self) -> bool {
        self.writable || self.flags.intersects(OFlags::CREATE | OFlags::TRUNC)
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
        directory.place.open(&path, &request, directory.mutable, context.clock.wall())
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
        directory.place.create_directory(&path, 0o777, context.clock.wall())
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
        let status = directory.place.status(&path, follow(lookup_flags)?)?;
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
        directory.place.set_times(&path, follow(lookup_flags)?, accessed, modified, context.clock.wall())
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
            directory.place.link(&path, &new_directory.place, &new_path, context.clock.wall())
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
            directory.place.rename(&path, &new_directory.place, &new_path, context.clock.wall())
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
        let bytes = directory.place.read_link(&path)?;
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
        directory.place.remove_directory(&path, context.clock.wall())
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
        directory.place.unlink_file(&read_path(memory, path, length)?, context.clock.wall())
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
        directory.place.symlink(&contents, &path, context.clock.wall())
    })
}
