//! Files on Windows, as far as the standard library tells of them. Whose a file is and who may write to it is not asked: what
//! lies in a user's profile is that user's alone, and a cache elsewhere is as trusted as its folder.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::windows::fs::MetadataExt as _;
use std::path::Path;

/// Whether a file's metadata tells it from all others: it has no number there.
pub(crate) const TELLS_FILES_APART: bool = false;

/// All files are one user's.
pub(crate) fn own_user() -> u32 {
    0
}

/// Likewise.
pub(crate) fn user_of(_metadata: &Metadata) -> u32 {
    0
}

/// Likewise.
pub(crate) fn others_may_write(_metadata: &Metadata) -> bool {
    false
}

/// It is not known.
pub(crate) fn place(_metadata: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// When it was modified and when it was made: seconds and nanoseconds since the system's epoch.
pub(crate) fn times(metadata: &Metadata) -> ((i64, i64), (i64, i64)) {
    const TICKS: u64 = 10_000_000;
    let time = |ticks: u64| ((ticks / TICKS) as i64, (ticks % TICKS * 100) as i64);
    (time(metadata.last_write_time()), time(metadata.creation_time()))
}

/// Opens a file to be read.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens a file to be locked, or makes it.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

/// Makes a folder, and those that it lies in.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}

/// A new file has those of its folder.
pub(crate) fn permissions(_mode: u32) -> Option<Permissions> {
    None
}

/// Whether the open file still has a name: one that was removed cannot be opened.
pub(crate) fn has_name(_metadata: &Metadata) -> bool {
    true
}

/// It is not known.
pub(crate) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
