//! Builds of `wasmrun` with fewer hosts: they run what they have hosts for, and say what they lack.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wasmc_tests::{binary, root, tool};

/// Builds `wasmrun` with these features alone, and copies it into `folder`.
fn build(features: &str, folder: &Path) -> Result<PathBuf> {
    let verbose = tool::run(Command::new("rustc").arg("-vV"))?;
    let verbose = String::from_utf8(verbose.stdout)?;
    let triple = verbose.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names its host")?;
    let target = binary::directory()?.parent().context("a profile lies in a target directory")?;
    let mut cargo = Command::new(env!("CARGO"));
    // Where a target is named, commands lie in a folder of their own: the tests' own stay as they are.
    cargo.args(["build", "--locked", "--offline", "--target", triple, "-p", "wasmrun", "--no-default-features"]);
    tool::run(cargo.args(["--features", features, "--target-dir"]).arg(target).current_dir(root()))?;
    let built = folder.join("wasmrun-small");
    std::fs::copy(target.join(triple).join("debug/wasmrun"), &built)?;
    Ok(built)
}

/// A program of a folder, compiled.
fn compile(folder: &Path, name: &str, source: &str) -> Result<PathBuf> {
    let text = folder.join(name).with_extension("wat");
    std::fs::write(&text, source)?;
    let object = folder.join(name).with_extension("o");
    tool::run(binary::wasmc()?.arg("compile").arg(&text).arg("-o").arg(&object))?;
    Ok(object)
}

/// What a command ends with, and what it prints.
fn output(command: &mut Command) -> Result<(Option<i32>, String, String)> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((output.status.code(), text(&output.stdout), text(&output.stderr)))
}

/// It fails with this status, and says all of this.
fn refuse(command: &mut Command, status: i32, words: &[&str]) -> Result<()> {
    let (found, _, stderr) = output(command)?;
    ensure!(found == Some(status), "{command:?}: {found:?}, {stderr}");
    ensure!(words.iter().all(|word| stderr.contains(word)), "{command:?}: {stderr}");
    Ok(())
}

const GREETING: &str = "Hello from WebAssembly, with 0 arguments!\n";

const THREADS: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (func (export "wasi_thread_start") (param i32 i32))
    (func (export "_start") (drop (call $spawn (i32.const 0)))))"#;

const TRAP: &str = r#"(module (func $trap (@name "_ZNK3foo3barEi") (export "_start") unreachable))"#;

#[test]
fn what_is_left_out_is_said_and_the_rest_works() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let hello = compile(folder.path(), "hello", &std::fs::read_to_string(root().join("tests/samples/hello.wat"))?)?;
    let threads = compile(folder.path(), "threads", THREADS)?;
    let trap = compile(folder.path(), "trap", TRAP)?;

    let small = build("wasi", folder.path())?;
    let run = || Command::new(&small);
    let done = output(run().arg(&hello))?;
    ensure!(done == (Some(0), GREETING.to_owned(), String::new()), "{done:?}");
    let (_, version, _) = output(run().arg("--version"))?;
    ensure!(version.ends_with(" (without threads, Emscripten, demangled names)\n"), "{version}");
    let (_, help, _) = output(run().arg("--help"))?;
    ensure!(help.contains("This is a build without threads, Emscripten, demangled names"), "{help}");
    let remedy = "run the program with the full `wasmrun`";
    let lacks = "This wasmrun was built without threads: ";
    refuse(run().arg(&threads), 1, &[r#""wasi" "thread-spawn": func"#, r#""env" "memory": memory"#, lacks, remedy])?;
    refuse(
        run().args(["--max-threads", "2"]).arg(&hello),
        2,
        &["--max-threads: this wasmrun was built without", remedy],
    )?;
    refuse(run().arg(&trap), 134, &["0: _ZNK3foo3barEi"])?;
    refuse(binary::wasmrun()?.arg(&trap), 134, &["0: foo::bar(int) const"])?;
    // What nothing in any build defines is no matter of the build.
    let unknown = compile(folder.path(), "unknown", r#"(module (import "a" "b" (func)) (func (export "_start")))"#)?;
    let (_, _, stderr) = output(run().arg(&unknown))?;
    ensure!(stderr.contains(r#""a" "b""#) && !stderr.contains("built without"), "{stderr}");
    // It carries a program as well as the full one does.
    let app = folder.path().join("app");
    let mut build_app = binary::wasmc()?;
    build_app.arg("build").arg(folder.path().join("hello.wat")).arg("--stub").arg(&small).arg("-o").arg(&app);
    tool::run(&mut build_app)?;
    let done = output(&mut Command::new(&app))?;
    ensure!(done == (Some(0), GREETING.to_owned(), String::new()), "{done:?}");

    let least = build("", folder.path())?;
    let run = || Command::new(&least);
    let (status, results, _) = output(run().args(["--invoke", "answer"]).arg(compile(
        folder.path(),
        "answer",
        r#"(module (func (export "answer") (result i32) (i32.const 42)))"#,
    )?))?;
    ensure!(status == Some(0) && results == "42\n", "{status:?} {results}");
    refuse(run().arg(&hello), 1, &["\"wasi_snapshot_preview1\"", "This wasmrun was built without WASI: ", remedy])?;
    refuse(run().args(["--dir", "."]).arg(&trap), 2, &["--dir: this wasmrun was built without WASI", remedy])?;
    Ok(())
}
