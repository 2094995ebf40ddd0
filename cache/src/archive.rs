//! Entries in one file, to be carried to another machine: a tar archive, so that other tools can look into it.
//!
//! ```text
//! archive     = entry*
//! entry       = description artifact        regular files, owned by nobody, from 1970
//! description = KEY ".json"                 KEY: 64 hexadecimal digits; as in a cache, without what only holds there
//! artifact    = KEY
//! ```
//!
//! What is imported is suspected of anything: names, lengths, keys and checksums are those that they have to be, or the
//! entry is left out. That a checksum is right says that nothing was damaged on the way; that the code is what
//! the compiler made of these inputs, only the archive's origin can say.

use std::io::{self, Read, Seek as _, Write};

use tar::{Archive, EntryType, Header};

use crate::catalogue::Entry;
use crate::entry::{self, Description, Flaw};
use crate::file::{JSON_BYTES_MAX, UNFINISHED};
use crate::key::Key;
use crate::lock;
use crate::{Cache, StoreError};

/// How many bad parts an archive may have.
const REFUSED_MAX: u32 = 1000;

/// Why a part of an archive is not imported.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// An archive of entries has nothing else.
    #[error("it is neither an entry nor a description, each in a regular file named by its key")]
    Name,
    /// No description precedes it, or it was refused.
    #[error("no good description comes right before it")]
    Undescribed,
    /// No artifact follows the description.
    #[error("what it describes does not follow")]
    Alone,
    /// A description is too long or no description.
    #[error("it is no description")]
    Malformed,
    /// The description's inputs belong to another key.
    #[error("its key is not that of the inputs that it states")]
    Key,
    /// It is longer or shorter than its description has it.
    #[error("it has {found} bytes, and its description states {expected}")]
    Size {
        /// As described.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// Its bytes were changed.
    #[error("its bytes do not have the checksum that it states")]
    Checksum,
}

/// What became of a part of an archive.
#[derive(Debug)]
pub enum Imported {
    /// It is stored.
    Stored(Key, Description),
    /// There is such an entry already.
    Known(Key, Description),
    /// It is left out; its name as the archive has it.
    Refused(String, Refusal),
}

/// Nothing more could be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The archive is cut or no archive.
    #[error("it is no archive of entries, or damaged: {}", shown(.0))]
    Archive(io::Error),
    /// So much in it is bad that nobody wants to know the rest.
    #[error("more than {REFUSED_MAX} parts of it are bad")]
    Hopeless,
    /// The cache cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with an archive. It quotes the archive, which may have anything in it.
fn shown(error: &io::Error) -> String {
    const CHARACTERS_MAX: usize = 100;
    error.to_string().chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect()
}

/// Writes an archive, entry by entry.
pub struct Exporter<W: Write>(tar::Builder<W>);

impl<W: Write> Exporter<W> {
    /// Starts an archive.
    pub fn new(writer: W) -> Self {
        Self(tar::Builder::new(writer))
    }

    /// Writes an entry, after it was looked through.
    ///
    /// # Errors
    ///
    /// The inner one if the entry has a flaw, and nothing was written; the outer one if the archive cannot be written.
    pub fn add(&mut self, listed: &Entry) -> io::Result<Result<(), Flaw>> {
        let mut opened = match listed.open().and_then(|opened| opened.check().map(|()| opened)) {
            Ok(opened) => opened,
            Err(flaw) => return Ok(Err(flaw)),
        };
        opened.description.checked = None;
        let name = listed.key.to_string();
        let description = serde_json::to_vec(&opened.description)?;
        self.append(&format!("{name}.{}", entry::DESCRIPTION), description.len() as u64, &*description)?;
        opened.file.rewind()?;
        self.append(&name, opened.description.size_bytes, &opened.file)?;
        Ok(Ok(()))
    }

    /// Ends the archive.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        let mut writer = self.0.into_inner()?;
        writer.flush()?;
        Ok(writer)
    }

    fn append(&mut self, name: &str, bytes: u64, contents: impl Read) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.0.append(&header, contents.take(bytes))
    }
}

impl Cache {
    /// Stores what is in an archive, and tells of each of its parts.
    ///
    /// # Errors
    ///
    /// If the archive goes on in a way that cannot be read, or the cache cannot be written. What came before is stored.
    pub fn import(&self, archive: impl Read, tell: &mut dyn FnMut(Imported)) -> Result<(), ImportError> {
        let mut archive = Archive::new(archive);
        // What precedes the artifact that it describes.
        let mut described: Option<(Key, Description)> = None;
        let mut refused = 0;
        // As they are: no names of other entries, which could be of any length.
        for part in archive.entries().map_err(ImportError::Archive)?.raw(true) {
            let mut part = part.map_err(ImportError::Archive)?;
            let name = String::from_utf8_lossy(&part.path_bytes()).into_owned();
            if let Some((key, _)) = described.as_ref().filter(|(key, _)| key.to_string() != name) {
                tell(Imported::Refused(format!("{key}.{}", entry::DESCRIPTION), Refusal::Alone));
                described = None;
                refused += 1;
            }
            let is_file = part.header().entry_type() == EntryType::Regular;
            let imported = match parse_name(&name) {
                Some((key, true)) if is_file => match read_description(&mut part, &key) {
                    Ok(description) => {
                        described = Some((key, description));
                        continue;
                    }
                    Err(refusal) => Err(refusal),
                },
                Some((_, false)) if is_file => match described.take() {
                    Some((key, description)) => self.import_artifact(&mut part, key, description)?,
                    None => Err(Refusal::Undescribed),
                },
                _ => Err(Refusal::Name),
            };
            refused += u32::from(imported.is_err());
            tell(imported.unwrap_or_else(|refusal| Imported::Refused(name, refusal)));
            if refused > REFUSED_MAX {
                return Err(ImportError::Hopeless);
            }
        }
        if let Some((key, _)) = described {
            tell(Imported::Refused(format!("{key}.{}", entry::DESCRIPTION), Refusal::Alone));
        }
        Ok(())
    }

    fn import_artifact<R: Read>(
        &self,
        part: &mut tar::Entry<'_, R>,
        key: Key,
        description: Description,
    ) -> Result<Result<Imported, Refusal>, ImportError> {
        let (expected, found) = (description.size_bytes, part.size());
        if expected != found {
            return Ok(Err(Refusal::Size { expected, found }));
        }
        // What is there already is not replaced by what only claims to be the same.
        if self.find_own(&key).is_ok() {
            return Ok(Ok(Imported::Known(key, description)));
        }
        let store_error = |error| ImportError::Store(StoreError { directory: self.directory.clone(), error });
        let path = self.entry_path(&key);
        let folder = path.parent().expect("an entry lies in a folder");
        self.prepare_folder(folder).map_err(store_error)?;
        let unfinished = UNFINISHED.create(folder).map_err(store_error)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 64 << 10];
        let mut stored = 0;
        loop {
            let length = part.read(&mut buffer).map_err(ImportError::Archive)?;
            if length == 0 {
                break;
            }
            stored += length as u64;
            hasher.update(&buffer[..length]);
            unfinished.as_file().write_all(&buffer[..length]).map_err(store_error)?;
        }
        if stored != expected {
            // The archive ends here.
            return Ok(Err(Refusal::Size { expected, found: stored }));
        }
        if hasher.finalize().to_hex().as_str() != description.checksum {
            return Ok(Err(Refusal::Checksum));
        }
        // Whoever looks for entries without a description leaves it alone; whoever makes the same makes it as well.
        let _lock = lock::try_lock(&self.lock_path(&key));
        entry::place(unfinished, &path, description.clone()).map_err(store_error)?;
        Ok(Ok(Imported::Stored(key, description)))
    }
}

/// The key that a part is named by, and whether it is a description.
fn parse_name(name: &str) -> Option<(Key, bool)> {
    match name.split_once('.') {
        None => Some((name.parse().ok()?, false)),
        Some((key, entry::DESCRIPTION)) => Some((key.parse().ok()?, true)),
        Some(_) => None,
    }
}

fn read_description(part: &mut impl Read, key: &Key) -> Result<Description, Refusal> {
    let mut bytes = Vec::new();
    part.take(JSON_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|_| Refusal::Malformed)?;
    if bytes.len() as u64 > JSON_BYTES_MAX {
        return Err(Refusal::Malformed);
    }
    let description: Description = serde_json::from_slice(&bytes).map_err(|_| Refusal::Malformed)?;
    if description.key() == *key { Ok(description) } else { Err(Refusal::Key) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inputs;

    fn cache() -> (tempfile::TempDir, Cache) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(directory.path().join("cache"));
        (directory, cache)
    }

    fn description(contents: &[u8]) -> Description {
        entry::describe(&Inputs::from([("input".to_owned(), "one".to_owned())]), "name", contents)
    }

    /// A name, a type, and contents, with a size that is not theirs where one is given.
    type Part<'a> = (&'a str, EntryType, &'a [u8], Option<u64>);

    fn archive(parts: &[Part<'_>]) -> Vec<u8> {
        let mut archive = Vec::new();
        for (name, entry_type, contents, size) in parts {
            let mut header = Header::new_ustar();
            // Names that the library would refuse.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*entry_type);
            header.set_size(size.unwrap_or(contents.len() as u64));
            header.set_cksum();
            archive.extend(header.as_bytes());
            archive.extend(*contents);
            archive.resize(archive.len().next_multiple_of(512), 0);
        }
        archive.resize(archive.len() + 1024, 0);
        archive
    }

    #[test]
    fn what_is_exported_is_imported() {
        let ((_one, from), (_two, to)) = (cache(), cache());
        let description = description(b"contents");
        from.store(&description.inputs, "name", b"contents").expect("it can be stored");
        let entry = from.entries().pop().expect("there is one");
        let export = || {
            let mut exporter = Exporter::new(Vec::new());
            exporter.add(&entry).expect("memory can be written").map(|()| exporter.finish().expect("it can be written"))
        };
        let archive = export().expect("it is whole");
        let mut told = Vec::new();
        for _ in 0..2 {
            to.import(&*archive, &mut |part| told.push(part)).expect("it is whole");
        }
        assert!(
            matches!(&told[..], [Imported::Stored(_, stored), Imported::Known(..)] if *stored == description),
            "{told:?}"
        );
        assert!(to.find(&description.key()).is_some());
        std::fs::write(&entry.path, b"CONTENTS").expect("it can be written");
        assert_eq!(export(), Err(Flaw::Checksum));
    }

    #[test]
    fn nothing_bad_is_imported() {
        use EntryType::{GNULongName, Link, Regular, Symlink};
        let good = description(b"contents");
        let key = good.key().to_string();
        let json_name = format!("{key}.json");
        let json = |description: &Description| serde_json::to_vec(description).expect("it can be written");
        let (good, longer, other) = (json(&good), json(&description(b"contents!")), json(&description(b"CONTENTS")));
        let long = vec![b' '; 1 << 20];
        let another = "00".repeat(32);
        let outside = format!("../{key}");
        let described: Part<'_> = (&json_name, Regular, &good, None);
        let cases: [&[Part<'_>]; 13] = [
            &[(&key, Regular, b"contents", None)],
            &[described],
            &[described, (&another, Regular, b"contents", None)],
            &[described, (&outside, Regular, b"contents", None)],
            &[described, ("/etc/passwd", Regular, b"contents", None)],
            &[described, (&key, Symlink, b"", None)],
            &[described, (&key, Link, b"contents", None)],
            &[described, (&key, GNULongName, b"contents", None)],
            &[(&json_name, Regular, &longer, None), (&key, Regular, b"contents", None)],
            &[(&json_name, Regular, &other, None), (&key, Regular, b"contents", None)],
            &[(&json_name, Regular, b"{}", None), (&key, Regular, b"contents", None)],
            &[(&json_name, Regular, &long, None), (&key, Regular, b"contents", None)],
            &[(&format!("{another}.json"), Regular, &good, None), (&another, Regular, b"contents", None)],
        ];
        for (number, parts) in cases.into_iter().enumerate() {
            let (_directory, cache) = cache();
            let mut told = Vec::new();
            cache.import(&*archive(parts), &mut |part| told.push(part)).expect("it can be read to its end");
            let is_refused = |part: &Imported| matches!(part, Imported::Refused(..));
            assert!(!told.is_empty() && told.iter().all(is_refused), "case {number}: {told:?}");
            assert_eq!(cache.entries().len(), 0, "case {number}");
        }
        let many = vec![("no key", Regular, &b""[..], None); 2000];
        let (_directory, empty) = cache();
        assert!(matches!(empty.import(&*archive(&many), &mut |_| ()), Err(ImportError::Hopeless)));
        // Lengths that are not those of the file.
        for size in [u64::MAX >> 1, 100_000] {
            let (_directory, cache) = cache();
            let part = (&*json_name, Regular, &*good, Some(size));
            assert!(cache.import(&*archive(&[part]), &mut |_| ()).is_err() || cache.entries().is_empty());
        }
        let (_directory, cache) = cache();
        let whole = archive(&[described, (&key, Regular, b"contents", None)]);
        assert!(cache.import(&whole[..whole.len() - 1024 - 512 + 3], &mut |_| ()).is_err());
        assert!(
            cache
                .import(&b"\x1b[2J no archive".repeat(100)[..], &mut |_| ())
                .is_err_and(|error| { !error.to_string().contains('\x1b') })
        );
        assert_eq!(cache.entries().len(), 0);
    }
}
