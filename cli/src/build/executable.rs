//! Puts an artifact into a stub: the executable's bytes.

use anyhow::{Context as _, ensure};
use wasmc_contract::target::System;
use wasmrun::embedded::ALIGNMENT_BYTES;

use super::stub::Stub;
use super::{Words, macho};

/// The executable of a stub and the program, which will be called `name`.
pub(super) fn assemble(stub: &Stub, artifact: &[u8], words: &Words, name: &str) -> anyhow::Result<Vec<u8>> {
    let mut bytes = stub.bytes.clone();
    if stub.system == System::Macos {
        return macho::assemble(bytes, stub, artifact, words, name);
    }
    // Neither ELF nor PE says anything of what follows the parts that its headers name.
    append(&mut bytes, artifact, words);
    let offset = bytes.len() - artifact.len() - words.bytes.len();
    place_slot(&mut bytes, stub, artifact, words, offset)?;
    Ok(bytes)
}

/// Appends the program where whole pages can be mapped.
pub(super) fn append(bytes: &mut Vec<u8>, artifact: &[u8], words: &Words) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT_BYTES), 0);
    bytes.extend_from_slice(artifact);
    bytes.extend_from_slice(&words.bytes);
}

/// Writes into the slot that the artifact lies at `offset`.
pub(super) fn place_slot(
    bytes: &mut [u8],
    stub: &Stub,
    artifact: &[u8],
    words: &Words,
    offset: usize,
) -> anyhow::Result<()> {
    ensure!(offset.is_multiple_of(ALIGNMENT_BYTES), "the program's place is not a multiple of a page");
    let slot = words.slot(stub.slot, offset as u64, artifact.len() as u64).to_bytes();
    let place = bytes.get_mut(stub.slot_offset..stub.slot_offset + slot.len()).context("its slot is cut")?;
    place.copy_from_slice(&slot);
    Ok(())
}
