//! Puts an artifact into a Mach-O stub: into its last segment, under an ad-hoc signature.
//!
//! ```text
//! file      = load commands, segments, …, __LINKEDIT
//! __LINKEDIT = what the linker wrote, zeros, artifact, words, signature
//! signature = magic length 1 (0 offset) directory                     a super blob with one blob
//! directory = header, identifier NUL, a SHA-256 hash for each 4 KiB of the file before the signature
//! ```
//!
//! Tools that check or rewrite executables (`codesign --strict` among them) refuse bytes that no load command accounts for, so
//! the names of symbols, which end what the linker wrote, are said to reach up to the signature.
//!
//! macOS on AArch64 starts nothing whose hashes do not fit. Linkers sign in the same way (there, the system's
//! `cs_blobs.h` describes it): the signature names no one, it is a checksum. Its numbers are big-endian.

use std::ops::Range;

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use super::Words;
use super::executable::append;
use super::stub::Stub;

const LC_SYMTAB: u32 = 2;
const LC_SEGMENT_64: u32 = 0x19;
const LC_CODE_SIGNATURE: u32 = 0x1d;
const HEADER_BYTES: usize = 32;
const NCMDS_OFFSET: usize = 16;

/// What pages of an executable are at most.
const PAGE_BYTES: usize = 16 << 10;
/// What one hash is of.
const HASHED_BYTES: usize = 4096;
const HASH_BYTES: usize = 32;

const DIRECTORY_OFFSET: usize = 20;
const DIRECTORY_HEADER_BYTES: usize = 88;

/// The executable, of a stub's `bytes` and the program, which is called `name`.
pub(super) fn assemble(
    mut bytes: Vec<u8>,
    stub: &Stub,
    artifact: &[u8],
    words: &Words,
    name: &str,
) -> anyhow::Result<Vec<u8>> {
    let commands = Commands::find(&bytes).context("its load commands are damaged")?;
    let segment = &commands.last_segment;
    let data_end = segment.file_end().context("its last segment is damaged")?;
    ensure!(data_end == bytes.len(), "something follows its last segment");
    if let Some(signature) = commands.signature {
        let start = half(&bytes, signature + 8)? as usize;
        ensure!((segment.file_offset..=data_end).contains(&start), "its signature lies outside of its last segment");
        bytes.truncate(start);
    }
    let linked_bytes = bytes.len();
    append(&mut bytes, stub, artifact, words)?;
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let code_end = bytes.len();
    let signature_bytes = if commands.signature.is_some() { signature_bytes(code_end, name) } else { 0 };

    let file_bytes = code_end + signature_bytes - segment.file_offset;
    put(&mut bytes, segment.command + 32, &(file_bytes.next_multiple_of(PAGE_BYTES) as u64).to_le_bytes());
    put(&mut bytes, segment.command + 48, &(file_bytes as u64).to_le_bytes());
    if let Some(symbols) = commands.symbols {
        let (start, length) = (half(&bytes, symbols + 16)? as usize, half(&bytes, symbols + 20)? as usize);
        // Nothing but padding may follow them.
        if start + length <= linked_bytes && linked_bytes - (start + length) < 16 {
            let length = u32::try_from(code_end - start).context("the names of its symbols cannot reach so far")?;
            put(&mut bytes, symbols + 20, &length.to_le_bytes());
        }
    }
    if let Some(signature) = commands.signature {
        let too_large = "a signed executable has at most 4 GiB";
        put(&mut bytes, signature + 8, &u32::try_from(code_end).context(too_large)?.to_le_bytes());
        put(&mut bytes, signature + 12, &u32::try_from(signature_bytes).context(too_large)?.to_le_bytes());
        let signed = sign(&bytes, name, &commands.text);
        debug_assert_eq!(signed.len(), signature_bytes);
        bytes.extend_from_slice(&signed);
    }
    Ok(bytes)
}

/// Where the load commands lie that are to be changed.
struct Commands {
    /// `__LINKEDIT`.
    last_segment: Segment,
    /// Where `__TEXT` lies in the file.
    text: Range<u64>,
    /// The offset of the command that says where symbols and their names are.
    symbols: Option<usize>,
    /// The offset of the command that says where the signature is.
    signature: Option<usize>,
}

struct Segment {
    /// The offset of its command.
    command: usize,
    file_offset: usize,
    file_bytes: usize,
}

impl Segment {
    fn file_end(&self) -> Option<usize> {
        self.file_offset.checked_add(self.file_bytes)
    }
}

impl Commands {
    fn find(bytes: &[u8]) -> anyhow::Result<Self> {
        let (mut last_segment, mut text, mut symbols, mut signature) = (None, None, None, None);
        let mut at = HEADER_BYTES;
        for _ in 0..half(bytes, NCMDS_OFFSET)? {
            let (kind, length) = (half(bytes, at)?, half(bytes, at + 4)? as usize);
            let least = match kind {
                LC_SEGMENT_64 => 72,
                LC_SYMTAB => 24,
                LC_CODE_SIGNATURE => 16,
                _ => 8,
            };
            ensure!((least..=bytes.len() - at).contains(&length), "a command is too short or too long");
            match kind {
                LC_SEGMENT_64 => {
                    let segment = Segment {
                        command: at,
                        file_offset: usize::try_from(word(bytes, at + 40)?)?,
                        file_bytes: usize::try_from(word(bytes, at + 48)?)?,
                    };
                    match &bytes[at + 8..at + 24] {
                        b"__LINKEDIT\0\0\0\0\0\0" => last_segment = Some(segment),
                        b"__TEXT\0\0\0\0\0\0\0\0\0\0" => {
                            let end = segment.file_end().context("its segment __TEXT is too long")?;
                            text = Some(segment.file_offset as u64..end as u64);
                        }
                        _ => (),
                    }
                }
                LC_SYMTAB => symbols = Some(at),
                LC_CODE_SIGNATURE => signature = Some(at),
                _ => (),
            }
            at += length;
        }
        let last_segment = last_segment.context("it has no segment __LINKEDIT")?;
        ensure!(at <= last_segment.file_offset, "they reach into the segment __LINKEDIT");
        Ok(Self { last_segment, text: text.context("it has no segment __TEXT")?, symbols, signature })
    }
}

fn half(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk).context("it is cut")?;
    Ok(u32::from_le_bytes(*bytes))
}

fn word(bytes: &[u8], at: usize) -> anyhow::Result<u64> {
    let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk).context("it is cut")?;
    Ok(u64::from_le_bytes(*bytes))
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// How long the signature of so many bytes is.
fn signature_bytes(code_end: usize, name: &str) -> usize {
    let directory = DIRECTORY_HEADER_BYTES + name.len() + 1 + code_end.div_ceil(HASHED_BYTES) * HASH_BYTES;
    (DIRECTORY_OFFSET + directory).next_multiple_of(16)
}

/// The signature of `code`, the whole file before it.
fn sign(code: &[u8], name: &str, text: &Range<u64>) -> Vec<u8> {
    const MAGIC_SIGNATURE: u32 = 0xfade_0cc0;
    const MAGIC_DIRECTORY: u32 = 0xfade_0c02;
    const VERSION_WITH_EXECUTABLE_SEGMENT: u32 = 0x2_0400;
    /// Nobody signed it, and a tool did: `codesign` may replace it.
    const FLAGS_ADHOC_BY_LINKER: u32 = 0x2_0002;
    const HASH_SHA256: u8 = 2;
    const MAIN_BINARY: u64 = 1;

    let slots = code.len().div_ceil(HASHED_BYTES);
    let hashes_offset = DIRECTORY_HEADER_BYTES + name.len() + 1;
    let directory_bytes = hashes_offset + slots * HASH_BYTES;
    let mut signature = Vec::with_capacity(signature_bytes(code.len(), name));
    let mut halves = |values: &[u32]| values.iter().for_each(|value| signature.extend_from_slice(&value.to_be_bytes()));
    halves(&[MAGIC_SIGNATURE, (DIRECTORY_OFFSET + directory_bytes) as u32, 1, 0, DIRECTORY_OFFSET as u32]);
    halves(&[MAGIC_DIRECTORY, directory_bytes as u32, VERSION_WITH_EXECUTABLE_SEGMENT, FLAGS_ADHOC_BY_LINKER]);
    // Where hashes and identifier are; how many hashes there are of other things than pages, and of pages.
    halves(&[hashes_offset as u32, DIRECTORY_HEADER_BYTES as u32, 0, slots as u32, code.len() as u32]);
    signature.extend_from_slice(&[HASH_BYTES as u8, HASH_SHA256, 0, HASHED_BYTES.trailing_zeros() as u8]);
    // Spare; no scattered pages, no team, spare.
    signature.extend_from_slice(&[0; 16]);
    // The end of the code, if it does not fit 32 bits; then where the executable segment is, and what it is.
    for value in [0, text.start, text.end - text.start, MAIN_BINARY] {
        signature.extend_from_slice(&value.to_be_bytes());
    }
    debug_assert_eq!(signature.len(), DIRECTORY_OFFSET + DIRECTORY_HEADER_BYTES);
    signature.extend_from_slice(name.as_bytes());
    signature.push(0);
    for page in code.chunks(HASHED_BYTES) {
        signature.extend_from_slice(&Sha256::digest(page));
    }
    signature.resize(signature_bytes(code.len(), name), 0);
    signature
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use wasmc_contract::target::System;
    use wasmrun::embedded::{ALIGNMENT_BYTES, MAGIC, Slot};

    use super::*;

    const TEXT_OFFSET: usize = 512;
    /// Behind where a program would lie if all before it were missing.
    const LINKED_OFFSET: usize = ALIGNMENT_BYTES + PAGE_BYTES;
    const SIGNATURE_OFFSET: usize = LINKED_OFFSET + 32;
    const STUB_BYTES: usize = SIGNATURE_OFFSET + 144;
    const COMMANDS_END: usize = HEADER_BYTES + 2 * 72 + 24 + 16;

    /// A stub with all that is looked at: load commands, a slot in `__TEXT`, names and a signature in `__LINKEDIT`.
    fn stub_bytes() -> Vec<u8> {
        let segment = |name: &str, offset: usize, length: usize| {
            let mut command = vec![0; 72];
            command[..4].copy_from_slice(&LC_SEGMENT_64.to_le_bytes());
            command[4] = 72;
            command[8..8 + name.len()].copy_from_slice(name.as_bytes());
            command[40..48].copy_from_slice(&(offset as u64).to_le_bytes());
            command[48..56].copy_from_slice(&(length as u64).to_le_bytes());
            command
        };
        let words = |words: &[usize]| words.iter().flat_map(|word| (*word as u32).to_le_bytes()).collect::<Vec<u8>>();
        let commands = [
            segment("__TEXT", 0, LINKED_OFFSET),
            segment("__LINKEDIT", LINKED_OFFSET, STUB_BYTES - LINKED_OFFSET),
            words(&[LC_SYMTAB as usize, 24, LINKED_OFFSET, 0, LINKED_OFFSET, SIGNATURE_OFFSET - LINKED_OFFSET]),
            words(&[LC_CODE_SIGNATURE as usize, 16, SIGNATURE_OFFSET, STUB_BYTES - SIGNATURE_OFFSET]),
        ];
        let mut bytes = words(&[0xfeed_facf, 0x0100_000c, 0, 2, commands.len(), commands.concat().len(), 0, 0]);
        bytes.extend(commands.concat());
        assert_eq!(bytes.len(), COMMANDS_END);
        bytes.resize(STUB_BYTES, 0);
        bytes[TEXT_OFFSET..][..MAGIC.len()].copy_from_slice(&MAGIC);
        bytes
    }

    /// Makes an executable of a stub that may be damaged.
    fn carry(bytes: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let slot = Slot::from_bytes(stub_bytes()[TEXT_OFFSET..].first_chunk().expect("it has a slot"));
        let stub =
            Stub { path: PathBuf::new(), bytes: Vec::new(), system: System::Macos, slot_offset: TEXT_OFFSET, slot };
        assemble(bytes, &stub, b"artifact", &Words { bytes: b"word\0".to_vec(), options: 0 }, "name")
    }

    #[test]
    fn a_stub_carries_a_program_up_to_its_new_signature() {
        let bytes = carry(stub_bytes()).expect("it is a stub");
        let commands = Commands::find(&bytes).expect("it has load commands");
        assert_eq!(commands.last_segment.file_end(), Some(bytes.len()));
        let signature = commands.signature.expect("it is signed");
        let (start, length) =
            (half(&bytes, signature + 8).expect("whole"), half(&bytes, signature + 12).expect("whole"));
        assert_eq!((start + length) as usize, bytes.len());
        assert!(start as usize > SIGNATURE_OFFSET);
    }

    #[test]
    fn damaged_stubs_give_errors_and_nothing_else() {
        let original = stub_bytes();
        let mut refused = 0;
        for length in (0..TEXT_OFFSET).chain((TEXT_OFFSET..original.len()).step_by(97)) {
            assert!(carry(original[..length].to_vec()).is_err(), "cut to {length}");
        }
        for at in 0..COMMANDS_END {
            for value in [0, 1, 7, 8, 71, 0x7f, 0x80, 0xff, original[at] ^ 1, !original[at]] {
                let mut bytes = original.clone();
                bytes[at] = value;
                refused += usize::from(carry(bytes.clone()).is_err());
                // And the rest of the number too.
                let end = (at + 8).min(COMMANDS_END);
                bytes[at..end].fill(value);
                refused += usize::from(carry(bytes).is_err());
            }
        }
        assert!(refused > 1000, "{refused}");
    }
}
