//! What of leaving compiled code is bound to x86-64.
//!
//! Compiled code's own convention passes arguments as System V's does, on Windows too; what is called in C's way is in a
//! file for each of the two.

use std::arch::naked_asm;
use std::mem::offset_of;

use wasmc_contract::context::HostFunction;

use super::leave::{land_thrown, record_raise, record_unresolved};
use crate::exception::Landing;

#[cfg(not(windows))]
mod system_v;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(crate) use system_v::{collect_exceptions, new_exception, raise};
#[cfg(windows)]
pub(crate) use windows::{collect_exceptions, new_exception, raise};

/// What `raise` does, with the store in `rdi`, where compiled code's own convention has its first argument.
///
/// # Safety
///
/// As `raise`.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn raise_from(store: u64) -> ! {
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
pub(crate) unsafe extern "sysv64" fn throw(context: u64, exception: u64) -> ! {
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

/// What compiled code calls for a host function of a type that no image of the store has a trampoline for: it traps.
/// It has compiled code's convention, which has the context in the same register.
///
/// # Safety
///
/// Called by compiled code only, with a [`HostFunction`].
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn unresolved(host_function: u64) -> ! {
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
        raise = sym raise_from,
    )
}
