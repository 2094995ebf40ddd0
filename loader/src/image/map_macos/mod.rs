//! Maps artifacts on macOS, read-only and private. How code becomes executable is up to the CPU ([`Code`]). An artifact that
//! comes as bytes is copied to memory, since there are no files without a name. Platform code.

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::ptr::null_mut;

use wasmc_contract::section::Section;
use wasmc_contract::target::Target;

use super::Part;
use crate::error::{LoadError, SystemError};
use crate::memory::BorrowedFile;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64::Code;
#[cfg(target_arch = "x86_64")]
use x86_64::Code;

/// What is mapped.
pub(super) enum Artifact {
    File(File),
    /// Bytes that were copied to where they stay.
    Copied(FileMapping),
}

pub(super) fn artifact(file: File) -> Artifact {
    Artifact::File(file)
}

/// What is kept of it, to map parts of it again.
pub(super) type Kept = OwnedFd;

pub(super) fn keep(artifact: Artifact) -> Option<Kept> {
    match artifact {
        Artifact::File(file) => Some(file.into()),
        // Images of memories are copied from the copy.
        Artifact::Copied(_) => None,
    }
}

pub(super) fn borrow(kept: &Kept) -> BorrowedFile<'_> {
    kept.as_fd()
}

/// What the CPU's pages are on this system.
const PAGE_BYTES: usize = match Target::host() {
    Some(target) => target.page_bytes_max() as usize,
    None => panic!("the system and its CPU are a target"),
};

/// A file, or a part of one, mapped read-only, or a copy of it.
pub(super) struct FileMapping {
    address: *mut u8,
    /// 0 where there is nothing.
    length: usize,
    code: Option<Code>,
}

// SAFETY: the mapping is read-only and belongs to the process.
unsafe impl Send for FileMapping {}
// SAFETY: likewise.
unsafe impl Sync for FileMapping {}

impl FileMapping {
    /// Maps a part that starts at a multiple of the page's size.
    pub(super) fn new(artifact: &mut Artifact, part: Part) -> Result<Self, LoadError> {
        let file = match artifact {
            Artifact::File(file) => file,
            Artifact::Copied(copy) => return Ok(copy.take()),
        };
        let length = part.length_of(file)?;
        let offset =
            libc::off_t::try_from(part.offset).map_err(|_| LoadError::NotAnObject("it is too far in its file"))?;
        let (protection, flags) = (libc::PROT_READ, libc::MAP_PRIVATE);
        // SAFETY: a new mapping at an address that the system chooses.
        let address = unsafe { libc::mmap(null_mut(), length, protection, flags, file.as_raw_fd(), offset) };
        if address == libc::MAP_FAILED {
            return Err(SystemError::last("map the artifact").into());
        }
        Ok(Self { address: address.cast(), length, code: None })
    }

    fn copy(bytes: &[u8]) -> Result<Self, SystemError> {
        if bytes.is_empty() {
            return Ok(Self { address: null_mut(), length: 0, code: None });
        }
        let failed = || SystemError::last("create memory for the artifact");
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: new memory at an address that the system chooses.
        let address = unsafe { libc::mmap(null_mut(), bytes.len(), protection, flags, -1, 0) };
        if address == libc::MAP_FAILED {
            return Err(failed());
        }
        let copy = Self { address: address.cast(), length: bytes.len(), code: None };
        // SAFETY: the memory is new, writable, and as long.
        let result = unsafe {
            copy.address.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            libc::mprotect(address, bytes.len(), libc::PROT_READ)
        };
        if result == 0 { Ok(copy) } else { Err(failed()) }
    }

    /// Leaves nothing in the place of what it gives.
    fn take(&mut self) -> Self {
        let nothing = Self { address: null_mut(), length: 0, code: None };
        std::mem::replace(self, nothing)
    }

    /// The file's bytes. They live as long as the mapping, which the image that holds the slice keeps.
    pub(super) fn bytes(&self) -> &'static [u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: mapped and read-only until `drop`; that no one changes the file is `Image::open`'s condition.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }

    /// Makes `text`, whole pages of the mapping, executable. Gives where it can be executed, as long as the mapping lives.
    pub(super) fn make_executable(&mut self, text: &'static [u8]) -> Result<&'static [u8], LoadError> {
        let malformed = |cause| LoadError::Malformed { section: Section::Text.elf_name(), cause };
        if text.is_empty() {
            return Ok(text);
        }
        if !text.as_ptr().addr().is_multiple_of(PAGE_BYTES) || !text.len().is_multiple_of(PAGE_BYTES) {
            return Err(malformed("not made of whole pages"));
        }
        // SAFETY: the pages are of this mapping, and what is made of them goes with it.
        let code = unsafe { Code::new(text) }?;
        Ok(self.code.insert(code).text())
    }
}

impl Drop for FileMapping {
    fn drop(&mut self) {
        if self.length > 0 {
            // SAFETY: mapped by `new` or `copy`; whoever holds the slices holds this.
            unsafe { libc::munmap(self.address.cast(), self.length) };
        }
    }
}

/// A copy in memory that belongs to nothing yet.
pub(super) fn anonymous_file(bytes: &[u8]) -> Result<Artifact, SystemError> {
    FileMapping::copy(bytes).map(Artifact::Copied)
}
