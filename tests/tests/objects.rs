//! An artifact is an object file like any other: the system's tools read it without a word, and a C program links it.
//!
//! Tools that the machine lacks are counted and named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_tests::c_program::{self, CProgram};
use wasmc_tests::{binary, compile_options, tool};

/// A fresh folder with the module compiled to `app.o` in it.
fn compiled(source: &str) -> Result<(tempfile::TempDir, PathBuf, Vec<u8>)> {
    compiled_with(source, &compile_options())
}

fn compiled_with(source: &str, options: &CompileOptions) -> Result<(tempfile::TempDir, PathBuf, Vec<u8>)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.o");
    let artifact = compile(&wat::parse_str(source)?, options)?;
    std::fs::write(&path, artifact.bytes())?;
    Ok((folder, path, artifact.bytes().to_vec()))
}

const EVERYTHING: &str = include_str!("../samples/everything.wat");

/// Runs a reader and takes any word that sounds like a complaint for one.
fn read_without_complaint(name: &str, arguments: &[&str], object: &Path) -> Result<bool> {
    let Some(program) = tool::find(name) else {
        wasmc_tests::say(&format!("not tested: this machine has no {name}"));
        return Ok(false);
    };
    let output = tool::run(Command::new(program).args(arguments).arg(object))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8_lossy(&output.stdout);
    ensure!(stderr.is_empty(), "{name}: {stderr}");
    let complaint = stdout.lines().find(|line| line.to_lowercase().contains("warning"));
    ensure!(complaint.is_none(), "{name}: {complaint:?}");
    ensure!(!stdout.is_empty(), "{name} shows nothing");
    Ok(true)
}

#[test]
fn readers_do_not_complain() -> Result<()> {
    let (_folder, object, _) = compiled(EVERYTHING)?;
    let readers: [(&str, &[&str]); 10] = [
        ("readelf", &["-aW"]),
        ("readelf", &["--debug-dump=frames", "-W"]),
        ("nm", &[]),
        ("objdump", &["-dr"]),
        ("size", &[]),
        ("llvm-readelf", &["-aW"]),
        ("llvm-nm", &[]),
        ("llvm-objdump", &["-dr"]),
        ("llvm-dwarfdump", &["--eh-frame"]),
        ("eu-elflint", &["--gnu-ld"]),
    ];
    let mut missing = 0;
    for (name, arguments) in readers {
        // elfutils' own checker is welcome, but prints nothing that has to be there.
        if name == "eu-elflint" && tool::find(name).is_none() {
            continue;
        }
        missing += usize::from(!read_without_complaint(name, arguments, &object)?);
    }
    wasmc_tests::say(&format!("{} readers, {missing} of them missing here", readers.len()));
    Ok(())
}

#[test]
fn linkers_take_it() -> Result<()> {
    let (folder, object, _) = compiled(EVERYTHING)?;
    for name in ["ld", "ld.lld", "ld.gold", "ld.bfd"] {
        let Some(linker) = tool::find(name) else {
            wasmc_tests::say(&format!("not tested: this machine has no {name}"));
            continue;
        };
        let linked = folder.path().join("linked.o");
        let output = tool::run(Command::new(linker).arg("-r").arg("-o").arg(&linked).arg(&object))?;
        ensure!(output.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        ensure!(std::fs::metadata(&linked)?.len() > 0);
    }
    Ok(())
}

#[test]
fn sections_symbols_and_relocations_are_as_documented() -> Result<()> {
    let (_folder, _, bytes) = compiled(EVERYTHING)?;
    let file = object::File::parse(bytes.as_slice())?;
    let text = file.section_by_name(".text").context("no .text")?;
    ensure!(text.relocations().count() == 0, "text has relocations");
    for section in wasmc_contract::section::Section::ALL {
        let name = section.elf_name();
        ensure!(file.section_by_name(name).is_some(), "no {name}");
    }
    ensure!(file.section_by_name(".eh_frame").is_some(), "no .eh_frame");
    let symbols: BTreeMap<&str, _> = file.symbols().filter_map(|symbol| Some((symbol.name().ok()?, symbol))).collect();
    for name in ["add", "many", "indirect", "loop", "host"] {
        let symbol = symbols.get(name).with_context(|| format!("no symbol {name}"))?;
        ensure!(symbol.kind() == SymbolKind::Text && symbol.size() > 0 && symbol.is_local(), "{name}: {symbol:?}");
    }
    for name in ["wasmc_export_add", "wasmc_export_odd_x20name_x3a_x20_xc3_xa9_x2d_x5fx", "wasmc_module"] {
        let symbol = symbols.get(name).with_context(|| format!("no symbol {name}"))?;
        ensure!(symbol.is_global() && symbol.size() > 0, "{name}: {symbol:?}");
    }
    let others = symbols.values().filter(|symbol| symbol.is_global() && symbol.is_definition());
    for symbol in others {
        ensure!(symbol.name()?.starts_with("wasmc_"), "{symbol:?} may take the place of a C program's own");
    }
    Ok(())
}

#[test]
fn names_of_the_c_library_do_no_harm() -> Result<()> {
    let (_folder, _, bytes) = compiled(
        r#"(module (func $malloc (export "malloc") (param i32) (result i32) (local.get 0))
             (func $main (export "main") (result i32) (i32.const 1)) (func (export "_start")))"#,
    )?;
    let file = object::File::parse(bytes.as_slice())?;
    for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
        ensure!(!["malloc", "main", "_start"].contains(&symbol.name()?), "{symbol:?}");
    }
    Ok(())
}

#[test]
fn a_c_program_links_it_and_calls_an_export() -> Result<()> {
    run(c_program::LINKED)
}

#[test]
fn a_c_program_throws_and_catches() -> Result<()> {
    run(c_program::THROWER)
}

#[test]
fn a_c_program_bounds_stops_and_leaves_its_code() -> Result<()> {
    run(c_program::BOUNDED)
}

#[test]
fn a_c_program_defines_imports_by_the_header() -> Result<()> {
    let wasm = wat::parse_str(c_program::IMPORTS.module)?;
    let header = wasmc_compiler::emit_header(&wasm, &compile_options())?;
    wasmc_tests::expected::check("imports.h", header.as_bytes())?;
    run(c_program::IMPORTS)
}

#[test]
fn headers_are_c_and_cpp_whatever_names_there_are() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let odd = r#"(module (import "" "" (func (param externref))) (import "m" "memory" (memory 1))
        (import "a" "b_c" (func)) (import "a_b" "c" (func)) (import "a" "b_c" (func))
        (func (export "int")) (func (export "")) (func (export "module") (param v128 funcref f32) (result v128)))"#;
    for source in [EVERYTHING, odd, include_str!("../samples/imports.wat"), "(module)"] {
        let options = CompileOptions { symbol_prefix: "my_app".to_owned(), ..compile_options() };
        let header = wasmc_compiler::emit_header(&wat::parse_str(source)?, &options)?;
        std::fs::write(folder.path().join("module.h"), &header)?;
        for (compiler, standard, file) in [("cc", "-std=c99", "use.c"), ("c++", "-std=c++11", "use.cpp")] {
            let Some(compiler) = tool::find(compiler) else {
                wasmc_tests::say(&format!("not tested: this machine has no {compiler}"));
                continue;
            };
            std::fs::write(folder.path().join(file), "#include \"module.h\"\n#include \"module.h\"\n")?;
            let mut command = Command::new(compiler);
            command.args([standard, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]).arg("-I");
            command.arg(wasmc_tests::root().join("loader/capi/include")).arg("-DMY_APP_ONE_INSTANCE");
            command.args(["-Wno-unused-variable", "-Wno-unused-function"]);
            tool::run(command.arg(folder.path().join(file))).with_context(|| header.clone())?;
        }
    }
    Ok(())
}

/// Links a C program with its module, and compares what it prints.
fn run(program: CProgram) -> Result<()> {
    let CProgram { module, source, expected } = program;
    let Some(compiler) = tool::find("cc") else {
        wasmc_tests::say("not tested: this machine has no cc");
        return Ok(());
    };
    let (folder, object, _) = compiled_with(module, &CompileOptions { interruptible: true, ..compile_options() })?;
    let program = folder.path().join("program");
    let source = wasmc_tests::root().join("tests/samples").join(source);
    let mut link = Command::new(compiler);
    link.arg("-Wall").arg("-Werror").arg("-I").arg(wasmc_tests::root().join("loader/capi/include"));
    link.arg("-I").arg(wasmc_tests::root().join("tests/programs"));
    link.arg(&source).arg(&object).arg(binary::directory()?.join("libwasmc_loader.a")).arg("-o").arg(&program);
    let output = tool::run(&mut link)?;
    ensure!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = tool::run(&mut Command::new(&program))?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(text == expected, "{text}");
    Ok(())
}
