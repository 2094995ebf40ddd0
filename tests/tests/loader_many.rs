//! Many instances: of one image in many threads, in a pool, ten thousand at once.

use anyhow::{Context, Result, bail};
use wasmc_loader::{
    Caller, HostError, Image, Linker, Memory, MemoryType, Outcome, Pool, Store, StoreOptions, TrapCode, Value,
};

const COUNTER: &str = r#"(module
    (memory (export "memory") 1 4)
    (global $count (mut i32) (i32.const 0))
    (table $table 2 funcref)
    (elem (i32.const 0) $one)
    (func $one (result i32) i32.const 1)
    (data (i32.const 0) "\05\00\00\00")
    (data $passive "passive")
    (export "table" (table $table))
    (func (export "count") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (global.get $count)))
        (i32.store (i32.const 40000) (i32.const 1))
        (i32.load (i32.const 0)))
    (func (export "grow") (result i32) i32.const 1 memory.grow)
    (func (export "forget") (table.set $table (i32.const 0) (ref.null func)))
    (func (export "init") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7)) (data.drop $passive))
    (func (export "indirect") (result i32) i32.const 0 call_indirect $table (result i32))
    (func (export "trap") (result i32) i32.const -4 i32.load))"#;

fn image() -> Result<Image> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(COUNTER)?, &wasmc_tests::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

fn call(store: &mut Store, instance: wasmc_loader::Instance, name: &str) -> Result<Vec<Value>> {
    let function = instance.function(store, name).with_context(|| name.to_owned())?;
    match function.call(store, &[])? {
        Outcome::Returned(values) => Ok(values),
        other => bail!("{name}: {other:?}"),
    }
}

#[test]
fn threads_run_instances_of_one_image() -> Result<()> {
    let image = image()?;
    std::thread::scope(|scope| {
        let work = || -> Result<()> {
            for _ in 0..200 {
                let mut store = Store::new(StoreOptions::default())?;
                let instance = Linker::new().instantiate(&mut store, &image)?;
                assert_eq!(call(&mut store, instance, "count")?, [Value::I32(6)]);
                assert_eq!(call(&mut store, instance, "count")?, [Value::I32(8)]);
                let trap = instance.function(&store, "trap").context("trap")?;
                let outcome = trap.call(&mut store, &[])?;
                assert!(matches!(outcome, Outcome::Trapped(report) if report.code == TrapCode::MemoryOutOfBounds));
            }
            Ok(())
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })
}

#[test]
fn a_pool_gives_instances_as_new() -> Result<()> {
    let pool = Pool::new(image()?, Linker::new(), StoreOptions::default(), 4);
    for _ in 0..20 {
        let mut pooled = pool.acquire()?;
        let instance = pooled.instance();
        let store = pooled.store();
        assert_eq!(call(store, instance, "count")?, [Value::I32(6)]);
        assert_eq!(call(store, instance, "grow")?, [Value::I32(1)]);
        assert_eq!(call(store, instance, "indirect")?, [Value::I32(1)]);
        call(store, instance, "forget")?;
        call(store, instance, "init")?;
        assert!(call(store, instance, "indirect").is_err());
        let memory = instance.memory(store, "memory").context("memory")?;
        memory.write(store, 70_000, b"dirty")?;
        assert_eq!(store.memory_bytes(), 2 * 65536 + 16);
    }
    Ok(())
}

#[test]
fn ten_thousand_instances_live_at_once() -> Result<()> {
    let image = image()?;
    let mut store = Store::new(StoreOptions::default())?;
    let linker = Linker::new();
    let instances = (0..10_000).map(|_| linker.instantiate(&mut store, &image)).collect::<Result<Vec<_>, _>>()?;
    for instance in instances.iter().step_by(999) {
        assert_eq!(call(&mut store, *instance, "count")?, [Value::I32(6)]);
    }
    Ok(())
}

/// A function that calls the host once, and one that goes deep.
const CALLS_OUT: &str = r#"(module
    (import "host" "out" (func $out))
    (func (export "start") (call $out))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#;

/// Runs `start` with `out` as the function that it calls.
fn call_out(out: impl Fn(&mut Caller<'_>) -> Result<(), HostError> + Send + Sync + 'static) -> Result<Outcome> {
    let artifact = wasmc_compiler::compile(&wat::parse_str(CALLS_OUT)?, &wasmc_tests::compile_options())?;
    let mut linker = Linker::new();
    linker.function("host", "out", out)?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, &Image::from_bytes(artifact.bytes())?)?;
    let start = instance.function(&store, "start").context("start")?;
    Ok(start.call(&mut store, &[])?)
}

#[test]
fn a_store_handed_to_another_thread_has_that_threads_stack() -> Result<()> {
    let outcome = call_out(|caller| {
        let instance = caller.instance().ok_or("an instance called")?;
        let store = caller.store();
        let deep = instance.function(store, "deep").ok_or("deep is exported")?;
        let outcomes = std::thread::scope(|scope| {
            let calls = || [1_000, 100_000_000].map(|depth| deep.call(store, &[Value::I32(depth)]));
            scope.spawn(calls).join().expect("no panic")
        });
        assert!(
            matches!(&outcomes[0], Ok(Outcome::Returned(values)) if *values == [Value::I32(1_000)]),
            "{outcomes:?}"
        );
        assert!(
            matches!(&outcomes[1], Ok(Outcome::Trapped(report)) if report.code == TrapCode::StackOverflow),
            "{outcomes:?}"
        );
        Ok(())
    })?;
    assert!(matches!(outcome, Outcome::Returned(_)), "{outcome:?}");
    Ok(())
}

#[test]
fn a_host_function_that_replaces_its_store_ends_the_process() -> Result<()> {
    const CHILD: &str = "WASMC_TEST_REPLACES_STORE";
    if std::env::var_os(CHILD).is_some() {
        call_out(|caller| {
            let other = Store::new(StoreOptions::default()).map_err(|error| error.to_string())?;
            drop(std::mem::replace(caller.store(), other));
            Ok(())
        })?;
        return Ok(());
    }
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(["a_host_function_that_replaces_its_store_ends_the_process", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()?;
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("replaced the store"), "{}: {message}", output.status);
    Ok(())
}

#[test]
fn memories_of_impossible_types_are_refused() -> Result<()> {
    let mut store = Store::new(StoreOptions::default())?;
    for (minimum_pages, maximum_pages) in [(65_537, None), (1 << 20, None), (2, Some(1))] {
        let memory_type = MemoryType { minimum_pages, maximum_pages, is_64: false, is_shared: false };
        assert!(Memory::new(&mut store, memory_type).is_err(), "{memory_type:?}");
    }
    assert_eq!(store.memory_bytes(), 0);
    Ok(())
}
