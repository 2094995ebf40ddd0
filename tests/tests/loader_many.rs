//! Many instances: of one image in many threads, in a pool, ten thousand at once.

use anyhow::{Context, Result, bail};
use wasmc_loader::{Image, Linker, Outcome, Pool, Store, StoreOptions, TrapCode, Value};

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
