//! Gives pages of memories back on Linux.

use super::Range;
use crate::error::SystemError;

/// What is mapped from a file reads as the file again.
pub(in crate::memory) const FILES_OUTLAST_DISCARD: bool = true;

/// Gives changed pages of the first `length` bytes back.
///
/// # Safety
///
/// There must be so many, and no one look at them meanwhile.
pub(super) unsafe fn discard(range: &Range, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::madvise(range.base().cast(), length, libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(SystemError::last("reset a memory")) }
}
