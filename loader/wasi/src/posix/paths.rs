//! What is done by name: open, and all that changes or looks at what a path leads to.

use std::sync::{Arc, Mutex};

use cap_primitives::fs::FollowSymlinks;

use super::device::{Device, DeviceFile};
use super::special::Special;
use super::tree::{Found, READ, SEARCH, WRITE, names_of, path_of};
use super::{At, FileTime, OPEN_MAX, Opened, Posix, Room, Status, flags};
use crate::clock::SetTime;
use crate::descriptor::{Object, Slot};
use crate::errno::Errno;
use crate::path::OpenRequest;
use crate::place::Place;
use crate::system::fs::OFlags;
use crate::types::{FileStatus, FileType};

impl Posix {
    /// Follows a path; a symbolic link at its end only if `follow` says so.
    pub(super) fn walk(&self, at: At, path: &str, follow: bool) -> Result<Found, Errno> {
        let start = if path.starts_with('/') { Vec::new() } else { self.start(at)? };
        let found = self.shared.tree.walk(&start, path, follow, self)?;
        let is_directory = found.status.is_none_or(|status| status.file_type == FileType::Directory);
        if found.must_be_directory && !is_directory { Err(Errno::Notdir) } else { Ok(found) }
    }

    /// The directory that relative paths start from.
    fn start(&self, at: At) -> Result<Vec<String>, Errno> {
        match at {
            At::WorkingDirectory => Ok(names_of(&self.working_directory())),
            At::Descriptor(descriptor) => {
                let slot = self.context().table.slot(descriptor)?;
                match (&*slot.object, &slot.opened) {
                    (Object::Directory(_), Some(opened)) => Ok(names_of(&opened.path())),
                    _ => Err(Errno::Notdir),
                }
            }
        }
    }

    /// Follows a path to what exists.
    fn existing(&self, at: At, path: &str, follow: bool) -> Result<(Found, FileStatus), Errno> {
        let found = self.walk(at, path, follow)?;
        let status = found.status.ok_or(Errno::Noent)?;
        Ok((found, status))
    }

    /// Refuses a change of what a directory has, the one that `found` is in.
    fn check_parent(&self, found: &Found) -> Result<(), Errno> {
        let tree = &self.shared.tree;
        let parent = &found.names[..found.names.len().saturating_sub(1)];
        let status = tree.brief_status_at(parent)?;
        if !tree.place_of(&found.names).0.mutable {
            return Err(Errno::Rofs);
        }
        if tree.is_allowed(parent, Some(&status), WRITE | SEARCH) { Ok(()) } else { Err(Errno::Acces) }
    }

    /// Refuses a change of what is known about something.
    fn check_mutable(&self, found: &Found) -> Result<(), Errno> {
        if self.shared.tree.place_of(&found.names).0.mutable { Ok(()) } else { Err(Errno::Rofs) }
    }

    fn now(&self) -> u64 {
        self.context().clock.wall()
    }

    /// `openat`: the descriptor. `mode` is that of a file that is made.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn open(&self, at: At, path: &str, flags: u32, mode: u32) -> Result<u32, Errno> {
        let (readable, writable) = match flags & flags::ACCESS {
            0 => (true, false),
            1 => (false, true),
            2 => (true, true),
            _ if flags & flags::PATH_ONLY != 0 => (true, false),
            _ => return Err(Errno::Inval),
        };
        let has = |flag: u32| flags & flag != 0;
        let only_new = has(flags::CREATE) && has(flags::EXCLUSIVE);
        let found = self.walk(at, path, !only_new && !has(flags::NO_FOLLOW))?;
        if let Some(descriptor) = found.descriptor {
            return if only_new {
                Err(Errno::Exist)
            } else {
                self.duplicate_from(descriptor, 0, has(flags::CLOSE_ON_EXEC))
            };
        }
        self.check_open(&found, flags, readable, writable)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        let device = match &mount.place {
            Place::Memory(memory) => memory.device(&below),
            Place::Host(_) => None,
        };
        let mut is_terminal = false;
        let object = match device {
            Some(device) => {
                is_terminal = matches!(device, Device::Terminal | Device::ErrorTerminal);
                Object::Special(Special::Device(self.open_device(device, readable, writable)))
            }
            None => {
                let mut host_flags = OFlags::NOCTTY;
                for (flag, host_flag) in [
                    (flags::CREATE, OFlags::CREATE),
                    (flags::EXCLUSIVE, OFlags::EXCL),
                    (flags::TRUNCATE, OFlags::TRUNC),
                    (flags::APPEND, OFlags::APPEND),
                    (flags::NONBLOCK, OFlags::NONBLOCK),
                    (flags::DATA_SYNC, OFlags::DSYNC),
                    (flags::DIRECTORY, OFlags::DIRECTORY),
                ] {
                    host_flags.set(host_flag, has(flag));
                }
                if flags & flags::SYNC == flags::SYNC {
                    host_flags |= OFlags::SYNC;
                }
                let permissions = mode & !self.umask() & 0o7777;
                let follow = FollowSymlinks::No;
                let request = OpenRequest { readable, writable, flags: host_flags, follow, permissions };
                mount.place.open(&below, &request, mount.mutable, self.now())?
            }
        };
        let object = match object {
            Object::Directory(mut directory) => {
                directory.position = Some(Mutex::new(0));
                Object::Directory(directory)
            }
            object => object,
        };
        self.insert(object, path_of(&found.names), is_terminal, has(flags::CLOSE_ON_EXEC))
    }

    /// Gives what was opened the lowest free number.
    pub(super) fn insert(
        &self,
        object: Object,
        path: String,
        is_terminal: bool,
        close_on_exec: bool,
    ) -> Result<u32, Errno> {
        let opened = Some(Arc::new(Opened::new(path, is_terminal)));
        self.context().table.insert_slot(Slot { object: Arc::new(object), opened, close_on_exec }, 0, OPEN_MAX)
    }

    fn check_open(&self, found: &Found, flags: u32, readable: bool, writable: bool) -> Result<(), Errno> {
        let has = |flag: u32| flags & flag != 0;
        let Some(status) = found.status else {
            return match () {
                () if !has(flags::CREATE) => Err(Errno::Noent),
                () if found.must_be_directory => Err(Errno::Isdir),
                () => self.check_parent(found),
            };
        };
        let changes = writable || has(flags::TRUNCATE);
        match status.file_type {
            _ if has(flags::CREATE) && has(flags::EXCLUSIVE) => return Err(Errno::Exist),
            FileType::SymbolicLink => return Err(Errno::Loop),
            FileType::Directory if changes || has(flags::CREATE) => return Err(Errno::Isdir),
            FileType::Directory => {}
            _ if has(flags::DIRECTORY) => return Err(Errno::Notdir),
            // Those of the tree itself are there to be written to.
            FileType::CharacterDevice
                if matches!(self.shared.tree.place_of(&found.names).0.place, Place::Memory(_)) => {}
            _ if changes => self.check_mutable(found)?,
            _ => {}
        }
        let wanted = if readable { READ } else { 0 } | if changes { WRITE } else { 0 };
        let allowed = has(flags::PATH_ONLY) || self.shared.tree.is_allowed(&found.names, Some(&status), wanted);
        if allowed { Ok(()) } else { Err(Errno::Acces) }
    }

    fn open_device(&self, device: Device, readable: bool, writable: bool) -> DeviceFile {
        let stream = |index: usize| self.shared.streams.get(index).cloned();
        let (input, output) = match device {
            Device::Terminal => (stream(0), stream(1)),
            Device::ErrorTerminal => (stream(0), stream(2)),
            _ => (None, None),
        };
        DeviceFile { device, readable, writable, input, output }
    }

    /// `fstatat`; with `follow`, of what a symbolic link at the end leads to.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn status(&self, at: At, path: &str, follow: bool) -> Result<Status, Errno> {
        let (found, status) = self.existing(at, path, follow)?;
        if let (Some(descriptor), true) = (found.descriptor, follow) {
            return self.descriptor_status(descriptor);
        }
        let (mount, below) = self.shared.tree.place_of(&found.names);
        let (status, device) = match (&mount.place, status.file_type) {
            (Place::Memory(memory), FileType::CharacterDevice) => (status, memory.device(&below)),
            (Place::Memory(_), FileType::Directory) => (self.shared.tree.status_at(&found.names)?, None),
            _ => (status, None),
        };
        Ok(Status::new(&status, device))
    }

    /// `faccessat`: whether what is there may be read (4), written (2), executed or searched (1); 0 asks if it is there.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn check_access(&self, at: At, path: &str, wanted: u32) -> Result<(), Errno> {
        if wanted & !7 != 0 {
            return Err(Errno::Inval);
        }
        let (found, status) = self.existing(at, path, true)?;
        if found.descriptor.is_some() {
            return Ok(());
        }
        let (mount, below) = self.shared.tree.place_of(&found.names);
        if let Place::Host(directory) = &mount.place {
            crate::host::check_access(directory, &below, wanted)?;
        } else if !self.shared.tree.is_allowed(&found.names, Some(&status), wanted) {
            return Err(Errno::Acces);
        }
        let is_file = matches!(status.file_type, FileType::RegularFile | FileType::Directory);
        if wanted & WRITE != 0 && is_file { self.check_mutable(&found) } else { Ok(()) }
    }

    /// `mkdirat`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn create_directory(&self, at: At, path: &str, mode: u32) -> Result<(), Errno> {
        let found = self.walk(at, path, false)?;
        if found.status.is_some() {
            return Err(Errno::Exist);
        }
        self.check_parent(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        mount.place.create_directory(&below, mode & !self.umask() & 0o7777, self.now())
    }

    /// `mknodat`, of files and, in memory, of those devices that there are; `device` has the numbers as Emscripten puts
    /// them together.
    ///
    /// # Errors
    ///
    /// As POSIX has them; `EPERM` for what cannot be made.
    pub fn create_node(&self, at: At, path: &str, mode: u32, device: u32) -> Result<(), Errno> {
        let file_type = mode & 0o170_000;
        match file_type {
            0 | 0o100_000 => {
                let only_new = flags::CREATE | flags::EXCLUSIVE;
                let descriptor = self.open(at, path, 1 | only_new, mode & 0o7777)?;
                return self.context().table.remove(descriptor).map(drop);
            }
            0o020_000 | 0o060_000 | 0o010_000 | 0o140_000 => {}
            _ => return Err(Errno::Inval),
        }
        let found = self.walk(at, path, false)?;
        if found.status.is_some() {
            return Err(Errno::Exist);
        }
        self.check_parent(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        match (&mount.place, Device::numbered(device >> 8, device & 0xff)) {
            (Place::Memory(memory), Some(device)) if file_type == 0o020_000 => {
                memory.put_device(device, &below, mode & !self.umask() & 0o7777, self.now())
            }
            _ => Err(Errno::Perm),
        }
    }

    /// `symlinkat`.
    ///
    /// # Errors
    ///
    /// As POSIX has them; `EPERM` for an absolute target in a directory of the host.
    pub fn create_link(&self, target: &str, at: At, path: &str) -> Result<(), Errno> {
        if target.is_empty() {
            return Err(Errno::Noent);
        }
        let found = self.walk(at, path, false)?;
        if found.status.is_some() {
            return Err(Errno::Exist);
        }
        if found.must_be_directory {
            return Err(Errno::Noent);
        }
        self.check_parent(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        match &mount.place {
            Place::Memory(memory) => memory.put_link(target, &below, self.now()),
            place @ Place::Host(_) => place.symlink(target, &below, self.now()),
        }
    }

    /// `readlinkat`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn read_link(&self, at: At, path: &str) -> Result<Vec<u8>, Errno> {
        let (found, status) = self.existing(at, path, false)?;
        if let Some(descriptor) = found.descriptor {
            return Ok(self.look_at(descriptor)?.0.into_bytes());
        }
        if status.file_type != FileType::SymbolicLink {
            return Err(Errno::Inval);
        }
        let (mount, below) = self.shared.tree.place_of(&found.names);
        mount.place.link_contents(&below)
    }

    /// `unlinkat` of what is no directory.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn remove_file(&self, at: At, path: &str) -> Result<(), Errno> {
        let (found, status) = self.existing(at, path, false)?;
        if status.file_type == FileType::Directory {
            return Err(Errno::Isdir);
        }
        self.check_parent(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        mount.place.unlink_file(&below, self.now())
    }

    /// `unlinkat` of an empty directory.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn remove_directory(&self, at: At, path: &str) -> Result<(), Errno> {
        let (found, status) = self.existing(at, path, false)?;
        if status.file_type != FileType::Directory {
            return Err(Errno::Notdir);
        }
        if self.shared.tree.holds_mount(&found.names) {
            return Err(Errno::Busy);
        }
        if found.ends_in_dots {
            // What is below `..` is in it.
            return Err(if path.trim_end_matches('/').ends_with("..") { Errno::Notempty } else { Errno::Inval });
        }
        self.check_parent(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        mount.place.remove_directory(&below, self.now())
    }

    /// `renameat`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn rename(&self, at: At, path: &str, new_at: At, new_path: &str) -> Result<(), Errno> {
        let tree = &self.shared.tree;
        let (old, status) = self.existing(at, path, false)?;
        let new = self.walk(new_at, new_path, false)?;
        let is_directory = status.file_type == FileType::Directory;
        if tree.holds_mount(&old.names) || tree.holds_mount(&new.names) {
            return Err(Errno::Busy);
        }
        if old.ends_in_dots || new.ends_in_dots {
            return Err(Errno::Inval);
        }
        if !is_directory && new.must_be_directory {
            return Err(Errno::Notdir);
        }
        if is_directory && new.names.len() > old.names.len() && new.names.starts_with(&old.names) {
            return Err(Errno::Inval);
        }
        let ((mount, below), (new_mount, new_below)) = (tree.place_of(&old.names), tree.place_of(&new.names));
        if !std::ptr::eq(mount, new_mount) {
            return Err(Errno::Xdev);
        }
        self.check_parent(&old)?;
        self.check_parent(&new)?;
        mount.place.rename(&below, &new_mount.place, &new_below, self.now())?;
        self.moved(&old.names, &new.names);
        Ok(())
    }

    /// What was opened below `old` is now below `new`.
    fn moved(&self, old: &[String], new: &[String]) {
        let moved = |path: &mut String| {
            let names = names_of(path);
            if let Some(rest) = names.strip_prefix(old) {
                *path = path_of(&[new, rest].concat());
            }
        };
        for (_, opened) in self.context().table.opened() {
            if let Some(opened) = opened {
                opened.change_path(moved);
            }
        }
        moved(&mut self.lock_working_directory());
    }

    /// `chmod`, of what a symbolic link at the end leads to.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_permissions(&self, at: At, path: &str, mode: u32) -> Result<(), Errno> {
        let (found, _) = self.existing(at, path, true)?;
        if let Some(descriptor) = found.descriptor {
            return self.set_descriptor_permissions(descriptor, mode);
        }
        self.check_mutable(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        let (permissions, now) = (mode & 0o7777, self.now());
        if below == "." {
            return mount.place.set_own_permissions(permissions, now);
        }
        mount.place.set_permissions(&below, permissions, now)
    }

    /// `chown`: nobody owns a file here but the program, and it may say so.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_owner(&self, at: At, path: &str, follow: bool) -> Result<(), Errno> {
        let (found, _) = self.existing(at, path, follow)?;
        self.check_mutable(&found)
    }

    /// `utimensat`: times of access and of modification.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_times(&self, at: At, path: &str, follow: bool, times: [FileTime; 2]) -> Result<(), Errno> {
        let (found, _) = self.existing(at, path, follow)?;
        if let (Some(descriptor), true) = (found.descriptor, follow) {
            return self.set_descriptor_times(descriptor, times);
        }
        self.check_mutable(&found)?;
        let (mount, below) = self.shared.tree.place_of(&found.names);
        let [accessed, modified] = times.map(FileTime::to_set);
        let now = self.now();
        if below == "." {
            return mount.place.set_own_times(accessed, modified, now);
        }
        mount.place.set_times(&below, FollowSymlinks::No, accessed, modified, now)
    }

    /// `truncate`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_size(&self, path: &str, size_bytes: i64) -> Result<(), Errno> {
        let size_bytes = u64::try_from(size_bytes).map_err(|_| Errno::Inval)?;
        let descriptor = self.open(At::WorkingDirectory, path, 1, 0)?;
        let result = self.set_descriptor_size(descriptor, size_bytes.cast_signed());
        self.context().table.remove(descriptor)?;
        result
    }

    /// `statfs`: how much fits to where a path leads.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn room(&self, path: &str) -> Result<Room, Errno> {
        let (found, _) = self.existing(At::WorkingDirectory, path, true)?;
        Ok(Room::of(&self.shared.tree.place_of(&found.names).0.place))
    }

    /// `chdir`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn change_directory(&self, path: &str) -> Result<(), Errno> {
        let (found, status) = self.existing(At::WorkingDirectory, path, true)?;
        if status.file_type != FileType::Directory {
            return Err(Errno::Notdir);
        }
        if !self.shared.tree.is_allowed(&found.names, Some(&status), SEARCH) {
            return Err(Errno::Acces);
        }
        *self.lock_working_directory() = match found.descriptor {
            Some(descriptor) => self.look_at(descriptor)?.0,
            None => path_of(&found.names),
        };
        Ok(())
    }

    /// `fchdir`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn change_directory_to(&self, descriptor: u32) -> Result<(), Errno> {
        let names = self.start(At::Descriptor(descriptor))?;
        *self.lock_working_directory() = path_of(&names);
        Ok(())
    }
}

impl FileTime {
    pub(super) fn to_set(self) -> Option<SetTime> {
        match self {
            Self::Omit => None,
            Self::Now => Some(SetTime::Now),
            Self::At(nanoseconds) => Some(SetTime::To(nanoseconds)),
        }
    }
}
