//! A tree as its embedder sees it: files are put in before a program runs, and taken out after.

use std::io;
use std::sync::Arc;

use cap_primitives::fs::FollowSymlinks;

use super::leaf::{Budget, Kind};
use super::{DIRECTORY_PERMISSIONS, Entry, FILE_PERMISSIONS, Place, ROOT, Tree};
use crate::errno::Errno;
use crate::kept::HostMemory;

/// A directory in memory, which a program is granted as one of the host's would be
/// ([`WasiBuilder::memory_directory`](crate::WasiBuilder::memory_directory)). Clones are the same one.
///
/// Paths are relative to it: names between slashes. What an embedder writes bears the time 0, so that runs are alike;
/// what a program writes, its clock's.
#[derive(Clone, Debug)]
pub struct MemoryDirectory {
    place: Place,
}

impl Default for MemoryDirectory {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryDirectory {
    /// How much [`Self::new`] lets a directory hold: 1 GiB.
    pub const LIMIT_BYTES: u64 = 1 << 30;

    /// An empty directory that holds up to [`Self::LIMIT_BYTES`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(Self::LIMIT_BYTES)
    }

    /// An empty directory that holds up to `limit_bytes` of contents and names together; beyond, a program's calls
    /// fail with `ENOSPC`.
    #[must_use]
    pub fn with_limit(limit_bytes: u64) -> Self {
        Self::with_budget(Budget::new(limit_bytes, None))
    }

    /// An empty directory of a program's own: what it holds is a part of what the host keeps for that.
    pub(crate) fn own(memory: &HostMemory) -> Self {
        Self::with_budget(Budget::new(Self::LIMIT_BYTES, Some(memory)))
    }

    fn with_budget(budget: Budget) -> Self {
        Self { place: Place { tree: Arc::new(Tree::new(budget)), inode: ROOT } }
    }

    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Makes a directory, and those that lead to it, unless they are there.
    ///
    /// # Errors
    ///
    /// If something else has one of the names, or there is no space left.
    pub fn create_directory(&self, path: &str) -> io::Result<()> {
        let mut end = 0;
        for component in path.split_inclusive('/') {
            end += component.len();
            match self.place.create_directory(&path[..end], DIRECTORY_PERMISSIONS, 0) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(error) => return Err(told(error, path)),
            }
        }
        if self.is_directory(path) { Ok(()) } else { Err(told(Errno::Notdir, path)) }
    }

    /// Writes a file, in the place of one that may be there, and makes the directories that lead to it.
    ///
    /// # Errors
    ///
    /// If something else has one of the names, or there is no space left.
    pub fn write(&self, path: &str, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        if let Some((directory, _)) = path.rsplit_once('/') {
            self.create_directory(directory)?;
        }
        self.replace(path, bytes.into()).map_err(|error| told(error, path))
    }

    fn replace(&self, path: &str, bytes: Vec<u8>) -> Result<(), Errno> {
        let Place { tree, inode } = &self.place;
        let mut nodes = tree.lock();
        let found = nodes.walk(*inode, path, true)?;
        if found.entry.as_ref().is_some_and(Entry::is_directory) {
            return Err(Errno::Isdir);
        }
        let leaf = tree.new_leaf(&mut nodes, Kind::File, bytes, FILE_PERMISSIONS, 0)?;
        tree.put(&mut nodes, &found, Entry::Leaf(leaf), 0)
    }

    /// A file's bytes; `None` if there is none at `path`.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        match self.place.tree.lock().existing(self.place.inode, path, FollowSymlinks::Yes) {
            Ok(Entry::Leaf(leaf)) => Some(leaf.read().bytes.clone()),
            _ => None,
        }
    }

    /// Whether a directory is at `path`.
    #[must_use]
    pub fn is_directory(&self, path: &str) -> bool {
        matches!(self.place.tree.lock().existing(self.place.inode, path, FollowSymlinks::Yes), Ok(Entry::Directory(_)))
    }

    /// The names in the directory at `path` (`"."` for this one), in order; none if there is no directory.
    #[must_use]
    pub fn names(&self, path: &str) -> Vec<String> {
        let nodes = self.place.tree.lock();
        match nodes.existing(self.place.inode, path, FollowSymlinks::Yes) {
            Ok(Entry::Directory(inode)) => {
                nodes.directory(inode).map(|node| node.entries.keys().cloned().collect()).unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    /// Makes a symbolic link at `path` that leads to `target`; an absolute one leads nowhere.
    ///
    /// # Errors
    ///
    /// If the name is taken, the directory that it is in is not there, or there is no space left.
    pub fn symlink(&self, target: &str, path: &str) -> io::Result<()> {
        self.place.put_link(target, path, 0).map_err(|error| told(error, path))
    }
}

fn told(error: Errno, path: &str) -> io::Error {
    let kind = match error {
        Errno::Noent => io::ErrorKind::NotFound,
        Errno::Exist => io::ErrorKind::AlreadyExists,
        Errno::Notdir => io::ErrorKind::NotADirectory,
        Errno::Isdir => io::ErrorKind::IsADirectory,
        Errno::Nospc => io::ErrorKind::StorageFull,
        Errno::Perm => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::InvalidInput,
    };
    io::Error::new(kind, format!("{kind}: '{path}' in a directory in memory"))
}
