//! JSON that may be looked at: values in, text of which a terminal takes nothing for a command out.
//!
//! JSON itself escapes controls below U+0020 only.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use wasmc_loader::Printable;

/// Writes a value, indented.
pub(super) fn write(output: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(output, Looked(PrettyFormatter::new()));
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// Indents as another formatter does, and writes what is not plain by its numbers.
struct Looked<'a>(PrettyFormatter<'a>);

/// Methods of the formatter inside.
macro_rules! as_inside {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $type)*) -> io::Result<()> {
            self.0.$name(writer $(, $argument)*)
        }
    )*};
}

impl Formatter for Looked<'_> {
    as_inside! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let is_not_plain = |character| !Printable::is_plain(character);
        for part in fragment.split_inclusive(is_not_plain) {
            let plain = part.trim_end_matches(is_not_plain);
            writer.write_all(plain.as_bytes())?;
            for unit in part[plain.len()..].encode_utf16() {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_gives_terminals_no_commands_and_stays_what_it_is() {
        let value = serde_json::json!({ "a\u{9b}31m": ["\u{1b}[31m, \u{7f} \u{202e}ünd\n", {}, [], 1.5] });
        let mut text = Vec::new();
        write(&mut text, &value).expect("it can be written");
        let text = String::from_utf8(text).expect("it is text");
        assert!(text.chars().all(|character| character == '\n' || Printable::is_plain(character)), "{text}");
        assert!(text.contains("\\u009b31m") && text.contains("\\u202eünd\\n"), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).expect("it is JSON"), value);
        let pretty =
            serde_json::to_string_pretty(&serde_json::json!({ "a": [1, { "b": null }] })).expect("it is a value");
        let mut own = Vec::new();
        write(&mut own, &serde_json::json!({ "a": [1, { "b": null }] })).expect("it can be written");
        assert_eq!(own, pretty.as_bytes());
    }
}
