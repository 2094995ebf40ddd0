//! Small files, and those that are stored: they appear whole or not at all, and are this user's alone.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::system;
use crate::unfinished::Unfinished;

/// What a file is called until it is whole.
pub(crate) const UNFINISHED: Unfinished = Unfinished { prefix: ".unfinished-", suffix: "", mode: 0o600 };

/// Descriptions and notes are small: a longer file is none of ours.
pub(crate) const JSON_BYTES_MAX: u64 = 64 << 10;

/// Whose files are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(u32);

impl Owner {
    /// The user that this process works for.
    pub(crate) fn own() -> Self {
        Self(system::own_user())
    }

    /// Whoever has the file or directory with this metadata.
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self(system::user_of(metadata))
    }

    /// Whether the file or directory is this owner's, and no one else may write to it.
    pub(crate) fn alone_writes(self, metadata: &Metadata) -> bool {
        system::user_of(metadata) == self.0 && !system::others_may_write(metadata)
    }
}

/// Opens what is at `path` to be read. What is no file is not waited for: a pipe that somebody put there would never end it.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    system::open(path)
}

/// Writes a file in the place of what may be there, and gives it, to be read.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let folder = path.parent().expect("a file of the cache lies in a folder");
    let file = UNFINISHED.create(folder)?;
    file.as_file().write_all(bytes)?;
    persist(file, path)
}

/// Puts a file that is whole in its place, and gives it, to be read: nobody holds it open for writing any more.
pub(crate) fn persist(file: tempfile::NamedTempFile, path: &Path) -> io::Result<File> {
    let opened = File::open(file.path())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(opened)
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    write(path, &serde_json::to_vec(value)?).map(drop)
}

/// What is in the file, and its metadata, if it is there, is well-formed, and no one but `owner` could have written it.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path, owner: Owner) -> Option<(T, File, Metadata)> {
    let file = open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || !owner.alone_writes(&metadata) || metadata.len() > JSON_BYTES_MAX {
        return None;
    }
    let mut bytes = vec![0; metadata.len() as usize];
    (&file).read_exact(&mut bytes).ok()?;
    Some((serde_json::from_slice(&bytes).ok()?, file, metadata))
}

/// Makes sure that there is a folder to write into, and that nothing is left there of processes that were killed.
pub(crate) fn prepare_folder(folder: &Path) -> io::Result<()> {
    make_folder(folder)?;
    UNFINISHED.remove_stale(folder);
    Ok(())
}

/// Makes a folder, and those that it lies in, which only this user can look into.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    system::make_folder(folder)
}
