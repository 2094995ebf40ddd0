//! Functions that a host brings of its own: in a library that `--abi` names, and compiled into a `wasmrun`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use wasmc_tests::{binary, emscripten, root, say, tool};

/// Exports a function for each of what a program may do with notes.
const PROGRAM: &str = r#"(module
  (import "notes" "add" (func $add (param i32 i32) (result i32)))
  (import "notes" "count" (func $count (result i32)))
  (import "notes" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "notes" "each" (func $each (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "onetwothree")
  (table (export "__indirect_function_table") 8 funcref)
  (elem (i32.const 1) $sum $trap $end $other $nested)
  (tag $tag (param i32))
  (global $total (mut i32) (i32.const 0))
  (func $fill
    (drop (call $add (i32.const 0) (i32.const 3)))
    (drop (call $add (i32.const 3) (i32.const 3)))
    (drop (call $add (i32.const 6) (i32.const 5))))
  (func $sum (param i32 i32) (result i32)
    (global.set $total (i32.add (global.get $total) (i32.add (local.get 0) (local.get 1))))
    (i32.eq (local.get 0) (i32.const 9)))
  (func $trap (param i32 i32) (result i32) (drop (i32.load (i32.const -1))) (i32.const 0))
  (func $end (param i32 i32) (result i32) (call $exit (i32.const 7)) (i32.const 0))
  (func $other (param externref))
  (func $throw (param i32 i32) (result i32) (throw $tag (i32.const 5)))
  (func $nested (param i32 i32) (result i32) (call $each (i32.const 1) (i32.const 100)))
  (func (export "count") (result i32) (call $fill) (call $count))
  (func (export "numbers") (result i32 i32) (call $fill) (call $add (i32.const 0) (i32.const 4096))
    (call $add (i32.const 0) (i32.const 4097)))
  (func (export "read") (result i32 i32 i32)
    (call $fill) (call $read (i32.const 2) (i32.const 64) (i32.const 2)) (i32.load (i32.const 64))
    (call $read (i32.const 3) (i32.const 64) (i32.const 2)))
  (func (export "outside") (result i32) (call $add (i32.const 65534) (i32.const 3)))
  (func (export "far_outside") (result i32) (call $add (i32.const -1) (i32.const -1)))
  (func (export "each") (param i32) (result i32 i32)
    (call $fill) (call $each (local.get 0) (i32.const 10)) (global.get $total))
  (func (export "catch") (result i32)
    (table.set (i32.const 6) (ref.func $throw))
    (call $fill)
    (block $caught (result i32)
      (try_table (result i32) (catch $tag $caught) (call $each (i32.const 6) (i32.const 0)))
      (drop) (i32.const -1)))
  (elem declare func $throw)
  (func (export "_start")))"#;

/// A library whose one function has a type, a name and a grant that macros say, and which opens or does not.
const LIBRARY: &str = r#"
#include "wasmc_abi.h"
static void function(void *state, wasmc_abi_call *call, wasmc_abi_value *values) { (void)state, (void)call, (void)values; }
static const char *open_it(const wasmc_abi_host *host, const wasmc_abi_grant *grants, size_t count, void **state) {
    (void)grants, (void)count, (void)state;
    return host->version >= WASMC_ABI_VERSION ? "not today" : "it is too old";
}
static const wasmc_abi_function functions[] = {{MODULE, "f", TYPE, GRANT, FUNCTION}};
static const wasmc_abi_permission permissions[] = {{PERMISSION, "what it is for", false}};
const wasmc_abi wasmc_abi_1 = {functions, 1, permissions, 1, OPEN, NULL};
"#;

/// A folder with the program, compiled, and the example's library.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        folder.compile("program", PROGRAM)?;
        folder.build_library(&root().join("loader/abi/examples/notes.c"), "libnotes.so", &[])?;
        Ok(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn compile(&self, name: &str, source: &str) -> Result<PathBuf> {
        let text = self.path().join(name).with_extension("wat");
        fs::write(&text, source)?;
        let object = text.with_extension("o");
        tool::run(binary::wasmc()?.arg("compile").arg(&text).arg("-o").arg(&object))?;
        Ok(object)
    }

    fn build_library(&self, source: &Path, name: &str, defines: &[String]) -> Result<()> {
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]);
        compiler.arg("-I").arg(root().join("loader/abi/include")).args(defines);
        tool::run(compiler.arg(source).arg("-o").arg(self.path().join(name)))?;
        Ok(())
    }

    /// The status, standard output and standard error of a command, run in the folder.
    fn run(&self, mut command: Command, words: &[&str]) -> Result<(Option<i32>, String, String)> {
        let output = command.args(words).current_dir(self.path()).stdin(Stdio::null()).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
    }

    /// What an export of the program gives.
    fn invoke(&self, abi: &str, name: &str, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
        let words = [&["--abi", abi, "--invoke", name, "program.o"], arguments].concat();
        self.run(binary::wasmrun()?, &words)
    }

    fn gives(&self, abi: &str, name: &str, arguments: &[&str], expected: &str) -> Result<()> {
        let (status, stdout, stderr) = self.invoke(abi, name, arguments)?;
        ensure!(status == Some(0) && stdout == expected, "{name} {arguments:?}: {status:?} {stdout:?} {stderr}");
        Ok(())
    }

    fn fails(&self, abi: &str, name: &str, arguments: &[&str], expected: i32, said: &str) -> Result<()> {
        let (status, stdout, stderr) = self.invoke(abi, name, arguments)?;
        ensure!(status == Some(expected) && stdout.is_empty(), "{name} {arguments:?}: {status:?} {stdout:?} {stderr}");
        ensure!(stderr.contains(said), "{name} {arguments:?}: {stderr}");
        Ok(())
    }
}

const GRANTED: &str = "./libnotes.so::write";

#[test]
fn a_program_calls_a_librarys_functions_and_they_call_it_back() -> Result<()> {
    let folder = Folder::new()?;
    folder.gives(GRANTED, "count", &[], "3\n")?;
    folder.gives("libnotes.so::write,limit=2", "count", &[], "2\n")?;
    folder.gives(GRANTED, "numbers", &[], "3\n-1\n")?;
    folder.gives(GRANTED, "read", &[], &format!("5\n{}\n-1\n", u32::from_le_bytes(*b"th\0\0")))?;
    let outside = "notes.add: the text is not inside of the memory";
    folder.fails(GRANTED, "outside", &[], 134, outside)?;
    folder.fails(GRANTED, "far_outside", &[], 134, outside)?;
    // 0 + 10, 1 + 10, 2 + 10.
    folder.gives(GRANTED, "each", &["1"], "0\n33\n")?;
    folder.gives(GRANTED, "each", &["5"], "0\n909\n")?;
    // How a call back ends is how the call ends that led to it.
    folder.fails(GRANTED, "each", &["2"], 134, "out of bounds memory access")?;
    folder.fails(GRANTED, "each", &["3"], 7, "")?;
    folder.gives(GRANTED, "catch", &[], "5\n")?;
    folder.fails(GRANTED, "each", &["0"], 134, "there is no function at 0 of `__indirect_function_table`")?;
    folder.fails(GRANTED, "each", &["-1"], 134, "there is no function at 4294967295")?;
    folder.fails(GRANTED, "each", &["4"], 134, "has more than numbers")?;
    // `wasmc run` does the same.
    let words = ["run", "--abi", GRANTED, "--invoke", "count", "program.wat"];
    let (status, stdout, stderr) = folder.run(binary::wasmc()?, &words)?;
    ensure!(status == Some(0) && stdout == "3\n", "{status:?} {stdout} {stderr}");
    Ok(())
}

#[test]
fn what_was_not_granted_traps_when_it_is_called_and_what_cannot_be_granted_is_refused() -> Result<()> {
    let folder = Folder::new()?;
    folder.fails(
        "./libnotes.so",
        "count",
        &[],
        134,
        "`add` of `notes` needs the grant 'write', which was not given",
    )?;
    let there_is =
        "there is no grant 'wirte'; there is:\n  write: add notes\n  limit=VALUE: how many notes there may be";
    folder.fails("./libnotes.so::wirte", "count", &[], 2, there_is)?;
    folder.fails("./libnotes.so::write=1", "count", &[], 2, "the grant 'write' takes no value")?;
    folder.fails("./libnotes.so::limit", "count", &[], 2, "the grant 'limit' needs a value: limit=VALUE")?;
    folder.fails("./libnotes.so::limit=x", "count", &[], 2, "--abi ./libnotes.so: limit: expected a number")?;
    folder.fails("./libnotes.so::write,write", "count", &[], 2, "a grant is given twice")?;
    // A program that calls nothing of it runs.
    let (status, _, stderr) = folder.run(binary::wasmrun()?, &["--abi", "./libnotes.so", "program.o"])?;
    ensure!(status == Some(0), "{status:?} {stderr}");
    Ok(())
}

#[test]
fn what_is_no_library_of_functions_is_refused_and_named() -> Result<()> {
    let folder = Folder::new()?;
    let refused = |abi: &str, said: &str| folder.fails(abi, "count", &[], 1, &format!("--abi {abi}: {said}"));
    refused("missing.so", "it cannot be loaded: No such file")?;
    // Nothing of this name is looked for in the system's folders.
    refused("libc.so.6", "it cannot be loaded: No such file")?;
    refused("program.wat", "it cannot be loaded: ")?;
    fs::write(folder.path().join("empty.c"), "int nothing;")?;
    folder.build_library(&folder.path().join("empty.c"), "empty.so", &[])?;
    refused("./empty.so", "it defines no `wasmc_abi_1`")?;
    let source = folder.path().join("library.c");
    fs::write(&source, LIBRARY)?;
    let library = |changed: &str| -> Result<()> {
        let usual =
            ["MODULE=\"m\"", "TYPE=\"i32 -> i32\"", "GRANT=NULL", "FUNCTION=function", "PERMISSION=\"p\"", "OPEN=NULL"];
        let key = changed.split('=').next().unwrap_or_default();
        let defines = usual.iter().filter(|define| !define.starts_with(&format!("{key}="))).copied().chain([changed]);
        let mut defines: Vec<String> = defines.map(|define| format!("-D{define}")).collect();
        // What open_it would be used for.
        defines.push("-Wno-unused".to_owned());
        folder.build_library(&source, "changed.so", &defines)
    };
    for (changed, said) in [
        ("TYPE=\"i32 -> v128\"", "it is no proper library of functions: the type of `f` of `m` is none: 'i32 -> v128'"),
        ("TYPE=NULL", "it is no proper library of functions: the type of `f` of `m` is none"),
        ("MODULE=NULL", "it is no proper library of functions: function 0 has no module"),
        ("MODULE=\"\\xff\"", "it is no proper library of functions: function 0 has no module"),
        ("FUNCTION=NULL", "it is no proper library of functions: `f` of `m` is null"),
        (
            "GRANT=\"q\"",
            "it is no proper library of functions: `f` needs the grant 'q', which is not among its permissions",
        ),
        ("PERMISSION=NULL", "it is no proper library of functions: the name or the summary of a permission is missing"),
        ("PERMISSION=\"a,b\"", "it is no proper library of functions: the name or the summary of a permission"),
    ] {
        library(changed)?;
        refused("./changed.so", said)?;
    }
    library("OPEN=open_it")?;
    folder.fails("./changed.so", "count", &[], 2, "--abi ./changed.so: not today")?;
    // Two that define the same.
    let words = ["--abi", "./libnotes.so", "--abi", "./libnotes.so", "program.o"];
    let (status, _, stderr) = folder.run(binary::wasmrun()?, &words)?;
    ensure!(status == Some(1) && stderr.contains("\"notes\" \"add\" is defined twice"), "{status:?} {stderr}");
    // Another type than the program's.
    library("MODULE=\"notes\"")?;
    folder.compile("other", r#"(module (import "notes" "f" (func (param i64))) (func (export "_start")))"#)?;
    let (status, _, stderr) = folder.run(binary::wasmrun()?, &["--abi", "./changed.so", "other.o"])?;
    ensure!(status == Some(1) && stderr.contains("\"notes\" \"f\""), "{status:?} {stderr}");
    ensure!(stderr.contains("func (i64) -> ()") && stderr.contains("func (i32) -> (i32)"), "{stderr}");
    Ok(())
}

/// Eight threads of one program add notes at once.
const THREADS: &str = r#"(module
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "notes" "add" (func $add (param i32 i32) (result i32)))
  (import "notes" "count" (func $count (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "wasi_thread_start") (param i32 i32) (local $left i32)
    (local.set $left (i32.const 100))
    (loop $again
      (drop (call $add (i32.const 64) (i32.const 8)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
  (func (export "_start") (local $left i32) (local $ended i32)
    (local.set $left (i32.const 8))
    (loop $again
      (drop (call $spawn (i32.const 0)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (loop $wait
      (local.set $ended (i32.atomic.load (i32.const 0)))
      (drop (memory.atomic.wait32 (i32.const 0) (local.get $ended) (i64.const 1000000000)))
      (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 8))))
    (call $exit (i32.sub (call $count) (i32.const 700)))))"#;

#[test]
fn threads_of_a_program_call_the_same_library() -> Result<()> {
    let folder = Folder::new()?;
    folder.compile("threads", THREADS)?;
    let (status, _, stderr) = folder.run(binary::wasmrun()?, &["--abi", GRANTED, "threads.o"])?;
    ensure!(status == Some(100), "{status:?} {stderr}");
    Ok(())
}

#[test]
fn programs_of_c_compilers_import_them() -> Result<()> {
    let folder = Folder::new()?;
    let source = root().join("tests/programs/notes.c");
    let module = folder.path().join("notes.wasm");
    let expected = "0\n1\n2 notes\n";
    let runs = || -> Result<()> {
        let words = ["run", "--abi", GRANTED, "notes.wasm", "first", "second"];
        let (status, stdout, stderr) = folder.run(binary::wasmc()?, &words)?;
        ensure!(status == Some(0) && stdout == expected, "{status:?} {stdout} {stderr}");
        Ok(())
    };
    if let Some(zig) = tool::zig() {
        tool::run(zig.command("cc").arg(&source).arg("-o").arg(&module))?;
        runs()?;
    }
    if emscripten::is_here() {
        let mut emcc = Command::new("emcc");
        emcc.env("NODE_PATH", "/usr/share/nodejs").args(["-O1", "-sERROR_ON_UNDEFINED_SYMBOLS=0"]).arg(&source);
        tool::run(emcc.arg("-o").arg(folder.path().join("notes.js")))?;
        runs()?;
    }
    Ok(())
}

/// The example that has the functions in it, linked statically where that is usual.
fn with_notes() -> Result<Option<PathBuf>> {
    const TRIPLE: &str = "x86_64-unknown-linux-musl";
    let library = tool::run(Command::new("rustc").args(["--print", "target-libdir", "--target", TRIPLE]))?;
    if !Path::new(String::from_utf8(library.stdout)?.trim()).is_dir() {
        say(&format!("functions compiled into a static binary: not run (rustup target add {TRIPLE})"));
        return Ok(None);
    }
    let target = binary::directory()?.parent().context("a profile lies in a target directory")?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--offline", "--target", TRIPLE, "-p", "wasmrun", "--example", "with_notes"]);
    tool::run(cargo.arg("--target-dir").arg(target).current_dir(root()))?;
    Ok(Some(target.join(TRIPLE).join("debug/examples/with_notes")))
}

#[test]
fn a_static_binary_says_that_it_loads_none_and_has_those_that_are_compiled_in() -> Result<()> {
    let Some(command) = with_notes()? else { return Ok(()) };
    let folder = Folder::new()?;
    let source = r#"(module
      (import "notes" "add" (func $add (param i32 i32) (result i32)))
      (import "notes" "count" (func $count (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $add (i32.const 0) (i32.const 3)))
        (call $exit (i32.add (call $count) (i32.const 40)))))"#;
    folder.compile("small", source)?;
    let run = |words: &[&str]| folder.run(Command::new(&command), words);
    let (status, _, stderr) = run(&["--abi", "notes::write", "small.o"])?;
    ensure!(status == Some(41) && stderr.is_empty(), "{status:?} {stderr}");
    let (status, _, stderr) = run(&["--abi=notes", "small.o"])?;
    ensure!(status == Some(134) && stderr.contains("needs the grant 'write'"), "{status:?} {stderr}");
    let (status, _, stderr) = run(&["--abi=notes::read", "small.o"])?;
    ensure!(
        status == Some(2) && stderr.contains("--abi notes: there is no grant 'read'; there is:"),
        "{status:?} {stderr}"
    );
    let (status, _, stderr) = run(&["--abi", "./libnotes.so::write", "small.o"])?;
    for said in [
        "--abi ./libnotes.so: a program that is linked statically loads no libraries",
        "take the wasmrun of x86_64-linux-gnu",
        "(compiled in here: notes)",
    ] {
        ensure!(status == Some(1) && stderr.contains(said), "{said}: {status:?} {stderr}");
    }
    // It is a stub as well.
    let mut build = binary::wasmc()?;
    build.current_dir(folder.path()).args(["build", "small.wat", "--abi", "notes::write", "-o", "app", "--stub"]);
    tool::run(build.arg(&command))?;
    let (status, _, stderr) = folder.run(Command::new(folder.path().join("app")), &[])?;
    ensure!(status == Some(41), "{status:?} {stderr}");
    Ok(())
}
