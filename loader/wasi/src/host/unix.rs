//! What of directories is Unix systems' own.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use cap_primitives::fs::{
    DirBuilderExt as _, DirOptions, Metadata, MetadataExt, OpenOptions, OpenOptionsExt, Permissions, open_dir,
    rename as rename_beneath, symlink as symlink_beneath,
};
use rustix::fs::{OFlags, Stat, Timestamps};

use crate::clock::{SetTime, nanoseconds};
use crate::descriptor::{self, Handle, Object};
use crate::directory::Directory;
use crate::errno::Errno;
use crate::file;
use crate::path::OpenRequest;
use crate::place::Place;
use crate::types::{FileStatus, FileType};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
pub(crate) use linux::list;
#[cfg(target_os = "macos")]
pub(crate) use macos::list;

/// A directory that is to be granted.
pub(crate) fn open_granted(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What the system says of a file, in the interface's terms.
pub(crate) fn file_status(status: &Stat) -> FileStatus {
    let mode: u32 = status.st_mode as _;
    let time =
        |seconds: i64, fraction: u64| nanoseconds(rustix::fs::Timespec { tv_sec: seconds, tv_nsec: fraction as _ });
    FileStatus {
        device: status.st_dev as _,
        inode: status.st_ino,
        file_type: rustix::fs::FileType::from_raw_mode(status.st_mode).into(),
        links: status.st_nlink as _,
        size_bytes: u64::try_from(status.st_size).unwrap_or(0),
        accessed: time(status.st_atime, status.st_atime_nsec as _),
        modified: time(status.st_mtime, status.st_mtime_nsec as _),
        changed: time(status.st_ctime, status.st_ctime_nsec as _),
        permissions: mode & 0o7777,
    }
}

pub(crate) fn own_status(directory: &File) -> Result<FileStatus, Errno> {
    Ok(file_status(&rustix::fs::fstat(directory)?))
}

pub(crate) fn set_own_times(
    directory: &File,
    accessed: Option<SetTime>,
    modified: Option<SetTime>,
) -> Result<(), Errno> {
    let times = Timestamps { last_access: SetTime::host(accessed), last_modification: SetTime::host(modified) };
    Ok(rustix::fs::futimens(directory, &times)?)
}

pub(crate) fn open(directory: &File, path: &str, request: &OpenRequest, mutable: bool) -> Result<Object, Errno> {
    let mut options = OpenOptions::new();
    options.read(request.readable).write(request.writable);
    options.mode(granted(request.permissions)).custom_flags(request.flags.bits() as i32);
    options._cap_fs_ext_follow(request.follow);
    let opened = match cap_primitives::fs::open(directory, Path::new(path), &options) {
        Err(error) if error.kind() == io::ErrorKind::NotADirectory && request.follows_to_directory() => {
            // Where cap-primitives resolves paths by itself, that flag keeps it from following a link; what it opens when
            // asked for a directory in its own way is only good for being opened again.
            let found = open_dir(directory, Path::new(path))?;
            rustix::fs::openat(&found, c".", OFlags::DIRECTORY | OFlags::CLOEXEC, rustix::fs::Mode::empty())?.into()
        }
        opened => opened?,
    };
    let file = file::open(Handle::Owned(opened.into()), request.readable, request.writable, mutable);
    Ok(match (file.file_type(), file.handle) {
        (FileType::Directory, _) if request.flags.contains(OFlags::TRUNC) => return Err(Errno::Isdir),
        (FileType::Directory, Handle::Owned(opened)) => {
            Object::Directory(Directory::new(Place::Host(opened.into()), None, mutable))
        }
        (_, handle) => Object::File(descriptor::File { handle, ..file }),
    })
}

/// Of the bits of a mode, those that a program may set on the host: none that would have others run its files as its host's
/// user or group.
fn granted(permissions: u32) -> u32 {
    permissions & 0o1777
}

/// How a directory is to be made.
pub(super) fn directory_options(permissions: u32) -> DirOptions {
    let mut options = DirOptions::new();
    options.mode(granted(permissions));
    options
}

/// Sets the bits of what is at `path`.
pub(crate) fn set_permissions(directory: &File, path: &str, permissions: u32) -> Result<(), Errno> {
    let permissions = Permissions::from_std(std::fs::Permissions::from_mode(granted(permissions)));
    Ok(cap_primitives::fs::set_permissions(directory, Path::new(path), permissions)?)
}

/// How many bytes a directory's file system holds, and how many of them a program cannot have any more.
pub(crate) fn room(directory: &File) -> (u64, u64) {
    match rustix::fs::fstatvfs(directory) {
        Ok(system) => {
            let bytes = |blocks: u64| blocks.saturating_mul(system.f_frsize);
            (bytes(system.f_blocks), bytes(system.f_blocks.saturating_sub(system.f_bavail)))
        }
        Err(_) => (0, 0),
    }
}

/// Whether it is a terminal.
pub(crate) fn is_terminal(file: impl AsFd) -> bool {
    rustix::termios::isatty(file)
}

/// How many rows and columns a terminal has.
pub(crate) fn window_size(file: impl AsFd) -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(file).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// Sets the bits of an open file or directory.
pub(crate) fn set_own_permissions(file: impl AsFd, permissions: u32) -> Result<(), Errno> {
    Ok(rustix::fs::fchmod(file, rustix::fs::Mode::from_raw_mode(granted(permissions) as _))?)
}

pub(super) fn status_of(found: &Metadata) -> FileStatus {
    let time = |seconds: i64, fraction: i64| {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(fraction).unwrap_or(0))
    };
    FileStatus {
        device: found.dev(),
        inode: found.ino(),
        file_type: rustix::fs::FileType::from_raw_mode(found.mode() as _).into(),
        links: found.nlink(),
        size_bytes: found.size(),
        accessed: time(found.atime(), found.atime_nsec()),
        modified: time(found.mtime(), found.mtime_nsec()),
        changed: time(found.ctime(), found.ctime_nsec()),
        permissions: found.mode() & 0o7777,
    }
}

pub(super) fn rename(directory: &File, name: &Path, new: &File, new_name: &Path) -> Result<(), Errno> {
    Ok(rename_beneath(directory, name, new, new_name)?)
}

pub(crate) fn symlink(target: &str, directory: &File, path: &str) -> Result<(), Errno> {
    // Absolute ones are refused: they could lead another program out of the grant.
    Ok(symlink_beneath(Path::new(target), directory, Path::new(path))?)
}
