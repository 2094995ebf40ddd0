//! Signals of macOS.

/// Those that accesses outside of a memory, `unreachable` and divisions raise. Memory that is there, but not to be
/// accessed, is a bus error to the system.
pub(super) const SIGNALS: [i32; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE];

/// Whether an instruction may have raised a signal: the system gives those that were sent the same codes. One that is sent
/// to a program of ours while it is at an instruction that can trap is taken for a trap.
pub(super) fn may_be_fault(_information: &libc::siginfo_t) -> bool {
    true
}

/// Whether someone may have sent it. (If not, it ends the process as well.)
pub(super) fn may_be_sent(_information: &libc::siginfo_t) -> bool {
    true
}

/// Makes a system call that blocks the thread with this number return.
pub(crate) fn wake_thread(thread: i32) {
    // SAFETY: a port that is no thread's gives none, and the system looks for the thread before it sends the signal; so one
    // that has gone, or goes meanwhile, is an error, which is as good.
    unsafe {
        let thread = libc::pthread_from_mach_thread_np(thread.cast_unsigned());
        if thread != 0 {
            libc::pthread_kill(thread, super::WAKE);
        }
    }
}
