//! Pipes in memory, between the threads of one program or within one of them.
//!
//! A program of one thread that waits for itself would wait for ever: it is told `EAGAIN` instead, and may write more
//! ahead than others.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wasmc_loader::GuestMemory;

use super::poll::Readiness;
use crate::errno::Errno;
use crate::kept::{HostMemory, Kept};
use crate::types::Vectors;

/// How much is kept for a reader on another thread.
const BYTES_MAX: usize = 64 << 10;
/// How much is kept where the writer would have to be the reader as well.
const ALONE_BYTES_MAX: usize = 16 << 20;
/// As much is written as a whole or not at all (`PIPE_BUF`).
const ATOMIC_BYTES: usize = 4096;
/// How long is waited before it is looked whether the program is to be stopped.
const SLICE: Duration = Duration::from_millis(20);

/// How often one waits for the rest of something to be read: whoever is to be stopped must come to know it.
const PATIENCE_SLICES: u32 = 50;

/// What a pipe's two ends share.
#[derive(Debug)]
struct Channel {
    state: Mutex<State>,
    changed: Condvar,
    inode: u64,
    /// Whether the program has had more than one thread.
    has_threads: Arc<AtomicBool>,
}

#[derive(Debug)]
struct State {
    bytes: VecDeque<u8>,
    /// What the room for them takes.
    kept: Kept,
    has_reader: bool,
    has_writer: bool,
}

impl State {
    /// Makes room for more bytes; false if the host keeps no more for the program.
    fn reserve(&mut self, more: usize) -> bool {
        let length = self.bytes.len() + more;
        if length > self.bytes.capacity() {
            let capacity = length.next_power_of_two();
            if !self.kept.set(capacity as u64) {
                return false;
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        true
    }

    /// Takes the first bytes away, and with the last ones what was much room.
    fn remove(&mut self, length: usize) {
        self.bytes.drain(..length);
        if self.bytes.is_empty() && self.bytes.capacity() > BYTES_MAX {
            self.bytes = VecDeque::new();
            self.kept.set(0);
        }
    }
}

impl Channel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a while for a change; the error has the call made again.
    fn wait(&self, state: MutexGuard<'_, State>, nonblocking: bool) -> Errno {
        if nonblocking || !self.has_threads.load(Ordering::Relaxed) {
            return Errno::Again;
        }
        drop(self.changed.wait_timeout(state, SLICE).unwrap_or_else(PoisonError::into_inner));
        Errno::Intr
    }

    fn room(&self, state: &State) -> usize {
        let limit = if self.has_threads.load(Ordering::Relaxed) { BYTES_MAX } else { ALONE_BYTES_MAX };
        limit.saturating_sub(state.bytes.len())
    }
}

/// One end of a pipe; duplicates of a descriptor have the same.
#[derive(Debug)]
pub(crate) struct End {
    channel: Arc<Channel>,
    is_reader: bool,
    nonblocking: AtomicBool,
}

/// A pipe: the end to read from, and the one to write to.
pub(super) fn pipe(has_threads: &Arc<AtomicBool>, memory: &HostMemory, nonblocking: bool) -> (End, End) {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let state = State { bytes: VecDeque::new(), kept: Kept::new(memory), has_reader: true, has_writer: true };
    let channel = Arc::new(Channel {
        state: Mutex::new(state),
        changed: Condvar::new(),
        inode: COUNT.fetch_add(1, Ordering::Relaxed),
        has_threads: Arc::clone(has_threads),
    });
    let end = |channel, is_reader| End { channel, is_reader, nonblocking: AtomicBool::new(nonblocking) };
    (end(Arc::clone(&channel), true), end(channel, false))
}

impl End {
    pub(crate) fn is_reader(&self) -> bool {
        self.is_reader
    }

    pub(crate) fn inode(&self) -> u64 {
        self.channel.inode
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.nonblocking.load(Ordering::Relaxed)
    }

    pub(crate) fn set_nonblocking(&self, nonblocking: bool) {
        self.nonblocking.store(nonblocking, Ordering::Relaxed);
    }

    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.channel.lock().bytes.len() as u64
    }

    pub(crate) fn read(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        if !self.is_reader {
            return Err(Errno::Badf);
        }
        if vectors.as_slice().is_empty() {
            return Ok(0);
        }
        let mut state = self.channel.lock();
        if state.bytes.is_empty() {
            return if state.has_writer { Err(self.channel.wait(state, self.is_nonblocking())) } else { Ok(0) };
        }
        let length = crate::tree::copy_out(memory, vectors, state.bytes.make_contiguous())?;
        state.remove(length);
        self.channel.changed.notify_all();
        Ok(length)
    }

    pub(crate) fn write(&self, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        if self.is_reader {
            return Err(Errno::Badf);
        }
        let length_bytes: u64 = vectors.as_slice().iter().map(|(_, length_bytes)| length_bytes).sum();
        let length = usize::try_from(length_bytes).map_err(|_| Errno::Inval)?;
        let mut state = self.channel.lock();
        if !state.has_reader {
            return Err(Errno::Pipe);
        }
        if length == 0 {
            return Ok(0);
        }
        let whole = length.min(ATOMIC_BYTES);
        if self.channel.room(&state) < whole {
            return Err(self.channel.wait(state, self.is_nonblocking()));
        }
        if !state.reserve(whole) {
            return Err(Errno::Nobufs);
        }
        match self.put(state, memory, vectors)? {
            0 => Err(Errno::Nobufs),
            written => Ok(written),
        }
    }

    /// Writes bytes as the reader makes room for them: how many, if it does so no more.
    fn put(&self, mut state: MutexGuard<'_, State>, memory: &GuestMemory, vectors: &Vectors) -> Result<usize, Errno> {
        let may_wait = !self.is_nonblocking() && self.channel.has_threads.load(Ordering::Relaxed);
        let (mut written, mut slices) = (0, 0);
        let mut pieces = vectors.as_slice().iter().copied();
        let mut next = pieces.next();
        while let Some((address, left)) = next.filter(|_| state.has_reader && slices < PATIENCE_SLICES) {
            let now = left.min(self.channel.room(&state) as u64);
            if now > 0 {
                if !state.reserve(now as usize) {
                    break;
                }
                state.bytes.extend(memory.read_vec(address, now).ok_or(Errno::Fault)?);
                self.channel.changed.notify_all();
                (written, slices) = (written + now as usize, 0);
                next = if now == left { pieces.next() } else { Some((address + now, left - now)) };
            } else if may_wait {
                state = self.channel.changed.wait_timeout(state, SLICE).unwrap_or_else(PoisonError::into_inner).0;
                slices += 1;
            } else {
                break;
            }
        }
        Ok(written)
    }

    pub(crate) fn readiness(&self) -> Readiness {
        let state = self.channel.lock();
        if self.is_reader {
            return Readiness { readable: !state.bytes.is_empty(), hung_up: !state.has_writer, ..Readiness::default() };
        }
        let writable = self.channel.room(&state) >= ATOMIC_BYTES && state.has_reader;
        Readiness { writable, failed: !state.has_reader, ..Readiness::default() }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut state = self.channel.lock();
        if self.is_reader {
            state.has_reader = false;
        } else {
            state.has_writer = false;
        }
        self.channel.changed.notify_all();
    }
}
