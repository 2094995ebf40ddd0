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

    /// The kind that the second word of Mach-O's `relocation_info` stands for: all targets have the same number for it.
    pub const fn from_macho(information: u32) -> Option<Self> {
        match information & !macho::SECTION_MASK {
            macho::UNSIGNED_64_OF_SECTION => Some(Self::Absolute64),
            _ => None,
        }
    }

    /// The kind that a COFF relocation's type stands for on `machine`; `None` for any other.
    pub const fn from_coff(machine: u16, kind: u16) -> Option<Self> {
        match (machine, kind) {
            (coff::MACHINE_X86_64, coff::AMD64_ADDR64) | (coff::MACHINE_AARCH64, coff::ARM64_ADDR64) => {
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

/// The numbers of Mach-O that the contract refers to. The word that is relocated holds the address that the object gives
/// the place; all sections lie in one segment without a name.
pub mod macho {
    /// `CPU_TYPE_X86_64`.
    pub const CPU_X86_64: u32 = 0x0100_0007;
    /// `CPU_TYPE_ARM64`.
    pub const CPU_AARCH64: u32 = 0x0100_000c;
    /// The bits of a relocation's second word that are the section's number, from 1.
    pub const SECTION_MASK: u32 = 0x00ff_ffff;
    /// The others: `X86_64_RELOC_UNSIGNED` and `ARM64_RELOC_UNSIGNED`, both 0; 8 bytes; of a section.
    pub const UNSIGNED_64_OF_SECTION: u32 = 3 << 25;
}

/// The numbers of COFF that the contract refers to.
///
/// The word that is relocated holds the addend. `.pdata` has, for each function, the offsets in the text where it starts
/// and (on x86-64) where it ends, and the offset in `.xdata` of how it is unwound, each of 32 bits and relocated against
/// its section: where nothing links the object, these are offsets still.
pub mod coff {
    /// `IMAGE_FILE_MACHINE_AMD64`.
    pub const MACHINE_X86_64: u16 = 0x8664;
    /// `IMAGE_FILE_MACHINE_ARM64`.
    pub const MACHINE_AARCH64: u16 = 0xaa64;
    /// `IMAGE_REL_AMD64_ADDR64`.
    pub const AMD64_ADDR64: u16 = 1;
    /// `IMAGE_REL_AMD64_ADDR32NB`.
    pub const AMD64_ADDR32NB: u16 = 3;
    /// `IMAGE_REL_ARM64_ADDR64`.
    pub const ARM64_ADDR64: u16 = 14;
    /// `IMAGE_REL_ARM64_ADDR32NB`.
    pub const ARM64_ADDR32NB: u16 = 2;
    /// The section with an entry for each function.
    pub const FUNCTIONS: &str = ".pdata";
    /// The section with what these refer to.
    pub const UNWIND: &str = ".xdata";
}
