//! The options that `wasmrun`, `wasmc run` and `wasmc build` share: what they mean, and how the text of each is read.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use wasmc_abi::Grants;

use crate::quantity::{Duration, Size};

mod table;

pub use table::{OPTIONS, OptionRow, Takes};

/// How a program is run, and what it is given. What each option does, and what it is called, says [`OPTIONS`].
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// `--dir`
    pub directories: Vec<Grant>,
    /// `--dir-ro`
    pub read_only_directories: Vec<Grant>,
    /// `--env`
    pub environment: Vec<Variable>,
    /// `--inherit-env`
    pub inherit_env: bool,
    /// `--tcplisten`
    pub listen: Vec<String>,
    /// `--tcpconnect`
    pub connect: Vec<(String, u16)>,
    /// `--stdin`
    pub stdin: Option<PathBuf>,
    /// `--stdout`
    pub stdout: Option<PathBuf>,
    /// `--stderr`
    pub stderr: Option<PathBuf>,
    /// `--deterministic`
    pub deterministic: bool,
    /// `--argv0`
    pub argv0: Option<OsString>,
    /// `--invoke`
    pub invoke: Option<String>,
    /// `--preload`: names and files.
    pub preloads: Vec<(String, PathBuf)>,
    /// `--abi`
    pub abis: Vec<AbiOption>,
    /// `--timeout`
    pub timeout: Option<Duration>,
    /// `--max-memory`
    pub max_memory: Option<Size>,
    /// `--max-stack`
    pub max_stack: Option<Size>,
    /// `--max-threads`
    pub max_threads: Option<usize>,
    /// `--unknown-imports`
    pub unknown_imports: UnknownImports,
    /// `--gdb`
    pub gdb: bool,
    /// `--perf-map`
    pub perf_map: bool,
}

impl RunOptions {
    /// The first option that gives the program a file, a directory or a socket, if there is one.
    pub(crate) fn first_of_files(&self) -> Option<&'static str> {
        let given = [
            ("dir", !self.directories.is_empty()),
            ("dir-ro", !self.read_only_directories.is_empty()),
            ("tcplisten", !self.listen.is_empty()),
            ("tcpconnect", !self.connect.is_empty()),
            ("stdin", self.stdin.is_some()),
            ("stdout", self.stdout.is_some()),
            ("stderr", self.stderr.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// What becomes of imports that nothing defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// An ABI that the program is given, and what is granted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbiOption {
    /// The name of one that is compiled in, or a library's file.
    pub library: PathBuf,
    /// What is granted.
    pub grants: Grants,
}

/// An environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: OsString,
    /// Its value, or the host's.
    pub value: Option<OsString>,
}

fn parse_text(text: OsString) -> Result<String, &'static str> {
    text.into_string().map_err(|_| "it must be UTF-8")
}

fn parse_file(text: OsString) -> Result<PathBuf, &'static str> {
    if text.is_empty() { Err("the file's name is missing") } else { Ok(text.into()) }
}

fn parse_number(text: OsString) -> Result<usize, &'static str> {
    text.to_str().and_then(|text| text.parse().ok()).ok_or("expected a number")
}

fn parse_quantity<T: std::str::FromStr<Err = &'static str>>(text: OsString) -> Result<T, &'static str> {
    parse_text(text)?.parse()
}

fn parse_address(text: OsString) -> Result<String, &'static str> {
    let text = parse_text(text)?;
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(text),
        _ => Err("it must be a host and a port, as in 127.0.0.1:8080"),
    }
}

/// A host and a port.
fn parse_peer(text: OsString) -> Result<(String, u16), &'static str> {
    let text = parse_address(text)?;
    let (host, port) = text.rsplit_once(':').expect("there is one");
    // An address of version 6 stands in brackets.
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok((host.to_owned(), port.parse().expect("it was one")))
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

fn parse_abi(text: OsString) -> Result<AbiOption, &'static str> {
    let (library, grants) = match split_once(&text, "::") {
        Some((library, grants)) => (library, parse_text(grants)?.parse()?),
        None => (text, Grants::default()),
    };
    Ok(AbiOption { library: parse_file(library)?, grants })
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
    fn a_variable_may_have_an_equals_sign_in_its_value() {
        let variable = parse_variable("A=b=c".into()).expect("a name and a value");
        assert_eq!((variable.name, variable.value), ("A".into(), Some("b=c".into())));
        assert!(parse_variable("=b".into()).is_err());
    }

    #[test]
    fn grants_follow_a_library() {
        let abi = parse_abi("./a:b.so::read,limit=1::2".into()).expect("a library with grants");
        assert_eq!(abi.library, PathBuf::from("./a:b.so"));
        assert_eq!(abi.grants.value("limit"), Some("1::2"));
        assert_eq!(parse_abi("notes".into()).expect("a name").grants, Grants::default());
        assert!(parse_abi("::read".into()).is_err() && parse_abi("x::".into()).is_err());
    }
}
