//! What people and tools want to know of a cache: its entries one by one, and whether they are as they were stored.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::entry::{self, Description, Flaw, Opened};
use crate::file::Owner;
use crate::key::Key;
use crate::lock::{self, NoLock};
use crate::{Cache, Freed, layer, slot};

/// An entry, of the writable cache or of a layer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is stored under.
    pub key: Key,
    /// The artifact's file.
    pub path: PathBuf,
    /// The cache that it lies in.
    pub directory: PathBuf,
    /// Whether that is a read-only layer.
    pub is_in_layer: bool,
    /// What is known of it, or why nothing is: what has a flaw is never used. The bytes have not been looked at.
    pub description: Result<Description, Flaw>,
    /// How much all its files take.
    pub bytes: u64,
    /// When it was last used, to the hour.
    pub used: Option<SystemTime>,
    /// Whether it is kept until it is unpinned.
    pub is_pinned: bool,
}

/// What became of an entry that was looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is as it was stored.
    Whole,
    /// It is not, and was removed.
    Removed(Flaw),
    /// It is not, and lies in a layer, or where it cannot be removed.
    Left(Flaw),
    /// Another process makes or has removed it just now.
    Changing,
}

impl Cache {
    /// All entries, least recently used first; those of layers follow.
    pub fn entries(&self) -> Vec<Entry> {
        let mut all = entries_of(&self.directory, false);
        all.sort_by_key(|entry| entry.used);
        for layer in &self.layers {
            all.extend(entries_of(layer, true));
        }
        all
    }

    /// Why `find` does, or does not, take the entry of each cache: the writable one first, then the layers.
    pub fn examine(&self, key: &Key) -> Vec<(&Path, Result<(), Flaw>)> {
        let own = (self.directory(), self.find_own(key).map(drop));
        let layers = self.layers.iter().map(|layer| (layer.as_path(), self.find_in_layer(layer, key).map(drop)));
        [own].into_iter().chain(layers).collect()
    }

    /// Looks through the whole entry, and removes it if it is not as it was stored.
    pub fn verify(&self, listed: &Entry) -> Verified {
        let Err(flaw) = listed.check() else { return Verified::Whole };
        if listed.is_in_layer {
            return if flaw == Flaw::Missing { Verified::Changing } else { Verified::Left(flaw) };
        }
        // Whoever makes the entry anew has not described it yet.
        let lock = lock::try_lock(&self.lock_path(&listed.key));
        if matches!(lock, Err(NoLock::Taken)) {
            return Verified::Changing;
        }
        match listed.check() {
            Ok(()) => return Verified::Whole,
            Err(Flaw::Missing) if !listed.path.exists() && !entry::description_path(&listed.path).exists() => {
                return Verified::Changing;
            }
            Err(_) => {}
        }
        entry::remove(&listed.path);
        if listed.path.exists() { Verified::Left(flaw) } else { Verified::Removed(flaw) }
    }

    /// Keeps the entry from being removed to make room.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn pin(&self, key: &Key) -> std::io::Result<()> {
        fs::write(entry::pin_path(&self.entry_path(key)), b"")
    }

    /// Lets the entry be removed again.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn unpin(&self, key: &Key) -> std::io::Result<()> {
        match fs::remove_file(entry::pin_path(&self.entry_path(key))) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// Removes all entries, but for pinned ones unless `with_pinned`, and everything that is noted.
    pub fn clear(&self, with_pinned: bool) -> Freed {
        let mut freed = Freed::default();
        for first_byte in 0..=u8::MAX {
            for (key, slot) in slot::slots(&self.directory, first_byte) {
                if with_pinned || !slot.is_pinned {
                    let bytes = self.remove(&key);
                    freed.bytes += bytes;
                    freed.entries += u64::from(bytes > 0);
                }
            }
            for notes in [self.sources_folder(first_byte), self.checks_folder(first_byte)] {
                remove_notes(&notes);
            }
        }
        self.sweep();
        freed
    }
}

impl Entry {
    /// Looks through it whole.
    fn check(&self) -> Result<(), Flaw> {
        self.open()?.check()
    }

    pub(crate) fn open(&self) -> Result<Opened, Flaw> {
        if self.is_in_layer {
            layer::open(&self.directory, &self.path, &self.key)
        } else {
            entry::open(&self.path, &self.key, Owner::own())
        }
    }
}

fn entries_of(directory: &Path, is_in_layer: bool) -> Vec<Entry> {
    let mut entries = Vec::new();
    for first_byte in 0..=u8::MAX {
        for (key, slot) in slot::slots(directory, first_byte) {
            let mut entry = Entry {
                key,
                path: slot::path(directory, &key),
                directory: directory.to_owned(),
                is_in_layer,
                description: Err(Flaw::Missing),
                bytes: slot.bytes,
                used: slot.used,
                is_pinned: slot.is_pinned,
            };
            entry.description = entry.open().map(|opened| opened.description);
            // What is taken away meanwhile is not there; a description without an artifact is what is left of one.
            if slot.has_artifact && entry.description != Err(Flaw::Missing) {
                entries.push(entry);
            }
        }
    }
    entries
}

/// Whether a note is called so: numbers, or what is left of a key. Other files are none of ours.
fn is_note(name: &str) -> bool {
    let digits = name.strip_suffix(entry::DESCRIPTION).and_then(|name| name.strip_suffix('.'));
    digits.is_some_and(|digits| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        match digits.split_once('-') {
            Some((device, inode)) => is_number(device) && is_number(inode),
            None => digits.len() == 62 && is_number(digits),
        }
    })
}

fn remove_notes(folder: &Path) {
    let Ok(notes) = fs::read_dir(folder) else { return };
    for note in notes.flatten() {
        if note.file_name().to_str().is_some_and(is_note) {
            let _ = fs::remove_file(note.path());
        }
    }
}
