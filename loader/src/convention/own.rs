//! This system's convention, as Rust calls functions itself.

use std::ffi::c_void;

use wasmc_contract::context::StoreContext;
use wasmc_contract::target::Target;

use super::{ArrayEntry, HostArrayFunction};

/// The table of builtins for an image's instances.
pub(crate) fn builtins(_: Target, _: *mut StoreContext) -> u64 {
    crate::builtin::table()
}

/// Calls an entry.
///
/// # Safety
///
/// As [`ArrayEntry`].
pub(crate) unsafe fn call_entry(
    entry: ArrayEntry,
    context: *mut c_void,
    code: *const c_void,
    values: *mut c_void,
    store: *mut c_void,
) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { entry(context, code, values, store) }
}

/// What an image's code calls for a host function that takes an array.
pub(crate) fn host_array(_: Target, array: HostArrayFunction) -> u64 {
    array as usize as u64
}
