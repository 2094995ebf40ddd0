//! Executable code on macOS on AArch64, where pages of a file without a signature cannot be executed: it is copied to memory of
//! the kind that the system keeps for generated code. To each thread that is either writable or executable, never both.

use std::ffi::c_void;
use std::ptr::null_mut;

use crate::error::SystemError;

unsafe extern "C" {
    /// Has the CPU read instructions anew that were written as data. (`libkern/OSCacheControl.h`)
    fn sys_icache_invalidate(start: *mut c_void, length: usize);
}

/// What an embedder has to do that has its programs signed with the hardened runtime.
const OPERATION: &str = "create memory for the code (under the hardened runtime, this takes the entitlement \
                         com.apple.security.cs.allow-jit)";

/// A copy of code that can be executed.
pub(super) struct Code {
    address: *mut u8,
    length: usize,
}

impl Code {
    /// Copies `text`, whole pages.
    ///
    /// # Safety
    ///
    /// None is needed on this CPU.
    pub(super) unsafe fn new(text: &'static [u8]) -> Result<Self, SystemError> {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_JIT;
        // SAFETY: new memory at an address that the system chooses. In memory of this kind, which of the permissions to write
        // and to execute a thread has is for itself to say.
        let address = unsafe { libc::mmap(null_mut(), text.len(), protection, flags, -1, 0) };
        if address == libc::MAP_FAILED {
            return Err(SystemError::last(OPERATION));
        }
        let code = Self { address: address.cast(), length: text.len() };
        // SAFETY: the memory is new, as long as the text, and writable for this thread between the two calls, where it
        // executes none of that kind.
        unsafe {
            libc::pthread_jit_write_protect_np(0);
            code.address.copy_from_nonoverlapping(text.as_ptr(), text.len());
            libc::pthread_jit_write_protect_np(1);
            sys_icache_invalidate(address, text.len());
        }
        Ok(code)
    }

    /// The code where it can be executed, until this is dropped.
    pub(super) fn text(&self) -> &'static [u8] {
        // SAFETY: initialised by `new`, and not written any more; the image that holds the slice keeps this.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; whoever holds the slice holds this.
        unsafe { libc::munmap(self.address.cast(), self.length) };
    }
}
