//! In the place of the unwinder that Rust's library comes with on musl: there are no frames to find.
//!
//! A released `wasmrun` has no names and no tables for unwinding, and a panic aborts it, so all that an unwinder could do is to
//! print addresses. What it finds is known here when everything is linked together, and with it goes what would have
//! read debug information for backtraces: nearly 300 KB. Traps of programs are walked by the loader, which has no part in this.

use std::ffi::{c_int, c_void};

/// `_URC_END_OF_STACK`
const END_OF_STACK: c_int = 5;

/// Calls nobody back.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_: *const c_void, _: *mut c_void) -> c_int {
    END_OF_STACK
}

/// What else is asked of an unwinder, by functions that only it would call. Were any of these left out, all of the library's
/// would be linked, which defines the one above a second time.
macro_rules! never_called {
    ($($name:ident)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name() -> ! {
                std::process::abort()
            }
        )*
    };
}

never_called! {
    _Unwind_GetCFA _Unwind_GetDataRelBase _Unwind_GetIP _Unwind_GetIPInfo _Unwind_GetLanguageSpecificData
    _Unwind_GetRegionStart _Unwind_GetTextRelBase _Unwind_Resume _Unwind_SetGR _Unwind_SetIP
}
