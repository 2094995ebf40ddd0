//! Unwind entries of items in, `.eh_frame` out, for programs that link the object.

use super::contents::Unwind;
use crate::code::unwind::system_v::{CODE_REFERENCE_OFFSET, COMMON_REFERENCE_OFFSET};

/// The section, with the places that refer to the text.
#[derive(Default)]
pub(super) struct UnwindSection {
    pub(super) bytes: Vec<u8>,
    /// Places in the section, each with the offset in the text whose distance from it they are to hold.
    pub(super) references: Vec<(u64, u64)>,
}

/// Writes the entry that all share, then one for each item.
pub(super) fn write(unwind: &Unwind) -> UnwindSection {
    let Unwind { common, entries } = unwind;
    let mut section = UnwindSection::default();
    if entries.is_empty() {
        return section;
    }
    let bytes: usize = entries.iter().map(|(_, entry)| entry.len()).sum();
    section.bytes.reserve_exact(common.len() + bytes);
    section.references.reserve_exact(entries.len());
    section.bytes.extend_from_slice(common);
    for (place, entry) in entries {
        let start = section.bytes.len();
        section.bytes.extend_from_slice(entry);
        let back = start + COMMON_REFERENCE_OFFSET;
        section.bytes[back..back + 4].copy_from_slice(&(back as u32).to_le_bytes());
        section.references.push(((start + CODE_REFERENCE_OFFSET) as u64, u64::from(place.offset)));
    }
    section
}
