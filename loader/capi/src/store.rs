//! `wasmc_store`: instances of linked modules.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_void};
use std::ptr::null_mut;

use loader::{Image, Instance, InterruptHandle, Linker, MemoryBudget, Store, StoreOptions};

use crate::failure::{CFailure, describe};
use crate::text::{read, report};

/// A store with the instances that C knows by the addresses of their contexts.
pub(crate) struct CStore {
    pub(crate) store: Store,
    instances: Vec<Instance>,
    /// Why the last call did not return.
    pub(crate) failure: Option<CFailure>,
}

impl CStore {
    /// The instance whose context is at `context`.
    pub(crate) fn find(&self, context: *const c_void) -> Option<Instance> {
        let is_it = |instance: &&Instance| {
            instance.context_address(&self.store).is_some_and(|address| address.cast_const().cast() == context)
        };
        self.instances.iter().find(is_it).copied()
    }
}

/// What to tell of traps, and with what.
struct TrapCallback {
    function: unsafe extern "C" fn(*mut c_void, *const c_char),
    environment: *mut c_void,
}

// SAFETY: the header has a store used by one thread at a time, and its callback with it.
unsafe impl Send for TrapCallback {}

/// `wasmc_limits` in the header.
#[repr(C)]
struct Limits {
    memory_bytes: u64,
    stack_bytes: u64,
}

/// Makes an empty store.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_store_new(error: *mut *mut c_char) -> *mut CStore {
    // SAFETY: `error` is null or valid, by the header.
    unsafe { new_store(StoreOptions::default(), error) }
}

/// Makes an empty store with limits.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_store_new_limited(limits: *const Limits, error: *mut *mut c_char) -> *mut CStore {
    // SAFETY: the header asks for limits.
    let limits = unsafe { &*limits };
    let bound = |bytes: u64| (bytes != 0).then_some(bytes);
    let mut options = StoreOptions::default();
    options.memory = bound(limits.memory_bytes).map_or_else(MemoryBudget::default, MemoryBudget::new);
    options.max_stack_bytes = bound(limits.stack_bytes);
    // SAFETY: `error` is null or valid, by the header.
    unsafe { new_store(options, error) }
}

/// What stops the store's code from another thread.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_interrupt_new(store: *const CStore) -> *mut InterruptHandle {
    // SAFETY: the header asks for a store of this API.
    Box::into_raw(Box::new(unsafe { &(*store).store }.interrupt_handle()))
}

/// Frees an interrupt; null is fine.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_interrupt_free(interrupt: *mut InterruptHandle) {
    if !interrupt.is_null() {
        // SAFETY: the header asks for one of `wasmc_interrupt_new`.
        drop(unsafe { Box::from_raw(interrupt) });
    }
}

/// Stops the code of the store that it was made for.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_interrupt_now(interrupt: *const InterruptHandle) {
    // SAFETY: the header asks for one of `wasmc_interrupt_new`.
    unsafe { &*interrupt }.interrupt();
}

/// # Safety
///
/// `error` must be null or valid for a write.
unsafe fn new_store(options: StoreOptions, error: *mut *mut c_char) -> *mut CStore {
    match Store::new(options) {
        Ok(store) => Box::into_raw(Box::new(CStore { store, instances: Vec::new(), failure: None })),
        Err(failure) => {
            // SAFETY: `error` is null or valid, by the header.
            unsafe { report(error, failure) };
            null_mut()
        }
    }
}

/// Frees a store with its instances; null is fine.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_store_free(store: *mut CStore) {
    if !store.is_null() {
        // SAFETY: the header asks for a store of `wasmc_store_new`.
        drop(unsafe { Box::from_raw(store) });
    }
}

/// Has a C function told of what exports' C-ABI entries cannot return.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_store_on_trap(
    store: *mut CStore,
    function: unsafe extern "C" fn(*mut c_void, *const c_char),
    environment: *mut c_void,
) {
    let callback = TrapCallback { function, environment };
    // SAFETY: the header asks for a store of `wasmc_store_new`.
    let store = unsafe { &mut (*store).store };
    // What was last told is kept here: a callback that leaves by longjmp would leave it behind.
    let last = RefCell::new(CString::default());
    store.on_export_failure(move |outcome| {
        let callback = &callback;
        let text = CString::new(describe(outcome).replace('\0', "\u{fffd}")).unwrap_or_default();
        last.replace(text);
        let text = last.borrow().as_ptr();
        // SAFETY: the C program has promised such a function. The text lives until the next failure, before which the
        // callback does not return.
        unsafe { (callback.function)(callback.environment, text) };
    });
}

/// Makes an instance of a linked module.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_instantiate(
    store: *mut CStore,
    linker: *const Linker,
    module: *const c_void,
    error: *mut *mut c_char,
) -> *mut c_void {
    // SAFETY: the header asks for a store and a linker of this API, and the symbol of a linked artifact.
    let (store, linker, image) = unsafe { (&mut *store, &*linker, Image::from_descriptor(module.cast())) };
    let failure = match image {
        Ok(image) => match linker.instantiate(&mut store.store, &image) {
            Ok(instance) => {
                store.instances.push(instance);
                return instance.context_address(&store.store).map_or(null_mut(), <*mut _>::cast);
            }
            Err(failure) => failure.to_string(),
        },
        Err(failure) => failure.to_string(),
    };
    // SAFETY: `error` is null or valid, by the header.
    unsafe { report(error, failure) };
    null_mut()
}

/// The address and length of an exported memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_memory(
    store: *mut CStore,
    instance: *const c_void,
    name: *const c_char,
    length_bytes: *mut usize,
) -> *mut u8 {
    // SAFETY: the header's requirements on both.
    let (store, name) = unsafe { (&*store, read(name)) };
    let memory = name.and_then(|name| store.find(instance)?.memory(&store.store, name));
    let Some(Ok(contents)) = memory.map(|memory| memory.contents(&store.store)) else { return null_mut() };
    if !length_bytes.is_null() {
        // SAFETY: the header asks for null or an address that is valid for a write.
        unsafe { length_bytes.write(contents.length() as usize) };
    }
    contents.base()
}
