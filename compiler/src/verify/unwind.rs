//! Checks that each function can be unwound from, and reads `.eh_frame`, which two containers have.

use gimli::{BaseAddresses, CieOrFde, EhFrame, LittleEndian, UnwindSection};
use wasmc_contract::target::{Architecture, System};

use super::description::Facts;
use super::{Checked, Object, ensure};

/// The pieces follow each other, and each function is one, or several on AArch64 Windows if it is long.
pub(super) fn check(object: &Object<'_>, facts: &Facts) -> Checked {
    let mut pieces = object.unwound.iter().copied().peekable();
    let mut end = 0;
    for (offset, length) in &object.unwound {
        ensure!(*offset >= end, "the unwind entry of {offset:#x} is not in its order");
        end = offset + length;
        ensure!(end <= facts.text_bytes, "the unwind entry of {offset:#x} reaches past the text");
    }
    let may_continue = object.target.system == System::Windows && object.target.architecture == Architecture::Aarch64;
    for (offset, length) in &facts.functions {
        while pieces.next_if(|(start, _)| start < offset).is_some() {}
        let mut covered = pieces.next_if(|(start, _)| start == offset).map_or(0, |(_, length)| length);
        while may_continue && covered < *length {
            match pieces.next_if(|(start, _)| *start == offset + covered) {
                Some((_, more)) if more > 0 => covered += more,
                _ => break,
            }
        }
        ensure!(covered == *length, "the function at {offset:#x} has no unwind entry");
    }
    Ok(())
}

/// The length of each entry's code in `.eh_frame`, with its start as it stands there: the distance from itself, taken
/// from `address`, where the section lies.
pub(super) fn read_eh_frame(bytes: &[u8], address: u64) -> Checked<Vec<(u64, u64)>> {
    let failed = |error: gimli::Error| format!(".eh_frame: {error}");
    let section = EhFrame::new(bytes, LittleEndian);
    let bases = BaseAddresses::default().set_eh_frame(address);
    let mut entries = section.entries(&bases);
    let mut found = Vec::new();
    while let Some(entry) = entries.next().map_err(failed)? {
        let CieOrFde::Fde(entry) = entry else { continue };
        let entry = entry.parse(EhFrame::cie_from_offset).map_err(failed)?;
        found.push((entry.initial_address(), entry.len()));
    }
    Ok(found)
}
