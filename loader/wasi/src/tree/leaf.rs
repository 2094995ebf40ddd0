//! What in a tree is no directory: files and symbolic links, and how much a tree may hold.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::clock::SetTime;
use crate::errno::Errno;
use crate::kept::{HostMemory, Kept};
use crate::posix::Device;
use crate::types::{FileStatus, FileType};

/// How many bytes a tree may hold, and how many it does: contents, and what names and their entries take.
#[derive(Debug)]
pub(super) struct Budget {
    limit_bytes: u64,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    bytes: u64,
    /// The same as a part of what the host keeps for one program, if the tree is that program's own.
    kept: Option<Kept>,
}

impl Budget {
    pub(super) fn new(limit_bytes: u64, memory: Option<&HostMemory>) -> Self {
        Self { limit_bytes, used: Mutex::new(Used { bytes: 0, kept: memory.map(Kept::new) }) }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes as many bytes, if there are so many left.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Errno> {
        let mut used = self.used();
        let bytes = used.bytes.checked_add(bytes).filter(|bytes| *bytes <= self.limit_bytes).ok_or(Errno::Nospc)?;
        if used.kept.as_mut().is_some_and(|kept| !kept.set(bytes)) {
            return Err(Errno::Nospc);
        }
        used.bytes = bytes;
        Ok(())
    }

    /// The limit, and what is used of it.
    pub(super) fn room(&self) -> (u64, u64) {
        (self.limit_bytes, self.used().bytes)
    }

    pub(super) fn give_back(&self, bytes: u64) {
        let mut used = self.used();
        used.bytes -= bytes;
        let bytes = used.bytes;
        if let Some(kept) = &mut used.kept {
            kept.set(bytes);
        }
    }
}

/// Nanoseconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    accessed: u64,
    modified: u64,
    changed: u64,
}

impl Times {
    pub(super) const fn new(now: u64) -> Self {
        Self { accessed: now, modified: now, changed: now }
    }

    pub(super) fn modify(&mut self, now: u64) {
        self.modified = now;
        self.changed = now;
    }

    pub(super) fn set(&mut self, accessed: Option<SetTime>, modified: Option<SetTime>, now: u64) {
        for (time, set) in [(&mut self.accessed, accessed), (&mut self.modified, modified)] {
            match set {
                None => {}
                Some(SetTime::Now) => *time = now,
                Some(SetTime::To(other)) => *time = other,
            }
        }
        self.changed = now;
    }

    pub(super) fn status(&self, inode: u64, file_type: FileType, links: u64, size_bytes: u64) -> FileStatus {
        let Self { accessed, modified, changed } = *self;
        // One device of its own, which no system has.
        let device = u64::MAX;
        FileStatus { device, inode, file_type, links, size_bytes, accessed, modified, changed, permissions: 0 }
    }
}

/// What a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    Device(Device),
}

/// A file's bytes, or where a symbolic link leads. It lives as long as a name or an open descriptor has it.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) inode: u64,
    pub(super) kind: Kind,
    budget: Arc<Budget>,
    state: RwLock<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) bytes: Vec<u8>,
    pub(super) times: Times,
    /// How many names it has.
    pub(super) names: u64,
    pub(super) permissions: u32,
}

impl Leaf {
    pub(super) fn new(
        inode: u64,
        kind: Kind,
        bytes: Vec<u8>,
        permissions: u32,
        budget: &Arc<Budget>,
        now: u64,
    ) -> Result<Self, Errno> {
        budget.take(bytes.len() as u64)?;
        let state = RwLock::new(State { bytes, times: Times::new(now), names: 1, permissions });
        Ok(Self { inode, kind, budget: Arc::clone(budget), state })
    }

    pub(super) fn is_link(&self) -> bool {
        self.kind == Kind::Link
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn file_type(&self) -> FileType {
        match self.kind {
            Kind::File => FileType::RegularFile,
            Kind::Link => FileType::SymbolicLink,
            Kind::Device(_) => FileType::CharacterDevice,
        }
    }

    pub(super) fn status(&self) -> FileStatus {
        let state = self.read();
        let status = state.times.status(self.inode, self.file_type(), state.names, state.bytes.len() as u64);
        FileStatus { permissions: state.permissions, ..status }
    }

    /// Cuts `state`, which is this file's, to a length, or fills it up with zeros.
    pub(super) fn resize(&self, state: &mut State, length_bytes: u64) -> Result<(), Errno> {
        let before = state.bytes.len();
        let length = usize::try_from(length_bytes).map_err(|_| Errno::Fbig)?;
        if length <= before {
            state.bytes.truncate(length);
            state.bytes.shrink_to(length.saturating_mul(2));
            self.budget.give_back((before - length) as u64);
            return Ok(());
        }
        let more = (length - before) as u64;
        self.budget.take(more)?;
        if state.bytes.try_reserve(length - before).is_err() {
            self.budget.give_back(more);
            return Err(Errno::Nospc);
        }
        state.bytes.resize(length, 0);
        Ok(())
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        self.budget.give_back(self.read().bytes.len() as u64);
    }
}
