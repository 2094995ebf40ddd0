//! The process on Unix systems.

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::os::unix::ffi::OsStrExt as _;

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

/// Does `write` so that a closed pipe is an error only, and no signal that ends the process.
pub(super) fn without_broken_pipe(write: impl FnOnce()) {
    // SAFETY: the sets are initialised before they are read. The signal is blocked on this thread while it writes, and one
    // that came meanwhile is taken, so that none is left when it is let through again.
    unsafe {
        let mut pipe = std::mem::zeroed::<libc::sigset_t>();
        let mut earlier = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut pipe);
        libc::sigaddset(&raw mut pipe, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const pipe, &raw mut earlier);
        write();
        let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        libc::sigtimedwait(&raw const pipe, std::ptr::null_mut(), &raw const at_once);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const earlier, std::ptr::null_mut());
    }
}

/// How much stack the main thread may grow to.
pub(crate) fn stack_bytes() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is there to be written to.
    let status = unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) };
    if status == 0 { limit.rlim_cur } else { 0 }
}
