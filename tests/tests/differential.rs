//! Modules that nobody thought of, made by `wasm-smith`, do the same under wasmc as under another engine, wasmi.
//!
//! Bounded in count; the seeds are printed. `WASMC_SEEDS=FIRST..LAST` runs others.

use anyhow::{Context, Result, anyhow, ensure};
use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmc_compiler::options::{BoundsChecks, Optimization};
use wasmc_compiler::{CompileOptions, compile};
use wasmc_contract::target::CpuFeatures;
use wasmc_contract::trap::TrapCode;
use wasmc_loader::{Extern, Image, InstantiateError, Linker, Outcome, Store, StoreOptions, Uncaught, Value};
use wasmc_tests::random::Random;
use wasmc_tests::{compile_options, cpu_levels};

const SEEDS: std::ops::Range<u64> = 0..400;

/// What loops and calls of one module together may take.
const FUEL: u32 = 400;

/// A value, as far as both engines can show it; any NaN is the same NaN.
#[derive(Clone, Debug, PartialEq)]
enum Shown {
    I32(i32),
    I64(i64),
    F32(Option<u32>),
    F64(Option<u64>),
    V128(u128),
    Null,
    Reference,
}

/// What became of a call or of an instantiation.
#[derive(Clone, Debug, PartialEq)]
enum Ran {
    Returned(Vec<Shown>),
    Trapped(&'static str),
}

/// Everything that a module shows: how it was instantiated, what its functions returned, and what they left behind.
#[derive(Clone, Debug, PartialEq, Default)]
struct Trace {
    calls: Vec<(String, Ran)>,
    globals: Vec<(String, Shown)>,
    memories: Vec<(String, u64, u64)>,
}

fn config() -> Config {
    Config {
        max_imports: 0,
        export_everything: true,
        max_memories: 2,
        max_tables: 2,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        memory_max_size_required: true,
        max_table_elements: 1000,
        table_max_size_required: true,
        // What is stored in memory is compared bit by bit.
        canonicalize_nans: true,
        exceptions_enabled: false,
        gc_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        relaxed_simd_enabled: false,
        custom_page_sizes_enabled: false,
        compact_imports_enabled: false,
        max_tags: 0,
        min_funcs: 4,
        max_funcs: 12,
        max_instructions: 300,
        ..Config::default()
    }
}

fn make(seed: u64) -> Result<Option<Vec<u8>>> {
    let bytes = Random::new(seed).bytes(30_000);
    let mut module = Module::new(config(), &mut Unstructured::new(&bytes))?;
    if module.ensure_termination(FUEL).is_err() {
        return Ok(None);
    }
    Ok(Some(module.to_bytes()))
}

#[test]
fn made_modules_do_the_same() -> Result<()> {
    let seeds = match std::env::var("WASMC_SEEDS") {
        Ok(text) => {
            let (first, last) = text.split_once("..").context("WASMC_SEEDS=FIRST..LAST")?;
            first.parse()?..last.parse()?
        }
        Err(_) => SEEDS,
    };
    let (mut calls, mut left_out) = (0, 0);
    for seed in seeds.clone() {
        let Some(wasm) = make(seed)? else {
            left_out += 1;
            continue;
        };
        let Some(expected) = run_wasmi(&wasm, seed).with_context(|| format!("seed {seed}, wasmi"))? else {
            left_out += 1;
            continue;
        };
        let options = options(seed);
        let found = run_wasmc(&wasm, seed, &options).with_context(|| format!("seed {seed}"))?;
        calls += expected.calls.len();
        if let Some(difference) = first_difference(&found, &expected) {
            return Err(anyhow!("seed {seed}: {difference}"));
        }
    }
    wasmc_tests::say(&format!("seeds {seeds:?}: {calls} calls agree; {left_out} modules left out"));
    ensure!(calls > 0, "nothing was compared");
    Ok(())
}

/// Each seed's way to compile: all combinations come up.
fn options(seed: u64) -> CompileOptions {
    let levels = cpu_levels();
    let level = levels.get(seed as usize % (levels.len() + 1));
    CompileOptions {
        optimization: [Optimization::None, Optimization::Full, Optimization::Speed, Optimization::Size]
            [(seed / 4) as usize % 4],
        bounds_checks: if (seed / 16).is_multiple_of(2) { BoundsChecks::GuardPages } else { BoundsChecks::Explicit },
        interruptible: seed / 32 % 2 == 1,
        cpu_features: level.map_or(CpuFeatures::BASELINE, |(_, features)| *features),
        ..compile_options()
    }
}

fn first_difference(found: &Trace, expected: &Trace) -> Option<String> {
    let calls = found.calls.iter().zip(&expected.calls).find(|(found, expected)| found != expected);
    if let Some(pair) = calls {
        return Some(format!("wasmc: {:?}\nwasmi: {:?}", pair.0, pair.1));
    }
    let globals = found.globals.iter().zip(&expected.globals).find(|(found, expected)| found != expected);
    if let Some(pair) = globals {
        return Some(format!("wasmc: global {:?}\nwasmi: global {:?}", pair.0, pair.1));
    }
    (found != expected).then(|| format!("wasmc: {found:?}\nwasmi: {expected:?}"))
}

/// A hash that shows whether two memories are the same.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn run_wasmc(wasm: &[u8], seed: u64, options: &CompileOptions) -> Result<Trace> {
    let artifact = compile(wasm, options)?;
    let image = Image::from_bytes(artifact.bytes())?;
    let mut store = Store::new(StoreOptions::default())?;
    let mut trace = Trace::default();
    let instance = match Linker::new().instantiate(&mut store, &image) {
        Ok(instance) => instance,
        Err(InstantiateError::Trapped(report)) => {
            trace.calls.push(("instantiation".to_owned(), Ran::Trapped(kind(report.code))));
            return Ok(trace);
        }
        Err(error) => return Err(error.into()),
    };
    let mut random = Random::new(seed);
    let mut exports = instance.exports(&store);
    exports.sort_by(|left, right| left.0.cmp(&right.0));
    for (name, export) in &exports {
        let Extern::Function(function) = export else { continue };
        let parameters = function.function_type(&store).context("a function of this store")?.parameters;
        let Some(arguments) = parameters.iter().map(|it| wasmc_argument(it, &mut random)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let ran = match function.call(&mut store, &arguments)? {
            Outcome::Returned(values) => Ran::Returned(values.iter().map(show_wasmc).collect()),
            Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => Ran::Trapped(kind(report.code)),
            Outcome::Exited(status) => return Err(anyhow!("exited with {status}")),
        };
        trace.calls.push((name.clone(), ran));
    }
    for (name, export) in &exports {
        match export {
            Extern::Global(global) => trace.globals.push((name.clone(), show_wasmc(&global.get(&store)?))),
            Extern::Memory(memory) => {
                let pages = memory.size_pages(&store)?;
                let mut bytes = vec![0; (pages * 65536) as usize];
                memory.read(&store, 0, &mut bytes)?;
                trace.memories.push((name.clone(), pages, hash(&bytes)));
            }
            _ => {}
        }
    }
    Ok(trace)
}

/// An interesting number as often as any other.
fn number(random: &mut Random) -> u64 {
    const INTERESTING: [u64; 8] =
        [0, 1, u64::MAX, 0x8000_0000, 0x7fff_ffff, 0x8000_0000_0000_0000, 0x3ff0_0000_0000_0000, 65536];
    let any = random.next_u64();
    if any & 1 == 0 { INTERESTING[random.below(INTERESTING.len())] } else { any >> (any & 31) }
}

fn wasmc_argument(value_type: &wasmc_loader::ValueType, random: &mut Random) -> Option<Value> {
    use wasmc_loader::{HeapType, ValueType};
    let bits = number(random);
    Some(match value_type {
        ValueType::I32 => Value::I32(bits as i32),
        ValueType::I64 => Value::I64(bits as i64),
        ValueType::F32 => Value::F32(bits as u32),
        ValueType::F64 => Value::F64(bits),
        ValueType::V128 => Value::V128(u128::from(bits) << 64 | u128::from(bits)),
        ValueType::Reference(reference) if reference.heap == HeapType::Extern => Value::Extern(None),
        ValueType::Reference(reference) if reference.heap == HeapType::Func => Value::Function(None),
        ValueType::Reference(_) => return None,
    })
}

fn show_wasmc(value: &Value) -> Shown {
    match value {
        Value::I32(value) => Shown::I32(*value),
        Value::I64(value) => Shown::I64(*value),
        Value::F32(bits) => Shown::F32((!f32::from_bits(*bits).is_nan()).then_some(*bits)),
        Value::F64(bits) => Shown::F64((!f64::from_bits(*bits).is_nan()).then_some(*bits)),
        Value::V128(value) => Shown::V128(*value),
        Value::Function(None) | Value::Extern(None) | Value::Exception(None) => Shown::Null,
        Value::Function(_) | Value::Extern(_) | Value::Exception(_) => Shown::Reference,
    }
}

/// The kinds of trap as both engines tell them apart.
fn kind(code: TrapCode) -> &'static str {
    match code {
        TrapCode::Unreachable => "unreachable",
        TrapCode::MemoryOutOfBounds => "memory",
        // The specification has one kind for elements that are not there, and wasmi another name for each.
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => "table",
        TrapCode::UninitializedElement => "null",
        TrapCode::IndirectCallTypeMismatch => "signature",
        TrapCode::IntegerOverflow => "overflow",
        TrapCode::IntegerDivideByZero => "division",
        TrapCode::InvalidConversionToInteger => "conversion",
        TrapCode::StackOverflow => "stack",
        _ => "other",
    }
}

/// `None` if wasmi refuses the module: it has limits of its own.
fn run_wasmi(wasm: &[u8], seed: u64) -> Result<Option<Trace>> {
    use wasmi::{Engine, Extern, Linker, Module, Store};
    let mut config = wasmi::Config::default();
    config.wasm_multi_memory(true).wasm_memory64(true).wasm_tail_call(true).wasm_extended_const(true).wasm_simd(true);
    let engine = Engine::new(&config);
    let Ok(module) = Module::new(&engine, wasm) else { return Ok(None) };
    let mut store = Store::new(&engine, ());
    let mut trace = Trace::default();
    let instance = match Linker::new(&engine).instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => {
            trace.calls.push(("instantiation".to_owned(), Ran::Trapped(wasmi_kind(&error)?)));
            return Ok(Some(trace));
        }
    };
    let mut random = Random::new(seed);
    // Arguments follow from the order: by name in both engines.
    let mut names: Vec<String> = module.exports().map(|export| export.name().to_owned()).collect();
    names.sort();
    for name in &names {
        let Some(function) = instance.get_func(&store, name) else { continue };
        let function_type = function.ty(&store);
        let arguments: Vec<_> = function_type.params().iter().map(|it| wasmi_argument(*it, &mut random)).collect();
        let mut results: Vec<_> = function_type.results().iter().map(|it| wasmi::Val::default_for_ty(*it)).collect();
        let ran = match function.call(&mut store, &arguments, &mut results) {
            Ok(()) => Ran::Returned(results.iter().map(show_wasmi).collect()),
            Err(error) => Ran::Trapped(wasmi_kind(&error)?),
        };
        trace.calls.push((name.clone(), ran));
    }
    for name in &names {
        match instance.get_export(&store, name) {
            Some(Extern::Global(global)) => trace.globals.push((name.clone(), show_wasmi(&global.get(&store)))),
            Some(Extern::Memory(memory)) => {
                trace.memories.push((name.clone(), memory.size(&store), hash(memory.data(&store))));
            }
            _ => {}
        }
    }
    Ok(Some(trace))
}

fn wasmi_argument(value_type: wasmi::ValType, random: &mut Random) -> wasmi::Val {
    use wasmi::{Val, ValType};
    let bits = number(random);
    match value_type {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(wasmi::F32::from_bits(bits as u32)),
        ValType::F64 => Val::F64(wasmi::F64::from_bits(bits)),
        ValType::V128 => Val::V128(wasmi::V128::from(u128::from(bits) << 64 | u128::from(bits))),
        ValType::FuncRef | ValType::ExternRef => Val::default_for_ty(value_type),
    }
}

fn show_wasmi(value: &wasmi::Val) -> Shown {
    use wasmi::Val;
    match value {
        Val::I32(value) => Shown::I32(*value),
        Val::I64(value) => Shown::I64(*value),
        Val::F32(value) => Shown::F32((!value.to_float().is_nan()).then_some(value.to_bits())),
        Val::F64(value) => Shown::F64((!value.to_float().is_nan()).then_some(value.to_bits())),
        Val::V128(value) => Shown::V128(value.as_u128()),
        Val::FuncRef(reference) => {
            if reference.is_null() {
                Shown::Null
            } else {
                Shown::Reference
            }
        }
        Val::ExternRef(reference) => {
            if reference.is_null() {
                Shown::Null
            } else {
                Shown::Reference
            }
        }
    }
}

fn wasmi_kind(error: &wasmi::Error) -> Result<&'static str> {
    use wasmi::TrapCode;
    Ok(match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => "unreachable",
        Some(TrapCode::MemoryOutOfBounds) => "memory",
        Some(TrapCode::TableOutOfBounds) => "table",
        Some(TrapCode::IndirectCallToNull) => "null",
        Some(TrapCode::BadSignature) => "signature",
        Some(TrapCode::IntegerOverflow) => "overflow",
        Some(TrapCode::IntegerDivisionByZero) => "division",
        Some(TrapCode::BadConversionToInteger) => "conversion",
        Some(TrapCode::StackOverflow) => "stack",
        // An active segment that does not fit, which wasmi calls an error of its own.
        None if error.to_string().starts_with("out of bounds table access") => "table",
        None if error.to_string().starts_with("out of bounds memory access") => "memory",
        _ => return Err(anyhow!("wasmi: {error}")),
    })
}
