//! Registers of x86-64 as Windows passes them.

use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

use crate::trap::{Continuation, Place};

pub(in crate::trap) fn place(interrupted: &CONTEXT) -> Place {
    Place { program_counter: interrupted.Rip, frame_pointer: interrupted.Rbp }
}

pub(in crate::trap) fn go_on(interrupted: &mut CONTEXT, continuation: &Continuation) {
    interrupted.Rip = continuation.program_counter;
    interrupted.Rsp = continuation.stack_pointer;
    interrupted.Rbp = continuation.frame_pointer;
}
