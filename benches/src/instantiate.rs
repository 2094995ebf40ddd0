//! What it costs inside one process to load an artifact, to make an instance of it, to call into it, and to drop it.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use wasmc_compiler::CompileOptions;
use wasmc_contract::target::Target;
use wasmc_loader::{Image, Linker, Pool, Store, StoreOptions, Value};

use crate::measure::median;
use crate::report::{Report, Unit};

/// One memory with a 100 KB image, a table, some globals, and a function to call.
const MODULE: &str = r#"
(module
  (memory (export "memory") 16)
  (global $count (mut i32) (i32.const 0))
  (table 64 funcref)
  (elem (i32.const 0) $add)
  (data (i32.const 0) "first byte of the image")
  (data (i32.const 102390) "last bytes")
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
"#;

const REPEAT: u32 = 200;

/// Measures each step, as the median of rounds of many repetitions.
pub(crate) fn measure(rounds: usize, report: &mut Report) -> Result<()> {
    let target = Target::host().ok_or_else(|| anyhow!("this machine is no target"))?;
    let artifact = wasmc_compiler::compile(&wat::parse_str(MODULE)?, &CompileOptions::new(target))?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), artifact.bytes())?;
    let mut steps: Vec<(&str, Vec<Duration>)> =
        ["map and check", "instantiate", "call", "drop", "take from a pool", "first touch of a page", "give back"]
            .map(|name| (name, Vec::new()))
            .into();
    for _ in 0..rounds {
        let totals = round(file.path())?;
        for ((_, samples), total) in steps.iter_mut().zip(totals) {
            samples.push(total / REPEAT);
        }
    }
    for (name, samples) in &steps {
        report.add("in process", name, "wasmc", median(samples, Duration::as_secs_f64), Unit::Seconds);
    }
    Ok(())
}

fn round(path: &std::path::Path) -> Result<[Duration; 7]> {
    let mut totals = [Duration::ZERO; 7];
    let mut timed = |step: usize, start: Instant| totals[step] += start.elapsed();
    let linker = Linker::new();
    for _ in 0..REPEAT {
        let start = Instant::now();
        let image = Image::open(path)?;
        timed(0, start);

        let mut store = Store::new(StoreOptions::default())?;
        let start = Instant::now();
        let instance = linker.instantiate(&mut store, &image)?;
        timed(1, start);

        let add = instance.function(&store, "add").ok_or_else(|| anyhow!("no export `add`"))?;
        let start = Instant::now();
        add.call(&mut store, &[Value::I32(1), Value::I32(2)])?;
        timed(2, start);

        let start = Instant::now();
        drop(store);
        timed(3, start);
    }
    let pool = Pool::new(Image::open(path)?, linker, StoreOptions::default(), 1);
    drop(pool.acquire()?);
    for _ in 0..REPEAT {
        let start = Instant::now();
        let mut pooled = pool.acquire()?;
        timed(4, start);

        let instance = pooled.instance();
        let memory = instance.memory(pooled.store(), "memory").ok_or_else(|| anyhow!("no export `memory`"))?;
        let start = Instant::now();
        memory.write(pooled.store(), 50_000, b"x")?;
        timed(5, start);

        let start = Instant::now();
        drop(pooled);
        timed(6, start);
    }
    Ok(totals)
}
