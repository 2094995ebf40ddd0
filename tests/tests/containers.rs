//! All six kinds of object on one machine: those for its CPU are mapped and run, whatever their container and calling
//! convention, and all are refused by a loader that runs its own system's alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use wasmc_compiler::options::{BoundsChecks, Optimization};
use wasmc_compiler::verify::verify;
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::target::{System, Target};
use wasmc_loader::{Caller, HostError, Image, Instance, Linker, Outcome, Store, StoreOptions, TrapCode, Value};
use wasmc_tests::child::run_apart;
use wasmc_tests::random::Random;

const EVERYTHING: &str = include_str!("../samples/everything.wat");

/// The targets whose code this machine runs.
fn runnable() -> impl Iterator<Item = Target> {
    let host = Target::host();
    Target::ALL.into_iter().filter(move |target| host.is_some_and(|host| host.architecture == target.architecture))
}

struct Program {
    store: Store,
    instance: Instance,
}

impl Program {
    fn new(text: &str, options: &CompileOptions, linker: &Linker) -> Result<Self> {
        let artifact = compile(&wat::parse_str(text)?, options)?;
        ensure!(Image::from_foreign_bytes(artifact.bytes())?.target() == options.target);
        Self::load(artifact.bytes(), linker)
    }

    fn load(bytes: &[u8], linker: &Linker) -> Result<Self> {
        let image = Image::from_foreign_bytes(bytes)?;
        let mut limits = StoreOptions::default();
        limits.max_stack_bytes = Some(1 << 20);
        let mut store = Store::new(limits)?;
        let instance = linker.instantiate(&mut store, &image)?;
        Ok(Self { store, instance })
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Outcome> {
        let function = self.instance.function(&self.store, name).with_context(|| name.to_owned())?;
        Ok(function.call(&mut self.store, arguments)?)
    }

    fn number(&mut self, name: &str, arguments: &[Value]) -> Result<i64> {
        match self.call(name, arguments)? {
            Outcome::Returned(values) => match values.as_slice() {
                [Value::I64(number)] => Ok(*number),
                [Value::I32(number)] => Ok((*number).into()),
                other => bail!("{name} gives {other:?}"),
            },
            other => bail!("{name}: {other:?}"),
        }
    }

    fn trap(&mut self, name: &str, arguments: &[Value]) -> Result<TrapCode> {
        match self.call(name, arguments)? {
            Outcome::Trapped(report) => Ok(report.code),
            other => bail!("{name} does not trap: {other:?}"),
        }
    }
}

const BORDERS: &str = r#"(module
  (import "host" "sum" (func $sum (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64) (result i64)))
  (import "host" "pair" (func $pair (param i32) (result i32 i64)))
  (import "host" "fail" (func $fail (param i32)))
  (import "host" "again" (func $again (param i32) (result i32)))
  (memory (export "memory") 1 3)
  (data (i32.const 100) "\07")
  (data $passive "\01\02\03\04")
  (table 3 funcref)
  (elem (i32.const 0) $one $two)
  (tag $tag (param i32))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (func (export "sum") (param i32) (result i64)
    (call $sum (local.get 0) (i64.const 2) (f32.const 3) (f64.const 4) (i32.const 5) (i64.const 6) (f32.const 7)
      (f64.const 8) (i32.const 9) (i64.const 10)))
  (func (export "pair") (result i64) (local i64)
    (call $pair (i32.const 5)) (local.set 0) (i64.extend_i32_s) (i64.add (local.get 0)))
  (func (export "fail") (result i32) (call $fail (i32.const 1)) (i32.const 1))
  (func (export "again") (param i32) (result i32) (call $again (local.get 0)))
  (func (export "indirect") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func (export "unreachable") unreachable)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "initialize") (result i32)
    (memory.init $passive (i32.const 1) (i32.const 0) (i32.const 4))
    (memory.fill (i32.const 3) (i32.const 9) (i32.const 1))
    (memory.copy (i32.const 8) (i32.const 1) (i32.const 4))
    (i32.load (i32.const 8)))
  (func (export "outside") (memory.fill (i32.const 131071) (i32.const 1) (i32.const 2)))
  (func (export "round") (result f64)
    (f64.add (f64.floor (f64.const 2.5)) (f64.promote_f32 (f32.nearest (f32.const 3.5)))))
  (func $throw (param i32) (throw $tag (local.get 0)))
  (func (export "catch") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $tag $caught) (call $throw (local.get 0)))
      (i32.const -1)))
  (func $deep (export "deep") (param i64) (result i64)
    (i64.add (i64.const 1) (call $deep (i64.add (local.get 0) (i64.const 1)))))
  (func (export "many") (param i32 i64 f32 f64 i32 i64 f32 f64) (result f64 i32)
    (f64.add (local.get 7) (f64.promote_f32 (local.get 2))) (i32.add (local.get 0) (local.get 4)))
  (func (export "vector") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0))))"#;

fn linker() -> Result<Linker> {
    let mut linker = Linker::new();
    linker.function(
        "host",
        "sum",
        |_: &mut Caller<'_>, a: i32, b: i64, c: f32, d: f64, e: i32, f: i64, g: f32, h: f64, i: i32, j: i64| {
            i64::from(a) + b + c as i64 + d as i64 + i64::from(e) + f + g as i64 + h as i64 + i64::from(i) * 100 + j
        },
    )?;
    linker.function("host", "pair", |_: &mut Caller<'_>, a: i32| (a * 2, i64::from(a) * 3))?;
    linker.function("host", "fail", |_: &mut Caller<'_>, _: i32| -> Result<(), HostError> {
        Err(HostError::Message("as asked".to_owned()))
    })?;
    linker.function("host", "again", |caller: &mut Caller<'_>, count: i32| -> Result<i32, HostError> {
        if count == 0 {
            return Err(HostError::Trap(TrapCode::Unreachable));
        }
        let instance = caller.instance().ok_or("nobody called")?;
        let function = instance.function(caller.store(), "again").ok_or("no such export")?;
        let outcome = function.call(caller.store(), &[Value::I32(count - 1)]).map_err(|error| error.to_string())?;
        match outcome {
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            other => Err(HostError::Message(format!("{other:?}"))),
        }
    })?;
    Ok(linker)
}

/// Everything that crosses a border, or leaves code otherwise than by a return.
fn run_borders(options: &CompileOptions) -> Result<()> {
    let mut program = Program::new(BORDERS, options, &linker()?)?;
    ensure!(program.number("sum", &[Value::I32(1)])? == 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 900 + 10);
    ensure!(program.number("pair", &[])? == 25);
    ensure!(program.trap("fail", &[])? == TrapCode::Host);
    ensure!(program.trap("again", &[Value::I32(5)])? == TrapCode::Unreachable);
    ensure!(program.number("indirect", &[Value::I32(1)])? == 2);
    ensure!(program.trap("indirect", &[Value::I32(2)])? == TrapCode::UninitializedElement);
    ensure!(program.number("load", &[Value::I32(100)])? == 7);
    ensure!(program.trap("load", &[Value::I32(-1)])? == TrapCode::MemoryOutOfBounds);
    ensure!(program.trap("divide", &[Value::I32(0)])? == TrapCode::IntegerDivideByZero);
    ensure!(program.trap("unreachable", &[])? == TrapCode::Unreachable);
    ensure!(program.number("grow", &[Value::I32(1)])? == 1);
    ensure!(program.number("grow", &[Value::I32(2)])? == -1);
    ensure!(program.number("initialize", &[])? == 0x0409_0201);
    ensure!(program.trap("outside", &[])? == TrapCode::MemoryOutOfBounds);
    ensure!(program.number("catch", &[Value::I32(42)])? == 42);
    ensure!(program.trap("deep", &[Value::I64(0)])? == TrapCode::StackOverflow);
    let Outcome::Returned(values) = program.call("round", &[])? else { bail!("round does not return") };
    ensure!(matches!(values.as_slice(), [Value::F64(number)] if f64::from_bits(*number) == 6.0), "{values:?}");
    let float = |number: f64| Value::F64(number.to_bits());
    let single = |number: f32| Value::F32(number.to_bits());
    let arguments =
        [Value::I32(1), Value::I64(2), single(3.0), float(4.0), Value::I32(5), Value::I64(6), single(7.0), float(8.0)];
    let Outcome::Returned(values) = program.call("many", &arguments)? else { bail!("many does not return") };
    ensure!(values == [float(11.0), Value::I32(6)], "{values:?}");
    let Outcome::Returned(values) = program.call("vector", &[Value::V128(5)])? else { bail!("no vector") };
    ensure!(values == [Value::V128(10)], "{values:?}");
    Ok(())
}

#[test]
fn objects_of_all_systems_run_here() -> Result<()> {
    let mut names = Vec::new();
    for target in runnable() {
        for optimization in [Optimization::None, Optimization::Full] {
            for bounds_checks in [BoundsChecks::GuardPages, BoundsChecks::Explicit] {
                let options =
                    CompileOptions { optimization, bounds_checks, verify: true, ..CompileOptions::new(target) };
                run_borders(&options).with_context(|| format!("{target}, {optimization:?}, {bounds_checks:?}"))?;
            }
        }
        names.push(target.name());
    }
    ensure!(names.len() == 3);
    wasmc_tests::say(&format!("run here: {}", names.join(", ")));
    Ok(())
}

/// Behind 10,000,000 bytes of names, COFF says otherwise where a section's own name is.
#[test]
fn an_object_with_many_bytes_of_names_runs() -> Result<()> {
    let host = Target::host().context("this machine is no target")?;
    // Names are sorted by how they end.
    let name = |index: usize| format!("{index:z<1000}");
    let functions: String = (0..12_000).map(|index| format!("(func ${})", name(index))).collect();
    let text = format!("(module {functions} (func (export \"run\") (result i32) (i32.const 42)))");
    let options = CompileOptions::new(Target { system: System::Windows, ..host });
    let artifact = compile(&wat::parse_str(&text)?, &options)?;
    let is_encoded = |header: &[u8]| header.starts_with(b"//");
    ensure!(artifact.bytes()[20..].chunks_exact(40).take(10).any(is_encoded), "no section's name is that far");
    verify(artifact.bytes())?;
    let mut program = Program::load(artifact.bytes(), &Linker::new())?;
    ensure!(program.number("run", &[])? == 42);
    Ok(())
}

#[test]
fn the_loader_refuses_what_is_not_for_it() -> Result<()> {
    let wasm = wat::parse_str("(module)")?;
    let host = Target::host().context("this machine is no target")?;
    for target in Target::ALL {
        let artifact = compile(&wasm, &CompileOptions::new(target))?;
        let opened = Image::from_bytes(artifact.bytes());
        if target == host {
            opened?;
            continue;
        }
        let message = opened.err().context("it is loaded")?.to_string();
        let expected = format!(
            "the artifact is for {target}, this machine is {host}; compile the module with `wasmc compile --target {host}`"
        );
        ensure!(message == expected, "{message}");
        if target.architecture != host.architecture {
            ensure!(Image::from_foreign_bytes(artifact.bytes()).is_err(), "{target} is loaded");
        }
    }
    Ok(())
}

/// Loads `bytes`, if that works, and looks at what the image tells; the verifier looks at them as well.
fn load_and_verify(bytes: &[u8]) -> Result<(bool, bool)> {
    let loaded = match Image::from_foreign_bytes(bytes) {
        Ok(image) => {
            std::hint::black_box((image.imports().count(), image.exports().count()));
            true
        }
        Err(error) => {
            ensure!(!error.to_string().is_empty());
            false
        }
    };
    let verified = catch_unwind(AssertUnwindSafe(|| verify(bytes).is_ok()));
    Ok((loaded, verified.map_err(|_| anyhow!("the verifier panics"))?))
}

#[test]
fn damaged_objects_of_all_kinds_are_refused_or_load() -> Result<()> {
    run_apart("damaged_objects_of_all_kinds_are_refused_or_load", Duration::from_secs(600), || {
        let wasm = wat::parse_str(EVERYTHING)?;
        for target in Target::ALL {
            let artifact = compile(&wasm, &CompileOptions::new(target))?;
            let original = artifact.bytes();
            let loads = runnable().any(|runnable| runnable == target);
            ensure!(load_and_verify(original)? == (loads, true), "the artifact itself");
            for length in (0..original.len()).filter(|length| *length < 2048 || length % 4099 == 0) {
                ensure!(load_and_verify(&original[..length])? == (false, false), "{target}: cut to {length}, it loads");
            }
            // What is not padding, headers above all.
            let is_told =
                |at: &usize| original[at.saturating_sub(8)..(at + 8).min(original.len())].iter().any(|b| *b != 0);
            let told: Vec<usize> = (0..original.len()).filter(is_told).collect();
            let headers = told.iter().take_while(|at| **at < 2048).count();
            let seed = 4;
            let mut random = Random::new(seed);
            let (mut loaded, mut verified) = (0, 0);
            let tried = 4000;
            for round in 0..tried {
                let mut bytes = original.to_vec();
                for _ in 0..1 + random.below(3) {
                    let at = told[random.below(if round % 2 == 0 { headers } else { told.len() })];
                    let values = [0, 1, 0x7f, 0x80, 0xff, random.next_u64() as u8, original[at] ^ 1, !original[at]];
                    bytes[at] = values[random.below(values.len())];
                }
                let found = load_and_verify(&bytes).with_context(|| format!("{target}, round {round}"))?;
                loaded += usize::from(found.0);
                verified += usize::from(found.1);
            }
            wasmc_tests::say(&format!("{target}: {tried} damaged (seed {seed}): {loaded} load, {verified} verify"));
        }
        Ok(())
    })
}
