//! A program in a folder of its own, with a cache: what the tests of the cache work on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::binary;

/// See above. The program prints 42.
#[derive(Debug)]
pub struct Cached {
    /// Where it all is.
    pub folder: tempfile::TempDir,
    /// The module.
    pub program: PathBuf,
}

impl Cached {
    /// With a module of so many functions.
    pub fn new(functions: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let program = folder.path().join("app.wasm");
        std::fs::write(&program, module(functions, 42)?)?;
        Ok(Self { folder, program })
    }

    /// The cache's directory, which is not there as long as nothing is stored.
    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Another file or folder beside them.
    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `wasmc` with this cache.
    pub fn wasmc(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = binary::wasmc()?;
        command.env("WASMC_CACHE_DIR", self.cache()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// `wasmc run` of the program, with options.
    pub fn command_with(&self, options: &[&str]) -> Result<Command> {
        let mut command = self.wasmc(&["run", "--invoke", "run"])?;
        command.args(options).arg(&self.program);
        Ok(command)
    }

    /// `wasmc run` of the program.
    pub fn command(&self) -> Result<Command> {
        self.command_with(&[])
    }

    /// Runs the program, which must print what it prints; what else was said.
    pub fn run(&self) -> Result<String> {
        said(&self.command()?.output()?)
    }

    /// `wasmc cache ... --json`: the exit status, and what it says.
    pub fn json(&self, arguments: &[&str]) -> Result<(i32, Value)> {
        let output = self.wasmc(&["cache", "--json"])?.args(arguments).output()?;
        let value = serde_json::from_slice(&output.stdout).with_context(|| format!("{arguments:?}: {output:?}"))?;
        Ok((output.status.code().context("it exits")?, value))
    }

    /// The artifacts in the cache.
    pub fn entries(&self) -> Result<Vec<PathBuf>> {
        entries(&self.cache())
    }
}

/// A module of so many functions more than one, `run`, which gives this result.
pub fn module(functions: usize, result: i32) -> Result<Vec<u8>> {
    let more: String = (0..functions)
        .map(|number| format!("(func (param i64) (result i64) (i64.mul (local.get 0) (i64.const {number})))"))
        .collect();
    Ok(wat::parse_str(format!("(module {more} (func (export \"run\") (result i32) (i32.const {result})))"))?)
}

/// What a run that printed 42 said besides.
pub fn said(output: &Output) -> Result<String> {
    ensure!(output.status.success() && output.stdout == b"42\n", "{output:?}");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The artifacts in a cache.
pub fn entries(cache: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let Ok(folders) = std::fs::read_dir(cache.join("entries")) else { return Ok(found) };
    for folder in folders {
        for entry in std::fs::read_dir(folder?.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.len() == 62 && !name.contains('.') {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// Everything below a folder that is no folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found
}

/// A command that runs `command` as the user that owns nothing; `None`, after saying so, if that cannot be done here.
pub fn as_nobody(command: &Command) -> Option<Command> {
    const NOBODY: &str = "65534";
    let wrapped = |command: &Command| {
        let mut wrapped = Command::new(crate::tool::find("setpriv")?);
        wrapped.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]);
        wrapped.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(name, value),
                None => wrapped.env_remove(name),
            };
        }
        wrapped.stdin(Stdio::null());
        Some(wrapped)
    };
    let mut version = Command::new(command.get_program());
    version.arg("--version");
    let works = wrapped(&version)?.output().is_ok_and(|output| output.status.success());
    if !works {
        crate::say("not tested as another user: only root can, and setpriv");
    }
    if works { wrapped(command) } else { None }
}

/// Lets everyone look into a folder and everything below it.
pub fn open_to_all(folder: &Path) -> Result<()> {
    crate::tool::run(Command::new("chmod").args(["-R", "a+rX"]).arg(folder)).map(drop)
}
