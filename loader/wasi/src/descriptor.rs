//! The table of what a program has open, and what an open thing is.

use crate::system::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::directory::Directory;
use crate::errno::Errno;
use crate::posix::{Opened, Special};
use crate::tree::OpenFile;
use crate::types::FileType;

/// A host descriptor: ours, or one of the process's standard streams, which are never closed.
#[derive(Debug)]
pub(crate) enum Handle {
    Owned(OwnedFd),
    Standard(BorrowedFd<'static>),
}

impl Handle {
    /// One that is ours from now on.
    pub(crate) fn owned(descriptor: impl Into<OwnedFd>) -> Self {
        Self::Owned(descriptor.into())
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Owned(descriptor) => descriptor.as_fd(),
            Self::Standard(descriptor) => *descriptor,
        }
    }
}

/// Anything that bytes are read from or written to through the host.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) handle: Handle,
    /// Found out when it is first asked for: most programs never do.
    pub(crate) kind: OnceLock<FileType>,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    /// Whether times may be changed: not so below a grant for reading only.
    pub(crate) mutable: bool,
    /// Asked for by the guest on a stream that it shares with other processes, and so not set on the stream itself.
    pub(crate) nonblocking: AtomicBool,
    /// Held by who writes to a regular file that was looked at; alone, by who changes how the system writes to it.
    pub(crate) writing: RwLock<()>,
}

/// Which way bytes go in a call on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// None go.
    None,
    In,
    Out,
    Both,
}

impl File {
    /// Whether it was given for this: a standard stream that is a socket leads one way only.
    pub(crate) fn lets(&self, direction: Direction) -> bool {
        let reads = matches!(direction, Direction::In | Direction::Both);
        let writes = matches!(direction, Direction::Out | Direction::Both);
        (self.readable || !reads) && (self.writable || !writes)
    }

    /// Whether the guest asked not to wait, on a stream where the system has not been told.
    pub(crate) fn waits_itself(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }
}

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Object {
    /// A file, pipe, terminal or other device.
    File(File),
    /// A file in memory.
    Memory(OpenFile),
    /// A directory, granted or found below one that was.
    Directory(Directory),
    /// A socket: listening, or connected.
    Socket(Arc<Handle>),
    /// Bytes that the embedder gave, and how many were read.
    Input(Mutex<(Vec<u8>, usize)>),
    /// Bytes that the embedder takes.
    Output(Output),
    /// What only a POSIX program can open: pipes, devices in memory, sockets of its own making.
    Special(Special),
}

/// What a program wrote to a stream that was kept in memory.
#[derive(Clone, Debug)]
pub struct Output(Option<Arc<Mutex<Vec<u8>>>>);

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

impl Output {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// One that keeps nothing.
    pub(crate) const fn discarding() -> Self {
        Self(None)
    }

    /// Takes what has been written since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        self.lock().map(|mut bytes| std::mem::take(&mut *bytes)).unwrap_or_default()
    }

    pub(crate) fn lock(&self) -> Option<MutexGuard<'_, Vec<u8>>> {
        self.0.as_ref().map(|bytes| bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A number's entry.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) object: Arc<Object>,
    /// What is known of it where files are in one tree; shared by its duplicates.
    pub(crate) opened: Option<Arc<Opened>>,
    pub(crate) close_on_exec: bool,
}

impl Slot {
    fn new(object: Object) -> Self {
        Self { object: Arc::new(object), opened: None, close_on_exec: false }
    }
}

/// Open descriptors by number. A call holds what it works on by itself, so that none waits for another that blocks.
#[derive(Debug, Default)]
pub(crate) struct Table(RwLock<Vec<Option<Slot>>>);

impl Table {
    /// More than any host lets a process open.
    const COUNT_MAX: usize = 1 << 20;

    /// A table that starts with `objects`, from 0.
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        Self(RwLock::new(objects.into_iter().map(|object| Some(Slot::new(object))).collect()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Option<Slot>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Option<Slot>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `descriptor` stands for.
    pub(crate) fn find(&self, descriptor: u32) -> Result<Arc<Object>, Errno> {
        match self.read().get(descriptor as usize) {
            Some(Some(slot)) => Ok(Arc::clone(&slot.object)),
            _ => Err(Errno::Badf),
        }
    }

    /// The whole entry of `descriptor`.
    pub(crate) fn slot(&self, descriptor: u32) -> Result<Slot, Errno> {
        self.read().get(descriptor as usize).cloned().flatten().ok_or(Errno::Badf)
    }

    /// The numbers that are open, with what is known of each.
    pub(crate) fn opened(&self) -> Vec<(u32, Option<Arc<Opened>>)> {
        let slots = self.read();
        let open = slots.iter().zip(0..).filter_map(|(slot, number)| Some((number, slot.as_ref()?.opened.clone())));
        open.collect()
    }

    /// Gives `object` the lowest free number.
    pub(crate) fn insert(&self, object: Object) -> Result<u32, Errno> {
        self.insert_slot(Slot::new(object), 0, Self::COUNT_MAX as u32).map_err(|_| Errno::Nfile)
    }

    /// Gives `slot` the lowest free number that is at least `minimum` and below `limit`; `EMFILE` if there is none.
    pub(crate) fn insert_slot(&self, slot: Slot, minimum: u32, limit: u32) -> Result<u32, Errno> {
        let mut slots = self.write();
        let start = (minimum as usize).min(slots.len());
        let free = slots[start..].iter().position(Option::is_none).map(|offset| start + offset);
        let index = free.unwrap_or(slots.len().max(minimum as usize));
        if index >= limit as usize {
            return Err(Errno::Mfile);
        }
        if index >= slots.len() {
            slots.resize(index + 1, None);
        }
        slots[index] = Some(slot);
        u32::try_from(index).map_err(|_| Errno::Mfile)
    }

    /// Makes `number` stand for `slot`, in the place of what it may stand for.
    pub(crate) fn replace(&self, number: u32, slot: Slot) {
        let replaced;
        {
            let mut slots = self.write();
            let index = number as usize;
            if index >= slots.len() {
                slots.resize(index + 1, None);
            }
            replaced = slots[index].replace(slot);
        }
        // What is closed by that is closed when nobody waits for the table.
        drop(replaced);
    }

    /// Changes the entry of `descriptor`.
    pub(crate) fn change<T>(&self, descriptor: u32, change: impl FnOnce(&mut Slot) -> T) -> Result<T, Errno> {
        match self.write().get_mut(descriptor as usize) {
            Some(Some(slot)) => Ok(change(slot)),
            _ => Err(Errno::Badf),
        }
    }

    /// Closes `descriptor`; calls that are under way finish with what they hold.
    pub(crate) fn remove(&self, descriptor: u32) -> Result<Arc<Object>, Errno> {
        let mut slots = self.write();
        let slot = slots.get_mut(descriptor as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        Ok(slot.object)
    }

    /// Closes `to` and gives its number to what `from` stands for. Both must be open.
    pub(crate) fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        let mut slots = self.write();
        let (from, to) = (from as usize, to as usize);
        if !matches!((slots.get(from), slots.get(to)), (Some(Some(_)), Some(Some(_)))) {
            return Err(Errno::Badf);
        }
        if from != to {
            slots[to] = slots[from].take();
        }
        Ok(())
    }
}
