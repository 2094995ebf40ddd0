//! Files that appear whole or not at all: until then they lie beside their place under a name of their own, locked.
//!
//! A process that is killed leaves its file there; the next that writes into the same folder takes away what nobody
//! holds.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::system;

/// How long nobody takes for one file, on systems without locks.
const AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How unfinished files of one kind are called, and who may use them.
#[derive(Clone, Copy, Debug)]
pub struct Unfinished {
    /// What their names start with,
    pub prefix: &'static str,
    /// and end with.
    pub suffix: &'static str,
    /// Permissions, of which the system takes away what the user's mask says.
    pub mode: u32,
}

impl Unfinished {
    /// A new file in `folder`, locked for as long as it is open.
    ///
    /// # Errors
    ///
    /// The system's own: without the name of a file that nobody asked for.
    pub fn create(&self, folder: &Path) -> io::Result<NamedTempFile> {
        loop {
            let mut builder = tempfile::Builder::new();
            builder.prefix(self.prefix).suffix(self.suffix);
            if let Some(permissions) = system::permissions(self.mode) {
                builder.permissions(permissions);
            }
            let made = builder.tempfile_in(folder).map_err(system_error)?;
            let is_taken = matches!(made.as_file().try_lock(), Err(TryLockError::WouldBlock));
            // Until it was locked, another process could take it for one that was left.
            if !is_taken && system::has_name(&made.as_file().metadata()?) {
                return Ok(made);
            }
        }
    }

    /// Removes files in `folder` that nobody holds: whoever made them was killed.
    pub fn remove_stale(&self, folder: &Path) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_unfinished = name
                .to_str()
                .and_then(|name| name.strip_prefix(self.prefix))
                .is_some_and(|rest| rest.ends_with(self.suffix));
            if is_unfinished
                && entry.file_type().is_ok_and(|kind| kind.is_file())
                && let Ok(file) = crate::file::open(&entry.path())
                && is_left(&file)
            {
                // While it is locked, so that its maker notices.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Whether nobody holds `file`. If so, this process does now.
pub(crate) fn is_left(file: &File) -> bool {
    let age = || file.metadata().ok()?.modified().ok()?.elapsed().ok();
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => age().is_some_and(|age| age > AGE_MAX),
    }
}

/// The system's error, without what a library put around it.
fn system_error(error: io::Error) -> io::Error {
    let source = error.get_ref().and_then(|inner| inner.source()).and_then(|source| source.downcast_ref::<io::Error>());
    let code = error.raw_os_error().or_else(|| source.and_then(io::Error::raw_os_error));
    code.map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
