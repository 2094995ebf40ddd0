//! Files under the hash of what they were made from: named [`Inputs`] in, an open file out.
//!
//! An entry appears whole or not at all, and is never written to afterwards; any number of processes may store, find
//! and remove entries at once. What the files mean is no business of this crate.
//!
//! ```text
//! cache       = CACHEDIR.TAG entries/entry* sources/source* checks/check* locks/lock*
//! entry       = KEY[0..2] "/" KEY[2..]                      KEY: 64 hexadecimal digits
//!               KEY[0..2] "/" KEY[2..] ".json"              its description; when that was modified, it was last used
//!               ( KEY[0..2] "/" KEY[2..] ".pin" )?          an empty file: it is kept
//! source      = INODE[-2..] "/" DEVICE "-" INODE ".json"    the hash of a file's contents, so that it need not be read, and
//!                                                           the entries that it led to
//! check       = KEY[0..2] "/" KEY[2..] ".json"              that the bytes of a layer's entry were found right
//! lock        = KEY | "eviction"                            empty, and there as long as somebody holds it
//! unfinished  = ".unfinished-" any*                         in any folder, locked by whoever writes it
//! ```
#![forbid(unsafe_code)]

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

mod archive;
mod catalogue;
mod entry;
mod evict;
mod file;
mod key;
mod layer;
mod lock;
mod slot;
mod source;
mod stamp;
mod system;
pub mod unfinished;

pub use archive::{Exporter, ImportError, Imported, Refusal};
pub use catalogue::{Entry, Verified};
pub use entry::{Description, Flaw};
pub use evict::{Freed, Limit, default_limit_bytes};
pub use key::{Inputs, Key, MalformedKey, key};
pub use lock::{Lock, NoLock};
pub use stamp::Stamp;

use file::Owner;
use source::Source;

/// What tells programs that make backups to leave the directory out (<https://bford.info/cachedir/>).
const TAG: &[u8] =
    b"Signature: 8a477f597d28d172789f06886806bc55\n# This is a cache of wasmc: it may be deleted at any time.\n";

/// Whoever makes an entry for longer may have been stopped.
const MAKING_MAX: Duration = Duration::from_secs(300);

/// A file that was hashed longer ago is hashed again if it is asked for: notes must not pile up.
const NOTE_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A directory of entries, and read-only ones below it.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: PathBuf,
    layers: Vec<PathBuf>,
}

/// An entry that can be used.
#[derive(Debug)]
pub struct Found<'a> {
    /// The artifact, to be read.
    pub file: File,
    /// How long it is.
    pub size_bytes: u64,
    /// The cache that it lies in: the writable one, or a layer.
    pub directory: &'a Path,
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
        Self { directory: directory.into(), layers: Vec::new() }
    }

    /// With read-only caches, which are looked into after the writable one and in their order.
    #[must_use]
    pub fn with_layers(self, layers: Vec<PathBuf>) -> Self {
        Self { layers, ..self }
    }

    /// Where the writable one is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the read-only ones are.
    pub fn layers(&self) -> &[PathBuf] {
        &self.layers
    }

    /// Whether the writable one, if it is there, is this user's alone to write: what others can put into it cannot be
    /// told from our own.
    ///
    /// # Errors
    ///
    /// [`Flaw::Untrusted`] if not.
    pub fn check_owner(&self) -> Result<(), Flaw> {
        match fs::metadata(&self.directory) {
            Ok(metadata) if metadata.is_dir() && !Owner::own().alone_writes(&metadata) => {
                Err(Flaw::Untrusted(self.directory.clone()))
            }
            _ => Ok(()),
        }
    }

    /// The hash of the contents of a file with this metadata, if it was noted and the file has not changed since.
    pub fn known_hash(&self, metadata: &Metadata) -> Option<String> {
        let stamp = Stamp::of(metadata);
        let (source, _) = Source::read(&self.source_path(&stamp), &stamp)?;
        Some(source.hash().to_owned())
    }

    /// Notes the hash of the contents of a file that had this metadata before and after it was read. A file that could
    /// still change without showing it is not noted.
    pub fn note_hash(&self, metadata: &Metadata, hash: &str) {
        let stamp = Stamp::of(metadata);
        if stamp.is_settled(SystemTime::now()) {
            let path = self.source_path(&stamp);
            let folder = path.parent().expect("a note lies in a folder");
            let source = Source::new(stamp, hash);
            self.remove_old_notes(stamp.place().1 as u8);
            // A cache that cannot be written to notes nothing: no reason to fail.
            let _ = self.prepare_folder(folder).and_then(|()| file::write_json(&path, &source));
        }
    }

    /// The entry that a file with this metadata led to not long ago, when it was used in the way that `how` says (a hash
    /// of everything that its key depends on besides the file's contents): what [`Self::remember`] has noted, if neither the
    /// file nor the artifact has changed since. Costs much less than finding it by its key.
    pub fn recall(&self, metadata: &Metadata, how: u64) -> Option<(Key, Found<'_>)> {
        let stamp = Stamp::of(metadata);
        let (source, note) = Source::read(&self.source_path(&stamp), &stamp)?;
        let (key, artifact) = source.recall(how).filter(|_| source::is_recent(&note))?;
        let (file, size_bytes) = source::open(&self.entry_path(&key), &artifact)?;
        Some((key, Found { file, size_bytes, directory: &self.directory }))
    }

    /// Notes that a file with this metadata, if this is the hash that is noted of its contents, led to the entry under
    /// `key` when it was used in the way that `how` says.
    pub fn remember(&self, metadata: &Metadata, hash: &str, how: u64, key: &Key, found: &Found<'_>) {
        let stamp = Stamp::of(metadata);
        let path = self.source_path(&stamp);
        // Entries of layers are found by their keys.
        if found.directory == self.directory
            && let Some((mut source, _)) = Source::read(&path, &stamp)
            && source.hash() == hash
            && let Ok(artifact) = found.file.metadata()
        {
            source.remember(how, key, &Stamp::of(&artifact));
            // A cache that cannot be written to notes nothing: no reason to fail.
            let _ = file::write_json(&path, &source);
        }
    }

    /// The entry under `key`. What cannot be opened or trusted is not there.
    pub fn find(&self, key: &Key) -> Option<Found<'_>> {
        let layers = || self.layers.iter().find_map(|layer| self.find_in_layer(layer, key).ok());
        self.find_own(key).ok().or_else(layers)
    }

    /// Waits until no other process makes the entry under `key`, and keeps others from it. `None` where that is not
    /// possible, or takes minutes: then several may make it, and either will do.
    pub fn lock(&self, key: &Key) -> Option<Lock> {
        self.prepare_folder(&self.directory.join("locks")).ok()?;
        lock::lock(&self.lock_path(key), MAKING_MAX)
    }

    /// Stores what was made from `inputs`, which people call `name`, and opens it. If another process stores the same
    /// meanwhile, either will do.
    ///
    /// # Errors
    ///
    /// If the directory or the file cannot be written.
    pub fn store(&self, inputs: &Inputs, name: &str, bytes: &[u8]) -> Result<File, StoreError> {
        /// How often all of the cache may be taken away under our feet.
        const TRIES: u32 = 3;
        let description = entry::describe(inputs, name, bytes);
        let mut tries = 1;
        loop {
            match self.try_store(&description, bytes) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries < TRIES => tries += 1,
                result => {
                    return result.map_err(|error| StoreError { directory: self.directory.clone(), error });
                }
            }
        }
    }

    /// Removes the entry under `key`, if it is there and nobody makes it just now; how many bytes that freed. Whoever has
    /// it open keeps it.
    pub fn remove(&self, key: &Key) -> u64 {
        match lock::try_lock(&self.lock_path(key)) {
            Err(NoLock::Taken) => 0,
            _lock => entry::remove(&self.entry_path(key)),
        }
    }

    fn try_store(&self, description: &Description, bytes: &[u8]) -> io::Result<File> {
        use io::Write as _;
        let path = self.entry_path(&description.key());
        let folder = path.parent().expect("an entry lies in a folder");
        self.prepare_folder(folder)?;
        let unfinished = file::UNFINISHED.create(folder)?;
        unfinished.as_file().write_all(bytes)?;
        entry::place(unfinished, &path, description.clone())
    }

    fn find_own(&self, key: &Key) -> Result<Found<'_>, Flaw> {
        let path = self.entry_path(key);
        let mut opened = entry::open(&path, key, Owner::own())?;
        if opened.is_as_checked() {
            opened.note_use();
        } else {
            opened.check()?;
            opened.note_checked(&path);
        }
        Ok(Found { file: opened.file, size_bytes: opened.description.size_bytes, directory: &self.directory })
    }

    fn find_in_layer<'a>(&self, layer: &'a Path, key: &Key) -> Result<Found<'a>, Flaw> {
        let opened = layer::open(layer, &slot::path(layer, key), key)?;
        layer::check(&opened, &self.check_path(key))?;
        Ok(Found { file: opened.file, size_bytes: opened.description.size_bytes, directory: layer })
    }

    fn entry_path(&self, key: &Key) -> PathBuf {
        slot::path(&self.directory, key)
    }

    fn lock_path(&self, key: &Key) -> PathBuf {
        self.directory.join("locks").join(key.to_string())
    }

    fn checks_folder(&self, first_byte: u8) -> PathBuf {
        self.directory.join("checks").join(format!("{first_byte:02x}"))
    }

    fn check_path(&self, key: &Key) -> PathBuf {
        let name = format!("{}.{}", &key.to_string()[2..], entry::DESCRIPTION);
        self.checks_folder(key.first_byte()).join(name)
    }

    fn sources_folder(&self, last_byte: u8) -> PathBuf {
        self.directory.join("sources").join(format!("{last_byte:02x}"))
    }

    fn source_path(&self, stamp: &Stamp) -> PathBuf {
        let (device, inode) = stamp.place();
        self.sources_folder(inode as u8).join(format!("{device:x}-{inode:x}.{}", entry::DESCRIPTION))
    }

    /// Removes notes of files and layers in the folders of this byte that nobody may need any more.
    fn remove_old_notes(&self, byte: u8) {
        for folder in [self.sources_folder(byte), self.checks_folder(byte)] {
            let Ok(notes) = fs::read_dir(&folder) else { continue };
            for note in notes.flatten() {
                let modified = note.metadata().and_then(|metadata| metadata.modified()).ok();
                if modified.and_then(|time| time.elapsed().ok()).is_some_and(|age| age > NOTE_AGE_MAX) {
                    let _ = fs::remove_file(note.path());
                }
            }
        }
    }

    /// Makes sure that there is a folder to write into, and the cache with it.
    fn prepare_folder(&self, folder: &Path) -> io::Result<()> {
        if !folder.is_dir() {
            // A folder that has other things in it is not ours to be left out of backups.
            let is_new = fs::read_dir(&self.directory).map_or(true, |mut entries| entries.next().is_none());
            if is_new {
                file::make_folder(&self.directory)?;
                fs::write(self.directory.join("CACHEDIR.TAG"), TAG)?;
            }
        }
        file::prepare_folder(folder)
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
        assert_eq!(read(cache.store(&inputs, "name", b"first").expect("it can be stored")), b"first");
        let mapped = cache.find(&key).expect("it is there").file;
        cache.store(&inputs, "name", b"second").expect("it can be stored again");
        assert_eq!(read(mapped), b"first", "an entry that is in use stays as it is");
        assert_eq!(read(cache.find(&key).expect("it is there").file), b"second");
        cache.remove(&key);
        assert!(cache.find(&key).is_none());
        assert!(cache.directory().join("CACHEDIR.TAG").exists());
    }

    #[test]
    fn what_was_changed_or_could_have_been_is_not_found() {
        let (_directory, cache) = cache();
        let key = key(&inputs("one"));
        let path = cache.entry_path(&key);
        let store = || cache.store(&inputs("one"), "name", b"contents").map(drop).expect("it can be stored");
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
    fn an_entry_is_recalled_until_it_or_its_file_changes() {
        let (directory, cache) = cache();
        let path = directory.path().join("source");
        fs::write(&path, b"one").expect("it can be written");
        let metadata = || fs::metadata(&path).expect("it has metadata");
        while !Stamp::of(&metadata()).is_settled(SystemTime::now()) {
            std::thread::sleep(Duration::from_millis(100));
        }
        let (inputs, key) = (inputs("one"), key(&inputs("one")));
        let store = || cache.store(&inputs, "name", b"artifact").map(drop).expect("it can be stored");
        let remember = || {
            let found = cache.find(&key).expect("it is there");
            cache.remember(&metadata(), "hash", 1, &key, &found);
        };
        let recall = |how: u64| cache.recall(&metadata(), how).map(|(key, found)| (key, read(found.file)));
        store();
        remember();
        assert_eq!(recall(1), None, "nothing is known of the file");
        cache.note_hash(&metadata(), "other");
        remember();
        assert_eq!(recall(1), None, "the entry was made from other contents");
        cache.note_hash(&metadata(), "hash");
        remember();
        assert_eq!(recall(1), Some((key, b"artifact".to_vec())));
        assert_eq!(recall(2), None);
        // Made anew, or changed in place: it is looked up by its key.
        store();
        assert_eq!(recall(1), None);
        remember();
        fs::write(cache.entry_path(&key), b"ARTIFACT").expect("it can be written");
        assert_eq!(recall(1), None);
        store();
        remember();
        let note = cache.source_path(&Stamp::of(&metadata()));
        let age = |note: &Path, time| fs::File::open(note).and_then(|file| file.set_modified(time));
        let hours = Duration::from_secs(2 * 3600);
        for time in [SystemTime::now() - hours, SystemTime::now() + hours] {
            age(&note, time).expect("its time can be set");
            assert_eq!(recall(1), None, "that is looked up from time to time");
        }
        remember();
        assert!(recall(1).is_some());
        fs::write(&path, b"two").expect("it can be written");
        assert_eq!(recall(1), None);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("file");
        fs::write(&file, b"").expect("it can be written");
        let error = Cache::new(&file).store(&Inputs::new(), "", b"").expect_err("a file is no directory");
        assert!(error.to_string().contains("file"), "{error}");
    }
}
