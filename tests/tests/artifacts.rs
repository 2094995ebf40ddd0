//! Artifacts that earlier versions wrote are still read, and run as they did.
//!
//! `tests/artifacts/VERSION.REVISION/TARGET.o.z` is what the compiler of that contract made of `program.wat` beside it, for each
//! target (compressed: alignment makes most of it zeros). None of these is ever changed; `BLESS=1` writes those of a
//! revision that has none yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasmc_compiler::verify::{contents, verify};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::section::Descriptor;
use wasmc_contract::target::{Architecture, Target};
use wasmc_contract::{CONTRACT_REVISION, CONTRACT_VERSION};
use wasmc_loader::{Image, Linker, Outcome, Store, StoreOptions};
use wasmc_tests::machine::Machine;
use wasmc_tests::{binary, root};
use wasmc_wasi::WasiBuilder;

/// What the program says, and what it ends with.
const EXPECTED: (&str, i32) = ("tables memories exceptions vectors: still here\n", 42);

fn folder() -> PathBuf {
    root().join("tests/artifacts")
}

/// Each artifact that is kept: its place, its target, its bytes.
fn kept() -> Result<Vec<(PathBuf, Target, Vec<u8>)>> {
    let mut all = Vec::new();
    let entries = fs::read_dir(folder())?.collect::<Result<Vec<_>, _>>()?;
    for version in entries.iter().map(fs::DirEntry::path).filter(|path| path.is_dir()) {
        for target in Target::ALL {
            let path = version.join(format!("{target}.o.z"));
            let compressed = fs::read(&path).with_context(|| path.display().to_string())?;
            let bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&compressed);
            all.push((path, target, bytes.map_err(|error| anyhow::anyhow!("{error}"))?));
        }
    }
    Ok(all)
}

/// Writes the artifacts of this contract, if there are none.
fn bless() -> Result<()> {
    let version = folder().join(format!("{CONTRACT_VERSION}.{CONTRACT_REVISION}"));
    let program = wat::parse_file(folder().join("program.wat"))?;
    fs::create_dir_all(&version)?;
    for target in Target::ALL {
        let path = version.join(format!("{target}.o.z"));
        if !path.exists() {
            let artifact = compile(&program, &CompileOptions::new(target))?;
            fs::write(path, miniz_oxide::deflate::compress_to_vec_zlib(artifact.bytes(), 9))?;
        }
    }
    Ok(())
}

#[test]
fn artifacts_of_all_revisions_are_read_and_run() -> Result<()> {
    if std::env::var_os("BLESS").is_some() {
        bless()?;
    }
    let all = kept()?;
    let current = format!("{CONTRACT_VERSION}.{CONTRACT_REVISION}");
    let is_there = all.iter().any(|(path, _, _)| path.parent().is_some_and(|folder| folder.ends_with(&current)));
    ensure!(is_there, "no artifacts of layout {current} are kept: BLESS=1 makes them");
    // The code of all systems' objects for the other CPU is run by one emulator.
    let emulator = Machine::of("aarch64-linux")?;
    let (mut here, mut emulated) = (0, 0);
    for (path, target, bytes) in &all {
        let place = || path.display().to_string();
        verify(bytes).with_context(place)?;
        ensure!(Target::from_number(contents(bytes)?.descriptor.target) == Some(*target), "{}", place());
        if Target::host().is_some_and(|host| host.architecture == target.architecture) {
            ensure!(run(bytes).with_context(place)? == EXPECTED.1, "{}", place());
            here += 1;
        } else if let (Architecture::Aarch64, Some(machine)) = (target.architecture, &emulator) {
            run_emulated(machine, bytes).with_context(place)?;
            emulated += 1;
        }
    }
    let linked: Vec<_> =
        all.iter().filter(|(path, _, _)| path.parent().is_some_and(|path| path.ends_with("1.1"))).collect();
    ensure!(linked.len() == Target::ALL.len(), "{} artifacts say how they are linked", linked.len());
    for (path, _, bytes) in linked {
        if let Ok(image) = Image::from_foreign_bytes(bytes) {
            check_linked(&image).with_context(|| path.display().to_string())?;
        }
    }
    wasmc_tests::say(&format!("{here} artifacts run here, {emulated} emulated, {} in all", all.len()));
    Ok(())
}

/// Checks what revision 1 added.
fn check_linked(image: &Image) -> Result<()> {
    let dynamic = image.dynamic_linking().context("it says nothing")?;
    ensure!((dynamic.memory_bytes(), dynamic.memory_alignment()) == (16, 8), "{dynamic:?}");
    ensure!((dynamic.table_elements(), dynamic.table_alignment()) == (1, 1), "{dynamic:?}");
    ensure!(dynamic.needed().eq(["needed"]), "{dynamic:?}");
    ensure!(dynamic.exports().any(|symbol| symbol.name == "count" && symbol.is_thread_local && !symbol.is_weak));
    ensure!(dynamic.imports().any(|symbol| (symbol.module, symbol.name, symbol.is_weak) == ("GOT.mem", "some", true)));
    Ok(())
}

/// Runs a program whose object may be another system's; its exit status.
fn run(bytes: &[u8]) -> Result<i32> {
    let output = tempfile::NamedTempFile::new()?;
    let image = Image::from_foreign_bytes(bytes)?;
    let mut linker = Linker::new();
    WasiBuilder::new().stdout_file(output.reopen()?).build()?.add_to_linker(&mut linker)?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, &image)?;
    let outcome = instance.function(&store, "_start").context("no _start")?.call(&mut store, &[])?;
    ensure!(fs::read_to_string(output.path())? == EXPECTED.0, "it says {:?}", fs::read_to_string(output.path())?);
    match outcome {
        Outcome::Exited(status) => Ok(status),
        other => anyhow::bail!("{other:?}"),
    }
}

fn run_emulated(machine: &Machine, bytes: &[u8]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("program.o");
    fs::write(&file, bytes)?;
    let output = machine.command("wasmrun")?.arg(&file).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said == EXPECTED.0, "it says {said:?}, {:?}", String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code() == Some(EXPECTED.1), "{}", output.status);
    Ok(())
}

fn wasmrun(file: &Path) -> Result<(String, Option<i32>)> {
    let output = Command::new(binary::directory()?.join("wasmrun")).arg(file).output()?;
    Ok((String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code()))
}

#[test]
fn what_is_not_read_is_refused_by_name() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("program.o");
    let artifact = compile(&wat::parse_str("(module)")?, &wasmc_tests::compile_options())?.into_bytes();
    let descriptor = contents(&artifact)?.section(wasmc_contract::section::Section::Descriptor).as_ptr();
    let at = descriptor.addr() - artifact.as_ptr().addr();
    let version = at + std::mem::offset_of!(Descriptor, contract_version);
    let revision = at + std::mem::offset_of!(Descriptor, contract_revision);
    for (place, number, expected) in [
        (version, CONTRACT_VERSION - 1, "has stopped reading"),
        (version, CONTRACT_VERSION + 1, "newer than this loader"),
        (revision, CONTRACT_REVISION + 1, "newer than this loader"),
    ] {
        let mut bytes = artifact.clone();
        bytes[place..place + 4].copy_from_slice(&number.to_le_bytes());
        fs::write(&file, bytes)?;
        let (said, status) = wasmrun(&file)?;
        ensure!(status == Some(1) && said.contains(expected) && said.contains("compile"), "{said}");
    }
    // Objects that are none of ours, and files that are no objects.
    for (bytes, expected) in [
        (&b"\0asm\x01\0\0\0"[..], "not a compiled artifact"),
        (b"#!/bin/sh\n", "not a compiled artifact"),
        (b"", "the file is empty"),
    ] {
        fs::write(&file, bytes)?;
        let (said, status) = wasmrun(&file)?;
        ensure!(status == Some(1) && said.contains(expected), "{said}");
    }
    // Those of other targets, with the command that makes one for this.
    let host = Target::host().context("a host")?;
    for target in Target::ALL.into_iter().filter(|target| *target != host) {
        fs::write(&file, compile(&wat::parse_str("(module)")?, &CompileOptions::new(target))?.bytes())?;
        let (said, status) = wasmrun(&file)?;
        let expected = [format!("for {target}"), format!("--target {host}")];
        ensure!(status == Some(1) && expected.iter().all(|part| said.contains(part)), "{target}: {said}");
    }
    Ok(())
}
