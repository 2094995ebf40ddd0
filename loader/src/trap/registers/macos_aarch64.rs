//! Registers of AArch64 as macOS passes them.

use crate::trap::{Continuation, Place};

pub(in crate::trap) fn place(interrupted: &libc::ucontext_t) -> Place {
    // SAFETY: the system passes the registers beside the context.
    let registers = unsafe { &(*interrupted.uc_mcontext).__ss };
    Place { program_counter: registers.__pc, frame_pointer: registers.__fp }
}

pub(in crate::trap) fn go_on(interrupted: &mut libc::ucontext_t, continuation: &Continuation) {
    // SAFETY: as above; they are as much ours to change as the context is.
    let registers = unsafe { &mut (*interrupted.uc_mcontext).__ss };
    registers.__pc = continuation.program_counter;
    registers.__sp = continuation.stack_pointer;
    registers.__fp = continuation.frame_pointer;
}
