//! Address space, taken from the system and kept for the next memory when one is dropped: one of the same size then finds all
//! as it needs it, without a system call.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::unix;
use crate::error::SystemError;

/// How many reservations are kept that no memory uses: address space, without a page of memory.
const IDLE_MAX: usize = 64;

/// A range of addresses, of which the first few may be accessible and are zeros.
pub(super) struct Reservation {
    base: *mut u8,
    length: usize,
    accessible: usize,
}

// SAFETY: it belongs to the process, and to who holds it.
unsafe impl Send for Reservation {}

static IDLE: Mutex<Vec<Reservation>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Reservation>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reservation {
    /// Reserves `length` bytes, of which the first `accessible` can be used and are zeros.
    pub(super) fn take(length: usize, accessible: usize) -> Result<Self, SystemError> {
        let mut reservation = Self::find(length, accessible).map_or_else(|| Self::reserve(length), Ok)?;
        if let Err(error) = reservation.set_accessible(accessible) {
            reservation.release();
            return Err(error);
        }
        Ok(reservation)
    }

    /// One that is left over, best with as much of it accessible.
    fn find(length: usize, accessible: usize) -> Option<Self> {
        let mut idle = idle();
        let fits = |reservation: &Self| reservation.length == length;
        let best = idle.iter().rposition(|idle| fits(idle) && idle.accessible == accessible);
        let position = best.or_else(|| idle.iter().rposition(fits))?;
        Some(idle.swap_remove(position))
    }

    fn reserve(length: usize) -> Result<Self, SystemError> {
        let base = unix::reserve(length).or_else(|error| {
            // What is kept may be what is lacking.
            let kept = std::mem::take(&mut *idle());
            if kept.is_empty() {
                return Err(error);
            }
            kept.into_iter().for_each(Self::release);
            unix::reserve(length)
        })?;
        Ok(Self { base, length, accessible: 0 })
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    fn set_accessible(&mut self, bytes: usize) -> Result<(), SystemError> {
        let before = self.accessible;
        // SAFETY: the ranges are within the reservation, which no one else holds.
        unsafe {
            if bytes > before {
                unix::allow_access(self.base, bytes)?;
            } else if bytes < before {
                unix::forbid_access(self.base.add(bytes), before - bytes)?;
            }
        }
        self.accessible = bytes;
        Ok(())
    }

    /// Gives up a reservation of which at most the first `used` bytes were accessible.
    pub(super) fn give_back(mut self, used: usize) {
        if used > 0 {
            // SAFETY: the range is within the reservation, and no one has a use for what was in it.
            if unsafe { unix::map_zeros(self.base, used) }.is_err() {
                return self.release();
            }
        }
        self.accessible = used;
        let mut idle = idle();
        if idle.len() < IDLE_MAX {
            return idle.push(self);
        }
        drop(idle);
        self.release();
    }

    fn release(self) {
        // SAFETY: the reservation is held by no one else, and no one has a use for it.
        unsafe { unix::release(self.base, self.length) };
    }
}
