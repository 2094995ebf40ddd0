//! Entries: artifacts, each with a description that says what it was made from and what its bytes are.
//!
//! An entry is used only if it is its owner's alone to write, and its bytes are those that were stored: looked through
//! whole when its stamp is not the one that it had when that was last done.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::file::{self, Owner};
use crate::key::{Inputs, Key, key};
use crate::stamp::Stamp;

/// What is known of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// What it was made from, by name.
    pub inputs: Inputs,
    /// What that was called when the entry was made: for people, and nothing depends on it.
    #[serde(default)]
    pub name: String,
    /// How long the artifact is.
    pub size_bytes: u64,
    /// BLAKE3 of the artifact, in hexadecimal.
    pub checksum: String,
    /// The artifact's file as it was when its checksum was last found right; none where that says nothing, as in an
    /// archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<Stamp>,
}

/// Why an entry is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Nothing is stored under the key.
    #[error("there is no such entry")]
    Missing,
    /// It, or the folder that it lies in, is not its owner's alone to write.
    #[error("'{}' belongs to another user, or others could have written to it", .0.display())]
    Untrusted(PathBuf),
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// There is no description that is well-formed and its owner's alone to write.
    #[error("nothing trustworthy describes it")]
    Undescribed,
    /// The description's inputs belong to another key.
    #[error("its description is that of another entry")]
    Misplaced,
    /// It is longer or shorter than what was stored.
    #[error("it has {found} bytes, and {expected} were stored")]
    Size {
        /// As the description has it.
        expected: u64,
        /// As the file has it.
        found: u64,
    },
    /// It is as long as what was stored, and not the same.
    #[error("its bytes are not those that were stored")]
    Checksum,
}

/// The time of an entry's last use is noted no more often than this.
pub(crate) const USE_INTERVAL: Duration = Duration::from_secs(3600);

/// An entry that is open: everything about it can be trusted but, if it was touched since, its bytes.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) stamp: Stamp,
    pub(crate) description: Description,
    /// The description's file, whose time of modification is that of the entry's last use.
    noted: File,
    used: Option<SystemTime>,
}

/// Opens the entry at `path`, if `owner` alone could have written it. Its bytes are not looked at.
pub(crate) fn open(path: &Path, key: &Key, owner: Owner) -> Result<Opened, Flaw> {
    let file = file::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Flaw::Missing,
        _ => Flaw::Unreadable(error.to_string()),
    })?;
    let metadata = file.metadata().map_err(|error| Flaw::Unreadable(error.to_string()))?;
    if !metadata.is_file() || !owner.alone_writes(&metadata) {
        return Err(Flaw::Untrusted(path.to_owned()));
    }
    let (description, noted, described): (Description, _, _) =
        file::read_json(&description_path(path), owner).ok_or(Flaw::Undescribed)?;
    if crate::key(&description.inputs) != *key {
        return Err(Flaw::Misplaced);
    }
    if metadata.len() != description.size_bytes {
        return Err(Flaw::Size { expected: description.size_bytes, found: metadata.len() });
    }
    Ok(Opened { file, stamp: Stamp::of(&metadata), description, noted, used: described.modified().ok() })
}

impl Opened {
    /// Whether the file is as it was when it was last looked through.
    pub(crate) fn is_as_checked(&self) -> bool {
        self.description.checked == Some(self.stamp)
    }

    /// Looks through the whole file.
    pub(crate) fn check(&self) -> Result<(), Flaw> {
        use io::Seek as _;
        let mut hasher = blake3::Hasher::new();
        (&self.file)
            .rewind()
            .and_then(|()| hasher.update_reader(&self.file))
            .map_err(|error| Flaw::Unreadable(error.to_string()))?;
        if hasher.finalize().to_hex().as_str() == self.description.checksum { Ok(()) } else { Err(Flaw::Checksum) }
    }

    /// Notes beside the entry at `path` that its bytes are right.
    pub(crate) fn note_checked(&mut self, path: &Path) {
        self.description.checked = Some(self.stamp);
        // A cache that cannot be written to is looked through each time.
        let _ = file::write_json(&description_path(path), &self.description);
    }

    /// Notes that the entry is used now, unless that was noted not long ago.
    pub(crate) fn note_use(&self) {
        let now = SystemTime::now();
        let is_recent = |used: SystemTime| is_time_of_use(used, now) && used + USE_INTERVAL > now;
        if !self.used.is_some_and(is_recent) {
            // Of a cache that cannot be written to, nothing is evicted either.
            let _ = self.noted.set_times(FileTimes::new().set_modified(now));
        }
    }
}

/// Whether an entry can have been used then. A time that lies ahead, by more than the clocks of two machines differ, is
/// none: a clock has jumped.
pub(crate) fn is_time_of_use(time: SystemTime, now: SystemTime) -> bool {
    time <= now + USE_INTERVAL
}

/// Puts an artifact that is whole, and nobody writes to any more, at `path`, with its description.
pub(crate) fn place(artifact: tempfile::NamedTempFile, path: &Path, mut description: Description) -> io::Result<File> {
    // Where files have no permissions of their own, as on FAT, nothing could be used.
    if !Owner::own().alone_writes(&artifact.as_file().metadata()?) {
        return Err(io::Error::other("others than you can write to the files there"));
    }
    // First, so that there is no moment in which nothing describes it: whoever finds it then looks through it.
    file::write_json(&description_path(path), &description)?;
    let file = file::persist(artifact, path)?;
    // Only now: a change of its name changes its times. Without it, the artifact is looked through when it is found.
    description.checked = Some(Stamp::of(&file.metadata()?));
    let _ = file::write_json(&description_path(path), &description);
    Ok(file)
}

/// Describes `bytes`, made from `inputs`.
pub(crate) fn describe(inputs: &Inputs, name: &str, bytes: &[u8]) -> Description {
    Description {
        inputs: inputs.clone(),
        name: name.to_owned(),
        size_bytes: bytes.len() as u64,
        checksum: blake3::hash(bytes).to_hex().to_string(),
        checked: None,
    }
}

impl Description {
    /// What the entry is stored under.
    pub fn key(&self) -> Key {
        key(&self.inputs)
    }
}

/// Removes the entry at `path`, as far as it is there; how many bytes that freed.
pub(crate) fn remove(path: &Path) -> u64 {
    // A cache that cannot be written to keeps it: no reason to fail.
    [path.to_owned(), description_path(path), pin_path(path)]
        .iter()
        .map(|file| {
            let bytes = fs::symlink_metadata(file).map_or(0, |metadata| metadata.len());
            if fs::remove_file(file).is_ok() { bytes } else { 0 }
        })
        .sum()
}

/// What describes the artifact at `path`.
pub(crate) fn description_path(path: &Path) -> PathBuf {
    path.with_extension(DESCRIPTION)
}

/// What keeps the artifact at `path` from being removed.
pub(crate) fn pin_path(path: &Path) -> PathBuf {
    path.with_extension(PIN)
}

/// How names of descriptions end,
pub(crate) const DESCRIPTION: &str = "json";
/// and those of the empty files that pin an entry.
pub(crate) const PIN: &str = "pin";
