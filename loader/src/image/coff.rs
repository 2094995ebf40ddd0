//! Sections and relocations of a COFF object.
//!
//! ```text
//! file       = machine:u16 sections:u16 time:u32 symbols-at:u32 symbol-count:u32 optional:u16 flags:u16 section^* ...
//! section    = name:8 virtual:u64 size:u32 offset:u32 relocations:u32 lines:u32 count:u16 lines:u16 flags:u32
//! relocation = place:u32 symbol:u32 type:u16
//! symbol     = name:8 value:u32 section:u16 type:u16 class:u8 more:u8
//! strings    = size:u32 text^*                      behind the symbols
//! ```
//!
//! A name of more than 8 bytes is `/` and its decimal offset in the strings, or, where that has more than 7 digits, `//` and
//! 6 digits to base 64 (as in MIME, the most significant first). The word that a relocation is of holds what is added.

use std::ops::Range;

use wasmc_contract::relocation::RelocationKind;
use wasmc_contract::section::Section;

use super::container::{Ranges, Targets, note, range_in, referred_at, targets, u16_at, u32_at, u64_at};
use crate::error::LoadError;

const HEADER_BYTES: usize = 20;
const SECTION_BYTES: usize = 40;
const RELOCATION_BYTES: usize = 10;
const SYMBOL_BYTES: usize = 18;

/// What relocations refer to.
struct Numbered {
    machine: u16,
    /// Which section has which number, from 1.
    sections: Vec<Option<Section>>,
    relocations: Range<usize>,
    symbols: Range<usize>,
}

/// Where how code is unwound is said.
#[cfg(windows)]
pub(super) struct UnwindSections {
    pub(super) functions: Range<usize>,
    pub(super) records: Range<usize>,
}

/// Finds `.pdata` and `.xdata` of `bytes`, an artifact.
#[cfg(windows)]
pub(super) fn unwind_sections(bytes: &[u8]) -> Option<UnwindSections> {
    use wasmc_contract::relocation::coff::{FUNCTIONS, UNWIND};
    let find = |wanted: &str| {
        (0..usize::from(u16_at(bytes, 2)?)).find_map(|index| {
            let header = bytes.get(HEADER_BYTES + index * SECTION_BYTES..)?.get(..SECTION_BYTES)?;
            let is_named = name(&header[..8], &[])? == wanted.as_bytes();
            let (length, offset) = (u32_at(header, 16)?, u32_at(header, 20)?);
            is_named.then(|| range_in(bytes, offset.into(), length.into())).flatten()
        })
    };
    Some(UnwindSections { functions: find(FUNCTIONS)?, records: find(UNWIND)? })
}

/// Finds the sections of `bytes`, which start as a COFF object for a known machine does.
pub(super) fn parse(bytes: &[u8]) -> Result<(Ranges, Result<Targets, LoadError>), LoadError> {
    let malformed = |cause| LoadError::Malformed { section: "section headers", cause };
    let header = bytes.get(..HEADER_BYTES).ok_or(LoadError::NotAnObject("too short for a COFF object"))?;
    let field = |offset: usize| u32_at(header, offset).map_or(0, u64::from);
    let half = |offset: usize| u16_at(header, offset).unwrap_or(0);
    if half(16) != 0 {
        return Err(LoadError::NotAnObject("a COFF file, but no relocatable object"));
    }
    let symbols =
        range_in(bytes, field(8), field(12) * SYMBOL_BYTES as u64).ok_or(malformed("symbols past the end"))?;
    let strings = &bytes[symbols.end..];
    let strings_bytes = u32_at(strings, 0).filter(|length| *length as usize <= strings.len());
    let strings = &strings[..strings_bytes.ok_or(malformed("names past the end"))? as usize];
    let mut ranges = Ranges::default();
    let mut numbered = Numbered { machine: half(0), sections: Vec::new(), relocations: 0..0, symbols };
    for index in 0..usize::from(half(2)) {
        let header = bytes.get(HEADER_BYTES + index * SECTION_BYTES..).and_then(|rest| rest.get(..SECTION_BYTES));
        let header = header.ok_or(malformed("past the end"))?;
        let field = |offset: usize| u32_at(header, offset).map_or(0, u64::from);
        let section = name(&header[..8], strings).and_then(section_named);
        numbered.sections.push(section);
        let Some(section) = section else { continue };
        note(&mut ranges, section, range_in(bytes, field(20), field(16)))?;
        if section == Section::Descriptor {
            let count = u16_at(header, 32).map_or(0, u64::from);
            let relocations = range_in(bytes, field(24), count * RELOCATION_BYTES as u64);
            numbered.relocations = relocations.ok_or(malformed("relocations past the end"))?;
        }
    }
    let Some(descriptor) = ranges[Section::Descriptor as usize].clone() else {
        return Err(LoadError::NotAnArtifact(Section::Descriptor.elf_name()));
    };
    let descriptor = &bytes[descriptor];
    let relocations = bytes[numbered.relocations.clone()].chunks(RELOCATION_BYTES);
    let targets = targets(relocations.map(|relocation| numbered.target(bytes, descriptor, &ranges, relocation)));
    Ok((ranges, targets))
}

impl Numbered {
    /// The reference that a relocation is of, and the offset in the file that it gives it.
    fn target(&self, bytes: &[u8], descriptor: &[u8], ranges: &Ranges, relocation: &[u8]) -> Option<(Section, u64)> {
        let offset = u32_at(relocation, 0)? as usize;
        let symbol = (u32_at(relocation, 4)? as usize).checked_mul(SYMBOL_BYTES)?;
        let RelocationKind::Absolute64 = RelocationKind::from_coff(self.machine, u16_at(relocation, 8)?)?;
        let symbol = bytes.get(self.symbols.clone())?.get(symbol..)?.get(..SYMBOL_BYTES)?;
        let number = usize::from(u16_at(symbol, 12)?);
        let section = (*self.sections.get(number.checked_sub(1)?)?)?;
        if referred_at(offset) != Some(section) {
            return None;
        }
        let inside = u64_at(descriptor, offset)?.checked_add(u32_at(symbol, 8)?.into())?;
        Some((section, (ranges[section as usize].as_ref()?.start as u64).checked_add(inside)?))
    }
}

/// A section's name, if it is short enough to be one of ours.
fn name<'a>(field: &'a [u8], strings: &'a [u8]) -> Option<&'a [u8]> {
    const LONGEST: usize = 32;
    let bytes = match field.strip_prefix(b"/") {
        Some(digits) => {
            let rest = strings.get(string_offset(digits)?..)?;
            &rest[..rest.len().min(LONGEST)]
        }
        None => field,
    };
    bytes.split(|byte| *byte == 0).next()
}

/// The offset in the strings that follows the first `/` of a name.
fn string_offset(digits: &[u8]) -> Option<usize> {
    if let Some(digits) = digits.strip_prefix(b"/") {
        let add = |number: usize, digit: &u8| number.checked_mul(64)?.checked_add(base64_digit(*digit)?);
        return digits.iter().try_fold(0, add);
    }
    let digits = digits.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn base64_digit(digit: u8) -> Option<usize> {
    Some(usize::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn section_named(name: &[u8]) -> Option<Section> {
    Section::ALL.into_iter().find(|section| section.coff_name().as_bytes() == name)
}
