//! What an object is made of, whatever its container: sections in their order, references between them, symbols.

use wasmc_contract::record::Record;
use wasmc_contract::section::{Descriptor, Section};
use wasmc_contract::target::Target;

use super::symbols::Symbol;
use crate::link::Place;

/// What an object is made of.
pub(super) struct Contents {
    pub(super) target: Target,
    /// By [`Section`]; the descriptor's has its lengths, and no address yet.
    pub(super) sections: [Vec<u8>; Section::COUNT],
    pub(super) unwind: Unwind,
    /// Local ones first.
    pub(super) symbols: Vec<Symbol>,
}

/// How items are unwound, as [`crate::code::unwind`] has it, each with its place in the text.
pub(super) struct Unwind {
    /// What comes before all entries.
    pub(super) common: Vec<u8>,
    pub(super) entries: Vec<(Place, Box<[u8]>)>,
}

impl Contents {
    /// Puts the sections in their order, and the descriptor among them.
    pub(super) fn new(
        target: Target,
        mut descriptor: Descriptor,
        sections: Vec<(Section, Vec<u8>)>,
        unwind: Unwind,
        symbols: Vec<Symbol>,
    ) -> Self {
        let mut ordered: [Vec<u8>; Section::COUNT] = Default::default();
        for (section, bytes) in sections {
            if let Some(reference) = descriptor.reference_mut(section) {
                reference.length_bytes = bytes.len() as u64;
            }
            ordered[section as usize] = bytes;
        }
        let own = &mut ordered[Section::Descriptor as usize];
        descriptor.write(&mut |part| own.extend_from_slice(part));
        Self { target, sections: ordered, unwind, symbols }
    }

    /// The sections, with where they have to start.
    pub(super) fn sections(&self) -> impl Iterator<Item = (Section, &[u8], u64)> {
        Section::ALL.into_iter().map(|section| {
            let alignment =
                if section.is_page_aligned() { self.target.page_bytes_max() } else { section.alignment_bytes() };
            (section, self.sections[section as usize].as_slice(), alignment)
        })
    }

    /// The sections that the descriptor refers to, with the offset of the address in it.
    pub(super) fn references(&self) -> impl Iterator<Item = (Section, usize)> {
        let is_there = |(section, _): &(Section, usize)| !self.sections[*section as usize].is_empty();
        Descriptor::REFERENCES.into_iter().filter(is_there)
    }

    /// How many bytes the sections take in a file, at most.
    pub(super) fn bytes_max(&self) -> usize {
        self.sections().map(|(_, bytes, alignment)| bytes.len() + alignment as usize).sum()
    }
}
