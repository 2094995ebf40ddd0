//! Where code is, as sanitizers ask it: addresses of code in, what is known of them out. That is nothing, so reports of
//! sanitizers name a place in the source and no calls that led there, as they do without `-sUSE_OFFSET_CONVERTER`.

use wasmc_loader::{Caller, HostError};

use crate::thread::ThreadState;

/// `emscripten_stack_snapshot`: the address that is running now.
pub(crate) fn here(_: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(0)
}

/// `emscripten_return_address`, and `emscripten_pc_get_*`: an address, a text's address or a number.
pub(crate) fn unknown(_: &ThreadState, _: &mut Caller<'_>, _: u32) -> Result<u32, HostError> {
    Ok(0)
}

/// `emscripten_stack_unwind_buffer`: how many addresses were written.
pub(crate) fn unwind(_: &ThreadState, _: &mut Caller<'_>, _: u32, _: u32, _: u32) -> Result<u32, HostError> {
    Ok(0)
}

/// `_emscripten_sanitizer_get_option`: the address of a text with options, if there are some.
pub(crate) fn options(_: &ThreadState, _: &mut Caller<'_>, _: u32) -> Result<u32, HostError> {
    Ok(0)
}
