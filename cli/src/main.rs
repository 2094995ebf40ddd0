//! Compiles WebAssembly ahead of time and runs it.
//!
//! The C library's entry is used as it is, and `wasmc run FILE` does without the parser: both take as long as loading a
//! program that was compiled before.
#![no_main]

use std::ffi::{c_char, c_int};

// Where musl's allocator would be the choice: a start takes no system call, and threads that compile do not wait for each
// other.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: wasmrun::allocator::SmallFirst<mimalloc::MiMalloc> =
    wasmrun::allocator::SmallFirst::new(mimalloc::MiMalloc);

/// Called by the C library.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    wasmrun::process::open_standard_streams();
    // SAFETY: the C library passes as many strings, which end with a NUL and stay.
    let arguments = unsafe { wasmrun::process::arguments(count, arguments) };
    if let Some(status) = wasmc::run_program(&arguments) {
        wasmrun::process::exit(status);
    }
    let status = wasmc::run(arguments);
    // Nothing is torn down: the system does that faster.
    std::process::exit(status);
}
