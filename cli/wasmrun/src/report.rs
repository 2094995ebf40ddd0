//! A trap as a person reads it: the reason, and the functions that were running under the names they have in their
//! source.

use std::fmt::Write as _;

use wasmc_loader::{Frame, Printable, PrintableLines, TrapReport};

use crate::demangle::demangle;
use crate::process::Style;

/// The report's text, without a line end after it.
pub(crate) fn render(report: &TrapReport, style: Style) -> String {
    let mut text = format!("{} {}", style.error("trap:"), style.strong(report.code.message()));
    if let Some(message) = &report.message {
        let _ = write!(text, ": {}", PrintableLines(message));
    }
    for (number, frame) in report.frames.iter().enumerate() {
        let _ = write!(text, "\n{number:>4}: {}", render_frame(frame, style));
    }
    if report.frames_omitted > 0 {
        let _ = write!(text, "\n      ... and {} more", report.frames_omitted);
    }
    text
}

fn render_frame(frame: &Frame, style: Style) -> String {
    let mut text = String::new();
    if let Some(module) = &frame.module {
        let _ = write!(text, "{}", style.faint(&format!("{}!", Printable(module))));
    }
    match &frame.name {
        Some(name) => {
            let _ = write!(text, "{}", Printable(&demangle(name)));
        }
        None => {
            let _ = write!(text, "function[{}]", frame.function);
        }
    }
    if let Some(offset) = frame.wasm_offset {
        let _ = write!(text, " {}", style.faint(&format!("({offset:#x})")));
    }
    if let Some((file, line, column)) = &frame.source {
        let _ = write!(text, "\n        at {}:{line}", Printable(file.trim_start_matches("./")));
        if *column > 0 {
            let _ = write!(text, ":{column}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_says_gives_terminals_no_commands() {
        let report = TrapReport {
            code: wasmc_loader::TrapCode::Host,
            message: Some("no \u{1b}[2J\nhere".to_owned()),
            frames: Vec::new(),
            frames_omitted: 0,
        };
        let plain = render(&report, Style { coloured: false });
        assert!(plain.ends_with(": no \\u{1b}[2J\nhere"), "{plain}");
    }

    #[test]
    fn colours_only_frame_the_text() {
        let report = TrapReport {
            code: wasmc_loader::TrapCode::Unreachable,
            message: None,
            frames: vec![Frame {
                function: 3,
                name: None,
                module: Some("m".to_owned()),
                wasm_offset: Some(42),
                source: Some(("a.c".to_owned(), 7, 0)),
            }],
            frames_omitted: 0,
        };
        let plain = render(&report, Style { coloured: false });
        assert_eq!(plain, "trap: unreachable\n   0: m!function[3] (0x2a)\n        at a.c:7");
    }
}
