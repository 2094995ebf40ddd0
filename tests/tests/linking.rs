//! Every system's linkers take the objects of its targets, dropping what nothing refers to; what was linked runs where
//! this machine can run it, as it is or under an emulator. Tools that are not here are named.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::{Object as _, ObjectSymbol as _};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::target::{Architecture, System, Target};
use wasmc_tests::{root, tool};

/// A folder with the object of a target and the C program beside it.
struct Parts {
    target: Target,
    folder: tempfile::TempDir,
}

impl Parts {
    fn new(target: Target) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let wasm = wat::parse_file(root().join("tests/samples/border.wat"))?;
        let options = CompileOptions { verify: true, ..CompileOptions::new(target) };
        std::fs::write(folder.path().join("app.o"), compile(&wasm, &options)?.bytes())?;
        Ok(Self { target, folder })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a tool in the folder; whatever it says is a complaint.
    fn run(&self, command: &mut Command) -> Result<()> {
        let output = tool::run(command.current_dir(self.folder.path()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(complaint.trim().is_empty(), "{}, {command:?}: {complaint}", self.target);
        Ok(())
    }

    /// Compiles the C program without any header or library of the system's, as `main.o`.
    fn compile_without_library(&self, clang: &Path, triple: &str) -> Result<()> {
        let source = root().join("tests/samples/border.c");
        let mut command = Command::new(clang);
        command.arg(format!("--target={triple}")).args(["-O1", "-ffreestanding", "-fno-builtin", "-Wall", "-Werror"]);
        self.run(
            command
                .args(["-fno-stack-protector", "-mno-stack-arg-probe", "-DWITHOUT_LIBRARY", "-c", "-o", "main.o"])
                .arg(source),
        )
    }
}

/// The first of these programs that the machine has.
fn first_of(names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| tool::find(name))
}

fn missing(target: Target, what: &str) {
    wasmc_tests::say(&format!("{target}: not tested, this machine has no {what}"));
}

fn targets(system: System) -> impl Iterator<Item = Target> {
    Target::ALL.into_iter().filter(move |target| target.system == system)
}

/// How a program for `target` is started here; `None`, after saying so, if it cannot be.
fn runner(target: Target) -> Option<Vec<PathBuf>> {
    if Some(target) == Target::host() {
        return Some(Vec::new());
    }
    let found = match (target.system, target.architecture) {
        (System::Linux, Architecture::Aarch64) => {
            tool::find("qemu-aarch64").map(|qemu| vec![qemu, "-L".into(), "/usr/aarch64-linux-gnu".into()])
        }
        (System::Windows, Architecture::X86_64) => first_of(&["wine64", "wine"]).map(|wine| vec![wine]),
        _ => None,
    };
    if found.is_none() {
        wasmc_tests::say(&format!("{target}: linked, but nothing here runs it"));
    }
    found
}

fn run_program(target: Target, program: &Path, linker: &str) -> Result<()> {
    let Some(mut words) = runner(target) else { return Ok(()) };
    words.push(program.to_owned());
    let status = Command::new(&words[0]).args(&words[1..]).env("WINEDEBUG", "-all").status()?;
    ensure!(status.success(), "{target}, linked by {linker}: {status}, a check in border.c failed");
    wasmc_tests::say(&format!("{target}: linked by {linker}, and run"));
    Ok(())
}

#[test]
fn linkers_of_linux() -> Result<()> {
    for target in targets(System::Linux) {
        let parts = Parts::new(target)?;
        let (compilers, own): (&[&str], &str) = match target.architecture {
            Architecture::X86_64 => (&["x86_64-linux-gnu-gcc", "gcc"], "x86_64-linux-gnu"),
            Architecture::Aarch64 => (&["aarch64-linux-gnu-gcc"], "aarch64-linux-gnu"),
        };
        let Some(compiler) = first_of(compilers) else {
            missing(target, compilers[0]);
            continue;
        };
        for linker in ["bfd", "gold", "lld", "mold"] {
            let names = [format!("{own}-ld.{linker}"), format!("ld.{linker}")];
            // GNU's link for one machine, the others for all.
            let is_found = match linker {
                "bfd" | "gold" => tool::find(&names[0]).is_some(),
                _ => match first_of(&names.each_ref().map(String::as_str)) {
                    Some(found) => {
                        // Compilers for another machine look for it under a name of that machine only.
                        let link = parts.at(&format!("ld.{linker}"));
                        std::os::unix::fs::symlink(found, link)?;
                        true
                    }
                    None => false,
                },
            };
            if !is_found {
                missing(target, &format!("ld.{linker}"));
                continue;
            }
            for position in ["-pie", "-no-pie"] {
                let mut command = Command::new(&compiler);
                command.args([
                    "-Wall",
                    "-Werror",
                    "-O1",
                    &format!("-fuse-ld={linker}"),
                    "-Wl,--gc-sections",
                    position,
                    "-B.",
                ]);
                command.args(["-Wl,--fatal-warnings", "-o", "program"]).arg(root().join("tests/samples/border.c"));
                parts.run(command.arg("app.o"))?;
                check_linker(&parts.at("program"), linker)?;
                run_program(target, &parts.at("program"), linker)?;
            }
        }
    }
    Ok(())
}

/// It was this linker and no other that a compiler fell back to, as far as they leave their names.
fn check_linker(program: &Path, linker: &str) -> Result<()> {
    let name = match linker {
        "lld" => "LLD ",
        "mold" => "mold ",
        _ => return Ok(()),
    };
    use object::ObjectSection as _;
    let bytes = std::fs::read(program)?;
    let file = object::File::parse(bytes.as_slice())?;
    let comment = file.section_by_name(".comment").context("no .comment")?;
    let comment = String::from_utf8_lossy(comment.data()?).into_owned();
    ensure!(comment.contains(name), "{linker} did not link it: {comment:?}");
    Ok(())
}

#[test]
fn linkers_of_windows() -> Result<()> {
    for target in targets(System::Windows) {
        let parts = Parts::new(target)?;
        let (mingw, triple) = match target.architecture {
            Architecture::X86_64 => ("x86_64-w64-mingw32-gcc", "x86_64-pc-windows-msvc"),
            Architecture::Aarch64 => ("aarch64-w64-mingw32-gcc", "aarch64-pc-windows-msvc"),
        };
        match tool::find(mingw) {
            Some(compiler) => {
                let mut command = Command::new(compiler);
                command.args(["-Wall", "-Werror", "-O1", "-Wl,--gc-sections", "-o", "mingw.exe"]);
                parts.run(command.arg(root().join("tests/samples/border.c")).arg("app.o"))?;
                check_pe(&parts, "mingw.exe")?;
                run_program(target, &parts.at("mingw.exe"), mingw)?;
            }
            None => missing(target, mingw),
        }
        let (Some(clang), Some(link)) = (first_of(&["clang-22", "clang"]), first_of(&["lld-link-22", "lld-link"]))
        else {
            missing(target, "clang and lld-link");
            continue;
        };
        parts.compile_without_library(&clang, triple)?;
        let mut command = Command::new(link);
        command.args(["/nodefaultlib", "/entry:main", "/subsystem:console", "/opt:ref", "/wx", "/out:link.exe"]);
        parts.run(command.args(["main.o", "app.o"]))?;
        check_pe(&parts, "link.exe")?;
        run_program(target, &parts.at("link.exe"), "lld-link")?;
    }
    Ok(())
}

/// The program has a table of functions by which its system unwinds, with one for each of the object's.
fn check_pe(parts: &Parts, name: &str) -> Result<()> {
    let bytes = std::fs::read(parts.at(name))?;
    let object = std::fs::read(parts.at("app.o"))?;
    let object = object::File::parse(object.as_slice())?;
    let section_bytes = |file: &object::File<'_>| -> Result<u64> {
        use object::ObjectSection as _;
        let section = file.section_by_name(".pdata").context("no .pdata")?;
        Ok(section.size())
    };
    let program = object::File::parse(bytes.as_slice())?;
    ensure!(section_bytes(&program)? >= section_bytes(&object)?, "{}: entries of .pdata are lost", parts.target);
    Ok(())
}

#[test]
fn linkers_of_macos() -> Result<()> {
    for target in targets(System::Macos) {
        let parts = Parts::new(target)?;
        let (name, triple, zig_target) = match target.architecture {
            Architecture::X86_64 => ("x86_64", "x86_64-apple-macosx11.0", "x86_64-macos"),
            Architecture::Aarch64 => ("arm64", "arm64-apple-macosx11.0", "aarch64-macos"),
        };
        match (first_of(&["clang-22", "clang"]), first_of(&["ld64.lld-22", "ld64.lld"])) {
            (Some(clang), Some(link)) => {
                parts.compile_without_library(&clang, triple)?;
                let mut command = Command::new(link);
                command.args(["-arch", name, "-platform_version", "macos", "11.0", "11.0", "-dead_strip", "-dylib"]);
                command.args(["-exported_symbol", "_main", "-o", "lld.dylib", "main.o", "app.o"]);
                parts.run(&mut command)?;
                check_macho(&parts, "lld.dylib")?;
                wasmc_tests::say(&format!("{target}: linked by ld64.lld"));
            }
            _ => missing(target, "clang and ld64.lld"),
        }
        if let Some(zig) = tool::zig() {
            let mut command = zig.bare("cc");
            command.args(["-target", zig_target, "-O1", "-o", "zig", "-Wl,-dead_strip"]);
            parts.run(command.arg(root().join("tests/samples/border.c")).arg("app.o"))?;
            check_macho(&parts, "zig")?;
            run_program(target, &parts.at("zig"), "zig")?;
        }
    }
    Ok(())
}

/// The module's symbol and all of its sections are there.
fn check_macho(parts: &Parts, name: &str) -> Result<()> {
    let bytes = std::fs::read(parts.at(name))?;
    let file = object::File::parse(bytes.as_slice())?;
    ensure!(file.symbols().any(|symbol| symbol.name() == Ok("_wasmc_module")), "{name}: the module is gone");
    for section in wasmc_contract::section::Section::ALL {
        // Empty ones need not be.
        if section != wasmc_contract::section::Section::Handlers && section != wasmc_contract::section::Section::Data {
            let (_, own) = section.macho_name();
            ensure!(file.section_by_name(own).is_some(), "{}, {name}: {own} is gone", parts.target);
        }
    }
    let unwind = ["__unwind_info", "__eh_frame"].iter().any(|own| file.section_by_name(own).is_some());
    ensure!(unwind, "{}, {name}: nothing to unwind by", parts.target);
    Ok(())
}
