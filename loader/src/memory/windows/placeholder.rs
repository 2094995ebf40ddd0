//! The system's functions for placeholders, which came with Windows 10, version 1803: looked up while the program runs, so
//! that it starts on an older system too. Whether they do what they are for is tried once.

use std::ffi::{CStr, c_void};
use std::os::windows::io::{AsHandle as _, FromRawHandle as _, OwnedHandle};
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, MEM_EXTENDED_PARAMETER, PAGE_READWRITE, UNMAP_VIEW_OF_FILE_FLAGS, VIRTUAL_ALLOCATION_TYPE,
};
use windows_sys::core::{BOOL, w};

use super::Range;
use crate::error::SystemError;

/// What memory is mapped in steps of.
const GRANULE_BYTES: usize = 64 << 10;

/// `VirtualAlloc2`
type Allocate = unsafe extern "system" fn(
    HANDLE,
    *const c_void,
    usize,
    VIRTUAL_ALLOCATION_TYPE,
    u32,
    *mut MEM_EXTENDED_PARAMETER,
    u32,
) -> *mut c_void;

/// `MapViewOfFile3`
type Map = unsafe extern "system" fn(
    HANDLE,
    HANDLE,
    *const c_void,
    u64,
    usize,
    VIRTUAL_ALLOCATION_TYPE,
    u32,
    *mut MEM_EXTENDED_PARAMETER,
    u32,
) -> *mut c_void;

/// `UnmapViewOfFile2`
type Unmap = unsafe extern "system" fn(HANDLE, *const c_void, UNMAP_VIEW_OF_FILE_FLAGS) -> BOOL;

#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) allocate: Allocate,
    pub(super) map: Map,
    pub(super) unmap: Unmap,
}

/// The functions.
pub(super) fn functions() -> Result<Functions, SystemError> {
    static FUNCTIONS: OnceLock<Option<Functions>> = OnceLock::new();
    let unsupported = SystemError { operation: "map a memory image", source: std::io::ErrorKind::Unsupported.into() };
    FUNCTIONS.get_or_init(find).ok_or(unsupported)
}

fn find() -> Option<Functions> {
    /// A function of whatever type.
    type Found = unsafe extern "system" fn() -> isize;
    // SAFETY: the library is part of every process and never goes; the functions have the types that they are given.
    unsafe {
        let library = GetModuleHandleW(w!("kernelbase.dll"));
        if library.is_null() {
            return None;
        }
        let function = |name: &CStr| GetProcAddress(library, name.as_ptr().cast());
        Some(Functions {
            allocate: std::mem::transmute::<Found, Allocate>(function(c"VirtualAlloc2")?),
            map: std::mem::transmute::<Found, Map>(function(c"MapViewOfFile3")?),
            unmap: std::mem::transmute::<Found, Unmap>(function(c"UnmapViewOfFile2")?),
        })
    }
}

/// Whether pages of a file can lie in the middle of a memory: tried with two of this process.
pub(crate) fn are_files_mapped() -> bool {
    static ARE_MAPPED: OnceLock<bool> = OnceLock::new();
    *ARE_MAPPED.get_or_init(|| trial().is_some())
}

fn trial() -> Option<()> {
    // SAFETY: a section without a name or a file; the handle is checked.
    let section = unsafe {
        let none = std::ptr::null();
        let length = 2 * GRANULE_BYTES as u32;
        let section = CreateFileMappingW(INVALID_HANDLE_VALUE, none, PAGE_READWRITE, 0, length, std::ptr::null());
        (!section.is_null()).then(|| OwnedHandle::from_raw_handle(section))
    }?;
    let place = GRANULE_BYTES..2 * GRANULE_BYTES;
    let range = Range::reserve(3 * GRANULE_BYTES, &Some(place.clone())).ok()?;
    // SAFETY: the range is new, and has room there.
    unsafe {
        range.map_private(place.start, GRANULE_BYTES, section.as_handle(), 0).ok()?;
        // Mapped a second time, as a reset does.
        range.map_private(place.start, GRANULE_BYTES, section.as_handle(), GRANULE_BYTES as u64).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::os::windows::io::AsRawHandle as _;

    use windows_sys::Win32::System::Memory::PAGE_READONLY;

    use super::*;
    use crate::memory::{Contents, Initial, Mapping};

    /// What is mapped of a file comes back when a memory is reset, and when another memory takes its addresses.
    #[test]
    fn pages_of_a_file_come_back() {
        if !are_files_mapped() {
            eprintln!("nothing mapped: this system has no placeholders");
            return;
        }
        let path = std::env::temp_dir().join(format!("wasmc-image-{}", std::process::id()));
        std::fs::write(&path, [vec![6_u8; GRANULE_BYTES], vec![7; GRANULE_BYTES]].concat()).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        // SAFETY: the file is open; the handle is checked.
        let section = unsafe {
            let none = std::ptr::null();
            let section = CreateFileMappingW(file.as_raw_handle(), none, PAGE_READONLY, 0, 0, std::ptr::null());
            assert!(!section.is_null());
            OwnedHandle::from_raw_handle(section)
        };
        let granule = GRANULE_BYTES as u64;
        for (address, length) in [(0, granule), (granule, granule), (0, 3 * granule), (2 * granule, 3 * granule)] {
            let contents = Contents::File { file: section.as_handle(), offset: granule, length: granule };
            for _ in 0..2 {
                let initial = Some(Initial { address, contents });
                let mapping = Mapping::new(1 << 33, (address + granule).max(length), initial).unwrap();
                // SAFETY: all within what is accessible; the section is open.
                unsafe {
                    let (start, inside) = (mapping.base(), mapping.base().add(address as usize + 100));
                    let last = start.add((address + granule).max(length) as usize - 1);
                    let zero = if address == 0 { 7 } else { 0 };
                    assert_eq!((start.read(), inside.read()), (zero, 7));
                    start.write(1);
                    inside.write(8);
                    last.write(9);
                    mapping.make_accessible(20 * granule).unwrap();
                    start.add(20 * GRANULE_BYTES - 1).write(3);
                    assert_eq!((start.read(), inside.read(), last.read()), (1, 8, 9));
                    mapping.reset((address + granule).max(length), 20 * granule).unwrap();
                    assert_eq!((start.read(), inside.read()), (zero, 7));
                    assert_eq!(
                        last.read(),
                        if last >= inside && last < inside.add(GRANULE_BYTES - 100) { 7 } else { 0 }
                    );
                    mapping.make_accessible(20 * granule).unwrap();
                    assert_eq!(start.add(20 * GRANULE_BYTES - 1).read(), 0);
                    inside.write(8);
                }
            }
        }
        drop(section);
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap()[GRANULE_BYTES + 100], 7);
        std::fs::remove_file(&path).unwrap();
    }
}
