//! Address space, taken from the system and kept for the next memory when one is dropped: one of the same size then finds all
//! as it needs it, without a system call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::system;
use crate::error::SystemError;

/// How many ranges are kept that no memory uses: address space, without a page of memory.
const IDLE_MAX: usize = 64;

/// A range of addresses, of which the first few can be accessed. It is kept for others when this is dropped.
pub(super) struct Reservation {
    base: *mut u8,
    length: usize,
    /// How much was ever accessible.
    used: AtomicUsize,
}

// SAFETY: it belongs to the process, and to who holds it; whoever accesses what lies in it answers for that.
unsafe impl Send for Reservation {}

/// A range that no one holds: nothing but zeros in it.
struct Idle {
    base: *mut u8,
    length: usize,
    accessible: usize,
}

// SAFETY: it belongs to the process.
unsafe impl Send for Idle {}

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Idle>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reservation {
    /// Reserves `length` bytes, of which the first `accessible` can be used and are zeros.
    pub(super) fn take(length: usize, accessible: usize) -> Result<Self, SystemError> {
        let range = Idle::find(length, accessible).map_or_else(|| Idle::reserve(length), Ok)?;
        match range.set_accessible(accessible) {
            Ok(()) => Ok(Self { base: range.base, length, used: AtomicUsize::new(accessible) }),
            Err(error) => {
                range.release();
                Err(error)
            }
        }
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Makes the first `bytes` accessible; those that are already stay as they are.
    pub(super) fn make_accessible(&self, bytes: usize) -> Result<(), SystemError> {
        self.used.fetch_max(bytes, Ordering::Relaxed);
        // SAFETY: the range is this one's own; the caller has checked that so much is in it.
        unsafe { system::allow_access(self.base, bytes) }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let range = Idle { base: self.base, length: self.length, accessible: *self.used.get_mut() };
        // SAFETY: the range is this one's own, and no one has a use for what was in it.
        if range.accessible > 0 && unsafe { system::map_zeros(range.base, range.accessible) }.is_err() {
            return range.release();
        }
        let mut idle = idle();
        if idle.len() < IDLE_MAX {
            return idle.push(range);
        }
        drop(idle);
        range.release();
    }
}

impl Idle {
    /// One that is left over, best with as much of it accessible.
    fn find(length: usize, accessible: usize) -> Option<Self> {
        let mut idle = idle();
        let fits = |range: &Self| range.length == length;
        let best = idle.iter().rposition(|range| fits(range) && range.accessible == accessible);
        let position = best.or_else(|| idle.iter().rposition(fits))?;
        Some(idle.swap_remove(position))
    }

    fn reserve(length: usize) -> Result<Self, SystemError> {
        let base = system::reserve(length).or_else(|error| {
            // What is kept may be what is lacking.
            let kept = std::mem::take(&mut *idle());
            if kept.is_empty() {
                return Err(error);
            }
            kept.into_iter().for_each(Self::release);
            system::reserve(length)
        })?;
        Ok(Self { base, length, accessible: 0 })
    }

    fn set_accessible(&self, bytes: usize) -> Result<(), SystemError> {
        // SAFETY: the ranges are within this one, which no one holds.
        unsafe {
            if bytes > self.accessible {
                system::allow_access(self.base, bytes)
            } else if bytes < self.accessible {
                system::forbid_access(self.base.add(bytes), self.accessible - bytes)
            } else {
                Ok(())
            }
        }
    }

    fn release(self) {
        // SAFETY: no one holds the range.
        unsafe { system::release(self.base, self.length) };
    }
}
