//! Address space on Unix systems.

use std::os::fd::AsRawFd;
/// A file of which pages can be mapped.
pub(crate) use std::os::fd::BorrowedFd as BorrowedFile;

use super::View;
use crate::error::SystemError;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;

pub(super) use system::FILES_OUTLAST_DISCARD;

/// Addresses that the system has reserved, given back when this is dropped.
pub(super) struct Range {
    base: *mut u8,
    length: usize,
}

impl Range {
    /// Reserves address space that nothing can access. Pages of a file can be mapped anywhere in it.
    pub(super) fn reserve(length: usize, _view: &View) -> Result<Self, SystemError> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address that the system chooses.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(SystemError::last(super::RESERVE));
        }
        Ok(Self { base: base.cast(), length })
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Whether it serves a memory of this length.
    pub(super) fn fits(&self, length: usize, _view: &View) -> bool {
        self.length == length
    }

    /// Makes the first `length` bytes accessible; those that are already stay as they are.
    ///
    /// # Safety
    ///
    /// There must be so many.
    pub(super) unsafe fn allow_access(&self, length: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        let result = unsafe { libc::mprotect(self.base.cast(), length, libc::PROT_READ | libc::PROT_WRITE) };
        if result == 0 { Ok(()) } else { Err(SystemError::last("make a memory accessible")) }
    }

    /// Makes what is between `from` and `to` inaccessible.
    ///
    /// # Safety
    ///
    /// It must be inside, and no one look at it any more.
    pub(super) unsafe fn forbid_access(&self, from: usize, to: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        let result = unsafe { libc::mprotect(self.base.add(from).cast(), to - from, libc::PROT_NONE) };
        if result == 0 { Ok(()) } else { Err(SystemError::last("make a memory inaccessible")) }
    }

    /// Puts zeros that can be used in the place of the first `length` bytes.
    ///
    /// # Safety
    ///
    /// There must be so many, and no one look at them meanwhile.
    pub(super) unsafe fn map_zeros(&self, length: usize) -> Result<(), SystemError> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        let flags = flags | libc::MAP_NORESERVE | libc::MAP_FIXED;
        // SAFETY: the caller's promise.
        let mapped = unsafe { libc::mmap(self.base.cast(), length, protection, flags, -1, 0) };
        if mapped == libc::MAP_FAILED { Err(SystemError::last(super::RESERVE)) } else { Ok(()) }
    }

    /// Gives changed pages of the first `length` bytes back.
    ///
    /// # Safety
    ///
    /// As [`Self::map_zeros`].
    pub(super) unsafe fn discard(&self, length: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        unsafe { system::discard(self, length) }
    }

    /// Maps pages of a file at `start`, copy-on-write, in the place of what is there.
    ///
    /// # Safety
    ///
    /// There must be room, at which no one looks.
    pub(super) unsafe fn map_private(
        &self,
        start: usize,
        length: usize,
        file: BorrowedFile<'_>,
        offset: u64,
    ) -> Result<(), SystemError> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_FIXED);
        // SAFETY: the caller's promise.
        let mapped = unsafe {
            let address = self.base.add(start).cast();
            libc::mmap(address, length, protection, flags, file.as_raw_fd(), offset as libc::off_t)
        };
        if mapped == libc::MAP_FAILED { Err(SystemError::last("map a memory image")) } else { Ok(()) }
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // SAFETY: it is mapped, and no one looks at it any more. It cannot fail for a range that is mapped.
        unsafe { libc::munmap(self.base.cast(), self.length) };
    }
}
