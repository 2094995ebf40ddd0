//! Where the commands, and executables, find side modules.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use wasmc_tests::binary;

use super::program::{Dylink, module};

/// A program whose exit status is what its side module gives: its first argument is the module's name. Says why there is
/// none.
const COMMAND: &str = r#"
    (import "env" "memory" (memory 16))
    (import "env" "__indirect_function_table" (table 0 funcref))
    (import "env" "__memory_base" (global $memory_base i32))
    (import "env" "__table_base" (global $table_base i32))
    (import "env" "_dlopen_js" (func $open (param i32) (result i32)))
    (import "env" "_dlsym_js" (func $symbol (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (global $top (mut i32) (i32.const 8192))
    (data (offset (global.get $memory_base)) "number\00")
    (func (export "__wasm_call_ctors"))
    (func (export "stackSave") (result i32) (global.get $top))
    (func (export "stackRestore") (param i32) (global.set $top (local.get 0)))
    ;; Each to a place of its own.
    (func (export "stackAlloc") (param i32) (result i32)
        (global.set $top (i32.add (global.get $top) (i32.const 1024)))
        (global.get $top))
    (func (export "__dl_seterr") (param $text i32) (param i32)
        (i32.store (i32.const 7000) (local.get $text))
        (loop $next
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $next (i32.load8_u (i32.add (local.get $text) (local.get 1)))))
        (i32.store (i32.const 7004) (local.get 1))
        (drop (call $write (i32.const 2) (i32.const 7000) (i32.const 1) (i32.const 7008))))
    (func (export "main") (param i32 i32) (result i32)
        (memory.copy (i32.const 4140) (i32.load offset=4 (local.get 1)) (i32.const 100))
        (if (i32.eqz (call $open (i32.const 4096))) (then (return (i32.const 77))))
        (call_indirect (result i32) (call $symbol (i32.const 4096) (global.get $memory_base))))"#;

/// A folder with the program, side modules and what they are compiled to.
struct Folder(tempfile::TempDir);

impl Folder {
    /// One with `main.wasm`, and `side.so`, whose number is 42.
    fn new() -> Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        let dylink = Dylink { memory: 8, ..Dylink::default() };
        fs::write(folder.file("main.wasm"), module("dylink.0", &dylink.bytes(), COMMAND)?)?;
        folder.put("side.so", 42)?;
        Ok(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Puts a side module there whose number is this.
    fn put(&self, name: &str, number: u32) -> Result<()> {
        let text = format!("(func (export \"number\") (result i32) (i32.const {number}))");
        fs::create_dir_all(self.file(name).parent().context("a folder")?)?;
        Ok(fs::write(self.file(name), module("dylink.0", &Dylink::default().bytes(), &text)?)?)
    }

    fn compile(&self, from: &str, to: &str) -> Result<()> {
        let (code, said) = status(binary::wasmc()?.arg("compile").arg(self.file(from)).arg("-o").arg(self.file(to)))?;
        ensure!(code == Some(0), "{said}");
        Ok(())
    }

    /// Grants the folder `files` as `guest`.
    fn grant(&self, guest: &str) -> String {
        format!("{}::{guest}", self.file("files").display())
    }

    /// Runs `program` with these options, and lets it load `side`.
    fn run(&self, mut command: Command, options: &[&str], program: &str, side: &str) -> Result<(Option<i32>, String)> {
        status(command.args(options).arg(self.file(program)).arg(side))
    }
}

fn status(command: &mut Command) -> Result<(Option<i32>, String)> {
    let output = command.output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// `wasmc run --stats`.
fn run_command() -> Result<Command> {
    let mut command = binary::wasmc()?;
    command.args(["run", "--stats"]);
    Ok(command)
}

#[test]
fn the_commands_find_side_modules_beside_the_program() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("below/side.so", 42)?;
    let run = |name: &str| folder.run(run_command()?, &[], "main.wasm", name);
    ensure!(run("side.so")?.0 == Some(42), "{:?}", run("side.so")?);
    // Kept like any other.
    let (_, said) = run("side.so")?;
    ensure!(said.matches("compiled: 0").count() == 2 && said.contains("side.so"), "{said}");
    // Nothing leads elsewhere, and nothing is run that is no module.
    for name in ["missing.so", "below/side.so", "../below/side.so", "/etc/passwd"] {
        ensure!(run(name)?.0 == Some(77), "{name}: {:?}", run(name)?);
    }
    folder.compile("main.wasm", "main.o")?;
    folder.compile("side.so", "side.o")?;
    ensure!(run("side.o")?.0 == Some(77), "an object that a program names is run");
    // What is compiled finds what is compiled, unless the program could have written it.
    for command in [binary::wasmrun()?, run_command()?] {
        let (code, said) = folder.run(command, &[], "main.o", "side.so")?;
        ensure!(code == Some(42), "{said}");
    }
    for (grant, expected) in [(folder.0.path(), 77), (&folder.file("below"), 42)] {
        let mut command = binary::wasmrun()?;
        command.arg("--dir").arg(grant);
        let (code, said) = folder.run(command, &[], "main.o", "side.so")?;
        ensure!(code == Some(expected), "{}: {said}", grant.display());
    }
    Ok(())
}

#[test]
fn executables_find_side_modules_beside_themselves() -> Result<()> {
    let folder = Folder::new()?;
    let program = folder.file("bin/program");
    fs::create_dir_all(folder.file("bin"))?;
    let mut build = binary::wasmc()?;
    let (code, said) = status(build.arg("build").arg(folder.file("main.wasm")).arg("-o").arg(&program))?;
    ensure!(code == Some(0), "{said}");
    let run = |program: &Path, directory: &Path| status(Command::new(program).arg("side.so").current_dir(directory));
    // The folder that it is started from does not matter, nor does that which the program was built in.
    folder.compile("side.so", "side.o")?;
    ensure!(run(&program, folder.0.path())?.0 == Some(77), "it looks elsewhere than beside itself");
    folder.compile("side.so", "bin/side.o")?;
    let (code, said) = run(&program, Path::new("/"))?;
    ensure!(code == Some(42), "{said}");
    // By its name alone, along `PATH`.
    let mut by_name = Command::new("/bin/sh");
    by_name.args(["-c", "program side.so"]).env("PATH", folder.file("bin")).current_dir(folder.0.path());
    let (code, said) = status(&mut by_name)?;
    ensure!(code == Some(42), "{said}");
    // Modules are not compiled there.
    fs::remove_file(folder.file("bin/side.o"))?;
    folder.put("bin/side.so", 42)?;
    ensure!(run(&program, folder.0.path())?.0 == Some(77), "a module is run");
    Ok(())
}

#[test]
fn the_programs_own_files_come_first() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("files/side.so", 43)?;
    folder.put("files/below/other.so", 44)?;
    let (data, root) = (folder.grant("/data"), folder.grant("/"));
    for (options, name, expected) in [
        (&["--dir", &data][..], "/data/side.so", 43),
        (&["--dir", &data], "data/below/../side.so", 43),
        (&["--dir-ro", &data], "/data/below/other.so", 44),
        // What is not among them is looked for beside the program.
        (&["--dir", &data], "side.so", 42),
        (&["--dir", &root], "side.so", 43),
        (&["--dir", &root], "./side.so", 43),
        (&[], "/data/side.so", 77),
        (&["--dir", &data], "/data/below", 77),
        (&["--dir", &data], "/data/missing.so", 77),
        // Further places.
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/none:/data/below"], "other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data:/data/below"], "other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data"], "below/other.so", 44),
        (&["--dir", &data, "--env", "LD_LIBRARY_PATH=/data"], "other.so", 77),
    ] {
        let (code, said) = folder.run(run_command()?, options, "main.wasm", name)?;
        ensure!(code == Some(expected), "{options:?} {name}: {code:?} {said}");
    }
    // Kept by what is in it.
    let (_, said) = folder.run(run_command()?, &["--dir", &data], "main.wasm", "/data/side.so")?;
    ensure!(said.matches("compiled: 0").count() == 2 && said.contains("side.so"), "{said}");
    Ok(())
}

#[test]
fn the_programs_own_files_are_compiled_and_never_run_as_they_are() -> Result<()> {
    let folder = Folder::new()?;
    folder.put("files/side.so", 43)?;
    folder.compile("main.wasm", "main.o")?;
    folder.compile("files/side.so", "files/side.o")?;
    let data = folder.grant("/data");
    // An object that the program could have written, by whatever name.
    fs::copy(folder.file("files/side.o"), folder.file("files/renamed.so"))?;
    for name in ["/data/side.o", "/data/renamed.so"] {
        for (command, program) in [(run_command()?, "main.wasm"), (binary::wasmrun()?, "main.o")] {
            let (code, said) = folder.run(command, &["--dir", &data], program, name)?;
            ensure!(code == Some(77) && said.contains("need to see wasm magic number"), "{name}: {said}");
        }
    }
    // Where nothing compiles, that is said; and what lies beside the program is taken for it.
    let run = |name: &str| folder.run(binary::wasmrun()?, &["--dir", &data], "main.o", name);
    let (code, said) = run("/data/side.so")?;
    ensure!(code == Some(77) && said.contains("there is no compiler here"), "{said}");
    folder.compile("side.so", "side.o")?;
    let (code, said) = run("/data/side.so")?;
    ensure!(code == Some(42), "{said}");
    // A program that is compiled already can load what is not, where there is a compiler.
    let (code, said) = folder.run(run_command()?, &["--dir", &data], "main.o", "/data/side.so")?;
    ensure!(code == Some(43), "{said}");
    Ok(())
}
