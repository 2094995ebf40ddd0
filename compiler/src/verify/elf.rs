//! What an ELF artifact is made of.

use goblin::elf::{Elf, header, reloc, section_header, sym};
use wasmc_contract::relocation::RelocationKind;
use wasmc_contract::section::Section;
use wasmc_contract::target::{Architecture, System, Target};

use super::unwind::read_eh_frame;
use super::{Checked, FunctionSymbol, Object, Part, Reference, ensure, slice};

pub(super) fn parse(bytes: &[u8]) -> Checked<Object<'_>> {
    let elf = Elf::parse(bytes).map_err(|error| format!("not an ELF object: {error}"))?;
    ensure!(elf.header.e_type == header::ET_REL && elf.is_64 && elf.little_endian, "not a 64-bit object");
    let architecture = match elf.header.e_machine {
        header::EM_X86_64 => Architecture::X86_64,
        header::EM_AARCH64 => Architecture::Aarch64,
        other => return Err(format!("machine {other} is not known")),
    };
    let mut indices = [0; Section::COUNT];
    let mut parts = [Part::default(); Section::COUNT];
    for section in Section::ALL {
        let name = section.elf_name();
        let index = find(&elf, name)?;
        let header = &elf.section_headers[index];
        ensure!(header.sh_type == section_header::SHT_PROGBITS, "{name} has type {}", header.sh_type);
        indices[section as usize] = index;
        parts[section as usize] = Part {
            bytes: contents(bytes, header).ok_or_else(|| format!("{name} is outside the file"))?,
            offset: header.sh_offset,
            alignment: header.sh_addralign,
            is_executable: header.sh_flags & u64::from(section_header::SHF_EXECINSTR) != 0,
        };
    }
    let section_of = |index: usize| Section::ALL.into_iter().find(|section| indices[*section as usize] == index);
    let mut references = Vec::new();
    let mut unwound = Vec::new();
    for (index, relocations) in &elf.shdr_relocs {
        let of = elf.section_headers[*index].sh_info as usize;
        match elf.section_headers.get(of).and_then(|header| elf.shdr_strtab.get_at(header.sh_name)) {
            Some(".eh_frame") => {
                let header = &elf.section_headers[of];
                let bytes = contents(bytes, header).ok_or(".eh_frame is outside the file".to_owned())?;
                unwound = relocated(read_eh_frame(bytes, 0)?, relocations)?;
            }
            Some(name) if name == Section::Descriptor.elf_name() => {
                references = read_references(&elf, relocations, section_of)?;
            }
            _ => return Err(format!("section {of} is relocated")),
        }
    }
    find(&elf, ".note.GNU-stack")?;
    let symbols = elf.syms.iter().filter(|symbol| symbol.is_function()).map(|symbol| FunctionSymbol {
        section: section_of(symbol.st_shndx),
        offset: symbol.st_value,
        length: Some(symbol.st_size),
        is_local: sym::st_bind(symbol.st_info) == sym::STB_LOCAL,
    });
    let symbols = symbols.collect();
    Ok(Object { target: Target { architecture, system: System::Linux }, parts, references, symbols, unwound })
}

fn find(elf: &Elf<'_>, name: &str) -> Checked<usize> {
    let named = |header: &section_header::SectionHeader| elf.shdr_strtab.get_at(header.sh_name) == Some(name);
    elf.section_headers.iter().position(named).ok_or(format!("{name} is missing"))
}

fn contents<'a>(bytes: &'a [u8], header: &section_header::SectionHeader) -> Option<&'a [u8]> {
    slice(bytes, header.sh_offset, header.sh_size)
}

fn read_references(
    elf: &Elf<'_>,
    relocations: &reloc::RelocSection<'_>,
    section_of: impl Fn(usize) -> Option<Section>,
) -> Checked<Vec<Reference>> {
    let mut references = Vec::new();
    for relocation in relocations {
        let kind = RelocationKind::from_elf(elf.header.e_machine, relocation.r_type);
        ensure!(kind == Some(RelocationKind::Absolute64), "relocation type {}", relocation.r_type);
        let symbol = elf.syms.get(relocation.r_sym).ok_or("a relocation has no symbol".to_owned())?;
        ensure!(sym::st_type(symbol.st_info) == sym::STT_SECTION, "a relocation is not against a section");
        references.push(Reference {
            offset: relocation.r_offset,
            section: section_of(symbol.st_shndx),
            distance: symbol.st_value.wrapping_add(relocation.r_addend.unwrap_or(0) as u64),
        });
    }
    Ok(references)
}

/// The entries with the starts that relocations give them.
fn relocated(entries: Vec<(u64, u64)>, relocations: &reloc::RelocSection<'_>) -> Checked<Vec<(u64, u64)>> {
    let mut places = relocations.iter().map(|relocation| relocation.r_addend.unwrap_or(0) as u64);
    let entries = entries.into_iter();
    let entries = entries.map(|(_, length)| Some((places.next()?, length)));
    entries.collect::<Option<_>>().ok_or("an unwind entry has no relocation".to_owned())
}
