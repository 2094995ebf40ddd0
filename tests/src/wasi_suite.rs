//! The official WASI test suite: its programs, what each states of itself, and what comes of running it.
//!
//! The programs lie beside the repository, at `../shared/wasi-testsuite`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use wasmc_compiler::CompileOptions;
use wasmc_contract::target::Target;

/// What a program is given and what it must do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// Arguments.
    pub args: Vec<String>,
    /// Variables of the environment.
    pub env: BTreeMap<String, String>,
    /// A folder, a copy of which the program gets as `/`.
    pub root: Option<String>,
    /// The exit status.
    pub exit_code: i32,
    /// What it writes to standard output.
    pub stdout: Option<String>,
    /// What it writes to standard error.
    pub stderr: Option<String>,
}

impl Expectation {
    /// Compares what it wrote with what it states.
    ///
    /// # Errors
    ///
    /// If that is something else.
    pub fn compare(&self, stdout: &[u8], stderr: &[u8]) -> Result<()> {
        for (name, expected, found) in [("stdout", &self.stdout, stdout), ("stderr", &self.stderr, stderr)] {
            if let Some(expected) = expected {
                ensure!(expected.as_bytes() == found, "{name} is {:?}", String::from_utf8_lossy(found));
            }
        }
        Ok(())
    }
}

/// All programs of the suite; `None`, after saying so, if it is not here.
///
/// # Errors
///
/// If it cannot be listed.
pub fn programs() -> Result<Option<Vec<PathBuf>>> {
    let suite = crate::root().join("../shared/wasi-testsuite");
    if !suite.is_dir() {
        crate::say(&format!("skipped: there is no {}", suite.display()));
        return Ok(None);
    }
    let mut programs = Vec::new();
    for language in ["assemblyscript", "c", "rust"] {
        programs.extend(programs_in(&suite.join(language))?);
    }
    Ok(Some(programs))
}

fn programs_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            programs.push(path);
        }
    }
    programs.sort();
    Ok(programs)
}

/// What `program` states.
///
/// # Errors
///
/// If it cannot be read.
pub fn stated(program: &Path) -> Result<Expectation> {
    let path = program.with_extension("json");
    Ok(if path.is_file() { serde_json::from_slice(&std::fs::read(&path)?)? } else { Expectation::default() })
}

/// Compiles `program` for `target` and runs it by `command`, a `wasmrun` for that.
///
/// # Errors
///
/// If it does anything else than what it states.
pub fn run(program: &Path, target: Target, mut command: Command) -> Result<()> {
    let expected = stated(program)?;
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("program.o");
    let artifact = wasmc_compiler::compile(
        &std::fs::read(program)?,
        &CompileOptions { verify: true, ..CompileOptions::new(target) },
    )?;
    std::fs::write(&object, artifact.bytes())?;
    if let Some(name) = &expected.root {
        let scratch = folder.path().join("root");
        copy(&program.with_file_name(name), &scratch)?;
        command.arg("--dir").arg(format!("{}::/", scratch.display()));
    }
    for (name, value) in &expected.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    let output = command.arg(&object).args(&expected.args).stdin(Stdio::null()).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let status = output.status.code();
    ensure!(status == Some(expected.exit_code), "{}, expected {}\n{stderr}", output.status, expected.exit_code);
    expected.compare(&output.stdout, &output.stderr)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
