//! Files on Unix systems.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::OnceLock;

const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Whether a file's metadata tells it from all others.
pub(crate) const TELLS_FILES_APART: bool = true;

/// The number of the user that this process works for.
pub(crate) fn own_user() -> u32 {
    static OWN: OnceLock<u32> = OnceLock::new();
    *OWN.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// The number of the user who has the file or directory.
pub(crate) fn user_of(metadata: &Metadata) -> u32 {
    metadata.uid()
}

/// Whether others than the user who has it may write to it.
pub(crate) fn others_may_write(metadata: &Metadata) -> bool {
    metadata.mode() & WRITABLE_BY_OTHERS != 0
}

/// Device and number there.
pub(crate) fn place(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// When it was modified and when it was changed: seconds and nanoseconds since the epoch.
pub(crate) fn times(metadata: &Metadata) -> ((i64, i64), (i64, i64)) {
    ((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()))
}

/// Opens a file to be read, and waits for nobody.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path)
}

/// Opens a file to be locked, or makes it for this user alone.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Makes a folder, and those that it lies in, for this user alone.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Permissions of a new file, as far as the user's mask lets them be.
pub(crate) fn permissions(mode: u32) -> Option<Permissions> {
    Some(Permissions::from_mode(mode))
}

/// Whether the open file still has a name.
pub(crate) fn has_name(metadata: &Metadata) -> bool {
    metadata.nlink() > 0
}

/// How much of the disk is free that `folder` is on.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
