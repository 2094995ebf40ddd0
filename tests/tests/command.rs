//! The commands as a person or a script uses them: exit statuses, output, and what they leave behind.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wasmc_tests::binary::{wasmc, wasmrun};
use wasmc_tests::module::Module;
use wasmc_tests::root;

fn sample(name: &str) -> PathBuf {
    root().join("tests/samples").join(name)
}

/// What a command did, with assertions that show all of it when they fail.
struct Done(String, Output);

impl Done {
    fn of(command: &mut Command) -> Result<Self> {
        let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
        Ok(Self(format!("{command:?}"), output))
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.1.stdout).into_owned()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.1.stderr).into_owned()
    }

    fn expect_status(self, status: i32) -> Result<Self> {
        let Self(command, output) = &self;
        ensure!(output.status.code() == Some(status), "{command}: {output:?}, expected status {status}");
        Ok(self)
    }

    fn expect_stdout(self, text: &str) -> Result<Self> {
        ensure!(self.stdout() == text, "{}: printed {:?}, expected {text:?}", self.0, self.stdout());
        Ok(self)
    }

    fn expect_in_stderr(self, words: &[&str]) -> Result<Self> {
        for word in words {
            ensure!(self.stderr().contains(word), "{}: no {word:?} in\n{}", self.0, self.stderr());
        }
        Ok(self)
    }
}

/// A fresh folder with `source` compiled to `app.o` in it.
fn compiled(source: &str, options: &[&str]) -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("app.wat");
    std::fs::write(&text, source)?;
    let object = folder.path().join("app.o");
    Done::of(wasmc()?.arg("compile").args(options).arg(&text).arg("-o").arg(&object))?.expect_status(0)?;
    Ok((folder, object))
}

#[test]
fn the_first_thing_that_a_newcomer_does() -> Result<()> {
    let greeting = |count: u32| format!("Hello from WebAssembly, with {count} arguments!\n");
    Done::of(wasmc()?.arg("run").arg(sample("hello.wat")))?.expect_status(0)?.expect_stdout(&greeting(0))?;
    Done::of(wasmc()?.arg("run").arg(sample("hello.wat")).args(["one", "--two"]))?
        .expect_status(0)?
        .expect_stdout(&greeting(2))?;
    Ok(())
}

#[test]
fn an_object_runs_under_both_commands() -> Result<()> {
    let (_folder, object) = compiled(&std::fs::read_to_string(sample("hello.wat"))?, &[])?;
    let text = "Hello from WebAssembly, with 1 arguments!\n";
    Done::of(wasmrun()?.arg(&object).arg("-O"))?.expect_status(0)?.expect_stdout(text)?;
    Done::of(wasmc()?.arg("run").arg(&object).arg("--help"))?.expect_status(0)?.expect_stdout(text)?;
    Ok(())
}

#[test]
fn standard_input_is_compiled() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("out.o");
    let mut child = wasmc()?.args(["compile", "-", "-o"]).arg(&object).stdin(Stdio::piped()).spawn()?;
    let wasm = wat::parse_str("(module (func (export \"f\") (result i32) (i32.const 3)))")?;
    child.stdin.take().context("stdin is piped")?.write_all(&wasm)?;
    ensure!(child.wait()?.success());
    Done::of(wasmrun()?.args(["--invoke", "f"]).arg(&object))?.expect_status(0)?.expect_stdout("3\n")?;
    Ok(())
}

#[test]
fn values_are_printed_as_documented() -> Result<()> {
    let (_folder, object) = compiled(
        r#"(module
             (func (export "numbers") (param i32 i64 f32 f64) (result i32 i64 f32 f64)
               (local.get 0) (local.get 1) (local.get 2) (local.get 3))
             (func (export "vector") (result v128) (v128.const i32x4 1 2 3 -1))
             (func (export "null") (result externref) (ref.null extern))
             (func (export "nothing")))"#,
        &[],
    )?;
    let invoke = |name: &str, arguments: &[&str]| -> Result<Done> {
        Done::of(wasmrun()?.args(["--invoke", name]).arg(&object).args(arguments))
    };
    invoke("numbers", &["-1", "-9223372036854775808", "0.1", "1e300"])?
        .expect_status(0)?
        .expect_stdout("-1\n-9223372036854775808\n0.1\n1e300\n")?;
    invoke("null", &[])?.expect_status(0)?.expect_stdout("null\n")?;
    invoke("nothing", &[])?.expect_status(0)?.expect_stdout("")?;
    let vector = invoke("vector", &[])?.expect_status(0)?.stdout();
    ensure!(vector.contains("00000001") && vector.contains("ffffffff"), "{vector}");
    ensure!(invoke("numbers", &["1"])?.1.status.code() != Some(0));
    ensure!(invoke("numbers", &["x", "1", "1", "1"])?.1.status.code() != Some(0));
    ensure!(invoke("missing", &[])?.1.status.code() != Some(0));
    Ok(())
}

#[test]
fn a_trap_is_reported_and_ends_with_134() -> Result<()> {
    let done = Done::of(wasmc()?.args(["run", "--invoke", "beyond"]).arg(sample("hello.wat")))?;
    done.expect_status(134)?.expect_in_stderr(&["out of bounds memory access", "at", "beyond"])?;
    let (_folder, object) = compiled(
        r#"(module (func $deep (export "deep") (call $deep)) (func (export "unreachable") (unreachable))
             (func (export "divide") (result i32) (i32.div_u (i32.const 1) (i32.const 0))))"#,
        &[],
    )?;
    for (name, message) in
        [("deep", "call stack exhausted"), ("unreachable", "unreachable"), ("divide", "integer divide by zero")]
    {
        Done::of(wasmrun()?.args(["--invoke", name]).arg(&object))?.expect_status(134)?.expect_in_stderr(&[message])?;
    }
    Ok(())
}

#[test]
fn a_program_s_own_status_passes_through() -> Result<()> {
    for status in [0, 1, 42, 125] {
        let (_folder, object) = compiled(
            &format!(
                r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                     (memory (export "memory") 1)
                     (func (export "_start") (call $exit (i32.const {status}))))"#
            ),
            &[],
        )?;
        Done::of(wasmrun()?.arg(&object))?.expect_status(status)?;
    }
    Ok(())
}

#[test]
fn failures_are_1_and_wrong_usage_is_2() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let broken = folder.path().join("broken.wasm");
    std::fs::write(&broken, b"\0asm\x01\0\0\0\x01\xff")?;
    let object = folder.path().join("out.o");
    Done::of(wasmc()?.arg("compile").arg(&broken).arg("-o").arg(&object))?
        .expect_status(1)?
        .expect_in_stderr(&["offset"])?;
    ensure!(std::fs::read_dir(folder.path())?.count() == 1, "a failed compile left something behind");
    Done::of(wasmc()?.arg("run").arg(folder.path().join("missing.wasm")))?.expect_status(1)?;
    Done::of(wasmrun()?.arg(&broken))?.expect_status(1)?;
    for verb in ["compile", "run"] {
        Done::of(wasmc()?.arg(verb).arg("--no-such-option"))?
            .expect_status(2)?
            .expect_in_stderr(&["'--no-such-option'"])?;
    }
    Done::of(wasmrun()?.arg("--no-such-option").arg(&broken))?.expect_status(2)?;
    Done::of(&mut wasmc()?)?.expect_status(2)?;
    Done::of(&mut wasmrun()?)?.expect_status(2)?;
    Ok(())
}

#[test]
fn all_missing_imports_are_named_at_once() -> Result<()> {
    let (_folder, object) = compiled(
        r#"(module (import "one" "first" (func (param i32) (result i64))) (import "two" "second" (memory 3))
             (func (export "_start")))"#,
        &[],
    )?;
    Done::of(wasmrun()?.arg(&object))?
        .expect_status(1)?
        .expect_in_stderr(&["one", "first", "i32", "i64", "two", "second", "memory"])?;
    Ok(())
}

#[test]
fn a_runaway_program_is_stopped() -> Result<()> {
    let source = r#"(module (func (export "_start") (loop $again (br $again))))"#;
    let folder = tempfile::tempdir()?;
    let text = folder.path().join("loop.wat");
    std::fs::write(&text, source)?;
    Done::of(wasmc()?.args(["run", "--timeout", "200ms"]).arg(&text))?.expect_status(124)?;
    let (_folder, object) = compiled(source, &["--interruptible"])?;
    Done::of(wasmrun()?.args(["--timeout", "200ms"]).arg(&object))?.expect_status(124)?;
    // Without the check in the code a timeout would never come.
    let (_folder, object) = compiled(source, &[])?;
    Done::of(wasmrun()?.args(["--timeout", "200ms"]).arg(&object))?
        .expect_status(1)?
        .expect_in_stderr(&["--interruptible"])?;
    Ok(())
}

#[test]
fn modules_are_preloaded() -> Result<()> {
    // Its constructors run first.
    let (_one, library) = compiled(
        r#"(module (global $answer (mut i32) (i32.const 0))
             (func (export "_initialize") (global.set $answer (i32.const 42)))
             (func (export "answer") (result i32) (global.get $answer)))"#,
        &[],
    )?;
    let (_two, program) = compiled(
        r#"(module (import "library" "answer" (func $answer (result i32)))
             (func (export "run") (result i32) (i32.add (call $answer) (i32.const 1))))"#,
        &[],
    )?;
    let preload = format!("library={}", library.display());
    Done::of(wasmrun()?.args(["--preload", &preload, "--invoke", "run"]).arg(&program))?
        .expect_status(0)?
        .expect_stdout("43\n")?;
    Ok(())
}

#[test]
fn errors_name_the_place_in_the_source() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bad.wat");
    for (text, place) in [
        ("(module\n  (func (result i32)\n    (i32.add (i64.const 1) (i32.const 1))))", "bad.wat:3:6: invalid"),
        ("(module\n  (func (result i32)\n    (i64.const 1)))", "bad.wat:3"),
        ("\u{feff}(module (func (result i32) i64.const 1))", "bad.wat:1"),
        ("", "' is empty"),
    ] {
        std::fs::write(&file, text)?;
        let done = Done::of(wasmc()?.arg("compile").arg(&file))?.expect_status(1)?;
        ensure!(done.stderr().contains(place), "{}", done.stderr());
    }
    let done = Done::of(wasmc()?.arg("inspect").arg(&file))?.expect_status(1)?;
    ensure!(done.stderr().contains("compile it first"), "{}", done.stderr());
    std::fs::write(&file, "(module (memory 1) (memory 1))")?;
    let done = Done::of(wasmc()?.args(["wast", "--disable", "multi-memory"]).arg(&file))?.expect_status(1)?;
    ensure!(done.stdout().contains("multiple memories"), "{}", done.stdout());
    Ok(())
}

#[test]
fn ir_and_assembly_are_shown() -> Result<()> {
    for (kind, word) in [("clif", "function"), ("asm", "ret")] {
        let done = Done::of(wasmc()?.args(["compile", "--emit", kind]).arg(sample("hello.wat")).args(["-o", "-"]))?;
        let text = done.expect_status(0)?.stdout();
        ensure!(text.contains(word), "{text}");
    }
    Ok(())
}

#[test]
fn scripts_are_run_and_counted() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("test.wast");
    let module = "(module (func (export \"f\") (result i32) (i32.const 1)))\n";
    std::fs::write(&script, format!("{module}(assert_return (invoke \"f\") (i32.const 1))\n"))?;
    let done = Done::of(wasmc()?.arg("wast").arg(&script))?.expect_status(0)?;
    ensure!(done.stdout().contains("1 passed, 0 failed, 0 skipped"), "{}", done.stdout());
    std::fs::write(&script, format!("{module}(assert_return (invoke \"f\") (i32.const 2))\n"))?;
    let done = Done::of(wasmc()?.arg("wast").arg(&script))?.expect_status(1)?;
    ensure!(done.stdout().contains("0 passed, 1 failed, 0 skipped"), "{}", done.stdout());
    Ok(())
}

#[test]
fn a_killed_compile_leaves_nothing_behind() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("out.o");
    let large = folder.path().join("large.wasm");
    let mut module = Module::default();
    module.type_of_number();
    (0..20_000).for_each(|_| module.function(0));
    (0..20_000).for_each(|_| module.body(&[0x41, 42]));
    std::fs::write(&large, module.finish())?;
    for milliseconds in [0, 20, 100, 300, 600, 900] {
        let mut child = wasmc()?.arg("compile").arg(&large).arg("-o").arg(&object).spawn()?;
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill()?;
        child.wait()?;
        if object.exists() {
            // It was quick enough: what is there must be whole.
            Done::of(wasmc()?.arg("inspect").arg(&object))?.expect_status(0)?;
        }
    }
    Done::of(wasmc()?.arg("compile").arg(sample("hello.wat")).arg("-o").arg(&object))?.expect_status(0)?;
    let names: Vec<_> = std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
    ensure!(names.len() == 2, "left behind: {names:?}");
    Ok(())
}

#[test]
fn a_closed_pipe_ends_the_command_as_it_ends_a_native_program() -> Result<()> {
    use std::os::unix::process::ExitStatusExt;
    let (_folder, object) = compiled(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 0) "\10\00\00\00\08\00\00\00") (data (i32.const 16) "1234567\n")
             (func (export "_start")
               (loop $again
                 (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                 (br $again))))"#,
        &[],
    )?;
    let mut child = wasmrun()?.arg(&object).stdout(Stdio::piped()).spawn()?;
    drop(child.stdout.take());
    let status = child.wait()?;
    // SIGPIPE
    ensure!(status.signal() == Some(13), "{status}");
    Ok(())
}

#[test]
fn a_blocking_host_call_is_interrupted() -> Result<()> {
    let (_folder, object) = compiled(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 0) "\10\00\00\00\08\00\00\00")
             (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        &["--interruptible"],
    )?;
    let start = Instant::now();
    let mut child = wasmrun()?.args(["--timeout", "300ms"]).arg(&object).stdin(Stdio::piped()).spawn()?;
    let _held_open = child.stdin.take();
    let status = child.wait()?;
    ensure!(status.code() == Some(124), "{status}");
    ensure!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    Ok(())
}

#[test]
fn a_signal_that_means_nothing_prolongs_no_sleep() -> Result<()> {
    // Sleeps for half a second.
    let (_folder, object) = compiled(
        r#"(module
             (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 24) "\00\65\cd\1d")
             (func (export "_start")
               (if (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96)) (then unreachable))))"#,
        &["--interruptible"],
    )?;
    let mut child = wasmrun()?.args(["--timeout", "5m"]).arg(&object).spawn()?;
    let process = rustix::process::Pid::from_child(&child);
    let end = Instant::now() + Duration::from_secs(60);
    // What wakes blocking calls to be stopped, from somebody else, and more often than the sleep is long.
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        ensure!(Instant::now() < end, "it still sleeps");
        std::thread::sleep(Duration::from_millis(100));
        rustix::process::kill_process(process, rustix::process::Signal::URG)?;
    };
    ensure!(status.success(), "{status}");
    Ok(())
}

#[test]
fn a_signal_that_means_nothing_ends_no_look() -> Result<()> {
    // Looks again and again whether there is something to read, without waiting.
    let (_folder, object) = compiled(
        r#"(module
             (import "env" "__syscall_poll" (func $poll (param i32 i32 i32) (result i32)))
             (memory (export "memory") 1)
             (data (i32.const 0) "\00\00\00\00\01\00\00\00")
             (func (export "main") (result i32)
               (local $left i32)
               (local.set $left (i32.const 300000))
               (loop $again
                 (if (call $poll (i32.const 0) (i32.const 1) (i32.const 0)) (then unreachable))
                 (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                 (br_if $again (local.get $left)))
               (i32.const 0)))"#,
        &["--interruptible"],
    )?;
    let mut child = wasmrun()?.args(["--timeout", "5m"]).arg(&object).stdin(Stdio::piped()).spawn()?;
    let _held_open = child.stdin.take();
    let process = rustix::process::Pid::from_child(&child);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_micros(50));
        rustix::process::kill_process(process, rustix::process::Signal::URG)?;
    };
    ensure!(status.success(), "{status}");
    Ok(())
}

#[test]
fn a_source_is_not_replaced_by_its_object() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("source.o");
    std::fs::write(&file, "(module)")?;
    let refused = Done::of(wasmc()?.arg("compile").arg(&file))?.expect_status(2)?;
    refused.expect_in_stderr(&["would be replaced", "-o"])?;
    ensure!(std::fs::read(&file)? == b"(module)");
    Done::of(wasmc()?.arg("compile").arg(&file).arg("-o").arg(folder.path().join("other.o")))?.expect_status(0)?;
    Ok(())
}

#[test]
fn what_modules_say_is_no_command_for_a_terminal() -> Result<()> {
    let source = r#"(module
        (func (export "\1b[31mred\n fake: func"))
        (func $trap (@name "a\1b[31mred\nname") (export "trap") unreachable))"#;
    let (_folder, object) = compiled(source, &[])?;
    let name = "\\u{1b}[31mred\\n";
    let inspected = Done::of(wasmc()?.arg("inspect").arg(&object))?.expect_status(0)?;
    ensure!(inspected.stdout().contains(&format!("{name} fake: func")), "{}", inspected.stdout());
    let trapped = Done::of(wasmrun()?.args(["--invoke", "trap"]).arg(&object))?.expect_status(134)?;
    let trapped = trapped.expect_in_stderr(&[&format!("a{name}name")])?;
    ensure!(!trapped.stderr().contains('\x1b'), "{}", trapped.stderr());
    Done::of(wasmrun()?.args(["--invoke", "nothing"]).arg(&object))?.expect_status(1)?.expect_in_stderr(&[name])?;
    Ok(())
}

#[test]
fn explicit_checks_take_little_address_space() -> Result<()> {
    // Grows a little, and not by all that there is.
    let source = r#"(module (memory 1)
        (func (export "_start")
          (drop (i32.load (i32.const 0)))
          (if (i32.ne (memory.grow (i32.const 100)) (i32.const 1)) (then unreachable))
          (i32.store (i32.const 6000000) (i32.const 1))))"#;
    let run = |kibibytes: u32, options: &[&str]| -> Result<Done> {
        let (_folder, object) = compiled(source, options)?;
        Done::of(
            Command::new("sh")
                .args(["-c", &format!("ulimit -v {kibibytes}; exec \"$0\" \"$1\"")])
                .arg(wasmrun()?.get_program())
                .arg(&object),
        )
    };
    run(6 << 20, &["--bounds-checks", "explicit"])?.expect_status(0)?;
    run(6 << 20, &[])?.expect_status(1)?.expect_in_stderr(&["--bounds-checks explicit", "ulimit"])?;
    // Less than its memory may grow to.
    run(1 << 20, &["--bounds-checks", "explicit"])?.expect_status(0)?;
    run(1 << 20, &[])?.expect_status(1)?;
    Ok(())
}

#[test]
fn limits_are_kept() -> Result<()> {
    let (_folder, object) = compiled(
        r#"(module (memory 1)
             (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
             (func $down (export "down") (param i32) (result i32)
               (if (result i32) (local.get 0)
                 (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
                 (else (i32.const 0)))))"#,
        &[],
    )?;
    let run = |options: &[&str], name: &str, argument: &str| -> Result<Done> {
        Done::of(wasmrun()?.args(options).args(["--invoke", name]).arg(&object).arg(argument))
    };
    run(&["--max-memory", "1M"], "grow", "15")?.expect_status(0)?.expect_stdout("1\n")?;
    run(&["--max-memory", "1M"], "grow", "16")?.expect_status(0)?.expect_stdout("-1\n")?;
    run(&["--max-stack", "64M"], "down", "100000")?.expect_status(0)?.expect_stdout("100000\n")?;
    run(&["--max-stack", "256K"], "down", "100000")?.expect_status(134)?.expect_in_stderr(&["call stack exhausted"])?;
    Ok(())
}

#[test]
fn nothing_after_the_file_is_parsed() -> Result<()> {
    let arguments = ["--dir", "/", "-O", "0", "--", "--invoke"];
    let text = "Hello from WebAssembly, with 6 arguments!\n";
    Done::of(wasmc()?.arg("run").arg(sample("hello.wat")).args(arguments))?.expect_status(0)?.expect_stdout(text)?;
    Ok(())
}

/// `wasmc run` reads what has a name and no end of its own, and takes its options in every form.
#[test]
fn programs_come_by_pipes_and_options_in_one_word() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("app.wat");
    std::fs::write(&program, r#"(module (func (export "run") (result i32) (i32.const 42)))"#)?;
    for level in ["-O0", "-O1", "-O2", "-Os", "-O=1"] {
        let mut command = wasmc_tests::binary::wasmc()?;
        command.args(["run", "--no-cache", level, "--invoke", "run"]).arg(&program);
        let output = wasmc_tests::tool::run(&mut command)?;
        ensure!(output.stdout == b"42\n", "{level}: {output:?}");
    }
    let mut command = wasmc_tests::binary::wasmc()?;
    let output = command.args(["run", "--no-cache", "-Ox"]).arg(&program).output()?;
    ensure!(output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("'x'"), "{output:?}");
    let script = r#"cat "$1" | "$0" run --no-cache --invoke run /dev/stdin"#;
    let wasmc = wasmc_tests::binary::wasmc()?.get_program().to_owned();
    let output = std::process::Command::new("sh").arg("-c").arg(script).arg(wasmc).arg(&program).output()?;
    ensure!(output.stdout == b"42\n", "{output:?}");
    Ok(())
}

/// That nobody reads what we say of a program does not change its end.
#[test]
fn nobody_has_to_listen_to_what_we_say() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let program = folder.path().join("trap.wat");
    std::fs::write(&program, r#"(module (func (export "_start") unreachable))"#)?;
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let mut command = wasmc_tests::binary::wasmc()?;
    let output = command.args(["run", "--no-cache", "--stats"]).arg(&program).stderr(writer).output()?;
    ensure!(output.status.code() == Some(134), "{}", output.status);
    Ok(())
}
