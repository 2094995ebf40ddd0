//! The official WASI test suite: each of its programs is compiled, run by `wasmrun`, and compared with what it states;
//! and once more in this process, with its folder in memory.
//!
//! The programs lie beside the repository, at `../shared/wasi-testsuite`; where they do not, the test says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use wasmc_tests::program::{self, copy_to_memory};
use wasmc_tests::{binary, compile_options, root};
use wasmc_wasi::{Access, Output, WasiBuilder};

/// What a program is given and what it must do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expectation {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    /// A folder, a copy of which the program gets as `/`.
    root: Option<String>,
    exit_code: i32,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl Expectation {
    fn compare(&self, stdout: &[u8], stderr: &[u8]) -> Result<()> {
        for (name, expected, found) in [("stdout", &self.stdout, stdout), ("stderr", &self.stderr, stderr)] {
            if let Some(expected) = expected {
                ensure!(expected.as_bytes() == found, "{name} is {:?}", String::from_utf8_lossy(found));
            }
        }
        Ok(())
    }
}

#[test]
fn the_official_suite_passes() -> Result<()> {
    let suite = root().join("../shared/wasi-testsuite");
    if !suite.is_dir() {
        wasmc_tests::say(&format!("skipped: there is no {}", suite.display()));
        return Ok(());
    }
    let mut passed = 0;
    let mut passed_in_memory = 0;
    let mut failures = Vec::new();
    for language in ["assemblyscript", "c", "rust"] {
        for program in programs(&suite.join(language))? {
            match run(&program) {
                Ok(()) => passed += 1,
                Err(error) => failures.push(format!("{}: {error:#}", program.display())),
            }
            match run_in_memory(&program) {
                Ok(()) => passed_in_memory += 1,
                Err(error) => failures.push(format!("{}, in memory: {error:#}", program.display())),
            }
        }
    }
    let failed = failures.len();
    wasmc_tests::say(&format!("WASI test suite: {passed} passed, in memory {passed_in_memory}; {failed} failed"));
    ensure!(failures.is_empty(), "{passed} passed, {failed} failed\n{}", failures.join("\n"));
    ensure!(passed > 0, "there is no program in {}", suite.display());
    Ok(())
}

fn programs(folder: &Path) -> Result<Vec<PathBuf>> {
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

fn stated(program: &Path) -> Result<Expectation> {
    let path = program.with_extension("json");
    Ok(if path.is_file() { serde_json::from_slice(&std::fs::read(&path)?)? } else { Expectation::default() })
}

fn run(program: &Path) -> Result<()> {
    let expected = stated(program)?;
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("program.o");
    let artifact = wasmc_compiler::compile(&std::fs::read(program)?, &compile_options())?;
    std::fs::write(&object, artifact.bytes())?;
    let mut command = binary::wasmrun()?;
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

fn run_in_memory(program: &Path) -> Result<()> {
    let expected = stated(program)?;
    let (stdout, stderr) = (Output::new(), Output::new());
    let name = program.file_name().context("a name")?;
    let mut builder = WasiBuilder::new().argument(name).arguments(&expected.args);
    builder = builder.stdout_bytes(&stdout).stderr_bytes(&stderr);
    for (name, value) in &expected.env {
        builder = builder.environment(name, value);
    }
    if let Some(folder) = &expected.root {
        let copy = copy_to_memory(&program.with_file_name(folder))?;
        builder = builder.memory_directory(&copy, "/", Access::ReadWrite);
    }
    let status = program::run(&std::fs::read(program)?, builder)?;
    let stderr = stderr.take();
    let said = String::from_utf8_lossy(&stderr);
    ensure!(status == expected.exit_code, "{status}, expected {}\n{said}", expected.exit_code);
    expected.compare(&stdout.take(), &stderr)
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
