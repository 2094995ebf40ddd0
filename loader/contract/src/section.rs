//! The sections of an artifact, and the descriptor that ties them together.
//!
//! An artifact is a relocatable object file of its target's own kind. The loader finds the descriptor's section by its
//! name, applies its relocations to a copy, and from then on follows the descriptor alone; a program that the system's
//! linker made holds the same descriptor, relocated, under the symbol that [`crate::symbol`] names.
//!
//! `.text` and the memory image start at a multiple of the target's largest page, in the file and in memory, and
//! are padded to one with bytes that belong to the section, so that whole pages can be mapped from the file.
//!
//! Besides these, an object has what its system unwinds by: `.eh_frame` in ELF, `__TEXT,__eh_frame` in Mach-O, `.pdata`
//! and `.xdata` in COFF ([`crate::relocation::coff`] says what a loader finds in these two).

use crate::CONTRACT_VERSION;
use crate::record;
use crate::target::CpuFeatures;

/// A section of an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Section {
    /// Machine code: functions in the order of their indices, then trampolines. Mapped from the file, executable.
    Text,
    /// [`Descriptor`], with one relocation for each section it refers to.
    Descriptor,
    /// The module description of [`crate::metadata`].
    Metadata,
    /// The ready tables: [`crate::context::ReadyElement`]s that every instance shares.
    Tables,
    /// The initial contents of memories, page by page. Mapped from the file, copy-on-write.
    Image,
    /// The bytes of data segments that the image does not hold: passive ones, and those placed when instantiating.
    Data,
    /// The trap table of [`crate::trap`].
    Traps,
    /// The address map of [`crate::trap`].
    Addresses,
    /// The handler table of [`crate::exception`].
    Handlers,
    /// The names of functions, of the module, and source lines: what only a report needs.
    Names,
}

impl Section {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// All sections, in the order of [`Descriptor::REFERENCES`] and of an artifact.
    pub const ALL: [Section; 10] = [
        Self::Text,
        Self::Descriptor,
        Self::Metadata,
        Self::Tables,
        Self::Image,
        Self::Data,
        Self::Traps,
        Self::Addresses,
        Self::Handlers,
        Self::Names,
    ];

    /// The section's name in an ELF object.
    pub const fn elf_name(self) -> &'static str {
        match self {
            Self::Text => ".text",
            Self::Descriptor => ".data.rel.ro.wasmc",
            Self::Metadata => ".rodata.wasmc.metadata",
            Self::Tables => ".rodata.wasmc.tables",
            Self::Image => ".rodata.wasmc.image",
            Self::Data => ".rodata.wasmc.data",
            Self::Traps => ".rodata.wasmc.traps",
            Self::Addresses => ".rodata.wasmc.addresses",
            Self::Handlers => ".rodata.wasmc.handlers",
            Self::Names => ".rodata.wasmc.names",
        }
    }

    /// The segment and the section's name in a Mach-O object: at most 16 bytes each.
    pub const fn macho_name(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("__TEXT", "__text"),
            Self::Descriptor => ("__DATA", "__wasmc"),
            Self::Metadata => ("__TEXT", "__wasmc_metadata"),
            Self::Tables => ("__TEXT", "__wasmc_tables"),
            Self::Image => ("__TEXT", "__wasmc_image"),
            Self::Data => ("__TEXT", "__wasmc_data"),
            Self::Traps => ("__TEXT", "__wasmc_traps"),
            Self::Addresses => ("__TEXT", "__wasmc_address"),
            Self::Handlers => ("__TEXT", "__wasmc_handlers"),
            Self::Names => ("__TEXT", "__wasmc_names"),
        }
    }

    /// The section's name in a COFF object. Linkers drop what follows the `$`, and sort by it.
    pub const fn coff_name(self) -> &'static str {
        match self {
            Self::Text => ".text",
            Self::Descriptor => ".data$wasmc",
            Self::Metadata => ".rdata$wasmc.metadata",
            Self::Tables => ".rdata$wasmc.tables",
            Self::Image => ".rdata$wasmc.image",
            Self::Data => ".rdata$wasmc.data",
            Self::Traps => ".rdata$wasmc.traps",
            Self::Addresses => ".rdata$wasmc.addresses",
            Self::Handlers => ".rdata$wasmc.handlers",
            Self::Names => ".rdata$wasmc.names",
        }
    }

    /// Whether the section starts at, and is padded to, a multiple of the target's largest page.
    pub const fn is_page_aligned(self) -> bool {
        matches!(self, Self::Text | Self::Image)
    }

    /// The section's alignment where it is not page-aligned, in bytes.
    pub const fn alignment_bytes(self) -> u64 {
        16
    }
}

record! {
    /// Where a section lies.
    pub struct SectionReference {
        /// The address of its first byte: a relocation against the section; 0 and without one if it is empty.
        pub address: u64,
        /// Its length in bytes.
        pub length_bytes: u64,
    }
}

/// What a descriptor starts with.
pub const MAGIC: u64 = u64::from_le_bytes(*b"\0wasmc\r\n");

/// How code was compiled, as bits of [`Descriptor::flags`].
pub mod flag {
    /// Loop back-edges and function entries check [`crate::context::StoreContext::interrupt`].
    pub const INTERRUPTIBLE: u32 = 1 << 0;
    /// NaNs that arithmetic gives are canonical.
    pub const CANONICAL_NANS: u32 = 1 << 1;
    /// Accesses to 32-bit memories are compared with their lengths. (Each memory's own flags say so as well.)
    pub const EXPLICIT_CHECKS: u32 = 1 << 2;
    /// The module description has a [`crate::metadata::DynamicHeader`]. From revision 1 on.
    pub const DYNAMIC: u32 = 1 << 3;
    /// All flags of this version; a loader refuses others.
    pub const ALL: u32 = INTERRUPTIBLE | CANONICAL_NANS | EXPLICIT_CHECKS | DYNAMIC;

    /// The revision that a loader must have for an artifact with these flags.
    pub const fn revision(flags: u32) -> u32 {
        if flags & DYNAMIC != 0 { 1 } else { 0 }
    }
}

record! {
    /// The root of an artifact: what it was compiled for, and where everything lies.
    pub struct Descriptor {
        /// [`MAGIC`].
        pub magic: u64,
        /// [`CONTRACT_VERSION`] of the compiler that wrote it.
        pub contract_version: u32,
        /// The lowest [`crate::CONTRACT_REVISION`] that has all that the artifact holds.
        pub contract_revision: u32,
        /// [`crate::target::Target::number`].
        pub target: u32,
        /// Bits of [`flag`].
        pub flags: u32,
        /// The [`CpuFeatures`] that the code needs beyond the target's baseline.
        pub cpu_features: u64,
        /// The first half of the BLAKE3 hash of the wasm file, low word.
        pub source_hash_low: u64,
        /// The first half of the BLAKE3 hash of the wasm file, high word.
        pub source_hash_high: u64,
        /// Zero.
        pub reserved: u64,
        /// [`Section::Text`].
        pub text: SectionReference,
        /// [`Section::Metadata`].
        pub metadata: SectionReference,
        /// [`Section::Tables`].
        pub tables: SectionReference,
        /// [`Section::Image`].
        pub image: SectionReference,
        /// [`Section::Data`].
        pub data: SectionReference,
        /// [`Section::Traps`].
        pub traps: SectionReference,
        /// [`Section::Addresses`].
        pub addresses: SectionReference,
        /// [`Section::Handlers`].
        pub handlers: SectionReference,
        /// [`Section::Names`].
        pub names: SectionReference,
    }
}

impl Descriptor {
    /// The sections that the descriptor refers to, each with the offset of its reference in the descriptor.
    pub const REFERENCES: [(Section, usize); 9] = [
        (Section::Text, core::mem::offset_of!(Descriptor, text)),
        (Section::Metadata, core::mem::offset_of!(Descriptor, metadata)),
        (Section::Tables, core::mem::offset_of!(Descriptor, tables)),
        (Section::Image, core::mem::offset_of!(Descriptor, image)),
        (Section::Data, core::mem::offset_of!(Descriptor, data)),
        (Section::Traps, core::mem::offset_of!(Descriptor, traps)),
        (Section::Addresses, core::mem::offset_of!(Descriptor, addresses)),
        (Section::Handlers, core::mem::offset_of!(Descriptor, handlers)),
        (Section::Names, core::mem::offset_of!(Descriptor, names)),
    ];

    /// A descriptor of this contract's version, with no section yet.
    pub fn new(target: crate::target::Target, cpu_features: CpuFeatures, flags: u32) -> Self {
        Self {
            magic: MAGIC,
            contract_version: CONTRACT_VERSION,
            contract_revision: flag::revision(flags),
            target: target.number(),
            flags,
            cpu_features: cpu_features.0,
            ..Self::default()
        }
    }

    /// The reference to `section`; `None` for the descriptor itself.
    pub fn reference_mut(&mut self, section: Section) -> Option<&mut SectionReference> {
        Some(match section {
            Section::Text => &mut self.text,
            Section::Descriptor => return None,
            Section::Metadata => &mut self.metadata,
            Section::Tables => &mut self.tables,
            Section::Image => &mut self.image,
            Section::Data => &mut self.data,
            Section::Traps => &mut self.traps,
            Section::Addresses => &mut self.addresses,
            Section::Handlers => &mut self.handlers,
            Section::Names => &mut self.names,
        })
    }
}
