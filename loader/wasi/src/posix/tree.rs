//! One tree of files out of directories on the host and in memory: paths in, places out.
//!
//! Every path is followed here, one name after another, from the root or from a directory. What it leads to is then done
//! below one place, by a path without links and without `..`: a place on the host lets nothing leave it in any case, whatever
//! is changed there meanwhile.

use cap_primitives::fs::FollowSymlinks;

use super::device::Device;
use crate::errno::Errno;
use crate::kept::HostMemory;
use crate::place::Place;
use crate::tree::MemoryDirectory;
use crate::types::{FileStatus, FileType};

/// More symbolic links than this on one way are taken for a loop, as Linux does.
const LINKS_MAX: usize = 40;
/// As on most systems.
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4096;

/// A directory that is part of the tree.
#[derive(Debug)]
pub(super) struct Mount {
    point: Vec<String>,
    pub(super) place: Place,
    /// Whether anything below it may be changed.
    pub(super) mutable: bool,
}

/// All mounts, the root's first.
#[derive(Debug)]
pub(super) struct Tree {
    mounts: Vec<Mount>,
    /// What its places in memory take.
    memory: HostMemory,
}

/// Where a path has led.
#[derive(Debug)]
pub(super) struct Found {
    /// The names from the root on; of a name that nothing has yet, too.
    pub(super) names: Vec<String>,
    /// What is there.
    pub(super) status: Option<FileStatus>,
    /// Whether the path ends in a slash.
    pub(super) must_be_directory: bool,
    /// Whether the path ends in `.` or `..`, or is the root's.
    pub(super) ends_in_dots: bool,
    /// It is an open descriptor, by its name in `/proc/self/fd`.
    pub(super) descriptor: Option<u32>,
}

/// Tells what is known of open descriptors.
pub(super) trait Descriptors {
    /// The path and the status of one that is open.
    fn look(&self, descriptor: u32) -> Result<(String, FileStatus), Errno>;
}

impl Tree {
    /// A tree of what is granted by name, and of what every program finds.
    pub(super) fn new(granted: Vec<(String, Place, bool)>, memory: &HostMemory, now: u64) -> Result<Self, Errno> {
        let mut granted: Vec<(Vec<String>, Place, bool)> =
            granted.into_iter().map(|(name, place, mutable)| (names_of(&name), place, mutable)).collect();
        // Those that others are in come first; of two at the same place, the later one is hidden.
        granted.sort_by_key(|(point, ..)| point.len());
        let mut tree = Self { mounts: Vec::new(), memory: memory.clone() };
        if granted.first().is_none_or(|(point, ..)| !point.is_empty()) {
            tree.mount(Vec::new(), tree.memory_place(), true);
        }
        for (point, place, mutable) in granted {
            tree.add(point, place, mutable, now)?;
        }
        for own in ["/dev", "/proc"] {
            let point = names_of(own);
            if tree.mounts.len() > 1 || !matches!(tree.mounts[0].place, Place::Memory(_)) {
                tree.add(point, tree.memory_place(), true, now)?;
            }
        }
        for path in ["/tmp", "/home/web_user", "/dev/shm/tmp", "/proc/self/fd"] {
            tree.make_directories(&names_of(path), now)?;
        }
        tree.make_devices(now)?;
        Ok(tree)
    }

    /// An empty directory in memory.
    fn memory_place(&self) -> Place {
        Place::Memory(MemoryDirectory::own(&self.memory).place())
    }

    fn mount(&mut self, point: Vec<String>, place: Place, mutable: bool) {
        self.mounts.push(Mount { point, place, mutable });
    }

    /// Makes `place` part of the tree, and the directories that lead to it.
    fn add(&mut self, point: Vec<String>, place: Place, mutable: bool, now: u64) -> Result<(), Errno> {
        if self.mounts.iter().any(|mount| mount.point == point) {
            return Ok(());
        }
        if let Some((_, parent)) = point.split_last() {
            self.make_directories(parent, now)?;
            let (mount, path) = self.place_of(&point);
            // So that it is seen among its neighbours; elsewhere than in memory, nothing is made.
            if let Place::Memory(memory) = &mount.place {
                let _ = memory.create_directory(&path, 0o777, now);
            }
        }
        self.mount(point, place, mutable);
        Ok(())
    }

    /// Makes directories, unless they are there; below a place that is not in memory, a new place for the first that is
    /// missing.
    fn make_directories(&mut self, names: &[String], now: u64) -> Result<(), Errno> {
        for count in 1..=names.len() {
            let names = &names[..count];
            if self.status_at(names).is_ok_and(|status| status.file_type == FileType::Directory) {
                continue;
            }
            let (mount, path) = self.place_of(names);
            match &mount.place {
                Place::Memory(memory) => memory.create_directory(&path, 0o777, now)?,
                Place::Host(_) => self.mount(names.to_vec(), self.memory_place(), true),
            }
        }
        Ok(())
    }

    fn make_devices(&self, now: u64) -> Result<(), Errno> {
        let put = |name: &str, put: &dyn Fn(&crate::tree::Place, &str) -> Result<(), Errno>| {
            let (mount, path) = self.place_of(&["dev".to_owned(), name.to_owned()]);
            match &mount.place {
                // An embedder may have put something else there.
                Place::Memory(memory) => match put(memory, &path) {
                    Err(Errno::Exist) => Ok(()),
                    result => result,
                },
                Place::Host(_) => Ok(()),
            }
        };
        for (name, device) in Device::ALL {
            put(name, &|memory, path| memory.put_device(device, path, 0o666, now))?;
        }
        for (name, number) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
            put(name, &|memory, path| memory.put_link(&format!("/proc/self/fd/{number}"), path, now))?;
        }
        Ok(())
    }

    /// The deepest mount that `names` are in, and the path below it.
    pub(super) fn place_of(&self, names: &[String]) -> (&Mount, String) {
        let deepest = self.mounts.iter().filter(|mount| names.starts_with(&mount.point));
        // The root's is always there.
        let mount = deepest.max_by_key(|mount| mount.point.len()).unwrap_or(&self.mounts[0]);
        let rest = &names[mount.point.len()..];
        (mount, if rest.is_empty() { ".".to_owned() } else { rest.join("/") })
    }

    /// Whether `names` are where a directory was granted, or on the way to one: those stay.
    pub(super) fn holds_mount(&self, names: &[String]) -> bool {
        self.mounts.iter().any(|mount| mount.point.starts_with(names))
    }

    /// The names of mounts directly below a directory.
    pub(super) fn mounts_below(&self, names: &[String]) -> Vec<String> {
        let below = self.mounts.iter().filter(|mount| mount.point.len() == names.len() + 1);
        below.filter(|mount| mount.point.starts_with(names)).filter_map(|mount| mount.point.last().cloned()).collect()
    }

    /// What is at `names`, itself.
    pub(super) fn status_at(&self, names: &[String]) -> Result<FileStatus, Errno> {
        let (mount, path) = self.place_of(names);
        if path == "." { mount.place.own_status() } else { mount.place.status(&path, FollowSymlinks::No) }
    }

    /// The same, but for how many names a directory has.
    pub(super) fn brief_status_at(&self, names: &[String]) -> Result<FileStatus, Errno> {
        let (mount, path) = self.place_of(names);
        match &mount.place {
            Place::Memory(memory) => memory.brief_status(&path),
            Place::Host(_) => self.status_at(names),
        }
    }

    /// Follows `path` from the directory `start` on; a symbolic link at its end only if `follow` says so, or a slash is
    /// after it.
    pub(super) fn walk(
        &self,
        start: &[String],
        path: &str,
        follow: bool,
        descriptors: &dyn Descriptors,
    ) -> Result<Found, Errno> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.len() >= PATH_BYTES_MAX {
            return Err(Errno::Nametoolong);
        }
        let mut names = if path.starts_with('/') { Vec::new() } else { start.to_vec() };
        let mut must_be_directory = path.ends_with('/');
        let mut links = 0;
        // What is still to come, the next one last.
        let mut pending = Vec::new();
        push_names(&mut pending, path);
        while let Some(name) = pending.pop() {
            let is_last = pending.is_empty();
            match name.as_str() {
                "." => continue,
                ".." => {
                    names.pop();
                    continue;
                }
                _ if name.len() > NAME_BYTES_MAX => return Err(Errno::Nametoolong),
                _ => names.push(name),
            }
            if let Some(number) = descriptor_of(&names) {
                let (path, status) = descriptors.look(number)?;
                if is_last {
                    let status = Some(if follow { status } else { link_status(number, &path) });
                    let descriptor = Some(number);
                    return Ok(Found { names, status, must_be_directory, ends_in_dots: false, descriptor });
                }
                names = names_of(&path);
                continue;
            }
            let status = match self.brief_status_at(&names) {
                Ok(status) => Some(status),
                Err(Errno::Noent) if is_last => None,
                Err(error) => return Err(error),
            };
            match status.map(|status| status.file_type) {
                Some(FileType::SymbolicLink) if !is_last || follow || must_be_directory => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(Errno::Loop);
                    }
                    let (mount, path) = self.place_of(&names);
                    let target = String::from_utf8(mount.place.link_contents(&path)?).map_err(|_| Errno::Ilseq)?;
                    names.pop();
                    if target.starts_with('/') {
                        names.clear();
                    }
                    must_be_directory |= is_last && target.ends_with('/');
                    push_names(&mut pending, &target);
                }
                Some(FileType::Directory) if !is_last => {
                    if !self.is_allowed(&names, status.as_ref(), SEARCH) {
                        return Err(Errno::Acces);
                    }
                }
                _ if !is_last => return Err(Errno::Notdir),
                _ => return Ok(Found { names, status, must_be_directory, ends_in_dots: false, descriptor: None }),
            }
        }
        let status = Some(self.brief_status_at(&names)?);
        Ok(Found { names, status, must_be_directory, ends_in_dots: true, descriptor: None })
    }

    /// Whether the bits of what is in memory let somebody do this with it: [`READ`], [`WRITE`] and [`SEARCH`] together. On
    /// the host, the system says.
    pub(super) fn is_allowed(&self, names: &[String], status: Option<&FileStatus>, wanted: u32) -> bool {
        match (&self.place_of(names).0.place, status) {
            (Place::Memory(_), Some(status)) => {
                let everybody = status.permissions | status.permissions >> 3 | status.permissions >> 6;
                everybody & wanted == wanted
            }
            _ => true,
        }
    }
}

/// To read a file, or list a directory.
pub(super) const READ: u32 = 4;
/// To write a file, or change what a directory has.
pub(super) const WRITE: u32 = 2;
/// To look for names in a directory.
pub(super) const SEARCH: u32 = 1;

/// The names of an absolute path, or of one from the root on, that has no links; `..` leads up.
pub(super) fn names_of(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name.to_owned()),
        }
    }
    names
}

/// The absolute path of `names`.
pub(super) fn path_of(names: &[String]) -> String {
    format!("/{}", names.join("/"))
}

fn push_names(pending: &mut Vec<String>, path: &str) {
    pending.extend(path.split('/').rev().filter(|name| !name.is_empty()).map(str::to_owned));
}

/// The descriptor that `names` are one of the names in `/proc/self/fd` of.
fn descriptor_of(names: &[String]) -> Option<u32> {
    match names {
        [proc, own, fd, number] if proc == "proc" && own == "self" && fd == "fd" => number.parse().ok(),
        _ => None,
    }
}

/// What a descriptor's name in `/proc/self/fd` is itself: a link to its path.
fn link_status(number: u32, path: &str) -> FileStatus {
    FileStatus {
        device: u64::MAX,
        inode: (1 << 32) + u64::from(number),
        file_type: FileType::SymbolicLink,
        links: 1,
        size_bytes: path.len() as u64,
        accessed: 0,
        modified: 0,
        changed: 0,
        permissions: 0o777,
    }
}
