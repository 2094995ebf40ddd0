//! Checks that each function can be unwound from: `.eh_frame` has an entry of its place and length.

use gimli::{BaseAddresses, CieOrFde, EhFrame, LittleEndian, UnwindSection};

use super::description::Facts;
use super::{Checked, Object, ensure};

pub(super) fn check(object: &Object<'_>, facts: &Facts) -> Checked {
    let named =
        |index: &usize| object.elf.shdr_strtab.get_at(object.elf.section_headers[*index].sh_name) == Some(".eh_frame");
    let Some(index) = (0..object.elf.section_headers.len()).find(named) else {
        return Err(".eh_frame is missing".to_owned());
    };
    let bytes =
        object.contents(&object.elf.section_headers[index]).ok_or(".eh_frame is outside the file".to_owned())?;
    let relocated = object
        .elf
        .shdr_relocs
        .iter()
        .filter(|(relocations, _)| object.elf.section_headers[*relocations].sh_info as usize == index);
    let mut places = relocated.flat_map(|(_, relocations)| relocations.iter()).map(|r| r.r_addend.unwrap_or(0) as u64);
    let section = EhFrame::new(bytes, LittleEndian);
    let bases = BaseAddresses::default().set_eh_frame(0);
    let mut entries = section.entries(&bases);
    let mut functions = facts.functions.iter().peekable();
    while let Some(entry) = entries.next().map_err(|error| format!(".eh_frame: {error}"))? {
        let CieOrFde::Fde(entry) = entry else { continue };
        let entry = entry.parse(EhFrame::cie_from_offset).map_err(|error| format!(".eh_frame: {error}"))?;
        let offset = places.next().ok_or("an unwind entry has no relocation".to_owned())?;
        ensure!(offset + entry.len() <= facts.text_bytes, "the unwind entry of {offset:#x} reaches past the text");
        functions.next_if(|(start, length)| (*start, *length) == (offset, entry.len()));
    }
    match functions.next() {
        Some((offset, _)) => Err(format!("the function at {offset:#x} has no unwind entry")),
        None => Ok(()),
    }
}
