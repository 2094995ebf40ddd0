//! Address space on Windows: reserved as a whole, and committed from its start on. Memory that is given back is decommitted,
//! and comes as zeros again.
//!
//! Images of memories are copied: a view of a file in the middle of a reservation takes placeholders, which are pieces that
//! would have to be put together again before a reservation can serve another memory.

use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_NOACCESS, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

use crate::error::SystemError;

/// A file of which pages can be mapped: none is kept for that.
pub(crate) type BorrowedFile<'a> = std::os::windows::io::BorrowedHandle<'a>;

/// Reserves address space that nothing can access.
pub(super) fn reserve(length: usize) -> Result<*mut u8, SystemError> {
    // SAFETY: a new range at an address that the system chooses.
    let base = unsafe { VirtualAlloc(std::ptr::null(), length, MEM_RESERVE, PAGE_NOACCESS) };
    if base.is_null() { Err(SystemError::last(super::RESERVE)) } else { Ok(base.cast()) }
}

/// Puts zeros that can be used in the place of a part of a reservation.
///
/// # Safety
///
/// The range must be the caller's, and no one look at it any more.
pub(super) unsafe fn map_zeros(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    unsafe {
        forbid_access(address, length)?;
        allow_access(address, length)
    }
}

/// Refused: no image is to be mapped, as none keeps its file.
///
/// # Safety
///
/// None is needed.
pub(super) unsafe fn map_private(
    _address: *mut u8,
    _length: usize,
    _file: BorrowedFile<'_>,
    _offset: u64,
) -> Result<(), SystemError> {
    Err(SystemError { operation: "map a memory image", source: std::io::ErrorKind::Unsupported.into() })
}

/// # Safety
///
/// The range must be the caller's.
pub(super) unsafe fn allow_access(address: *mut u8, length: usize) -> Result<(), SystemError> {
    if length == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise. What is committed already stays as it is.
    let committed = unsafe { VirtualAlloc(address.cast(), length, MEM_COMMIT, PAGE_READWRITE) };
    if committed.is_null() { Err(SystemError::last("make a memory accessible")) } else { Ok(()) }
}

/// # Safety
///
/// The range must be the caller's, and no one look at it any more.
pub(super) unsafe fn forbid_access(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // To the system, no length stands for all.
    if length == 0 {
        return Ok(());
    }
    // SAFETY: the caller's promise.
    let done = unsafe { VirtualFree(address.cast(), length, MEM_DECOMMIT) };
    if done == 0 { Err(SystemError::last("make a memory inaccessible")) } else { Ok(()) }
}

/// Nothing is mapped from files.
pub(super) const FILES_OUTLAST_DISCARD: bool = true;

/// Gives changed pages back.
///
/// # Safety
///
/// The range must be the caller's, and no one look at it meanwhile.
pub(super) unsafe fn discard(address: *mut u8, length: usize) -> Result<(), SystemError> {
    // SAFETY: the caller's promise.
    unsafe { map_zeros(address, length) }
}

/// # Safety
///
/// The range must be a whole reservation of the caller's, and no one look at it any more.
pub(super) unsafe fn release(address: *mut u8, _length: usize) {
    // SAFETY: the caller's promise. It cannot fail for a range that is reserved.
    unsafe { VirtualFree(address.cast(), 0, MEM_RELEASE) };
}
