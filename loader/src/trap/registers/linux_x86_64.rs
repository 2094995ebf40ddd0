//! Registers of x86-64 as Linux passes them.

use crate::trap::{Continuation, Place};

pub(in crate::trap) fn place(interrupted: &libc::ucontext_t) -> Place {
    let registers = &interrupted.uc_mcontext.gregs;
    Place {
        program_counter: registers[libc::REG_RIP as usize].cast_unsigned(),
        frame_pointer: registers[libc::REG_RBP as usize].cast_unsigned(),
    }
}

pub(in crate::trap) fn go_on(interrupted: &mut libc::ucontext_t, continuation: &Continuation) {
    let registers = &mut interrupted.uc_mcontext.gregs;
    registers[libc::REG_RIP as usize] = continuation.program_counter.cast_signed();
    registers[libc::REG_RSP as usize] = continuation.stack_pointer.cast_signed();
    registers[libc::REG_RBP as usize] = continuation.frame_pointer.cast_signed();
}
