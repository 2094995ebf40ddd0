//! Files and directories in memory: what an embedder puts there, and what a program makes of it.
//!
//! ```text
//! MemoryDirectory (the embedder's) ┐
//! Place (a descriptor's)           ┴► Tree: directories by inode, each with its entries ► Leaf: bytes
//! ```
//!
//! Names are resolved as on the host, by the same rules: no `..` and no symbolic link leads out of the directory that
//! a path starts from.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::system::fs::OFlags;
use cap_primitives::fs::FollowSymlinks;

use crate::clock::SetTime;
use crate::descriptor::Object;
use crate::directory::{Directory, Listing};
use crate::errno::Errno;
use crate::path::OpenRequest;
use crate::posix::Device;
use crate::types::{FileStatus, FileType, descriptor_flag};

mod embedder;
mod leaf;
mod open_file;
mod walk;

pub use embedder::MemoryDirectory;
pub(crate) use open_file::{OpenFile, copy_out};

use leaf::{Budget, Kind, Leaf, Times};
use walk::Found;

/// The inode of the directory that is the root of its tree.
const ROOT: u64 = 1;
/// What an entry takes besides its name, about.
const ENTRY_BYTES: u64 = 128;
/// What anybody may do with what nobody said more about.
const FILE_PERMISSIONS: u32 = 0o666;
const DIRECTORY_PERMISSIONS: u32 = 0o777;

/// Everything below one root. Descriptors of what was removed stay good for what they are.
#[derive(Debug)]
struct Tree {
    nodes: Mutex<Nodes>,
    budget: Arc<Budget>,
}

#[derive(Debug)]
struct Nodes {
    directories: HashMap<u64, Node>,
    next_inode: u64,
}

/// A directory.
#[derive(Debug)]
struct Node {
    parent: u64,
    entries: BTreeMap<String, Entry>,
    times: Times,
    permissions: u32,
}

/// What a name stands for.
#[derive(Clone, Debug)]
enum Entry {
    /// The inode of a directory.
    Directory(u64),
    Leaf(Arc<Leaf>),
}

impl Entry {
    fn is_directory(&self) -> bool {
        matches!(self, Self::Directory(_))
    }
}

impl Tree {
    fn new(budget: Budget) -> Self {
        let root =
            Node { parent: ROOT, entries: BTreeMap::new(), times: Times::new(0), permissions: DIRECTORY_PERMISSIONS };
        let nodes = Nodes { directories: HashMap::from([(ROOT, root)]), next_inode: ROOT + 1 };
        Self { nodes: Mutex::new(nodes), budget: Arc::new(budget) }
    }

    fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an entry where `found` has led, in the place of what may be there.
    fn put(&self, nodes: &mut Nodes, found: &Found, entry: Entry, now: u64) -> Result<(), Errno> {
        let parent = nodes.directory_mut(found.parent)?;
        if found.entry.is_none() {
            self.budget.take(ENTRY_BYTES + found.name.len() as u64)?;
        }
        if let Some(Entry::Leaf(replaced)) = parent.entries.insert(found.name.clone(), entry) {
            replaced.write().names -= 1;
        }
        parent.times.modify(now);
        Ok(())
    }

    /// Takes away the entry that `found` has found.
    fn remove(&self, nodes: &mut Nodes, found: &Found, now: u64) -> Result<(), Errno> {
        let parent = nodes.directory_mut(found.parent)?;
        if let Some(Entry::Leaf(removed)) = parent.entries.remove(&found.name) {
            removed.write().names -= 1;
        }
        parent.times.modify(now);
        self.budget.give_back(ENTRY_BYTES + found.name.len() as u64);
        Ok(())
    }

    fn new_leaf(
        &self,
        nodes: &mut Nodes,
        kind: Kind,
        bytes: Vec<u8>,
        permissions: u32,
        now: u64,
    ) -> Result<Arc<Leaf>, Errno> {
        Ok(Arc::new(Leaf::new(nodes.take_inode(), kind, bytes, permissions, &self.budget, now)?))
    }

    fn add_directory(&self, nodes: &mut Nodes, found: &Found, permissions: u32, now: u64) -> Result<u64, Errno> {
        let inode = nodes.take_inode();
        self.put(nodes, found, Entry::Directory(inode), now)?;
        let node = Node { parent: found.parent, entries: BTreeMap::new(), times: Times::new(now), permissions };
        nodes.directories.insert(inode, node);
        Ok(inode)
    }
}

impl Nodes {
    fn take_inode(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode - 1
    }

    /// The directory with this inode, unless it was removed.
    fn directory(&self, inode: u64) -> Result<&Node, Errno> {
        self.directories.get(&inode).ok_or(Errno::Noent)
    }

    fn directory_mut(&mut self, inode: u64) -> Result<&mut Node, Errno> {
        self.directories.get_mut(&inode).ok_or(Errno::Noent)
    }

    fn status(&self, entry: &Entry) -> Result<FileStatus, Errno> {
        match entry {
            Entry::Leaf(leaf) => Ok(leaf.status()),
            Entry::Directory(inode) => {
                let node = self.directory(*inode)?;
                let directories = node.entries.values().filter(|entry| entry.is_directory()).count() as u64;
                let status = node.times.status(*inode, FileType::Directory, 2 + directories, 0);
                Ok(FileStatus { permissions: node.permissions, ..status })
            }
        }
    }

    fn set_times(
        &mut self,
        entry: &Entry,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        match entry {
            Entry::Leaf(leaf) => leaf.write().times.set(accessed, modified, now),
            Entry::Directory(inode) => self.directory_mut(*inode)?.times.set(accessed, modified, now),
        }
        Ok(())
    }

    fn set_permissions(&mut self, entry: &Entry, permissions: u32, now: u64) -> Result<(), Errno> {
        match entry {
            Entry::Leaf(leaf) => {
                let mut state = leaf.write();
                state.permissions = permissions;
                state.times.set(None, None, now);
            }
            Entry::Directory(inode) => {
                let node = self.directory_mut(*inode)?;
                node.permissions = permissions;
                node.times.set(None, None, now);
            }
        }
        Ok(())
    }

    /// Whether `inode` is `ancestor` or below it.
    fn is_below(&self, mut inode: u64, ancestor: u64) -> bool {
        while inode != ancestor {
            match self.directories.get(&inode) {
                Some(node) if node.parent != inode => inode = node.parent,
                _ => return false,
            }
        }
        true
    }
}

/// A directory of a tree that paths start from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    tree: Arc<Tree>,
    inode: u64,
}

impl Place {
    pub(crate) fn own_status(&self) -> Result<FileStatus, Errno> {
        self.tree.lock().status(&Entry::Directory(self.inode))
    }

    pub(crate) fn set_own_times(
        &self,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        self.tree.lock().set_times(&Entry::Directory(self.inode), accessed, modified, now)
    }

    pub(crate) fn list(&self) -> Result<Listing, Errno> {
        let nodes = self.tree.lock();
        let mut listing = Listing::new(self.inode);
        for (name, entry) in &nodes.directory(self.inode)?.entries {
            let (inode, file_type) = match entry {
                Entry::Directory(inode) => (*inode, FileType::Directory),
                Entry::Leaf(leaf) => (leaf.inode, leaf.file_type()),
            };
            listing.push(inode, file_type, name.as_bytes());
        }
        Ok(listing)
    }

    pub(crate) fn open(&self, path: &str, request: &OpenRequest, mutable: bool, now: u64) -> Result<Object, Errno> {
        let has = |flag| request.flags.contains(flag);
        let creates = has(OFlags::CREATE);
        let follow = request.follow == FollowSymlinks::Yes && !(creates && has(OFlags::EXCL));
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, follow || path.ends_with('/'))?;
        let leaf = match &found.entry {
            None if !creates => return Err(Errno::Noent),
            None if found.must_be_directory => return Err(Errno::Isdir),
            None => {
                let leaf = self.tree.new_leaf(&mut nodes, Kind::File, Vec::new(), request.permissions, now)?;
                self.tree.put(&mut nodes, &found, Entry::Leaf(Arc::clone(&leaf)), now)?;
                leaf
            }
            Some(_) if creates && has(OFlags::EXCL) => return Err(Errno::Exist),
            Some(Entry::Directory(_)) if request.writable || creates || has(OFlags::TRUNC) => {
                return Err(Errno::Isdir);
            }
            Some(Entry::Directory(inode)) => {
                let place = Self { tree: Arc::clone(&self.tree), inode: *inode };
                return Ok(Object::Directory(Directory::new(crate::place::Place::Memory(place), None, mutable)));
            }
            Some(Entry::Leaf(_)) if found.must_be_directory || has(OFlags::DIRECTORY) => return Err(Errno::Notdir),
            Some(Entry::Leaf(leaf)) if leaf.is_link() => return Err(Errno::Loop),
            Some(Entry::Leaf(leaf)) if leaf.kind != Kind::File => return Err(Errno::Nxio),
            Some(Entry::Leaf(leaf)) => Arc::clone(leaf),
        };
        drop(nodes);
        if has(OFlags::TRUNC) {
            let mut state = leaf.write();
            leaf.resize(&mut state, 0)?;
            state.times.modify(now);
        }
        let mut flags = 0;
        for (flag, bit) in [
            (OFlags::APPEND, descriptor_flag::APPEND),
            (OFlags::NONBLOCK, descriptor_flag::NONBLOCK),
            (OFlags::SYNC, descriptor_flag::SYNC),
            (OFlags::DSYNC, descriptor_flag::DSYNC),
        ] {
            if has(flag) {
                flags |= bit;
            }
        }
        Ok(Object::Memory(OpenFile::new(leaf, request.readable, request.writable, mutable, flags)))
    }

    pub(crate) fn status(&self, path: &str, follow: FollowSymlinks) -> Result<FileStatus, Errno> {
        let nodes = self.tree.lock();
        let entry = nodes.existing(self.inode, path, follow)?;
        nodes.status(&entry)
    }

    /// What there is at `path`, itself, but for how many names a directory has, which takes long to tell of a large one.
    pub(crate) fn brief_status(&self, path: &str) -> Result<FileStatus, Errno> {
        let nodes = self.tree.lock();
        match nodes.existing(self.inode, path, FollowSymlinks::No)? {
            Entry::Directory(inode) => {
                let node = nodes.directory(inode)?;
                let status = node.times.status(inode, FileType::Directory, 2, 0);
                Ok(FileStatus { permissions: node.permissions, ..status })
            }
            Entry::Leaf(leaf) => Ok(leaf.status()),
        }
    }

    pub(crate) fn set_times(
        &self,
        path: &str,
        follow: FollowSymlinks,
        accessed: Option<SetTime>,
        modified: Option<SetTime>,
        now: u64,
    ) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let entry = nodes.existing(self.inode, path, follow)?;
        nodes.set_times(&entry, accessed, modified, now)
    }

    pub(crate) fn create_directory(&self, path: &str, permissions: u32, now: u64) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, false)?.free()?;
        self.tree.add_directory(&mut nodes, &found, permissions, now).map(drop)
    }

    pub(crate) fn link(&self, path: &str, new: &Self, new_path: &str, now: u64) -> Result<(), Errno> {
        if !Arc::ptr_eq(&self.tree, &new.tree) {
            return Err(Errno::Xdev);
        }
        let mut nodes = self.tree.lock();
        let old = nodes.walk(self.inode, path, false)?;
        let leaf = match old.entry.ok_or(Errno::Noent)? {
            Entry::Directory(_) => return Err(Errno::Perm),
            Entry::Leaf(_) if old.must_be_directory => return Err(Errno::Notdir),
            Entry::Leaf(leaf) => leaf,
        };
        let new = nodes.walk(new.inode, new_path, false)?.free()?;
        if new.must_be_directory {
            return Err(Errno::Noent);
        }
        self.tree.put(&mut nodes, &new, Entry::Leaf(Arc::clone(&leaf)), now)?;
        leaf.write().names += 1;
        Ok(())
    }

    pub(crate) fn rename(&self, path: &str, new: &Self, new_path: &str, now: u64) -> Result<(), Errno> {
        if !Arc::ptr_eq(&self.tree, &new.tree) {
            return Err(Errno::Xdev);
        }
        let mut nodes = self.tree.lock();
        let old = nodes.walk(self.inode, path, false)?;
        let new = nodes.walk(new.inode, new_path, false)?;
        let entry = old.entry.clone().ok_or(Errno::Noent)?;
        if old.name.is_empty() || new.name.is_empty() {
            return Err(Errno::Busy);
        }
        if !entry.is_directory() && (old.must_be_directory || new.must_be_directory) {
            return Err(Errno::Notdir);
        }
        match (&entry, &new.entry) {
            (Entry::Directory(inode), _) if nodes.is_below(new.parent, *inode) => return Err(Errno::Inval),
            (Entry::Leaf(leaf), Some(Entry::Leaf(other))) if Arc::ptr_eq(leaf, other) => return Ok(()),
            (_, None) | (Entry::Leaf(_), Some(Entry::Leaf(_))) => {}
            (Entry::Leaf(_), Some(Entry::Directory(_))) => return Err(Errno::Isdir),
            (Entry::Directory(_), Some(Entry::Leaf(_))) => return Err(Errno::Notdir),
            (Entry::Directory(inode), Some(Entry::Directory(other))) if inode == other => return Ok(()),
            (Entry::Directory(_), Some(Entry::Directory(other))) => nodes.take_empty(*other)?,
        }
        self.tree.put(&mut nodes, &new, entry.clone(), now)?;
        match &entry {
            // Taking the old name away counts one name less.
            Entry::Leaf(leaf) => leaf.write().names += 1,
            Entry::Directory(inode) => nodes.directory_mut(*inode)?.parent = new.parent,
        }
        self.tree.remove(&mut nodes, &old, now)
    }

    pub(crate) fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        match self.tree.lock().existing(self.inode, path, FollowSymlinks::No)? {
            Entry::Leaf(leaf) if leaf.is_link() => match leaf.read().bytes.clone() {
                absolute if absolute.starts_with(b"/") => Err(Errno::Perm),
                target => Ok(target),
            },
            _ => Err(Errno::Inval),
        }
    }

    pub(crate) fn symlink(&self, target: &str, path: &str, now: u64) -> Result<(), Errno> {
        // As on the host: it could lead another program out of the grant.
        if target.starts_with('/') {
            return Err(Errno::Perm);
        }
        self.put_link(target, path, now)
    }

    /// What the symbolic link at `path` contains.
    pub(crate) fn link_contents(&self, path: &str) -> Result<Vec<u8>, Errno> {
        match self.tree.lock().existing(self.inode, path, FollowSymlinks::No)? {
            Entry::Leaf(leaf) if leaf.is_link() => Ok(leaf.read().bytes.clone()),
            _ => Err(Errno::Inval),
        }
    }

    /// Sets the bits of what is at `path`.
    pub(crate) fn set_permissions(&self, path: &str, permissions: u32, now: u64) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let entry = nodes.existing(self.inode, path, FollowSymlinks::No)?;
        nodes.set_permissions(&entry, permissions, now)
    }

    /// Sets its own bits.
    pub(crate) fn set_own_permissions(&self, permissions: u32, now: u64) -> Result<(), Errno> {
        self.tree.lock().set_permissions(&Entry::Directory(self.inode), permissions, now)
    }

    /// The device at `path`, if there is one.
    pub(crate) fn device(&self, path: &str) -> Option<Device> {
        match self.tree.lock().existing(self.inode, path, FollowSymlinks::No) {
            Ok(Entry::Leaf(leaf)) => match leaf.kind {
                Kind::Device(device) => Some(device),
                _ => None,
            },
            _ => None,
        }
    }

    /// Puts a device at `path`.
    pub(crate) fn put_device(&self, device: Device, path: &str, permissions: u32, now: u64) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, false)?.free()?;
        let leaf = self.tree.new_leaf(&mut nodes, Kind::Device(device), Vec::new(), permissions, now)?;
        self.tree.put(&mut nodes, &found, Entry::Leaf(leaf), now)
    }

    /// How many bytes may be held here, and how many are.
    pub(crate) fn room(&self) -> (u64, u64) {
        self.tree.budget.room()
    }

    /// Makes a symbolic link, whatever it leads to.
    pub(crate) fn put_link(&self, target: &str, path: &str, now: u64) -> Result<(), Errno> {
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, false)?.free()?;
        if found.must_be_directory {
            return Err(Errno::Noent);
        }
        let leaf = self.tree.new_leaf(&mut nodes, Kind::Link, target.as_bytes().to_vec(), 0o777, now)?;
        self.tree.put(&mut nodes, &found, Entry::Leaf(leaf), now)
    }

    pub(crate) fn remove_directory(&self, path: &str, now: u64) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, false)?;
        match &found.entry {
            None => Err(Errno::Noent),
            Some(Entry::Leaf(_)) => Err(Errno::Notdir),
            // The place itself, by whatever path.
            Some(Entry::Directory(_)) if found.name.is_empty() => Err(Errno::Inval),
            Some(Entry::Directory(inode)) => {
                nodes.take_empty(*inode)?;
                self.tree.remove(&mut nodes, &found, now)
            }
        }
    }

    pub(crate) fn unlink_file(&self, path: &str, now: u64) -> Result<(), Errno> {
        let mut nodes = self.tree.lock();
        let found = nodes.walk(self.inode, path, false)?;
        match &found.entry {
            None => Err(Errno::Noent),
            Some(Entry::Directory(_)) => Err(Errno::Isdir),
            Some(Entry::Leaf(_)) if found.must_be_directory => Err(Errno::Notdir),
            Some(Entry::Leaf(_)) => self.tree.remove(&mut nodes, &found, now),
        }
    }
}

impl Nodes {
    /// Removes a directory from the tree, if nothing is in it.
    fn take_empty(&mut self, inode: u64) -> Result<(), Errno> {
        if !self.directory(inode)?.entries.is_empty() {
            return Err(Errno::Notempty);
        }
        self.directories.remove(&inode);
        Ok(())
    }
}
