//! The options of running a program, as arguments of `wasmc run` and `wasmc build`: made of the table that `wasmrun` reads its
//! command line by.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use wasmrun::{OPTIONS, OptionRow, RunOptions, Takes};

/// What was given of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunArguments {
    /// What it means.
    pub(crate) options: RunOptions,
    /// The same as words of a command line, each with its value in it.
    pub(crate) words: Vec<OsString>,
}

impl clap::Args for RunArguments {
    fn augment_args(command: Command) -> Command {
        command.args(OPTIONS.iter().map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for RunArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let given = |row: &&OptionRow| matches.value_source(row.name) == Some(ValueSource::CommandLine);
        for row in OPTIONS.iter().filter(given) {
            if matches!(row.takes, Takes::Nothing) {
                self.add(row, None)?;
                continue;
            }
            for value in matches.get_many::<OsString>(row.name).into_iter().flatten() {
                self.add(row, Some(value))?;
            }
        }
        Ok(())
    }
}

impl RunArguments {
    fn add(&mut self, row: &OptionRow, value: Option<&OsString>) -> Result<(), clap::Error> {
        let mut word = OsString::from(format!("--{}", row.name));
        if let Some(value) = value {
            // In one word, so that no value is taken for an option.
            word.push("=");
            word.push(value);
        }
        self.words.push(word);
        let applied = (row.apply)(&mut self.options, value.cloned().unwrap_or_default());
        // A value was tried when it was read.
        applied.map_err(|reason| clap::Error::raw(clap::error::ErrorKind::ValueValidation, reason))
    }
}

/// A row of the table as clap has it.
fn argument(row: &'static OptionRow) -> Arg {
    let argument = Arg::new(row.name).long(row.name).help(row.summary);
    let argument = match row.details {
        "" => argument,
        details => argument.long_help(format!("{}.\n\n{details}", row.summary)),
    };
    let argument = match row.takes {
        Takes::Nothing => return argument.action(ArgAction::SetTrue),
        Takes::Value(_) | Takes::Choice(..) => argument.action(ArgAction::Set),
        Takes::Values(_) => argument.action(ArgAction::Append),
    };
    let argument = argument.value_name(row.value_name().unwrap_or_default());
    let Some((default, _)) = row.choices().first() else {
        let is_file = row.value_name() == Some("FILE");
        let hint = if is_file { ValueHint::AnyPath } else { ValueHint::Unknown };
        let try_out = |value: OsString| (row.apply)(&mut RunOptions::default(), value.clone()).map(|()| value);
        return argument.value_hint(hint).value_parser(OsStringValueParser::new().try_map(try_out));
    };
    let choices = row.choices().iter().map(|(name, meaning)| PossibleValue::new(*name).help(*meaning));
    argument.default_value(*default).value_parser(PossibleValuesParser::new(choices).map(OsString::from))
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;

    fn parse(words: &[OsString]) -> Result<RunArguments, clap::Error> {
        let command = RunArguments::augment_args(Command::new("test").no_binary_name(true));
        RunArguments::from_arg_matches(&command.try_get_matches_from(words)?)
    }

    /// What `wasmc build` writes into an executable is what the executable reads.
    #[test]
    fn what_clap_reads_are_words_that_mean_the_same() {
        let words = "--dir=a::/a --dir=b --dir-ro=b::b --env=A=b=c --env=B --inherit-env --tcplisten=127.0.0.1:80 --tcpconnect=h:1 \
                     --stdin=i --stdout=o --stderr=e --deterministic --argv0=n --invoke=-f --preload=m=f.o --abi=l::g \
                     --timeout=1.5s --max-memory=1M --max-stack=64K --max-threads=3 --unknown-imports=trap --gdb \
                     --perf-map";
        let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        let parsed = parse(&words).expect("they are right");
        assert_eq!(parsed.words, words);
        let program = words.iter().cloned().chain(["app.o".into()]).collect();
        let Ok(wasmrun::Command::Run(options, _)) = wasmrun::parse(program) else {
            panic!("wasmrun does not read them")
        };
        assert_eq!(format!("{options:?}"), format!("{:?}", parsed.options));
        assert_eq!(parse(&[]).expect("none is needed").words, [""; 0]);
        // In words of their own, values are the same.
        let apart = parse(&["--dir".into(), "x".into()]).expect("they are right");
        assert_eq!(apart.words, ["--dir=x"]);
    }

    #[test]
    fn what_wasmrun_refuses_is_refused() {
        for (word, reason) in [
            ("--timeout=x", "expected a number and a unit"),
            ("--max-threads=-1", "expected a number"),
            ("--unknown-imports=x", "possible values: error, trap"),
            ("--stdin=", "the file's name is missing"),
        ] {
            let error = parse(&[word.into()]).expect_err(word).to_string();
            assert!(error.contains(reason), "{word}: {error}");
        }
    }
}
