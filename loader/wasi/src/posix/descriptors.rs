//! What is done with open descriptors besides what WASI has for them.

use std::sync::{Arc, PoisonError};

use super::special::Special;
use super::{FileTime, OPEN_MAX, Posix, Room, Status, flags, pipe, tree};
use crate::clock::SetTime;
use crate::descriptor::{Object, Slot};
use crate::directory::Listing;
use crate::errno::Errno;
use crate::file;
use crate::place::Place;
use crate::system::fs::{FallocateFlags, OFlags, Timestamps};
use crate::types::{FileStatus, FileType, descriptor_flag};

/// One of a directory's entries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    /// Its number.
    pub inode: u64,
    /// Its kind, as `d_type` has it.
    pub kind: u8,
    /// Its name.
    pub name: &'a [u8],
    /// The position after it.
    pub next: u64,
}

impl Posix {
    fn slot(&self, descriptor: u32) -> Result<Slot, Errno> {
        self.context().table.slot(descriptor)
    }

    /// The path by which a descriptor is known, and what there is to know of it.
    pub(super) fn look_at(&self, descriptor: u32) -> Result<(String, FileStatus), Errno> {
        let slot = self.slot(descriptor)?;
        let status = file::status_of(&slot.object)?;
        let path = match (&slot.opened, &*slot.object) {
            (Some(opened), _) => opened.path(),
            (None, Object::Socket(_)) => format!("socket:[{descriptor}]"),
            (None, _) => format!("pipe:[{}]", status.inode),
        };
        Ok((path, status))
    }

    /// `fstat`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn descriptor_status(&self, descriptor: u32) -> Result<Status, Errno> {
        let slot = self.slot(descriptor)?;
        if slot.opened.as_ref().is_some_and(|opened| opened.is_terminal) {
            return self.status(super::At::WorkingDirectory, "/dev/tty", false);
        }
        let device = match &*slot.object {
            Object::Special(Special::Device(open)) => Some(open.device),
            _ => None,
        };
        Ok(Status::new(&file::status_of(&slot.object)?, device))
    }

    /// Whether the program takes a descriptor for a terminal: its standard streams, whatever they are, and `/dev/tty`.
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn is_terminal(&self, descriptor: u32) -> Result<bool, Errno> {
        Ok(self.slot(descriptor)?.opened.is_some_and(|opened| opened.is_terminal))
    }

    /// How many rows and columns the terminal has that the program writes to; 24 and 80, if it is none.
    pub fn window_size(&self) -> (u16, u16) {
        let size = self.shared.streams.get(1).and_then(|stream| match &**stream {
            Object::File(file) => crate::host::window_size(&file.handle),
            _ => None,
        });
        size.unwrap_or((24, 80))
    }

    /// How many bytes can be read without waiting.
    ///
    /// # Errors
    ///
    /// `EBADF`; `ENOTTY` where that is not known.
    pub fn waiting_bytes(&self, descriptor: u32) -> Result<u64, Errno> {
        match &*self.slot(descriptor)?.object {
            Object::Special(special) => special.waiting_bytes(),
            Object::Memory(file) => file.ready(true).map_err(|_| Errno::Notty),
            Object::File(file) => Ok(crate::system::io::ioctl_fionread(&file.handle)?),
            Object::Socket(handle) => Ok(crate::system::io::ioctl_fionread(&**handle)?),
            Object::Input(input) => {
                let (bytes, position) = &*input.lock().unwrap_or_else(PoisonError::into_inner);
                Ok((bytes.len() - position) as u64)
            }
            Object::Output(_) | Object::Directory(_) => Err(Errno::Notty),
        }
    }

    /// `dup`, and `fcntl` with `F_DUPFD`: the lowest free number that is at least `minimum`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn duplicate_from(&self, descriptor: u32, minimum: u32, close_on_exec: bool) -> Result<u32, Errno> {
        let slot = self.slot(descriptor)?;
        if minimum >= OPEN_MAX {
            return Err(Errno::Inval);
        }
        self.context().table.insert_slot(Slot { close_on_exec, ..slot }, minimum, OPEN_MAX)
    }

    /// `dup3`: makes `number` stand for the same.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn duplicate_to(&self, descriptor: u32, number: u32, close_on_exec: bool) -> Result<u32, Errno> {
        let slot = self.slot(descriptor)?;
        if descriptor == number {
            return Err(Errno::Inval);
        }
        if number >= OPEN_MAX {
            return Err(Errno::Badf);
        }
        self.context().table.replace(number, Slot { close_on_exec, ..slot });
        Ok(number)
    }

    /// Whether a descriptor is closed for other programs: there are none, but it is remembered.
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn closes_on_exec(&self, descriptor: u32) -> Result<bool, Errno> {
        Ok(self.slot(descriptor)?.close_on_exec)
    }

    /// Sets it.
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn set_close_on_exec(&self, descriptor: u32, close_on_exec: bool) -> Result<(), Errno> {
        self.context().table.change(descriptor, |slot| slot.close_on_exec = close_on_exec)
    }

    /// `fcntl` with `F_GETFL`: what a descriptor was opened for, and the flags that it has now.
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn flags(&self, descriptor: u32) -> Result<u32, Errno> {
        let (access, flags) = match &*self.slot(descriptor)?.object {
            Object::File(file) => ((file.readable, file.writable), file.status()?.flags),
            Object::Memory(file) => (file.access(), file.flags()),
            Object::Special(special) => {
                (special.access(), if special.is_nonblocking() { descriptor_flag::NONBLOCK } else { 0 })
            }
            Object::Socket(handle) => {
                let nonblocking = crate::system::fs::fcntl_getfl(&**handle)?.contains(OFlags::NONBLOCK);
                ((true, true), if nonblocking { descriptor_flag::NONBLOCK } else { 0 })
            }
            Object::Directory(_) => return Ok(flags::LARGE_FILE | flags::DIRECTORY),
            Object::Input(_) => ((true, false), 0),
            Object::Output(_) => ((false, true), 0),
        };
        let mut value = flags::LARGE_FILE
            | match access {
                (true, true) => 2,
                (false, true) => 1,
                _ => 0,
            };
        for (flag, number) in [
            (descriptor_flag::APPEND, flags::APPEND),
            (descriptor_flag::NONBLOCK, flags::NONBLOCK),
            (descriptor_flag::DSYNC, flags::DATA_SYNC),
            (descriptor_flag::SYNC, flags::SYNC),
        ] {
            if flags & flag != 0 {
                value |= number;
            }
        }
        Ok(value)
    }

    /// `fcntl` with `F_SETFL`: of the flags, those that can be changed are.
    ///
    /// # Errors
    ///
    /// `EBADF`, or what the system says.
    pub fn set_flags(&self, descriptor: u32, value: u32) -> Result<(), Errno> {
        let mut flags = 0;
        if value & flags::APPEND != 0 {
            flags |= descriptor_flag::APPEND;
        }
        if value & flags::NONBLOCK != 0 {
            flags |= descriptor_flag::NONBLOCK;
        }
        match &*self.slot(descriptor)?.object {
            Object::File(file) => file.set_flags(flags),
            Object::Memory(file) => file.set_flags(flags),
            Object::Special(special) => special.set_nonblocking(value & flags::NONBLOCK != 0),
            Object::Socket(handle) => Ok(crate::system::io::ioctl_fionbio(&**handle, value & flags::NONBLOCK != 0)?),
            Object::Directory(_) | Object::Input(_) | Object::Output(_) => Ok(()),
        }
    }

    /// `fchmod`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_descriptor_permissions(&self, descriptor: u32, mode: u32) -> Result<(), Errno> {
        let (permissions, now) = (mode & 0o7777, self.context().clock.wall());
        match &*self.slot(descriptor)?.object {
            Object::Memory(file) => file.set_permissions(permissions, now).map_err(read_only),
            Object::File(file) if file.mutable => crate::host::set_own_permissions(&file.handle, permissions),
            Object::Directory(directory) if directory.mutable => directory.place.set_own_permissions(permissions, now),
            Object::File(_) | Object::Directory(_) => Err(Errno::Rofs),
            _ => Ok(()),
        }
    }

    /// `fchown`: see [`Self::set_owner`].
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn set_descriptor_owner(&self, descriptor: u32) -> Result<(), Errno> {
        self.slot(descriptor).map(drop)
    }

    /// `futimens`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_descriptor_times(&self, descriptor: u32, times: [FileTime; 2]) -> Result<(), Errno> {
        let [accessed, modified] = times.map(FileTime::to_set);
        let now = self.context().clock.wall();
        match &*self.slot(descriptor)?.object {
            Object::Memory(file) => file.set_times(accessed, modified, now).map_err(read_only),
            Object::File(file) if file.mutable => {
                let times =
                    Timestamps { last_access: SetTime::host(accessed), last_modification: SetTime::host(modified) };
                Ok(crate::system::fs::futimens(&file.handle, &times)?)
            }
            Object::Directory(directory) if directory.mutable => directory.place.set_own_times(accessed, modified, now),
            Object::File(_) | Object::Directory(_) => Err(Errno::Rofs),
            _ => Ok(()),
        }
    }

    /// `ftruncate`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn set_descriptor_size(&self, descriptor: u32, size_bytes: i64) -> Result<(), Errno> {
        let object = self.slot(descriptor)?.object;
        let size_bytes = u64::try_from(size_bytes).map_err(|_| Errno::Inval)?;
        match &*object {
            Object::Memory(file) => file.set_size(size_bytes, self.context().clock.wall()),
            Object::File(file) if file.writable => Ok(crate::system::fs::ftruncate(&file.handle, size_bytes)?),
            _ => Err(Errno::Inval),
        }
    }

    /// `fallocate` without a mode: makes a file at least as long as `offset` and `length_bytes` together.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn allocate(&self, descriptor: u32, offset: i64, length_bytes: i64) -> Result<(), Errno> {
        let object = self.slot(descriptor)?.object;
        let unsigned = |value: i64| u64::try_from(value).map_err(|_| Errno::Inval);
        let (offset, length_bytes) = (unsigned(offset)?, unsigned(length_bytes)?);
        match &*object {
            Object::Memory(file) => file.allocate(offset, length_bytes),
            Object::File(file) if !file.writable => Err(Errno::Badf),
            Object::File(file) => {
                Ok(crate::system::fs::fallocate(&file.handle, FallocateFlags::empty(), offset, length_bytes)?)
            }
            Object::Directory(_) => Err(Errno::Isdir),
            Object::Special(Special::Device(_)) => Err(Errno::Nodev),
            _ => Err(Errno::Spipe),
        }
    }

    /// `fdatasync`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn sync_data(&self, descriptor: u32) -> Result<(), Errno> {
        match &*self.slot(descriptor)?.object {
            Object::File(file) => Ok(crate::system::fs::fdatasync(&file.handle)?),
            Object::Directory(directory) => directory.place.sync(),
            Object::Memory(_) => Ok(()),
            _ => Err(Errno::Inval),
        }
    }

    /// Whether a descriptor is open.
    ///
    /// # Errors
    ///
    /// `EBADF`.
    pub fn check_open_descriptor(&self, descriptor: u32) -> Result<(), Errno> {
        self.slot(descriptor).map(drop)
    }

    /// `fstatfs`.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn descriptor_room(&self, descriptor: u32) -> Result<Room, Errno> {
        let slot = self.slot(descriptor)?;
        let path = slot.opened.map_or_else(|| "/".to_owned(), |opened| opened.path());
        Ok(Room::of(&self.shared.tree.place_of(&tree::names_of(&path)).0.place))
    }

    /// `pipe2`: the end to read from, and the one to write to.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn pipe(&self, flags: u32) -> Result<(u32, u32), Errno> {
        if flags & !(flags::NONBLOCK | flags::CLOSE_ON_EXEC) != 0 {
            return Err(Errno::Inval);
        }
        let is_nonblocking = flags & flags::NONBLOCK != 0;
        let (reader, writer) = pipe::pipe(&self.shared.has_threads, &self.context().host_memory, is_nonblocking);
        let close_on_exec = flags & flags::CLOSE_ON_EXEC != 0;
        let insert = |end| {
            let object = Arc::new(Object::Special(Special::Pipe(end)));
            self.context().table.insert_slot(Slot { object, opened: None, close_on_exec }, 0, OPEN_MAX)
        };
        let reader = insert(reader)?;
        match insert(writer) {
            Ok(writer) => Ok((reader, writer)),
            Err(error) => {
                self.context().table.remove(reader)?;
                Err(error)
            }
        }
    }

    /// `getdents`: gives `take` one entry after another, from the descriptor's position on, as long as it takes them.
    ///
    /// # Errors
    ///
    /// As POSIX has them.
    pub fn list(&self, descriptor: u32, mut take: impl FnMut(u64, u8, &[u8], u64) -> bool) -> Result<(), Errno> {
        let slot = self.slot(descriptor)?;
        let Object::Directory(directory) = &*slot.object else { return Err(Errno::Notdir) };
        let Some(position) = &directory.position else { return Err(Errno::Notdir) };
        let mut position = position.lock().unwrap_or_else(PoisonError::into_inner);
        let mut listing = directory.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let listing = match &mut *listing {
            Some(listing) => listing,
            none => none.insert(self.read_directory(&directory.place, &slot)?.kept(&self.context().host_memory)?),
        };
        let first = usize::try_from(*position).unwrap_or(usize::MAX);
        for (inode, file_type, name) in listing.entries(first) {
            let entry = Entry { inode, kind: kind(file_type), name, next: *position + 1 };
            if !take(entry.inode, entry.kind, entry.name, entry.next) {
                break;
            }
            *position += 1;
        }
        Ok(())
    }

    /// A directory's entries, with what is mounted in it.
    fn read_directory(&self, place: &Place, slot: &Slot) -> Result<Listing, Errno> {
        let mut listing = place.list()?;
        let Some(opened) = &slot.opened else { return Ok(listing) };
        let names = tree::names_of(&opened.path());
        let below = self.shared.tree.mounts_below(&names);
        for name in below {
            if !listing.entries(0).any(|(_, _, other)| other == name.as_bytes()) {
                let inode = self.shared.tree.status_at(&[&names[..], std::slice::from_ref(&name)].concat())?.inode;
                listing.push(inode, FileType::Directory, name.as_bytes());
            }
        }
        if names == ["proc", "self", "fd"] {
            for (number, _) in self.context().table.opened() {
                listing.push((1 << 32) + u64::from(number), FileType::SymbolicLink, number.to_string().as_bytes());
            }
        }
        Ok(listing)
    }
}

/// `d_type`.
fn kind(file_type: FileType) -> u8 {
    match file_type {
        FileType::Unknown => 0,
        FileType::CharacterDevice => 2,
        FileType::Directory => 4,
        FileType::BlockDevice => 6,
        FileType::RegularFile => 8,
        FileType::SymbolicLink => 10,
        FileType::SocketDatagram | FileType::SocketStream => 12,
    }
}

/// WASI's word for what may not be changed, as POSIX has it.
fn read_only(error: Errno) -> Errno {
    if error == Errno::Perm { Errno::Rofs } else { error }
}
