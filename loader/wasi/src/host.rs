//! What is done by name below a directory of the host.
//!
//! Every path is resolved by cap-std's primitives (`openat2` where the kernel has it), which no `..`, no symbolic
//! link and no rename under way leads out of the directory that it started from.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use cap_primitives::fs::{
    AccessModes, AccessType, FollowSymlinks, SystemTimeSpec, access, create_dir, hard_link,
    read_link as read_link_beneath, read_link_contents, remove_dir, remove_file, set_times as set_times_beneath,
    set_times_nofollow, stat,
};

use crate::clock::SetTime;
use crate::errno::Errno;
use crate::types::FileStatus;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::{
    file_status, is_terminal, list, open, open_granted, own_status, room, set_own_permissions, set_own_times,
    set_permissions, symlink, window_size,
};

pub(crate) fn status(directory: &File, path: &str, follow: FollowSymlinks) -> Result<FileStatus, Errno> {
    // cap-primitives does not look at slashes that end a path.
    let is_directory = path.ends_with('/');
    let found = stat(directory, Path::new(path), if is_directory { FollowSymlinks::Yes } else { follow })?;
    if is_directory && !found.is_dir() {
        return Err(Errno::Notdir);
    }
    Ok(system::status_of(&found))
}

pub(crate) fn set_times(
    directory: &File,
    path: &str,
    follow: FollowSymlinks,
    accessed: Option<SetTime>,
    modified: Option<SetTime>,
) -> Result<(), Errno> {
    let (accessed, modified) = (time_to_set(accessed)?, time_to_set(modified)?);
    if path.ends_with('/') {
        status(directory, path, follow)?;
    }
    match follow {
        FollowSymlinks::Yes => set_times_beneath(directory, Path::new(path), accessed, modified)?,
        FollowSymlinks::No => set_times_nofollow(directory, Path::new(path), accessed, modified)?,
    }
    Ok(())
}

fn time_to_set(time: Option<SetTime>) -> Result<Option<SystemTimeSpec>, Errno> {
    Ok(match time {
        None => None,
        Some(SetTime::Now) => Some(SystemTimeSpec::SymbolicNow),
        Some(SetTime::To(nanoseconds)) => {
            let time = UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds));
            Some(cap_primitives::time::SystemTime::from_std(time.ok_or(Errno::Overflow)?).into())
        }
    })
}

pub(crate) fn create_directory(directory: &File, path: &str, permissions: u32) -> Result<(), Errno> {
    Ok(create_dir(directory, Path::new(path), &system::directory_options(permissions))?)
}

pub(crate) fn link(directory: &File, path: &str, new: &File, new_path: &str) -> Result<(), Errno> {
    Ok(hard_link(directory, Path::new(path), new, Path::new(new_path))?)
}

pub(crate) fn rename(directory: &File, path: &str, new: &File, new_path: &str) -> Result<(), Errno> {
    // cap-primitives does not look at slashes that end a path: either says that a directory is moved.
    let (name, new_name) = (without_slashes(path), without_slashes(new_path));
    if (name != path || new_name != new_path) && !stat(directory, Path::new(name), FollowSymlinks::No)?.is_dir() {
        return Err(Errno::Notdir);
    }
    system::rename(directory, Path::new(name), new, Path::new(new_name))
}

/// Whether the process may do with what is at `path` what the bits of `wanted` say: read (4), write (2), execute (1).
pub(crate) fn check_access(directory: &File, path: &str, wanted: u32) -> Result<(), Errno> {
    let wants = |bit: u32| wanted & bit != 0;
    let modes = AccessModes { readable: wants(4), writable: wants(2), executable: wants(1) };
    let wanted = if wanted == 0 { AccessType::Exists } else { AccessType::Access(modes) };
    Ok(access(directory, Path::new(path), wanted, FollowSymlinks::Yes)?)
}

pub(crate) fn read_link(directory: &File, path: &str) -> Result<Vec<u8>, Errno> {
    Ok(read_link_beneath(directory, Path::new(path))?.into_os_string().into_encoded_bytes())
}

/// What the symbolic link at `path` contains, wherever that would lead.
pub(crate) fn link_contents(directory: &File, path: &str) -> Result<Vec<u8>, Errno> {
    Ok(read_link_contents(directory, Path::new(path))?.into_os_string().into_encoded_bytes())
}

pub(crate) fn remove_directory(directory: &File, path: &str) -> Result<(), Errno> {
    // The slash says nothing new, and would be taken for a name of its own.
    Ok(remove_dir(directory, Path::new(without_slashes(path)))?)
}

fn without_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        name => name,
    }
}

pub(crate) fn unlink_file(directory: &File, path: &str) -> Result<(), Errno> {
    Ok(remove_file(directory, Path::new(path))?)
}
