//! What a Mach-O artifact is made of.

use goblin::mach::constants::{S_ATTR_PURE_INSTRUCTIONS, cputype};
use goblin::mach::header::{MH_OBJECT, MH_SUBSECTIONS_VIA_SYMBOLS};
use goblin::mach::segment::Section as Header;
use goblin::mach::{MachO, symbols};
use wasmc_contract::relocation::RelocationKind;
use wasmc_contract::section::{Descriptor, Section};
use wasmc_contract::target::{Architecture, System, Target};

use super::unwind::read_eh_frame;
use super::{Checked, FunctionSymbol, Object, Part, Reference, ensure, slice};

pub(super) fn parse(bytes: &[u8]) -> Checked<Object<'_>> {
    let failed = |error: goblin::error::Error| format!("not a Mach-O object: {error}");
    let file = MachO::parse(bytes, 0).map_err(failed)?;
    ensure!(file.header.filetype == MH_OBJECT, "not an object");
    ensure!(file.header.flags & MH_SUBSECTIONS_VIA_SYMBOLS == 0, "linkers may take the text apart");
    let architecture = match file.header.cputype() {
        cputype::CPU_TYPE_X86_64 => Architecture::X86_64,
        cputype::CPU_TYPE_ARM64 => Architecture::Aarch64,
        other => return Err(format!("CPU {other:#x} is not known")),
    };
    let [segment] = file.segments.iter().as_slice() else { return Err("there is not one segment".to_owned()) };
    let headers: Vec<Header> = segment.sections().map_err(failed)?.into_iter().map(|(header, _)| header).collect();
    let mut parts = [Part::default(); Section::COUNT];
    let mut addresses = [0; Section::COUNT];
    for section in Section::ALL {
        let header = find(&headers, section.macho_name())?;
        addresses[section as usize] = header.addr;
        parts[section as usize] = Part {
            bytes: contents(bytes, header)?,
            offset: header.offset.into(),
            alignment: 1_u64.checked_shl(header.align).unwrap_or(0),
            is_executable: header.flags & S_ATTR_PURE_INSTRUCTIONS != 0,
        };
    }
    // Sections are numbered from 1, the first ones in the contract's order.
    let section_of = |number: usize| number.checked_sub(1).and_then(|index| Section::ALL.get(index).copied());
    for (index, section) in Section::ALL.into_iter().enumerate() {
        ensure!(is_named(&headers[index], section.macho_name()), "section {index} is not {section:?}");
    }
    let references = read_references(bytes, &headers, &parts, &addresses)?;
    let text = addresses[Section::Text as usize];
    let unwind = find(&headers, ("__TEXT", "__eh_frame"))?;
    let entries = read_eh_frame(contents(bytes, unwind)?, unwind.addr)?;
    let unwound = entries.into_iter().map(|(address, length)| (address.wrapping_sub(text), length)).collect();
    let mut functions = Vec::new();
    for symbol in file.symbols() {
        let (name, symbol) = symbol.map_err(failed)?;
        ensure!(name.starts_with('_'), "the symbol {name} does not start with an underscore");
        let section = section_of(symbol.n_sect);
        if section != Some(Section::Descriptor) {
            let is_local = symbol.n_type & symbols::N_EXT == 0;
            functions.push(FunctionSymbol {
                section,
                offset: symbol.n_value.wrapping_sub(text),
                length: None,
                is_local,
            });
        }
    }
    let target = Target { architecture, system: System::Macos };
    Ok(Object { target, parts, references, symbols: functions, unwound })
}

fn is_named(header: &Header, (segment, name): (&str, &str)) -> bool {
    header.segname().is_ok_and(|own| own == segment) && header.name().is_ok_and(|own| own == name)
}

fn find<'h>(headers: &'h [Header], name: (&str, &str)) -> Checked<&'h Header> {
    headers.iter().find(|header| is_named(header, name)).ok_or(format!("{},{} is missing", name.0, name.1))
}

fn contents<'a>(bytes: &'a [u8], header: &Header) -> Checked<&'a [u8]> {
    slice(bytes, header.offset.into(), header.size).ok_or_else(|| "a section is outside the file".to_owned())
}

/// The descriptor's relocations: nothing else has any.
fn read_references(
    bytes: &[u8],
    headers: &[Header],
    parts: &[Part<'_>; Section::COUNT],
    addresses: &[u64; Section::COUNT],
) -> Checked<Vec<Reference>> {
    let mut references = Vec::new();
    for (index, header) in headers.iter().enumerate().filter(|(_, header)| header.nreloc > 0) {
        ensure!(index == Section::Descriptor as usize, "section {index} is relocated");
        let relocations = slice(bytes, header.reloff.into(), u64::from(header.nreloc) * 8);
        let relocations = relocations.ok_or("relocations are outside the file".to_owned())?;
        for relocation in relocations.chunks_exact(8) {
            let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| relocation[at + byte]));
            let kind = RelocationKind::from_macho(word(4));
            ensure!(kind == Some(RelocationKind::Absolute64), "relocation {:#x}", word(4));
            let offset = u64::from(word(0));
            let section = (word(4) & 0xff_ffff).checked_sub(1).and_then(|at| Section::ALL.get(at as usize).copied());
            let held = slice(parts[Section::Descriptor as usize].bytes, offset, 8).and_then(|held| held.first_chunk());
            let held = u64::from_le_bytes(*held.ok_or("a relocation is outside the descriptor".to_owned())?);
            let start = section.map_or(0, |section| addresses[section as usize]);
            references.push(Reference { offset, section, distance: held.wrapping_sub(start) });
        }
    }
    ensure!(references.len() <= Descriptor::REFERENCES.len(), "there are too many relocations");
    Ok(references)
}
