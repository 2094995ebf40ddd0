//! Gives pages of memories back on Linux.

use crate::error::SystemError;

/// What is mapped from a file reads as the file again.
pub(in crate::memory) const FILES_OUTLAST_DISCARD: bool = true;

/// Gives changed pages back.
///
/// # Safety
///
/// The range must be the caller's, and no one look at it meanwhile.
pub(in crate::memory) unsafe fn discard(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::madvise(address.cast(), length, libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(SystemError::last("reset a memory")) }
}
