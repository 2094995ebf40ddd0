//! Signals of Linux.

/// Those that accesses outside of a memory, `unreachable` and divisions raise.
pub(super) const SIGNALS: [i32; 3] = [libc::SIGSEGV, libc::SIGILL, libc::SIGFPE];

/// Whether an instruction may have raised a signal.
pub(super) fn may_be_fault(information: &libc::siginfo_t) -> bool {
    information.si_code > 0
}

/// Whether someone may have sent it.
pub(super) fn may_be_sent(information: &libc::siginfo_t) -> bool {
    !may_be_fault(information)
}

/// Makes a system call that blocks the thread with this number return.
pub(crate) fn wake_thread(thread: i32) {
    // SAFETY: the call has no precondition; a thread that is gone gives an error, which is as good.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, super::WAKE) };
}
