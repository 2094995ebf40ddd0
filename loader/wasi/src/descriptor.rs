//! The table of what a program has open, and what an open thing is.

use crate::system::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use crate::directory::Directory;
use crate::errno::Errno;
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
}

impl File {
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
    Socket(Handle),
    /// Bytes that the embedder gave, and how many were read.
    Input(Mutex<(Vec<u8>, usize)>),
    /// Bytes that the embedder takes.
    Output(Output),
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

/// Open descriptors by number. A call holds what it works on by itself, so that none waits for another that blocks.
#[derive(Debug, Default)]
pub(crate) struct Table(RwLock<Vec<Option<Arc<Object>>>>);

impl Table {
    /// More than any host lets a process open.
    const COUNT_MAX: usize = 1 << 20;

    /// A table that starts with `objects`, from 0.
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        Self(RwLock::new(objects.into_iter().map(|object| Some(Arc::new(object))).collect()))
    }

    /// What `descriptor` stands for.
    pub(crate) fn find(&self, descriptor: u32) -> Result<Arc<Object>, Errno> {
        let slots = self.0.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(descriptor as usize).cloned().flatten().ok_or(Errno::Badf)
    }

    /// Gives `object` the lowest free number.
    pub(crate) fn insert(&self, object: Object) -> Result<u32, Errno> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let index = slots.iter().position(Option::is_none).unwrap_or(slots.len());
        if index >= Self::COUNT_MAX {
            return Err(Errno::Nfile);
        }
        let object = Some(Arc::new(object));
        match slots.get_mut(index) {
            Some(slot) => *slot = object,
            None => slots.push(object),
        }
        u32::try_from(index).map_err(|_| Errno::Nfile)
    }

    /// Closes `descriptor`; calls that are under way finish with what they hold.
    pub(crate) fn remove(&self, descriptor: u32) -> Result<Arc<Object>, Errno> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        slots.get_mut(descriptor as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Closes `to` and gives its number to what `from` stands for. Both must be open.
    pub(crate) fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
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
