//! The process on Unix systems.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt as _;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
pub(super) use linux::without_broken_pipe;
#[cfg(target_os = "macos")]
pub(super) use macos::without_broken_pipe;

/// The arguments that C's `main` was given.
///
/// # Safety
///
/// `arguments` must point to `count` strings that end with a NUL.
pub unsafe fn arguments(count: c_int, arguments: *const *const c_char) -> Vec<OsString> {
    let argument = |index| {
        // SAFETY: the caller's promise.
        let argument = unsafe { CStr::from_ptr(*arguments.add(index)) };
        OsStr::from_bytes(argument.to_bytes()).to_owned()
    };
    (0..count as usize).map(argument).collect()
}

/// Opens `/dev/null` in the place of each standard stream that is closed, so that no other file takes its number.
pub fn open_standard_streams() {
    for descriptor in 0..3 {
        // SAFETY: asking for a descriptor's flags changes nothing; opening gives the lowest number that is free, and
        // those below are taken.
        unsafe {
            if libc::fcntl(descriptor, libc::F_GETFD) < 0 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
}

/// Ends the process at once: nothing is torn down, which the system does faster. What was printed must be flushed.
pub fn exit(status: i32) -> ! {
    // SAFETY: the call has no precondition. Nothing of ours waits for the process's end.
    unsafe { libc::_exit(status) }
}

/// How much stack the main thread may grow to.
pub(crate) fn stack_bytes() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is there to be written to.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) };
    if status == 0 { limit.rlim_cur } else { 0 }
}
