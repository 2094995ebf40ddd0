//! Writes a file so that it appears whole or not at all.
//!
//! Until then it lies beside its place as `.wasmc-NAME.tmp`, locked. A process that is killed leaves it there; the next
//! that writes into the same folder takes away what nobody holds.

use std::ffi::OsStr;
use std::fs::{self, TryLockError};
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::NamedTempFile;

/// Writes `bytes` to `file`, or to standard output if it is `-`.
pub(crate) fn write(file: &Path, bytes: &[u8], is_text: bool) -> anyhow::Result<()> {
    if file.as_os_str() == OsStr::new("-") {
        let mut output = std::io::stdout().lock();
        if !is_text && output.is_terminal() {
            bail!("an object is not for a terminal: name a file with -o");
        }
        return output.write_all(bytes).context("cannot write to standard output");
    }
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        // A device or a pipe (`-o /dev/null`) is written to, not replaced.
        return fs::write(file, bytes).with_context(|| format!("cannot write '{}'", file.display()));
    }
    replace(file, bytes).with_context(|| format!("cannot write '{}'", file.display()))
}

/// Writes text to standard output; the exit status.
pub(crate) fn print(text: &[u8]) -> anyhow::Result<i32> {
    let mut output = std::io::stdout().lock();
    output.write_all(text).and_then(|()| output.flush()).context("cannot write to standard output")?;
    Ok(0)
}

fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if file.file_name().is_none() {
        bail!("it is not the name of a file");
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Most often it is the folder that is not there.
    fs::metadata(folder)?;
    remove_stale(folder);
    let mut unfinished = unfinished(folder)?;
    unfinished.write_all(bytes)?;
    unfinished.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// What the names of unfinished files start and end with.
const MARKER: (&str, &str) = (".wasmc-", ".tmp");

/// How long nobody takes for one file, on systems without locks.
const UNFINISHED_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A new file, locked for as long as it is open.
fn unfinished(folder: &Path) -> anyhow::Result<NamedTempFile> {
    loop {
        // As any new file: the system takes away what the user's mask says.
        let made = tempfile::Builder::new()
            .prefix(MARKER.0)
            .suffix(MARKER.1)
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder);
        // Its own message would name a file that nobody asked for.
        let made = made.map_err(|error| std::io::Error::from(error.kind()))?;
        let is_taken = matches!(made.as_file().try_lock(), Err(TryLockError::WouldBlock));
        // Until it was locked, another process could take it for one that was left.
        if !is_taken && made.as_file().metadata()?.nlink() > 0 {
            return Ok(made);
        }
    }
}

/// Removes unfinished files that nobody holds: whoever made them was killed.
fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_unfinished =
            name.to_str().and_then(|name| name.strip_prefix(MARKER.0)).is_some_and(|rest| rest.ends_with(MARKER.1));
        if !is_unfinished {
            continue;
        }
        let Ok(file) = fs::File::open(entry.path()) else { continue };
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let is_left = match file.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => false,
            Err(TryLockError::Error(_)) => age().is_some_and(|age| age > UNFINISHED_MAX),
        };
        if is_left {
            // While it is locked, so that its maker notices.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_left_is_removed() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| folder.path().join(name);
        let left = at(".wasmc-abcdef.tmp");
        let others = at(".other-abcdef.tmp");
        for file in [&left, &others] {
            fs::write(file, b"half").expect("it can be written");
        }
        let held = unfinished(folder.path()).expect("it can be made");
        write(&at("a.o"), b"whole", false).expect("it can be written");
        assert_eq!(fs::read(at("a.o")).expect("it is there"), b"whole");
        assert!(!left.exists() && held.path().exists() && others.exists());
        assert_eq!(fs::read_dir(folder.path()).expect("it is a directory").count(), 3);
    }

    #[test]
    fn errors_are_the_systems_own() {
        let error = write(Path::new("/nonexistent/a.o"), b"", false).expect_err("there is no such folder");
        assert!(format!("{error:#}").contains("No such file or directory (os error 2)"), "{error:#}");
    }
}
