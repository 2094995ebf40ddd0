//! Maps artifacts on Windows: read-only, the code executable in place. What comes as bytes is written to a section without a
//! file first, as a whole. Platform code.

use std::fs::File;
use std::os::windows::io::{AsHandle as _, AsRawHandle as _, FromRawHandle as _, OwnedHandle};

use wasmc_contract::section::Section;
use windows_sys::Win32::Foundation::{GENERIC_EXECUTE, GENERIC_READ, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, ReOpenFile};
use windows_sys::Win32::System::Diagnostics::Debug::FlushInstructionCache;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile,
    PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_READONLY, UnmapViewOfFile, VirtualProtect,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::Part;
use super::unwind::Unwinding;
use crate::error::{LoadError, SystemError};
use crate::memory::{BorrowedFile, are_files_mapped};

const MAP: &str = "map the artifact";

/// What is mapped: a section, as the system calls what views are of.
pub(super) struct Artifact {
    /// `None` where the section has none.
    file: Option<File>,
    /// `None` until a file is mapped.
    section: Option<OwnedHandle>,
    /// Of a section without a file.
    length: usize,
}

pub(super) fn artifact(file: File) -> Artifact {
    Artifact { file: Some(file), section: None, length: 0 }
}

/// What is kept of it, to map parts of it again.
pub(super) type Kept = OwnedHandle;

/// Nothing where images of memories have to be copied, since views cannot lie inside of what is reserved.
pub(super) fn keep(artifact: Artifact) -> Option<Kept> {
    artifact.section.filter(|_| are_files_mapped())
}

pub(super) fn borrow(kept: &Kept) -> BorrowedFile<'_> {
    kept.as_handle()
}

/// A section, or a part of one, mapped read-only.
pub(super) struct FileMapping {
    address: *mut u8,
    length: usize,
    /// Whether the file may be executed where it lies.
    may_execute: bool,
    /// What the system knows of the code.
    unwinding: Option<Unwinding>,
}

// SAFETY: the mapping is read-only and belongs to the process.
unsafe impl Send for FileMapping {}
// SAFETY: likewise.
unsafe impl Sync for FileMapping {}

impl FileMapping {
    /// Maps a part that starts at a multiple of 64 KiB.
    pub(super) fn new(artifact: &mut Artifact, part: Part) -> Result<Self, LoadError> {
        let (length, may_execute) = match &artifact.file {
            None => (artifact.length, true),
            Some(file) => {
                let length = part.length_of(file)?;
                let executable = executable(file);
                let may_execute = executable.is_some();
                artifact.section = Some(match executable {
                    Some(section) => section,
                    None => section(file.as_raw_handle(), PAGE_READONLY, 0)?,
                });
                (length, may_execute)
            }
        };
        let section = artifact.section.as_ref().expect("it is there, or was made above");
        let access = FILE_MAP_READ | if may_execute { FILE_MAP_EXECUTE } else { 0 };
        let mapping =
            Self { address: view(section, access, part.offset, length)?, length, may_execute, unwinding: None };
        if may_execute {
            mapping.protect(mapping.bytes(), PAGE_READONLY)?;
        }
        Ok(mapping)
    }

    /// The file's bytes. They live as long as the mapping, which the image that holds the slice keeps.
    pub(super) fn bytes(&self) -> &'static [u8] {
        // SAFETY: mapped and read-only until `drop`; that no one changes the file is `Image::open`'s condition.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }

    /// Makes `text`, whole pages of the mapping, executable. Gives where that is.
    pub(super) fn make_executable(&mut self, text: &'static [u8]) -> Result<&'static [u8], LoadError> {
        const PAGE_BYTES: usize = 4096;
        let malformed = |cause| LoadError::Malformed { section: Section::Text.elf_name(), cause };
        if text.is_empty() {
            return Ok(text);
        }
        if !(text.as_ptr() as usize).is_multiple_of(PAGE_BYTES) || !text.len().is_multiple_of(PAGE_BYTES) {
            return Err(malformed("not made of whole pages"));
        }
        if !self.may_execute {
            let source = std::io::ErrorKind::PermissionDenied.into();
            return Err(SystemError { operation: "make the code executable", source }.into());
        }
        self.protect(text, PAGE_EXECUTE_READ)?;
        // What came as bytes was written by this CPU as data.
        // SAFETY: the range is mapped.
        unsafe { FlushInstructionCache(GetCurrentProcess(), text.as_ptr().cast(), text.len()) };
        // SAFETY: the registration goes before the mapping does.
        self.unwinding = unsafe { Unwinding::register(text, self.bytes()) };
        Ok(text)
    }

    fn protect(&self, part: &[u8], protection: u32) -> Result<(), SystemError> {
        let mut earlier = 0;
        // SAFETY: the pages are of this mapping, and stay readable.
        let done = unsafe { VirtualProtect(part.as_ptr().cast(), part.len(), protection, &raw mut earlier) };
        if done == 0 { Err(SystemError::last("protect the artifact's memory")) } else { Ok(()) }
    }
}

impl Drop for FileMapping {
    fn drop(&mut self) {
        self.unwinding = None;
        // SAFETY: mapped by `new`; whoever holds the slices holds this.
        unsafe { unmap(self.address) };
    }
}

/// A section of the whole file, which may be executed; `None` if the system does not allow that.
fn executable(file: &File) -> Option<OwnedHandle> {
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the handle is open; the new one is checked.
    let reopened = unsafe {
        let handle = ReOpenFile(file.as_raw_handle(), GENERIC_READ | GENERIC_EXECUTE, share, 0);
        (handle != INVALID_HANDLE_VALUE).then(|| OwnedHandle::from_raw_handle(handle))
    }?;
    section(reopened.as_raw_handle(), PAGE_EXECUTE_READ, 0).ok()
}

/// A section of a whole file, or of `length` bytes without one.
fn section(file: HANDLE, protection: u32, length: usize) -> Result<OwnedHandle, SystemError> {
    let none = std::ptr::null();
    let (high, low) = ((length as u64 >> 32) as u32, length as u32);
    // SAFETY: the file is open, or there is none; the handle is checked.
    unsafe {
        let section = CreateFileMappingW(file, none, protection, high, low, std::ptr::null());
        if section.is_null() { Err(SystemError::last(MAP)) } else { Ok(OwnedHandle::from_raw_handle(section)) }
    }
}

/// Maps `length` bytes of a section.
fn view(section: &OwnedHandle, access: u32, offset: u64, length: usize) -> Result<*mut u8, SystemError> {
    // SAFETY: a new view at an address that the system chooses.
    let view =
        unsafe { MapViewOfFile(section.as_raw_handle(), access, (offset >> 32) as u32, offset as u32, length) }.Value;
    if view.is_null() { Err(SystemError::last(MAP)) } else { Ok(view.cast()) }
}

/// # Safety
///
/// It must be a view that no one looks at any more.
unsafe fn unmap(view: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { UnmapViewOfFile(MEMORY_MAPPED_VIEW_ADDRESS { Value: view.cast() }) };
}

/// A section that has no file, and goes with its last handle and view.
pub(super) fn anonymous_file(bytes: &[u8]) -> Result<Artifact, SystemError> {
    // The system refuses a section of no bytes.
    let length = bytes.len().max(1);
    // Whoever maps it may write or execute, but none of the views here does both.
    let section = section(INVALID_HANDLE_VALUE, PAGE_EXECUTE_READWRITE, length)?;
    let written = view(&section, FILE_MAP_WRITE, 0, length)?;
    // SAFETY: the view is new, writable and as long; it is unmapped once.
    unsafe {
        written.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        unmap(written);
    }
    Ok(Artifact { file: None, section: Some(section), length })
}
