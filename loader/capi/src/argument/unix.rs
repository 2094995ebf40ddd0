//! Arguments are any bytes on Unix systems.

use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

/// The text as the system has it; never `None`.
#[expect(clippy::unnecessary_wraps, reason = "not so on every system")]
pub(crate) fn argument(text: &CStr) -> Option<OsString> {
    Some(OsString::from_vec(text.to_bytes().to_vec()))
}
