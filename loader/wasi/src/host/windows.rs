//! What of directories is Windows' own.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use cap_primitives::fs::{
    DirOptions, FollowSymlinks, Metadata, OpenOptions, read_base_dir, remove_dir, rename as rename_beneath, stat,
    symlink_dir, symlink_file,
};

use crate::clock::SetTime;
use crate::descriptor::{Handle, Object};
use crate::directory::{Directory, Listing};
use crate::errno::Errno;
use crate::file;
use crate::path::OpenRequest;
use crate::place::Place;
use crate::system::fd::{AsFd, Kind, OwnedFd};
use crate::system::fs::{OFlags, Timestamps, file_type, fstat, futimens};
use crate::types::FileStatus;

/// A directory that is to be granted: opening one takes a flag of its own.
pub(crate) fn open_granted(path: &Path) -> io::Result<File> {
    cap_primitives::fs::open_ambient_dir(path, cap_primitives::ambient_authority())
}

/// What the system says of a file is in the interface's terms already.
pub(crate) fn file_status(status: &FileStatus) -> FileStatus {
    *status
}

/// How a directory is to be made: nothing is said of who may do what.
pub(super) fn directory_options(_permissions: u32) -> DirOptions {
    DirOptions::new()
}

/// The bits are kept by no file system here.
pub(crate) fn set_permissions(directory: &File, path: &str, _permissions: u32) -> Result<(), Errno> {
    super::status(directory, path, FollowSymlinks::No).map(drop)
}

/// How many bytes a directory's file system holds, and how many of them are used, is not asked for: there is some room.
pub(crate) fn room(_directory: &File) -> (u64, u64) {
    (4 << 30, 2 << 30)
}

/// Whether it is a terminal.
pub(crate) fn is_terminal(file: impl AsFd) -> bool {
    matches!(file.as_fd().kind, Kind::File(handle) if handle.is_terminal())
}

/// How many rows and columns a terminal has is not asked for.
pub(crate) fn window_size(_file: impl AsFd) -> Option<(u16, u16)> {
    None
}

/// The bits are kept by no file system here.
pub(crate) fn set_own_permissions(_file: impl AsFd, _permissions: u32) -> Result<(), Errno> {
    Ok(())
}

pub(super) fn status_of(metadata: &Metadata) -> FileStatus {
    crate::system::fs::status(metadata)
}

pub(crate) fn own_status(directory: &File) -> Result<FileStatus, Errno> {
    fstat(directory)
}

pub(crate) fn set_own_times(
    directory: &File,
    accessed: Option<SetTime>,
    modified: Option<SetTime>,
) -> Result<(), Errno> {
    let times = Timestamps { last_access: SetTime::host(accessed), last_modification: SetTime::host(modified) };
    futimens(directory, &times)
}

pub(crate) fn list(directory: &File) -> Result<Listing, Errno> {
    let mut listing = Listing::new(fstat(directory)?.inode);
    for entry in read_base_dir(directory)? {
        let entry = entry?;
        // What the listing says of it has no number.
        let metadata = stat(directory, Path::new(&entry.file_name()), FollowSymlinks::No);
        let inode = metadata.map_or(0, |metadata| status_of(&metadata).inode);
        listing.push(inode, file_type(entry.file_type()?), entry.file_name().as_encoded_bytes());
    }
    Ok(listing)
}

/// Opens a file, or else a directory: what may be one is opened so that nobody can rename or remove it meanwhile.
fn open_any(directory: &File, path: &str, options: &mut OpenOptions) -> io::Result<File> {
    /// `ERROR_ACCESS_DENIED`
    const ACCESS_DENIED: i32 = 5;
    match cap_primitives::fs::open(directory, Path::new(path), options._cap_fs_ext_maybe_dir(false)) {
        Err(error) if error.raw_os_error() == Some(ACCESS_DENIED) => {
            cap_primitives::fs::open(directory, Path::new(path), options._cap_fs_ext_maybe_dir(true))
        }
        opened => opened,
    }
}

pub(crate) fn open(directory: &File, path: &str, request: &OpenRequest, mutable: bool) -> Result<Object, Errno> {
    let has = |flag| request.flags.contains(flag);
    let mut options = OpenOptions::new();
    // Appending is up to each write: a guest may ask for it later, or no more.
    options.read(request.readable).write(request.writable || has(OFlags::TRUNC));
    options.truncate(has(OFlags::TRUNC)).create(has(OFlags::CREATE)).create_new(has(OFlags::CREATE | OFlags::EXCL));
    options._cap_fs_ext_follow(request.follow);
    let opened = match open_any(directory, path, &mut options) {
        // Nothing can be created without write access; what is asked for is no more than to be there.
        Err(_) if has(OFlags::CREATE) && !request.writable => open_any(directory, path, options.write(true))?,
        opened => opened?,
    };
    let is_directory = opened.metadata()?.is_dir();
    if is_directory && (has(OFlags::TRUNC) || has(OFlags::CREATE) || request.writable) {
        return Err(Errno::Isdir);
    }
    if !is_directory && (has(OFlags::DIRECTORY) || path.ends_with('/')) {
        return Err(Errno::Notdir);
    }
    if is_directory {
        return Ok(Object::Directory(Directory::new(Place::Host(opened), None, mutable)));
    }
    let handle = Handle::Owned(OwnedFd::opened(opened, request.flags));
    Ok(Object::File(file::open(handle, request.readable, request.writable, mutable)))
}

/// The system replaces no directory, so an empty one goes first.
pub(super) fn rename(directory: &File, name: &Path, new: &File, new_name: &Path) -> Result<(), Errno> {
    let Err(error) = rename_beneath(directory, name, new, new_name) else { return Ok(()) };
    let is_directory = |directory, name| stat(directory, name, FollowSymlinks::No).map(|found| found.is_dir());
    match (is_directory(directory, name), is_directory(new, new_name)) {
        (Ok(true), Ok(true)) => {
            remove_dir(new, new_name)?;
            Ok(rename_beneath(directory, name, new, new_name)?)
        }
        (Ok(true), Ok(false)) => Err(Errno::Notdir),
        (Ok(false), Ok(true)) => Err(Errno::Isdir),
        _ => Err(error.into()),
    }
}

pub(crate) fn symlink(target: &str, directory: &File, path: &str) -> Result<(), Errno> {
    let place = Path::new(path);
    // A link says what it leads to; one that leads nowhere yet leads to a file.
    let beside = place.parent().map_or_else(|| target.into(), |folder| folder.join(target));
    let found = stat(directory, &beside, FollowSymlinks::Yes);
    match found {
        Ok(metadata) if metadata.is_dir() => Ok(symlink_dir(Path::new(target), directory, place)?),
        _ => Ok(symlink_file(Path::new(target), directory, place)?),
    }
}
