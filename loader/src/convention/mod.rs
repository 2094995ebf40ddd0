//! What stands at the borders of compiled code: entries, builtins, host functions. It is the system's C convention, and
//! nothing has to be done about it; but a loader for tests also runs other systems' code.

use std::ffi::c_void;

#[cfg(feature = "foreign-containers")]
mod foreign;
#[cfg(all(feature = "foreign-containers", target_arch = "x86_64", not(windows)))]
mod foreign_x86_64;
#[cfg(not(all(feature = "foreign-containers", target_arch = "x86_64", not(windows))))]
mod own;

#[cfg(feature = "foreign-containers")]
pub(crate) use foreign::{builtins, is_for_this_cpu, trampolines};
#[cfg(all(feature = "foreign-containers", target_arch = "x86_64", not(windows)))]
pub(crate) use foreign_x86_64::{call_entry, host_array};
#[cfg(not(feature = "foreign-containers"))]
pub(crate) use own::builtins;
#[cfg(not(all(feature = "foreign-containers", target_arch = "x86_64", not(windows))))]
pub(crate) use own::{call_entry, host_array};

/// Code of an artifact that calls `code` with `context` and the parameters in `values`, and leaves the results there: gives
/// [`wasmc_contract::convention::RETURNED`] or [`wasmc_contract::convention::RAISED`].
///
/// # Safety
///
/// `code` must be compiled code of the entry's type that belongs to `context`; `values` must have as many 16-byte slots as
/// the larger of the numbers of parameters and of results; and `store` must be the context of the store that `context`
/// lives in, with its `entry_*` fields saved by the caller.
pub(crate) type ArrayEntry =
    unsafe extern "C" fn(context: *mut c_void, code: *const c_void, values: *mut c_void, store: *mut c_void) -> u64;

/// A host function that takes its arguments from, and leaves its results in, an array of 16-byte values.
///
/// # Safety
///
/// Called by compiled code only, with its own [`wasmc_contract::context::HostFunction`].
pub(crate) type HostArrayFunction = unsafe extern "C" fn(host_function: *mut c_void, values: *mut c_void);

/// The trampolines that an image is used by.
#[cfg(not(feature = "foreign-containers"))]
pub(crate) fn trampolines(
    _: wasmc_contract::target::Target,
    own: crate::image::Trampolines,
) -> crate::image::Trampolines {
    own
}
