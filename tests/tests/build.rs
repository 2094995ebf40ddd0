//! `wasmc build`: one executable that runs a program, made without a toolchain.
//!
//! What a machine lacks to run is looked at in the file.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use goblin::mach::load_command::CommandVariant;
use object::{Object as _, ObjectSegment as _};
use sha2::{Digest as _, Sha256};
use wasmc_tests::{binary, tool};
use wasmrun::embedded::{ALIGNMENT_BYTES, MAGIC, Slot};

/// Says its arguments and the variable `A`, and ends with 3.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  ;; A page of its own, so that it is mapped from the file.
  (data (i32.const 65536) "from the image\00")
  (func $print (param $start i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $start))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $args_get (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 4096) (i32.load (i32.const 20)))
    (drop (call $environ_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $environ_get (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 4096) (i32.load (i32.const 20)))
    (call $print (i32.const 65536) (i32.const 15))
    (call $proc_exit (i32.const 3))))"#;

fn folder() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("program.wat"), PROGRAM)?;
    Ok(folder)
}

fn build(folder: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = binary::wasmc()?;
    command.current_dir(folder).args(["build", "program.wat"]).args(arguments);
    command.output().context("it cannot be started")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_executable_runs_its_program_with_what_was_given() -> Result<()> {
    let folder = folder()?;
    let built = build(folder.path(), &["--env", "A=1", "--arg=--first", "--arg", "second", "--timeout", "60s"])?;
    ensure!(built.status.success() && built.stderr.is_empty(), "{}", said(&built));
    let program = folder.path().join("program");
    ensure!(fs::metadata(&program)?.permissions().mode() & 0o111 != 0, "it cannot be executed");
    // As its own thing, from elsewhere, with nothing beside it.
    let elsewhere = tempfile::tempdir()?;
    let moved = elsewhere.path().join("moved");
    fs::rename(&program, &moved)?;
    let output = Command::new(&moved).args(["--third", "-h"]).env("A", "2").current_dir("/").output()?;
    ensure!(output.stderr.is_empty(), "{}", said(&output));
    let expected = "moved\0--first\0second\0--third\0-h\0A=1\0from the image\0";
    ensure!(String::from_utf8_lossy(&output.stdout) == expected, "{:?}", String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.code() == Some(3), "{}", output.status);
    // The same input gives the same bytes.
    let before = fs::read(&moved)?;
    build(folder.path(), &["--env", "A=1", "--arg=--first", "--arg", "second", "--timeout", "60s"])?;
    ensure!(fs::read(&program)? == before, "it was built differently");
    // Overhead is the stub, and what fills its last page.
    build(folder.path(), &[])?;
    let object = folder.path().join("program.o");
    binary::wasmc()?.current_dir(folder.path()).args(["compile", "program.wat"]).status()?;
    let stub = binary::directory()?.join("wasmrun");
    let overhead = fs::metadata(&program)?.len() - fs::metadata(object)?.len();
    ensure!(overhead < fs::metadata(stub)?.len() + ALIGNMENT_BYTES as u64, "{overhead} bytes");
    Ok(())
}

#[test]
fn what_cannot_carry_a_program_is_refused() -> Result<()> {
    let folder = folder()?;
    build(folder.path(), &[])?;
    fs::write(folder.path().join("text"), "no executable")?;
    let wasmc = binary::directory()?.join("wasmc").display().to_string();
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--stub", "program", "-o", "again"], 1, "it carries a program already"),
        (&["--stub", "text"], 1, "it is not an executable of any target"),
        (&["--stub", "/bin/sh"], 1, "it has no place for a program"),
        // It knows how a slot starts.
        (&["--stub", &wasmc], 1, "it has no place for a program"),
        (&["--stub", "none"], 1, "cannot read 'none'"),
        (&["--target", "aarch64-linux", "--stub", "/bin/sh"], 1, "it is an executable for x86_64-linux"),
        (&["--target", "aarch64-windows"], 2, "name one with --stub"),
    ];
    for (arguments, status, expected) in cases {
        let output = build(folder.path(), arguments)?;
        ensure!(said(&output).contains(expected), "{arguments:?}: {}", said(&output));
        ensure!(output.status.code() == Some(status), "{arguments:?}: {}", output.status);
    }
    let output = build(folder.path(), &["-o", "program.wat"])?;
    ensure!(output.status.code() == Some(2) && said(&output).contains("would be replaced"), "{}", said(&output));
    // A program that was cut says so, and nothing worse.
    let program = folder.path().join("program");
    let bytes = fs::read(&program)?;
    let cut = folder.path().join("cut");
    fs::copy(&program, &cut)?;
    fs::write(&cut, &bytes[..bytes.len() - 5000])?;
    let output = Command::new(&cut).output()?;
    ensure!(output.status.code() == Some(1) && said(&output).contains("is damaged"), "{}", said(&output));
    Ok(())
}

/// An executable with a slot, as `wasmrun` is one, for a target that zig knows by this name.
fn foreign_stub(folder: &Path, zig_target: &str, name: &str) -> Result<bool> {
    let Some(zig) = tool::zig() else {
        wasmc_tests::say(&format!("not tested: {zig_target}: this machine has no zig"));
        return Ok(false);
    };
    let own = fs::read(binary::directory()?.join("wasmrun"))?;
    let slot = own.windows(Slot::BYTES).find(|window| window.starts_with(&MAGIC)).context("wasmrun has no slot")?;
    let bytes = slot.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    // Only macOS has a library that is linked without being compiled first.
    let (entry, options): (_, &[_]) =
        if zig_target.ends_with("macos") { ("main", &[]) } else { ("start", &["-nostdlib", "-Wl,--entry=start"]) };
    let source = format!("volatile unsigned char slot[] = {{{bytes}}};\nint {entry}(void) {{ return slot[0]; }}\n");
    fs::write(folder.join("stub.c"), source)?;
    let mut command = zig.bare("cc");
    command.args(["-target", zig_target, "-O1", "-o", name, "stub.c"]).args(options).current_dir(folder);
    tool::run(&mut command)?;
    Ok(true)
}

/// The slot in an executable, and the artifact that it says is there.
fn carried(bytes: &[u8]) -> Result<(Slot, &[u8])> {
    let slot = bytes.windows(Slot::BYTES).find(|window| window.starts_with(&MAGIC)).context("no slot")?;
    let slot = Slot::from_bytes(slot.try_into()?);
    let artifact =
        bytes.get(slot.artifact_offset as usize..).and_then(|rest| rest.get(..slot.artifact_length as usize));
    ensure!(slot.artifact_offset.is_multiple_of(ALIGNMENT_BYTES as u64), "the artifact cannot be mapped");
    Ok((slot, artifact.context("the artifact is outside")?))
}

#[test]
fn executables_for_other_systems_are_whole() -> Result<()> {
    for (target, zig_target) in [
        ("aarch64-macos", "aarch64-macos"),
        ("x86_64-macos", "x86_64-macos"),
        ("x86_64-windows", "x86_64-windows-gnu"),
        ("aarch64-windows", "aarch64-windows-gnu"),
        ("aarch64-linux", "aarch64-linux-musl"),
    ] {
        let folder = folder()?;
        if !foreign_stub(folder.path(), zig_target, "stub")? {
            continue;
        }
        let built = build(folder.path(), &["--target", target, "--stub", "stub", "-o", "app", "--arg", "one"])?;
        ensure!(built.status.success(), "{target}: {}", said(&built));
        let compiled = binary::wasmc()?
            .current_dir(folder.path())
            .args(["compile", "program.wat", "--target", target, "-o", "program.o"])
            .output()?;
        ensure!(compiled.status.success(), "{target}: {}", said(&compiled));
        let bytes = fs::read(folder.path().join("app"))?;
        let (slot, artifact) = carried(&bytes)?;
        ensure!(artifact == fs::read(folder.path().join("program.o"))?, "{target}: it is another artifact");
        let end = (slot.artifact_offset + slot.artifact_length) as usize;
        ensure!(bytes[end..].starts_with(b"one\0") && slot.options == 0, "{target}: the words are others");
        // What was there is still there.
        let (stub, app) = (fs::read(folder.path().join("stub"))?, object::File::parse(&*bytes)?);
        let stub = object::File::parse(&*stub)?;
        ensure!(stub.entry() == app.entry() && stub.segments().count() == app.segments().count(), "{target}");
        if target.ends_with("macos") {
            check_macho(&bytes, &app, slot).with_context(|| target.to_owned())?;
        }
    }
    Ok(())
}

/// Whether the last segment holds all that follows the others, and the signature's hashes fit.
fn check_macho(bytes: &[u8], app: &object::File<'_>, slot: Slot) -> Result<()> {
    let last = app.segments().last().context("it has no segment")?;
    let (start, length) = last.file_range();
    ensure!(start + length == bytes.len() as u64, "something follows the last segment");
    ensure!(start <= slot.artifact_offset && last.size() >= length, "the artifact is in no segment");
    let macho = goblin::mach::MachO::parse(bytes, 0)?;
    let signature = macho.load_commands.iter().find_map(|command| match command.command {
        CommandVariant::CodeSignature(data) => Some((data.dataoff as usize, data.datasize as usize)),
        _ => None,
    });
    let names_end = macho.load_commands.iter().find_map(|command| match command.command {
        CommandVariant::Symtab(symbols) => Some(symbols.stroff as usize + symbols.strsize as usize),
        _ => None,
    });
    let code_end = signature.map_or(bytes.len(), |(offset, _)| offset);
    ensure!(names_end == Some(code_end), "bytes before the signature belong to nothing");
    let Some((offset, length)) = signature else {
        ensure!(app.architecture() == object::Architecture::X86_64, "it is not signed");
        return Ok(());
    };
    ensure!(offset + length == bytes.len(), "the signature is not the end");
    let blob = &bytes[offset..];
    let number = |at: usize| u32::from_be_bytes([blob[at], blob[at + 1], blob[at + 2], blob[at + 3]]) as usize;
    let directory = number(16);
    ensure!(number(0) == 0xfade_0cc0 && number(directory) == 0xfade_0c02, "it is no signature");
    let (hashes, slots, limit) = (number(directory + 16), number(directory + 28), number(directory + 32));
    ensure!(limit == offset && slots == offset.div_ceil(4096), "it is of another file");
    for (index, page) in bytes[..limit].chunks(4096).enumerate() {
        let at = directory + hashes + 32 * index;
        ensure!(blob[at..at + 32] == Sha256::digest(page)[..], "page {index} has another hash");
    }
    let identifier = directory + number(directory + 20);
    ensure!(blob[identifier..].starts_with(b"app\0"), "it has another name");
    Ok(())
}
