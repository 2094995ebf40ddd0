//! Tells the system how compiled code is unwound: exceptions of the embedder's, crash reports and debuggers inside of the
//! process then walk over its frames.
//!
//! The artifact's `.pdata` and `.xdata` go in, whose words are offsets in their sections; the system wants both from one base.
//! So a start only names a function that is to be asked, and the first question makes a table that fits.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use wasmc_contract::target::Architecture;
use windows_sys::Win32::System::Diagnostics::Debug::{
    PGET_RUNTIME_FUNCTION_CALLBACK, RtlDeleteFunctionTable, RtlInstallFunctionTableCallback,
};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};

use super::coff::UnwindSections;

/// How an entry of the table is laid out: the offsets where a function starts and (on x86-64) ends, and its record's.
const ENTRY_WORDS: usize = match HOST {
    Architecture::X86_64 => 3,
    Architecture::Aarch64 => 2,
};

const HOST: Architecture = if cfg!(target_arch = "aarch64") { Architecture::Aarch64 } else { Architecture::X86_64 };

type Entry = [u32; ENTRY_WORDS];

/// What is asked for by an address in compiled code.
struct Source {
    text: &'static [u8],
    functions: &'static [u8],
    records: &'static [u8],
    /// How far the records lie behind the start of the text.
    distance: u32,
    /// Made when it is first asked for; null until then.
    table: AtomicPtr<Entry>,
}

/// The system knows the code, until this is dropped.
pub(super) struct Unwinding {
    source: Box<Source>,
}

impl Unwinding {
    /// Registers `text`. `None` if the artifact has no records, or the system does not take them: code runs without.
    ///
    /// # Safety
    ///
    /// The mapping that `text` and `bytes`, the whole artifact, are of must live until this is dropped.
    pub(super) unsafe fn register(text: &'static [u8], bytes: &'static [u8]) -> Option<Self> {
        let UnwindSections { functions, records } = super::coff::unwind_sections(bytes)?;
        let (functions, records) = (&bytes[functions], &bytes[records]);
        let distance = records.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let is_addressable = distance.checked_add(records.len()).is_some_and(|end| u32::try_from(end).is_ok());
        if !is_addressable || !distance.is_multiple_of(4) {
            return None;
        }
        let distance = distance as u32;
        let source = Box::new(Source { text, functions, records, distance, table: AtomicPtr::new(null_mut()) });
        let context: *const Source = &raw const *source;
        let base = text.as_ptr().addr() as u64;
        let unwinding = Self { source };
        // SAFETY: the source stays where it is until this is dropped, which takes the registration back.
        let is_known = unsafe {
            let callback: PGET_RUNTIME_FUNCTION_CALLBACK = Some(find);
            let no_library = std::ptr::null();
            RtlInstallFunctionTableCallback(
                unwinding.identifier(),
                base,
                text.len() as u32,
                callback,
                context.cast(),
                no_library,
            )
        };
        if is_known {
            return Some(unwinding);
        }
        // Nothing was registered that its drop could take back.
        std::mem::forget(unwinding);
        None
    }

    /// What a registration with a function is known by: an address with the lowest bits set.
    fn identifier(&self) -> u64 {
        self.source.text.as_ptr().addr() as u64 | 3
    }
}

impl Drop for Unwinding {
    fn drop(&mut self) {
        let identifier = std::ptr::without_provenance(self.identifier() as usize);
        // SAFETY: it is registered; the system asks no more after that, and no code of the image is on a stack.
        unsafe {
            RtlDeleteFunctionTable(identifier);
            release(*self.source.table.get_mut());
        }
    }
}

impl Source {
    /// The number of the entry for the function with the instruction at `offset`.
    fn position(&self, offset: u32) -> Option<usize> {
        let count = self.functions.len() / size_of::<Entry>();
        let word = |entry: usize, word: usize| {
            let bytes = self.functions.get(entry * size_of::<Entry>() + word * 4..)?.first_chunk();
            bytes.map(|bytes| u32::from_le_bytes(*bytes))
        };
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if word(middle, 0)? <= offset { low = middle + 1 } else { high = middle }
        }
        let position = low.checked_sub(1)?;
        let (start, record) = (word(position, 0)?, word(position, ENTRY_WORDS - 1)?);
        let header = self.records.get(record as usize..)?.first_chunk()?;
        let end = match HOST {
            Architecture::X86_64 => word(position, 1)?,
            // The record's first 18 bits: how many instructions there are.
            Architecture::Aarch64 => start.checked_add((u32::from_le_bytes(*header) & 0x3_ffff) * 4)?,
        };
        (offset < end).then_some(position)
    }

    /// The table as the system wants it.
    fn table(&self) -> Option<*mut Entry> {
        let known = self.table.load(Ordering::Acquire);
        if !known.is_null() {
            return Some(known);
        }
        // Not from the heap: whoever walks a stack may be in the middle of it.
        // SAFETY: new memory at an address that the system chooses; as long as what is written to it.
        let table = unsafe {
            let length = self.functions.len();
            let table = VirtualAlloc(std::ptr::null(), length, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
            if table.is_null() {
                return None;
            }
            let words =
                self.functions.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
            for (index, word) in words.enumerate() {
                let is_record = index % ENTRY_WORDS == ENTRY_WORDS - 1;
                let word = if is_record { word.wrapping_add(self.distance) } else { word };
                table.cast::<u32>().add(index).write(word);
            }
            table.cast::<Entry>()
        };
        match self.table.compare_exchange(null_mut(), table, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Some(table),
            Err(known) => {
                // Another thread was first.
                // SAFETY: no one else knows it.
                unsafe { release(table) };
                Some(known)
            }
        }
    }
}

/// # Safety
///
/// It must be null, or a table that no one uses any more.
unsafe fn release(table: *mut Entry) {
    if !table.is_null() {
        // SAFETY: the caller's promise.
        unsafe { VirtualFree(table.cast(), 0, MEM_RELEASE) };
    }
}

/// What the system's own type for an entry is.
#[cfg(target_arch = "x86_64")]
type Found = windows_sys::Win32::System::Diagnostics::Debug::IMAGE_RUNTIME_FUNCTION_ENTRY;
#[cfg(target_arch = "aarch64")]
type Found = windows_sys::Win32::System::Diagnostics::Debug::IMAGE_ARM64_RUNTIME_FUNCTION_ENTRY;

/// The entry for an address; null if there is none.
///
/// # Safety
///
/// Called by the system only, with the source that was registered.
unsafe extern "system" fn find(address: u64, context: *const c_void) -> *mut Found {
    // SAFETY: the source lives as long as the registration.
    let source = unsafe { &*context.cast::<Source>() };
    let offset = address.wrapping_sub(source.text.as_ptr().addr() as u64);
    let entry = u32::try_from(offset).ok().and_then(|offset| source.position(offset)).zip(source.table());
    // SAFETY: the table has as many entries as there are functions.
    entry.map_or(null_mut(), |(position, table)| unsafe { table.add(position) }.cast())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use windows_sys::Win32::System::Diagnostics::Debug::{
        CONTEXT, RtlCaptureContext, RtlLookupFunctionEntry, RtlVirtualUnwind, UNW_FLAG_NHANDLER,
    };

    use super::*;
    use crate::{Caller, HostError, Image, Linker, Outcome, Store, StoreOptions};

    #[cfg(target_arch = "x86_64")]
    const ARTIFACT: &[u8] = include_bytes!("../../../tests/artifacts/1.0/x86_64-windows.o.z");
    #[cfg(target_arch = "aarch64")]
    const ARTIFACT: &[u8] = include_bytes!("../../../tests/artifacts/1.0/aarch64-windows.o.z");

    #[cfg(target_arch = "x86_64")]
    fn program_counter(context: &CONTEXT) -> u64 {
        context.Rip
    }

    #[cfg(target_arch = "x86_64")]
    fn wide(address: u64) -> u64 {
        address
    }

    #[cfg(target_arch = "aarch64")]
    fn wide(address: usize) -> u64 {
        address as u64
    }

    #[cfg(target_arch = "aarch64")]
    fn program_counter(context: &CONTEXT) -> u64 {
        context.Pc
    }

    /// As the system wants it.
    #[repr(align(16))]
    struct Aligned(CONTEXT);

    /// Where the function starts that the system says is at `address`; 0 if it knows none.
    fn start_of_function(address: u64) -> u64 {
        let mut base = 0;
        // SAFETY: any address may be asked for; an entry that is found can be read.
        unsafe {
            let entry = RtlLookupFunctionEntry(address as _, &raw mut base, null_mut());
            if entry.is_null() { 0 } else { wide(base) + u64::from((*entry).BeginAddress) }
        }
    }

    /// The addresses that the calls from here on return to, as the system unwinds them.
    fn walk() -> Vec<u64> {
        let mut walked = Vec::new();
        // SAFETY: the context is this function's, from which each step finds its caller's while there are entries.
        unsafe {
            let mut aligned: Aligned = std::mem::zeroed();
            let context = &mut aligned.0;
            RtlCaptureContext(context);
            while walked.len() < 200 {
                let (mut base, mut frame, mut handler) = (0, 0, null_mut());
                let entry = RtlLookupFunctionEntry(program_counter(context) as _, &raw mut base, null_mut());
                if entry.is_null() {
                    break;
                }
                let place = program_counter(context) as _;
                RtlVirtualUnwind(
                    UNW_FLAG_NHANDLER,
                    base,
                    place,
                    entry,
                    context,
                    &raw mut handler,
                    &raw mut frame,
                    null_mut(),
                );
                walked.push(program_counter(context));
            }
        }
        walked
    }

    /// Runs the program, which says things five times; where each was called from.
    #[inline(never)]
    fn run(image: &Image) -> Vec<Vec<u64>> {
        static WALKS: Mutex<Vec<Vec<u64>>> = Mutex::new(Vec::new());
        let mut linker = Linker::new();
        let say = |_: &mut Caller<'_>, _: i32, _: i32, _: i32, _: i32| {
            WALKS.lock().unwrap().push(walk());
            0
        };
        linker.function("wasi_snapshot_preview1", "fd_write", say).unwrap();
        let exit = |_: &mut Caller<'_>, status: i32| Err::<(), HostError>(HostError::Exit(status));
        linker.function("wasi_snapshot_preview1", "proc_exit", exit).unwrap();
        let mut store = Store::new(StoreOptions::default()).unwrap();
        let instance = linker.instantiate(&mut store, image).unwrap();
        let start = instance.function(&store, "_start").unwrap();
        assert!(matches!(start.call(&mut store, &[]), Ok(Outcome::Exited(42))));
        std::mem::take(&mut *WALKS.lock().unwrap())
    }

    #[test]
    fn the_system_walks_over_compiled_code() {
        let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(ARTIFACT).unwrap();
        let path = std::env::temp_dir().join(format!("wasmc-unwind-{}.o", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        for image in [Image::from_bytes(&bytes).unwrap(), Image::open(&path).unwrap()] {
            let text = image.inner.text.as_ptr_range();
            let text = text.start as u64..text.end as u64;
            let walks = run(&image);
            assert_eq!(walks.len(), 5);
            let own = start_of_function(run as fn(&Image) -> _ as usize as u64);
            for walk in walks {
                let inside: Vec<u64> = walk.iter().copied().filter(|address| text.contains(address)).collect();
                // The trampoline to the host, who says something, `$run`, the export, the entry.
                assert!(inside.len() >= 5, "{walk:x?}");
                for address in inside {
                    let start = start_of_function(address);
                    assert!(text.contains(&start) && start < address, "{address:x} {start:x}");
                }
                assert!(walk.iter().any(|address| start_of_function(*address) == own), "{walk:x?}");
            }
            drop(image);
            assert_eq!(start_of_function(text.start), 0);
        }
        std::fs::remove_file(&path).unwrap();
    }
}
