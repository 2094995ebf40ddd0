//! Times whole commands, one run of each in turn, so that a noisy moment touches all of them alike.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// From start to end.
    pub(crate) wall: Duration,
    /// User and system time of all threads.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak_bytes: u64,
}

/// A command with the name it has in the report.
#[derive(Clone)]
pub(crate) struct Subject {
    /// The column's name.
    pub(crate) name: &'static str,
    /// Program and arguments.
    pub(crate) command: Vec<std::ffi::OsString>,
    /// Where it runs, if that is not here.
    pub(crate) folder: Option<std::path::PathBuf>,
}

impl Subject {
    /// A subject from its name, program and arguments.
    pub(crate) fn new<I, S>(name: &'static str, command: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<std::ffi::OsString>,
    {
        Self { name, command: command.into_iter().map(Into::into).collect(), folder: None }
    }

    /// The command, ready to be started.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::null());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    fn sample(&self) -> Result<Sample> {
        let mut command = self.command();
        command.stdout(Stdio::null());
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.command[0].display()))?;
        let used = child.wait4()?;
        let wall = start.elapsed();
        ensure!(used.status.success(), "{:?} ended with {}", self.command, used.status);
        Ok(Sample { wall, processor: used.rusage.utime + used.rusage.stime, peak_bytes: used.rusage.maxrss })
    }
}

/// Times each subject: see [`alternate_by`].
pub(crate) fn alternate(subjects: &[Subject], rounds: usize) -> Result<Vec<Vec<Sample>>> {
    alternate_by(subjects, rounds, Subject::sample)
}

/// Takes a sample of each subject to warm it, then `rounds` samples in turn; gives each one's. Who follows whom changes
/// from round to round, since a large process leaves work behind for the next.
pub(crate) fn alternate_by<T: Clone>(
    subjects: &[Subject],
    rounds: usize,
    sample: impl Fn(&Subject) -> Result<T>,
) -> Result<Vec<Vec<T>>> {
    for subject in subjects {
        sample(subject)?;
    }
    let mut samples = vec![Vec::with_capacity(rounds); subjects.len()];
    for round in 0..rounds {
        for turn in 0..subjects.len() {
            // Every other round goes backwards, and each starts with another one.
            let forward = (round + turn) % subjects.len();
            let index = if round % 2 == 0 { forward } else { subjects.len() - 1 - forward };
            samples[index].push(sample(&subjects[index])?);
        }
    }
    Ok(samples)
}

/// The median of what `of` reads from the samples.
pub(crate) fn median<T>(samples: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}
