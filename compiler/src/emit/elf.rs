//! Sections, symbols and references in, an ELF relocatable object's bytes out.
//!
//! ```text
//! object = header section* rela(descriptor) eh_frame rela(eh_frame) symbols strings section-headers
//! ```
//!
//! Page-aligned sections are so in the file as well; section symbols are numbered as the sections are.

use object::Endianness;
use object::elf as numbers;
use object::write::StringId;
use object::write::elf::{FileHeader, Rel, SectionHeader, SinglePhase, Sym, Writer};
use wasmc_contract::relocation::elf;
use wasmc_contract::section::Section;
use wasmc_contract::target::{Architecture, Target};

use super::contents::Contents;
use super::eh_frame::{self, UnwindSection};
use super::symbols::Symbol;
use crate::error::CompileError;

/// Writes the object.
pub(super) fn write(contents: &Contents) -> Result<Vec<u8>, CompileError> {
    let unwind = eh_frame::write(&contents.unwind);
    let names: usize = contents.symbols.iter().map(|symbol| symbol.name.len() + 1 + 24).sum();
    let unwind_bytes = unwind.bytes.len() + unwind.references.len() * 24;
    let mut buffer = Vec::with_capacity(contents.bytes_max() + names + unwind_bytes + 8192);
    let mut header = Vec::with_capacity(64);

    let mut object = ObjectWriter {
        writer: Writer::new_single_phase(Endianness::Little, true, &mut buffer),
        headers: Vec::new(),
        target: contents.target,
    };
    object.start()?;
    for (section, bytes, alignment) in contents.sections() {
        object.section(section, bytes, alignment);
    }
    let references: Vec<Rel> =
        contents.references().map(|(section, offset)| object.absolute(offset as u64, section)).collect();
    object.relocations(b".rela.data.rel.ro.wasmc", section_index(Section::Descriptor), &references);
    object.unwind(&unwind);
    object.plain(b".note.GNU-stack", numbers::SHT_PROGBITS, numbers::SectionFlags(0), 1, &[]);
    object.finish(&contents.symbols, &mut header)?;
    drop(object);

    buffer[..header.len()].copy_from_slice(&header);
    Ok(buffer)
}

/// Writes sections' contents one after the other, and their headers at the end.
struct ObjectWriter<'a> {
    writer: Writer<'a, SinglePhase>,
    headers: Vec<(StringId, SectionHeader)>,
    target: Target,
}

impl<'a> ObjectWriter<'a> {
    /// Leaves room for the file's header.
    fn start(&mut self) -> object::write::Result<()> {
        let e_machine = match self.target.architecture {
            Architecture::X86_64 => numbers::EM_X86_64,
            Architecture::Aarch64 => numbers::EM_AARCH64,
        };
        self.writer.write_file_header(&FileHeader {
            os_abi: numbers::ELFOSABI_NONE,
            abi_version: 0,
            e_type: numbers::ET_REL,
            e_machine,
            e_entry: 0,
            e_flags: numbers::FileFlags(0),
        })
    }

    /// Writes any section, with its header's remaining fields zero; it gets the next section index.
    fn plain(
        &mut self,
        name: &'static [u8],
        sh_type: numbers::SectionType,
        sh_flags: numbers::SectionFlags,
        sh_addralign: u64,
        bytes: &[u8],
    ) -> &mut SectionHeader {
        let name = self.writer.add_section_name(name);
        let sh_offset = self.writer.write_align(sh_addralign);
        self.writer.write(bytes);
        let sh_size = bytes.len() as u64;
        let header = SectionHeader { sh_type, sh_flags, sh_offset, sh_size, sh_addralign, ..SectionHeader::default() };
        self.headers.push((name, header));
        &mut self.headers.last_mut().expect("one was just pushed").1
    }

    /// Writes a section of the contract.
    fn section(&mut self, section: Section, bytes: &[u8], alignment: u64) {
        let flags = match section {
            Section::Text => numbers::SHF_ALLOC | numbers::SHF_EXECINSTR,
            Section::Descriptor => numbers::SHF_ALLOC | numbers::SHF_WRITE,
            _ => numbers::SHF_ALLOC,
        };
        self.plain(section.elf_name().as_bytes(), numbers::SHT_PROGBITS, flags, alignment, bytes);
        debug_assert_eq!(self.headers.len(), section_index(section) as usize);
    }

    /// The address of `section`, at `offset` of the descriptor.
    fn absolute(&self, offset: u64, section: Section) -> Rel {
        let r_type = match self.target.architecture {
            Architecture::X86_64 => elf::R_X86_64_64,
            Architecture::Aarch64 => elf::R_AARCH64_ABS64,
        };
        let r_type = numbers::RelocationType(r_type);
        Rel { r_offset: offset, r_sym: section_index(section), r_type, r_addend: 0 }
    }

    fn unwind(&mut self, unwind: &UnwindSection) {
        let (section_type, r_type) = match self.target.architecture {
            Architecture::X86_64 => (numbers::SHT_X86_64_UNWIND, numbers::R_X86_64_PC32),
            Architecture::Aarch64 => (numbers::SHT_PROGBITS, numbers::R_AARCH64_PREL32),
        };
        self.plain(b".eh_frame", section_type, numbers::SHF_ALLOC, 8, &unwind.bytes);
        let index = self.headers.len() as u32;
        let text = section_index(Section::Text);
        let relocation =
            |(offset, target): &(u64, u64)| Rel { r_offset: *offset, r_sym: text, r_type, r_addend: *target as i64 };
        let relocations: Vec<Rel> = unwind.references.iter().map(relocation).collect();
        self.relocations(b".rela.eh_frame", index, &relocations);
    }

    /// Writes relocations of the section with index `of`. Links to the symbols are set at the end.
    fn relocations(&mut self, name: &'static [u8], of: u32, relocations: &[Rel]) {
        let header = self.plain(name, numbers::SHT_RELA, numbers::SHF_INFO_LINK, 8, &[]);
        header.sh_info = of;
        header.sh_entsize = 24;
        header.sh_size = relocations.len() as u64 * 24;
        for relocation in relocations {
            self.writer.write_relocation(true, relocation);
        }
    }

    /// Writes symbols, strings and headers; the file's header goes to `header`.
    fn finish(&mut self, symbols: &'a [Symbol], header: &mut Vec<u8>) -> object::write::Result<()> {
        let symbol_table = self.headers.len() as u32 + 2;
        self.writer.write_null_symbol();
        for section in Section::ALL {
            self.symbol(0, section, numbers::STB_LOCAL, numbers::STT_SECTION, 0, 0);
        }
        for symbol in symbols {
            let name = self.writer.add_string(symbol.name.as_bytes());
            let name = self.writer.string_offset(Some(name));
            let binding = if symbol.is_global { numbers::STB_GLOBAL } else { numbers::STB_LOCAL };
            let kind = match symbol.section {
                Section::Text => numbers::STT_FUNC,
                _ => numbers::STT_OBJECT,
            };
            self.symbol(name, symbol.section, binding, kind, symbol.offset, symbol.size);
        }
        self.writer.write_strtab()?;
        // The null symbol and the sections' are local as well.
        let locals = 1 + Section::ALL.len() + symbols.iter().take_while(|symbol| !symbol.is_global).count();
        self.writer.write_shstrtab()?;
        self.writer.write_null_section_header();
        for (name, mut section) in std::mem::take(&mut self.headers) {
            section.sh_name = self.writer.section_name_offset(Some(name));
            if section.sh_type == numbers::SHT_RELA {
                section.sh_link = symbol_table;
            }
            self.writer.write_section_header(&section);
        }
        self.writer.write_strtab_section_header();
        self.writer.write_symtab_section_header(locals as u32);
        self.writer.write_shstrtab_section_header();
        self.writer.write_file_header_to(header)
    }

    fn symbol(
        &mut self,
        st_name: u32,
        section: Section,
        binding: numbers::SymbolBind,
        kind: numbers::SymbolType,
        st_value: u64,
        st_size: u64,
    ) {
        self.writer.write_symbol(&Sym {
            section: Some(section_index(section)),
            st_name,
            st_info: numbers::SymbolInfo::new(binding, kind),
            st_other: numbers::SymbolOther(0),
            st_shndx: numbers::SymbolSection(0),
            st_value,
            st_size,
        });
    }
}

/// The index of a section of the contract in the object, and of its section symbol.
fn section_index(section: Section) -> u32 {
    1 + section as u32
}
