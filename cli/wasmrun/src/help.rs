//! What `wasmrun --help`, `-h` and `--version` print: the table of options in, text out.

use std::fmt::Write as _;

use crate::command_line::{USAGE, shown};
use crate::hosts;
use crate::options::OPTIONS;
use crate::process::Style;

/// What the command does, in a line,
const SUMMARY: &str = "Run a WebAssembly program that `wasmc compile` has compiled";
/// and in paragraphs.
const DETAILS: &[&str] = &[
    "Options come before FILE; everything after it is the program's own. Nothing of the system is reachable for the \
     program but its standard streams and what the options grant.",
    "Exit status: the program's own; 134 if it trapped, 124 if it ran into --timeout, 2 for wrong usage, 1 if it could \
     not be run.",
];

/// How wide a line may be.
const COLUMNS: usize = 100;
/// Where texts start in the long form,
const LONG_INDENT: usize = 10;
/// and in the short one: after the longest option and two spaces.
const SHORT_INDENT: usize = 34;

/// The command's version, and what this build leaves out.
pub(crate) fn version() -> String {
    let lacking = hosts::left_out();
    let lacking = if lacking.is_empty() { String::new() } else { format!(" (without {})", lacking.join(", ")) };
    format!("wasmrun {}{lacking}\n", env!("CARGO_PKG_VERSION"))
}

/// How the command is used: all of it, or a summary.
pub(crate) fn help(is_long: bool, style: Style) -> String {
    let mut text = String::new();
    if is_long {
        text.push_str(&wrapped(&format!("{SUMMARY}."), 0));
        for paragraph in DETAILS {
            let _ = write!(text, "\n{}", wrapped(paragraph, 0));
        }
        let lacking = hosts::left_out();
        if !lacking.is_empty() {
            let line = format!("This is a build without {}: what needs that takes another one.", lacking.join(", "));
            let _ = write!(text, "\n{}", wrapped(&line, 0));
        }
    } else {
        let _ = writeln!(text, "{SUMMARY}");
    }
    let _ = writeln!(text, "\n{} {USAGE}", style.heading("Usage:"));
    let _ = writeln!(text, "\n{}", style.heading("Arguments:"));
    let mut items = Items { text, is_long, style };
    items.add("  <FILE>...", "<FILE>...", "The compiled program, then its arguments", "", &[]);
    let _ = writeln!(items.text, "\n{}", style.heading("Options:"));
    for row in OPTIONS {
        let shown = shown(row);
        items.add(&format!("      {shown}"), &shown, row.summary, row.details, row.choices());
    }
    let other = if is_long { "a summary with '-h'" } else { "more with '--help'" };
    items.add("  -h, --help", "-h, --help", &format!("Print help (see {other})"), "", &[]);
    items.add("  -V, --version", "-V, --version", "Print version", "", &[]);
    // In the long form, an empty line separates items and none follows the last.
    items.text.truncate(items.text.trim_end().len());
    items.text.push('\n');
    items.text
}

/// The text, as items are added to it.
struct Items {
    text: String,
    is_long: bool,
    style: Style,
}

impl Items {
    /// Adds an item: its name with what stands before it, what it is for, and what it may be.
    fn add(&mut self, start: &str, name: &str, summary: &str, details: &str, choices: &[(&str, &str)]) {
        let strong = start.replace(name, &self.style.strong(name));
        if !self.is_long {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let choices = match names.first() {
                Some(default) => format!(" [default: {default}] [possible values: {}]", names.join(", ")),
                None => String::new(),
            };
            let lines = wrapped(&format!("{summary}{choices}"), SHORT_INDENT);
            let padding = " ".repeat(SHORT_INDENT.saturating_sub(start.len()));
            let _ = write!(self.text, "{strong}{padding}{}", lines.trim_start());
            return;
        }
        let end = if details.is_empty() { "" } else { "." };
        let _ = write!(self.text, "{strong}\n{}", wrapped(&format!("{summary}{end}"), LONG_INDENT));
        if !details.is_empty() {
            let _ = write!(self.text, "\n{}", wrapped(details, LONG_INDENT));
        }
        if let Some((default, _)) = choices.first() {
            let indent = " ".repeat(LONG_INDENT);
            let _ = write!(self.text, "\n{indent}Possible values:\n");
            for (name, meaning) in choices {
                let _ = writeln!(self.text, "{indent}- {name}: {meaning}");
            }
            let _ = write!(self.text, "\n{indent}[default: {default}]\n");
        }
        // The command's own argument stands alone.
        self.text.push_str(if name.starts_with('<') { "" } else { "\n" });
    }
}

/// The text in lines of at most [`COLUMNS`], each after `indent` spaces and with its end.
fn wrapped(text: &str, indent: usize) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width == 0 || width + 1 + length > COLUMNS {
            let end = if width == 0 { "" } else { "\n" };
            let _ = write!(lines, "{end}{:indent$}{word}", "");
            width = indent + length;
        } else {
            let _ = write!(lines, " {word}");
            width += 1 + length;
        }
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { coloured: false };

    #[test]
    fn help_tells_of_every_option_in_lines_of_bearable_width() {
        for is_long in [true, false] {
            let text = help(is_long, PLAIN);
            assert!(text.lines().all(|line| line.chars().count() <= COLUMNS), "{text}");
            assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
            for row in OPTIONS {
                assert!(text.contains(&format!("      {}", shown(row))), "{}", row.name);
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(words(&text).contains(&words(row.summary)), "{}", row.name);
                assert_eq!(
                    words(&text).contains(&words(row.details)),
                    is_long || row.details.is_empty(),
                    "{}",
                    row.name
                );
            }
            assert!(text.ends_with("Print version\n") && text.contains("[default: error]"));
        }
        // The longest option leaves room before its text.
        assert!(OPTIONS.iter().all(|row| 6 + shown(row).len() + 2 <= SHORT_INDENT));
    }
}
