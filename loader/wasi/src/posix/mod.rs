//! A program's files, arguments and clocks as a POSIX system has them, for hosts that give their programs more than WASI.
//!
//! ```text
//! WasiBuilder → Posix: one tree of files (tree.rs) + the table of open descriptors, which WASI's functions share
//! ```
//!
//! Numbers of flags, modes and descriptors are those of Linux and musl; how they lie in a program's memory is its host's
//! business. Paths are UTF-8 without a NUL. What is changed below a grant for reading gives `EROFS`.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::context::Context;
use crate::descriptor::Object;
use crate::errno::Errno;
use crate::place::Place;
use crate::types::{FileStatus, FileType};
use crate::{Wasi, WasiBuilder, WasiError};

mod contents;
mod datagram;
mod descriptors;
mod device;
mod endpoint;
pub mod flags;
mod mapping;
mod paths;
mod pipe;
mod poll;
mod sockets;
mod special;
mod tree;

pub(crate) use device::Device;
pub use mapping::Mapping;
pub use poll::Interest;
pub use sockets::{Buffers, Family, Lookup};
pub(crate) use special::Special;

use endpoint::Network;
use tree::{Descriptors, Tree, names_of};

/// Descriptors are below this number.
pub(crate) const OPEN_MAX: u32 = 4096;

/// What a program was given, as one tree of files. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Posix {
    wasi: Wasi,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tree: Tree,
    working_directory: Mutex<String>,
    umask: AtomicU32,
    has_threads: Arc<AtomicBool>,
    /// The standard streams that the program started with.
    streams: Vec<Arc<Object>>,
    network: Arc<Network>,
}

/// What a program finds when it starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Directories and sockets that were granted are open descriptors, as WASI's programs look for them.
    pub has_preopens: bool,
    /// The standard streams count as terminals, whatever they are.
    pub streams_are_terminals: bool,
}

/// What relative paths start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The program's working directory.
    WorkingDirectory,
    /// A directory that is open.
    Descriptor(u32),
}

/// A time to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileTime {
    /// It stays as it is.
    Omit,
    /// To what the program's clock shows.
    Now,
    /// To nanoseconds since the epoch.
    At(u64),
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Kind and permissions, as `st_mode` has them.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Major and minor number of a device.
    pub device_numbers: (u32, u32),
    /// How long it is.
    pub size_bytes: u64,
    /// When it was last read, in nanoseconds since the epoch.
    pub accessed: u64,
    /// When it was last written.
    pub modified: u64,
    /// When anything of it was last changed.
    pub changed: u64,
}

impl Status {
    fn new(status: &FileStatus, device: Option<Device>) -> Self {
        let file_type = match status.file_type {
            FileType::Unknown => 0o010_000,
            FileType::CharacterDevice => 0o020_000,
            FileType::Directory => 0o040_000,
            FileType::BlockDevice => 0o060_000,
            FileType::RegularFile => 0o100_000,
            FileType::SymbolicLink => 0o120_000,
            FileType::SocketDatagram | FileType::SocketStream => 0o140_000,
        };
        Self {
            device: status.device,
            inode: status.inode,
            mode: file_type | status.permissions & 0o7777,
            links: status.links,
            device_numbers: device.map_or((0, 0), Device::number),
            size_bytes: status.size_bytes,
            accessed: status.accessed,
            modified: status.modified,
            changed: status.changed,
        }
    }
}

/// How much fits into a file system, in blocks of [`Room::BLOCK_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// All together.
    pub blocks: u64,
    /// Those that are free.
    pub free: u64,
    /// How many files there can be, and how many more.
    pub files: (u64, u64),
}

impl Room {
    /// How long a block is.
    pub const BLOCK_BYTES: u32 = 4096;

    fn of(place: &Place) -> Self {
        let (limit, used) = match place {
            Place::Memory(memory) => memory.room(),
            Place::Host(directory) => crate::host::room(directory),
        };
        let blocks = |bytes: u64| bytes / u64::from(Self::BLOCK_BYTES);
        let (blocks, free) = (blocks(limit), blocks(limit.saturating_sub(used)));
        Self { blocks, free, files: (blocks, free) }
    }
}

/// What is known of an open descriptor besides what it stands for.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its path when it was opened, as far as that has changed by what the program did.
    path: Mutex<String>,
    /// Whether the program takes it for a terminal.
    is_terminal: bool,
}

impl Opened {
    fn new(path: String, is_terminal: bool) -> Self {
        Self { path: Mutex::new(path), is_terminal }
    }

    /// Whether the program takes it for a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    fn path(&self) -> String {
        self.path.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change_path(&self, change: impl FnOnce(&mut String)) {
        change(&mut self.path.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl WasiBuilder {
    /// Opens what was granted, for a program that knows files by one tree: directories become places in it, by their names,
    /// from `/` on; the rest of the tree is in memory.
    ///
    /// # Errors
    ///
    /// As [`Self::build`].
    pub fn build_posix(self, start: Start) -> Result<Posix, WasiError> {
        let parts = self.open()?;
        let mut granted = Vec::new();
        for (place, guest, mutable) in &parts.directories {
            let place = place.try_clone().map_err(|error| WasiError::Directory { path: guest.into(), error })?;
            granted.push((guest.clone(), place, *mutable));
        }
        let has_threads = Arc::default();
        let network = Arc::new(Network::new(&parts, &has_threads));
        let wasi = parts.into_wasi(start.has_preopens)?;
        let context = &wasi.context;
        let unfit = |_| WasiError::Tree;
        let tree = Tree::new(granted, &context.host_memory, context.clock.wall()).map_err(unfit)?;
        let mut streams = Vec::new();
        for (number, opened) in context.table.opened() {
            let is_stream = number < 3;
            let is_terminal = is_stream
                && (start.streams_are_terminals
                    || matches!(&*context.table.find(number).map_err(|_| WasiError::Tree)?, Object::File(file) if file.is_terminal()));
            let opened = opened.is_none().then(|| {
                let path = match &*context.table.find(number).ok()? {
                    Object::Directory(directory) => tree::path_of(&names_of(directory.granted_as.as_deref()?)),
                    _ if is_stream => "/dev/tty".to_owned(),
                    _ => return None,
                };
                Some(Arc::new(Opened::new(path, is_terminal)))
            });
            let slot = context.table.change(number, |slot| {
                slot.opened = opened.flatten();
                slot.clone()
            });
            if let (true, Ok(slot)) = (is_stream, slot) {
                streams.push(slot.object);
            }
        }
        let shared = Shared {
            tree,
            working_directory: Mutex::new("/".to_owned()),
            umask: AtomicU32::new(0),
            has_threads,
            streams,
            network,
        };
        Ok(Posix { wasi, shared: Arc::new(shared) })
    }
}

impl Posix {
    /// WASI's functions, which work on the same open files.
    pub fn wasi(&self) -> &Wasi {
        &self.wasi
    }

    fn context(&self) -> &Arc<Context> {
        &self.wasi.context
    }

    /// The program's arguments, its own name first.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        self.context().arguments.iter()
    }

    /// The value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&[u8]> {
        let is_it = |variable: &&[u8]| variable.starts_with(name.as_bytes()) && variable.get(name.len()) == Some(&b'=');
        self.context().environment.iter().find(is_it).map(|variable| &variable[name.len() + 1..])
    }

    /// The program's working directory.
    pub fn working_directory(&self) -> String {
        self.lock_working_directory().clone()
    }

    fn lock_working_directory(&self) -> MutexGuard<'_, String> {
        self.shared.working_directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bits that files are made without.
    pub fn umask(&self) -> u32 {
        self.shared.umask.load(Ordering::Relaxed)
    }

    /// Sets the bits that files are made without: what they were.
    pub fn set_umask(&self, mask: u32) -> u32 {
        self.shared.umask.swap(mask & 0o777, Ordering::Relaxed)
    }

    /// Says that the program has more than one thread: from then on, who waits for a pipe can be helped.
    pub fn has_threads(&self) {
        self.shared.has_threads.store(true, Ordering::Relaxed);
    }
}

impl Descriptors for Posix {
    fn look(&self, descriptor: u32) -> Result<(String, FileStatus), Errno> {
        self.look_at(descriptor).map_err(|_| Errno::Noent)
    }
}
