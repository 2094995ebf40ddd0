//! Who calls whom, with which arguments.
//!
//! **Inside compiled code.** Cranelift's `Tail` convention: the callee's context, then the WebAssembly parameters;
//! results in order. References are 64-bit integers. Frame pointers are kept by all compiled code, and the return
//! address lies above the saved frame pointer, so a backtrace needs no table.
//!
//! **Host to compiled code.** The artifact holds one [`ArrayEntry`] for each function type, at
//! [`crate::metadata::TypeRecord::array_entry`]. It notes in the store's context where to continue after a trap, calls
//! the function, and returns [`RETURNED`] or, when the code was left by a trap, [`RAISED`]. The loader saves the
//! `entry_*` and `exit_*` fields of the store's context before it and restores them after it.
//!
//! **Compiled code to the host.** An imported host function's `code` is the artifact's own trampoline for its type, and
//! its `context` a [`crate::context::HostFunction`]. Two kinds of trampoline, of which the loader chooses:
//!
//! * typed ([`crate::metadata::TypeRecord::host_call`]): calls `function(host_function, parameters...)` with the
//!   target's C convention; one result is returned in the C convention's way, more than one through a last argument,
//!   the address of an array of 16-byte values. Types with a `v128` have none;
//! * array ([`crate::metadata::TypeRecord::host_array_call`]): calls [`HostArrayFunction`].
//!
//! Both store their frame pointer in [`crate::context::StoreContext::exit_frame_pointer`] before the call, and look at
//! [`crate::context::StoreContext::pending`] after it: if it is not 0, they call [`crate::builtin::Builtin::Raise`].
//!
//! **C programs that link an artifact.** Each exported function has a C-ABI entry, named by [`crate::symbol`], which
//! takes the address of an instance's context, then its parameters, and (as above) the address for more than one
//! result. It stores its arguments in an array and calls [`crate::builtin::Builtin::CallExport`].

use core::ffi::c_void;

/// What an [`ArrayEntry`] returns when the function returned.
pub const RETURNED: u64 = 0;

/// What an [`ArrayEntry`] returns when the function was left by a trap or an exception; the store knows which.
pub const RAISED: u64 = 1;

/// Calls `code` with `context` and the parameters in `values`, and leaves the results there.
///
/// `(context, code, values, store) -> RETURNED | RAISED`. `values` has as many 16-byte slots as the larger of the
/// numbers of parameters and of results; a value lies in its slot's low bytes.
///
/// # Safety
///
/// `code` must be compiled code of the entry's type that belongs to `context`, `values` large enough, and `store` the
/// context of the store that `context` lives in, with its `entry_*` fields saved by the caller.
pub type ArrayEntry =
    unsafe extern "C" fn(context: *mut c_void, code: *const c_void, values: *mut c_void, store: *mut c_void) -> u64;

/// A host function that takes its arguments from, and leaves its results in, an array of 16-byte values.
///
/// # Safety
///
/// Called by compiled code only, with its own [`crate::context::HostFunction`].
pub type HostArrayFunction = unsafe extern "C" fn(host_function: *mut c_void, values: *mut c_void);
