//! Finds an artifact's sections in an object file and applies the descriptor's relocations, whatever the container: a
//! file for each kind ([`elf`](super::elf), `macho`, `coff`) reads what is its own, by hand.
//!
//! A general reader parses every symbol's name up front, which for a module of tens of thousands of functions takes
//! longer than everything else that a start does. Each offset and size may be hostile.
//!
//! A loader is built with the reader of its own system's kind alone; the feature `foreign-containers` adds the others.

use std::ops::Range;

use wasmc_contract::record::Record;
use wasmc_contract::relocation::{coff, elf, macho};
use wasmc_contract::section::{Descriptor, Section, SectionReference};
use wasmc_contract::target::{Architecture, System, Target};

use crate::error::LoadError;

/// Ranges in the file, by [`Section`].
pub(super) type Ranges = [Option<Range<usize>>; Section::COUNT];

/// By [`Section`]: the place in the file that a relocation gives the descriptor's reference to it.
pub(super) type Targets = [Option<u64>; Section::COUNT];

/// Where an artifact's sections lie in the file.
#[derive(Debug)]
pub(super) struct Sections {
    /// What the container says that it is for.
    pub(super) target: Target,
    ranges: Ranges,
    /// An artifact of another version may have others, which is not what is wrong with it.
    targets: Result<Targets, LoadError>,
}

impl Sections {
    /// Finds the sections of `bytes`, a whole file, if `accepts` takes what it is for.
    pub(super) fn parse(bytes: &[u8], accepts: fn(Target) -> bool) -> Result<Self, LoadError> {
        let target = recognize(bytes)?;
        if !accepts(target) {
            return Err(LoadError::Target(Some(target)));
        }
        let (ranges, targets) = match target.system {
            #[cfg(any(target_os = "linux", feature = "foreign-containers"))]
            System::Linux => super::elf::parse(bytes)?,
            #[cfg(any(target_os = "macos", feature = "foreign-containers"))]
            System::Macos => super::macho::parse(bytes)?,
            #[cfg(any(windows, feature = "foreign-containers"))]
            System::Windows => super::coff::parse(bytes)?,
            #[cfg(not(feature = "foreign-containers"))]
            _ => return Err(LoadError::Target(Some(target))),
        };
        let sections = Self { target, ranges, targets };
        sections.check_alignment()?;
        Ok(sections)
    }

    /// Where `section` lies; `None` if the artifact has none.
    pub(super) fn range(&self, section: Section) -> Option<Range<usize>> {
        self.ranges[section as usize].clone()
    }

    /// The descriptor with its relocations applied: addresses are offsets in the file, and each reference is that of
    /// the whole section that it names.
    pub(super) fn relocated_descriptor(self, bytes: &[u8]) -> Result<(Descriptor, Ranges), LoadError> {
        let malformed = |cause| LoadError::Malformed { section: Section::Descriptor.elf_name(), cause };
        let range = self.range(Section::Descriptor).ok_or(LoadError::NotAnArtifact(Section::Descriptor.elf_name()))?;
        let mut descriptor = Descriptor::read(&bytes[range]).ok_or(malformed("too short"))?;
        let (magic, version, revision) = (descriptor.magic, descriptor.contract_version, descriptor.contract_revision);
        if magic != wasmc_contract::section::MAGIC || !wasmc_contract::is_readable(version, revision) {
            // Of another version, nothing further can be read; the caller says what is wrong with it.
            return Ok((descriptor, self.ranges));
        }
        let targets = self.targets?;
        for (section, _) in Descriptor::REFERENCES {
            let range = self.ranges[section as usize].clone().unwrap_or(0..0);
            let reference = descriptor.reference_mut(section).ok_or(malformed("a reference to itself"))?;
            let is_whole = match targets[section as usize] {
                Some(start) => start == range.start as u64 && !range.is_empty(),
                None => reference.address == 0 && range.is_empty(),
            };
            if !is_whole || reference.length_bytes != range.len() as u64 {
                return Err(malformed("a reference is not that of its section"));
            }
            reference.address = range.start as u64;
        }
        Ok((descriptor, self.ranges))
    }

    fn check_alignment(&self) -> Result<(), LoadError> {
        let page = self.target.page_bytes_max() as usize;
        for section in Section::ALL {
            let Some(range) = self.range(section) else { continue };
            let alignment = if section.is_page_aligned() { page } else { section.alignment_bytes() as usize };
            if !range.is_empty() && !range.start.is_multiple_of(alignment) {
                return Err(LoadError::Malformed { section: section.elf_name(), cause: "not aligned" });
            }
            if section.is_page_aligned() && !range.len().is_multiple_of(page) {
                return Err(LoadError::Malformed { section: section.elf_name(), cause: "not made of whole pages" });
            }
        }
        Ok(())
    }
}

/// Notes where a section lies; an error if it was found before, or lies outside of the file.
pub(super) fn note(ranges: &mut Ranges, section: Section, range: Option<Range<usize>>) -> Result<(), LoadError> {
    let malformed = |cause| LoadError::Malformed { section: section.elf_name(), cause };
    let range = range.ok_or(malformed("past the end of the file"))?;
    match ranges[section as usize].replace(range) {
        None => Ok(()),
        Some(_) => Err(malformed("present twice")),
    }
}

/// Collects what relocations give; an error at the first that is none of the contract's.
pub(super) fn targets(relocated: impl Iterator<Item = Option<(Section, u64)>>) -> Result<Targets, LoadError> {
    let malformed = |cause| LoadError::Malformed { section: Section::Descriptor.elf_name(), cause };
    let mut targets = Targets::default();
    for relocation in relocated {
        let (section, place) = relocation.ok_or(malformed("a relocation that it cannot have"))?;
        if targets[section as usize].replace(place).is_some() {
            return Err(malformed("a reference is relocated twice"));
        }
    }
    Ok(targets)
}

/// The section whose address the descriptor has at `offset`.
pub(super) fn referred_at(offset: usize) -> Option<Section> {
    let field = std::mem::offset_of!(SectionReference, address);
    let found = Descriptor::REFERENCES.into_iter().find(|(_, reference)| reference + field == offset);
    found.map(|(section, _)| section)
}

/// A range of the file; `None` if it is not inside.
pub(super) fn range_in(bytes: &[u8], offset: u64, length: u64) -> Option<Range<usize>> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(start..end).map(|_| start..end)
}

pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    u32::read(bytes.get(offset..)?)
}

pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    u64::read(bytes.get(offset..)?)
}

/// What an object file is for, by its first bytes.
fn recognize(bytes: &[u8]) -> Result<Target, LoadError> {
    let not = LoadError::NotAnObject;
    let (system, architecture) = if bytes.starts_with(b"\0asm") {
        return Err(not("it is a WebAssembly module; compile it with `wasmc compile` first"));
    } else if bytes.starts_with(b"\x7fELF") {
        (System::Linux, elf_architecture(bytes)?)
    } else if bytes.starts_with(&0xfeed_facf_u32.to_le_bytes()) {
        (System::Macos, macho_architecture(bytes)?)
    } else if bytes.starts_with(b"MZ") {
        return Err(not("a program of Windows, and no relocatable object"));
    } else {
        let architecture = match u16_at(bytes, 0) {
            Some(coff::MACHINE_X86_64) => Architecture::X86_64,
            Some(coff::MACHINE_AARCH64) => Architecture::Aarch64,
            _ => return Err(not("no 64-bit little-endian ELF, Mach-O or COFF object")),
        };
        (System::Windows, architecture)
    };
    Ok(Target { architecture, system })
}

fn elf_architecture(bytes: &[u8]) -> Result<Architecture, LoadError> {
    let not = LoadError::NotAnObject;
    if !bytes.starts_with(b"\x7fELF\x02\x01\x01") {
        return Err(not("no 64-bit little-endian ELF object"));
    }
    /// `ET_REL`
    const RELOCATABLE: u16 = 1;
    let (kind, machine) = (u16_at(bytes, 16), u16_at(bytes, 18));
    match kind.zip(machine).ok_or(not("too short for an ELF object"))? {
        (RELOCATABLE, elf::MACHINE_X86_64) => Ok(Architecture::X86_64),
        (RELOCATABLE, elf::MACHINE_AARCH64) => Ok(Architecture::Aarch64),
        (RELOCATABLE, _) => Err(LoadError::Target(None)),
        _ => Err(not("an ELF file, but no relocatable object")),
    }
}

fn macho_architecture(bytes: &[u8]) -> Result<Architecture, LoadError> {
    let not = LoadError::NotAnObject;
    /// `MH_OBJECT`
    const RELOCATABLE: u32 = 1;
    let (cpu, kind) = (u32_at(bytes, 4), u32_at(bytes, 12));
    match kind.zip(cpu).ok_or(not("too short for a Mach-O object"))? {
        (RELOCATABLE, macho::CPU_X86_64) => Ok(Architecture::X86_64),
        (RELOCATABLE, macho::CPU_AARCH64) => Ok(Architecture::Aarch64),
        (RELOCATABLE, _) => Err(LoadError::Target(None)),
        _ => Err(not("a Mach-O file, but no relocatable object")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_artifact_is_told_so() {
        let cause = |bytes: &[u8]| Sections::parse(bytes, |_| true).unwrap_err().to_string();
        assert!(cause(b"").contains("no 64-bit little-endian ELF, Mach-O or COFF object"));
        assert!(cause(b"\0asm\x01\0\0\0").contains("wasmc compile"));
        assert!(cause(b"MZ").contains("program of Windows"));
        assert!(cause(&[0; 64]).contains("no 64-bit little-endian ELF"));
        assert!(cause(b"\x7fELF\x01").contains("no 64-bit little-endian ELF object"));
        let mut header = [0; 64];
        header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        assert!(cause(&header[..18]).contains("too short"));
        header[16] = 2;
        assert!(cause(&header).contains("no relocatable object"));
        header[16] = 1;
        header[18] = 243;
        assert!(cause(&header).contains("unknown target"));
        let mut header = [0; 32];
        header[..8].copy_from_slice(b"\xcf\xfa\xed\xfe\x07\0\0\x01");
        assert!(cause(&header).contains("no relocatable object"));
    }

    #[test]
    fn what_is_for_others_is_named() {
        let refused = |bytes: &[u8]| Sections::parse(bytes, |_| false).unwrap_err().to_string();
        let host = Target::host().map_or("", Target::name);
        let mut header = [0; 64];
        header[..8].copy_from_slice(b"\xcf\xfa\xed\xfe\x0c\0\0\x01");
        header[12] = 1;
        for (bytes, name) in [(&header[..], "aarch64-macos"), (b"\x64\x86\x01\0", "x86_64-windows")] {
            let message = refused(bytes);
            assert!(message.contains(&format!("is for {name}, this machine is {host}")), "{message}");
            assert!(message.contains(&format!("wasmc compile --target {host}")), "{message}");
        }
    }
}
