//! An artifact's bytes in, what is wrong with them out. Reads with another crate than the one that wrote, and knows
//! nothing of how they were made: only what [`wasmc_contract`] promises of them.

use goblin::elf::{Elf, header, reloc, section_header, sym};
use wasmc_contract::record::Record;
use wasmc_contract::relocation::RelocationKind;
use wasmc_contract::section::{Descriptor, MAGIC, Section};
use wasmc_contract::target::{Architecture, System, Target};

use crate::error::CompileError;

mod description;
mod unwind;

/// Checks that an artifact keeps what the contract promises.
pub fn verify(bytes: &[u8]) -> Result<(), CompileError> {
    Object::parse(bytes).and_then(|object| object.check()).map_err(CompileError::Verify)
}

/// What is checked holds, or the reason why not.
type Checked<T = ()> = Result<T, String>;

/// Fails with the message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*));
        }
    };
}
use ensure;

/// An object whose sections were found.
struct Object<'a> {
    elf: Elf<'a>,
    bytes: &'a [u8],
    target: Target,
    descriptor: Descriptor,
    /// Section header indices, in the order of [`Section::ALL`].
    indices: [usize; Section::ALL.len()],
}

impl<'a> Object<'a> {
    fn parse(bytes: &'a [u8]) -> Checked<Self> {
        let elf = Elf::parse(bytes).map_err(|error| format!("not an ELF object: {error}"))?;
        ensure!(elf.header.e_type == header::ET_REL && elf.is_64 && elf.little_endian, "not a 64-bit object");
        let architecture = match elf.header.e_machine {
            header::EM_X86_64 => Architecture::X86_64,
            header::EM_AARCH64 => Architecture::Aarch64,
            other => return Err(format!("machine {other} is not known")),
        };
        let mut indices = [0; Section::ALL.len()];
        for (section, index) in Section::ALL.into_iter().zip(&mut indices) {
            let named = |header: &section_header::SectionHeader| {
                elf.shdr_strtab.get_at(header.sh_name) == Some(section.elf_name())
            };
            *index = elf.section_headers.iter().position(named).ok_or(format!("{} is missing", section.elf_name()))?;
        }
        let target = Target { architecture, system: System::Linux };
        let mut object = Self { elf, bytes, target, descriptor: Descriptor::default(), indices };
        object.descriptor =
            Descriptor::read(object.section(Section::Descriptor)?).ok_or("the descriptor is too short".to_owned())?;
        Ok(object)
    }

    fn check(&self) -> Checked {
        self.check_sections()?;
        self.check_descriptor()?;
        self.check_relocations()?;
        let facts = description::check(self)?;
        self.check_symbols(&facts)?;
        unwind::check(self, &facts)
    }

    fn header(&self, section: Section) -> &section_header::SectionHeader {
        let position = Section::ALL.iter().position(|other| *other == section).expect("all sections are listed");
        &self.elf.section_headers[self.indices[position]]
    }

    fn section(&self, section: Section) -> Checked<&'a [u8]> {
        self.contents(self.header(section)).ok_or(format!("{} is outside the file", section.elf_name()))
    }

    fn contents(&self, header: &section_header::SectionHeader) -> Option<&'a [u8]> {
        let start = usize::try_from(header.sh_offset).ok()?;
        self.bytes.get(start..)?.get(..usize::try_from(header.sh_size).ok()?)
    }

    fn check_sections(&self) -> Checked {
        let page_bytes = self.target.page_bytes_max();
        for section in Section::ALL {
            let header = self.header(section);
            let name = section.elf_name();
            ensure!(header.sh_type == section_header::SHT_PROGBITS, "{name} has type {}", header.sh_type);
            let alignment = if section.is_page_aligned() { page_bytes } else { section.alignment_bytes() };
            ensure!(header.sh_addralign == alignment, "{name} is aligned to {}", header.sh_addralign);
            ensure!(header.sh_offset.is_multiple_of(alignment), "{name} lies at {:#x}", header.sh_offset);
            let is_padded = !section.is_page_aligned() || header.sh_size.is_multiple_of(page_bytes);
            ensure!(is_padded, "{name} is {:#x} bytes long", header.sh_size);
            let is_executable = header.sh_flags & u64::from(section_header::SHF_EXECINSTR) != 0;
            ensure!(is_executable == (section == Section::Text), "{name} has flags {:#x}", header.sh_flags);
            self.section(section)?;
        }
        Ok(())
    }

    fn check_descriptor(&self) -> Checked {
        let mut descriptor = self.descriptor;
        ensure!(descriptor.magic == MAGIC, "the descriptor has another magic number");
        ensure!(descriptor.target == self.target.number(), "the descriptor is for target {:#x}", descriptor.target);
        let size = self.header(Section::Descriptor).sh_size;
        ensure!(size == Descriptor::SIZE as u64, "the descriptor has {size} bytes");
        for (section, _) in Descriptor::REFERENCES {
            let length = self.header(section).sh_size;
            let reference = *descriptor.reference_mut(section).expect("the descriptor refers to it");
            let name = section.elf_name();
            ensure!(reference.length_bytes == length, "{name} is not {} bytes long", reference.length_bytes);
            ensure!(reference.address == 0, "the reference to {name} holds an addend");
        }
        Ok(())
    }

    /// Only the descriptor and the unwind section have relocations; the descriptor's are of the closed list.
    fn check_relocations(&self) -> Checked {
        for (index, relocations) in &self.elf.shdr_relocs {
            let of = self.elf.section_headers[*index].sh_info as usize;
            let name = self.elf.section_headers.get(of).and_then(|header| self.elf.shdr_strtab.get_at(header.sh_name));
            match name {
                Some(".eh_frame") => {}
                Some(name) if name == Section::Descriptor.elf_name() => self.check_references(relocations)?,
                _ => return Err(format!("section {of} is relocated")),
            }
        }
        Ok(())
    }

    fn check_references(&self, relocations: &reloc::RelocSection<'a>) -> Checked {
        let mut wanted = Descriptor::REFERENCES.into_iter().filter(|(section, _)| self.header(*section).sh_size > 0);
        for relocation in relocations {
            let kind = RelocationKind::from_elf(self.elf.header.e_machine, relocation.r_type);
            ensure!(kind == Some(RelocationKind::Absolute64), "relocation type {}", relocation.r_type);
            ensure!(relocation.r_addend.unwrap_or(0) == 0, "a relocation has an addend");
            let (section, offset) = wanted.next().ok_or("there are too many relocations".to_owned())?;
            ensure!(relocation.r_offset == offset as u64, "a relocation at {:#x}", relocation.r_offset);
            let symbol = self.elf.syms.get(relocation.r_sym).ok_or("a relocation has no symbol".to_owned())?;
            let position = Section::ALL.iter().position(|other| *other == section).expect("all sections are listed");
            let is_right = sym::st_type(symbol.st_info) == sym::STT_SECTION
                && symbol.st_shndx == self.indices[position]
                && symbol.st_value == 0;
            ensure!(is_right, "the relocation at {offset:#x} is not against {}", section.elf_name());
        }
        ensure!(wanted.next().is_none(), "a reference of the descriptor has no relocation");
        Ok(())
    }

    /// Each function has a local symbol of its place and size, and all symbols of the text lie in it.
    fn check_symbols(&self, facts: &description::Facts) -> Checked {
        let mut functions = facts.functions.iter().peekable();
        for symbol in self.elf.syms.iter().filter(|symbol| symbol.is_function()) {
            ensure!(symbol.st_shndx == self.indices[0], "a function's symbol is outside the text");
            let end = symbol.st_value.checked_add(symbol.st_size);
            ensure!(end.is_some_and(|end| end <= facts.text_bytes), "a symbol reaches past the text");
            let is_local = sym::st_bind(symbol.st_info) == sym::STB_LOCAL;
            functions.next_if(|(offset, length)| is_local && (*offset, *length) == (symbol.st_value, symbol.st_size));
        }
        match functions.next() {
            Some((offset, _)) => Err(format!("the function at {offset:#x} has no symbol of its size")),
            None => Ok(()),
        }
    }
}
