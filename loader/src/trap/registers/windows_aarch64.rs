//! Registers of AArch64 as Windows passes them.

use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

use crate::trap::{Continuation, Place};

pub(in crate::trap) fn place(interrupted: &CONTEXT) -> Place {
    // SAFETY: the union is of the registers by number and by name.
    let frame_pointer = unsafe { interrupted.Anonymous.Anonymous.Fp };
    Place { program_counter: interrupted.Pc, frame_pointer }
}

pub(in crate::trap) fn go_on(interrupted: &mut CONTEXT, continuation: &Continuation) {
    interrupted.Pc = continuation.program_counter;
    interrupted.Sp = continuation.stack_pointer;
    interrupted.Anonymous.Anonymous.Fp = continuation.frame_pointer;
}
