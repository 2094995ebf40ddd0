//! A program inside the executable that runs it: what `wasmc build` puts there, and how the executable finds it.
//!
//! ```text
//! executable = stub, zeros up to a multiple of ALIGNMENT_BYTES, artifact, words
//! words      = options of wasmrun as on its command line, then the program's first arguments, each with a NUL after it
//! ```
//!
//! The stub is `wasmrun` itself. Where the parts lie stands in [`Slot`], which is empty in a stub: a start asks a variable
//! of its own, and no file.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use wasmc_contract::{CONTRACT_REVISION, CONTRACT_VERSION};
use wasmc_loader::Image;

use crate::RunOptions;
use crate::command_line::parse_options;

/// How a slot starts. It is nowhere else in a stub.
pub const MAGIC: [u8; 16] = *b"\x7fwasmc\xb5slot\r\n\x1a\0\0";

/// What an artifact's place in an executable is a multiple of: the largest page, and Windows' granularity, of any target.
pub const ALIGNMENT_BYTES: usize = 64 << 10;

/// Where the parts lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Slot {
    /// [`MAGIC`].
    pub magic: [u8; 16],
    /// The contract of the artifacts that the stub reads.
    pub contract_version: u32,
    /// Its revision.
    pub contract_revision: u32,
    /// Where the artifact starts in the file. 0 in a stub.
    pub artifact_offset: u64,
    /// How long it is.
    pub artifact_length: u64,
    /// How long the words are, which follow it.
    pub words_length: u64,
    /// How many of them are options.
    pub options: u64,
}

impl Slot {
    /// How long a slot is.
    pub const BYTES: usize = size_of::<Self>();

    /// That of a stub.
    const EMPTY: Self = Self {
        magic: MAGIC,
        contract_version: CONTRACT_VERSION,
        contract_revision: CONTRACT_REVISION,
        artifact_offset: 0,
        artifact_length: 0,
        words_length: 0,
        options: 0,
    };

    /// Whether it can be the slot of a file of this length: of a stub, or of one with a program behind it.
    pub fn is_of_file(&self, file_length: u64) -> bool {
        let parts = [self.artifact_offset, self.artifact_length, self.words_length];
        let is_empty = parts == [0; 3] && self.options == 0;
        let end = parts.iter().try_fold(0, |end: u64, length| end.checked_add(*length));
        let is_inside = end.is_some_and(|end| end <= file_length) && self.options <= self.words_length;
        let is_full = self.artifact_offset > 0 && self.artifact_offset.is_multiple_of(ALIGNMENT_BYTES as u64);
        self.contract_version > 0 && (is_empty || is_full && is_inside)
    }

    /// Reads a slot from the bytes of a stub.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|index| bytes[at + index]));
        Self {
            magic: std::array::from_fn(|index| bytes[index]),
            contract_version: half(16),
            contract_revision: half(20),
            artifact_offset: word(24),
            artifact_length: word(32),
            words_length: word(40),
            options: word(48),
        }
    }

    /// The slot as it lies in a file.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.magic);
        bytes[16..20].copy_from_slice(&self.contract_version.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.contract_revision.to_le_bytes());
        let words = [self.artifact_offset, self.artifact_length, self.words_length, self.options];
        for (place, word) in bytes[24..].chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// The slot of this executable.
static SLOT: Slot = Slot::EMPTY;

/// A program that was found in this executable.
#[derive(Debug)]
pub struct Embedded {
    /// Its code.
    pub image: Image,
    /// What it is run with.
    pub options: RunOptions,
    /// Its first arguments; what the command line says follows.
    pub arguments: Vec<OsString>,
}

/// Whether this executable carries a program.
pub fn is_there() -> bool {
    // SAFETY: a variable that lives as long as the process. It is looked at as it lies there, since the file may have been
    // changed after the compiler saw it.
    unsafe { (&raw const SLOT.artifact_offset).read_volatile() != 0 }
}

/// Opens the program that this executable, which was started as `name`, carries.
///
/// # Errors
///
/// If the executable cannot be opened, or is damaged.
pub fn open(name: &OsStr) -> anyhow::Result<Embedded> {
    // SAFETY: as above.
    let slot = unsafe { (&raw const SLOT).read_volatile() };
    let executable = std::env::current_exe().unwrap_or_else(|_| PathBuf::from(name));
    let damaged = || format!("the program inside '{}' is damaged", executable.display());
    let mut file =
        File::open(&executable).with_context(|| format!("cannot open '{}', to run itself", executable.display()))?;
    let words = read_words(&mut file, &slot).with_context(damaged)?;
    let image = Image::from_part(file, slot.artifact_offset, slot.artifact_length).with_context(damaged)?;
    let (options, arguments) = words.split_at(usize::try_from(slot.options).unwrap_or(usize::MAX).min(words.len()));
    let options = parse_options(options).with_context(damaged)?;
    Ok(Embedded { image, options, arguments: arguments.to_vec() })
}

fn read_words(file: &mut File, slot: &Slot) -> anyhow::Result<Vec<OsString>> {
    if slot.words_length == 0 {
        return Ok(Vec::new());
    }
    let start = slot.artifact_offset.checked_add(slot.artifact_length).context("its end is outside")?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(slot.words_length).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 == slot.words_length && bytes.ends_with(&[0]), "its options are cut");
    bytes.pop();
    bytes.split(|byte| *byte == 0).map(word).collect()
}

/// A word as the system has it. `wasmc build` takes none that is not UTF-8.
fn word(bytes: &[u8]) -> anyhow::Result<OsString> {
    Ok(std::str::from_utf8(bytes).context("its options are not UTF-8")?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_lies_in_memory_as_in_a_file() {
        let slot = Slot { artifact_offset: 1 << 40, artifact_length: 7, words_length: 3, options: 2, ..Slot::EMPTY };
        let bytes = slot.to_bytes();
        assert_eq!(Slot::from_bytes(&bytes), slot);
        // SAFETY: the structure has as many bytes, all of which are initialised.
        assert_eq!(unsafe { std::mem::transmute::<Slot, [u8; Slot::BYTES]>(slot) }, bytes);
        assert!(!is_there());
    }

    #[test]
    fn what_only_starts_like_a_slot_is_none() {
        let full = Slot { artifact_offset: 64 << 10, artifact_length: 100, words_length: 3, options: 1, ..Slot::EMPTY };
        assert!(Slot::EMPTY.is_of_file(1) && full.is_of_file((64 << 10) + 103));
        assert!(!full.is_of_file((64 << 10) + 102));
        let mut text = [b'e'; Slot::BYTES];
        text[..16].copy_from_slice(&MAGIC);
        assert!(!Slot::from_bytes(&text).is_of_file(u64::MAX));
        assert!(!Slot { contract_version: 0, ..Slot::EMPTY }.is_of_file(1));
        assert!(!Slot { artifact_offset: 5, ..full }.is_of_file(u64::MAX));
        assert!(!Slot { options: 4, ..full }.is_of_file(u64::MAX));
    }
}
