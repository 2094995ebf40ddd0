//! Damaged and hostile input: an error that says what and where, and never a panic, a hang or a crash.
//!
//! Each test runs in a child process, so that a crash is seen as a failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use wasmc_compiler::{CompileError, compile};
use wasmc_loader::{Image, Linker, Outcome, Store, StoreOptions, Value};
use wasmc_tests::child::run_apart;
use wasmc_tests::compile_options;
use wasmc_tests::module::{Module, section, unsigned};
use wasmc_tests::random::Random;

const LIMIT: Duration = Duration::from_secs(600);

/// A module with something of everything that a module description describes.
const SAMPLE: &str = include_str!("../samples/everything.wat");

fn sample() -> Result<Vec<u8>> {
    Ok(wat::parse_str(SAMPLE)?)
}

/// Loads `bytes` and, if that works, looks at everything that an image tells. Code is not run.
fn load_and_look(bytes: &[u8]) -> bool {
    let Ok(image) = Image::from_bytes(bytes) else { return false };
    let imports = image.imports().count();
    let exports = image.exports().count();
    let names = (0..64).filter(|index| image.function_name(*index).is_some()).count();
    std::hint::black_box((imports, exports, names));
    true
}

#[test]
fn flipped_bytes_of_an_artifact() -> Result<()> {
    run_apart("flipped_bytes_of_an_artifact", LIMIT, || {
        let artifact = compile(&sample()?, &compile_options())?;
        let original = artifact.bytes();
        ensure!(load_and_look(original), "the artifact itself does not load");
        let mut bytes = original.to_vec();
        let (mut tried, mut loaded) = (0, 0);
        let mut check = |bytes: &mut [u8], at: usize, value: u8| {
            bytes[at] = value;
            tried += 1;
            loaded += usize::from(load_and_look(bytes));
            bytes[at] = original[at];
        };
        // Everything outside long runs of zeros, which are padding.
        for at in 0..original.len() {
            let around = &original[at.saturating_sub(16)..(at + 16).min(original.len())];
            if around.iter().any(|byte| *byte != 0) {
                for value in [!original[at], original[at] ^ 1, original[at] ^ 0x80, 0] {
                    check(&mut bytes, at, value);
                }
            }
        }
        let seed = 1;
        let mut random = Random::new(seed);
        for _ in 0..10_000 {
            let (at, value) = (random.below(bytes.len()), random.next_u64() as u8);
            check(&mut bytes, at, value);
        }
        wasmc_tests::say(&format!(
            "{tried} artifacts with one byte changed (seed {seed}): {loaded} load, the others are refused"
        ));
        Ok(())
    })
}

#[test]
fn several_changed_words_of_an_artifact() -> Result<()> {
    run_apart("several_changed_words_of_an_artifact", LIMIT, || {
        let artifact = compile(&sample()?, &compile_options())?;
        let original = artifact.bytes();
        let seed = 2;
        let mut random = Random::new(seed);
        let interesting = [0, 1, 8, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, original.len() as u32];
        let tried = 10_000;
        let mut loaded = 0;
        for _ in 0..tried {
            let mut bytes = original.to_vec();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len() / 4 - 1) * 4;
                let word = interesting[random.below(interesting.len())];
                bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
            }
            loaded += usize::from(load_and_look(&bytes));
        }
        wasmc_tests::say(&format!(
            "{tried} artifacts with several words changed (seed {seed}): {loaded} load, the others are refused"
        ));
        Ok(())
    })
}

#[test]
fn cut_artifacts() -> Result<()> {
    run_apart("cut_artifacts", LIMIT, || {
        let artifact = compile(&sample()?, &compile_options())?;
        let original = artifact.bytes();
        let mut tried = 0;
        for length in (0..original.len()).filter(|length| length % 7 == 0 || original.len() - length < 512) {
            tried += 1;
            ensure!(!load_and_look(&original[..length]), "cut to {length} of {} bytes, it loads", original.len());
        }
        wasmc_tests::say(&format!("{tried} cut artifacts are refused"));
        Ok(())
    })
}

/// Compiles `bytes`; a panic is an error that says so, and so is whatever the compiler calls its own defect.
fn compile_or_refuse(bytes: &[u8]) -> Result<bool> {
    let result = catch_unwind(AssertUnwindSafe(|| compile(bytes, &compile_options())));
    match result.map_err(|_| anyhow!("the compiler panicked"))? {
        Ok(artifact) => {
            Image::from_bytes(artifact.bytes()).context("what was compiled does not load")?;
            Ok(true)
        }
        Err(error @ (CompileError::Code { .. } | CompileError::Verify(_))) => Err(error.into()),
        Err(error) => {
            ensure!(!error.to_string().is_empty());
            Ok(false)
        }
    }
}

#[test]
fn damaged_modules() -> Result<()> {
    run_apart("damaged_modules", LIMIT, || {
        let original = sample()?;
        let (mut tried, mut compiled) = (0, 0);
        for length in 0..original.len() {
            tried += 1;
            compiled +=
                usize::from(compile_or_refuse(&original[..length]).with_context(|| format!("cut to {length}"))?);
        }
        let seed = 3;
        let mut random = Random::new(seed);
        for round in 0..3000 {
            let mut bytes = original.clone();
            for _ in 0..1 + random.below(3) {
                let at = random.below(bytes.len());
                bytes[at] = random.next_u64() as u8;
            }
            tried += 1;
            compiled += usize::from(compile_or_refuse(&bytes).with_context(|| format!("seed {seed}, round {round}"))?);
        }
        for round in 0..500 {
            let mut bytes = b"\0asm\x01\0\0\0".to_vec();
            let length = random.below(200);
            bytes.extend(random.bytes(length));
            tried += 1;
            compiled += usize::from(compile_or_refuse(&bytes).with_context(|| format!("random bytes {round}"))?);
        }
        wasmc_tests::say(&format!("{tried} damaged modules (seed {seed}): {compiled} compile, the others are refused"));
        Ok(())
    })
}

/// Compiles, loads and runs the export `run`, which takes nothing and returns a number.
fn run_number(name: &str, bytes: &[u8]) -> Result<i32> {
    let start = Instant::now();
    let artifact = compile(bytes, &compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = Linker::new().instantiate(&mut store, &image)?;
    let function = instance.function(&store, "run").context("no export `run`")?;
    let outcome = function.call(&mut store, &[])?;
    let Outcome::Returned(values) = outcome else { return Err(anyhow!("{outcome:?}")) };
    wasmc_tests::say(&format!("{name}: {} bytes of wasm, {:?}", bytes.len(), start.elapsed()));
    ensure!(start.elapsed() < Duration::from_secs(120), "{name} takes too long");
    match values.as_slice() {
        [Value::I32(number)] => Ok(*number),
        other => Err(anyhow!("{other:?}")),
    }
}

#[test]
fn a_hundred_thousand_functions() -> Result<()> {
    run_apart("a_hundred_thousand_functions", LIMIT, || {
        const COUNT: u32 = 100_000;
        let mut module = Module::default();
        module.type_of_number();
        (0..COUNT).for_each(|_| module.function(0));
        module.export("run", COUNT - 1);
        module.body(&[0x41, 42]);
        // Each calls one that lies far away: 0 for most, 50,000 for the last.
        (1..COUNT).for_each(|index| module.body(&[&[0x10][..], &unsigned((index / 99_999 * 50_000).into())].concat()));
        ensure!(run_number("100,000 functions", &module.finish())? == 42);
        Ok(())
    })
}

#[test]
fn a_hundred_thousand_instructions() -> Result<()> {
    run_apart("a_hundred_thousand_instructions", LIMIT, || {
        let mut module = Module::default();
        module.type_of_number();
        module.function(0);
        module.entry(section::MEMORY, &[0, 1]);
        module.export("run", 0);
        // Adds what memory holds, so that nothing can be folded, nor kept: 100,000 instructions and more.
        let mut body = vec![0x41, 0];
        for index in 0..34_000_u32 {
            body.extend([&[0x41, 0, 0x2d, 0][..], &unsigned(index.into()), &[0x6a]].concat());
        }
        module.body(&body);
        ensure!(run_number("100,000 instructions", &module.finish())? == 0);
        // The same, with everything live at once.
        let mut module = Module::default();
        module.type_of_number();
        module.function(0);
        module.entry(section::MEMORY, &[0, 1]);
        module.export("run", 0);
        let loads = (0..34_000_u32).flat_map(|index| [&[0x41, 0, 0x2d, 0][..], &unsigned(index.into())].concat());
        let mut body: Vec<u8> = loads.collect();
        body.extend(vec![0x6a; 33_999]);
        module.body(&body);
        ensure!(run_number("34,000 values at once", &module.finish())? == 0);
        Ok(())
    })
}

#[test]
fn deep_nesting() -> Result<()> {
    run_apart("deep_nesting", LIMIT, || {
        for (depth, opener) in [(1000, 0x02), (1000, 0x03), (20_000, 0x02)] {
            let mut module = Module::default();
            module.type_of_number();
            module.function(0);
            module.export("run", 0);
            let mut body = [opener, 0x7f].repeat(depth);
            body.extend([0x41, 7]);
            body.extend(vec![0x0b; depth]);
            module.body(&body);
            ensure!(run_number(&format!("{depth} nested blocks"), &module.finish())? == 7);
        }
        Ok(())
    })
}

#[test]
fn fifty_thousand_globals() -> Result<()> {
    run_apart("fifty_thousand_globals", LIMIT, || {
        let mut module = Module::default();
        module.type_of_number();
        module.function(0);
        for number in 0..50_000_u32 {
            module.entry(section::GLOBAL, &[&[0x7f, 1, 0x41][..], &signed(number), &[0x0b]].concat());
        }
        module.export("run", 0);
        module.body(&[&[0x23][..], &unsigned(49_999), &[0x23], &unsigned(1), &[0x6a]].concat());
        ensure!(run_number("50,000 globals", &module.finish())? == 50_000);
        Ok(())
    })
}

/// A number that is not negative, as signed LEB128.
fn signed(number: u32) -> Vec<u8> {
    let mut bytes = unsigned(number.into());
    let last = bytes.len() - 1;
    if bytes[last] & 0x40 != 0 {
        bytes[last] |= 0x80;
        bytes.push(0);
    }
    bytes
}

#[test]
fn memories_at_the_limits() -> Result<()> {
    run_apart("memories_at_the_limits", LIMIT, || {
        for (name, text, expected) in [
            ("4 GiB", "(memory 65536) (func (export \"run\") (result i32) (i32.load8_u (i32.const -1)))", 0),
            ("to grow", "(memory 0 65536) (func (export \"run\") (result i32) (memory.grow (i32.const 65536)))", 0),
            ("full", "(memory 1 1) (func (export \"run\") (result i32) (memory.grow (i32.const 1)))", -1),
            (
                "64 bits, far too much to grow by",
                "(memory i64 1) (func (export \"run\") (result i32)
                   (i32.wrap_i64 (memory.grow (i64.const 0x7fff_ffff_ffff))))",
                -1,
            ),
        ] {
            let bytes = wat::parse_str(format!("(module {text})"))?;
            let found = run_number(name, &bytes)?;
            ensure!(found == expected, "{name}: {found}");
        }
        // More than an address space holds: refused when compiling or instantiating, not by a crash.
        for text in ["(memory i64 0x1000000000)", "(memory i64 0xffff_ffff_ffff)", "(table 0xffff_ffff funcref)"] {
            let bytes = wat::parse_str(format!("(module {text})"))?;
            if let Ok(artifact) = compile(&bytes, &compile_options()) {
                let mut store = Store::new(StoreOptions::default())?;
                let image = Image::from_bytes(artifact.bytes())?;
                ensure!(Linker::new().instantiate(&mut store, &image).is_err(), "{text} is instantiated");
            }
        }
        let hundred = "(memory 1)".repeat(100);
        let bytes = wat::parse_str(format!(
            "(module {hundred} (func (export \"run\") (result i32) (i32.load8_u 99 (i32.const 65535))))"
        ))?;
        ensure!(run_number("100 memories", &bytes)? == 0);
        Ok(())
    })
}

#[test]
fn a_segment_far_away_makes_no_large_image() -> Result<()> {
    run_apart("a_segment_far_away_makes_no_large_image", LIMIT, || {
        let bytes = wat::parse_str(
            r#"(module (memory 65536)
                 (data (i32.const 0) "a") (data (i32.const 0xfffffff0) "b")
                 (func (export "run") (result i32)
                   (i32.add (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const 0xfffffff0)))))"#,
        )?;
        let artifact = compile(&bytes, &compile_options())?;
        ensure!(artifact.bytes().len() < 4 << 20, "the artifact has {} bytes", artifact.bytes().len());
        ensure!(run_number("segments 4 GiB apart", &bytes)? == i32::from(b'a') + i32::from(b'b'));
        Ok(())
    })
}
