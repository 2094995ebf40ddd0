//! The options that `wasmrun` and `wasmc run` share.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::quantity::{Duration, Size};

/// How a program is run, and what it is given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct RunOptions {
    /// Grant the program the directory HOST, to read and write, under the name GUEST (HOST as written if not given).
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_parser = OsStringValueParser::new().try_map(parse_grant))]
    pub directories: Vec<Grant>,

    /// Grant the program the directory HOST for reading only.
    #[arg(long = "dir-ro", value_name = "HOST[::GUEST]", value_parser = OsStringValueParser::new().try_map(parse_grant))]
    pub read_only_directories: Vec<Grant>,

    /// Set an environment variable for the program; without VALUE, to the value that it has here.
    #[arg(long = "env", value_name = "NAME[=VALUE]", value_parser = OsStringValueParser::new().try_map(parse_variable))]
    pub environment: Vec<Variable>,

    /// Give the program all environment variables that are set here.
    #[arg(long)]
    pub inherit_env: bool,

    /// Let the program accept connections on this address (as in 127.0.0.1:8080; port 0 takes a free one).
    ///
    /// The listening socket follows the granted directories: with none, its descriptor is 3.
    #[arg(long = "tcplisten", value_name = "ADDRESS", value_parser = parse_address)]
    pub listen: Vec<String>,

    /// Read the program's standard input from FILE.
    #[arg(long, value_name = "FILE")]
    pub stdin: Option<PathBuf>,

    /// Write the program's standard output to FILE, which is made or emptied.
    #[arg(long, value_name = "FILE")]
    pub stdout: Option<PathBuf>,

    /// Write the program's standard error to FILE, which is made or emptied.
    #[arg(long, value_name = "FILE")]
    pub stderr: Option<PathBuf>,

    /// Let each run be like the last: clocks that start at the same time and move only when they are looked at, the
    /// same random numbers, no sleeping.
    ///
    /// The program must have been compiled with --canonical-nans (`wasmc run` sees to that itself).
    #[arg(long)]
    pub deterministic: bool,

    /// The program's name as it sees it itself, instead of FILE's.
    #[arg(long, value_name = "NAME")]
    pub argv0: Option<OsString>,

    /// Call the export NAME instead of `_start`, with ARGS as its arguments, and print its results, one a line.
    ///
    /// Integers are written in decimal or, after 0x, in hexadecimal; floats in decimal, or as inf or nan; a v128 as
    /// four 32-bit lanes between commas; references as null, or as a number for an externref. If the module exports
    /// `_initialize`, that is called first.
    #[arg(long, value_name = "NAME")]
    pub invoke: Option<String>,

    /// Link the module in FILE: its exports are imported from NAME. Later modules see earlier ones.
    #[arg(long = "preload", value_name = "NAME=FILE", value_parser = OsStringValueParser::new().try_map(parse_preload))]
    pub preloads: Vec<(String, PathBuf)>,

    /// Stop the program after this time (as in 10s, 500ms or 2m) and exit with 124.
    ///
    /// The program must have been compiled with --interruptible (`wasmc run` sees to that itself).
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<Duration>,

    /// How much the program's memories, tables and exceptions may take together, those of all its threads included (as in
    /// 64M or 2G); growing further fails, throwing further traps. Not counted are stacks, and the first 256 KiB of each
    /// thread's exceptions.
    #[arg(long, value_name = "SIZE")]
    pub max_memory: Option<Size>,

    /// How much stack the program may use (as in 512K or 64M).
    #[arg(long, value_name = "SIZE")]
    pub max_stack: Option<Size>,

    /// How many threads the program may have at once besides its first: 1024 if nothing else is said.
    #[arg(long, value_name = "NUMBER")]
    pub max_threads: Option<usize>,

    /// What to do about functions that the program imports and nothing defines: `error` refuses to run it, `trap`
    /// runs it until it calls one.
    #[arg(long, value_name = "ACTION", value_enum, default_value_t)]
    pub unknown_imports: UnknownImports,

    /// Tell an attached debugger where the program's code is (GDB's JIT interface).
    #[arg(long)]
    pub gdb: bool,

    /// Write /tmp/perf-PID.map, so that `perf report` names the program's functions.
    #[arg(long)]
    pub perf_map: bool,
}

impl RunOptions {
    /// The options as words of a command line that has the same meaning.
    pub fn words(&self) -> Vec<OsString> {
        let Self {
            directories,
            read_only_directories,
            environment,
            inherit_env,
            listen,
            stdin,
            stdout,
            stderr,
            deterministic,
            argv0,
            invoke,
            preloads,
            timeout,
            max_memory,
            max_stack,
            max_threads,
            unknown_imports,
            gdb,
            perf_map,
        } = self;
        let mut words = Words(Vec::new());
        words.all("--dir", directories.iter().map(Grant::word));
        words.all("--dir-ro", read_only_directories.iter().map(Grant::word));
        words.all("--env", environment.iter().map(Variable::word));
        words.flag("--inherit-env", *inherit_env);
        words.all("--tcplisten", listen);
        words.all("--stdin", stdin);
        words.all("--stdout", stdout);
        words.all("--stderr", stderr);
        words.flag("--deterministic", *deterministic);
        words.all("--argv0", argv0);
        words.all("--invoke", invoke);
        words.all("--preload", preloads.iter().map(|(name, file)| joined(name, "=", file)));
        words.all("--timeout", timeout.map(|Duration(time)| format!("{}us", time.as_micros())));
        words.all("--max-memory", max_memory.map(|Size(bytes)| bytes.to_string()));
        words.all("--max-stack", max_stack.map(|Size(bytes)| bytes.to_string()));
        words.all("--max-threads", max_threads.map(|count| count.to_string()));
        words.flag("--unknown-imports=trap", *unknown_imports == UnknownImports::Trap);
        words.flag("--gdb", *gdb);
        words.flag("--perf-map", *perf_map);
        words.0
    }
}

/// Words of a command line.
struct Words(Vec<OsString>);

impl Words {
    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.0.push(name.into());
        }
    }

    fn all(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        // In one word, so that no value is taken for an option.
        self.0.extend(values.into_iter().map(|value| joined(name, "=", value.as_ref())));
    }
}

fn joined(first: impl AsRef<OsStr>, separator: &str, second: impl AsRef<OsStr>) -> OsString {
    let mut word = first.as_ref().to_owned();
    word.push(separator);
    word.push(second);
    word
}

fn parse_address(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text.to_owned()),
        _ => Err("it must be a host and a port, as in 127.0.0.1:8080".to_owned()),
    }
}

/// What becomes of imports that nothing defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum UnknownImports {
    /// The program is not run.
    #[default]
    Error,
    /// Functions trap when they are called.
    Trap,
}

/// A directory of the host, and its name for the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// On the host.
    pub host: PathBuf,
    /// For the program.
    pub guest: String,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: OsString,
    /// Its value, or the host's.
    pub value: Option<OsString>,
}

impl Grant {
    /// As `--dir` takes it.
    fn word(&self) -> OsString {
        joined(&self.host, "::", &self.guest)
    }
}

impl Variable {
    /// As `--env` takes it.
    fn word(&self) -> OsString {
        self.value.as_ref().map_or_else(|| self.name.clone(), |value| joined(&self.name, "=", value))
    }
}

/// The parts before and after the first `separator`.
fn split_once(text: &OsStr, separator: &str) -> Option<(OsString, OsString)> {
    let bytes = text.as_encoded_bytes();
    let at = bytes.windows(separator.len()).position(|window| window == separator.as_bytes())?;
    // SAFETY: the bytes are text of the system's, cut before or behind a separator, which is text itself.
    let part = |bytes| unsafe { OsStr::from_encoded_bytes_unchecked(bytes) }.to_owned();
    Some((part(&bytes[..at]), part(&bytes[at + separator.len()..])))
}

fn parse_grant(text: OsString) -> Result<Grant, &'static str> {
    let (host, guest) = split_once(&text, "::").unwrap_or_else(|| (text.clone(), text.clone()));
    if host.is_empty() {
        return Err("the host's directory is missing");
    }
    let guest = guest.into_string().map_err(|_| "the program's name for a directory must be UTF-8")?;
    Ok(Grant { host: host.into(), guest })
}

fn parse_variable(text: OsString) -> Result<Variable, &'static str> {
    let (name, value) = match split_once(&text, "=") {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("the variable's name is missing");
    }
    Ok(Variable { name, value })
}

fn parse_preload(text: OsString) -> Result<(String, PathBuf), &'static str> {
    let (name, file) = split_once(&text, "=").ok_or("expected NAME=FILE")?;
    Ok((name.into_string().map_err(|_| "a module's name must be UTF-8")?, file.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_keeps_its_name_unless_given_another() {
        let grant = |host: &str, guest: &str| Grant { host: host.into(), guest: guest.to_owned() };
        assert_eq!(parse_grant("a/b".into()), Ok(grant("a/b", "a/b")));
        assert_eq!(parse_grant("a::/".into()), Ok(grant("a", "/")));
        assert!(parse_grant("::/".into()).is_err());
    }

    #[test]
    fn options_as_words_mean_the_same() {
        #[derive(Debug, clap::Parser)]
        struct Command {
            #[command(flatten)]
            options: RunOptions,
        }
        let words = "--dir=a::/a --dir-ro=b::b --env=A=b=c --env=B --inherit-env --tcplisten=127.0.0.1:80 --stdin=i \
                     --stdout=o --stderr=e --deterministic --argv0=n --invoke=-f --preload=m=f.o --timeout=1500000us \
                     --max-memory=1048576 --max-stack=65536 --max-threads=3 --unknown-imports=trap --gdb --perf-map";
        let words: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
        let parsed: Command = clap::Parser::parse_from(std::iter::once("wasmrun".into()).chain(words.iter().cloned()));
        assert_eq!(parsed.options.words(), words);
        assert_eq!(RunOptions::default().words(), [""; 0]);
    }

    #[test]
    fn a_variable_may_have_an_equals_sign_in_its_value() {
        let variable = parse_variable("A=b=c".into()).expect("a name and a value");
        assert_eq!((variable.name, variable.value), ("A".into(), Some("b=c".into())));
        assert!(parse_variable("=b".into()).is_err());
    }
}
