//! What of leaving compiled code is bound to x86-64.

use std::arch::naked_asm;
use std::mem::offset_of;

use wasmc_contract::context::HostFunction;

use super::leave::{land_thrown, record_raise, record_unresolved};
use crate::exception::{self, Landing};
use crate::store::StoreInner;

/// [`wasmc_contract::builtin::Builtin::Raise`]: notes the frames, then goes on at the newest entry's handler; or, if it
/// is an exception that is pending, where that is caught.
///
/// # Safety
///
/// Called by compiled code only, with its store's context.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn raise(store: u64) -> ! {
    naked_asm!(
        // The return address is compiled code's, and so is the frame pointer.
        "mov rsi, [rsp]",
        "mov rdx, rbp",
        "sub rsp, {room}",
        "mov rcx, rsp",
        "call {record}",
        "mov rcx, [rsp + {program_counter}]",
        "mov rbp, [rsp + {frame_pointer}]",
        "mov rax, [rsp + {exception}]",
        "mov rsp, [rsp + {stack_pointer}]",
        "jmp rcx",
        record = sym record_raise,
        room = const LANDING_BYTES,
        program_counter = const offset_of!(Landing, program_counter),
        frame_pointer = const offset_of!(Landing, frame_pointer),
        exception = const offset_of!(Landing, exception),
        stack_pointer = const offset_of!(Landing, stack_pointer),
    )
}

/// [`wasmc_contract::builtin::Builtin::Throw`]: goes on where the exception is caught. It has compiled code's
/// convention, which has these arguments in the same registers.
///
/// # Safety
///
/// Called by compiled code only, with its own context and an exception of its store.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn throw(context: u64, exception: u64) -> ! {
    naked_asm!(
        "mov rdx, [rsp]",
        "mov rcx, rbp",
        "sub rsp, {room}",
        "mov r8, rsp",
        "call {land}",
        "mov rcx, [rsp + {program_counter}]",
        "mov rbp, [rsp + {frame_pointer}]",
        "mov rax, [rsp + {exception}]",
        "mov rsp, [rsp + {stack_pointer}]",
        "jmp rcx",
        land = sym land_thrown,
        room = const LANDING_BYTES,
        program_counter = const offset_of!(Landing, program_counter),
        frame_pointer = const offset_of!(Landing, frame_pointer),
        exception = const offset_of!(Landing, exception),
        stack_pointer = const offset_of!(Landing, stack_pointer),
    )
}

/// The stack's room for a [`Landing`], which leaves it aligned after a return address.
const LANDING_BYTES: usize = size_of::<Landing>() + 8;
const _: () = assert!(LANDING_BYTES % 16 == 8);

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

/// What compiled code calls for a host function of a type that no image of the store has a trampoline for: it traps.
/// It has compiled code's convention, which has the context in the same register.
///
/// # Safety
///
/// Called by compiled code only, with a [`HostFunction`].
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn unresolved(host_function: u64) -> ! {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "and rsp, -16",
        "mov rdi, [rdi + {store}]",
        "push rdi",
        "sub rsp, 8",
        "call {record}",
        "add rsp, 8",
        "pop rdi",
        "call {raise}",
        "ud2",
        store = const offset_of!(HostFunction, store),
        record = sym record_unresolved,
        raise = sym raise,
    )
}
