//! Address space on Windows: reserved as a whole, and committed from its start on. Memory that is given back is decommitted,
//! and comes as zeros again.
//!
//! Where pages of a file are to lie, a range is made of placeholders, which only newer systems have: one for the pages,
//! and one before and one after it, which are ordinary reservations then. Whoever mapped the pages may take them away and map
//! them again; the placeholder keeps the addresses meanwhile. A range keeps its pieces as long as it lives.

use std::cell::Cell;
use std::os::windows::io::AsRawHandle as _;

use smallvec::{SmallVec, smallvec};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_PRESERVE_PLACEHOLDER, MEM_RELEASE, MEM_REPLACE_PLACEHOLDER, MEM_RESERVE,
    MEM_RESERVE_PLACEHOLDER, MEMORY_MAPPED_VIEW_ADDRESS, PAGE_NOACCESS, PAGE_READWRITE, PAGE_WRITECOPY,
    UnmapViewOfFile, VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::View;
use crate::error::SystemError;

mod placeholder;

pub(crate) use placeholder::are_files_mapped;

/// A file of which pages can be mapped: a section, as the system calls what views are of.
pub(crate) type BorrowedFile<'a> = std::os::windows::io::BorrowedHandle<'a>;

/// Pages of files do not come back when changed ones are given back: they have to be mapped again.
pub(super) const FILES_OUTLAST_DISCARD: bool = false;

/// Addresses that the system has reserved, given back when this is dropped.
pub(super) struct Range {
    base: *mut u8,
    length: usize,
    view: View,
    /// Where its pieces start, each of which is given back by itself.
    starts: SmallVec<[usize; 3]>,
    /// Whether pages of a file lie at `view`, and not a placeholder.
    is_mapped: Cell<bool>,
}

impl Range {
    /// Reserves address space that nothing can access, with a place for pages of a file if there is a `view`.
    pub(super) fn reserve(length: usize, view: &View) -> Result<Self, SystemError> {
        let Some(place) = view else {
            // SAFETY: a new range at an address that the system chooses.
            let base = unsafe { VirtualAlloc(std::ptr::null(), length, MEM_RESERVE, PAGE_NOACCESS) };
            return Self::whole(base.cast(), length, None);
        };
        let functions = placeholder::functions()?;
        // SAFETY: likewise.
        let base = unsafe {
            let kind = MEM_RESERVE | MEM_RESERVE_PLACEHOLDER;
            (functions.allocate)(
                GetCurrentProcess(),
                std::ptr::null(),
                length,
                kind,
                PAGE_NOACCESS,
                std::ptr::null_mut(),
                0,
            )
        };
        let mut range = Self::whole(base.cast(), length, view.clone())?;
        for end in [place.start, place.end] {
            range.split(end)?;
        }
        for (start, end) in range.reservations() {
            // SAFETY: the piece is a placeholder of this range.
            let reserved = unsafe {
                let kind = MEM_RESERVE | MEM_REPLACE_PLACEHOLDER;
                let address = range.base.add(start).cast();
                (functions.allocate)(
                    GetCurrentProcess(),
                    address,
                    end - start,
                    kind,
                    PAGE_NOACCESS,
                    std::ptr::null_mut(),
                    0,
                )
            };
            if reserved.is_null() {
                return Err(SystemError::last(super::RESERVE));
            }
        }
        Ok(range)
    }

    fn whole(base: *mut u8, length: usize, view: View) -> Result<Self, SystemError> {
        if base.is_null() {
            return Err(SystemError::last(super::RESERVE));
        }
        Ok(Self { base, length, view, starts: smallvec![0], is_mapped: Cell::new(false) })
    }

    /// Divides the last piece, a placeholder, in two at `end`, if that is not one of its own ends.
    fn split(&mut self, end: usize) -> Result<(), SystemError> {
        let start = self.starts.last().copied().unwrap_or(0);
        if end == start || end == self.length {
            return Ok(());
        }
        // SAFETY: it is within the placeholder, which no one uses yet.
        let done =
            unsafe { VirtualFree(self.base.add(start).cast(), end - start, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER) };
        if done == 0 {
            return Err(SystemError::last(super::RESERVE));
        }
        self.starts.push(end);
        Ok(())
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.base
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Whether it serves a memory of this length with this `view`.
    pub(super) fn fits(&self, length: usize, view: &View) -> bool {
        self.length == length && self.view == *view
    }

    /// The pieces that are no place for pages of a file.
    fn reservations(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let pieces = match &self.view {
            Some(view) => [(0, view.start), (view.end, self.length)],
            None => [(0, self.length), (0, 0)],
        };
        pieces.into_iter().filter(|(start, end)| start < end)
    }

    /// The parts between `from` and `to` that are no place for pages of a file.
    fn parts(&self, from: usize, to: usize) -> impl Iterator<Item = (*mut core::ffi::c_void, usize)> {
        let parts = self.reservations().map(move |(start, end)| (start.max(from), end.min(to)));
        // To the system, no length stands for all.
        parts.filter(|(start, end)| start < end).map(|(start, end)| {
            // SAFETY: the start is inside the range.
            (unsafe { self.base.add(start) }.cast(), end - start)
        })
    }

    /// Makes the first `length` bytes accessible, but for what is to be mapped there. What is already stays as it is.
    ///
    /// # Safety
    ///
    /// There must be so many.
    pub(super) unsafe fn allow_access(&self, length: usize) -> Result<(), SystemError> {
        for (address, length) in self.parts(0, length) {
            // SAFETY: the part is within a reservation of this range.
            let committed = unsafe { VirtualAlloc(address, length, MEM_COMMIT, PAGE_READWRITE) };
            if committed.is_null() {
                return Err(SystemError::last("make a memory accessible"));
            }
        }
        Ok(())
    }

    /// Makes what is between `from` and `to` inaccessible, which is no part of what is mapped.
    ///
    /// # Safety
    ///
    /// It must be inside, and no one look at it any more.
    pub(super) unsafe fn forbid_access(&self, from: usize, to: usize) -> Result<(), SystemError> {
        for (address, length) in self.parts(from, to) {
            // SAFETY: the part is within a reservation of this range; the caller's promise.
            if unsafe { VirtualFree(address, length, MEM_DECOMMIT) } == 0 {
                return Err(SystemError::last("make a memory inaccessible"));
            }
        }
        Ok(())
    }

    /// Puts zeros that can be used in the place of the first `length` bytes; what was mapped there is gone then.
    ///
    /// # Safety
    ///
    /// There must be so many, and no one look at them meanwhile.
    pub(super) unsafe fn map_zeros(&self, length: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        unsafe {
            self.unmap()?;
            self.forbid_access(0, length)?;
            self.allow_access(length)
        }
    }

    /// Gives changed pages back. What was mapped has to be mapped again.
    ///
    /// # Safety
    ///
    /// As [`Self::map_zeros`].
    pub(super) unsafe fn discard(&self, length: usize) -> Result<(), SystemError> {
        // SAFETY: the caller's promise.
        unsafe { self.map_zeros(length) }
    }

    /// Maps pages of a file at its place in this range, copy-on-write.
    ///
    /// # Safety
    ///
    /// It must be where and as long as this range was reserved for, and no one look at it.
    pub(super) unsafe fn map_private(
        &self,
        start: usize,
        length: usize,
        file: BorrowedFile<'_>,
        offset: u64,
    ) -> Result<(), SystemError> {
        assert!(self.view == Some(start..start + length), "pages of a file lie where there is room for them");
        // SAFETY: the caller's promise.
        unsafe { self.unmap() }?;
        let functions = placeholder::functions()?;
        // SAFETY: the placeholder is this range's own, and exactly as long.
        let view = unsafe {
            (functions.map)(
                file.as_raw_handle(),
                GetCurrentProcess(),
                self.base.add(start).cast(),
                offset,
                length,
                MEM_REPLACE_PLACEHOLDER,
                PAGE_WRITECOPY,
                std::ptr::null_mut(),
                0,
            )
        };
        if view.is_null() {
            return Err(SystemError::last("map a memory image"));
        }
        self.is_mapped.set(true);
        Ok(())
    }

    /// Puts the placeholder back where pages of a file are.
    ///
    /// # Safety
    ///
    /// No one may look at them any more.
    unsafe fn unmap(&self) -> Result<(), SystemError> {
        let Some(view) = self.view.as_ref().filter(|_| self.is_mapped.get()) else { return Ok(()) };
        let functions = placeholder::functions()?;
        // SAFETY: it is mapped; the caller's promise.
        let done = unsafe {
            (functions.unmap)(GetCurrentProcess(), self.base.add(view.start).cast(), MEM_PRESERVE_PLACEHOLDER)
        };
        if done == 0 {
            return Err(SystemError::last("reset a memory"));
        }
        self.is_mapped.set(false);
        Ok(())
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        for &start in &self.starts {
            let is_view = self.is_mapped.get() && self.view.as_ref().is_some_and(|view| view.start == start);
            // SAFETY: each piece is this range's own, and was not given back; no one looks at it any more. Neither call can
            // fail for what is reserved or mapped.
            unsafe {
                let address = self.base.add(start).cast();
                if is_view {
                    UnmapViewOfFile(MEMORY_MAPPED_VIEW_ADDRESS { Value: address });
                } else {
                    VirtualFree(address, 0, MEM_RELEASE);
                }
            }
        }
    }
}
