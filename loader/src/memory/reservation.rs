//! Address space, taken from the system and kept for the next memory when one is dropped: one of the same size then finds all
//! as it needs it, without a system call.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::View;
use super::system::{BorrowedFile, Range};
use crate::error::SystemError;

/// How many ranges are kept that no memory uses: address space, without a page of memory.
const IDLE_MAX: usize = 64;

/// A range of addresses, of which the first few can be accessed. It is kept for others when this is dropped.
pub(super) struct Reservation {
    /// Taken only when this is dropped.
    range: ManuallyDrop<Range>,
    /// How much was ever accessible.
    used: AtomicUsize,
}

// SAFETY: it belongs to the process, and to who holds it; whoever accesses what lies in it answers for that.
unsafe impl Send for Reservation {}

/// A range that no one holds: nothing but zeros in it, and nothing where pages of a file are to be mapped.
struct Idle {
    range: Range,
    accessible: usize,
}

// SAFETY: it belongs to the process.
unsafe impl Send for Idle {}

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Idle>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reservation {
    /// Reserves `length` bytes, of which the first `accessible` can be used and are zeros, but for what has to be mapped at
    /// `view` first.
    pub(super) fn take(length: usize, accessible: usize, view: &View) -> Result<Self, SystemError> {
        let idle = Idle::find(length, accessible, view).map_or_else(|| Idle::reserve(length, view), Ok)?;
        idle.set_accessible(accessible)?;
        Ok(Self { range: ManuallyDrop::new(idle.range), used: AtomicUsize::new(accessible) })
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.range.base()
    }

    pub(super) fn length(&self) -> usize {
        self.range.length()
    }

    /// Makes the first `bytes` accessible; those that are already stay as they are.
    pub(super) fn make_accessible(&self, bytes: usize) -> Result<(), SystemError> {
        self.used.fetch_max(bytes, Ordering::Relaxed);
        // SAFETY: the caller has checked that so much is in it.
        unsafe { self.range.allow_access(bytes) }
    }

    /// Makes what is from `accessible` up to `length` inaccessible, and everything before it what it was at first, but for
    /// what has to be mapped again.
    ///
    /// # Safety
    ///
    /// Both must be inside, and no one look at it meanwhile.
    pub(super) unsafe fn reset(&self, accessible: usize, length: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise. Private pages of a file read as the file again, others as zeros.
        unsafe {
            if length > 0 {
                self.range.discard(length)?;
            }
            if length > accessible {
                self.range.forbid_access(accessible, length)?;
            }
        }
        Ok(())
    }

    /// Maps pages of a file at `start`, where the view is that this was taken with.
    ///
    /// # Safety
    ///
    /// No one may look at what is there.
    pub(super) unsafe fn map_private(
        &self,
        start: usize,
        length: usize,
        file: BorrowedFile<'_>,
        offset: u64,
    ) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        unsafe { self.range.map_private(start, length, file, offset) }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: it is not used again.
        let range = unsafe { ManuallyDrop::take(&mut self.range) };
        let accessible = *self.used.get_mut();
        // SAFETY: the range is this one's own, and no one has a use for what was in it.
        if accessible > 0 && unsafe { range.map_zeros(accessible) }.is_err() {
            return;
        }
        let mut idle = idle();
        if idle.len() < IDLE_MAX {
            idle.push(Idle { range, accessible });
        }
    }
}

impl Idle {
    /// One that is left over, best with as much of it accessible.
    fn find(length: usize, accessible: usize, view: &View) -> Option<Self> {
        let mut idle = idle();
        let fits = |idle: &Self| idle.range.fits(length, view);
        let best = idle.iter().rposition(|idle| fits(idle) && idle.accessible == accessible);
        let position = best.or_else(|| idle.iter().rposition(fits))?;
        Some(idle.swap_remove(position))
    }

    fn reserve(length: usize, view: &View) -> Result<Self, SystemError> {
        let range = Range::reserve(length, view).or_else(|error| {
            // What is kept may be what is lacking.
            let kept = std::mem::take(&mut *idle());
            if kept.is_empty() {
                return Err(error);
            }
            drop(kept);
            Range::reserve(length, view)
        })?;
        Ok(Self { range, accessible: 0 })
    }

    fn set_accessible(&self, bytes: usize) -> Result<(), SystemError> {
        // SAFETY: so much is in the range, which no one holds.
        unsafe {
            if bytes > self.accessible {
                self.range.allow_access(bytes)
            } else if bytes < self.accessible {
                self.range.forbid_access(bytes, self.accessible)
            } else {
                Ok(())
            }
        }
    }
}
