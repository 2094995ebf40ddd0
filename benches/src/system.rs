//! What calls of the system cost a program: it times them itself and prints what one takes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::commands::runners;
use crate::measure::{Subject, alternate_by, median};
use crate::report::{Report, Unit};
use crate::tools::Tools;

/// The tree that is walked: folders, and files in each.
const FOLDERS: usize = 100;
const FILES: usize = 1000;

/// Measures each call that `kernels/system.c` makes.
pub(crate) fn measure(tools: &Tools, rounds: usize, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    lay_out(&folder.path().join("work/tree"))?;
    let mut subjects = runners(tools, &tools.build("system")?, &["--dir", "work"])?;
    for subject in &mut subjects {
        subject.folder = Some(folder.path().to_owned());
    }
    let samples = alternate_by(&subjects, rounds, calls)?;
    for (subject, samples) in subjects.iter().zip(&samples) {
        let names = samples.first().map(|calls| calls.iter().map(|(name, _)| name)).into_iter().flatten();
        for (index, name) in names.enumerate() {
            let nanoseconds = median(samples, |calls| calls[index].1);
            report.add("system calls", name, subject.name, nanoseconds * 1e-9, Unit::Seconds);
        }
    }
    Ok(())
}

fn lay_out(tree: &Path) -> Result<()> {
    for folder in 0..FOLDERS {
        let folder = tree.join(format!("folder{folder}"));
        fs::create_dir_all(&folder)?;
        for file in 0..FILES {
            fs::File::create(folder.join(format!("file{file}")))?;
        }
    }
    Ok(())
}

/// The names of calls, and how many nanoseconds one takes.
fn calls(subject: &Subject) -> Result<Vec<(String, f64)>> {
    let done = subject.command().output()?;
    let message = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{:?} ended with {}: {message}", subject.command, done.status);
    let line = |line: &str| {
        let (name, nanoseconds) = line.split_once(": ").with_context(|| format!("{line:?} is no figure"))?;
        Ok((name.to_owned(), nanoseconds.parse()?))
    };
    String::from_utf8(done.stdout)?.lines().map(line).collect()
}
