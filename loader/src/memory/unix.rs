//! Address space on Unix systems.

use std::os::fd::AsRawFd;
/// A file of which pages can be mapped.
pub(crate) use std::os::fd::BorrowedFd as BorrowedFile;

use crate::error::SystemError;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;

#[cfg(target_os = "linux")]
pub(super) use linux::{FILES_OUTLAST_DISCARD, discard};
#[cfg(target_os = "macos")]
pub(super) use macos::{FILES_OUTLAST_DISCARD, discard};

/// Reserves address space that nothing can access.
pub(super) fn reserve(length: usize) -> Result<*mut u8, SystemError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the system chooses.
    let base = unsafe { libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
    if base == libc::MAP_FAILED {
        return Err(SystemError::last(super::RESERVE));
    }
    Ok(base.cast())
}

/// Puts zeros that can be used in the place of a part of a reservation.
///
/// # Safety
///
/// The range must be the caller's, and no one look at it any more.
pub(super) unsafe fn map_zeros(address: *mut u8, length: usize) -> Result<(), SystemError> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: the caller's promise.
    let mapped = unsafe { libc::mmap(address.cast(), length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if mapped == libc::MAP_FAILED { Err(SystemError::last(super::RESERVE)) } else { Ok(()) }
}

/// Maps pages of a file at `address`, copy-on-write, in the place of what is there.
///
/// # Safety
///
/// The range must be the caller's to replace.
pub(super) unsafe fn map_private(
    address: *mut u8,
    length: usize,
    file: BorrowedFile<'_>,
    offset: u64,
) -> Result<(), SystemError> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_FIXED);
    // SAFETY: the caller's promise.
    let mapped =
        unsafe { libc::mmap(address.cast(), length, protection, flags, file.as_raw_fd(), offset as libc::off_t) };
    if mapped == libc::MAP_FAILED { Err(SystemError::last("map a memory image")) } else { Ok(()) }
}

/// # Safety
///
/// The range must be the caller's.
pub(super) unsafe fn allow_access(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::mprotect(address.cast(), length, libc::PROT_READ | libc::PROT_WRITE) };
    if result == 0 { Ok(()) } else { Err(SystemError::last("make a memory accessible")) }
}

/// # Safety
///
/// The range must be the caller's, and no one look at it any more.
pub(super) unsafe fn forbid_access(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    let result = unsafe { libc::mprotect(address.cast(), length, libc::PROT_NONE) };
    if result == 0 { Ok(()) } else { Err(SystemError::last("make a memory inaccessible")) }
}

/// # Safety
///
/// The range must be a whole reservation of the caller's, and no one look at it any more.
pub(super) unsafe fn release(address: *mut u8, length: usize) {
    // SAFETY: the caller's promise. It cannot fail for a range that is mapped.
    unsafe { libc::munmap(address.cast(), length) };
}
