//! Reads the command line of `wasmrun`: words in, what they ask for or what is wrong with them out. Nothing is printed here.
//!
//! ```text
//! words  = option*, ["--"], FILE, word*      what follows FILE is the program's own
//! option = --NAME | --NAME=VALUE | --NAME VALUE | -h | -V
//! ```

use std::ffi::{OsStr, OsString};

use lexopt::{Arg, Parser};

use crate::options::{OPTIONS, OptionRow, RunOptions, Takes};
use crate::process::UsageError;

/// How `wasmrun` is used.
pub(crate) const USAGE: &str = "wasmrun [OPTIONS] FILE [ARGS]...";

/// How much a name must be like another one to be taken for a slip of it: 1 is the same.
const SIMILARITY_MIN: f64 = 0.8;

/// What a command line asks for.
#[derive(Debug)]
pub enum Command {
    /// To run a program: its file, then its arguments. There is at least the file.
    Run(Box<RunOptions>, Vec<OsString>),
    /// To say how it is used: all of it, or a summary.
    Help {
        /// All of it.
        is_long: bool,
    },
    /// To say which version it is.
    Version,
}

/// Reads the words after the command's own name.
///
/// # Errors
///
/// If they are not as they must be.
pub fn parse(words: Vec<OsString>) -> Result<Command, UsageError> {
    let mut parser = Parser::from_args(words);
    let mut reader = Reader::default();
    let Some(next) = reader.next(&mut parser)? else {
        return Err(wrong(&format!("which program is to be run?\n\nUsage: {USAGE}")));
    };
    match next {
        Other::Word(file) => {
            let mut program = vec![file];
            program.extend(parser.raw_args().into_iter().flatten());
            Ok(Command::Run(Box::new(reader.options), program))
        }
        Other::Long(name) if name == "help" => without_value(&mut parser, &name, Command::Help { is_long: true }),
        Other::Long(name) if name == "version" => without_value(&mut parser, &name, Command::Version),
        Other::Short('h') => Ok(Command::Help { is_long: false }),
        Other::Short('V') => Ok(Command::Version),
        Other::Long(name) => Err(unknown_option(&format!("--{name}"), names())),
        Other::Short(letter) => Err(unknown_option(&format!("-{letter}"), names())),
    }
}

/// Reads words that are options alone.
///
/// # Errors
///
/// If they are something else.
pub(crate) fn parse_options(words: &[OsString]) -> Result<RunOptions, UsageError> {
    let mut parser = Parser::from_args(words);
    let mut reader = Reader::default();
    match reader.next(&mut parser)? {
        None => Ok(reader.options),
        Some(_) => Err(UsageError("its options are others than this wasmrun has".to_owned())),
    }
}

/// What is said of an option that is none of `names`.
pub fn unknown_option(option: &str, names: impl Iterator<Item = impl AsRef<str>>) -> UsageError {
    let bare = option.trim_start_matches('-').split('=').next().unwrap_or_default();
    let likeness = |name: &str| strsim::jaro(bare, name);
    let near = names
        .map(|name| (likeness(name.as_ref()), name))
        .filter(|(likeness, _)| option.starts_with("--") && *likeness >= SIMILARITY_MIN)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let hint = near.map_or_else(String::new, |(_, name)| format!(" (there is '--{}')", name.as_ref()));
    UsageError(format!(
        "unknown option '{option}'{hint}; --help lists what there is (a file of that name is './{option}')"
    ))
}

/// The names of all options.
fn names() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().map(|row| row.name).chain(["help", "version"])
}

/// The options of the table, as far as they have been read.
#[derive(Default)]
struct Reader {
    options: RunOptions,
    /// Which were given: a bit for each row.
    given: u64,
}

const _: () = assert!(OPTIONS.len() <= u64::BITS as usize);

/// What follows options of the table.
enum Other {
    Word(OsString),
    Long(String),
    Short(char),
}

impl Reader {
    /// Reads options up to what is none of the table, or up to the end.
    fn next(&mut self, parser: &mut Parser) -> Result<Option<Other>, UsageError> {
        while let Some(argument) = parser.next().map_err(|error| wrong(&error.to_string()))? {
            let name = match argument {
                Arg::Value(word) => return Ok(Some(Other::Word(word))),
                Arg::Short(letter) => return Ok(Some(Other::Short(letter))),
                Arg::Long(name) => name,
            };
            let Some(index) = OPTIONS.iter().position(|row| row.name == name) else {
                return Ok(Some(Other::Long(name.to_owned())));
            };
            self.read(parser, index)?;
        }
        Ok(None)
    }

    /// Reads the value of an option that was found, and does what it asks for.
    fn read(&mut self, parser: &mut Parser, index: usize) -> Result<(), UsageError> {
        let row = &OPTIONS[index];
        let shown = shown(row);
        let value = match row.takes {
            Takes::Nothing => without_value(parser, row.name, OsString::new())?,
            _ => value(parser).ok_or_else(|| wrong(&format!("a value is required for '{shown}'")))?,
        };
        let is_repeated = self.given & (1 << index) != 0;
        if is_repeated && !matches!(row.takes, Takes::Values(_)) {
            return Err(wrong(&format!("'{shown}' cannot be given more than once")));
        }
        self.given |= 1 << index;
        let text = value.display().to_string();
        (row.apply)(&mut self.options, value)
            .map_err(|reason| wrong(&format!("invalid value '{text}' for '{shown}': {reason}")))
    }
}

/// An option and its value as help shows them.
pub(crate) fn shown(row: &OptionRow) -> String {
    row.value_name().map_or_else(|| format!("--{}", row.name), |value| format!("--{} <{value}>", row.name))
}

/// The value that belongs to the option before it. The next word is none if it is an option itself.
fn value(parser: &mut Parser) -> Option<OsString> {
    parser.optional_value().or_else(|| parser.raw_args().ok()?.next_if(|word| !is_option(word)))
}

fn is_option(word: &OsStr) -> bool {
    let Some(name) = word.to_str().and_then(|text| text.strip_prefix("--")) else { return false };
    name.is_empty() || names().any(|known| name.split('=').next() == Some(known))
}

/// `found`, if no value was given with `--name=`.
fn without_value<T>(parser: &mut Parser, name: &str, found: T) -> Result<T, UsageError> {
    match parser.optional_value() {
        Some(value) => Err(wrong(&format!("'--{name}' takes no value, and '{}' is given", value.display()))),
        None => Ok(found),
    }
}

fn wrong(what: &str) -> UsageError {
    UsageError(format!("{what}\n\nFor more information, try '--help'."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn run(text: &str) -> (RunOptions, Vec<OsString>) {
        match parse(words(text)) {
            Ok(Command::Run(options, program)) => (*options, program),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_value_comes_in_the_same_word_or_in_the_next() {
        let (options, program) = run("--dir a::/a --env=A=b=c --timeout 2s --argv0 - --invoke -f app.o --gdb -- x");
        assert_eq!(options.directories[0].guest, "/a");
        assert_eq!(options.environment[0].value, Some("b=c".into()));
        assert_eq!(options.timeout.map(|time| time.0.as_secs()), Some(2));
        assert_eq!((options.argv0, options.invoke.as_deref()), (Some("-".into()), Some("-f")));
        assert!(!options.gdb, "it is the program's");
        assert_eq!(program, words("app.o --gdb -- x"));
        assert_eq!(run("-- --gdb").1, words("--gdb"));
        assert_eq!(run("-").1, words("-"));
        assert!(matches!(parse(words("--gdb -h x")), Ok(Command::Help { is_long: false })));
        assert!(matches!(parse(words("--help")), Ok(Command::Help { is_long: true })));
        assert!(matches!(parse(words("-V")), Ok(Command::Version)));
    }

    #[test]
    fn every_option_of_the_table_is_read() {
        let text = "--dir=a::/a --dir-ro=b::b --env=A=b --inherit-env --tcplisten=127.0.0.1:80 --tcpconnect=[::1]:80 \
                    --stdin=i --stdout=o --stderr=e --deterministic --argv0=n --invoke=f --preload=m=f.o --abi=l::g --timeout=1s --max-memory=1M \
                    --max-stack=64K --max-threads=3 --unknown-imports=trap --gdb --perf-map";
        let all = words(text);
        assert_eq!(all.len(), OPTIONS.len());
        let none = format!("{:?}", RunOptions::default());
        for (word, row) in std::iter::zip(&all, OPTIONS) {
            assert!(word.to_string_lossy().starts_with(&format!("--{}", row.name)), "{word:?}");
            let options = parse_options(std::slice::from_ref(word)).expect("it is an option");
            assert_ne!(format!("{options:?}"), none, "{word:?} has no effect");
        }
        assert!(parse_options(&all).is_ok());
        assert!(parse_options(&words("--gdb x")).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("", "which program is to be run?"),
            ("--gdb", "Usage: wasmrun"),
            ("--dir", "a value is required for '--dir <HOST[::GUEST]>'"),
            ("--dir --gdb x", "a value is required for '--dir <HOST[::GUEST]>'"),
            ("--timeout -- x", "a value is required for '--timeout <DURATION>'"),
            ("--max-threads -1 x", "invalid value '-1' for '--max-threads <NUMBER>': expected a number"),
            ("--timeout=x x", "invalid value 'x' for '--timeout <DURATION>': expected a number and a unit"),
            ("--unknown-imports=x x", "possible values are error and trap"),
            ("--stdin= x", "the file's name is missing"),
            ("--gdb=1 x", "'--gdb' takes no value, and '1' is given"),
            ("--help=1 x", "'--help' takes no value"),
            ("--gdb --gdb x", "'--gdb' cannot be given more than once"),
            ("--timeout 1s --timeout 2s x", "'--timeout <DURATION>' cannot be given more than once"),
            ("--max-memroy=1M x", "unknown option '--max-memroy' (there is '--max-memory')"),
            ("--nothing-like-it x", "unknown option '--nothing-like-it'; --help lists"),
            ("-x x", "unknown option '-x'; --help lists"),
        ] {
            let error = parse(words(text)).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
