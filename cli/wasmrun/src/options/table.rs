//! The table of options. `wasmrun` reads its command line and prints its help by it, and `wasmc` makes its own arguments of
//! it: nothing else says what an option is called, what it takes or what it is for.

use std::ffi::OsString;

use super::{
    RunOptions, UnknownImports, parse_abi, parse_address, parse_file, parse_grant, parse_number, parse_peer,
    parse_preload, parse_quantity, parse_text, parse_variable,
};

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// Its name, after two hyphens.
    pub name: &'static str,
    /// What follows it.
    pub takes: Takes,
    /// What it is for, without a full stop at the end.
    pub summary: &'static str,
    /// What else is to be known, in sentences; may be empty.
    pub details: &'static str,
    /// Does with the options what a value asks for (an empty one, where it takes none), or says what is wrong with it.
    pub apply: fn(&mut RunOptions, OsString) -> Result<(), &'static str>,
}

/// What follows an option.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Nothing; it is given once.
    Nothing,
    /// A value, which help calls so; it is given once.
    Value(&'static str),
    /// The same, and it may be given any number of times.
    Values(&'static str),
    /// One of these, of which the first holds if nothing is said. Each with what it means.
    Choice(&'static str, &'static [(&'static str, &'static str)]),
}

impl OptionRow {
    /// What help calls its value, if it takes one.
    pub fn value_name(&self) -> Option<&'static str> {
        match self.takes {
            Takes::Nothing => None,
            Takes::Value(name) | Takes::Values(name) | Takes::Choice(name, _) => Some(name),
        }
    }

    /// What its value may be, if that can be listed. The first is what holds if nothing is said.
    pub fn choices(&self) -> &'static [(&'static str, &'static str)] {
        if let Takes::Choice(_, choices) = self.takes { choices } else { &[] }
    }
}

/// All of them, in the order of help.
pub const OPTIONS: &[OptionRow] = &[
    OptionRow {
        name: "dir",
        takes: Takes::Values("HOST[::GUEST]"),
        summary: "Grant the program the directory HOST, to read and write, under the name GUEST (HOST as written if not \
                  given)",
        details: "",
        apply: |options, value| parse_grant(value).map(|grant| options.directories.push(grant)),
    },
    OptionRow {
        name: "dir-ro",
        takes: Takes::Values("HOST[::GUEST]"),
        summary: "Grant the program the directory HOST for reading only",
        details: "",
        apply: |options, value| parse_grant(value).map(|grant| options.read_only_directories.push(grant)),
    },
    OptionRow {
        name: "env",
        takes: Takes::Values("NAME[=VALUE]"),
        summary: "Set an environment variable for the program; without VALUE, to the value that it has here",
        details: "",
        apply: |options, value| parse_variable(value).map(|variable| options.environment.push(variable)),
    },
    OptionRow {
        name: "inherit-env",
        takes: Takes::Nothing,
        summary: "Give the program all environment variables that are set here",
        details: "",
        apply: |options, _| set(&mut options.inherit_env, Ok(true)),
    },
    OptionRow {
        name: "tcplisten",
        takes: Takes::Values("ADDRESS"),
        summary: "Let the program accept connections on this address (as in 127.0.0.1:8080; port 0 takes a free one)",
        details: "The listening socket follows the granted directories: with none, its descriptor is 3.",
        apply: |options, value| parse_address(value).map(|address| options.listen.push(address)),
    },
    OptionRow {
        name: "tcpconnect",
        takes: Takes::Values("ADDRESS"),
        summary: "Let the program connect to this address (as in example.org:80), if it has functions for that",
        details: "WASI preview 1 has none; programs that Emscripten linked have.",
        apply: |options, value| parse_peer(value).map(|peer| options.connect.push(peer)),
    },
    OptionRow {
        name: "stdin",
        takes: Takes::Value("FILE"),
        summary: "Read the program's standard input from FILE",
        details: "",
        apply: |options, value| set(&mut options.stdin, parse_file(value).map(Some)),
    },
    OptionRow {
        name: "stdout",
        takes: Takes::Value("FILE"),
        summary: "Write the program's standard output to FILE, which is made or emptied",
        details: "",
        apply: |options, value| set(&mut options.stdout, parse_file(value).map(Some)),
    },
    OptionRow {
        name: "stderr",
        takes: Takes::Value("FILE"),
        summary: "Write the program's standard error to FILE, which is made or emptied",
        details: "",
        apply: |options, value| set(&mut options.stderr, parse_file(value).map(Some)),
    },
    OptionRow {
        name: "deterministic",
        takes: Takes::Nothing,
        summary: "Let each run be like the last: clocks that start at the same time and move only when they are looked \
                  at, the same random numbers, no sleeping",
        details: "The program must have been compiled with --canonical-nans (`wasmc run` sees to that itself).",
        apply: |options, _| set(&mut options.deterministic, Ok(true)),
    },
    OptionRow {
        name: "argv0",
        takes: Takes::Value("NAME"),
        summary: "The program's name as it sees it itself, instead of FILE's",
        details: "",
        apply: |options, value| set(&mut options.argv0, Ok(Some(value))),
    },
    OptionRow {
        name: "invoke",
        takes: Takes::Value("NAME"),
        summary: "Call the export NAME instead of `_start`, with ARGS as its arguments, and print its results, one a line",
        details: "Integers are written in decimal or, after 0x, in hexadecimal; floats in decimal, or as inf or nan; a \
                  v128 as four 32-bit lanes between commas; references as null, or as a number for an externref. If the \
                  module exports `_initialize`, that is called first.",
        apply: |options, value| set(&mut options.invoke, parse_text(value).map(Some)),
    },
    OptionRow {
        name: "preload",
        takes: Takes::Values("NAME=FILE"),
        summary: "Link the module in FILE: its exports are imported from NAME. Later modules see earlier ones",
        details: "",
        apply: |options, value| parse_preload(value).map(|preload| options.preloads.push(preload)),
    },
    OptionRow {
        name: "abi",
        takes: Takes::Values("LIB[::GRANTS]"),
        summary: "Let the program import the functions that the library LIB brings, and grant it these of what the library \
                  asks for (as in ./libnotes.so::write,limit=100)",
        details: "A grant that there is none of is answered by a list of those that there are. The library is not bound by \
                  any other option. docs/abi.md says how to make one.",
        apply: |options, value| parse_abi(value).map(|abi| options.abis.push(abi)),
    },
    OptionRow {
        name: "timeout",
        takes: Takes::Value("DURATION"),
        summary: "Stop the program after this time (as in 10s, 500ms or 2m) and exit with 124",
        details: "The program must have been compiled with --interruptible (`wasmc run` sees to that itself).",
        apply: |options, value| set(&mut options.timeout, parse_quantity(value).map(Some)),
    },
    OptionRow {
        name: "max-memory",
        takes: Takes::Value("SIZE"),
        summary: "How much the program's memories, tables and exceptions may take together, those of all its threads \
                  included (as in 64M or 2G); growing further fails, throwing further traps",
        details: "What a program of Emscripten's makes its host keep counts as well: files in memory, pipes, timers and the \
                  like. Not counted are stacks, and the first 256 KiB of each thread's exceptions and of what the host \
                  keeps.",
        apply: |options, value| set(&mut options.max_memory, parse_quantity(value).map(Some)),
    },
    OptionRow {
        name: "max-stack",
        takes: Takes::Value("SIZE"),
        summary: "How much stack the program may use (as in 512K or 64M)",
        details: "",
        apply: |options, value| set(&mut options.max_stack, parse_quantity(value).map(Some)),
    },
    OptionRow {
        name: "max-threads",
        takes: Takes::Value("NUMBER"),
        summary: "How many threads the program may have at once besides its first: 1024 if nothing else is said",
        details: "",
        apply: |options, value| set(&mut options.max_threads, parse_number(value).map(Some)),
    },
    OptionRow {
        name: "unknown-imports",
        takes: Takes::Choice(
            "ACTION",
            &[("error", "The program is not run"), ("trap", "Functions trap when they are called")],
        ),
        summary: "What to do about functions that the program imports and nothing defines: `error` refuses to run it, \
                  `trap` runs it until it calls one",
        details: "",
        apply: |options, value| {
            let action = match value.to_str() {
                Some("error") => Ok(UnknownImports::Error),
                Some("trap") => Ok(UnknownImports::Trap),
                _ => Err("possible values are error and trap"),
            };
            set(&mut options.unknown_imports, action)
        },
    },
    OptionRow {
        name: "gdb",
        takes: Takes::Nothing,
        summary: "Tell an attached debugger where the program's code is (GDB's JIT interface)",
        details: "",
        apply: |options, _| set(&mut options.gdb, Ok(true)),
    },
    OptionRow {
        name: "perf-map",
        takes: Takes::Nothing,
        summary: "Write /tmp/perf-PID.map, so that `perf report` names the program's functions",
        details: "",
        apply: |options, _| set(&mut options.perf_map, Ok(true)),
    },
];

fn set<T>(place: &mut T, value: Result<T, &'static str>) -> Result<(), &'static str> {
    *place = value?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_different_and_texts_are_sentences_where_they_should_be() {
        for (index, row) in OPTIONS.iter().enumerate() {
            assert!(OPTIONS[..index].iter().all(|other| other.name != row.name), "{}", row.name);
            assert!(!row.summary.ends_with('.') && !row.summary.contains("  "), "{}", row.name);
            assert!(row.details.is_empty() || row.details.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn what_can_be_chosen_is_taken_and_the_first_is_what_holds_otherwise() {
        for row in OPTIONS.iter().filter(|row| !row.choices().is_empty()) {
            for (index, (name, _)) in row.choices().iter().enumerate() {
                let mut options = RunOptions::default();
                assert_eq!((row.apply)(&mut options, name.into()), Ok(()), "{name}");
                let is_default = format!("{options:?}") == format!("{:?}", RunOptions::default());
                assert_eq!(is_default, index == 0, "{name}");
            }
            assert!((row.apply)(&mut RunOptions::default(), "neither".into()).is_err());
        }
    }
}
