//! What is noted of the files that entries are made from: the hash of a file's contents, so that it need not be read again,
//! and the entries that it led to, so that a start need not look for them.

use std::fs::{File, Metadata};
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::entry::{USE_INTERVAL, is_time_of_use};
use crate::file::{self, Owner};
use crate::key::Key;
use crate::stamp::Stamp;

/// A file may be used in a few ways.
const USES_MAX: usize = 8;

/// A note.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Source {
    stamp: Stamp,
    /// BLAKE3 of its contents, in hexadecimal.
    hash: String,
    /// The newest last.
    #[serde(default)]
    uses: Vec<Use>,
}

/// An entry that a file led to.
#[derive(Debug, Serialize, Deserialize)]
struct Use {
    /// A hash of everything else that the entry depends on.
    how: u64,
    key: String,
    /// The artifact as it was when it was found right.
    artifact: Stamp,
}

impl Source {
    /// Of a file with this stamp, whose contents have this hash.
    pub(crate) fn new(stamp: Stamp, hash: &str) -> Self {
        Self { stamp, hash: hash.to_owned(), uses: Vec::new() }
    }

    /// What is noted at `path` of a file with this stamp, and the note's own metadata.
    pub(crate) fn read(path: &Path, stamp: &Stamp) -> Option<(Self, Metadata)> {
        let (source, _, metadata): (Self, _, _) = file::read_json(path, Owner::own())?;
        (source.stamp == *stamp).then_some((source, metadata))
    }

    pub(crate) fn hash(&self) -> &str {
        &self.hash
    }

    /// The entry that a use in this way led to, and the artifact as it was then.
    pub(crate) fn recall(&self, how: u64) -> Option<(Key, Stamp)> {
        let noted = self.uses.iter().rev().find(|noted| noted.how == how)?;
        Some((noted.key.parse().ok()?, noted.artifact))
    }

    /// Adds a use, in the place of an earlier one in the same way.
    pub(crate) fn remember(&mut self, how: u64, key: &Key, artifact: &Stamp) {
        self.uses.retain(|noted| noted.how != how);
        if self.uses.len() >= USES_MAX {
            self.uses.remove(0);
        }
        self.uses.push(Use { how, key: key.to_string(), artifact: *artifact });
    }
}

/// Whether what a note with this metadata says of uses is new enough. After a while a use is looked up again, which notes
/// when the entry was last used.
pub(crate) fn is_recent(note: &Metadata) -> bool {
    let now = SystemTime::now();
    note.modified().is_ok_and(|noted| is_time_of_use(noted, now) && noted + USE_INTERVAL > now)
}

/// Opens the artifact at `path` if it is still the one with this stamp, and its owner's alone to write.
pub(crate) fn open(path: &Path, artifact: &Stamp) -> Option<(File, u64)> {
    let file = file::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    let is_it = metadata.is_file() && Stamp::of(&metadata) == *artifact && Owner::own().alone_writes(&metadata);
    is_it.then_some((file, metadata.len()))
}
