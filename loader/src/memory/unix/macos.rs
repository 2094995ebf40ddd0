//! Gives pages of memories back on macOS, where advice about them leaves their contents open.

use super::Range;
use crate::error::SystemError;

/// What was mapped from a file has to be mapped again.
pub(in crate::memory) const FILES_OUTLAST_DISCARD: bool = false;

/// Gives changed pages of the first `length` bytes back: new ones take the place of all.
///
/// # Safety
///
/// There must be so many, and no one look at them meanwhile.
pub(super) unsafe fn discard(range: &Range, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    unsafe { range.map_zeros(length) }
}
