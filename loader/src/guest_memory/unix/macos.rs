//! The system's randomness on macOS.

use std::io;

/// How much the system gives at once.
const BYTES_MAX: usize = 256;

/// Fills `length` bytes with random ones.
///
/// # Safety
///
/// They must be accessible.
pub(super) unsafe fn fill_random(to: *mut u8, length: usize) -> io::Result<()> {
    for start in (0..length).step_by(BYTES_MAX) {
        // SAFETY: the caller's promise, for a part of the range.
        let status = unsafe { libc::getentropy(to.add(start).cast(), (length - start).min(BYTES_MAX)) };
        if status != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}
