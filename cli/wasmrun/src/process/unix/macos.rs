//! Pipes of macOS.

/// Does `write` so that a closed pipe is an error only, and no signal that ends the process: the signal is the process's, and
/// not the thread's that writes, so it is ignored meanwhile.
pub(in crate::process) fn without_broken_pipe(write: impl FnOnce()) {
    // SAFETY: zeros are a valid action; what was there before is put back as it was.
    unsafe {
        let mut ignored = std::mem::zeroed::<libc::sigaction>();
        let mut earlier = std::mem::zeroed::<libc::sigaction>();
        ignored.sa_sigaction = libc::SIG_IGN;
        let was_changed = libc::sigaction(libc::SIGPIPE, &raw const ignored, &raw mut earlier) == 0;
        write();
        if was_changed {
            libc::sigaction(libc::SIGPIPE, &raw const earlier, std::ptr::null_mut());
        }
    }
}
