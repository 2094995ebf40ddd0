//! Where a directory's entries are, on the host or in memory, and what can be done there by name.
//!
//! Names are checked text and nothing is granted or refused here: that is done before.

use std::fs;

use cap_primitives::fs::FollowSymlinks;

use crate::clock::SetTime;
use crate::descriptor::Object;
use crate::directory::Listing;
use crate::errno::Errno;
use crate::path::OpenRequest;
use crate::types::FileStatus;
use crate::{host, tree};

/// A directory that paths start from.
#[derive(Debug)]
pub(crate) enum Place {
    /// One of the host's.
    Host(fs::File),
    /// One that only the program and its embedder see.
    Memory(tree::Place),
}

impl Place {
    /// What it is itself.
    pub(crate) fn own_status(&self) -> Result<FileStatus, Errno> {
        match self {
            Self::Host(directory) => host::own_status(directory),
            Self::Memory(place) => place.own_status(),
        }
    }

    /// Sets its own times; `now` is what the program's clock shows.
    pub(crate) fn set_own_times(
        &self,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::set_own_times(directory, accessed, modified),
            Self::Memory(place) => place.set_own_times(accessed, modified, now),
        }
    }

    /// Writes its entries to where they last.
    pub(crate) fn sync(&self) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => Ok(crate::system::fs::fsync(directory)?),
            Self::Memory(_) => Ok(()),
        }
    }

    /// Its entries.
    pub(crate) fn list(&self) -> Result<Listing, Errno> {
        match self {
            Self::Host(directory) => host::list(directory),
            Self::Memory(place) => place.list(),
        }
    }

    /// Opens a file or a directory; what is opened may be changed if `mutable`.
    pub(crate) fn open(&self, path: &str, request: &OpenRequest, mutable: bool, now: u64) -> Result<Object, Errno> {
        match self {
            Self::Host(directory) => host::open(directory, path, request, mutable),
            Self::Memory(place) => place.open(path, request, mutable, now),
        }
    }

    /// What there is at `path`. A slash at its end says that it is a directory, where a symbolic link may lead.
    pub(crate) fn status(&self, path: &str, follow: FollowSymlinks) -> Result<FileStatus, Errno> {
        match self {
            Self::Host(directory) => host::status(directory, path, follow),
            Self::Memory(place) => place.status(path, follow),
        }
    }

    /// Sets the times of what is at `path`.
    pub(crate) fn set_times(
        &self,
        path: &str,
        follow: FollowSymlinks,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::set_times(directory, path, follow, accessed, modified),
            Self::Memory(place) => place.set_times(path, follow, accessed, modified, now),
        }
    }

    /// Makes a directory.
    pub(crate) fn create_directory(&self, path: &str, permissions: u32, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::create_directory(directory, path, permissions),
            Self::Memory(place) => place.create_directory(path, permissions, now),
        }
    }

    /// Gives what is at `path` another name, `new_path` below `new`.
    pub(crate) fn link(&self, path: &str, new: &Self, new_path: &str, now: u64) -> Result<(), Errno> {
        match (self, new) {
            (Self::Host(directory), Self::Host(new)) => host::link(directory, path, new, new_path),
            (Self::Memory(place), Self::Memory(new)) => place.link(path, new, new_path, now),
            _ => Err(Errno::Xdev),
        }
    }

    /// Moves what is at `path` to `new_path` below `new`, in the place of what may be there.
    pub(crate) fn rename(&self, path: &str, new: &Self, new_path: &str, now: u64) -> Result<(), Errno> {
        match (self, new) {
            (Self::Host(directory), Self::Host(new)) => host::rename(directory, path, new, new_path),
            (Self::Memory(place), Self::Memory(new)) => place.rename(path, new, new_path, now),
            _ => Err(Errno::Xdev),
        }
    }

    /// Where the symbolic link at `path` leads.
    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Host(directory) => host::read_link(directory, path),
            Self::Memory(place) => place.read_link(path),
        }
    }

    /// What the symbolic link at `path` contains, wherever that leads.
    pub(crate) fn link_contents(&self, path: &str) -> Result<Vec<u8>, Errno> {
        match self {
            Self::Host(directory) => host::link_contents(directory, path),
            Self::Memory(place) => place.link_contents(path),
        }
    }

    /// Sets the bits of what is at `path`, which is no symbolic link.
    pub(crate) fn set_permissions(&self, path: &str, permissions: u32, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::set_permissions(directory, path, permissions),
            Self::Memory(place) => place.set_permissions(path, permissions, now),
        }
    }

    /// Sets its own bits.
    pub(crate) fn set_own_permissions(&self, permissions: u32, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::set_own_permissions(directory, permissions),
            Self::Memory(place) => place.set_own_permissions(permissions, now),
        }
    }

    /// The same directory once more.
    pub(crate) fn try_clone(&self) -> std::io::Result<Self> {
        Ok(match self {
            Self::Host(directory) => Self::Host(directory.try_clone()?),
            Self::Memory(place) => Self::Memory(place.clone()),
        })
    }

    /// Makes a symbolic link at `path` that leads to `target`.
    pub(crate) fn symlink(&self, target: &str, path: &str, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::symlink(target, directory, path),
            Self::Memory(place) => place.symlink(target, path, now),
        }
    }

    /// Removes an empty directory.
    pub(crate) fn remove_directory(&self, path: &str, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::remove_directory(directory, path),
            Self::Memory(place) => place.remove_directory(path, now),
        }
    }

    /// Removes anything but a directory.
    pub(crate) fn unlink_file(&self, path: &str, now: u64) -> Result<(), Errno> {
        match self {
            Self::Host(directory) => host::unlink_file(directory, path),
            Self::Memory(place) => place.unlink_file(path, now),
        }
    }
}
