//! Who calls whom, with which arguments.
//!
//! **Inside compiled code.** Cranelift's `Tail` convention: the callee's context, then the WebAssembly parameters;
//! results in order. References are 64-bit integers. Frame pointers are kept by all compiled code, and the return
//! address lies above the saved frame pointer, so a backtrace needs no table.
//!
//! **Host to compiled code.** The artifact holds one array entry for each function type, at
//! [`crate::metadata::TypeRecord::array_entry`]: `entry(context, code, values, store) -> u64`, in the target's C
//! convention. `values` has as many 16-byte slots as the larger of the numbers of parameters and of results; a value lies
//! in its slot's low bytes. It notes in the store's context where to continue after a trap, calls `code` with `context`
//! and the parameters, leaves the results in their place, and returns [`RETURNED`] or, when the code was left by a trap, [`RAISED`]. The loader saves the
//! `entry_*` and `exit_*` fields of the store's context before it and restores them after it.
//!
//! **Compiled code to the host.** An imported host function's `code` is the artifact's own trampoline for its type, and
//! its `context` a [`crate::context::HostFunction`]. Two kinds of trampoline, of which the loader chooses:
//!
//! * typed ([`crate::metadata::TypeRecord::host_call`]): calls `function(host_function, parameters...)` with the
//!   target's C convention; one result is returned in the C convention's way, more than one through a last argument,
//!   the address of an array of 16-byte values. Types with a `v128` have none;
//! * array ([`crate::metadata::TypeRecord::host_array_call`]): calls `function(host_function, values)`, which takes its
//!   parameters from, and leaves its results in, an array as an array entry's.
//!
//! Both store their frame pointer in [`crate::context::StoreContext::exit_frame_pointer`] before the call, and look at
//! [`crate::context::StoreContext::pending`] after it: if it is not 0, they call [`crate::builtin::Builtin::Raise`].
//!
//! **C programs that link an artifact.** Each exported function has a C-ABI entry, named by [`crate::symbol`], which
//! takes the address of an instance's context, then its parameters, and (as above) the address for more than one
//! result. It stores its arguments in an array and calls [`crate::builtin::Builtin::CallExport`].

/// What an array entry returns when the function returned.
pub const RETURNED: u64 = 0;

/// What an array entry returns when the function was left by a trap or an exception; the store knows which.
pub const RAISED: u64 = 1;
