//! What the system sees of a running program: a file that is mapped and not read, and frames that a debugger names.
//!
//! Tools that the machine lacks, or may not use, are counted and named.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmc_compiler::compile;
use wasmc_tests::{binary, compile_options, tool};

/// A fresh folder with `source` compiled to `app.o` in it.
fn compiled(source: &str) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let artifact = compile(&wat::parse_str(source)?, &compile_options())?;
    std::fs::write(folder.path().join("app.o"), artifact.bytes())?;
    Ok(folder)
}

/// The most bytes of an artifact that may be read instead of mapped: its file header.
const READ_MAX: u64 = 4096;

#[test]
fn the_bulk_of_a_file_is_mapped_and_not_read() -> Result<()> {
    let Some(strace) = tool::find("strace") else {
        wasmc_tests::say("not tested: this machine has no strace");
        return Ok(());
    };
    // Much data and much code.
    let data = "x".repeat(1 << 20);
    let functions: String = (0..2000)
        .map(|number| {
            format!(
                "(func (export \"f{number}\") (param i32) (result i32) (i32.add (local.get 0) (i32.const {number})))"
            )
        })
        .collect();
    let folder = compiled(&format!(
        "(module (memory 32) (data (i32.const 0) \"{data}\") {functions}
           (func (export \"run\") (result i32) (i32.load8_u (i32.const 1000000))))"
    ))?;
    let trace = folder.path().join("trace");
    let mut command = Command::new(strace);
    command.args(["-f", "-y", "-e", "trace=read,pread64,readv,preadv,preadv2,mmap", "-o"]).arg(&trace);
    command.arg(binary::directory()?.join("wasmrun")).args(["--invoke", "run"]).arg(folder.path().join("app.o"));
    let output = command.output()?;
    let trace = std::fs::read_to_string(&trace).unwrap_or_default();
    if !trace.contains("mmap") {
        wasmc_tests::say(&format!(
            "not tested: strace may not trace here: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
        return Ok(());
    }
    ensure!(output.stdout == b"120\n", "{output:?}");
    let of_file = || trace.lines().filter(|line| line.contains("app.o>"));
    let read: u64 = of_file()
        .filter(|line| line.contains("read"))
        .filter_map(|line| line.rsplit_once("= ")?.1.trim().parse::<u64>().ok())
        .sum();
    ensure!(read <= READ_MAX, "{read} bytes of the file are read:\n{trace}");
    ensure!(of_file().any(|line| line.contains("mmap")), "the file is not mapped:\n{trace}");
    let writable = of_file().find(|line| line.contains("PROT_WRITE") && line.contains("MAP_SHARED"));
    ensure!(writable.is_none(), "the file may be written to: {writable:?}");
    Ok(())
}

#[test]
fn a_debugger_names_the_frames_of_a_program() -> Result<()> {
    let Some(gdb) = tool::find("gdb") else {
        wasmc_tests::say("not tested: this machine has no gdb");
        return Ok(());
    };
    let folder = compiled(
        r#"(module
             (func $innermost (param i32) (result i32) (if (local.get 0) (then (unreachable))) (i32.const 1))
             (func $middle (param i32) (result i32) (i32.add (call $innermost (local.get 0)) (i32.const 1)))
             (func $outermost (export "run") (result i32) (i32.add (call $middle (i32.const 1)) (i32.const 1))))"#,
    )?;
    let mut command = Command::new(gdb);
    command.args(["-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "run", "-ex", "backtrace", "--args"]);
    command.arg(binary::directory()?.join("wasmrun")).args(["--gdb", "--invoke", "run"]);
    command.arg(folder.path().join("app.o")).env("DEBUGINFOD_URLS", "");
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if text.contains("Operation not permitted") || text.contains("not being run") {
        wasmc_tests::say("not tested: gdb may not run programs here");
        return Ok(());
    }
    let frames: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    let place = |name: &str| {
        frames.iter().position(|line| line.contains(name)).with_context(|| format!("no {name} in\n{text}"))
    };
    let (innermost, middle, outermost) = (place("innermost")?, place("middle")?, place("outermost")?);
    ensure!(innermost == 0 && middle == 1 && outermost == 2, "{text}");
    // On past compiled code, to where the program was started.
    ensure!(place("main")? > outermost, "{text}");
    Ok(())
}
