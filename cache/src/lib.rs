//! Files under the hash of what they were made from: a [`Key`] in, an open file out.
//!
//! An entry appears whole or not at all, and is never written to afterwards; any number of processes may store, find
//! and remove entries at once. What the files mean is no business of this crate.
//!
//! ```text
//! cache = CACHEDIR.TAG entry*
//! entry = KEY[0..2] "/" KEY[2..]          KEY: 64 hexadecimal digits
//! ```
#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

mod key;

pub use key::{Key, KeyBuilder};

/// What tells programs that make backups to leave the directory out (<https://bford.info/cachedir/>).
const TAG: &[u8] =
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of wasmc: it may be deleted at any time.\n";

/// What an entry is called until it is whole.
const UNFINISHED_PREFIX: &str = ".unfinished-";

/// After this time, nobody writes to an unfinished entry any more.
const UNFINISHED_AGE_MAX: std::time::Duration = std::time::Duration::from_secs(3600);

/// A directory of entries.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: PathBuf,
}

/// An entry could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to the cache in '{}': {error}", directory.display())]
pub struct StoreError {
    /// The cache's directory.
    pub directory: PathBuf,
    /// The system's reason.
    #[source]
    pub error: io::Error,
}

impl Cache {
    /// The cache in `directory`, which is created when something is first stored.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// The user's cache: in `WASMC_CACHE_DIR`, or else in `wasmc` below `XDG_CACHE_HOME` or `~/.cache`. `None` if
    /// there is no such place.
    pub fn of_user() -> Option<Self> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let named = std::env::var_os("WASMC_CACHE_DIR").filter(|path| !path.is_empty()).map(PathBuf::from);
        named
            .or_else(|| absolute("XDG_CACHE_HOME").map(|base| base.join("wasmc")))
            .or_else(|| absolute("HOME").map(|home| home.join(".cache/wasmc")))
            .map(Self::new)
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The entry under `key`. What cannot be opened is not there.
    pub fn find(&self, key: &Key) -> Option<File> {
        File::open(self.path(key)).ok()
    }

    /// Stores an entry and opens it. If another process stores one under the same key meanwhile, either will do.
    ///
    /// # Errors
    ///
    /// If the directory or the file cannot be written.
    pub fn store(&self, key: &Key, bytes: &[u8]) -> Result<File, StoreError> {
        self.try_store(key, bytes).map_err(|error| StoreError { directory: self.directory.clone(), error })
    }

    /// Removes the entry under `key`, if it is there. Whoever has it open keeps it.
    pub fn remove(&self, key: &Key) {
        // A cache that cannot be written to keeps it: no reason to fail.
        let _ = fs::remove_file(self.path(key));
    }

    fn path(&self, key: &Key) -> PathBuf {
        let key = key.to_string();
        self.directory.join(&key[..2]).join(&key[2..])
    }

    fn try_store(&self, key: &Key, bytes: &[u8]) -> io::Result<File> {
        let path = self.path(key);
        let folder = path.parent().expect("an entry's path has a parent");
        let is_new = !self.directory.exists();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if is_new {
            fs::write(self.directory.join("CACHEDIR.TAG"), TAG)?;
        }
        remove_stale(folder);
        let mut file = tempfile::Builder::new().prefix(UNFINISHED_PREFIX).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(&path)?;
        // What was written is a writable file; an entry is only ever read.
        File::open(&path)
    }
}

/// Removes what processes that were killed left in `folder`.
fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_unfinished = entry.file_name().as_encoded_bytes().starts_with(UNFINISHED_PREFIX.as_bytes());
        let is_old = || {
            let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            modified.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > UNFINISHED_AGE_MAX)
        };
        if is_unfinished && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn read(mut file: File) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("an entry can be read");
        bytes
    }

    #[test]
    fn what_is_stored_is_found() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path().join("new"));
        let key = KeyBuilder::new().input("bytes", b"one").key();
        assert!(cache.find(&key).is_none());
        assert_eq!(read(cache.store(&key, b"first").expect("it can be stored")), b"first");
        let mapped = cache.find(&key).expect("it is there");
        cache.store(&key, b"second").expect("it can be stored again");
        assert_eq!(read(mapped), b"first", "an entry that is in use stays as it is");
        assert_eq!(read(cache.find(&key).expect("it is there")), b"second");
        cache.remove(&key);
        assert!(cache.find(&key).is_none());
        assert!(cache.directory().join("CACHEDIR.TAG").exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("file");
        fs::write(&file, b"").expect("it can be written");
        let error = Cache::new(&file).store(&KeyBuilder::new().key(), b"").expect_err("a file is no directory");
        assert!(error.to_string().contains("file"), "{error}");
    }
}
