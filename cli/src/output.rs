//! What commands give out: files, which appear whole or not at all, and text for people and programs.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;
use wasmc_cache::unfinished::Unfinished;

mod json;

/// Writes `bytes` to `file`, or to standard output if it is `-`.
pub(crate) fn write(file: &Path, bytes: &[u8], is_text: bool) -> anyhow::Result<()> {
    write_with(file, is_text, |output| Ok(output.write_all(bytes)?))
}

/// Lets `write` write to `file`, or to standard output if it is `-`.
pub(crate) fn write_with<T>(
    file: &Path,
    is_text: bool,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if file.as_os_str() == OsStr::new("-") {
        let mut output = io::stdout().lock();
        if !is_text && output.is_terminal() {
            bail!("this is not for a terminal: name a file to write it to");
        }
        return write(&mut output).context("cannot write to standard output");
    }
    let context = || format!("cannot write '{}'", file.display());
    if fs::metadata(file).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        // A device or a pipe (`-o /dev/null`) is written to, not replaced.
        let mut opened = File::options().write(true).open(file).with_context(context)?;
        return write(&mut opened).with_context(context);
    }
    replace(file, &UNFINISHED, write).with_context(context)
}

/// Writes an executable to `file`, or to standard output if it is `-`.
pub(crate) fn write_executable(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if file.as_os_str() == OsStr::new("-") {
        return self::write(file, bytes, false);
    }
    let write = |output: &mut dyn Write| Ok(output.write_all(bytes)?);
    replace(file, &EXECUTABLE, write).with_context(|| format!("cannot write '{}'", file.display()))
}

/// Whether `output` is there, and the same file as `input`.
pub(crate) fn is_same_file(output: &Path, input: &Path) -> bool {
    output.is_file()
        && matches!((output.canonicalize(), input.canonicalize()), (Ok(output), Ok(input)) if output == input)
}

/// Writes text to standard output; the exit status.
pub(crate) fn print(text: &[u8]) -> anyhow::Result<i32> {
    print_with(|output| output.write_all(text))
}

/// Writes a value to standard output, as it comes: what it says may be more than fits into memory; the exit status.
pub(crate) fn print_display(value: &impl Display) -> anyhow::Result<i32> {
    print_with(|output| write!(output, "{value}"))
}

/// The same for programs to read.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<i32> {
    print_with(|output| {
        json::write(output, value)?;
        output.write_all(b"\n")
    })
}

fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<i32> {
    let mut output = BufWriter::new(io::stdout().lock());
    write(&mut output).and_then(|()| output.flush()).context("cannot write to standard output")?;
    Ok(0)
}

/// Lets `write` write a file, which then takes the place of what may be there.
fn replace<T>(
    file: &Path,
    kind: &Unfinished,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if file.file_name().is_none() {
        bail!("it is not the name of a file");
    }
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Most often it is the folder that is not there.
    fs::metadata(folder)?;
    kind.remove_stale(folder);
    let mut unfinished = kind.create(folder)?;
    let written = write(unfinished.as_file_mut())?;
    unfinished.persist(file).map_err(|error| error.error)?;
    Ok(written)
}

/// As any new file: the system takes away what the user's mask says.
const UNFINISHED: Unfinished = Unfinished { prefix: ".wasmc-", suffix: ".tmp", mode: 0o666 };

/// The same, for a program.
const EXECUTABLE: Unfinished = Unfinished { mode: 0o777, ..UNFINISHED };

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
        let held = UNFINISHED.create(folder.path()).expect("it can be made");
        write(&at("a.o"), b"whole", false).expect("it can be written");
        assert_eq!(fs::read(at("a.o")).expect("it is there"), b"whole");
        assert!(!left.exists() && held.path().exists() && others.exists());
        assert_eq!(fs::read_dir(folder.path()).expect("it is a directory").count(), 3);
    }

    #[test]
    fn errors_are_the_systems_own() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let error = write(&folder.path().join("none/a.o"), b"", false).expect_err("there is no such folder");
        assert!(format!("{error:#}").contains("No such file or directory (os error 2)"), "{error:#}");
    }
}
