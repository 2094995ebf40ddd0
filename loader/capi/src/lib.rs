//! The C API of `include/wasmc.h`: what C programs that link artifacts call, and what other languages bind to.
//!
//! Pointers come in from C and are trusted as the header says; errors go out as texts. Nothing here maps or calls guest
//! code itself: that is the loader's.

mod argument;
mod call;
mod failure;
mod linker;
mod store;
mod text;

/// A value as `wasmc_value` in the header.
#[derive(Clone, Copy)]
#[repr(C)]
union CValue {
    i32: i32,
    i64: i64,
    f32: u32,
    f64: u64,
    v128: [u64; 2],
}
