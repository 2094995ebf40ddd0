//! What programs make the host note and do for what they load is bounded.

use anyhow::{Context as _, Result, bail, ensure};
use wasmc_emscripten::Emscripten;
use wasmc_loader::{Linker, Outcome, Store, StoreOptions};
use wasmc_wasi::WasiBuilder;

use super::program::{Dylink, NOW, Program, image, side};

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
