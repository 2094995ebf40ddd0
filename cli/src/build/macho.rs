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
    let data_end = commands.last_segment.file_end().context("its last segment is damaged")?;
    ensure!(data_end == bytes.len(), "something follows its last segment");
    if let Some(signature) = commands.signature {
        bytes.truncate(half(&bytes, signature + 8)? as usize);
    }
    let linked_bytes = bytes.len();
    append(&mut bytes, stub, artifact, words)?;
    bytes.resize(bytes.len().next_multiple_of(16), 0);
    let code_end = bytes.len();
    let signature_bytes = if commands.signature.is_some() { signature_bytes(code_end, name) } else { 0 };

    let segment = &commands.last_segment;
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
            let length = half(bytes, at + 4)? as usize;
            ensure!(length >= 8 && at + length <= bytes.len(), "a command is too short or too long");
            match half(bytes, at)? {
                LC_SEGMENT_64 => {
                    let segment = Segment {
                        command: at,
                        file_offset: usize::try_from(word(bytes, at + 40)?)?,
                        file_bytes: usize::try_from(word(bytes, at + 48)?)?,
                    };
                    match &bytes[at + 8..at + 24] {
                        b"__LINKEDIT\0\0\0\0\0\0" => last_segment = Some(segment),
                        b"__TEXT\0\0\0\0\0\0\0\0\0\0" => {
                            let start = segment.file_offset as u64;
                            text = Some(start..start + segment.file_bytes as u64);
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
        Ok(Self {
            last_segment: last_segment.context("it has no segment __LINKEDIT")?,
            text: text.context("it has no segment __TEXT")?,
            symbols,
            signature,
        })
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
