//! From a path to what it names, one component after another.

use cap_primitives::fs::FollowSymlinks;

use super::{Entry, Nodes};
use crate::errno::Errno;

/// More symbolic links than this on one way are taken for a loop, as Linux does.
const LINKS_MAX: usize = 40;
/// As on most systems.
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4096;

/// Where a path has led.
#[derive(Debug)]
pub(super) struct Found {
    /// The directory that has, or could have, the last component.
    pub(super) parent: u64,
    /// The last component; empty if the path names a directory by `.` or `..`.
    pub(super) name: String,
    /// What is there.
    pub(super) entry: Option<Entry>,
    /// Whether the path ends in a slash.
    pub(super) must_be_directory: bool,
}

impl Found {
    /// This, if nothing is there yet.
    pub(super) fn free(self) -> Result<Self, Errno> {
        if self.entry.is_some() { Err(Errno::Exist) } else { Ok(self) }
    }
}

impl Nodes {
    /// Follows `path` from the directory `start` on; a symbolic link at its end only if `follow` says so.
    pub(super) fn walk(&self, start: u64, path: &str, follow: bool) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.len() >= PATH_BYTES_MAX {
            return Err(Errno::Nametoolong);
        }
        let mut must_be_directory = path.ends_with('/');
        let mut links = 0;
        // Those from the start to where we are, for `..`; and what is still to come, the next one last.
        let mut directories = vec![start];
        let mut pending = Vec::new();
        push_components(&mut pending, path)?;
        while let Some(name) = pending.pop() {
            let is_last = pending.is_empty();
            let here = *directories.last().ok_or(Errno::Perm)?;
            if name == "." {
                continue;
            }
            if name == ".." {
                directories.pop();
                if directories.is_empty() {
                    return Err(Errno::Perm);
                }
                continue;
            }
            if name.len() > NAME_BYTES_MAX {
                return Err(Errno::Nametoolong);
            }
            match self.directory(here)?.entries.get(&name) {
                Some(Entry::Leaf(leaf)) if leaf.is_link() && (!is_last || follow) => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(Errno::Loop);
                    }
                    let target = String::from_utf8(leaf.read().bytes.clone()).map_err(|_| Errno::Ilseq)?;
                    must_be_directory |= is_last && target.ends_with('/');
                    push_components(&mut pending, &target)?;
                }
                entry if is_last => return Ok(Found { parent: here, name, entry: entry.cloned(), must_be_directory }),
                Some(Entry::Directory(inode)) => directories.push(*inode),
                Some(Entry::Leaf(_)) => return Err(Errno::Notdir),
                None => return Err(Errno::Noent),
            }
        }
        let here = *directories.last().ok_or(Errno::Perm)?;
        self.directory(here)?;
        Ok(Found { parent: here, name: String::new(), entry: Some(Entry::Directory(here)), must_be_directory })
    }

    /// What is at `path`; a slash at its end says that it is a directory, where a symbolic link may lead.
    pub(super) fn existing(&self, start: u64, path: &str, follow: FollowSymlinks) -> Result<Entry, Errno> {
        let found = self.walk(start, path, follow == FollowSymlinks::Yes || path.ends_with('/'))?;
        let entry = found.entry.ok_or(Errno::Noent)?;
        if found.must_be_directory && !entry.is_directory() { Err(Errno::Notdir) } else { Ok(entry) }
    }
}

/// Puts the components of `path` on top of those that are still to come.
fn push_components(pending: &mut Vec<String>, path: &str) -> Result<(), Errno> {
    if path.starts_with('/') {
        return Err(Errno::Perm);
    }
    pending.extend(path.split('/').rev().filter(|name| !name.is_empty()).map(str::to_owned));
    Ok(())
}
