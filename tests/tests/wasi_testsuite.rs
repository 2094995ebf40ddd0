//! The official WASI test suite: each of its programs is compiled, run by `wasmrun`, and compared with what it states;
//! and once more in this process, with its folder in memory.
//!
//! The programs lie beside the repository, at `../shared/wasi-testsuite`; where they do not, the test says so.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmc_tests::program::{self, copy_to_memory};
use wasmc_tests::wasi_suite::{self, stated};
use wasmc_tests::{binary, compile_options};
use wasmc_wasi::{Access, Output, WasiBuilder};

#[test]
fn the_official_suite_passes() -> Result<()> {
    let Some(programs) = wasi_suite::programs()? else { return Ok(()) };
    let mut passed = 0;
    let mut passed_in_memory = 0;
    let mut failures = Vec::new();
    let target = compile_options().target;
    for program in programs {
        match wasi_suite::run(&program, target, binary::wasmrun()?) {
            Ok(()) => passed += 1,
            Err(error) => failures.push(format!("{}: {error:#}", program.display())),
        }
        match run_in_memory(&program) {
            Ok(()) => passed_in_memory += 1,
            Err(error) => failures.push(format!("{}, in memory: {error:#}", program.display())),
        }
    }
    let failed = failures.len();
    wasmc_tests::say(&format!("WASI test suite: {passed} passed, in memory {passed_in_memory}; {failed} failed"));
    ensure!(failures.is_empty(), "{passed} passed, {failed} failed\n{}", failures.join("\n"));
    ensure!(passed > 0, "there is no program in the suite");
    Ok(())
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
