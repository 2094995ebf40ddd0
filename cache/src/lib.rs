//! Files under the hash of what they were made from: named [`Inputs`] in, an open file out.
//!
//! An entry appears whole or not at all, and is never written to afterwards; any number of processes may store, find
//! and remove entries at once. What the files mean is no business of this crate.
//!
//! ```text
//! cache       = CACHEDIR.TAG entries/entry* sources/source*
//! entry       = KEY[0..2] "/" KEY[2..]              KEY: 64 hexadecimal digits
//!               KEY[0..2] "/" KEY[2..] ".json"      its description
//! source      = DEVICE "-" INODE ".json"            the hash of a file's contents, so that it need not be read again
//! ```
#![forbid(unsafe_code)]

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

mod entry;
mod file;
mod key;
mod stamp;

pub use key::{Inputs, Key, key};
pub use stamp::Stamp;

/// What tells programs that make backups to leave the directory out (<https://bford.info/cachedir/>).
const TAG: &[u8] =
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of wasmc: it may be deleted at any time.\n";

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

/// What is noted of a file that entries are made from.
#[derive(Serialize, Deserialize)]
struct Source {
    stamp: Stamp,
    /// BLAKE3 of its contents, in hexadecimal.
    hash: String,
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

    /// The hash of the contents of a file with this metadata, if it was noted and the file has not changed since.
    pub fn known_hash(&self, metadata: &Metadata) -> Option<String> {
        let stamp = Stamp::of(metadata);
        let source: Source = file::read_json(&self.source_path(&stamp))?;
        (source.stamp == stamp).then_some(source.hash)
    }

    /// Notes the hash of the contents of a file that had this metadata before and after it was read. A file that could
    /// still change without showing it is not noted.
    pub fn note_hash(&self, metadata: &Metadata, hash: &str) {
        let stamp = Stamp::of(metadata);
        if stamp.is_settled(SystemTime::now()) {
            let path = self.source_path(&stamp);
            let source = Source { stamp, hash: hash.to_owned() };
            // A cache that cannot be written to notes nothing: no reason to fail.
            let _ = self.make_folder(&path).and_then(|()| file::write_json(&path, &source));
        }
    }

    /// The entry under `key`. What cannot be opened or trusted is not there.
    pub fn find(&self, key: &Key) -> Option<File> {
        entry::open(&self.entry_path(key))
    }

    /// Stores what was made from `inputs` and opens it. If another process stores the same meanwhile, either will do.
    ///
    /// # Errors
    ///
    /// If the directory or the file cannot be written.
    pub fn store(&self, inputs: &Inputs, bytes: &[u8]) -> Result<File, StoreError> {
        self.try_store(inputs, bytes).map_err(|error| StoreError { directory: self.directory.clone(), error })
    }

    /// Removes the entry under `key`, if it is there. Whoever has it open keeps it.
    pub fn remove(&self, key: &Key) {
        entry::remove(&self.entry_path(key));
    }

    fn try_store(&self, inputs: &Inputs, bytes: &[u8]) -> io::Result<File> {
        let path = self.entry_path(&key(inputs));
        self.make_folder(&path)?;
        file::write(&path, bytes)?;
        entry::describe(&path, inputs, bytes)?;
        // What was written is a writable file; an entry is only ever read.
        File::open(&path)
    }

    fn entry_path(&self, key: &Key) -> PathBuf {
        let key = key.to_string();
        self.directory.join("entries").join(&key[..2]).join(&key[2..])
    }

    fn source_path(&self, stamp: &Stamp) -> PathBuf {
        let (device, inode) = stamp.place();
        self.directory.join("sources").join(format!("{device:x}-{inode:x}.json"))
    }

    /// Makes the folder that `path` lies in, which only this user can look into.
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().expect("a file of the cache lies in a folder");
        if folder.is_dir() {
            return Ok(());
        }
        let is_new = !self.directory.exists();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if is_new {
            fs::write(self.directory.join("CACHEDIR.TAG"), TAG)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::time::Duration;

    use super::*;

    fn read(mut file: File) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("an entry can be read");
        bytes
    }

    fn inputs(value: &str) -> Inputs {
        Inputs::from([("input".to_owned(), value.to_owned())])
    }

    fn cache() -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path().join("new"));
        (directory, cache)
    }

    #[test]
    fn what_is_stored_is_found() {
        let (_directory, cache) = cache();
        let (inputs, key) = (inputs("one"), key(&inputs("one")));
        assert!(cache.find(&key).is_none());
        assert_eq!(read(cache.store(&inputs, b"first").expect("it can be stored")), b"first");
        let mapped = cache.find(&key).expect("it is there");
        cache.store(&inputs, b"second").expect("it can be stored again");
        assert_eq!(read(mapped), b"first", "an entry that is in use stays as it is");
        assert_eq!(read(cache.find(&key).expect("it is there")), b"second");
        cache.remove(&key);
        assert!(cache.find(&key).is_none());
        assert!(cache.directory().join("CACHEDIR.TAG").exists());
    }

    #[test]
    fn what_was_changed_or_could_have_been_is_not_found() {
        let (_directory, cache) = cache();
        let key = key(&inputs("one"));
        let path = cache.entry_path(&key);
        let store = || cache.store(&inputs("one"), b"contents").map(drop).expect("it can be stored");
        // Copied, or moved here with other times: looked through, and found to be whole.
        store();
        fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).expect("its time can be set");
        assert!(cache.find(&key).is_some() && cache.find(&key).is_some());
        // Of the same length, and with its old time back.
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("it has a time");
        fs::write(&path, b"CONTENTS").expect("it can be written");
        fs::File::open(&path).and_then(|file| file.set_modified(modified)).expect("its time can be set");
        assert!(cache.find(&key).is_none());
        store();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("they can be set");
        assert!(cache.find(&key).is_none(), "others may write it");
        fs::remove_file(&path).expect("it can be removed");
        store();
        fs::write(path.with_extension("json"), b"{}").expect("it can be written");
        assert!(cache.find(&key).is_none(), "nothing says what it is");
    }

    #[test]
    fn a_hash_is_known_until_the_file_changes() {
        let (directory, cache) = cache();
        let path = directory.path().join("source");
        fs::write(&path, b"one").expect("it can be written");
        let metadata = || fs::metadata(&path).expect("it has metadata");
        let old = SystemTime::now() - Duration::from_secs(60);
        fs::File::open(&path).and_then(|file| file.set_modified(old)).expect("its time can be set");
        // It was changed (its time, that is) only now.
        cache.note_hash(&metadata(), "hash");
        assert_eq!(cache.known_hash(&metadata()), None);
        while !Stamp::of(&metadata()).is_settled(SystemTime::now()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        cache.note_hash(&metadata(), "hash");
        assert_eq!(cache.known_hash(&metadata()).as_deref(), Some("hash"));
        fs::write(&path, b"two").expect("it can be written");
        fs::File::open(&path).and_then(|file| file.set_modified(old)).expect("its time can be set");
        assert_eq!(cache.known_hash(&metadata()), None);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("file");
        fs::write(&file, b"").expect("it can be written");
        let error = Cache::new(&file).store(&Inputs::new(), b"").expect_err("a file is no directory");
        assert!(error.to_string().contains("file"), "{error}");
    }
}
