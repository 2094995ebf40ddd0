//! Registers of AArch64 as Linux passes them.

use crate::trap::{Continuation, Place};

/// The number of the frame pointer among the general registers.
const FRAME_POINTER: usize = 29;

pub(in crate::trap) fn place(interrupted: &libc::ucontext_t) -> Place {
    let registers = &interrupted.uc_mcontext;
    Place { program_counter: registers.pc, frame_pointer: registers.regs[FRAME_POINTER] }
}

pub(in crate::trap) fn go_on(interrupted: &mut libc::ucontext_t, continuation: &Continuation) {
    let registers = &mut interrupted.uc_mcontext;
    registers.pc = continuation.program_counter;
    registers.sp = continuation.stack_pointer;
    registers.regs[FRAME_POINTER] = continuation.frame_pointer;
}
