//! What a trap looks like to a person: the reason and the WebAssembly functions that were running.

use std::fmt;

use wasmc_contract::trap::TrapCode;

/// Why and where code trapped.
#[derive(Clone, Debug)]
pub struct TrapReport {
    /// Why.
    pub code: TrapCode,
    /// What a host function had to say.
    pub message: Option<String>,
    /// The functions that were running, innermost first.
    pub frames: Vec<Frame>,
    /// How many more were running than `frames` holds.
    pub frames_omitted: usize,
}

/// One function that was running.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The function's index in its module.
    pub function: u32,
    /// Its name, where the module has one.
    pub name: Option<String>,
    /// Its module's own name, where it has one.
    pub module: Option<String>,
    /// Where in the wasm file it was.
    pub wasm_offset: Option<u32>,
    /// Where in its source it was: file, line (from 1), column (from 1, or 0 if unknown).
    pub source: Option<(String, u32, u32)>,
}

/// Text of a module, such as a name, for people: characters that are not plain are shown by their numbers, and of a very
/// long text the start.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a str);

/// The same for text that has lines and may be of any length, such as an error that names something of a module.
#[derive(Clone, Copy, Debug)]
pub struct PrintableLines<'a>(pub &'a str);

impl Printable<'_> {
    /// How many characters are shown: names of C++ templates may be long.
    const CHARACTERS_MAX: usize = 2000;

    /// Whether a terminal shows the character as it is: it takes it for no command, and for no reason to show what follows in
    /// another order.
    pub fn is_plain(character: char) -> bool {
        !character.is_control()
            && !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.char_indices().nth(Self::CHARACTERS_MAX).map_or(self.0.len(), |(end, _)| end);
        let (shown, rest) = self.0.split_at(end);
        escape(formatter, shown, Self::is_plain)?;
        if rest.is_empty() { Ok(()) } else { formatter.write_str("...") }
    }
}

impl fmt::Display for PrintableLines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(formatter, self.0, |character| character == '\n' || Printable::is_plain(character))
    }
}

/// Writes `text`, with characters that are not plain by their numbers.
fn escape(formatter: &mut fmt::Formatter<'_>, text: &str, is_plain: impl Fn(char) -> bool) -> fmt::Result {
    let is_not_plain = |character| !is_plain(character);
    for part in text.split_inclusive(is_not_plain) {
        let plain = part.trim_end_matches(is_not_plain);
        formatter.write_str(plain)?;
        part[plain.len()..].chars().try_for_each(|other| write!(formatter, "{}", other.escape_default()))?;
    }
    Ok(())
}

impl fmt::Display for TrapReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "wasm trap: {}", self.code.message())?;
        if let Some(message) = &self.message {
            write!(formatter, ": {}", PrintableLines(message))?;
        }
        for (number, frame) in self.frames.iter().enumerate() {
            write!(formatter, "\n  {number:>3}: {frame}")?;
        }
        if self.frames_omitted > 0 {
            write!(formatter, "\n       and {} more", self.frames_omitted)?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(formatter, "{}!", Printable(module))?;
        }
        match &self.name {
            Some(name) => Printable(name).fmt(formatter)?,
            None => write!(formatter, "function[{}]", self.function)?,
        }
        if let Some(offset) = self.wasm_offset {
            write!(formatter, " ({offset:#x})")?;
        }
        if let Some((file, line, column)) = &self.source {
            write!(formatter, "\n       at {}:{line}", Printable(file))?;
            if *column > 0 {
                write!(formatter, ":{column}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for TrapReport {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_terminals_no_commands() {
        assert_eq!(Printable("plain, ünd so").to_string(), "plain, ünd so");
        assert_eq!(Printable("a\u{1b}[31mred\nname\u{7f}").to_string(), "a\\u{1b}[31mred\\nname\\u{7f}");
        assert_eq!(Printable("a\u{9b}1m\u{202e}cba\u{2066}").to_string(), "a\\u{9b}1m\\u{202e}cba\\u{2066}");
        assert_eq!(PrintableLines("two\nlines\u{1b}[2J").to_string(), "two\nlines\\u{1b}[2J");
    }

    #[test]
    fn a_report_reads_as_a_list_of_calls() {
        let frame = |function, name: Option<&str>| Frame {
            function,
            name: name.map(str::to_owned),
            module: None,
            wasm_offset: Some(0x2a),
            source: name.map(|_| ("a.c".to_owned(), 3, 0)),
        };
        let report = TrapReport {
            code: TrapCode::IntegerDivideByZero,
            message: None,
            frames: vec![frame(1, Some("divide")), frame(7, None)],
            frames_omitted: 2,
        };
        assert_eq!(
            report.to_string(),
            "wasm trap: integer divide by zero\n    0: divide (0x2a)\n       at a.c:3\n    1: function[7] (0x2a)\n       \
             and 2 more"
        );
    }
}
