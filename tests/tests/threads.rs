//! Threads: a program of many, built from C; how programs end while their threads work; and what stores that share a
//! memory do to each other.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use wasmc_loader::{
    Caller, Image, Instance, Linker, MemoryBudget, MemoryType, Outcome, Pool, SharedMemory, Store, StoreOptions,
    TrapCode, Value,
};
use wasmc_tests::{binary, child, expected, root, tool};
use wasmc_wasi::{Threads, ThreadsBuilder};

/// How long anything may take: what hangs is a failure.
const LIMIT: Duration = Duration::from_secs(120);

/// The C program, compiled; `None` if there is no compiler for it.
fn program() -> Result<Option<&'static Path>> {
    static PROGRAM: OnceLock<Result<Option<PathBuf>, String>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    program.as_ref().map(|program| program.as_deref()).map_err(|message| anyhow!("{message}"))
}

fn build() -> Result<Option<PathBuf>> {
    let Some(zig) = tool::zig() else { return Ok(None) };
    let folder = binary::directory()?.with_file_name("threads");
    std::fs::create_dir_all(&folder)?;
    let (wasm, object) = (folder.join("threads.wasm"), folder.join("threads.o"));
    let sources = root().join("tests/programs/threads");
    let mut compiler = zig.command("cc");
    compiler.args(["-mcpu=generic+atomics+bulk_memory", "-O2", "-include"]).arg(sources.join("names.h"));
    compiler.args(["-Wl,--shared-memory", "-Wl,--import-memory", "-Wl,--max-memory=268435456"]);
    compiler.args(["threads.c", "pthread.c", "start.s"].map(|name| sources.join(name))).arg("-o").arg(&wasm);
    tool::run(&mut compiler)?;
    tool::run(binary::wasmc()?.arg("compile").arg(&wasm).arg("-o").arg(&object))?;
    Ok(Some(object))
}

/// Runs the program; `None` if it is not there.
fn run(options: &[&str], arguments: &[&str]) -> Result<Option<Output>> {
    let Some(object) = program()? else { return Ok(None) };
    let mut command = binary::wasmrun()?;
    command.args(options).arg(object).args(arguments).stdin(Stdio::null());
    Ok(Some(command.output()?))
}

#[test]
fn a_pthread_program_gives_its_results() -> Result<()> {
    let Some(output) = run(&[], &[])? else { return Ok(()) };
    ensure!(output.status.code() == Some(3), "{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    expected::check("threads/threads.c.stdout", &output.stdout)
}

/// However many others spin, wait for each other or sleep: the process ends at once, with what its last act says.
#[test]
fn a_program_ends_with_all_its_threads() -> Result<()> {
    for (how, status, message) in
        [("trap", 134, "wasmrun: trap: unreachable\n   0: threads.wasm!trap"), ("exit", 7, ""), ("return", 5, "")]
    {
        for round in 0..10 {
            let Some(output) = run(&[], &[how])? else { return Ok(()) };
            let stderr = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.code() == Some(status), "{how}, round {round}: {}\n{stderr}", output.status);
            ensure!(stderr.starts_with(message) && (stderr.is_empty() == message.is_empty()), "{how}: {stderr}");
        }
    }
    Ok(())
}

#[test]
fn there_is_a_limit_to_threads_and_to_time() -> Result<()> {
    let Some(output) = run(&["--max-threads", "7"], &["many"])? else { return Ok(()) };
    ensure!(output.stdout == b"7 threads\n", "{output:?}");
    let object = program()?.context("it was there a moment ago")?;
    // Code that shares a memory can be stopped without having been compiled for it.
    let output = binary::wasmrun()?.args(["--timeout", "200ms"]).arg(object).args(["sort", "2", "8"]).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(124) && stderr.contains("timed out"), "{}: {stderr}", output.status);
    let output = binary::wasmrun()?.arg("--deterministic").arg(object).output()?;
    ensure!(output.status.code() == Some(1), "{output:?}");
    Ok(())
}

fn image(text: &str) -> Result<Image> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &wasmc_tests::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

/// An embedder's program: how its threads are started and what they do is in `$how` and `$act`.
const GROUP: &str = r#"(module
    (import "env" "memory" (memory 1 8 shared))
    (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
    (import "env" "exit" (func $exit (param i32)))
    (import "env" "sleep" (func $sleep))
    (func $spin (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0))))))
    (func $wait (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1))))
    ;; 0 spins, 1 waits, 2 sleeps in the host, 3 traps, 4 exits, 5 returns, 6 starts two more that spin.
    (func $act (param $how i32)
        (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
        (if (i32.eq (local.get $how) (i32.const 0)) (then call $spin))
        (if (i32.eq (local.get $how) (i32.const 1)) (then call $wait))
        (if (i32.eq (local.get $how) (i32.const 2)) (then call $sleep))
        (if (i32.eq (local.get $how) (i32.const 3)) (then unreachable))
        (if (i32.eq (local.get $how) (i32.const 4)) (then (call $exit (i32.const 9))))
        (if (i32.eq (local.get $how) (i32.const 6))
            (then (drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0))))))
    (func (export "wasi_thread_start") (param $number i32) (param $how i32) (call $act (local.get $how)))
    ;; Starts the threads that the digits name, the lowest one first, until all have begun, then acts itself.
    (func (export "run") (param $digits i32) (param $own i32) (result i32)
        (local $started i32)
        (loop $next
            (if (i32.gt_s (call $spawn (i32.rem_u (local.get $digits) (i32.const 10))) (i32.const 0))
                (then (local.set $started (i32.add (local.get $started) (i32.const 1)))))
            (local.set $digits (i32.div_u (local.get $digits) (i32.const 10)))
            (br_if $next (local.get $digits)))
        (loop $again
            (br_if $again (i32.lt_u (i32.atomic.load (i32.const 8)) (local.get $started))))
        (call $act (local.get $own))
        (local.get $started)))"#;

/// Runs [`GROUP`] once, with nothing of it left afterwards.
fn run_group(image: &Image, digits: i32, own: i32, builder: ThreadsBuilder) -> Result<Outcome> {
    let mut linker = Linker::new();
    let stores = Arc::new(());
    linker.function("env", "exit", |_: &mut Caller<'_>, status: i32| {
        Err::<(), _>(wasmc_loader::HostError::Exit(status))
    })?;
    linker.function("env", "sleep", |caller: &mut Caller<'_>| {
        while !caller.interrupted() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err::<(), _>(wasmc_loader::HostError::Trap(TrapCode::Interrupted))
    })?;
    let threads = builder.build();
    ensure!(Threads::are_wanted_by(image), "it imports thread-spawn");
    threads.add_to_linker(&mut linker, image, &MemoryBudget::default())?;
    let (own_linker, own_image, counted) = (linker.clone(), image.clone(), Arc::clone(&stores));
    threads.instantiate_with(StoreOptions::default(), move |store| {
        let _counted = &counted;
        own_linker.instantiate(store, &own_image)
    });
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, image)?;
    let function = instance.function(&store, "run").context("run")?;
    let outcome = threads.run(&mut store, |store| function.call(store, &[Value::I32(digits), Value::I32(own)]))?;
    // Nothing of the program is held by threads that are left.
    drop((threads, linker));
    ensure!(Arc::strong_count(&stores) == 1, "a thread outlives its program");
    Ok(outcome)
}

#[test]
fn the_first_thread_that_does_not_return_ends_an_embedders_program() -> Result<()> {
    child::run_apart("the_first_thread_that_does_not_return_ends_an_embedders_program", LIMIT, || {
        let image = image(GROUP)?;
        let is_trap = |outcome: &Outcome| matches!(outcome, Outcome::Trapped(it) if it.code == TrapCode::Unreachable);
        let returned =
            |outcome: &Outcome, count| matches!(outcome, Outcome::Returned(it) if it[..] == [Value::I32(count)]);
        for _ in 0..20 {
            // The first thread returns; the others spin, wait, sleep.
            let outcome = run_group(&image, 210, 5, ThreadsBuilder::new())?;
            ensure!(returned(&outcome, 3), "{outcome:?}");
            let outcome = run_group(&image, 555, 5, ThreadsBuilder::new())?;
            ensure!(returned(&outcome, 3), "{outcome:?}");
            // It traps itself, or a thread does while it spins, waits or sleeps.
            let outcome = run_group(&image, 21, 3, ThreadsBuilder::new())?;
            ensure!(is_trap(&outcome), "{outcome:?}");
            for own in 0..3 {
                let told = Arc::new(AtomicU32::new(0));
                let counted = Arc::clone(&told);
                let builder = ThreadsBuilder::new().on_end(move |outcome| {
                    assert!(matches!(outcome, Outcome::Trapped(_)));
                    counted.fetch_add(1, Ordering::SeqCst);
                });
                let outcome = run_group(&image, 32156, own, builder)?;
                ensure!(is_trap(&outcome), "{outcome:?}");
                ensure!(told.load(Ordering::SeqCst) == 1, "told {told:?} times");
            }
            let outcome = run_group(&image, 42100, 1, ThreadsBuilder::new())?;
            ensure!(matches!(outcome, Outcome::Exited(9)), "{outcome:?}");
        }
        let outcome = run_group(&image, 10101, 5, ThreadsBuilder::new().count_max(2))?;
        ensure!(returned(&outcome, 2), "{outcome:?}");
        Ok(())
    })
}

/// Has `threads` run the exported function `run` of `image`, whose instances they are.
fn run_threads(threads: &Threads, image: &Image) -> Result<Outcome> {
    let mut linker = Linker::new();
    threads.add_to_linker(&mut linker, image, &MemoryBudget::default())?;
    let (own_linker, own_image) = (linker.clone(), image.clone());
    threads.instantiate_with(StoreOptions::default(), move |store| own_linker.instantiate(store, &own_image));
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, image)?;
    let function = instance.function(&store, "run").context("run")?;
    Ok(threads.run(&mut store, |store| function.call(store, &[]))?)
}

/// Start functions belong to their threads: they can start more, and are stopped with the program.
#[test]
fn start_functions_start_threads_and_are_stopped() -> Result<()> {
    // The second instance's start function spins, until a thread that the first one's has started traps.
    let spins = image(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (func $start
                (local $turn i32)
                (local.set $turn (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                (if (i32.eqz (local.get $turn)) (then (i32.atomic.store (i32.const 4) (call $spawn (i32.const 0)))))
                (if (i32.eq (local.get $turn) (i32.const 2)) (then (loop $again (br $again)))))
            (start $start)
            (func (export "wasi_thread_start") (param i32 i32)
                (loop $again (br_if $again (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 3))))
                (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 5000000)))
                unreachable)
            (func (export "run") (result i32)
                (if (i32.le_s (i32.atomic.load (i32.const 4)) (i32.const 0)) (then (return (i32.const -1))))
                (call $spawn (i32.const 0))))"#,
    )?;
    // The thread traps before the program's first function is called.
    let early = image(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (func $start
                (if (i32.eqz (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                    (then
                        (drop (call $spawn (i32.const 0)))
                        (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 20000000))))))
            (start $start)
            (func (export "wasi_thread_start") (param i32 i32) unreachable)
            (func (export "run") (loop $again (br $again))))"#,
    )?;
    child::run_apart("start_functions_start_threads_and_are_stopped", LIMIT, || {
        for image in [&spins, &early] {
            let threads = ThreadsBuilder::new().build();
            // And once the program has ended, its threads can be those of the next.
            for _ in 0..10 {
                let outcome = run_threads(&threads, image)?;
                let is_trap = matches!(&outcome, Outcome::Trapped(it) if it.code == TrapCode::Unreachable);
                ensure!(is_trap, "{outcome:?}");
            }
        }
        Ok(())
    })
}

/// What an embedder does wrong does not keep its program's threads alive.
#[test]
fn an_embedder_that_panics_stops_its_threads() -> Result<()> {
    let image = image(GROUP)?;
    child::run_apart("an_embedder_that_panics_stops_its_threads", LIMIT, || {
        let builder = ThreadsBuilder::new().on_end(|_| panic!("this is what the test is about"));
        let outcome = run_group(&image, 3021, 0, builder)?;
        ensure!(matches!(&outcome, Outcome::Trapped(it) if it.code == TrapCode::Unreachable), "{outcome:?}");
        let threads = ThreadsBuilder::new().build();
        let mut store = Store::new(StoreOptions::default())?;
        let call = || threads.run(&mut store, |_| -> Result<Outcome> { panic!("this as well") });
        ensure!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).is_err(), "it must panic");
        let outcome = threads.run(&mut store, |_| anyhow::Ok(Outcome::Returned(Vec::new())))?;
        ensure!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
        Ok(())
    })
}

/// Whether a thread's trap or the first thread's return comes first: what the process says and its status agree.
#[test]
fn a_program_has_one_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("race.o");
    let text = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
        (func (export "wasi_thread_start") (param i32 i32) (i32.atomic.store (i32.const 0) (i32.const 1)) unreachable)
        (func (export "_start")
            (local $left i32)
            (drop (call $spawn (i32.const 0)))
            (loop $again (br_if $again (i32.eqz (i32.atomic.load (i32.const 0)))))
            (local.set $left (i32.const 20000))
            (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))"#;
    std::fs::write(&object, wasmc_compiler::compile(&wat::parse_str(text)?, &wasmc_tests::compile_options())?.bytes())?;
    let mut trapped = 0;
    for round in 0..150 {
        let output = binary::wasmrun()?.arg(&object).stdin(Stdio::null()).output()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => ensure!(stderr.is_empty(), "round {round}: {stderr}"),
            Some(134) => ensure!(stderr.matches("unreachable").count() == 1, "round {round}: {stderr}"),
            _ => bail!("round {round}: {}\n{stderr}", output.status),
        }
        trapped += usize::from(!stderr.is_empty());
    }
    wasmc_tests::say(&format!("the thread was first in {trapped} of 150 runs"));
    Ok(())
}

/// Memories that threads share, and what each has besides, are one budget's.
#[test]
fn a_budget_bounds_all_threads_together() -> Result<()> {
    const PAGES: u64 = 40;
    const PAGE_BYTES: u64 = 65536;
    let image = image(
        r#"(module
            (import "env" "memory" (memory 1 1000 shared))
            (memory $own 1 1000)
            (func (export "grow") (result i32)
                (local $count i32)
                (loop $next
                    (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1))
                        (then (local.set $count (i32.add (local.get $count) (i32.const 1)))))
                    (if (i32.ne (memory.grow $own (i32.const 1)) (i32.const -1))
                        (then (local.set $count (i32.add (local.get $count) (i32.const 1))) (br $next))))
                (local.get $count)))"#,
    )?;
    let budget = MemoryBudget::new(PAGES * PAGE_BYTES);
    let memory_type = MemoryType { minimum_pages: 1, maximum_pages: Some(1000), is_64: false, is_shared: true };
    let memory = SharedMemory::with_budget(memory_type, &budget)?;
    let mut linker = Linker::new();
    linker.shared_memory("env", "memory", &memory)?;
    let make = |_| -> Result<(Store, Instance)> {
        let mut options = StoreOptions::default();
        options.memory = budget.clone();
        let mut store = Store::new(options)?;
        let instance = linker.instantiate(&mut store, &image)?;
        Ok((store, instance))
    };
    let instances = (0..4).map(make).collect::<Result<Vec<_>>>()?;
    let grow = |(mut store, instance)| -> Result<(Store, i32)> {
        match call(&mut store, instance, "grow", &[])? {
            Outcome::Returned(values) if let [Value::I32(count)] = values[..] => Ok((store, count)),
            other => bail!("{other:?}"),
        }
    };
    let grown = std::thread::scope(|scope| {
        let threads: Vec<_> = instances.into_iter().map(|made| scope.spawn(move || grow(made))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Result<Vec<_>>>()
    })?;
    let count: i32 = grown.iter().map(|(_, count)| count).sum();
    // One page that is shared, and one of each thread, were there before.
    ensure!(i64::from(count) == PAGES as i64 - 5, "{count} pages were added");
    ensure!(budget.used_bytes() == PAGES * PAGE_BYTES, "{budget:?}");
    drop((grown, linker));
    ensure!(budget.used_bytes() == memory.memory_type().minimum_pages * PAGE_BYTES, "{budget:?}");
    drop(memory);
    ensure!(budget.used_bytes() == 0, "{budget:?}");
    Ok(())
}

#[test]
fn a_pool_keeps_instances_that_share_a_memory_of_the_host() -> Result<()> {
    let image = image(
        r#"(module (import "env" "memory" (memory 1 2 shared)) (memory $own 1 2)
        (func (export "run") (result i32)
            (i32.store $own (i32.const 0) (i32.add (i32.load $own (i32.const 0)) (i32.const 1)))
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
            (i32.load $own (i32.const 0))))"#,
    )?;
    let memory = shared(1, 2)?;
    let mut linker = Linker::new();
    linker.shared_memory("env", "memory", &memory)?;
    let pool = Pool::new(image, linker, StoreOptions::default(), 1);
    let mut instances = Vec::new();
    for _ in 0..5 {
        let mut pooled = pool.acquire()?;
        let instance = pooled.instance();
        let outcome = call(pooled.store(), instance, "run", &[])?;
        ensure!(matches!(&outcome, Outcome::Returned(it) if it[..] == [Value::I32(1)]), "{outcome:?}");
        instances.push(instance);
    }
    ensure!(instances.iter().all(|instance| *instance == instances[0]), "they are made anew: {instances:?}");
    ensure!(memory.contents().read_u32(0) == Some(5), "what is the host's is not reset");
    Ok(())
}

/// A memory that all threads of a test share.
fn shared(pages: u64, pages_max: u64) -> Result<SharedMemory> {
    let memory_type =
        MemoryType { minimum_pages: pages, maximum_pages: Some(pages_max), is_64: false, is_shared: true };
    Ok(SharedMemory::new(memory_type)?)
}

fn instance_with(memory: &SharedMemory, image: &Image) -> Result<(Store, Instance)> {
    let mut linker = Linker::new();
    linker.shared_memory("env", "memory", memory)?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, image)?;
    Ok((store, instance))
}

fn call(store: &mut Store, instance: Instance, name: &str, arguments: &[Value]) -> Result<Outcome> {
    let function = instance.function(store, name).with_context(|| name.to_owned())?;
    Ok(function.call(store, arguments)?)
}

#[test]
fn a_shared_memory_grows_while_others_use_it() -> Result<()> {
    const PAGES_MAX: u64 = 1000;
    let image = image(
        r#"(module
            (import "env" "memory" (memory 1 1000 shared))
            ;; Grows by one page and marks its last word; until the memory is full: how often it could.
            (func (export "grow") (result i32)
                (local $old i32) (local $count i32)
                (loop $next
                    (local.set $old (memory.grow (i32.const 1)))
                    (if (i32.ne (local.get $old) (i32.const -1))
                        (then
                            (i32.atomic.store offset=65532
                                (i32.shl (local.get $old) (i32.const 16)) (i32.add (local.get $old) (i32.const 1)))
                            (local.set $count (i32.add (local.get $count) (i32.const 1)))
                            (br $next))))
                (local.get $count))
            ;; Reads and fills the last page that there is, again and again, until there are 1000.
            (func (export "use") (result i32)
                (local $size i32) (local $mark i32)
                (loop $next
                    (local.set $size (memory.size))
                    (local.set $mark
                        (i32.atomic.load offset=65532
                            (i32.shl (i32.sub (local.get $size) (i32.const 1)) (i32.const 16))))
                    (if (i32.and
                            (i32.ne (local.get $mark) (i32.const 0))
                            (i32.ne (local.get $mark) (local.get $size)))
                        (then (return (i32.const -1))))
                    (memory.fill
                        (i32.shl (i32.sub (local.get $size) (i32.const 1)) (i32.const 16))
                        (i32.const 7) (i32.const 1024))
                    (br_if $next (i32.lt_u (local.get $size) (i32.const 1000))))
                (local.get $size)))"#,
    )?;
    child::run_apart("a_shared_memory_grows_while_others_use_it", LIMIT, || {
        for _ in 0..5 {
            let memory = shared(1, PAGES_MAX)?;
            let work = |name: &'static str| {
                let (mut store, instance) = instance_with(&memory, &image)?;
                match call(&mut store, instance, name, &[])? {
                    Outcome::Returned(values) => Ok(values),
                    other => bail!("{name}: {other:?}"),
                }
            };
            let results = std::thread::scope(|scope| {
                let threads: Vec<_> = ["grow", "use", "grow", "use", "grow"]
                    .into_iter()
                    .map(|name| scope.spawn(move || Ok::<_, anyhow::Error>((name, work(name)?))))
                    .collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Result<Vec<_>>>()
            })?;
            let mut grown = 0;
            for (name, values) in results {
                let [Value::I32(value)] = values[..] else { bail!("{values:?}") };
                match name {
                    "grow" => grown += value,
                    _ => ensure!(value == PAGES_MAX as i32, "a page is not what it was marked as"),
                }
            }
            ensure!(grown == PAGES_MAX as i32 - 1, "{grown} pages were added");
            ensure!(memory.memory_type().minimum_pages == PAGES_MAX, "{memory:?}");
        }
        Ok(())
    })
}

/// Instances come and go and trap in eight threads, all on one memory.
#[test]
fn instances_of_a_shared_memory_trap_side_by_side() -> Result<()> {
    let image = image(
        r#"(module
            (import "env" "memory" (memory 1 2 shared))
            (table 3 funcref)
            (elem (i32.const 0) $count $count $count)
            (func $count (drop (i64.atomic.rmw.add (i32.const 0) (i64.const 1))))
            (start $count)
            (func (export "out") (param i32) (drop (i32.load offset=65536 (local.get 0))))
            (func (export "odd") (drop (i32.atomic.rmw.or (i32.const 2) (i32.const 1))))
            (func (export "call") (param i32) (call_indirect (local.get 0)))
            (func $deep (export "deep") call $deep)
            (func (export "wait") (result i32)
                (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 100000))))"#,
    )?;
    const THREADS: usize = 8;
    const ROUNDS: usize = 60;
    child::run_apart("instances_of_a_shared_memory_trap_side_by_side", LIMIT, || {
        let memory = shared(1, 2)?;
        let work = || -> Result<()> {
            for _ in 0..ROUNDS {
                let (mut store, instance) = instance_with(&memory, &image)?;
                for (name, arguments, code) in [
                    ("out", &[Value::I32(0)][..], TrapCode::MemoryOutOfBounds),
                    ("odd", &[], TrapCode::UnalignedAtomic),
                    ("call", &[Value::I32(3)], TrapCode::UndefinedElement),
                    ("deep", &[], TrapCode::StackOverflow),
                ] {
                    let outcome = call(&mut store, instance, name, arguments)?;
                    ensure!(matches!(&outcome, Outcome::Trapped(it) if it.code == code), "{name}: {outcome:?}");
                }
                ensure!(matches!(call(&mut store, instance, "call", &[Value::I32(2)])?, Outcome::Returned(_)));
                let waited = call(&mut store, instance, "wait", &[])?;
                ensure!(matches!(&waited, Outcome::Returned(it) if it[..] == [Value::I32(2)]), "{waited:?}");
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
        })?;
        let counted = memory.contents().read_u64(0);
        ensure!(counted == Some((THREADS * ROUNDS * 2) as u64), "{counted:?}");
        Ok(())
    })
}

/// What a store's own memories are to others: nothing, unless their type says that they are shared.
#[test]
fn only_shared_memories_go_to_other_stores() -> Result<()> {
    let definer = image(
        r#"(module (memory (export "shared") 1 3 shared) (memory (export "own") 1 3)
        (data (i32.const 5) "five")
        (func (export "size") (result i32) memory.size))"#,
    )?;
    let user = image(
        r#"(module (import "env" "memory" (memory 1 3 shared))
        (func (export "peek") (result i32) (i32.load8_u (i32.const 6)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
    )?;
    let mut first = Store::new(StoreOptions::default())?;
    let defining = Linker::new().instantiate(&mut first, &definer)?;
    ensure!(defining.memory(&first, "own").context("own")?.shared(&first).is_none());
    let memory = defining.memory(&first, "shared").and_then(|it| it.shared(&first)).context("it is shared")?;
    let (mut second, using) = instance_with(&memory, &user)?;
    let peeked = call(&mut second, using, "peek", &[])?;
    ensure!(matches!(&peeked, Outcome::Returned(it) if it[..] == [Value::I32(i32::from(b'i'))]), "{peeked:?}");
    call(&mut second, using, "grow", &[])?;
    let size = call(&mut first, defining, "size", &[])?;
    ensure!(matches!(&size, Outcome::Returned(it) if it[..] == [Value::I32(2)]), "{size:?}");
    // It lives as long as anyone has it.
    drop(first);
    let peeked = call(&mut second, using, "peek", &[])?;
    ensure!(matches!(peeked, Outcome::Returned(_)), "{peeked:?}");
    drop(second);
    ensure!(memory.contents().read_u8(6) == Some(b'i'));
    Ok(())
}

#[test]
fn threads_without_a_memory_to_share_are_refused() -> Result<()> {
    let image =
        image(r#"(module (import "wasi" "thread-spawn" (func (param i32) (result i32))) (memory 1 1 shared))"#)?;
    let error = ThreadsBuilder::new().build().add_to_linker(&mut Linker::new(), &image, &MemoryBudget::default()).err();
    ensure!(error.context("must fail")?.to_string().contains("--import-memory"));
    Ok(())
}

/// An interruption reaches who waits for another thread that never comes.
#[test]
fn who_waits_can_be_interrupted() -> Result<()> {
    let image = image(
        r#"(module (import "env" "memory" (memory 1 1 shared))
        (func (export "wait") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
        (func (export "spin") (loop $again (br $again))))"#,
    )?;
    child::run_apart("who_waits_can_be_interrupted", LIMIT, || {
        for round in 0..50 {
            let (mut store, instance) = instance_with(&shared(1, 1)?, &image)?;
            let handle = store.interrupt_handle();
            let interrupt = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_micros(20 * round));
                handle.interrupt();
            });
            let outcome = call(&mut store, instance, if round % 2 == 0 { "wait" } else { "spin" }, &[])?;
            ensure!(matches!(&outcome, Outcome::Trapped(it) if it.code == TrapCode::Interrupted), "{outcome:?}");
            interrupt.join().expect("no panic");
        }
        Ok(())
    })
}
