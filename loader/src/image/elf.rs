//! Finds an artifact's sections in an ELF object and applies the descriptor's relocations.
//!
//! ```text
//! file    = header:64 ... section_header:64^count at e_shoff
//! rela    = (offset:u64 info:u64 addend:i64)^*          info = symbol:u32 << 32 | type:u32
//! symbols = (name:u32 info:u8 other:u8 section:u16 value:u64 size:u64)^*
//! ```
//!
//! Read by hand: a general reader parses every symbol's name up front, which for a module of tens of thousands of
//! functions takes longer than everything else that a start does. Each offset and size may be hostile.

use std::ops::Range;

use wasmc_contract::record::Record;
use wasmc_contract::relocation::{RelocationKind, elf};
use wasmc_contract::section::{Descriptor, Section};
use wasmc_contract::target::{Architecture, Target};

use crate::error::LoadError;

const HEADER_BYTES: usize = 64;
const SECTION_HEADER_BYTES: usize = 64;
const RELOCATION_BYTES: usize = 24;
const SYMBOL_BYTES: usize = 24;
/// `SHT_SYMTAB`
const SYMBOL_TABLE: u32 = 2;
/// `SHT_RELA`
const RELOCATIONS: u32 = 4;
/// `SHT_NOBITS`
const NO_BITS: u32 = 8;

/// Where an artifact's sections lie in the file.
#[derive(Debug)]
pub(super) struct Sections {
    machine: u16,
    /// By [`Section`]: index in the section headers, and bytes.
    found: [Option<(usize, Range<usize>)>; Section::ALL.len()],
    relocations: Option<Range<usize>>,
    symbols: Option<Range<usize>>,
}

struct SectionHeader {
    name: u32,
    kind: u32,
    offset: u64,
    size: u64,
    link: u32,
    target: u32,
}

impl SectionHeader {
    fn read(bytes: &[u8], table: usize, index: usize) -> Option<Self> {
        let header = bytes.get(table.checked_add(index.checked_mul(SECTION_HEADER_BYTES)?)?..)?;
        let header = header.get(..SECTION_HEADER_BYTES)?;
        Some(Self {
            name: u32_at(header, 0)?,
            kind: u32_at(header, 4)?,
            offset: u64_at(header, 24)?,
            size: u64_at(header, 32)?,
            link: u32_at(header, 40)?,
            target: u32_at(header, 44)?,
        })
    }

    /// The section's bytes, if they are in the file.
    fn range(&self, bytes: &[u8]) -> Option<Range<usize>> {
        if self.kind == NO_BITS {
            return None;
        }
        let start = usize::try_from(self.offset).ok()?;
        let end = start.checked_add(usize::try_from(self.size).ok()?)?;
        bytes.get(start..end).map(|_| start..end)
    }
}

impl Sections {
    /// Finds the sections of `bytes`, a whole file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, LoadError> {
        let (machine, table, count, names) = header(bytes)?;
        let headers = "section headers";
        let malformed = |cause| LoadError::Malformed { section: headers, cause };
        let names = SectionHeader::read(bytes, table, names).ok_or(malformed("the names' header is past the end"))?;
        let names = &bytes[names.range(bytes).ok_or(malformed("the names are past the end"))?];
        let mut sections = Self { machine, found: Default::default(), relocations: None, symbols: None };
        for index in 0..count {
            let header = SectionHeader::read(bytes, table, index).ok_or(malformed("past the end"))?;
            if let Some(section) = name_at(names, header.name).and_then(section_named) {
                let past_end = LoadError::Malformed { section: section.elf_name(), cause: "past the end of the file" };
                let range = header.range(bytes).ok_or(past_end)?;
                if sections.found[section as usize].replace((index, range)).is_some() {
                    return Err(LoadError::Malformed { section: section.elf_name(), cause: "present twice" });
                }
            }
        }
        let descriptor = sections.found[Section::Descriptor as usize].as_ref();
        let (descriptor, _) = *descriptor.ok_or(LoadError::NotAnArtifact(Section::Descriptor.elf_name()))?;
        for index in 0..count {
            let header = SectionHeader::read(bytes, table, index).ok_or(malformed("past the end"))?;
            if header.kind == RELOCATIONS && header.target as usize == descriptor {
                let symbols = SectionHeader::read(bytes, table, header.link as usize);
                let symbols = symbols.filter(|symbols| symbols.kind == SYMBOL_TABLE);
                let symbols = symbols.ok_or(malformed("the relocations' symbol table is missing"))?;
                sections.relocations = Some(header.range(bytes).ok_or(malformed("relocations past the end"))?);
                sections.symbols = Some(symbols.range(bytes).ok_or(malformed("symbols past the end"))?);
            }
        }
        sections.check_alignment()?;
        Ok(sections)
    }

    /// Where `section` lies; `None` if the artifact has none.
    pub(super) fn range(&self, section: Section) -> Option<Range<usize>> {
        self.found[section as usize].as_ref().map(|(_, range)| range.clone())
    }

    /// The descriptor with its relocations applied: addresses are offsets in the file, and each reference is that of
    /// the whole section that it names.
    pub(super) fn relocated_descriptor(&self, bytes: &[u8]) -> Result<Descriptor, LoadError> {
        let malformed = |cause| LoadError::Malformed { section: Section::Descriptor.elf_name(), cause };
        let range = self.range(Section::Descriptor).ok_or(LoadError::NotAnArtifact(Section::Descriptor.elf_name()))?;
        let mut descriptor = Descriptor::read(&bytes[range]).ok_or(malformed("too short"))?;
        let (magic, version, revision) = (descriptor.magic, descriptor.contract_version, descriptor.contract_revision);
        if magic != wasmc_contract::section::MAGIC
            || (version, revision) != (wasmc_contract::CONTRACT_VERSION, wasmc_contract::CONTRACT_REVISION)
        {
            // Of another version, nothing further can be read; the caller says what is wrong with it.
            return Ok(descriptor);
        }
        let mut targets = [None; Section::ALL.len()];
        for relocation in self.relocations.clone().map_or(&[][..], |range| &bytes[range]).chunks(RELOCATION_BYTES) {
            let (section, start) =
                self.relocation(bytes, relocation).ok_or(malformed("a relocation that it cannot have"))?;
            if targets[section as usize].replace(start).is_some() {
                return Err(malformed("a reference is relocated twice"));
            }
        }
        for (section, _) in Descriptor::REFERENCES {
            let range = self.range(section).unwrap_or(0..0);
            let reference = descriptor.reference_mut(section).ok_or(malformed("a reference to itself"))?;
            let is_whole = match targets[section as usize] {
                Some(start) => start == range.start as u64 && !range.is_empty(),
                None => reference.address == 0 && range.is_empty(),
            };
            if !is_whole || reference.length_bytes != range.len() as u64 {
                return Err(malformed("a reference is not that of its section"));
            }
            reference.address = range.start as u64;
        }
        Ok(descriptor)
    }

    /// The reference that a relocation is of, and the offset in the file that it gives it.
    fn relocation(&self, bytes: &[u8], relocation: &[u8]) -> Option<(Section, u64)> {
        let offset = usize::try_from(u64_at(relocation, 0)?).ok()?;
        let information = u64_at(relocation, 8)?;
        let addend = u64_at(relocation, 16)?;
        let RelocationKind::Absolute64 = RelocationKind::from_elf(self.machine, information as u32)?;
        let field = std::mem::offset_of!(wasmc_contract::section::SectionReference, address);
        let (section, _) = Descriptor::REFERENCES.into_iter().find(|(_, reference)| reference + field == offset)?;
        let symbol = usize::try_from(information >> 32).ok()?.checked_mul(SYMBOL_BYTES)?;
        let symbol = bytes.get(self.symbols.clone()?)?.get(symbol..)?.get(..SYMBOL_BYTES)?;
        let (index, range) = self.found[section as usize].as_ref()?;
        if usize::from(u16::from_le_bytes(*symbol.get(6..)?.first_chunk()?)) != *index {
            return None;
        }
        let inside = u64_at(symbol, 8)?.checked_add(addend)?;
        Some((section, (range.start as u64).checked_add(inside)?))
    }

    fn check_alignment(&self) -> Result<(), LoadError> {
        let page = Target::host().map_or(1, Target::page_bytes_max) as usize;
        for section in Section::ALL {
            let Some(range) = self.range(section) else { continue };
            let alignment = if section.is_page_aligned() { page } else { section.alignment_bytes() as usize };
            if !range.is_empty() && !range.start.is_multiple_of(alignment) {
                return Err(LoadError::Malformed { section: section.elf_name(), cause: "not aligned" });
            }
            if section.is_page_aligned() && !range.len().is_multiple_of(page) {
                return Err(LoadError::Malformed { section: section.elf_name(), cause: "not made of whole pages" });
            }
        }
        Ok(())
    }
}

/// Machine, offset of the section headers, their number, and the index of the one with the names.
fn header(bytes: &[u8]) -> Result<(u16, usize, usize, usize), LoadError> {
    let not = LoadError::NotAnObject;
    if bytes.starts_with(b"\0asm") {
        return Err(not("it is a WebAssembly module; compile it with `wasmc compile` first"));
    }
    let header = bytes.get(..HEADER_BYTES).ok_or(not("too short for an ELF object"))?;
    if !header.starts_with(b"\x7fELF\x02\x01\x01") {
        return Err(not("no 64-bit little-endian ELF object"));
    }
    let half = |offset: usize| u16::from_le_bytes([header[offset], header[offset + 1]]);
    /// `ET_REL`
    const RELOCATABLE: u16 = 1;
    if half(16) != RELOCATABLE {
        return Err(not("an ELF file, but no relocatable object"));
    }
    let machine = half(18);
    let expected = match Target::host().map(|target| target.architecture) {
        Some(Architecture::X86_64) => elf::MACHINE_X86_64,
        Some(Architecture::Aarch64) => elf::MACHINE_AARCH64,
        None => return Err(LoadError::Target(None)),
    };
    if machine != expected {
        let architecture = match machine {
            elf::MACHINE_X86_64 => Some(Architecture::X86_64),
            elf::MACHINE_AARCH64 => Some(Architecture::Aarch64),
            _ => None,
        };
        let system = wasmc_contract::target::System::Linux;
        return Err(LoadError::Target(architecture.map(|architecture| Target { architecture, system })));
    }
    if usize::from(half(58)) != SECTION_HEADER_BYTES {
        return Err(not("its section headers have another size"));
    }
    let table = u64_at(header, 40).and_then(|offset| usize::try_from(offset).ok());
    let table = table.ok_or(not("its section headers are past the end"))?;
    Ok((machine, table, usize::from(half(60)), usize::from(half(62))))
}

fn section_named(name: &[u8]) -> Option<Section> {
    Section::ALL.into_iter().find(|section| section.elf_name().as_bytes() == name)
}

/// The name at `offset`, if it is short enough to be one of ours.
fn name_at(names: &[u8], offset: u32) -> Option<&[u8]> {
    const LONGEST: usize = 32;
    let rest = names.get(usize::try_from(offset).ok()?..)?;
    let rest = &rest[..rest.len().min(LONGEST)];
    Some(&rest[..rest.iter().position(|byte| *byte == 0)?])
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    u32::read(bytes.get(offset..)?)
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    u64::read(bytes.get(offset..)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_artifact_is_told_so() {
        let cause = |bytes: &[u8]| Sections::parse(bytes).unwrap_err().to_string();
        assert!(cause(b"").contains("too short"));
        assert!(cause(b"\0asm\x01\0\0\0").contains("wasmc compile"));
        assert!(cause(&[0; 64]).contains("no 64-bit little-endian ELF object"));
        let mut header = [0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        header[16] = 2;
        assert!(cause(&header).contains("no relocatable object"));
        header[16] = 1;
        header[18] = 243;
        assert!(cause(&header).contains("unknown target"));
    }
}
