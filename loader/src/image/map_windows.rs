//! Maps artifacts on Windows: read-only, the code executable in place. A file that may not be executed where it lies is copied.
//! Platform code.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};

use wasmc_contract::section::Section;
use windows_sys::Win32::Foundation::{GENERIC_EXECUTE, GENERIC_READ, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, ReOpenFile};
use windows_sys::Win32::System::Diagnostics::Debug::FlushInstructionCache;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_EXECUTE, FILE_MAP_READ, MEM_COMMIT, MEM_RELEASE, MEM_RESERVE,
    MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile, PAGE_EXECUTE_READ, PAGE_READONLY, PAGE_READWRITE, UnmapViewOfFile,
    VirtualAlloc, VirtualFree, VirtualProtect,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::Part;
use crate::error::{LoadError, SystemError};
use crate::memory::BorrowedFile;

/// What is mapped.
pub(super) enum Artifact {
    File(File),
    /// Bytes that were copied to where they stay.
    Copied(FileMapping),
}

pub(super) fn artifact(file: File) -> Artifact {
    Artifact::File(file)
}

/// Nothing is kept: images of memories are copied from the mapping.
pub(super) enum Kept {}

pub(super) fn keep(_artifact: Artifact) -> Option<Kept> {
    None
}

pub(super) fn borrow(kept: &Kept) -> BorrowedFile<'_> {
    match *kept {}
}

/// A file, or a part of one, mapped read-only, or a copy of it.
pub(super) struct FileMapping {
    address: *mut u8,
    length: usize,
    is_view: bool,
}

// SAFETY: the mapping is read-only and belongs to the process.
unsafe impl Send for FileMapping {}
// SAFETY: likewise.
unsafe impl Sync for FileMapping {}

impl FileMapping {
    /// Maps a part that starts at a multiple of 64 KiB.
    pub(super) fn new(artifact: &mut Artifact, part: Part) -> Result<Self, LoadError> {
        let file = match artifact {
            Artifact::File(file) => file,
            Artifact::Copied(copy) => return Ok(copy.take()),
        };
        let length = part.length_of(file)?;
        if let Some(address) = view(file, part.offset, length) {
            let mapping = Self { address, length, is_view: true };
            mapping.protect(mapping.bytes(), PAGE_READONLY)?;
            return Ok(mapping);
        }
        let mut bytes = vec![0; length];
        file.seek(SeekFrom::Start(part.offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| SystemError { operation: "read the artifact", source })?;
        Ok(Self::copy(&bytes)?)
    }

    fn copy(bytes: &[u8]) -> Result<Self, SystemError> {
        // SAFETY: new memory at an address that the system chooses.
        let address = unsafe {
            VirtualAlloc(std::ptr::null(), bytes.len().max(1), MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE).cast::<u8>()
        };
        if address.is_null() {
            return Err(SystemError::last("create memory for the artifact"));
        }
        let mapping = Self { address, length: bytes.len(), is_view: false };
        // SAFETY: the memory is new, writable, and as long.
        unsafe { address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        mapping.protect(mapping.bytes(), PAGE_READONLY)?;
        Ok(mapping)
    }

    /// Leaves nothing in the place of what it gives.
    fn take(&mut self) -> Self {
        let nothing = Self { address: std::ptr::null_mut(), length: 0, is_view: false };
        std::mem::replace(self, nothing)
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
        self.protect(text, PAGE_EXECUTE_READ)?;
        // A copy was written by this CPU as data.
        // SAFETY: the range is mapped.
        unsafe { FlushInstructionCache(GetCurrentProcess(), text.as_ptr().cast(), text.len()) };
        Ok(text)
    }

    fn protect(&self, part: &[u8], protection: u32) -> Result<(), SystemError> {
        let mut earlier = 0;
        // SAFETY: the pages are of this mapping, and stay readable.
        let done = unsafe { VirtualProtect(part.as_ptr().cast(), part.len(), protection, &raw mut earlier) };
        if done == 0 { Err(SystemError::last("protect the artifact's memory")) } else { Ok(()) }
    }
}

/// A view of a part of the file that may be executed; `None` if the system does not allow that.
fn view(file: &File, offset: u64, length: usize) -> Option<*mut u8> {
    // SAFETY: each handle is checked, and given up when the view is there, which keeps what it needs.
    unsafe {
        let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
        let executable = ReOpenFile(file.as_raw_handle(), GENERIC_READ | GENERIC_EXECUTE, share, 0);
        if executable == INVALID_HANDLE_VALUE {
            return None;
        }
        let executable = OwnedHandle::from_raw_handle(executable);
        let none = std::ptr::null();
        let section = CreateFileMappingW(executable.as_raw_handle(), none, PAGE_EXECUTE_READ, 0, 0, std::ptr::null());
        if section.is_null() {
            return None;
        }
        let section = OwnedHandle::from_raw_handle(section);
        let access = FILE_MAP_READ | FILE_MAP_EXECUTE;
        let view = MapViewOfFile(section.as_raw_handle(), access, (offset >> 32) as u32, offset as u32, length).Value;
        (!view.is_null()).then_some(view.cast())
    }
}

impl Drop for FileMapping {
    fn drop(&mut self) {
        if self.address.is_null() {
            return;
        }
        // SAFETY: mapped by `new` or `copy`; whoever holds the slices holds this.
        unsafe {
            if self.is_view {
                UnmapViewOfFile(MEMORY_MAPPED_VIEW_ADDRESS { Value: self.address.cast() });
            } else {
                VirtualFree(self.address.cast(), 0, MEM_RELEASE);
            }
        }
    }
}

/// A copy in memory that belongs to nothing yet.
pub(super) fn anonymous_file(bytes: &[u8]) -> Result<Artifact, SystemError> {
    FileMapping::copy(bytes).map(Artifact::Copied)
}
