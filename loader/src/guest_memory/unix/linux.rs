//! The system's randomness on Linux.

use std::io;

/// Fills `length` bytes with random ones.
///
/// # Safety
///
/// They must be accessible.
pub(super) unsafe fn fill_random(to: *mut u8, length: usize) -> io::Result<()> {
    let mut done = 0;
    while done < length {
        // Not by the function of that name. Rust's standard library declares it as one that may be missing; declared here as one
        // that is there, it is still not linked into a static binary, but nobody looks any more whether it is.
        // SAFETY: the caller's promise, for the rest of the range.
        let got = unsafe { libc::syscall(libc::SYS_getrandom, to.add(done), length - done, 0) };
        match usize::try_from(got) {
            Ok(got) => done += got,
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(io::Error::last_os_error()),
        }
    }
    Ok(())
}
