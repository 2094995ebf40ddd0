//! A function's prologue in, how it is unwound out, as bytes of its system's own format: a module has very many of them.
//!
//! For Linux and macOS they are entries of `.eh_frame` ([`system_v`]). For Windows they are what `.xdata` has between its
//! header and the next record; written here, since the code generator's own lose registers on x86-64 and refuse long
//! prologues on AArch64.

use cranelift_codegen::CompiledCode;
use cranelift_codegen::isa::TargetIsa;
use wasmc_contract::target::{Architecture, System, Target};

pub(crate) mod system_v;
mod windows_aarch64;
mod windows_x86_64;

pub(crate) use windows_aarch64::{END as ARM64_END, END_HERE as ARM64_END_HERE};

/// How the function whose code is `compiled` is unwound; `None` if it has no frame.
pub(crate) fn entry(compiled: &CompiledCode, isa: &dyn TargetIsa, target: Target) -> Result<Option<Vec<u8>>, String> {
    let steps = &compiled.buffer.unwind_info;
    match (target.system, target.architecture) {
        (System::Windows, Architecture::X86_64) => windows_x86_64::record(steps, isa),
        (System::Windows, Architecture::Aarch64) => windows_aarch64::codes(steps, isa),
        (System::Linux | System::Macos, _) => system_v::entry(compiled, isa, target.system),
    }
}

/// The number of a register in the numbering of DWARF.
fn dwarf_number(isa: &dyn TargetIsa, register: impl Into<cranelift_codegen::Reg>) -> Result<u8, String> {
    let number = isa.map_regalloc_reg_to_dwarf(register.into()).map_err(|error| error.to_string())?;
    u8::try_from(number).map_err(|_| format!("register {number} cannot be saved"))
}
