//! Runs `.wast` scripts, the form in which WebAssembly's test suite is written.
//!
//! A script comes in as text; each of its modules is compiled to an object, loaded from it and instantiated, each
//! assertion is executed, and a [`Report`] of counts and failures goes out. Nothing is interpreted on a side path.

use std::collections::BTreeMap;
use std::fmt;

use wasmc_compiler::CompileOptions;
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};

mod runner;
mod skips;
mod spectest;
mod threads;
mod values;

pub use skips::SkipTable;

/// What a script is run with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How its modules are compiled.
    pub compile: CompileOptions,
    /// How what it was compiled to is loaded: [`wasmc_loader::Image::from_bytes`], unless it is another system's.
    pub load: fn(&[u8]) -> Result<wasmc_loader::Image, wasmc_loader::LoadError>,
    /// What is known not to work: the line of a directive, and the reason.
    ///
    /// A module on such a line is expected to fail, and everything that uses it is counted as skipped; an assertion is
    /// expected not to hold. Either is reported when it works after all.
    pub skips: BTreeMap<usize, String>,
}

/// What came of a script.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The script's name.
    pub name: String,
    /// How many assertions hold.
    pub passed: usize,
    /// How many assertions were not executed, or were expected not to hold.
    pub skipped: usize,
    /// What failed: assertions, and modules and actions that should have worked.
    pub failures: Vec<Failure>,
    /// The lines of [`Options::skips`] whose directive works or does not exist.
    pub stale_skips: Vec<usize>,
}

/// A directive that did not do what it should.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its line in the script, from 1.
    pub line: usize,
    /// What it is: `assert_return`, `module`, ...
    pub directive: &'static str,
    /// What happened instead.
    pub message: String,
}

impl Report {
    /// Whether nothing failed and every skip was needed.
    pub fn is_success(&self) -> bool {
        self.failures.is_empty() && self.stale_skips.is_empty()
    }
}

/// One line for each failure, then the counts.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, passed, skipped, failures, stale_skips } = self;
        for Failure { line, directive, message } in failures {
            writeln!(formatter, "{name}:{line}: {directive}: {message}")?;
        }
        for line in stale_skips {
            writeln!(formatter, "{name}:{line}: listed as skipped, but there is nothing to skip")?;
        }
        write!(formatter, "{name}: {passed} passed, {} failed, {skipped} skipped", failures.len())
    }
}

/// Runs the script `text`; `name` is what the report calls it.
pub fn run_script(name: &str, text: &str, options: &Options) -> Report {
    let mut report = Report { name: name.to_owned(), ..Report::default() };
    if let Err(error) = run_parsed(text, options, &mut report) {
        let line = error.span().linecol_in(text).0 + 1;
        report.failures.push(Failure { line, directive: "script", message: error.message() });
    }
    report
}

fn run_parsed(text: &str, options: &Options, report: &mut Report) -> Result<(), wast::Error> {
    let mut lexer = Lexer::new(text);
    // Names in the suite use every character there is.
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let script = parser::parse::<wast::Wast<'_>>(&buffer)?;
    match runner::Runner::new(text, options) {
        Ok(runner) => runner.run(script.directives, report),
        Err(message) => report.failures.push(Failure { line: 1, directive: "script", message }),
    }
    Ok(())
}
