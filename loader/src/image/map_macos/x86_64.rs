//! Executable code on macOS on x86-64: pages of the artifact, where they are.

use crate::error::SystemError;

/// Code that can be executed. It goes with its mapping.
pub(super) struct Code {
    text: &'static [u8],
}

impl Code {
    /// Makes `text`, whole pages, executable.
    ///
    /// # Safety
    ///
    /// They must be of a mapping of the caller's, which it keeps.
    pub(super) unsafe fn new(text: &'static [u8]) -> Result<Self, SystemError> {
        let protection = libc::PROT_READ | libc::PROT_EXEC;
        // SAFETY: the caller's promise; they stay readable.
        let result = unsafe { libc::mprotect(text.as_ptr().cast_mut().cast(), text.len(), protection) };
        if result == 0 { Ok(Self { text }) } else { Err(SystemError::last("make the code executable")) }
    }

    /// The code, as long as its mapping lives.
    pub(super) fn text(&self) -> &'static [u8] {
        self.text
    }
}
