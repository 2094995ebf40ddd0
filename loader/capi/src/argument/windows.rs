//! Arguments are UTF-8 on Windows, whatever the code page of the C program is.

use std::ffi::{CStr, OsString};

/// The text as the system has it; `None` if it is not UTF-8.
pub(crate) fn argument(text: &CStr) -> Option<OsString> {
    text.to_str().ok().map(OsString::from)
}
