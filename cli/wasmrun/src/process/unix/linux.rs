//! Pipes of Linux.

/// Does `write` so that a closed pipe is an error only, and no signal that ends the process.
pub(in crate::process) fn without_broken_pipe(write: impl FnOnce()) {
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
