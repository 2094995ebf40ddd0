//! Exceptions of the system on Windows: a vectored handler sees them before any handler of a frame. It runs on the stack of
//! the thread that faulted, of which compiled code leaves enough.

use std::sync::Once;

use windows_sys::Win32::Foundation::{
    CloseHandle, EXCEPTION_ACCESS_VIOLATION, EXCEPTION_ILLEGAL_INSTRUCTION, EXCEPTION_INT_DIVIDE_BY_ZERO,
    EXCEPTION_INT_OVERFLOW,
};
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE};
use windows_sys::Win32::System::Diagnostics::Debug::{AddVectoredExceptionHandler, EXCEPTION_POINTERS};
use windows_sys::Win32::System::IO::CancelSynchronousIo;
use windows_sys::Win32::System::Threading::{OpenThread, THREAD_TERMINATE};

use super::{handle_fault, registers};

/// `EXCEPTION_CONTINUE_EXECUTION`
const CONTINUE_EXECUTION: i32 = -1;
/// `EXCEPTION_CONTINUE_SEARCH`
const CONTINUE_SEARCH: i32 = 0;

/// Makes sure that traps on this thread are caught.
pub(super) fn prepare_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler is one, and stays. As the first of all it sees nothing but the faults that it knows.
        unsafe { AddVectoredExceptionHandler(1, Some(handle)) };
    });
}

/// Nothing has to be installed for [`wake_thread`].
pub(crate) fn install_wake_handler() {}

/// Makes a system call that blocks the thread with this number return.
pub(crate) fn wake_thread(thread: i32) {
    // SAFETY: a thread that is gone gives no handle, and one that does not wait for input or output is not changed.
    unsafe {
        let thread = OpenThread(THREAD_TERMINATE, 0, thread.cast_unsigned());
        if !thread.is_null() {
            CancelSynchronousIo(thread);
            CloseHandle(thread);
        }
    }
}

/// Writes to standard error from a handler.
pub(super) fn say(text: &str) {
    let mut written = 0;
    // SAFETY: the bytes are there; a handle that is closed gives an error.
    unsafe {
        let stream = GetStdHandle(STD_ERROR_HANDLE);
        WriteFile(stream, text.as_ptr(), text.len() as u32, &raw mut written, std::ptr::null_mut());
    }
}

/// # Safety
///
/// Called by the system only.
unsafe extern "system" fn handle(exception: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the system passes what happened and where, of which the latter is ours to change.
    let (record, interrupted) = unsafe { (&*(*exception).ExceptionRecord, &mut *(*exception).ContextRecord) };
    let is_fault = matches!(
        record.ExceptionCode,
        EXCEPTION_ACCESS_VIOLATION
            | EXCEPTION_ILLEGAL_INSTRUCTION
            | EXCEPTION_INT_DIVIDE_BY_ZERO
            | EXCEPTION_INT_OVERFLOW
    );
    match is_fault.then(|| handle_fault(&registers::place(interrupted))).flatten() {
        Some(continuation) => {
            registers::go_on(interrupted, &continuation);
            CONTINUE_EXECUTION
        }
        None => CONTINUE_SEARCH,
    }
}
