//! What programs make the host note and do for what they load is bounded, and one that fails takes nothing from others.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Image, Linker, Outcome, Store, StoreOptions, TrapCode};
use wasmc_tests::child;
use wasmc_wasi::WasiBuilder;

use super::program::{Dylink, GLOBAL, MAIN, MAIN_DYLINK, NOW, Program, image, module, side};

/// The main module's memory, and as much again for what else counts.
const BUDGET_BYTES: u64 = 2 << 20;

/// A main module with more imports and functions.
fn main(dylink: Dylink<'_>, imports: &str, functions: &str) -> Result<Image> {
    image(&module("dylink.0", &dylink.bytes(), &format!("{imports}{MAIN}{functions}"))?)
}

/// One that opens libraries later: the first function is called when one is open, the second when it could not be.
fn later() -> Result<Image> {
    let imports = r#"(import "env" "_emscripten_dlopen_js" (func $open_later (param i32 i32 i32)))"#;
    let functions = r#"
        (elem (offset (i32.const 2)) func $opened $failed)
        (func $note (param i32) (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
        (func $opened (param $handle i32)
            (call $note (i32.const 8))
            (call $open_later (i32.add (local.get $handle) (i32.const 128)) (i32.const 2) (i32.const 3)))
        (func $failed (param i32) (call $note (i32.const 9)))
        (func (export "main") (result i32)
            (call $open_later (i32.const 4096) (i32.const 2) (i32.const 3))
            (call $note (i32.const 7))
            (i32.const 5))
        (func (export "flood") (result i32)
            (loop $again (call $open_later (i32.const 4096) (i32.const 2) (i32.const 3)) (br $again))
            (i32.const 0))"#;
    main(Dylink { table: 3, ..MAIN_DYLINK }, imports, functions)
}

#[test]
fn what_is_opened_later_is_opened_after_main() -> Result<()> {
    let mut program = Program::of(&later()?, vec![("side.wasm", side(Dylink::default(), "")?)], BUDGET_BYTES)?;
    program.write(4096 + 44, b"side.wasm\0")?;
    program.write(4224 + 44, b"missing.wasm\0")?;
    let outcome = program.thread.run(&mut program.store, program.instance)?;
    ensure!(matches!(outcome, Outcome::Exited(5)), "{outcome:?}");
    ensure!(program.call("log", &[])? == 1789, "{}", program.call("log", &[])?);
    ensure!(*program.asked.lock().unwrap() == ["side.wasm", "missing.wasm"]);
    Ok(())
}

#[test]
fn what_is_to_be_opened_later_counts() -> Result<()> {
    let mut program = Program::of(&later()?, Vec::new(), BUDGET_BYTES)?;
    program.start()?;
    match program.outcome("flood", &[])? {
        Outcome::Trapped(report) => {
            let message = report.message.unwrap_or_default();
            ensure!(message.contains("than the host keeps for it"), "{message}");
        }
        other => bail!("{other:?}"),
    }
    let budget = program.store.memory_budget().clone();
    ensure!(budget.used_bytes() > BUDGET_BYTES - 1024, "{}", budget.used_bytes());
    drop(program);
    ensure!(budget.used_bytes() == 0, "{} are not given back", budget.used_bytes());
    Ok(())
}

#[test]
fn handles_and_names_of_libraries_count() -> Result<()> {
    let exports: String = (0..3000).map(|number| format!("(export \"function{number}\" (func 1))")).collect();
    let large = side(Dylink::default(), &format!("(func)(func){exports}"))?;
    let names: Vec<String> = (0..16).map(|number| format!("large{number}.wasm")).collect();
    let mut sides = vec![("s", side(Dylink::default(), "")?)];
    sides.extend(names.iter().map(|name| (name.as_str(), large.clone())));
    let mut program = Program::of(&main(MAIN_DYLINK, "", "")?, sides, BUDGET_BYTES)?;
    program.start()?;
    // A record with this name starts at each even address.
    program.write(0x80000, &b"s\0".repeat(0x38000))?;
    let last = (0x80000..0xe0000)
        .step_by(2)
        .map(|handle| program.call("open", &[handle]))
        .find(|opened| !matches!(opened, Ok(1)));
    ensure!(last.context("all are opened")?? == 0);
    let error = program.error()?;
    ensure!(error == "Could not load dynamic lib: s\nError: there is no memory left for its handle", "{error}");

    let sides: Vec<_> = names.iter().map(|name| (name.as_str(), large.clone())).collect();
    let mut program = Program::of(&main(MAIN_DYLINK, "", "")?, sides, BUDGET_BYTES)?;
    program.start()?;
    let mut errors = Vec::new();
    for name in &names {
        errors.extend(program.open(name, NOW)?.err());
    }
    ensure!(!errors.is_empty() && errors.len() < names.len(), "{errors:?}");
    let expected = "Error: there is no memory left for what it is linked by";
    ensure!(errors.iter().all(|error| error.ends_with(expected)), "{errors:?}");
    Ok(())
}

#[test]
fn what_others_wait_for_is_still_to_come_when_a_library_fails() -> Result<()> {
    let imports = r#"
        (import "GOT.mem" "late" (global $late (mut i32)))
        (import "GOT.mem" "datum" (global $datum (mut i32)))"#;
    let functions = r#"
        (func (export "late_at") (result i32) (global.get $late))
        (func (export "datum_at") (result i32) (global.get $datum))"#;
    let dylink = Dylink { weak: &["late", "datum"], ..MAIN_DYLINK };
    let full = format!("{imports}{MAIN}{functions}").replace("(table 0 funcref)", "(table 2 2 funcref)");
    let full = image(&module("dylink.0", &dylink.bytes(), &full)?)?;
    let datum = Dylink { memory: 4, ..Dylink::default() };
    let sides = vec![
        ("function.wasm", side(Dylink::default(), r#"(func (export "late") (type $plain) (i32.const 1))"#)?),
        ("datum.wasm", side(datum, r#"(global (export "datum") i32 (i32.const 0))"#)?),
        ("data.wasm", side(datum, r#"(global (export "late") i32 (i32.const 0))"#)?),
    ];
    let mut program = Program::of(&full, sides, 1 << 30)?;
    program.start()?;
    // The first entry that waits is for a function, which gets no number.
    let error = program.open("function.wasm", NOW | GLOBAL)?.err().context("it is loaded")?;
    ensure!(error.ends_with("Error: the table of functions has no room"), "{error}");
    ensure!(program.call("late_at", &[])? == 0 && program.call("datum_at", &[])? == 0);
    program.opened("datum.wasm", NOW | GLOBAL)?;
    program.opened("data.wasm", NOW | GLOBAL)?;
    ensure!(program.call("datum_at", &[])? != 0, "what was not looked at is lost");
    ensure!(program.call("late_at", &[])? != 0, "what failed is lost");
    Ok(())
}

#[test]
fn a_large_table_is_looked_through_once() -> Result<()> {
    child::run_apart("limits::a_large_table_is_looked_through_once", Duration::from_secs(30), || {
        let large = Dylink { table: 10_000_000, ..Dylink::default() };
        let small = side(Dylink::default(), r#"(func (export "it") (type $plain) (i32.const 1))"#)?;
        let names: Vec<String> = (0..1000).map(|number| format!("small{number}.wasm")).collect();
        let mut sides = vec![("large.wasm", side(large, "")?)];
        sides.extend(names.iter().map(|name| (name.as_str(), small.clone())));
        let mut program = Program::started(sides)?;
        program.opened("large.wasm", NOW)?;
        for name in &names {
            let handle = program.opened(name, NOW)?;
            ensure!(program.value(handle, "it")? == 1);
        }
        Ok(())
    })
}

#[test]
fn loading_stops_when_the_program_is_to_stop() -> Result<()> {
    let mut program = Program::started(vec![("side.wasm", side(Dylink::default(), "")?)])?;
    program.write(4096 + 44, b"side.wasm\0")?;
    program.store.interrupt_handle().interrupt();
    match program.outcome("open", &[4096])? {
        Outcome::Trapped(report) => ensure!(report.code == TrapCode::Interrupted, "{report:?}"),
        other => bail!("{other:?}"),
    }
    ensure!(program.asked.lock().unwrap().is_empty());
    program.store.interrupt_handle().clear();
    ensure!(program.call("open", &[4096])? == 1);
    Ok(())
}

#[test]
fn names_are_no_longer_than_paths() -> Result<()> {
    let name = "n".repeat(5000);
    let mut program = Program::started(vec![(&name, side(Dylink::default(), "")?)])?;
    let error = program.open(&name, NOW)?.err().context("it is loaded")?;
    ensure!(error.ends_with("Error: ENAMETOOLONG: name too long"), "{error}");
    Ok(())
}

#[test]
fn a_program_is_bounded_in_what_it_tries_to_load() -> Result<()> {
    let strong = r#"(import "GOT.mem" "nowhere" (global (mut i32)))"#;
    let mut program = Program::started(vec![("side.wasm", side(Dylink::default(), strong)?)])?;
    let mut last = String::new();
    for _ in 0..5000 {
        program.next = 4096;
        last = program.open("side.wasm", NOW)?.err().context("it is loaded")?;
    }
    ensure!(last.ends_with("Error: too many modules were loaded"), "{last}");
    // One that is not linked to load anything is told so.
    let text = r#"(module (import "env" "_dlopen_js" (func $open (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "open") (result i32) (call $open (i32.const 0))))"#;
    let thread = Emscripten::new(WasiBuilder::new())?.thread();
    let mut store = Store::new(StoreOptions::default())?;
    let instance = thread.instantiate(&Linker::new(), &mut store, &image(&wat::parse_str(text)?)?)?;
    match instance.function(&store, "open").context("open")?.call(&mut store, &[])? {
        Outcome::Trapped(report) => {
            ensure!(report.message.as_deref().is_some_and(|message| message.contains("-sMAIN_MODULE")), "{report:?}");
        }
        other => bail!("{other:?}"),
    }
    Ok(())
}
