//! Maps artifacts on Linux: read-only and private, the code executable in place. Platform code.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use wasmc_contract::section::Section;

use super::Part;
use crate::error::{LoadError, SystemError};
use crate::memory::BorrowedFile;

/// What is mapped.
pub(super) type Artifact = File;

pub(super) fn artifact(file: File) -> Artifact {
    file
}

/// What is kept of it, to map parts of it again.
pub(super) type Kept = OwnedFd;

pub(super) fn keep(artifact: Artifact) -> Option<Kept> {
    Some(artifact.into())
}

pub(super) fn borrow(kept: &Kept) -> BorrowedFile<'_> {
    kept.as_fd()
}

/// Where text starts if only a header lies before it: at the largest page of any target.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// A file, or a part of one, mapped read-only.
pub(super) struct FileMapping {
    address: *mut u8,
    length: usize,
}

// SAFETY: the mapping is read-only and belongs to the process.
unsafe impl Send for FileMapping {}
// SAFETY: likewise.
unsafe impl Sync for FileMapping {}

impl FileMapping {
    /// Maps a part of `file` that starts at a multiple of the page's size.
    pub(super) fn new(file: &mut Artifact, part: Part) -> Result<Self, LoadError> {
        let length = part.length_of(file)?;
        let offset =
            libc::off_t::try_from(part.offset).map_err(|_| LoadError::NotAnObject("it is too far in its file"))?;
        // SAFETY: a new mapping at an address that the system chooses.
        let address = unsafe {
            libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ, libc::MAP_PRIVATE, file.as_raw_fd(), offset)
        };
        if address == libc::MAP_FAILED {
            return Err(SystemError::last("map the artifact").into());
        }
        Ok(Self { address: address.cast(), length })
    }

    /// The file's bytes. They live as long as the mapping, which the image that holds the slice keeps.
    pub(super) fn bytes(&self) -> &'static [u8] {
        // SAFETY: mapped and read-only until `drop`; that no one changes the file is `Image::open`'s condition.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }

    /// Makes `text`, whole pages of the mapping, executable; with the file's header, if that is all that lies before it: a
    /// mapping that is divided in two costs less than one in three. Gives where it can be executed.
    pub(super) fn make_executable(&mut self, text: &'static [u8]) -> Result<&'static [u8], LoadError> {
        let malformed = |cause| LoadError::Malformed { section: Section::Text.elf_name(), cause };
        if text.is_empty() {
            return Ok(text);
        }
        // SAFETY: the call has no precondition.
        let page = unsafe { libc::getauxval(libc::AT_PAGESZ) } as usize;
        if !(text.as_ptr() as usize).is_multiple_of(page) || !text.len().is_multiple_of(page) {
            return Err(malformed("not made of whole pages"));
        }
        let before = text.as_ptr().addr() - self.address.addr();
        let skipped = if before <= HEADER_BYTES_MAX { 0 } else { before };
        let length = before - skipped + text.len();
        // SAFETY: the pages are of this mapping, and stay readable.
        let result =
            unsafe { libc::mprotect(self.address.add(skipped).cast(), length, libc::PROT_READ | libc::PROT_EXEC) };
        if result == 0 { Ok(text) } else { Err(SystemError::last("make the code executable").into()) }
    }
}

impl Drop for FileMapping {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`; whoever holds the slices holds this.
        unsafe { libc::munmap(self.address.cast(), self.length) };
    }
}

/// A file that has no name and goes with its last descriptor.
pub(super) fn anonymous_file(bytes: &[u8]) -> Result<Artifact, SystemError> {
    // SAFETY: the name is terminated.
    let descriptor = unsafe { libc::memfd_create(c"wasmc".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(SystemError::last("create memory for the artifact"));
    }
    // SAFETY: a new descriptor that nothing else owns.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(bytes).map_err(|source| SystemError { operation: "copy the artifact", source })?;
    Ok(file)
}
