//! What debuggers and profilers are told of an image's code.

use anyhow::{Context, Result};
use wasmc_loader::{DebugOptions, Image};
use wasmc_tests::tool;

const MODULE: &str = r#"(module
    (func $inner (param i32) (result i32) (i32.div_s (i32.const 100) (local.get 0)))
    (func $outer (export "outer") (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0)))))"#;

fn artifact() -> Result<Vec<u8>> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(MODULE)?, &wasmc_tests::compile_options())?;
    Ok(artifact.bytes().to_vec())
}

#[test]
fn perf_finds_a_line_for_each_function() -> Result<()> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let image = Image::from_bytes(&artifact()?)?;
    image.register_for_debugging(DebugOptions { gdb: true, perf: true })?;
    let lines = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    let names: Vec<_> = lines.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(names, ["inner", "outer"]);
    let start = |line: &str| u64::from_str_radix(line.split(' ').next()?, 16).ok();
    assert!(lines.lines().all(|line| start(line).is_some_and(|start| start > 4096)), "{lines}");
    Ok(())
}

/// Runs in a debugger, where there is one, the test below; it is stopped by the trap and walks the stack.
#[test]
fn gdb_sees_the_functions_of_a_module() -> Result<()> {
    let Some(gdb) = tool::find("gdb") else {
        wasmc_tests::say("skipped: there is no gdb");
        return Ok(());
    };
    let mut command = std::process::Command::new(gdb);
    command.args(["-q", "-batch", "-ex", "set breakpoint pending on", "-ex", "run", "-ex", "bt 4", "--args"]);
    command.arg(std::env::current_exe()?).args(["--exact", "a_trap_for_a_debugger", "--nocapture"]);
    let output = tool::run(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let inner = text.find("in inner ()").with_context(|| format!("no frame of inner:\n{text}"))?;
    text[inner..].find("in outer ()").with_context(|| format!("no frame of outer:\n{text}"))?;
    Ok(())
}

#[test]
fn a_trap_for_a_debugger() -> Result<()> {
    let image = Image::from_bytes(&artifact()?)?;
    image.register_for_debugging(DebugOptions { gdb: true, perf: false })?;
    let mut store = wasmc_loader::Store::new(wasmc_loader::StoreOptions::default())?;
    let instance = wasmc_loader::Linker::new().instantiate(&mut store, &image)?;
    let outer = instance.function(&store, "outer").context("outer")?;
    let outcome = outer.call(&mut store, &[wasmc_loader::Value::I32(0)])?;
    assert!(matches!(outcome, wasmc_loader::Outcome::Trapped(_)));
    Ok(())
}
