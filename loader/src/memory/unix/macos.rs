//! Gives pages of memories back on macOS, where advice about them leaves their contents open.

use crate::error::SystemError;

/// What was mapped from a file has to be mapped again.
pub(in crate::memory) const FILES_OUTLAST_DISCARD: bool = false;

/// Gives changed pages back: new ones take the place of all.
///
/// # Safety
///
/// The range must be the caller's, and no one look at it meanwhile.
pub(in crate::memory) unsafe fn discard(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    unsafe { super::map_zeros(address, length) }
}
