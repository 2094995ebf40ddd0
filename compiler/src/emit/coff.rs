//! Sections, symbols and references in, a COFF object's bytes out.
//!
//! ```text
//! object = header section-header^* section^* relocation^* symbol^* strings
//! ```
//!
//! Page-aligned sections start at a multiple of the page in the file as well: a section header can say no more than
//! 8 KiB, which is enough for a linker, since text refers to its own pages of 4 KiB only.

use object::pe as numbers;
use object::write::coff::{AuxSymbolSection, FileHeader, Relocation, SectionHeader, Symbol as Entry, Writer};
use wasmc_contract::relocation::coff;
use wasmc_contract::section::Section;
use wasmc_contract::target::Architecture;

use super::contents::Contents;
use super::windows_unwind;
use crate::error::CompileError;

/// A section of the object with where its parts lie in the file.
struct Placed<'a> {
    name: &'static str,
    bytes: &'a [u8],
    alignment: u64,
    offset: u32,
    relocations: Vec<Relocation>,
    relocations_offset: u32,
}

/// Section symbols come first, each with what it says besides in a second entry.
const fn section_symbol(index: usize) -> u32 {
    index as u32 * 2
}

/// Writes the object.
pub(super) fn write(contents: &Contents) -> Result<Vec<u8>, CompileError> {
    let architecture = contents.target.architecture;
    let unwind = windows_unwind::write(&contents.unwind, architecture).map_err(CompileError::Object)?;
    let mut sections: Vec<Placed<'_>> = contents
        .sections()
        .map(|(section, bytes, alignment)| Placed::new(section.coff_name(), bytes, alignment))
        .collect();
    sections.push(Placed::new(coff::UNWIND, &unwind.records, 4));
    sections.push(Placed::new(coff::FUNCTIONS, &unwind.functions, 4));
    sections[Section::Descriptor as usize].relocations = references(contents);
    let unwind_section = Section::COUNT;
    sections[unwind_section + 1].relocations = unwind_references(&unwind, architecture, unwind_section);

    let names: usize = contents.symbols.iter().map(|symbol| symbol.name.len() + 1 + 18).sum();
    let relocations: usize = sections.iter().map(|section| section.relocations.len() * 10).sum();
    let mut buffer = Vec::with_capacity(contents.bytes_max() + unwind.functions.len() + names + relocations + 8192);
    let mut writer = Writer::new(&mut buffer);
    writer.reserve_file_header();
    writer.reserve_section_headers(sections.len() as u16);
    for section in &mut sections {
        if !section.bytes.is_empty() {
            section.offset = writer.reserve(section.bytes.len() as u64, section.alignment);
        }
    }
    for section in &mut sections {
        section.relocations_offset = writer.reserve_relocations(section.relocations.len());
    }
    let section_names: Vec<_> = sections.iter().map(|section| writer.add_name(section.name.as_bytes())).collect();
    let names: Vec<_> = contents.symbols.iter().map(|symbol| writer.add_name(symbol.name.as_bytes())).collect();
    writer.reserve_symbol_indices(section_symbol(sections.len()) + names.len() as u32);
    writer.reserve_symtab_strtab()?;
    if writer.reserved_len() > u64::from(u32::MAX) {
        return Err(CompileError::Object("COFF ends at 4 GiB".to_owned()));
    }

    writer.write_file_header(FileHeader { machine: machine(architecture), ..FileHeader::default() })?;
    for (section, name) in sections.iter().zip(&section_names) {
        writer.write_section_header(SectionHeader {
            name: *name,
            size_of_raw_data: section.bytes.len() as u32,
            pointer_to_raw_data: section.offset,
            pointer_to_relocations: section.relocations_offset,
            number_of_relocations: section.relocations.len() as u32,
            characteristics: section.characteristics(),
            ..SectionHeader::default()
        });
    }
    for section in sections.iter().filter(|section| !section.bytes.is_empty()) {
        writer.write_align(section.alignment);
        writer.write(section.bytes);
    }
    for section in &sections {
        writer.write_relocations_count(section.relocations.len());
        section.relocations.iter().for_each(|relocation| writer.write_relocation(relocation.clone()));
    }
    write_symbols(&mut writer, &sections, &section_names, contents, &names);
    writer.write_strtab();
    Ok(buffer)
}

impl<'a> Placed<'a> {
    fn new(name: &'static str, bytes: &'a [u8], alignment: u64) -> Self {
        Self { name, bytes, alignment, offset: 0, relocations: Vec::new(), relocations_offset: 0 }
    }

    fn characteristics(&self) -> numbers::SectionFlags {
        let kind = if self.name == Section::Text.coff_name() {
            numbers::IMAGE_SCN_CNT_CODE | numbers::IMAGE_SCN_MEM_EXECUTE
        } else if self.name == Section::Descriptor.coff_name() {
            numbers::IMAGE_SCN_CNT_INITIALIZED_DATA | numbers::IMAGE_SCN_MEM_WRITE
        } else {
            numbers::IMAGE_SCN_CNT_INITIALIZED_DATA
        };
        let alignment = match self.alignment {
            4 => numbers::IMAGE_SCN_ALIGN_4BYTES,
            16 => numbers::IMAGE_SCN_ALIGN_16BYTES,
            _ => numbers::IMAGE_SCN_ALIGN_8192BYTES,
        };
        let has_more = self.relocations.len() > 0xffff;
        let more = if has_more { numbers::IMAGE_SCN_LNK_NRELOC_OVFL } else { numbers::SectionFlags(0) };
        kind | alignment | more | numbers::IMAGE_SCN_MEM_READ
    }
}

fn machine(architecture: Architecture) -> numbers::Machine {
    match architecture {
        Architecture::X86_64 => numbers::IMAGE_FILE_MACHINE_AMD64,
        Architecture::Aarch64 => numbers::IMAGE_FILE_MACHINE_ARM64,
    }
}

/// The descriptor's relocations.
fn references(contents: &Contents) -> Vec<Relocation> {
    let kind = match contents.target.architecture {
        Architecture::X86_64 => coff::AMD64_ADDR64,
        Architecture::Aarch64 => coff::ARM64_ADDR64,
    };
    let relocation = |(section, offset): (Section, usize)| Relocation {
        virtual_address: offset as u32,
        symbol: section_symbol(section as usize),
        typ: numbers::RelocationType(kind),
    };
    contents.references().map(relocation).collect()
}

fn unwind_references(
    unwind: &windows_unwind::UnwindSections,
    architecture: Architecture,
    unwind_section: usize,
) -> Vec<Relocation> {
    let kind = match architecture {
        Architecture::X86_64 => coff::AMD64_ADDR32NB,
        Architecture::Aarch64 => coff::ARM64_ADDR32NB,
    };
    let words = unwind.functions.len() / 4;
    let relocation = |word: usize| {
        let is_last = (word + 1).is_multiple_of(unwind.entry_words);
        let section = if is_last { unwind_section } else { Section::Text as usize };
        Relocation {
            virtual_address: word as u32 * 4,
            symbol: section_symbol(section),
            typ: numbers::RelocationType(kind),
        }
    };
    (0..words).map(relocation).collect()
}

fn write_symbols(
    writer: &mut Writer<'_>,
    sections: &[Placed<'_>],
    section_names: &[object::write::coff::Name],
    contents: &Contents,
    names: &[object::write::coff::Name],
) {
    for (index, (section, name)) in sections.iter().zip(section_names).enumerate() {
        writer.write_symbol(Entry {
            name: *name,
            value: 0,
            section_number: numbers::SymbolSection(index as i32 + 1),
            typ: numbers::SymbolType(0),
            storage_class: numbers::IMAGE_SYM_CLASS_STATIC,
            number_of_aux_symbols: 1,
        });
        writer.write_aux_section(AuxSymbolSection {
            length: section.bytes.len() as u32,
            number_of_relocations: section.relocations.len() as u32,
            number: index as u32 + 1,
            ..AuxSymbolSection::default()
        });
    }
    for (symbol, name) in contents.symbols.iter().zip(names) {
        let class = if symbol.is_global { numbers::IMAGE_SYM_CLASS_EXTERNAL } else { numbers::IMAGE_SYM_CLASS_STATIC };
        writer.write_symbol(Entry {
            name: *name,
            value: symbol.offset as u32,
            section_number: numbers::SymbolSection(symbol.section as i32 + 1),
            typ: numbers::SymbolType(if symbol.section == Section::Text { 0x20 } else { 0 }),
            storage_class: class,
            number_of_aux_symbols: 0,
        });
    }
}
