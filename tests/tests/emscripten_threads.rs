//! Emscripten's threads and event loop through the loader's API: many programs in one process, each over with all its
//! threads when it says so; what is to come, on a clock that moves by itself; and the names of current releases.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Image, Linker, MemoryBudget, Outcome, Store, StoreOptions};
use wasmc_tests::{binary, compile_options, root, say, tool};
use wasmc_wasi::{Output, ThreadsBuilder, WasiBuilder};

const THREADS: [&str; 4] = ["-O1", "-pthread", "-sINITIAL_MEMORY=64MB", "-sEXIT_RUNTIME"];

/// A program of `tests/programs/emscripten`.
struct Program {
    source: PathBuf,
    text: String,
}

impl Program {
    /// The C programs of a folder whose names start so.
    fn all(folder: &str, start: &str) -> Result<Vec<Self>> {
        let folder = root().join("tests/programs/emscripten").join(folder);
        let mut programs = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let source = entry?.path();
            let is_wanted = source.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start));
            if is_wanted && source.extension().is_some_and(|extension| extension == "c") {
                programs.push(Self { text: std::fs::read_to_string(&source)?, source });
            }
        }
        ensure!(!programs.is_empty(), "no programs in {}", folder.display());
        programs.sort_by(|one, other| one.source.cmp(&other.source));
        Ok(programs)
    }

    /// What the comments at the top say of `name`.
    fn directive(&self, name: &str) -> &str {
        let line = self.text.lines().find_map(|line| line.strip_prefix("// ")?.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default()
    }

    /// Builds it; `None` if there is no emcc.
    fn build(&self, mode: &str, flags: &[&str]) -> Result<Option<Image>> {
        let Some(emcc) = tool::find("emcc") else {
            say("emcc is not here (apt-get install emscripten)");
            return Ok(None);
        };
        let folder = binary::directory()?.with_file_name("emscripten-threads").join(mode);
        std::fs::create_dir_all(&folder)?;
        let script = folder.join(self.source.with_extension("js").file_name().context("a name")?);
        let mut command = Command::new(emcc);
        command.args(flags).args(self.directive("flags").split_whitespace()).arg(&self.source).arg("-o").arg(&script);
        tool::run(command.env("NODE_PATH", "/usr/share/nodejs"))?;
        let artifact = wasmc_compiler::compile(&std::fs::read(script.with_extension("wasm"))?, &compile_options())?;
        Ok(Some(Image::from_bytes(artifact.bytes())?))
    }

    /// Compares what it did with what it does under Node.
    fn check(&self, how: &str, outcome: &Outcome, output: &[u8]) -> Result<()> {
        let expected = std::fs::read(self.source.with_extension("expected"))?;
        let status: i32 = Some(self.directive("status")).filter(|status| !status.is_empty()).unwrap_or("0").parse()?;
        let shown = String::from_utf8_lossy(output);
        let is_right = matches!(outcome, Outcome::Exited(found) if *found == status) && output == expected;
        ensure!(is_right, "{}, {how}: {outcome:?}\n{shown}", self.source.display());
        Ok(())
    }
}

/// Runs a program in this process: how it ended, and what it wrote. None of its threads is left then.
fn run(image: &Image, builder: WasiBuilder, threads: ThreadsBuilder) -> Result<(Outcome, Vec<u8>)> {
    let output = Output::default();
    let emscripten = Emscripten::new(builder.argument("program").stdout_bytes(&output))?;
    let thread = emscripten.thread();
    let mut linker = Linker::new();
    thread.wasi().add_imported(&mut linker, image);
    let threads = threads.build();
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(1 << 30);
    let mut store = Store::new(options.clone())?;
    let (linker_of_others, image_of_others) = (linker.clone(), image.clone());
    emscripten.start_threads_with(threads.clone(), options, move |thread: &Thread, store| {
        thread.instantiate(&linker_of_others, store, &image_of_others)
    });
    let outcome = threads.run(&mut store, |store| -> Result<Outcome> {
        let instance = thread.instantiate(&linker, store, image)?;
        Ok(thread.run(store, instance)?)
    })?;
    let shown = format!("{threads:?}");
    ensure!(shown.contains("running: 0"), "threads are left: {shown}");
    Ok((outcome, output.take()))
}

/// Races show themselves rarely: each program runs a few times, and all of them in one process.
#[test]
fn programs_of_many_threads_give_their_results_and_leave_none() -> Result<()> {
    for program in Program::all("threads", "stress_")? {
        for (mode, more) in [("threads", None), ("threads-proxied", Some("-sPROXY_TO_PTHREAD"))] {
            let flags: Vec<&str> = THREADS.into_iter().chain(more).collect();
            let Some(image) = program.build(mode, &flags)? else { return Ok(()) };
            ensure!(Emscripten::threads_are_wanted_by(&image), "it starts threads");
            for round in 0..4 {
                let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new())?;
                program.check(&format!("{mode}, round {round}"), &outcome, &output)?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_limit_of_threads_is_told_to_the_program() -> Result<()> {
    let programs = Program::all("threads", "stress_join")?;
    let Some(image) = programs[0].build("limit", &THREADS)? else { return Ok(()) };
    // One at a time is enough: who joins a thread has its place for the next one.
    let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new().count_max(1))?;
    programs[0].check("one at a time", &outcome, &output)?;
    let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new().count_max(0))?;
    ensure!(matches!(outcome, Outcome::Exited(1)), "{outcome:?}");
    // `EAGAIN`
    ensure!(output == b"thread 0: 6\n", "{}", String::from_utf8_lossy(&output));
    Ok(())
}

/// The same order as under Node, in no time.
#[test]
fn what_is_to_come_comes_on_a_clock_that_moves_by_itself() -> Result<()> {
    for program in Program::all("events", "")? {
        let Some(image) = program.build("events", &["-O1"])? else { return Ok(()) };
        let (outcome, output) = run(&image, WasiBuilder::new().virtual_clock(0), ThreadsBuilder::new())?;
        program.check("virtual clock", &outcome, &output)?;
    }
    Ok(())
}

/// A program as current releases link it, which have other names, fields at other places, and mailboxes: its thread sees
/// its own stack and sends the first one, which has left `main`, to join it and exit.
const CURRENT: &str = r#"(module
    (import "env" "memory" (memory 2 2 shared))
    (import "env" "_emscripten_init_main_thread_js" (func $init_main (param i32)))
    (import "env" "__pthread_create_js" (func $create (param i32 i32 i32 i32) (result i32)))
    (import "env" "_emscripten_thread_cleanup" (func $clean_up (param i32)))
    (import "env" "_emscripten_thread_mailbox_await" (func $await (param i32)))
    (import "env" "_emscripten_thread_set_strongref" (func $reference (param i32)))
    (import "env" "_emscripten_notify_mailbox_postmessage" (func $notify (param i32 i32)))
    (import "env" "emscripten_exit_with_live_runtime" (func $leave))
    (import "env" "exit" (func $exit (param i32)))
    (global $stack (mut i32) (i32.const 65536))
    (global $self (mut i32) (i32.const 0))
    (table (export "__indirect_function_table") 2 funcref)
    (elem (i32.const 1) $work)
    (func (export "emscripten_stack_get_current") (result i32) (global.get $stack))
    (func (export "_emscripten_stack_restore") (param i32) (global.set $stack (local.get 0)))
    (func (export "emscripten_stack_get_base") (result i32) (i32.const 65536))
    (func (export "emscripten_stack_get_end") (result i32) (i32.const 49152))
    (func (export "emscripten_stack_set_limits") (param i32 i32)
        (i32.store (i32.const 3000) (i32.sub (local.get 0) (local.get 1))))
    (func (export "pthread_self") (result i32) (global.get $self))
    (func (export "_emscripten_thread_init") (param i32 i32 i32 i32 i32 i32)
        (global.set $self (local.get 0))
        ;; The size of stacks, which the first thread alone is told.
        (if (local.get 1) (then (i32.store (i32.const 3004) (local.get 4)))))
    (func (export "_emscripten_tls_init") (drop (i32.atomic.rmw.add (i32.const 3008) (i32.const 1))))
    (func (export "_emscripten_thread_exit") (param i32)
        (i32.atomic.store (i32.const 3012) (local.get 0))
        (global.set $self (i32.const 0))
        (call $notify (i32.const 1024) (i32.const 2048)))
    (func (export "_emscripten_thread_free_data") (param i32) (i32.store (i32.const 3016) (local.get 0)))
    (func $thread (param $at i32) (param $top i32) (param $size i32)
        (i32.store (local.get $at) (local.get $at))
        (i32.store offset=52 (local.get $at) (local.get $top))
        (i32.store offset=56 (local.get $at) (local.get $size)))
    (func (export "__wasm_call_ctors")
        (call $init_main (i32.const 1024))
        (call $thread (i32.const 1024) (i32.const 65536) (i32.const 16384)))
    (func (export "main") (result i32)
        ;; What would be the stack in older releases is something else.
        (i32.store (i32.const 2092) (i32.const 2048))
        (i32.store (i32.const 2096) (i32.const 512))
        (call $thread (i32.const 2048) (i32.const 40960) (i32.const 8192))
        (call $reference (i32.const 2048))
        (if (call $create (i32.const 2048) (i32.const 0) (i32.const 1) (i32.const 7)) (then unreachable))
        (call $leave)
        unreachable)
    (func $work (param $argument i32) (result i32)
        (call $await (global.get $self))
        (i32.add (local.get $argument) (i32.eq (global.get $stack) (i32.const 40960))))
    (func (export "_emscripten_check_mailbox")
        (call $clean_up (i32.const 2048))
        (if (i32.ne (i32.load (i32.const 3000)) (i32.const 8192)) (then (call $exit (i32.const 1))))
        (if (i32.ne (i32.load (i32.const 3004)) (i32.const 16384)) (then (call $exit (i32.const 2))))
        (if (i32.ne (i32.load (i32.const 3008)) (i32.const 2)) (then (call $exit (i32.const 3))))
        (if (i32.ne (i32.load (i32.const 3016)) (i32.const 2048)) (then (call $exit (i32.const 4))))
        (call $exit (i32.add (i32.const 40) (i32.load (i32.const 3012))))))"#;

#[test]
fn a_program_of_a_current_release_starts_and_joins_a_thread() -> Result<()> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(CURRENT)?, &compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    for _ in 0..50 {
        let (outcome, _) = run(&image, WasiBuilder::new(), ThreadsBuilder::new())?;
        ensure!(matches!(outcome, Outcome::Exited(48)), "{outcome:?}");
    }
    Ok(())
}

/// As current releases have it: the C library is told when an interval timer is due, and sets it again.
#[test]
fn interval_timers_are_set_again_replaced_and_taken_back() -> Result<()> {
    let text = r#"(module
        (import "env" "_setitimer_js" (func $set (param i32 f64) (result i32)))
        (import "env" "emscripten_set_timeout" (func $later (param i32 f64 i32) (result i32)))
        (import "env" "exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (table (export "__indirect_function_table") 2 funcref)
        (elem (i32.const 1) $end)
        (global $count (mut i32) (i32.const 0))
        (global $last (mut f64) (f64.const 0))
        (func (export "_emscripten_timeout") (param $which i32) (param $now f64)
            (if (i32.ne (local.get $which) (i32.const 2)) (then unreachable))
            ;; Not before it is due.
            (if (f64.lt (f64.sub (local.get $now) (global.get $last)) (f64.const 5)) (then unreachable))
            (global.set $last (local.get $now))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (if (i32.lt_u (global.get $count) (i32.const 3))
                (then (drop (call $set (local.get $which) (f64.const 5))))))
        (func (export "main") (result i32)
            (drop (call $set (i32.const 2) (f64.const 1)))
            (drop (call $set (i32.const 0) (f64.const 7)))
            (drop (call $set (i32.const 2) (f64.const 5)))
            (drop (call $set (i32.const 0) (f64.const 0)))
            (drop (call $set (i32.const 1) (f64.const 5000)))
            (drop (call $later (i32.const 1) (f64.const 1000) (i32.const 0)))
            (i32.const 1))
        (func $end (param i32)
            (drop (call $set (i32.const 1) (f64.const 0)))
            (call $exit (i32.add (global.get $count) (i32.const 40)))))"#;
    let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    let (outcome, _) = run(&image, WasiBuilder::new().virtual_clock(0), ThreadsBuilder::new())?;
    ensure!(matches!(outcome, Outcome::Exited(43)), "{outcome:?}");
    Ok(())
}

/// What a thread does wrong ends the program, and is told.
#[test]
fn a_thread_that_traps_ends_the_program() -> Result<()> {
    let text = CURRENT.replace("(call $await (global.get $self))", "unreachable");
    let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    let (outcome, _) = run(&image, WasiBuilder::new(), ThreadsBuilder::new())?;
    let Outcome::Trapped(report) = &outcome else { anyhow::bail!("{outcome:?}") };
    ensure!(report.code == wasmc_loader::TrapCode::Unreachable, "{report:?}");
    ensure!(report.frames.iter().any(|frame| frame.name.as_deref() == Some("work")), "{report:?}");
    Ok(())
}

/// The folder is what the programs' own runner looks through as well.
#[test]
fn each_program_says_what_is_expected_of_it() -> Result<()> {
    for program in Program::all("events", "")?.iter().chain(&Program::all("threads", "stress_")?) {
        let expected: &Path = &program.source.with_extension("expected");
        ensure!(expected.is_file() && !program.directive("modes").is_empty(), "{}", program.source.display());
    }
    Ok(())
}
