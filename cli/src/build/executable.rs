//! Puts an artifact into a stub: the executable's bytes.

use anyhow::Context as _;
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
    append(&mut bytes, stub, artifact, words)?;
    Ok(bytes)
}

/// Appends the program where whole pages can be mapped, and writes into the stub's slot where that is.
pub(super) fn append(bytes: &mut Vec<u8>, stub: &Stub, artifact: &[u8], words: &Words) -> anyhow::Result<()> {
    let artifact_offset = bytes.len().next_multiple_of(ALIGNMENT_BYTES);
    let slot = words.slot(stub.slot, artifact_offset as u64, artifact.len() as u64).to_bytes();
    let place = bytes.get_mut(stub.slot_offset..stub.slot_offset + slot.len()).context("its slot is cut")?;
    place.copy_from_slice(&slot);
    bytes.resize(artifact_offset, 0);
    bytes.extend_from_slice(artifact);
    bytes.extend_from_slice(&words.bytes);
    Ok(())
}
