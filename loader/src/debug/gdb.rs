//! The interface by which gdb and lldb learn of code that a program generates.
//!
//! A list of objects hangs on a variable with a known name; a function with a known name is called after each change,
//! where the debugger has a breakpoint. An object is a copy of the artifact whose text section has its address.

use std::ptr::null_mut;
use std::sync::Mutex;

use wasmc_contract::section::Section;

#[repr(C)]
struct CodeEntry {
    next: *mut CodeEntry,
    previous: *mut CodeEntry,
    object: *const u8,
    object_bytes: u64,
}

#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut CodeEntry,
    first: *mut CodeEntry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: null_mut(), first: null_mut() };

/// Where the debugger has its breakpoint.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // Keeps the call from being optimised away.
    std::hint::black_box(());
}

/// Held by who changes the list.
static WRITER: Mutex<()> = Mutex::new(());

/// An object that debuggers know.
pub(super) struct Entry {
    entry: *mut CodeEntry,
    #[expect(dead_code, reason = "the debugger reads it until the entry is dropped")]
    object: Vec<u8>,
}

// SAFETY: the entry is changed only while `WRITER` is held.
unsafe impl Send for Entry {}

impl Entry {
    pub(super) fn new(object: Vec<u8>) -> Self {
        let _writer = WRITER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: `WRITER` is held, and nothing else touches the list.
        unsafe {
            let first = __jit_debug_descriptor.first;
            let (object_start, object_bytes) = (object.as_ptr(), object.len() as u64);
            let entry = CodeEntry { next: first, previous: null_mut(), object: object_start, object_bytes };
            let entry = Box::into_raw(Box::new(entry));
            if !first.is_null() {
                (*first).previous = entry;
            }
            __jit_debug_descriptor.first = entry;
            announce(REGISTER, entry);
            Self { entry, object }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let _writer = WRITER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // SAFETY: `WRITER` is held; the entry is in the list, and its own after it was taken out.
        unsafe {
            let (next, previous) = ((*self.entry).next, (*self.entry).previous);
            if previous.is_null() {
                __jit_debug_descriptor.first = next;
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            announce(UNREGISTER, self.entry);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// # Safety
///
/// `WRITER` must be held.
unsafe fn announce(action: u32, entry: *mut CodeEntry) {
    // SAFETY: the caller's promise.
    unsafe {
        __jit_debug_descriptor.relevant = entry;
        __jit_debug_descriptor.action = action;
    }
    __jit_debug_register_code();
}

/// A copy of the artifact `bytes` in which the text section has the address of `text`. The bytes were checked when they
/// were loaded. `None` if it is of a kind that debuggers are not told of.
pub(super) fn loaded_object(bytes: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(b"\x7fELF") {
        return None;
    }
    let text_offset = (text.as_ptr() as usize).checked_sub(bytes.as_ptr() as usize)? as u64;
    let mut object = bytes.to_vec();
    let word = |object: &[u8], at: usize| Some(u64::from_le_bytes(*object.get(at..)?.first_chunk()?));
    let table = usize::try_from(word(&object, 40)?).ok()?;
    let count = usize::from(u16::from_le_bytes(*object.get(60..)?.first_chunk()?));
    for index in 0..count {
        let header = table.checked_add(index.checked_mul(64)?)?;
        let is_text = word(&object, header + 24)? == text_offset && word(&object, header + 32)? == text.len() as u64;
        if is_text {
            object.get_mut(header + 16..)?.get_mut(..8)?.copy_from_slice(&(text.as_ptr() as u64).to_le_bytes());
            return Some(object);
        }
    }
    debug_assert!(false, "{} is in the artifact", Section::Text.elf_name());
    None
}
