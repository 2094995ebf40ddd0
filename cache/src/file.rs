//! Small files that appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::entry::is_own;

/// What a file is called until it is whole.
const UNFINISHED_PREFIX: &str = ".unfinished-";

/// After this time, nobody writes to an unfinished file any more.
const UNFINISHED_AGE_MAX: Duration = Duration::from_secs(3600);

/// Writes a file in the place of what may be there; only this user can read it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a file of the cache lies in a folder");
    remove_stale(folder);
    let mut file = tempfile::Builder::new().prefix(UNFINISHED_PREFIX).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    write(path, &serde_json::to_vec(value)?)
}

/// What is in the file, if it is there, is well-formed, and no one else could have written it.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Option<T> {
    let mut file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !is_own(&metadata) {
        return None;
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    file.read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
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
