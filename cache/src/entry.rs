//! Entries: artifacts, each with a description that says what it was made from and what its bytes are.
//!
//! An entry is used only if it is its owner's alone to write, and its bytes are those that were stored: looked through
//! whole when its stamp is not the one that it had when that was last done.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::file::{read_json, write_json};
use crate::key::Inputs;
use crate::stamp::Stamp;

/// What is known of an entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Description {
    /// What it was made from, by name.
    inputs: Inputs,
    size_bytes: u64,
    /// BLAKE3 of the bytes, in hexadecimal.
    checksum: String,
    /// The file as it was when its checksum was last found right.
    checked: Stamp,
}

/// Describes what was just stored at `path`.
pub(crate) fn describe(path: &Path, inputs: &Inputs, bytes: &[u8]) -> io::Result<()> {
    let description = Description {
        inputs: inputs.clone(),
        size_bytes: bytes.len() as u64,
        checksum: blake3::hash(bytes).to_hex().to_string(),
        checked: Stamp::of(&fs::metadata(path)?),
    };
    write_json(&description_path(path), &description)
}

/// Opens the entry at `path` if it can be trusted.
pub(crate) fn open(path: &Path) -> Option<File> {
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !is_own(&metadata) {
        return None;
    }
    let place = description_path(path);
    let mut description: Description = read_json(&place)?;
    if metadata.len() != description.size_bytes {
        return None;
    }
    let stamp = Stamp::of(&metadata);
    if stamp != description.checked {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(&file).ok()?;
        if hasher.finalize().to_hex().as_str() != description.checksum {
            return None;
        }
        // A cache that cannot be written to is looked through each time.
        description.checked = stamp;
        let _ = write_json(&place, &description);
    }
    Some(file)
}

/// Removes the entry at `path`, as far as it is there.
pub(crate) fn remove(path: &Path) {
    // A cache that cannot be written to keeps it: no reason to fail.
    let _ = fs::remove_file(path);
    let _ = fs::remove_file(description_path(path));
}

/// Whether the file is this user's, and no one else may write to it.
pub(crate) fn is_own(metadata: &Metadata) -> bool {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & WRITABLE_BY_OTHERS == 0
}

fn description_path(path: &Path) -> std::path::PathBuf {
    path.with_extension("json")
}
