//! An artifact's bytes in, what is wrong with them out. Reads with another crate than the one that wrote, and knows
//! nothing of how they were made: only what [`wasmc_contract`] promises of them.
//!
//! A file for each container finds the sections, references and symbols of an `Object`; what has to hold of these is the
//! same for all.

use wasmc_contract::record::Record;
use wasmc_contract::section::{Descriptor, MAGIC, Section};
use wasmc_contract::target::{System, Target};

use crate::error::CompileError;

mod coff;
mod description;
mod elf;
mod macho;
mod unwind;

/// Checks that an artifact keeps what the contract promises.
pub fn verify(bytes: &[u8]) -> Result<(), CompileError> {
    parse(bytes).and_then(|object| object.check()).map_err(CompileError::Verify)
}

/// What an artifact holds, as far as it can be said of any container.
#[derive(Debug)]
pub struct Contents<'a> {
    /// As it stands in the file: addresses are not those of anything yet.
    pub descriptor: Descriptor,
    /// Those of the contract, in its order: their names in this container, and their bytes.
    pub sections: Vec<(String, &'a [u8])>,
}

impl<'a> Contents<'a> {
    /// The bytes of a section.
    pub fn section(&self, section: Section) -> &'a [u8] {
        self.sections[section as usize].1
    }
}

/// Reads an artifact of any target, and checks nothing more than that it can be read.
pub fn contents(bytes: &[u8]) -> Result<Contents<'_>, CompileError> {
    let object = parse(bytes).map_err(CompileError::Verify)?;
    let sections = Section::ALL.into_iter().zip(&object.parts).map(|(section, part)| {
        let name = match object.target.system {
            System::Linux => section.elf_name().to_owned(),
            System::Macos => format!("{},{}", section.macho_name().0, section.macho_name().1),
            System::Windows => section.coff_name().to_owned(),
        };
        (name, part.bytes)
    });
    let descriptor = Descriptor::read(object.section(Section::Descriptor));
    let descriptor = descriptor.filter(|descriptor| descriptor.magic == MAGIC);
    let no_descriptor = || CompileError::Verify("it has no descriptor".to_owned());
    Ok(Contents { descriptor: descriptor.ok_or_else(no_descriptor)?, sections: sections.collect() })
}

/// What is checked holds, or the reason why not.
type Checked<T = ()> = Result<T, String>;

/// Fails with the message unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)*) => {
        if !$condition {
            return Err(format!($($message)*));
        }
    };
}
use ensure;

/// An object whose sections were found.
struct Object<'a> {
    target: Target,
    /// By [`Section`].
    parts: [Part<'a>; Section::COUNT],
    /// The descriptor's relocations, in the order of the file.
    references: Vec<Reference>,
    /// Those of functions.
    symbols: Vec<FunctionSymbol>,
    /// Pieces of the text that say how they are unwound: offset and length, as they follow each other.
    unwound: Vec<(u64, u64)>,
}

/// A section.
#[derive(Clone, Copy, Default)]
struct Part<'a> {
    bytes: &'a [u8],
    /// Where it lies in the file; anywhere if it is empty.
    offset: u64,
    /// What linkers are asked for.
    alignment: u64,
    is_executable: bool,
}

/// A relocation of the descriptor: all have the one kind.
struct Reference {
    /// The place in the descriptor.
    offset: u64,
    /// What it is of; `None` if it is no section of the contract.
    section: Option<Section>,
    /// How far behind the section's start.
    distance: u64,
}

/// The symbol of a function.
struct FunctionSymbol {
    section: Option<Section>,
    offset: u64,
    /// Only ELF's have one.
    length: Option<u64>,
    is_local: bool,
}

fn parse(bytes: &[u8]) -> Checked<Object<'_>> {
    if bytes.starts_with(b"\x7fELF") {
        elf::parse(bytes)
    } else if bytes.starts_with(&0xfeed_facf_u32.to_le_bytes()) {
        macho::parse(bytes)
    } else {
        coff::parse(bytes)
    }
}

impl<'a> Object<'a> {
    fn check(&self) -> Checked {
        self.check_sections()?;
        self.check_descriptor()?;
        self.check_references()?;
        let facts = description::check(self)?;
        self.check_symbols(&facts)?;
        unwind::check(self, &facts)
    }

    fn section(&self, section: Section) -> &'a [u8] {
        self.parts[section as usize].bytes
    }

    fn length_bytes(&self, section: Section) -> u64 {
        self.section(section).len() as u64
    }

    fn check_sections(&self) -> Checked {
        let page_bytes = self.target.page_bytes_max();
        // What COFF can say at most.
        let stated_max = if self.target.system == System::Windows { 8192 } else { page_bytes };
        for (section, part) in Section::ALL.into_iter().zip(&self.parts) {
            let name = section.elf_name();
            let alignment = if section.is_page_aligned() { page_bytes } else { section.alignment_bytes() };
            ensure!(part.alignment == alignment.min(stated_max), "{name} is aligned to {}", part.alignment);
            let is_aligned = part.bytes.is_empty() || part.offset.is_multiple_of(alignment);
            ensure!(is_aligned, "{name} lies at {:#x}", part.offset);
            let length = part.bytes.len() as u64;
            let is_padded = !section.is_page_aligned() || length.is_multiple_of(page_bytes);
            ensure!(is_padded, "{name} is {length:#x} bytes long");
            ensure!(part.is_executable == (section == Section::Text), "{name} may be executed, or must not");
        }
        Ok(())
    }

    fn check_descriptor(&self) -> Checked {
        let bytes = self.section(Section::Descriptor);
        ensure!(bytes.len() == Descriptor::SIZE, "the descriptor has {} bytes", bytes.len());
        let mut descriptor = Descriptor::read(bytes).ok_or("the descriptor is too short".to_owned())?;
        ensure!(descriptor.magic == MAGIC, "the descriptor has another magic number");
        ensure!(descriptor.target == self.target.number(), "the descriptor is for target {:#x}", descriptor.target);
        for (section, _) in Descriptor::REFERENCES {
            let length = self.length_bytes(section);
            let reference = *descriptor.reference_mut(section).expect("the descriptor refers to it");
            let name = section.elf_name();
            ensure!(reference.length_bytes == length, "{name} is not {} bytes long", reference.length_bytes);
            ensure!(length > 0 || reference.address == 0, "the reference to {name} is of nothing");
        }
        Ok(())
    }

    fn check_references(&self) -> Checked {
        let mut wanted = Descriptor::REFERENCES.into_iter().filter(|(section, _)| self.length_bytes(*section) > 0);
        for reference in &self.references {
            let (section, offset) = wanted.next().ok_or("there are too many relocations".to_owned())?;
            ensure!(reference.offset == offset as u64, "a relocation at {:#x}", reference.offset);
            let is_right = reference.section == Some(section) && reference.distance == 0;
            ensure!(is_right, "the relocation at {offset:#x} is not against {}", section.elf_name());
        }
        ensure!(wanted.next().is_none(), "a reference of the descriptor has no relocation");
        Ok(())
    }

    /// Each function has a local symbol of its place and size, and all symbols of the text lie in it.
    fn check_symbols(&self, facts: &description::Facts) -> Checked {
        let mut functions = facts.functions.iter().peekable();
        for symbol in &self.symbols {
            ensure!(symbol.section == Some(Section::Text), "a function's symbol is outside the text");
            let end = symbol.offset.checked_add(symbol.length.unwrap_or(0));
            ensure!(end.is_some_and(|end| end <= facts.text_bytes), "a symbol reaches past the text");
            functions.next_if(|(offset, length)| {
                symbol.is_local && *offset == symbol.offset && symbol.length.is_none_or(|stated| stated == *length)
            });
        }
        match functions.next() {
            Some((offset, _)) => Err(format!("the function at {offset:#x} has no symbol of its size")),
            None => Ok(()),
        }
    }
}

/// The bytes of a file at `offset`.
fn slice(bytes: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    bytes.get(usize::try_from(offset).ok()?..)?.get(..usize::try_from(length).ok()?)
}
