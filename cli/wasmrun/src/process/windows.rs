//! The process on Windows.

use std::ffi::{OsString, c_char, c_int};

/// The arguments that C's `main` was given, of which the system knows more than their text in its own encoding.
///
/// # Safety
///
/// None is needed here.
pub unsafe fn arguments(_count: c_int, _arguments: *const *const c_char) -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Nothing takes the place of a stream that is closed.
pub fn open_standard_streams() {}

/// Ends the process. What was printed must be flushed.
pub fn exit(status: i32) -> ! {
    std::process::exit(status)
}

/// Does `write`: a closed pipe is an error only.
pub(super) fn without_broken_pipe(write: impl FnOnce()) {
    write();
}

/// How much stack the main thread may grow to: as if it had none, so that whoever asks for some gets a thread.
pub(crate) fn stack_bytes() -> u64 {
    0
}
