//! The closed list of relocations that an artifact may hold.
//!
//! Text has none: calls inside a module are resolved when it is compiled, and everything else goes through the context
//! pointer. What is left stands in the descriptor: one absolute address for each section that it names. The unwind
//! section, which the system's linker reads and the loader does not, has pc-relative ones of its own.

/// A relocation that the loader applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationKind {
    /// The 64-bit absolute address of the symbol, plus the addend.
    Absolute64,
}

impl RelocationKind {
    /// The kind that ELF's `r_type` stands for on `machine` (`e_machine`); `None` for any other.
    pub const fn from_elf(machine: u16, r_type: u32) -> Option<Self> {
        match (machine, r_type) {
            (elf::MACHINE_X86_64, elf::R_X86_64_64) | (elf::MACHINE_AARCH64, elf::R_AARCH64_ABS64) => {
                Some(Self::Absolute64)
            }
            _ => None,
        }
    }
}

/// The numbers of the ELF specification and its processor supplements that the contract refers to.
pub mod elf {
    /// `EM_X86_64`.
    pub const MACHINE_X86_64: u16 = 62;
    /// `EM_AARCH64`.
    pub const MACHINE_AARCH64: u16 = 183;
    /// `S + A`, 64 bits, of the x86-64 psABI.
    pub const R_X86_64_64: u32 = 1;
    /// `S + A`, 64 bits, of the AArch64 ELF ABI.
    pub const R_AARCH64_ABS64: u32 = 257;
}
