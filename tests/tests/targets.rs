//! `--target`, `--cpu` and `wasmc targets`: one run for many targets, and what a machine that does not fit is told.

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use object::Object as _;
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::target::{Architecture, CpuFeature, NamedCpu, System, Target};
use wasmc_tests::binary::{wasmc, wasmrun};
use wasmc_tests::root;

fn output(command: &mut Command) -> Result<(i32, String, String)> {
    let Output { status, stdout, stderr } = command.output().with_context(|| format!("{command:?}"))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok((status.code().unwrap_or(-1), text(stdout), text(stderr)))
}

/// The error of a command that fails as one that is used wrongly, or otherwise.
fn error(command: &mut Command) -> Result<String> {
    let (status, _, stderr) = output(command)?;
    ensure!(status != 0, "{command:?} succeeds");
    Ok(stderr)
}

fn sample(name: &str) -> std::path::PathBuf {
    root().join("tests/samples").join(name)
}

#[test]
fn one_run_compiles_for_many_targets() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = sample("hello.wat");
    let wasm = wat::parse_file(&file)?;
    let object = folder.path().join("hello.o");
    let compile_to = |arguments: &[&str]| -> Result<()> {
        let mut command = wasmc()?;
        let (status, _, stderr) = output(command.arg("compile").args(arguments).arg("-o").arg(&object).arg(&file))?;
        ensure!(status == 0, "{stderr}");
        Ok(())
    };
    compile_to(&["--all-targets"])?;
    compile_to(&["--target", "aarch64-apple-darwin,x86_64-pc-windows-gnu"])?;
    compile_to(&["--target", "aarch64-unknown-linux-musl"])?;
    for target in Target::ALL {
        let bytes = std::fs::read(folder.path().join(format!("hello.{target}.o")))?;
        // Debug information and names of the text format are not in what is compared with.
        let alone = folder.path().join("alone.o");
        let mut command = wasmc()?;
        let (status, ..) = output(command.args(["compile", "--target", target.name(), "-o"]).arg(&alone).arg(&file))?;
        ensure!(status == 0 && std::fs::read(&alone)? == bytes, "{target}: other bytes than alone");
        ensure!(!wasm.is_empty());
        check_container(&bytes, target)?;
    }
    check_container(&std::fs::read(&object)?, Target { architecture: Architecture::Aarch64, system: System::Linux })
}

/// Another crate than those that wrote and that verify says the same of the file.
fn check_container(bytes: &[u8], target: Target) -> Result<()> {
    let file = object::File::parse(bytes)?;
    let format = match target.system {
        System::Linux => object::BinaryFormat::Elf,
        System::Macos => object::BinaryFormat::MachO,
        System::Windows => object::BinaryFormat::Coff,
    };
    let architecture = match target.architecture {
        Architecture::X86_64 => object::Architecture::X86_64,
        Architecture::Aarch64 => object::Architecture::Aarch64,
    };
    ensure!(file.format() == format && file.architecture() == architecture, "{target}: {:?}", file.format());
    ensure!(file.symbol_by_name("wasmc_module").is_some() || file.symbol_by_name("_wasmc_module").is_some());
    Ok(())
}

#[test]
fn what_does_not_fit_is_told_what_would() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("app.o");
    let host = Target::host().context("this machine is no target")?;
    let wasm = wat::parse_str("(module (func (export \"_start\")))")?;
    for target in Target::ALL.into_iter().filter(|target| *target != host) {
        std::fs::write(&object, compile(&wasm, &CompileOptions::new(target))?.bytes())?;
        for mut command in [wasmrun()?, wasmc()?] {
            if command.get_program().to_string_lossy().contains("wasmc") {
                command.arg("run");
            }
            let message = error(command.arg(&object))?;
            let expected = format!(
                "is for {target}, this machine is {host}; compile the module with `wasmc compile --target {host}`"
            );
            ensure!(message.contains(&expected), "{message}");
        }
        let (status, text, stderr) = output(wasmc()?.arg("inspect").arg(&object))?;
        ensure!(status == 0 && text.contains(&format!("target   {target}\n")), "{text}{stderr}");
    }
    // What no machine of this kind has all of.
    let machine = wasmc_loader::cpu_features(CpuFeature::ALL.iter().fold(Default::default(), |set, one| {
        if one.architecture() == host.architecture { wasmc_contract::target::CpuFeatures::with(set, *one) } else { set }
    }));
    let lacking =
        CpuFeature::ALL.iter().find(|one| one.architecture() == host.architecture && !machine.contains(**one));
    match lacking {
        Some(feature) => {
            let mut options = CompileOptions::new(host);
            options.cpu_features = options.cpu_features.with(*feature);
            std::fs::write(&object, compile(&wasm, &options)?.bytes())?;
            let message = error(wasmrun()?.arg(&object))?;
            let expected = format!("needs CPU features that this machine lacks: {}", feature.name());
            let level = NamedCpu::highest_level(host.architecture, machine);
            let remedy = format!("compile the module with `wasmc compile --cpu {level}`");
            ensure!(message.contains(&expected) && message.contains(&remedy), "{message}");
        }
        None => wasmc_tests::say("not tested: this CPU has every feature that there is a name for"),
    }
    Ok(())
}

#[test]
fn wrong_names_are_told_the_right_ones() -> Result<()> {
    let file = sample("hello.wat");
    let refused = |arguments: &[&str]| -> Result<String> {
        error(wasmc()?.arg("compile").args(arguments).arg(&file).args(["-o", "never.o"]))
    };
    let message = refused(&["--target", "riscv64-linux"])?;
    ensure!(Target::ALL.iter().all(|target| message.contains(target.name())), "{message}");
    let message = refused(&["--target", "x86_64-linux,x86_64-unknown-linux-musl"])?;
    ensure!(message.contains("names x86_64-linux twice"), "{message}");
    let other = Target::ALL.into_iter().find(|target| Some(*target) != Target::host()).context("there are several")?;
    let message = refused(&["--target", other.name(), "--cpu", "native"])?;
    ensure!(message.contains("this machine's") && message.contains(other.name()), "{message}");
    let message = refused(&["--target", "aarch64-linux", "--cpu", "x86-64-v3"])?;
    ensure!(message.contains("unknown CPU 'x86-64-v3' for aarch64-linux"), "{message}");
    let (status, _, stderr) = output(wasmc()?.args(["compile", "--all-targets", "-o", "-"]).arg(&file))?;
    ensure!(status != 0 && stderr.contains("name a file with -o"), "{stderr}");
    ensure!(!Path::new("never.o").exists());
    Ok(())
}

#[test]
fn targets_are_listed() -> Result<()> {
    let (status, text, _) = output(wasmc()?.arg("targets"))?;
    ensure!(status == 0);
    let (_, json, _) = output(wasmc()?.args(["targets", "--json"]))?;
    let rows: serde_json::Value = serde_json::from_str(&json)?;
    for (index, target) in Target::ALL.into_iter().enumerate() {
        let row = &rows[index];
        ensure!(row["name"] == target.name() && row["page_bytes_max"] == target.page_bytes_max(), "{row}");
        ensure!(row["is_this_machine"] == (Some(target) == Target::host()) && row["baseline"] == target.baseline());
        ensure!(!row["has_run"].as_str().unwrap_or_default().is_empty());
        for name in target.triples().iter().chain([&target.name(), &target.baseline()]) {
            ensure!(text.contains(name), "no {name} in\n{text}");
        }
    }
    Ok(())
}
