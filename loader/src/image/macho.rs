//! Sections and relocations of a Mach-O object.
//!
//! ```text
//! file       = header:32 command^*
//! command    = kind:u32 size:u32 ...
//! segment    = command:8 name:16 address:u64 size:u64 offset:u64 length:u64 protection:u32^2 sections:u32 flags:u32 section^*
//! section    = name:16 segment:16 address:u64 size:u64 offset:u32 alignment:u32 relocations:u32 count:u32 flags:u32 ...  (80 bytes)
//! symbols    = command:8 offset:u32 count:u32 names:u32 length:u32
//! relocation = place:u32 information:u32
//! ```
//!
//! The word that a relocation is of holds an address: as far behind the section's own as the place is in the section.

use std::ops::Range;

use wasmc_contract::relocation::{RelocationKind, macho};
use wasmc_contract::section::Section;

use super::container::{Ranges, Targets, note, range_in, referred_at, targets, u32_at, u64_at};
use crate::error::LoadError;

const HEADER_BYTES: usize = 32;
const SEGMENT_BYTES: usize = 72;
const SECTION_BYTES: usize = 80;
const RELOCATION_BYTES: usize = 8;
/// `LC_SEGMENT_64`
const SEGMENT: u32 = 0x19;
/// `LC_SYMTAB`
const SYMBOLS: u32 = 2;
const SYMBOL_BYTES: u64 = 16;
/// The type of a section that has no bytes: `S_ZEROFILL`.
const ZERO_FILL: u32 = 1;

/// What relocations refer to.
struct Numbered {
    /// Which section has which number, from 1, and its address.
    sections: Vec<Option<(Section, u64)>>,
    relocations: Range<usize>,
}

/// Finds the sections of `bytes`, which start as a Mach-O object for a known CPU does.
pub(super) fn parse(bytes: &[u8]) -> Result<(Ranges, Result<Targets, LoadError>), LoadError> {
    let malformed = |cause| LoadError::Malformed { section: "load commands", cause };
    let mut ranges = Ranges::default();
    let mut numbered = Numbered { sections: Vec::new(), relocations: 0..0 };
    let count = u32_at(bytes, 16).ok_or(malformed("past the end"))?;
    let mut at = HEADER_BYTES;
    for _ in 0..count {
        let command = bytes.get(at..).ok_or(malformed("past the end"))?;
        let size = u32_at(command, 4).ok_or(malformed("past the end"))? as usize;
        // Each takes some bytes, so that a count alone cannot keep us here.
        let command = command.get(..size).filter(|_| size >= 8).ok_or(malformed("of a wrong size"))?;
        match u32_at(command, 0) {
            Some(SEGMENT) => numbered.read_segment(bytes, command, &mut ranges)?,
            Some(SYMBOLS) if !has_symbols(bytes, command) => return Err(malformed("symbols past the end")),
            _ => {}
        }
        at += size;
    }
    let Some(descriptor) = ranges[Section::Descriptor as usize].clone() else {
        return Err(LoadError::NotAnArtifact(Section::Descriptor.elf_name()));
    };
    let relocations = bytes[numbered.relocations.clone()].chunks(RELOCATION_BYTES);
    let descriptor = &bytes[descriptor];
    let targets = targets(relocations.map(|relocation| numbered.target(descriptor, &ranges, relocation)));
    Ok((ranges, targets))
}

impl Numbered {
    fn read_segment(&mut self, bytes: &[u8], command: &[u8], ranges: &mut Ranges) -> Result<(), LoadError> {
        let malformed = |cause| LoadError::Malformed { section: "section headers", cause };
        let count = u32_at(command, 64).ok_or(malformed("past the end"))? as usize;
        for index in 0..count {
            let header = SEGMENT_BYTES.checked_add(index * SECTION_BYTES).and_then(|start| command.get(start..));
            let header = header.and_then(|header| header.get(..SECTION_BYTES)).ok_or(malformed("past the end"))?;
            let field = |offset: usize| u32_at(header, offset).map_or(0, u64::from);
            let is_there = field(64) & 0xff != u64::from(ZERO_FILL);
            let section = section_named(&header[16..32], &header[..16]);
            let address = u64_at(header, 32).unwrap_or(0);
            self.sections.push(section.map(|section| (section, address)));
            let Some(section) = section else { continue };
            let size = u64_at(header, 40).unwrap_or(0);
            note(ranges, section, range_in(bytes, field(48), size).filter(|_| is_there))?;
            if section == Section::Descriptor {
                let relocations = range_in(bytes, field(56), field(60) * RELOCATION_BYTES as u64);
                self.relocations = relocations.ok_or(malformed("relocations past the end"))?;
            }
        }
        Ok(())
    }

    /// The reference that a relocation is of, and the offset in the file that it gives it.
    fn target(&self, descriptor: &[u8], ranges: &Ranges, relocation: &[u8]) -> Option<(Section, u64)> {
        let offset = u32_at(relocation, 0)? as usize;
        let information = u32_at(relocation, 4)?;
        let RelocationKind::Absolute64 = RelocationKind::from_macho(information)?;
        let number = (information & macho::SECTION_MASK) as usize;
        let (section, address) = (*self.sections.get(number.checked_sub(1)?)?)?;
        if referred_at(offset) != Some(section) {
            return None;
        }
        let inside = u64_at(descriptor, offset)?.checked_sub(address)?;
        Some((section, (ranges[section as usize].as_ref()?.start as u64).checked_add(inside)?))
    }
}

/// Whether symbols and their names are there, which nobody here reads: they end the file.
fn has_symbols(bytes: &[u8], command: &[u8]) -> bool {
    let field = |offset: usize| u32_at(command, offset).map_or(u64::MAX >> 32, u64::from);
    range_in(bytes, field(8), field(12) * SYMBOL_BYTES).is_some() && range_in(bytes, field(16), field(20)).is_some()
}

fn section_named(segment: &[u8], name: &[u8]) -> Option<Section> {
    let is = |bytes: &[u8], text: &str| {
        bytes.strip_prefix(text.as_bytes()).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    };
    Section::ALL.into_iter().find(|section| {
        let (own_segment, own_name) = section.macho_name();
        is(segment, own_segment) && is(name, own_name)
    })
}
