//! Builtins that take registers as they are, in System V's convention.

use std::arch::naked_asm;

use crate::exception;
use crate::store::StoreInner;

/// [`wasmc_contract::builtin::Builtin::Raise`]: notes the frames, then goes on at the newest entry's handler; or, if it
/// is an exception that is pending, where that is caught.
///
/// # Safety
///
/// Called by compiled code only, with its store's context.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn raise(store: u64) -> ! {
    naked_asm!("jmp {raise}", raise = sym super::raise_from)
}

/// Calls a function with what calls preserve in registers on the stack; the stack pointer is in the register named, as one
/// argument more.
macro_rules! with_registers_on_stack {
    ($stack_pointer:literal, $function:path) => {
        naked_asm!(
            "push rbx",
            "push rbp",
            "push r12",
            "push r13",
            "push r14",
            "push r15",
            "sub rsp, 8",
            concat!("mov ", $stack_pointer, ", rsp"),
            "call {function}",
            "add rsp, 56",
            "ret",
            function = sym $function,
        )
    };
}

/// [`wasmc_contract::builtin::Builtin::NewException`]: registers that the caller may have something in are put on the
/// stack, where exceptions that are still in use are looked for.
///
/// # Safety
///
/// As [`exception::new_exception`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn new_exception(context: u64, tag: u32, values: u64) -> u64 {
    with_registers_on_stack!("rcx", exception::new_exception)
}

/// [`exception::collect_from`], with registers on the stack as in [`new_exception`].
///
/// # Safety
///
/// `store` must be one that this thread uses.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn collect_exceptions(store: *mut StoreInner) {
    with_registers_on_stack!("rsi", exception::collect_from)
}
