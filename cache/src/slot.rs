//! What lies in the folders of entries, whole or not, by key: names and sizes, without reading a file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::entry;
use crate::key::Key;

/// The files of one key, as far as they are there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// All of them together.
    pub(crate) bytes: u64,
    pub(crate) has_artifact: bool,
    pub(crate) is_pinned: bool,
    /// When the entry was last used: stored, or found with an hour between.
    pub(crate) used: Option<SystemTime>,
}

/// Where the entries of the cache in `directory` lie.
pub(crate) fn folder(directory: &Path) -> PathBuf {
    directory.join("entries")
}

/// Where those lie whose keys start with this byte.
pub(crate) fn folder_of(directory: &Path, first_byte: u8) -> PathBuf {
    folder(directory).join(format!("{first_byte:02x}"))
}

/// Where the artifact under `key` lies.
pub(crate) fn path(directory: &Path, key: &Key) -> PathBuf {
    let key = key.digits();
    folder(directory).join(&key[..2]).join(&key[2..])
}

/// What is in one folder. Files that are none of ours are left out.
pub(crate) fn slots(directory: &Path, first_byte: u8) -> BTreeMap<Key, Slot> {
    let mut slots = BTreeMap::<Key, Slot>::new();
    let folder = folder_of(directory, first_byte);
    let Ok(files) = fs::read_dir(&folder) else { return slots };
    for file in files.flatten() {
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let (rest, extension) = name.split_once('.').unwrap_or((name, ""));
        let Ok(key) = format!("{first_byte:02x}{rest}").parse::<Key>() else { continue };
        let is_description = extension == entry::DESCRIPTION;
        if !extension.is_empty() && !is_description && extension != entry::PIN {
            continue;
        }
        // Whoever removes it meanwhile is faster.
        let Ok(metadata) = file.metadata() else { continue };
        let slot = slots.entry(key).or_default();
        slot.bytes += metadata.len();
        slot.has_artifact |= extension.is_empty();
        slot.is_pinned |= extension == entry::PIN;
        if is_description || slot.used.is_none() {
            slot.used = metadata.modified().ok();
        }
    }
    slots
}
