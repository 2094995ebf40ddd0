//! Writes a file so that it appears whole or not at all.
//!
//! Until then it lies beside its place as `.wasmc-PID-XXXXXX.tmp`. A process that is killed leaves it there; the next
//! that writes into the same folder takes it away.

use std::ffi::OsStr;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};

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
    remove_stale(folder);
    // As any new file: the system takes away what the user's mask says.
    let made = tempfile::Builder::new()
        .prefix(&format!("{MARKER}{}-", std::process::id()))
        .suffix(".tmp")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder);
    // Its own message would name a file that nobody asked for.
    let mut file_at = made.map_err(|error| std::io::Error::from(error.kind()))?;
    file_at.write_all(bytes)?;
    file_at.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// What the names of unfinished files start with.
const MARKER: &str = ".wasmc-";

/// No process takes as long for one file.
const UNFINISHED_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes unfinished files whose process is gone, or whose number another process has by now.
fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| {
            let rest = name.strip_prefix(MARKER)?.strip_suffix(".tmp")?;
            rest.split('-').next()?.parse::<u32>().ok()
        });
        let Some(process) = process else { continue };
        let is_gone = !Path::new("/proc").join(process.to_string()).exists();
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_gone || age().is_some_and(|age| age > UNFINISHED_MAX) {
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
        // No process has this number: it is above the system's limit.
        let stale = at(".wasmc-99999999-abcdef.tmp");
        let alive = at(&format!(".wasmc-{}-abcdef.tmp", std::process::id()));
        let old = at(&format!(".wasmc-{}-fedcba.tmp", std::process::id()));
        let others = at(".other-99999999-abcdef.tmp");
        for file in [&stale, &alive, &old, &others] {
            fs::write(file, b"half").expect("it can be written");
        }
        let long_ago = std::time::SystemTime::now() - 2 * UNFINISHED_MAX;
        fs::File::open(&old).and_then(|file| file.set_modified(long_ago)).expect("its time can be set");
        write(&at("a.o"), b"whole", false).expect("it can be written");
        assert_eq!(fs::read(at("a.o")).expect("it is there"), b"whole");
        assert!(!stale.exists() && !old.exists() && alive.exists() && others.exists());
        assert_eq!(fs::read_dir(folder.path()).expect("it is a directory").count(), 3);
    }
}
