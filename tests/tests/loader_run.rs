//! Instances through the loader's public API: calls, traps, host functions, linking.

use std::cell::Cell;
use std::ffi::c_void;

use anyhow::{Context, Result, bail};
use wasmc_contract::context::HostFunction;
use wasmc_loader::{
    Caller, ExternType, Function, FunctionType, HostError, Image, InstantiateError, Linker, MemoryBudget, Outcome,
    Store, StoreOptions, TrapCode, TrapReport, Value, ValueType,
};

fn image(text: &str) -> Result<Image> {
    let wasm = wat::parse_str(text)?;
    let artifact = wasmc_compiler::compile(&wasm, &wasmc_tests::compile_options())?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

fn interruptible_image(text: &str) -> Result<Image> {
    let options = wasmc_compiler::CompileOptions { interruptible: true, ..wasmc_tests::compile_options() };
    let artifact = wasmc_compiler::compile(&wat::parse_str(text)?, &options)?;
    Ok(Image::from_bytes(artifact.bytes())?)
}

struct Program {
    store: Store,
    instance: wasmc_loader::Instance,
}

impl Program {
    fn new(text: &str, linker: &Linker) -> Result<Self> {
        let mut store = Store::new(StoreOptions::default())?;
        let instance = linker.instantiate(&mut store, &image(text)?)?;
        Ok(Self { store, instance })
    }

    fn call(&mut self, name: &str, arguments: &[Value]) -> Result<Outcome> {
        let function = self.instance.function(&self.store, name).with_context(|| name.to_owned())?;
        Ok(function.call(&mut self.store, arguments)?)
    }

    fn returned(&mut self, name: &str, arguments: &[Value]) -> Result<Vec<Value>> {
        match self.call(name, arguments)? {
            Outcome::Returned(values) => Ok(values),
            other => bail!("{name} did not return, but {other:?}"),
        }
    }

    fn trapped(&mut self, name: &str, arguments: &[Value]) -> Result<TrapReport> {
        match self.call(name, arguments)? {
            Outcome::Trapped(report) => Ok(report),
            other => bail!("{name} did not trap, but {other:?}"),
        }
    }
}

#[test]
fn values_of_all_types_go_in_and_come_out() -> Result<()> {
    let mut program = Program::new(
        r#"(module
            (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
            (func (export "swap") (param i64 f32 f64 v128 externref) (result externref v128 f64 f32 i64)
                local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
            (func $self (export "self") (result funcref) ref.func $self))"#,
        &Linker::new(),
    )?;
    assert_eq!(program.returned("add", &[Value::I32(40), Value::I32(2)])?, [Value::I32(42)]);
    let external = Value::from(wasmc_loader::ExternReference::new(7));
    let arguments = [Value::I64(-1), 1.5_f32.into(), 2.5_f64.into(), Value::V128(u128::MAX - 5), external];
    let mut reversed = arguments;
    reversed.reverse();
    assert_eq!(program.returned("swap", &arguments)?, reversed);
    let [Value::Function(Some(function))] = program.returned("self", &[])?[..] else { bail!("no function") };
    assert!(matches!(function.call(&mut program.store, &[])?, Outcome::Returned(_)));
    assert!(program.call("add", &[Value::I32(1)]).is_err());
    assert!(program.call("add", &[Value::I32(1), Value::I64(1)]).is_err());
    Ok(())
}

#[test]
fn traps_end_the_call_and_not_the_process() -> Result<()> {
    let mut program = Program::new(
        r#"(module $demo
            (memory 1)
            (table 2 funcref)
            (func $deep (param i32) (result i32) local.get 0 i32.const 1 i32.add call $deep i32.const 1 i32.add)
            (func $divide (export "divide") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
            (func $outer (export "outer") (param i32) (result i32) i32.const 1 local.get 0 call $divide)
            (func (export "unreachable") unreachable)
            (func (export "load") (param i32) (result i32) local.get 0 i32.load)
            (func (export "indirect") (param i32) local.get 0 call_indirect)
            (func (export "fill") (param i32) local.get 0 i32.const 1 i32.const 65536 memory.fill)
            (func (export "deep") (result i32) i32.const 0 call $deep)
            (func (export "convert") (param f64) (result i32) local.get 0 i32.trunc_f64_s))"#,
        &Linker::new(),
    )?;
    for _ in 0..3 {
        let report = program.trapped("outer", &[Value::I32(0)])?;
        assert_eq!(report.code, TrapCode::IntegerDivideByZero);
        let names: Vec<_> = report.frames.iter().map(|frame| frame.name.as_deref()).collect();
        assert_eq!(names, [Some("divide"), Some("outer")], "{report}");
        assert!(report.frames.iter().all(|frame| frame.wasm_offset.is_some()), "{report}");
        assert_eq!(report.frames[0].module.as_deref(), Some("demo"));
        let code = |report: TrapReport| report.code;
        let overflow = [Value::I32(i32::MIN), Value::I32(-1)];
        assert_eq!(code(program.trapped("divide", &overflow)?), TrapCode::IntegerOverflow);
        assert_eq!(code(program.trapped("unreachable", &[])?), TrapCode::Unreachable);
        assert_eq!(code(program.trapped("load", &[Value::I32(-1)])?), TrapCode::MemoryOutOfBounds);
        assert_eq!(code(program.trapped("load", &[Value::I32(65533)])?), TrapCode::MemoryOutOfBounds);
        assert_eq!(code(program.trapped("fill", &[Value::I32(1)])?), TrapCode::MemoryOutOfBounds);
        assert_eq!(code(program.trapped("indirect", &[Value::I32(0)])?), TrapCode::UninitializedElement);
        assert_eq!(code(program.trapped("indirect", &[Value::I32(2)])?), TrapCode::UndefinedElement);
        let report = program.trapped("deep", &[])?;
        assert_eq!(report.code, TrapCode::StackOverflow);
        assert!(report.frames_omitted > 1000);
        let nan = program.trapped("convert", &[f64::NAN.into()])?;
        assert_eq!(nan.code, TrapCode::InvalidConversionToInteger);
        assert_eq!(program.returned("divide", &[Value::I32(6), Value::I32(3)])?, [Value::I32(2)]);
    }
    Ok(())
}

#[test]
fn host_functions_are_typed_closures() -> Result<()> {
    let mut linker = Linker::new();
    linker
        .function("h", "sum", |_: &mut Caller<'_>, a: i32, b: i64, c: f32, d: f64| -> f64 {
            f64::from(a) + b as f64 + f64::from(c) + d
        })?
        .function("h", "pair", |_: &mut Caller<'_>, a: u32| (a + 1, u64::from(a) + 2))?
        .function("h", "peek", |caller: &mut Caller<'_>, address: u32| {
            let memory = caller.memory().ok_or("no memory")?;
            Ok::<_, HostError>(memory.read_u32(address.into()).ok_or(TrapCode::MemoryOutOfBounds)?)
        })?
        .function("h", "many", |_: &mut Caller<'_>, a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32, h: i32| {
            a + 10 * b + 100 * c + 1000 * d + 10_000 * e + 100_000 * f + 1_000_000 * g + 10_000_000 * h
        })?
        .function("h", "exit", |_: &mut Caller<'_>, status: i32| -> Result<(), HostError> {
            Err(HostError::Exit(status))
        })?
        .function("h", "fail", |_: &mut Caller<'_>| -> Result<(), HostError> { Err("as it should".into()) })?;
    let vector = FunctionType::new([ValueType::V128, ValueType::I32], [ValueType::I32, ValueType::V128]);
    linker.array_function("h", "vector", vector, |_, arguments, results| {
        results.copy_from_slice(&[arguments[1], arguments[0]]);
        Ok(())
    })?;
    let mut program = Program::new(
        r#"(module
            (import "h" "sum" (func $sum (param i32 i64 f32 f64) (result f64)))
            (import "h" "pair" (func $pair (param i32) (result i32 i64)))
            (import "h" "peek" (func $peek (param i32) (result i32)))
            (import "h" "many" (func $many (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            (import "h" "exit" (func $exit (param i32)))
            (import "h" "fail" (func $fail))
            (import "h" "vector" (func $vector (param v128 i32) (result i32 v128)))
            (memory (export "memory") 1)
            (data (i32.const 16) "\2a\00\00\00")
            (func (export "sum") (result f64)
                i32.const 1 i64.const 2 f32.const 3.5 f64.const 4.25 call $sum)
            (func (export "pair") (param i32) (result i32 i64) local.get 0 call $pair)
            (func (export "peek") (param i32) (result i32) local.get 0 call $peek)
            (func (export "many") (result i32)
                i32.const 1 i32.const 2 i32.const 3 i32.const 4 i32.const 5 i32.const 6 i32.const 7 i32.const 8 call $many)
            (func (export "exit") (param i32) local.get 0 call $exit)
            (func $failing (export "fail") call $fail)
            (export "raw fail" (func $fail))
            (func (export "vector") (param v128 i32) (result i32 v128) local.get 0 local.get 1 call $vector))"#,
        &linker,
    )?;
    assert_eq!(program.returned("sum", &[])?, [Value::from(10.75_f64)]);
    assert_eq!(program.returned("pair", &[Value::I32(5)])?, [Value::I32(6), Value::I64(7)]);
    assert_eq!(program.returned("peek", &[Value::I32(16)])?, [Value::I32(42)]);
    assert_eq!(program.trapped("peek", &[Value::I32(65536)])?.code, TrapCode::MemoryOutOfBounds);
    assert_eq!(program.returned("many", &[])?, [Value::I32(87_654_321)]);
    let vector = program.returned("vector", &[Value::V128(1 << 100), Value::I32(9)])?;
    assert_eq!(vector, [Value::I32(9), Value::V128(1 << 100)]);
    assert!(matches!(program.call("exit", &[Value::I32(3)])?, Outcome::Exited(3)));
    let report = program.trapped("fail", &[])?;
    assert_eq!((report.code, report.message.as_deref()), (TrapCode::Host, Some("as it should")));
    assert_eq!(report.frames[0].name.as_deref(), Some("failing"));
    assert_eq!(program.trapped("raw fail", &[])?.message.as_deref(), Some("as it should"));
    Ok(())
}

#[test]
fn calls_nest_and_their_traps_are_told_together() -> Result<()> {
    let mut linker = Linker::new();
    linker.function("h", "back", |caller: &mut Caller<'_>, depth: i32| -> Result<i32, HostError> {
        let instance = caller.instance().ok_or("no caller")?;
        let function = instance.function(caller.store(), "enter").ok_or("no export")?;
        match function.call(caller.store(), &[Value::I32(depth - 1)]).map_err(|error| error.to_string())? {
            Outcome::Returned(values) => match values[..] {
                [Value::I32(value)] => Ok(value + 1),
                _ => Err("another type".into()),
            },
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            Outcome::Exited(status) => Err(HostError::Exit(status)),
            Outcome::Threw(uncaught) => Err(uncaught.into()),
        }
    })?;
    let mut program = Program::new(
        r#"(module
            (import "h" "back" (func $back (param i32) (result i32)))
            (func $enter (export "enter") (param i32) (result i32)
                (if (i32.lt_s (local.get 0) (i32.const 0)) (then unreachable))
                (if (result i32) (local.get 0)
                    (then (call $back (local.get 0)))
                    (else (i32.const 100)))))"#,
        &linker,
    )?;
    assert_eq!(program.returned("enter", &[Value::I32(5)])?, [Value::I32(105)]);
    let report = program.trapped("enter", &[Value::I32(-1)])?;
    assert_eq!(report.frames.len(), 1, "{report}");
    let mut linker = Linker::new();
    linker.function("h", "back", |caller: &mut Caller<'_>, depth: i32| -> Result<i32, HostError> {
        let instance = caller.instance().ok_or("no caller")?;
        let function = instance.function(caller.store(), "enter").ok_or("no export")?;
        let depth = if depth == 1 { -1 } else { depth - 1 };
        match function.call(caller.store(), &[Value::I32(depth)]).map_err(|error| error.to_string())? {
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            _ => Ok(0),
        }
    })?;
    let mut program = Program::new(
        r#"(module
            (import "h" "back" (func $back (param i32) (result i32)))
            (func $enter (export "enter") (param i32) (result i32)
                (if (i32.lt_s (local.get 0) (i32.const 0)) (then unreachable))
                (call $back (local.get 0))))"#,
        &linker,
    )?;
    let report = program.trapped("enter", &[Value::I32(3)])?;
    assert_eq!(report.code, TrapCode::Unreachable);
    assert_eq!(report.frames.len(), 4, "{report}");
    Ok(())
}

#[test]
fn instances_share_what_they_export() -> Result<()> {
    let mut store = Store::new(StoreOptions::default())?;
    let mut linker = Linker::new();
    let exporter = image(
        r#"(module
            (memory (export "memory") 1 3)
            (table (export "table") 4 funcref)
            (global $counter (export "counter") (mut i32) (i32.const 5))
            (global (export "constant") i64 (i64.const 77))
            (func (export "bump") (result i32)
                (global.set $counter (i32.add (global.get $counter) (i32.const 1))) (global.get $counter))
            (func (export "call") (param i32) (result i32) local.get 0 call_indirect (result i32))
            (tag (export "tag") (param i32)))"#,
    )?;
    let exporter = linker.instantiate(&mut store, &exporter)?;
    linker.instance(&store, "a", exporter)?;
    let importer = image(
        r#"(module
            (import "a" "memory" (memory 1))
            (import "a" "table" (table 4 funcref))
            (import "a" "counter" (global $counter (mut i32)))
            (import "a" "constant" (global $constant i64))
            (import "a" "bump" (func $bump (result i32)))
            (import "a" "tag" (tag (param i32)))
            (global $offset i32 (i32.const 2))
            (global (export "copied") i64 (i64.add (global.get $constant) (i64.const 1)))
            (elem (offset (global.get $offset)) $forty $bump)
            (data (i32.const 8) "hello")
            (func $forty (result i32) i32.const 40)
            (func (export "counter") (result i32) call $bump drop global.get $counter)
            (func (export "grow") (result i32) i32.const 1 memory.grow)
            (func (export "store at end") (i32.store8 (i32.const 131071) (i32.const 9))))"#,
    )?;
    let importer = linker.instantiate(&mut store, &importer)?;
    let call = |store: &mut Store, instance: wasmc_loader::Instance, name: &str, arguments: &[Value]| {
        let function = instance.function(store, name).with_context(|| name.to_owned())?;
        match function.call(store, arguments)? {
            Outcome::Returned(values) => Ok(values),
            other => bail!("{name}: {other:?}"),
        }
    };
    assert_eq!(call(&mut store, importer, "counter", &[])?, [Value::I32(6)]);
    assert_eq!(call(&mut store, exporter, "call", &[Value::I32(2)])?, [Value::I32(40)]);
    assert_eq!(call(&mut store, exporter, "call", &[Value::I32(3)])?, [Value::I32(7)]);
    assert_eq!(call(&mut store, importer, "grow", &[])?, [Value::I32(1)]);
    assert_eq!(call(&mut store, importer, "grow", &[])?, [Value::I32(2)]);
    assert_eq!(call(&mut store, importer, "grow", &[])?, [Value::I32(-1)]);
    call(&mut store, importer, "store at end", &[])?;
    let memory = exporter.memory(&store, "memory").context("memory")?;
    assert_eq!(memory.size_pages(&store)?, 3);
    let mut bytes = [0; 5];
    memory.read(&store, 8, &mut bytes)?;
    assert_eq!(&bytes, b"hello");
    let global = importer.export(&store, "copied").and_then(wasmc_loader::Extern::global).context("copied")?;
    assert_eq!(global.get(&store)?, Value::I64(78));
    Ok(())
}

#[test]
fn missing_imports_are_named_all_at_once() -> Result<()> {
    let text = r#"(module
        (import "env" "one" (func (param i32) (result i64)))
        (import "env" "two" (memory 1 2))
        (func (export "run") (result i64) i32.const 1 call 0))"#;
    let image = image(text)?;
    let kinds: Vec<String> = image.imports().map(|import| import.kind.to_string()).collect();
    assert_eq!(kinds, ["func (i32) -> (i64)", "memory 1 2"]);
    assert!(image.exports().all(|export| matches!(export.kind, ExternType::Function(_))));
    let mut store = Store::new(StoreOptions::default())?;
    let mut linker = Linker::new();
    let error = linker.instantiate(&mut store, &image).err().context("must fail")?;
    let InstantiateError::Missing(missing) = &error else { bail!("{error}") };
    assert_eq!(missing.len(), 2);
    assert!(error.to_string().contains(r#""env" "one": func (i32) -> (i64)"#), "{error}");
    linker.function("env", "one", |_: &mut Caller<'_>| {})?;
    // What is missing comes before what does not fit.
    let error = linker.instantiate(&mut store, &image).err().context("must fail")?;
    assert!(matches!(&error, InstantiateError::Missing(missing) if missing.len() == 1), "{error}");
    let memory = wasmc_loader::MemoryType { minimum_pages: 1, maximum_pages: Some(2), is_64: false, is_shared: false };
    let memory = wasmc_loader::Memory::new(&mut store, memory)?;
    linker.define("env", "two", memory)?;
    assert!(matches!(linker.instantiate(&mut store, &image), Err(InstantiateError::Incompatible { .. })));
    let mut linker = Linker::new();
    linker.trap_unknown_imports(true);
    linker.define("env", "two", memory)?;
    let instance = linker.instantiate(&mut store, &image)?;
    let run = instance.function(&store, "run").context("run")?;
    let Outcome::Trapped(report) = run.call(&mut store, &[])? else { bail!("must trap") };
    assert!(report.to_string().contains(r#""env" "one" is not defined"#), "{report}");
    Ok(())
}

#[test]
fn host_functions_are_values() -> Result<()> {
    let mut program = Program::new(
        r#"(module
            (type $unary (func (param i32) (result i32)))
            (import "h" "same" (func $same (type $unary)))
            (table (export "table") 1 funcref)
            (func (export "run") (param i32) (result i32) local.get 0 i32.const 0 call_indirect (type $unary))
            (func (export "give") (result funcref) (ref.func $same))
            (elem declare func $same))"#,
        Linker::new().function("h", "same", |_: &mut Caller<'_>, value: i32| value)?,
    )?;
    let unary = FunctionType::new([ValueType::I32], [ValueType::I32]);
    let double = Function::new(&mut program.store, unary.clone(), |_, arguments, results| {
        let Value::I32(value) = arguments[0] else { return Err("no i32".into()) };
        results[0] = Value::I32(value * 2);
        Ok(())
    });
    assert!(
        matches!(double.call(&mut program.store, &[Value::I32(4)])?, Outcome::Returned(values) if values == [Value::I32(8)])
    );
    let table =
        program.instance.export(&program.store, "table").and_then(wasmc_loader::Extern::table).context("table")?;
    table.set(&mut program.store, 0, double.into())?;
    assert_eq!(program.returned("run", &[Value::I32(21)])?, [Value::I32(42)]);
    assert_eq!(table.get(&program.store, 0)?, Value::from(double));
    let [Value::Function(Some(same))] = program.returned("give", &[])?[..] else { bail!("no function") };
    assert_eq!(same.function_type(&program.store), Some(unary));
    table.set(&mut program.store, 0, same.into())?;
    assert_eq!(program.returned("run", &[Value::I32(21)])?, [Value::I32(21)]);
    Ok(())
}

#[test]
fn imports_are_bound_to_own_exports() -> Result<()> {
    let text = r#"(module
        (import "m" "own" (func $own (param i32) (result i32)))
        (table 1 funcref)
        (elem (i32.const 0) func $own)
        (global $base (mut i32) (i32.const 5))
        (func (export "own") (param i32) (result i32) (i32.add (local.get 0) (global.get $base)))
        (func (export "direct") (param i32) (result i32) (call $own (local.get 0)))
        (func (export "other") (result i64) (i64.const 1))
        (export "again" (func $own))
        (func (export "by_number") (param i32) (result i32)
            (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0))))"#;
    let mut linker = Linker::new();
    linker.own_export("m", "own", "own")?;
    let mut program = Program::new(text, &linker)?;
    for name in ["own", "direct", "again", "by_number"] {
        ensure_values(&program.returned(name, &[Value::I32(2)])?, &[Value::I32(7)])?;
    }
    // What is not the instance's own, is no function of that type, or is not there.
    for (export, found) in [("again", "nothing"), ("other", "func () -> (i64)"), ("missing", "nothing")] {
        let mut linker = Linker::new();
        linker.own_export("m", "own", export)?;
        match Program::new(text, &linker) {
            Err(error) if error.to_string().contains(&format!("but is {found}")) => {}
            Err(error) => bail!("{export}: {error}"),
            Ok(_) => bail!("{export} is taken"),
        }
    }
    Ok(())
}

fn ensure_values(found: &[Value], expected: &[Value]) -> Result<()> {
    if found == expected { Ok(()) } else { bail!("{found:?} instead of {expected:?}") }
}

#[test]
fn functions_of_a_linker_are_values_with_a_caller() -> Result<()> {
    let mut linker = Linker::new();
    linker.function("m", "length", |caller: &mut Caller<'_>| caller.memory().map_or(0, |memory| memory.length()))?;
    let mut program = Program::new(
        r#"(module (memory (export "memory") 3) (table (export "table") 1 funcref)
            (func (export "call") (result i64) (call_indirect (result i64) (i32.const 0))))"#,
        &linker,
    )?;
    let (store, instance) = (&mut program.store, program.instance);
    let function = linker.function_for(store, instance, "m", "length").context("the function")?;
    let table = instance.export(store, "table").and_then(|item| item.table()).context("a table")?;
    table.set(store, 0, Value::Function(Some(function)))?;
    ensure_values(&program.returned("call", &[])?, &[Value::I64(3 << 16)])?;
    let mut other = Store::new(StoreOptions::default())?;
    if linker.function_for(&mut other, instance, "m", "length").is_some()
        || linker.function_for(&mut program.store, instance, "m", "missing").is_some()
    {
        bail!("there is such a function");
    }
    Ok(())
}

#[test]
fn limits_hold() -> Result<()> {
    let text = r#"(module
        (memory (export "memory") 1)
        (func $deep (param i32) (result i32) (if (result i32) (local.get 0)
            (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0))))
        (func (export "deep") (param i32) (result i32) local.get 0 call $deep)
        (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"#;
    let image = image(text)?;
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(10 * 65536);
    options.max_stack_bytes = Some(64 * 1024);
    let mut store = Store::new(options)?;
    let instance = Linker::new().instantiate(&mut store, &image)?;
    let mut call = |name: &str, argument| -> Result<Outcome> {
        let function = instance.function(&store, name).context("export")?;
        Ok(function.call(&mut store, &[Value::I32(argument)])?)
    };
    assert!(matches!(call("grow", 9)?, Outcome::Returned(values) if values == [Value::I32(1)]));
    assert!(matches!(call("grow", 1)?, Outcome::Returned(values) if values == [Value::I32(-1)]));
    assert!(matches!(call("deep", 500)?, Outcome::Returned(_)));
    assert!(matches!(call("deep", 10_000)?, Outcome::Trapped(report) if report.code == TrapCode::StackOverflow));
    Ok(())
}

/// No compiled code lies between the calls that would look at the stack.
#[test]
fn host_functions_that_call_themselves_use_up_a_stack_and_no_more() -> Result<()> {
    let mut linker = Linker::new();
    linker.function("h", "again", |caller: &mut Caller<'_>| {
        let instance = caller.instance().ok_or("no caller")?;
        let again = instance.function(caller.store(), "again").ok_or("no export")?;
        match again.call(caller.store(), &[]).map_err(|error| error.to_string())? {
            Outcome::Returned(_) => Ok(()),
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            other => Err(HostError::Message(format!("{other:?}"))),
        }
    })?;
    let text = r#"(module (import "h" "again" (func $again)) (export "again" (func $again))
        (func (export "start") (call $again))
        (func (export "fine") (result i32) (i32.const 7)))"#;
    let mut program = Program::new(text, &linker)?;
    for _ in 0..3 {
        for name in ["start", "again"] {
            assert_eq!(program.trapped(name, &[])?.code, TrapCode::StackOverflow, "{name}");
            assert_eq!(program.returned("fine", &[])?, [Value::I32(7)]);
        }
    }
    Ok(())
}

#[test]
fn an_instance_that_cannot_be_made_leaves_nothing() -> Result<()> {
    let text = r#"(module (import "h" "nothing" (func)) (memory 6) (memory 6))"#;
    let image = image(text)?;
    let mut options = StoreOptions::default();
    options.memory = MemoryBudget::new(10 * 65536);
    let mut store = Store::new(options)?;
    let mut linker = Linker::new();
    linker.function("h", "nothing", |_: &mut Caller<'_>| {})?;
    for _ in 0..3 {
        let error = linker.instantiate(&mut store, &image);
        assert!(matches!(error, Err(InstantiateError::Limit(_))), "{error:?}");
        assert_eq!(store.memory_bytes(), 0);
    }
    linker.instantiate(&mut store, &self::image("(module (memory 10))")?)?;
    Ok(())
}

/// A host function as C would have it: the arguments' weighted sum in `environment`, and two results.
extern "C" fn weigh(host: &HostFunction, a: i32, b: f64, results: &mut [[u64; 2]; 2]) {
    let environment = host.environment as *const Cell<f64>;
    // SAFETY: the test passes a cell that outlives its store.
    let sum = unsafe { &*environment };
    sum.set(sum.get() + f64::from(a) * b);
    results[0][0] = u64::from(a.cast_unsigned()) + 1;
    results[1][0] = sum.get().to_bits();
}

#[test]
fn host_functions_are_c_functions() -> Result<()> {
    let sum = Cell::new(0.5_f64);
    let mut linker = Linker::new();
    let function_type = FunctionType::new([ValueType::I32, ValueType::F64], [ValueType::I32, ValueType::F64]);
    // SAFETY: the function has this type, and the cell outlives the store, which one thread uses.
    unsafe {
        let environment = (&raw const sum).cast_mut().cast();
        linker.c_function("h", "weigh", function_type, weigh as *const c_void, environment)?;
    }
    let mut program = Program::new(
        r#"(module
            (import "h" "weigh" (func $weigh (param i32 f64) (result i32 f64)))
            (export "weigh" (func $weigh))
            (func (export "twice") (result i32 f64)
                (call $weigh (i32.const 2) (f64.const 4)) drop drop
                (call $weigh (i32.const -1) (f64.const 3))))"#,
        &linker,
    )?;
    assert_eq!(program.returned("twice", &[])?, [Value::I32(0), 5.5_f64.into()]);
    assert_eq!(program.returned("weigh", &[Value::I32(4), 0.25_f64.into()])?, [Value::I32(5), 6.5_f64.into()]);
    assert_eq!(sum.get().to_bits(), 6.5_f64.to_bits());
    Ok(())
}

#[test]
fn a_runaway_program_is_stopped() -> Result<()> {
    let image = interruptible_image(
        r#"(module (import "h" "sleep" (func $sleep))
            (func (export "spin") (loop br 0))
            (func (export "sleep") call $sleep))"#,
    )?;
    assert!(image.is_interruptible());
    let mut store = Store::new(StoreOptions::default())?;
    let mut linker = Linker::new();
    linker.function("h", "sleep", |caller: &mut Caller<'_>| -> Result<(), HostError> {
        loop {
            // Nobody writes to the pipe.
            let (reader, _writer) = std::io::pipe()?;
            let mut reader = std::fs::File::from(std::os::fd::OwnedFd::from(reader));
            match std::io::Read::read(&mut reader, &mut [0]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted && caller.interrupted() => {
                    return Err(HostError::Trap(TrapCode::Interrupted));
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => return Err(format!("{other:?}").into()),
            }
        }
    })?;
    let instance = linker.instantiate(&mut store, &image)?;
    for name in ["spin", "sleep", "spin"] {
        let handle = store.interrupt_handle();
        let stopped = std::sync::atomic::AtomicBool::new(false);
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !handle.is_running() {
                    std::thread::yield_now();
                }
                while !stopped.load(std::sync::atomic::Ordering::Acquire) {
                    handle.interrupt();
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            });
            let function = instance.function(&store, name).context("export")?;
            let outcome = function.call(&mut store, &[]);
            stopped.store(true, std::sync::atomic::Ordering::Release);
            anyhow::Ok(outcome?)
        })?;
        handle.clear();
        assert!(matches!(outcome, Outcome::Trapped(report) if report.code == TrapCode::Interrupted), "{name}");
    }
    Ok(())
}
