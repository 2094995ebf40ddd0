//! Directories: what they are called, and `fd_readdir`.

use std::io::SeekFrom;
use std::sync::{Mutex, PoisonError};

use wasmc_loader::GuestMemory;

use crate::context::Context;
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::kept::{HostMemory, Kept};
use crate::place::Place;
use crate::types::{DescriptorStatus, FileType, check_result, rights, write_size, write_u32};

/// A directory that paths can start from.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) place: Place,
    /// The name under which it was granted; `None` for one that the program opened.
    pub(crate) granted_as: Option<String>,
    /// Whether anything below it may be changed.
    pub(crate) mutable: bool,
    /// What the last reading from its start found, for the calls that go on with that.
    pub(crate) listing: Mutex<Option<Listing>>,
    /// How many entries were read, where a descriptor has a position in its directory: not for WASI's functions.
    pub(crate) position: Option<Mutex<u64>>,
}

/// A directory's entries at one time, so that removing some while reading the rest loses none.
#[derive(Debug)]
pub(crate) struct Listing {
    entries: Vec<Entry>,
    names: Vec<u8>,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct Entry {
    inode: u64,
    file_type: FileType,
    name: std::ops::Range<usize>,
}

impl Directory {
    pub(crate) fn new(place: Place, granted_as: Option<String>, mutable: bool) -> Self {
        Self { place, granted_as, mutable, listing: Mutex::new(None), position: None }
    }

    /// Moves `position`, which is its own: where it is then. Going back to the start, it will be read anew.
    pub(crate) fn seek(&self, position: &Mutex<u64>, to: SeekFrom) -> Result<u64, Errno> {
        let mut position = position.lock().unwrap_or_else(PoisonError::into_inner);
        *position = match to {
            SeekFrom::Start(index) => index,
            SeekFrom::Current(offset) => position.checked_add_signed(offset).ok_or(Errno::Inval)?,
            SeekFrom::End(_) => return Err(Errno::Inval),
        };
        if *position == 0 {
            *self.listing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(*position)
    }

    pub(crate) fn status(&self) -> DescriptorStatus {
        let mut allowed = rights::DIRECTORY_READING;
        let mut inheriting = rights::FILE | rights::FD_READ;
        if self.mutable {
            allowed |= rights::DIRECTORY_WRITING;
            inheriting |= rights::WRITING;
        }
        DescriptorStatus {
            file_type: FileType::Directory,
            flags: 0,
            rights: allowed,
            rights_inheriting: allowed | inheriting,
        }
    }
}

impl Listing {
    /// That of a directory with this inode, which passes for its parent's as well.
    pub(crate) fn new(inode: u64) -> Self {
        let mut listing = Self { entries: Vec::new(), names: Vec::new(), kept: None };
        listing.push(inode, FileType::Directory, b".");
        listing.push(inode, FileType::Directory, b"..");
        listing
    }

    /// The same, to be kept for a program.
    pub(crate) fn kept(mut self, memory: &HostMemory) -> Result<Self, Errno> {
        let mut kept = Kept::new(memory);
        if !kept.set((size_of::<Entry>() * self.entries.len() + self.names.len()) as u64) {
            return Err(Errno::Nomem);
        }
        self.kept = Some(kept);
        Ok(self)
    }

    /// The entries from one of them on: inode, kind, name.
    pub(crate) fn entries(&self, first: usize) -> impl Iterator<Item = (u64, FileType, &[u8])> {
        let entries = self.entries.get(first..).unwrap_or_default();
        entries.iter().map(|entry| (entry.inode, entry.file_type, &self.names[entry.name.clone()]))
    }

    pub(crate) fn push(&mut self, inode: u64, file_type: FileType, name: &[u8]) {
        let start = self.names.len();
        self.names.extend_from_slice(name);
        self.entries.push(Entry { inode, file_type, name: start..self.names.len() });
    }

    /// Writes `$dirent`s and names from entry `cookie` on, cut off where the buffer ends: how many bytes.
    fn write(&self, memory: &GuestMemory, buffer: u32, length: u32, cookie: u64) -> Result<usize, Errno> {
        let length = length as usize;
        let mut bytes = Vec::with_capacity(length.min(65536));
        let first = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (index, entry) in self.entries.iter().enumerate().skip(first) {
            let name = &self.names[entry.name.clone()];
            bytes.extend((index as u64 + 1).to_le_bytes());
            bytes.extend(entry.inode.to_le_bytes());
            bytes.extend((name.len() as u32).to_le_bytes());
            bytes.extend(u32::from(entry.file_type as u8).to_le_bytes());
            bytes.extend_from_slice(name);
            if bytes.len() >= length {
                bytes.truncate(length);
                break;
            }
        }
        memory.write_bytes(buffer.into(), &bytes).ok_or(Errno::Fault)?;
        Ok(bytes.len())
    }
}

/// The directory that `descriptor` stands for.
pub(crate) fn with_directory<T>(
    context: &Context,
    descriptor: u32,
    apply: impl FnOnce(&Directory) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match &*context.table.find(descriptor)? {
        Object::Directory(directory) => apply(directory),
        _ => Err(Errno::Notdir),
    }
}

pub(crate) fn fd_readdir(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    buffer: u32,
    length: u32,
    cookie: u64,
    result: u32,
) -> Result<(), Errno> {
    with_directory(context, descriptor, |directory| {
        check_result(memory, buffer, length.into())?;
        check_result(memory, result, 4)?;
        let mut listing = directory.listing.lock().unwrap_or_else(PoisonError::into_inner);
        if cookie == 0 {
            *listing = None;
        }
        let listing = match &mut *listing {
            Some(listing) => listing,
            none => none.insert(directory.place.list()?.kept(&context.host_memory)?),
        };
        write_size(memory, result, listing.write(memory, buffer, length, cookie)?)
    })
}

/// The name under which `descriptor` was granted.
fn with_granted_name<T>(
    context: &Context,
    descriptor: u32,
    apply: impl FnOnce(&str) -> Result<T, Errno>,
) -> Result<T, Errno> {
    match &*context.table.find(descriptor)? {
        Object::Directory(Directory { granted_as: Some(name), .. }) => apply(name),
        _ => Err(Errno::Badf),
    }
}

pub(crate) fn fd_prestat_get(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    result: u32,
) -> Result<(), Errno> {
    with_granted_name(context, descriptor, |name| {
        check_result(memory, result, 8)?;
        write_u32(memory, result, 0)?;
        write_size(memory, result + 4, name.len())
    })
}

pub(crate) fn fd_prestat_dir_name(
    context: &Context,
    memory: &GuestMemory,
    descriptor: u32,
    buffer: u32,
    length: u32,
) -> Result<(), Errno> {
    with_granted_name(context, descriptor, |name| {
        if name.len() > length as usize {
            return Err(Errno::Nametoolong);
        }
        memory.write_bytes(buffer.into(), name.as_bytes()).ok_or(Errno::Fault)
    })
}
