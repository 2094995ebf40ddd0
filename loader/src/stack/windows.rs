//! Stacks on Windows.

use windows_sys::Win32::System::Threading::{GetCurrentThreadId, GetCurrentThreadStackLimits};

/// The lowest address of the current thread's stack.
pub(super) fn stack_end(_here: u64) -> Option<u64> {
    let (mut lowest, mut highest) = (0, 0);
    // SAFETY: both are places for results.
    unsafe { GetCurrentThreadStackLimits(&raw mut lowest, &raw mut highest) };
    (lowest != 0).then_some(lowest as u64)
}

pub(super) fn thread_number() -> i32 {
    // SAFETY: the call has no precondition.
    unsafe { GetCurrentThreadId() }.cast_signed()
}
