//! What an Emscripten program makes the host keep for it is bounded, and given back: what is to come, exceptions that are being
//! handled, pipes, files in memory; and no call makes the host work without an end.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Image, Instance, Linker, MemoryBudget, Outcome, Store, StoreOptions, Value};
use wasmc_tests::{child, compile_options};
use wasmc_wasi::WasiBuilder;

const PAGES: u64 = 64;
const MEMORY_BYTES: u64 = PAGES << 16;
/// For the memory, and for what the host keeps besides.
const BUDGET_BYTES: u64 = 3 * MEMORY_BYTES;
/// More of what is tried than the budget has room for.
const TRIES: i32 = 1_000_000;

/// What is done again and again: a name, and what puts the result of one try on the stack.
const WITH_RESULTS: &[(&str, &str)] = &[
    // A mebibyte into a pipe of its own each time, and into one file.
    (
        "pipes",
        "(drop (call $pipe (i32.const 16))) (call $write (i32.load (i32.const 20)) (i32.const 0) (i32.const 1) (i32.const 8))",
    ),
    ("files", "(call $write (global.get $file) (i32.const 0) (i32.const 1) (i32.const 8))"),
    ("mailboxes", "(call $mailbox (i32.const 1024) (i32.const 0)) (i32.const 0)"),
];
const WITHOUT: &[(&str, &str)] = &[
    ("timeouts", "(drop (call $timeout (i32.const 0) (f64.const 1) (i32.const 0)))"),
    ("immediates", "(drop (call $immediate (i32.const 0) (i32.const 0)))"),
    ("microtasks", "(call $microtask (i32.const 0) (i32.const 0))"),
    ("blockers", "(call $blocker (i32.const 0) (i32.const 0) (i32.const 0))"),
    ("handlers", "(drop (call $begin_catch (i32.const 1024)))"),
    // Messages for the first thread, each of another queue.
    (
        "messages",
        "(global.set $queue (i32.add (global.get $queue) (i32.const 1)))
         (call $notify (i32.const 1024) (i32.const 0) (i32.const 0) (global.get $queue))",
    ),
];

struct Program {
    budget: MemoryBudget,
    store: Store,
    instance: Instance,
}

impl Program {
    fn new() -> Result<Self> {
        let mut functions = String::new();
        for (name, body) in WITHOUT {
            writeln!(functions, "(func (export \"{name}\") (loop $again {body} (br $again)))")?;
        }
        for (name, body) in WITH_RESULTS {
            writeln!(
                functions,
                "(func (export \"{name}\") (result i32) (local $error i32) (local $left i32)
                   (local.set $left (i32.const {TRIES}))
                   (loop $again
                     (local.set $error {body})
                     (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                     (br_if $again (i32.and (i32.eqz (local.get $error)) (i32.ne (local.get $left) (i32.const 0)))))
                   (local.get $error))"
            )?;
        }
        let text = format!(
            r#"(module
                (import "env" "emscripten_set_timeout" (func $timeout (param i32 f64 i32) (result i32)))
                (import "env" "emscripten_set_immediate" (func $immediate (param i32 i32) (result i32)))
                (import "env" "emscripten_queue_microtask" (func $microtask (param i32 i32)))
                (import "env" "_emscripten_push_main_loop_blocker" (func $blocker (param i32 i32 i32)))
                (import "env" "__cxa_begin_catch" (func $begin_catch (param i32) (result i32)))
                (import "env" "__emscripten_init_main_thread_js" (func $init_main (param i32)))
                (import "env" "_emscripten_notify_mailbox_postmessage" (func $mailbox (param i32 i32)))
                (import "env" "_emscripten_notify_task_queue" (func $notify (param i32 i32 i32 i32)))
                (import "env" "__syscall_pipe" (func $pipe (param i32) (result i32)))
                (import "env" "__syscall_openat" (func $open (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
                (memory (export "memory") {PAGES})
                (data (i32.const 4) "\00\00\10\00")
                (data (i32.const 64) "/tmp/file\00/dev/zero\00/dev/urandom\00")
                (data (i32.const 112) "\b6\01\00\00")
                (global $file (mut i32) (i32.const -1))
                (global $queue (mut i32) (i32.const 0))
                (func (export "stackSave") (result i32) (i32.const 65536))
                (func (export "_emscripten_thread_init") (param i32 i32 i32 i32 i32 i32))
                (func (export "init") (call $init_main (i32.const 1024)))
                (func (export "open") (param i32) (result i32)
                    (global.set $file
                        (call $open (i32.const -100) (local.get 0) (i32.const 0x42) (i32.const 112)))
                    (global.get $file))
                (func (export "read") (param i32) (result i32)
                    (call $read (global.get $file) (i32.const 0) (local.get 0) (i32.const 8))
                    drop (i32.load (i32.const 8)))
                {functions})"#
        );
        let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &compile_options())?;
        let image = Image::from_bytes(artifact.bytes())?;
        let thread = Emscripten::for_image(WasiBuilder::new().seeded_random(1), &image)?.thread();
        let budget = MemoryBudget::new(BUDGET_BYTES);
        let mut options = StoreOptions::default();
        options.memory = budget.clone();
        let mut store = Store::new(options)?;
        let instance = thread.instantiate(&Linker::new(), &mut store, &image)?;
        let mut program = Self { budget, store, instance };
        program.call("init", &[])?;
        Ok(program)
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Outcome> {
        let function = self.instance.function(&self.store, name).context("an export")?;
        Ok(function.call(&mut self.store, arguments)?)
    }

    fn number(&mut self, name: &str, arguments: &[Value]) -> Result<i32> {
        match self.call(name, arguments)? {
            Outcome::Returned(values) => match values[..] {
                [Value::I32(number)] => Ok(number),
                _ => anyhow::bail!("{name} gave {values:?}"),
            },
            other => anyhow::bail!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_has_no_error_number_ends_the_program() -> Result<()> {
    for (name, _) in WITHOUT {
        let mut program = Program::new()?;
        ensure!(program.budget.used_bytes() == MEMORY_BYTES, "{} at the start", program.budget.used_bytes());
        let outcome = program.call(name, &[])?;
        let Outcome::Trapped(report) = &outcome else { anyhow::bail!("{name}: {outcome:?}") };
        let message = report.message.as_deref().unwrap_or_default();
        ensure!(message.contains("than the host keeps for it"), "{name}: {message}");
        let budget = program.budget.clone();
        ensure!(budget.used_bytes() > MEMORY_BYTES, "{name}: nothing was counted");
        drop(program);
        ensure!(budget.used_bytes() == 0, "{name}: {} are not given back", budget.used_bytes());
    }
    Ok(())
}

#[test]
fn what_has_error_numbers_gives_them() -> Result<()> {
    const FILE: Value = Value::I32(64);
    const NO_BUFFERS: i32 = 42;
    const NO_SPACE: i32 = 51;
    for (name, expected) in [("pipes", NO_BUFFERS), ("files", NO_SPACE)] {
        let mut program = Program::new()?;
        ensure!(program.number("open", &[FILE])? >= 0);
        let found = program.number(name, &[])?;
        ensure!(found == expected, "{name} gave {found}");
        ensure!(program.budget.used_bytes() > 2 * MEMORY_BYTES, "{name}: {}", program.budget.used_bytes());
        let budget = program.budget.clone();
        drop(program);
        ensure!(budget.used_bytes() == 0, "{name}: {} are not given back", budget.used_bytes());
    }
    Ok(())
}

#[test]
fn what_carries_nothing_is_kept_once() -> Result<()> {
    let mut program = Program::new()?;
    ensure!(program.number("mailboxes", &[])? == 0);
    ensure!(program.budget.used_bytes() == MEMORY_BYTES, "{}", program.budget.used_bytes());
    Ok(())
}

#[test]
fn devices_give_no_more_at_once_than_there_is_time_for() -> Result<()> {
    child::run_apart("devices_give_no_more_at_once_than_there_is_time_for", Duration::from_secs(60), || {
        const BUFFERS: i32 = 1024;
        for device in [Value::I32(74), Value::I32(84)] {
            let mut program = Program::new()?;
            ensure!(program.number("open", &[device])? >= 0);
            let memory = program.instance.memory(&program.store, "memory").context("a memory")?;
            // Each is all of the memory.
            let buffers = [0, MEMORY_BYTES as u32].map(u32::to_le_bytes).concat().repeat(BUFFERS as usize);
            memory.write(&mut program.store, 0, &buffers)?;
            let count = program.number("read", &[Value::I32(BUFFERS)])?;
            ensure!(count > MEMORY_BYTES as i32 && count < 64 << 20, "{count}");
        }
        Ok(())
    })
}
