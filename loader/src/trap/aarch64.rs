//! What of leaving compiled code is bound to AArch64.

use std::arch::naked_asm;
use std::mem::offset_of;

use wasmc_contract::context::HostFunction;

use super::leave::{land_thrown, record_raise, record_unresolved};
use crate::exception::{self, Landing};
use crate::store::StoreInner;

/// Calls a function, which leaves a [`Landing`] at the address in the register named, and goes on there. The first
/// instructions give it its other arguments.
macro_rules! land {
    ($($argument:literal,)* in $landing:literal, $function:path) => {
        naked_asm!(
            $($argument,)*
            "sub sp, sp, {room}",
            concat!("mov ", $landing, ", sp"),
            "bl {function}",
            "ldr x9, [sp, {program_counter}]",
            "ldr x29, [sp, {frame_pointer}]",
            "ldr x0, [sp, {exception}]",
            "ldr x10, [sp, {stack_pointer}]",
            "mov sp, x10",
            "br x9",
            function = sym $function,
            room = const size_of::<Landing>(),
            program_counter = const offset_of!(Landing, program_counter),
            frame_pointer = const offset_of!(Landing, frame_pointer),
            exception = const offset_of!(Landing, exception),
            stack_pointer = const offset_of!(Landing, stack_pointer),
        )
    };
}

// The stack stays aligned.
const _: () = assert!(size_of::<Landing>().is_multiple_of(16));

/// [`wasmc_contract::builtin::Builtin::Raise`]: notes the frames, then goes on at the newest entry's handler; or, if it
/// is an exception that is pending, where that is caught.
///
/// # Safety
///
/// Called by compiled code only, with its store's context.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn raise(store: u64) -> ! {
    // The return address is compiled code's, and so is the frame pointer.
    land!("mov x1, x30", "mov x2, x29", in "x3", record_raise)
}

/// [`wasmc_contract::builtin::Builtin::Throw`]: goes on where the exception is caught. It has compiled code's
/// convention, in which the first argument is in `x2`.
///
/// # Safety
///
/// Called by compiled code only, with its own context and an exception of its store.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn throw(context: u64, exception: u64) -> ! {
    land!("mov x0, x2", "mov x1, x3", "mov x2, x30", "mov x3, x29", in "x4", land_thrown)
}

/// Calls a function with what calls preserve in registers on the stack; the stack pointer is in the register named, as one
/// argument more. (References are never in vector registers.)
macro_rules! with_registers_on_stack {
    ($stack_pointer:literal, $function:path) => {
        naked_asm!(
            "stp x29, x30, [sp, -96]!",
            "mov x29, sp",
            "stp x19, x20, [sp, 16]",
            "stp x21, x22, [sp, 32]",
            "stp x23, x24, [sp, 48]",
            "stp x25, x26, [sp, 64]",
            "stp x27, x28, [sp, 80]",
            concat!("mov ", $stack_pointer, ", sp"),
            "bl {function}",
            "ldp x29, x30, [sp], 96",
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
    with_registers_on_stack!("x3", exception::new_exception)
}

/// [`exception::collect_from`], with registers on the stack as in [`new_exception`].
///
/// # Safety
///
/// `store` must be one that this thread uses.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn collect_exceptions(store: *mut StoreInner) {
    with_registers_on_stack!("x1", exception::collect_from)
}

/// What compiled code calls for a host function of a type that no image of the store has a trampoline for: it traps.
/// It has compiled code's convention, in which the context is in `x2`.
///
/// # Safety
///
/// Called by compiled code only, with a [`HostFunction`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unresolved(host_function: u64) -> ! {
    naked_asm!(
        "stp x29, x30, [sp, -32]!",
        "mov x29, sp",
        "ldr x0, [x2, {store}]",
        "str x0, [sp, 16]",
        "bl {record}",
        "ldr x0, [sp, 16]",
        "bl {raise}",
        "udf 0",
        store = const offset_of!(HostFunction, store),
        record = sym record_unresolved,
        raise = sym raise,
    )
}
