//! `--stats`: what it took to open a program.

use std::fmt::Write as _;
use std::time::Duration;

use wasmrun::process;

use crate::open::{Opened, Way};

/// What several programs took together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) hits: u64,
    pub(crate) compiled: u64,
    pub(crate) time: Duration,
    pub(crate) bytes: u64,
}

impl Totals {
    pub(crate) fn of(all: &[Opened]) -> Self {
        let mut totals = Self::default();
        for opened in all {
            totals.bytes += opened.bytes;
            match &opened.way {
                Way::Object => {}
                Way::Found(_) => totals.hits += 1,
                Way::Compiled { time, .. } => {
                    totals.compiled += 1;
                    totals.time += *time;
                }
            }
        }
        totals
    }
}

/// Writes a line for all, and one for each, to standard error.
pub(crate) fn say(all: &[Opened]) {
    let totals = Totals::of(all);
    let mut text = format!(
        "wasmc: hits: {}, compiled: {}, compile time: {} ms, bytes: {}",
        totals.hits,
        totals.compiled,
        totals.time.as_millis(),
        totals.bytes
    );
    for opened in all {
        let file = opened.file.display();
        let _ = write!(text, "\nwasmc: {file}: {} bytes, ", opened.bytes);
        let _ = match &opened.way {
            Way::Object => write!(text, "an object, compiled already"),
            Way::Found(directory) => write!(text, "found in '{}'", directory.display()),
            Way::Compiled { is_kept: true, .. } => write!(text, "compiled and kept"),
            Way::Compiled { is_kept: false, .. } => write!(text, "compiled and not kept"),
        };
        if let Some(key) = opened.key {
            let _ = write!(text, ", key: {key}");
        }
    }
    process::say(&text);
}
