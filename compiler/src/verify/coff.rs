//! What a COFF artifact is made of.

use goblin::pe::Coff;
use goblin::pe::section_table::{IMAGE_SCN_ALIGN_MASK, IMAGE_SCN_LNK_NRELOC_OVFL, IMAGE_SCN_MEM_EXECUTE, SectionTable};
use goblin::pe::symbol::IMAGE_SYM_CLASS_STATIC;
use wasmc_contract::relocation::{RelocationKind, coff};
use wasmc_contract::section::Section;
use wasmc_contract::target::{Architecture, System, Target};

use super::{Checked, FunctionSymbol, Object, Part, Reference, ensure, slice};

pub(super) fn parse(bytes: &[u8]) -> Checked<Object<'_>> {
    let file = Coff::parse(bytes).map_err(|error| format!("not a COFF object: {error}"))?;
    let machine = file.header.machine;
    let architecture = match machine {
        coff::MACHINE_X86_64 => Architecture::X86_64,
        coff::MACHINE_AARCH64 => Architecture::Aarch64,
        other => return Err(format!("machine {other:#x} is not known")),
    };
    let mut parts = [Part::default(); Section::COUNT];
    for section in Section::ALL {
        let header = find(&file, section.coff_name())?;
        // Sections are numbered in the contract's order.
        let is_there = file.sections.get(section as usize).is_some_and(|other| std::ptr::eq(other, header));
        ensure!(is_there, "{} is not where it belongs", section.coff_name());
        parts[section as usize] = Part {
            bytes: contents(bytes, header)?,
            offset: header.pointer_to_raw_data.into(),
            alignment: 1_u64
                .checked_shl(((header.characteristics & IMAGE_SCN_ALIGN_MASK) >> 20).wrapping_sub(1))
                .unwrap_or(0),
            is_executable: header.characteristics & IMAGE_SCN_MEM_EXECUTE != 0,
        };
    }
    let section_of = |symbol: u32| -> Option<&str> {
        let (_, symbol) = file.symbols.as_ref()?.get(symbol as usize)?;
        let is_section = symbol.is_section_definition() && symbol.value == 0;
        let header = file.sections.get(usize::try_from(symbol.section_number).ok()?.checked_sub(1)?)?;
        is_section.then(|| name(header))
    };
    for header in file.sections.iter().filter(|header| header.number_of_relocations > 0) {
        let is_known = [Section::Descriptor.coff_name(), coff::FUNCTIONS].contains(&name(header));
        ensure!(is_known, "{} is relocated", name(header));
    }
    let mut references = Vec::new();
    for (offset, symbol, kind) in relocations(bytes, find(&file, Section::Descriptor.coff_name())?)? {
        let kind = RelocationKind::from_coff(machine, kind);
        ensure!(kind == Some(RelocationKind::Absolute64), "a relocation at {offset:#x} of another type");
        let of = section_of(symbol);
        let section = Section::ALL.into_iter().find(|section| Some(section.coff_name()) == of);
        let held =
            slice(parts[Section::Descriptor as usize].bytes, offset.into(), 8).and_then(|held| held.first_chunk());
        let distance = u64::from_le_bytes(*held.ok_or("a relocation is outside the descriptor".to_owned())?);
        references.push(Reference { offset: offset.into(), section, distance });
    }
    let unwound = read_unwind(bytes, &file, architecture, section_of)?;
    let mut symbols = Vec::new();
    for (_, _, symbol) in file.symbols.iter().flat_map(|symbols| symbols.iter()) {
        if symbol.is_function_definition() || symbol.typ == 0x20 {
            let index = usize::try_from(symbol.section_number).ok().and_then(|number| number.checked_sub(1));
            symbols.push(FunctionSymbol {
                section: index.and_then(|index| Section::ALL.get(index).copied()),
                offset: symbol.value.into(),
                length: None,
                is_local: symbol.storage_class == IMAGE_SYM_CLASS_STATIC,
            });
        }
    }
    Ok(Object { target: Target { architecture, system: System::Windows }, parts, references, symbols, unwound })
}

fn name(header: &SectionTable) -> &str {
    header.name().unwrap_or_default()
}

fn find<'h>(file: &'h Coff<'_>, wanted: &str) -> Checked<&'h SectionTable> {
    file.sections.iter().find(|header| name(header) == wanted).ok_or(format!("{wanted} is missing"))
}

fn contents<'a>(bytes: &'a [u8], header: &SectionTable) -> Checked<&'a [u8]> {
    let found = slice(bytes, header.pointer_to_raw_data.into(), header.size_of_raw_data.into());
    found.ok_or_else(|| format!("{} is outside the file", name(header)))
}

/// Place, symbol and type of each relocation. If they are more than a header can count, the first holds the number.
fn relocations(bytes: &[u8], header: &SectionTable) -> Checked<Vec<(u32, u32, u16)>> {
    let at = |start: u64, count: u64| {
        let entries = slice(bytes, start, count * 10).ok_or_else(|| "relocations are outside the file".to_owned())?;
        let read = |entry: &[u8]| {
            let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| entry[at + byte]));
            (word(0), word(4), u16::from_le_bytes([entry[8], entry[9]]))
        };
        Ok::<_, String>(entries.chunks_exact(10).map(read).collect::<Vec<_>>())
    };
    let (start, count) = (u64::from(header.pointer_to_relocations), u64::from(header.number_of_relocations));
    if header.characteristics & IMAGE_SCN_LNK_NRELOC_OVFL == 0 {
        return at(start, count);
    }
    let counted = at(start, 1)?.first().map_or(0, |(count, ..)| u64::from(*count));
    ensure!(count == 0xffff && counted > count, "relocations are counted wrongly");
    at(start + 10, counted - 1)
}

/// What `.pdata` says of the text; its words are all relocated, against the text or `.xdata`.
fn read_unwind<'f>(
    bytes: &[u8],
    file: &'f Coff<'_>,
    architecture: Architecture,
    section_of: impl Fn(u32) -> Option<&'f str>,
) -> Checked<Vec<(u64, u64)>> {
    let header = find(file, coff::FUNCTIONS)?;
    let words: Vec<u64> = contents(bytes, header)?
        .chunks_exact(4)
        .map(|word| u64::from(u32::from_le_bytes([0, 1, 2, 3].map(|byte| word[byte]))))
        .collect();
    let records = contents(bytes, find(file, coff::UNWIND)?)?;
    let (entry_words, kind) = match architecture {
        Architecture::X86_64 => (3, coff::AMD64_ADDR32NB),
        Architecture::Aarch64 => (2, coff::ARM64_ADDR32NB),
    };
    let relocations = relocations(bytes, header)?;
    ensure!(relocations.len() == words.len(), "a word of .pdata is not relocated");
    for (index, (offset, symbol, own)) in relocations.iter().enumerate() {
        let of = if (index + 1) % entry_words == 0 { coff::UNWIND } else { Section::Text.coff_name() };
        let is_right = *offset as usize == index * 4 && section_of(*symbol) == Some(of) && *own == kind;
        ensure!(is_right, "the relocation of word {index} of .pdata is wrong");
    }
    let mut unwound = Vec::new();
    for entry in words.chunks_exact(entry_words) {
        let (start, record) = (entry[0], entry[entry_words - 1]);
        let word = slice(records, record, 4).and_then(|word| word.first_chunk());
        let word = u32::from_le_bytes(*word.ok_or(".pdata refers to no record".to_owned())?);
        let (length, record_bytes) = match architecture {
            Architecture::X86_64 => {
                ensure!(word & 0xff == 1, "an unwind record of another version");
                (entry[1].saturating_sub(start), 4 + (u64::from(word) >> 16 & 0xff).next_multiple_of(2) * 2)
            }
            Architecture::Aarch64 => {
                ensure!(word >> 18 & 0x1ff == 0, "an unwind record of another version");
                (u64::from(word & 0x3_ffff) * 4, 4 + u64::from(word >> 27) * 4)
            }
        };
        ensure!(slice(records, record, record_bytes).is_some(), "an unwind record is outside .xdata");
        unwound.push((start, length));
    }
    Ok(unwound)
}
