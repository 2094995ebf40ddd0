//! What the process itself does: arguments, exit statuses, its last words.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};

use wasmc_loader::PrintableLines;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub(crate) use system::stack_bytes;
use system::without_broken_pipe;
pub use system::{arguments, exit, open_standard_streams};

/// The program ran into its timeout.
pub const STATUS_TIMEOUT: i32 = 124;
/// The program trapped: as a shell shows a process that was aborted.
pub const STATUS_TRAP: i32 = 134;
/// We could not do our job.
pub const STATUS_FAILURE: i32 = 1;
/// The command line was wrong.
pub const STATUS_USAGE: i32 = 2;

/// A command line that the parser lets through and that is wrong nevertheless.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Writes an error and its causes to standard error; the exit status that goes with it.
pub fn report(tool: &str, error: &anyhow::Error) -> i32 {
    let mut text = String::new();
    for (number, cause) in error.chain().enumerate() {
        let cause = cause.to_string();
        // An error may tell its own cause already.
        if number == 0 || !text.ends_with(&cause) {
            let separator = if number == 0 { "" } else { ": " };
            let _ = write!(text, "{separator}{cause}");
        }
    }
    say_styled(&format!("{tool}: {} {}", style().error("error:"), PrintableLines(&text)));
    if error.is::<UsageError>() { STATUS_USAGE } else { STATUS_FAILURE }
}

/// Writes a line to standard error. What it repeats of a hostile file gives a terminal no commands.
pub fn say(text: &str) {
    say_styled(&PrintableLines(text).to_string());
}

/// The same for a line that is printable already but for its [`Style`]. If nobody listens any more, there is nobody to tell,
/// and the process goes on.
pub(crate) fn say_styled(text: &str) {
    without_broken_pipe(|| {
        let _ = writeln!(std::io::stderr(), "{text}");
    });
}

/// Writes a text to standard output, if anybody listens.
pub(crate) fn print(text: &str) {
    without_broken_pipe(|| {
        let mut output = std::io::stdout();
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    });
}

/// How text is emphasized on standard error: not at all unless it is a terminal that wants it.
pub(crate) fn style() -> Style {
    style_on(&std::io::stderr())
}

/// The same for another stream.
pub(crate) fn style_on(stream: &impl IsTerminal) -> Style {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb");
    Style { coloured: wanted && stream.is_terminal() }
}

/// See [`style`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) coloured: bool,
}

impl Style {
    /// What went wrong.
    pub(crate) fn error(self, text: &str) -> String {
        self.wrap("\x1b[1;31m", text)
    }

    /// What a part of a text is headed with.
    pub(crate) fn heading(self, text: &str) -> String {
        self.wrap("\x1b[1;4m", text)
    }

    /// What matters most in a line.
    pub(crate) fn strong(self, text: &str) -> String {
        self.wrap("\x1b[1m", text)
    }

    /// What matters least.
    pub(crate) fn faint(self, text: &str) -> String {
        self.wrap("\x1b[2m", text)
    }

    fn wrap(self, start: &str, text: &str) -> String {
        if self.coloured { format!("{start}{text}\x1b[0m") } else { text.to_owned() }
    }
}
