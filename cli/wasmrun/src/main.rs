//! `wasmrun [OPTIONS] FILE.o [ARGS…]`: runs what `wasmc compile` made.
//!
//! The C library's entry is used as it is: what Rust's own does before it (reading the memory map for a guard page,
//! handlers that ours replace, a second signal stack) takes as long as loading a program.
#![no_main]

use std::ffi::{c_char, c_int};

#[cfg(all(target_env = "musl", panic = "abort"))]
mod no_unwinder;

// Where musl's allocator would be the choice, which makes a mapping for each size.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: wasmrun::allocator::SmallFirst<dlmalloc::GlobalDlmalloc> =
    wasmrun::allocator::SmallFirst::new(dlmalloc::GlobalDlmalloc);

/// Called by the C library.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    wasmrun::process::open_standard_streams();
    // SAFETY: the C library passes as many strings, which end with a NUL and stay.
    let arguments = unsafe { wasmrun::process::arguments(count, arguments) };
    wasmrun::process::exit(wasmrun::main(arguments, &[]))
}
