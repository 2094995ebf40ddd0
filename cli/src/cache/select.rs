//! Finds the entries that a word on the command line means: a key's first digits, or a module's file.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::bail;
use wasmc_cache::{Cache, Entry};

use super::inputs::{MODULE, Source};
use crate::input;

/// The entries, at least one, that `word` means.
pub(super) fn select(entries: &[Entry], word: &OsStr) -> anyhow::Result<Vec<Entry>> {
    let text = word.to_string_lossy();
    let is_key = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_key {
        let digits = text.to_ascii_lowercase();
        let found: Vec<Entry> =
            entries.iter().filter(|entry| entry.key.to_string().starts_with(&digits)).cloned().collect();
        let Some(first) = found.first() else {
            return if Path::new(word).exists() { made_from(entries, Path::new(word)) } else { missing(word) };
        };
        if let Some(other) = found.iter().find(|entry| entry.key != first.key) {
            bail!("'{text}' is ambiguous: keys {} and {} start with it", first.key, other.key);
        }
        return Ok(found);
    }
    if Path::new(word).exists() { made_from(entries, Path::new(word)) } else { missing(word) }
}

/// All entries that `words` mean, each once.
pub(super) fn select_all(cache: &Cache, words: &[std::ffi::OsString]) -> anyhow::Result<Vec<Entry>> {
    let entries = cache.entries();
    let mut all: Vec<Entry> = Vec::new();
    for word in words {
        for entry in select(&entries, word)? {
            if !all.iter().any(|known| known.path == entry.path) {
                all.push(entry);
            }
        }
    }
    Ok(all)
}

fn missing<T>(word: &OsStr) -> anyhow::Result<T> {
    bail!("'{}' is neither the start of an entry's key nor a file", word.display())
}

fn made_from(entries: &[Entry], file: &Path) -> anyhow::Result<Vec<Entry>> {
    let module = Source::of(&input::read(file)?).to_string();
    let is_from = |entry: &&Entry| {
        entry.description.as_ref().is_ok_and(|description| description.inputs.get(MODULE) == Some(&module))
    };
    let found: Vec<Entry> = entries.iter().filter(is_from).cloned().collect();
    if found.is_empty() {
        bail!("the cache has nothing that was made from '{}' as it is now", file.display());
    }
    Ok(found)
}
