//! Sections and relocations of an ELF object.
//!
//! ```text
//! file    = header:64 ... section_header:64^count at e_shoff
//! rela    = (offset:u64 info:u64 addend:i64)^*          info = symbol:u32 << 32 | type:u32
//! symbols = (name:u32 info:u8 other:u8 section:u16 value:u64 size:u64)^*
//! ```

use std::ops::Range;

use wasmc_contract::relocation::RelocationKind;
use wasmc_contract::section::Section;

use super::container::{Ranges, Targets, note, range_in, referred_at, targets, u16_at, u32_at, u64_at};
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
        if self.kind == NO_BITS { None } else { range_in(bytes, self.offset, self.size) }
    }
}

/// The descriptor's relocations, and what they refer to.
struct Relocations {
    machine: u16,
    /// Section headers' indices, by [`Section`].
    indices: [usize; Section::COUNT],
    relocations: Range<usize>,
    symbols: Range<usize>,
}

/// Finds the sections of `bytes`, which start as an ELF object for a known machine does.
pub(super) fn parse(bytes: &[u8]) -> Result<(Ranges, Result<Targets, LoadError>), LoadError> {
    let (machine, table, count, names) = header(bytes)?;
    let malformed = |cause| LoadError::Malformed { section: "section headers", cause };
    let names = SectionHeader::read(bytes, table, names).ok_or(malformed("the names' header is past the end"))?;
    let names = &bytes[names.range(bytes).ok_or(malformed("the names are past the end"))?];
    let mut ranges = Ranges::default();
    let mut found = Relocations { machine, indices: [0; Section::COUNT], relocations: 0..0, symbols: 0..0 };
    for index in 0..count {
        let header = SectionHeader::read(bytes, table, index).ok_or(malformed("past the end"))?;
        if let Some(section) = name_at(names, header.name).and_then(section_named) {
            note(&mut ranges, section, header.range(bytes))?;
            found.indices[section as usize] = index;
        }
    }
    if ranges[Section::Descriptor as usize].is_none() {
        return Err(LoadError::NotAnArtifact(Section::Descriptor.elf_name()));
    }
    for index in 0..count {
        let header = SectionHeader::read(bytes, table, index).ok_or(malformed("past the end"))?;
        if header.kind == RELOCATIONS && header.target as usize == found.indices[Section::Descriptor as usize] {
            let symbols = SectionHeader::read(bytes, table, header.link as usize);
            let symbols = symbols.filter(|symbols| symbols.kind == SYMBOL_TABLE);
            let symbols = symbols.ok_or(malformed("the relocations' symbol table is missing"))?;
            found.relocations = header.range(bytes).ok_or(malformed("relocations past the end"))?;
            found.symbols = symbols.range(bytes).ok_or(malformed("symbols past the end"))?;
        }
    }
    let relocations = bytes[found.relocations.clone()].chunks(RELOCATION_BYTES);
    let targets = targets(relocations.map(|relocation| found.target(bytes, &ranges, relocation)));
    Ok((ranges, targets))
}

impl Relocations {
    /// The reference that a relocation is of, and the offset in the file that it gives it.
    fn target(&self, bytes: &[u8], ranges: &Ranges, relocation: &[u8]) -> Option<(Section, u64)> {
        let offset = usize::try_from(u64_at(relocation, 0)?).ok()?;
        let information = u64_at(relocation, 8)?;
        let addend = u64_at(relocation, 16)?;
        let RelocationKind::Absolute64 = RelocationKind::from_elf(self.machine, information as u32)?;
        let section = referred_at(offset)?;
        let symbol = usize::try_from(information >> 32).ok()?.checked_mul(SYMBOL_BYTES)?;
        let symbol = bytes.get(self.symbols.clone())?.get(symbol..)?.get(..SYMBOL_BYTES)?;
        let range = ranges[section as usize].as_ref()?;
        if usize::from(u16_at(symbol, 6)?) != self.indices[section as usize] {
            return None;
        }
        let inside = u64_at(symbol, 8)?.checked_add(addend)?;
        Some((section, (range.start as u64).checked_add(inside)?))
    }
}

/// Machine, offset of the section headers, their number, and the index of the one with the names.
fn header(bytes: &[u8]) -> Result<(u16, usize, usize, usize), LoadError> {
    let not = LoadError::NotAnObject;
    let header = bytes.get(..HEADER_BYTES).ok_or(not("too short for an ELF object"))?;
    let half = |offset: usize| u16::from_le_bytes([header[offset], header[offset + 1]]);
    if usize::from(half(58)) != SECTION_HEADER_BYTES {
        return Err(not("its section headers have another size"));
    }
    let table = u64_at(header, 40).and_then(|offset| usize::try_from(offset).ok());
    let table = table.ok_or(not("its section headers are past the end"))?;
    Ok((half(18), table, usize::from(half(60)), usize::from(half(62))))
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
