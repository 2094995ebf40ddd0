//! Compiles WebAssembly ahead of time and runs it.
//!
//! The C library's entry is used as it is, and `wasmc run FILE` does without the parser: both take as long as loading a
//! program that was compiled before.
#![no_main]

use std::ffi::{c_char, c_int};

use mimalloc::MiMalloc;
use wasmrun::allocator::SmallFirst;

// mimalloc, for compiling with many threads.
#[global_allocator]
static ALLOCATOR: SmallFirst<MiMalloc> = SmallFirst::new(MiMalloc);

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
