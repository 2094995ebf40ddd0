//! Emscripten's threads and event loop through the loader's API: many programs in one process, each over with all its
//! threads when it says so; what is to come, on a clock that moves by itself; and the names of current releases.

use anyhow::{Context as _, Result, ensure};
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Image, Linker, MemoryBudget, Outcome, Store, StoreOptions};
use wasmc_tests::compile_options;
use wasmc_tests::emscripten::{self, Program, Status};
use wasmc_wasi::{Output, ThreadsBuilder, WasiBuilder};

/// The programs of a folder whose names start so; none if there is no compiler for them.
fn programs(folder: &str, start: &str) -> Result<Vec<Program>> {
    if !emscripten::is_here() {
        return Ok(Vec::new());
    }
    let mut programs = emscripten::programs(folder)?;
    programs.retain(|program| program.name.starts_with(&format!("{folder}/{start}")));
    ensure!(!programs.is_empty(), "there are no programs {start}* in {folder}");
    Ok(programs)
}

fn image(program: &Program, mode: &str) -> Result<Image> {
    compiled(&std::fs::read(program.build(mode)?)?)
}

fn compiled(module: &[u8]) -> Result<Image> {
    Ok(Image::from_bytes(wasmc_compiler::compile(module, &compile_options())?.bytes())?)
}

/// Compares what a program did with what it does under Node.
fn check(program: &Program, how: &str, outcome: &Outcome, output: &[u8]) -> Result<()> {
    let shown = String::from_utf8_lossy(output);
    let ends = matches!((outcome, program.status()?), (Outcome::Exited(found), Status::Is(status)) if *found == status);
    ensure!(ends && output == program.expected()?, "{}, {how}: {outcome:?}\n{shown}", program.name);
    Ok(())
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
    for program in programs("threads", "stress_")? {
        for mode in program.modes()? {
            let image = image(&program, &mode)?;
            ensure!(Emscripten::threads_are_wanted_by(&image), "it starts threads");
            for round in 0..4 {
                let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new())?;
                check(&program, &format!("{mode}, round {round}"), &outcome, &output)?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_limit_of_threads_is_told_to_the_program() -> Result<()> {
    let programs = programs("threads", "stress_join")?;
    let Some(program) = programs.first() else { return Ok(()) };
    let image = image(program, "threads")?;
    // One at a time is enough: who joins a thread has its place for the next one.
    let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new().count_max(1))?;
    check(program, "one at a time", &outcome, &output)?;
    let (outcome, output) = run(&image, WasiBuilder::new(), ThreadsBuilder::new().count_max(0))?;
    ensure!(matches!(outcome, Outcome::Exited(1)), "{outcome:?}");
    // `EAGAIN`
    ensure!(output == b"thread 0: 6\n", "{}", String::from_utf8_lossy(&output));
    Ok(())
}

/// The same order as under Node, in no time.
#[test]
fn what_is_to_come_comes_on_a_clock_that_moves_by_itself() -> Result<()> {
    for program in programs("events", "")? {
        let mode = program.modes()?.into_iter().next().context("a mode")?;
        let image = image(&program, &mode)?;
        let (outcome, output) = run(&image, WasiBuilder::new().virtual_clock(0), ThreadsBuilder::new())?;
        check(&program, "virtual clock", &outcome, &output)?;
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
    let image = compiled(&wat::parse_str(CURRENT)?)?;
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
    let image = compiled(&wat::parse_str(text)?)?;
    let (outcome, _) = run(&image, WasiBuilder::new(), ThreadsBuilder::new())?;
    let Outcome::Trapped(report) = &outcome else { anyhow::bail!("{outcome:?}") };
    ensure!(report.code == wasmc_loader::TrapCode::Unreachable, "{report:?}");
    ensure!(report.frames.iter().any(|frame| frame.name.as_deref() == Some("work")), "{report:?}");
    Ok(())
}
