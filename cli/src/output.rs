//! Writes a file so that it appears whole or not at all.
//!
//! Until then it lies beside its place as `.NAME.wasmc-PID-XXXXXX.tmp`. A process that is killed leaves it there; the
//! next that writes beside it takes it away.

use std::ffi::OsStr;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

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

fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let Some(name) = file.file_name() else { bail!("it is not the name of a file") };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let marker = marker(name);
    remove_stale(folder, &marker);
    let mut prefix = marker;
    prefix.push(format!("{}-", std::process::id()));
    // As any new file: the system takes away what the user's mask says.
    let mut file_at = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".tmp")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    file_at.write_all(bytes)?;
    file_at.persist(file)?;
    Ok(())
}

/// What the names of unfinished files for `name` start with.
fn marker(name: &OsStr) -> std::ffi::OsString {
    let mut marker = std::ffi::OsString::from(".");
    marker.push(name);
    marker.push(".wasmc-");
    marker
}

/// Removes unfinished files whose process is gone.
fn remove_stale(folder: &Path, marker: &OsStr) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name
            .as_encoded_bytes()
            .strip_prefix(marker.as_encoded_bytes())
            .filter(|rest| rest.ends_with(b".tmp"))
            .and_then(|rest| std::str::from_utf8(rest).ok()?.split('-').next()?.parse::<u32>().ok());
        if process.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists()) {
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
        let stale = at(".a.o.wasmc-99999999-abcdef.tmp");
        let alive = at(&format!(".a.o.wasmc-{}-abcdef.tmp", std::process::id()));
        let others = at(".b.o.wasmc-99999999-abcdef.tmp");
        for file in [&stale, &alive, &others] {
            fs::write(file, b"half").expect("it can be written");
        }
        write(&at("a.o"), b"whole", false).expect("it can be written");
        assert_eq!(fs::read(at("a.o")).expect("it is there"), b"whole");
        assert!(!stale.exists() && alive.exists() && others.exists());
        assert_eq!(fs::read_dir(folder.path()).expect("it is a directory").count(), 3);
    }
}
