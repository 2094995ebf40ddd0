//! Stacks on macOS.

/// The lowest address of the current thread's stack. The system knows it of the main thread too, whose stack has the size
/// of the limit that the process was started with, and of a thread that forked.
pub(super) fn stack_end(_here: u64) -> Option<u64> {
    // SAFETY: the calls have no precondition, and a thread can ask about itself. The address is that of the stack's upper end.
    let (end, bytes) = unsafe {
        let thread = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(thread), libc::pthread_get_stacksize_np(thread))
    };
    (end.addr() as u64).checked_sub(bytes as u64)
}

/// The name of the thread's port in this process, by which [`crate::trap::wake_thread`] finds it.
pub(super) fn thread_number() -> i32 {
    // SAFETY: as above.
    unsafe { libc::pthread_mach_thread_np(libc::pthread_self()) }.cast_signed()
}
