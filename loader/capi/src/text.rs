//! Texts that cross the border: names come in, errors go out and are freed by `wasmc_text_free`.

use std::ffi::{CStr, CString, c_char};
use std::fmt::Display;

/// The text at `text`; `None` for a null pointer or bytes that are not UTF-8.
///
/// # Safety
///
/// `text` must be null, or a terminated string that lives while the result is used.
pub(crate) unsafe fn read<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: the caller's promise.
    if text.is_null() { None } else { unsafe { CStr::from_ptr(text) }.to_str().ok() }
}

/// Leaves `message` in `*error`, for C to free, unless `error` is null.
///
/// # Safety
///
/// `error` must be null or valid for a write.
pub(crate) unsafe fn report(error: *mut *mut c_char, message: impl Display) {
    if !error.is_null() {
        let text = CString::new(message.to_string().replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: the caller's promise.
        unsafe { error.write(text.into_raw()) };
    }
}

/// Frees a text that a function of this API gave out; null is fine.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_text_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the header asks for a text of this API, and those are made by `into_raw`.
        drop(unsafe { CString::from_raw(text) });
    }
}
