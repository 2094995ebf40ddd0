//! Programs that Emscripten linked: what they are given, and how they are entered.

use std::sync::Arc;

use anyhow::Context as _;
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Instance, Outcome, Store, StoreOptions, Uncaught};

use crate::instantiate::{Failed, Parts, instantiate_error};
use crate::options::RunOptions;
use crate::run::{End, call, instantiated, threads, wait_for_exit};
use crate::{Program, grants};

/// A program that Emscripten linked.
pub(crate) struct Prepared {
    emscripten: Emscripten,
    /// What its first thread works on.
    pub(crate) thread: Thread,
}

/// What the program works on; `None` if Emscripten did not link it.
pub(crate) fn prepare(options: &RunOptions, program: &Program<'_>) -> anyhow::Result<Option<Prepared>> {
    Emscripten::check_names(&program.image).with_context(|| format!("cannot run '{}'", program.file.display()))?;
    if !Emscripten::is_wanted_by(&program.image) {
        return Ok(None);
    }
    let emscripten = Emscripten::new(grants::builder(options, program)?)?;
    let thread = emscripten.thread();
    Ok(Some(Prepared { emscripten, thread }))
}

/// Makes the program's instance and enters it; `bounds` are those of `store`.
pub(crate) fn run(
    options: &RunOptions,
    program: &Program<'_>,
    parts: &Arc<Parts>,
    prepared: &Prepared,
    bounds: StoreOptions,
    store: &mut Store,
) -> anyhow::Result<End> {
    if !Emscripten::threads_are_wanted_by(&program.image) {
        return enter(options, program, parts, &prepared.thread, store);
    }
    let threads = threads(options, program)?;
    let for_thread = Arc::clone(parts);
    prepared.emscripten.start_threads_with(threads.clone(), bounds, move |thread, store| {
        instantiate(&for_thread, thread, store).map_err(instantiate_error)
    });
    let end = enter(options, program, parts, &prepared.thread, store);
    if !threads.claim_end() {
        wait_for_exit();
    }
    end
}

fn instantiate<'a>(parts: &'a Parts, thread: &Thread, store: &mut Store) -> Result<Instance, Failed<'a>> {
    let extended = parts.link_preloads(store)?;
    let linker = extended.as_ref().unwrap_or(&parts.linker);
    thread.instantiate(linker, store, &parts.image).map_err(|error| Failed::Instantiate(&parts.file, error))
}

fn enter(
    options: &RunOptions,
    program: &Program<'_>,
    parts: &Parts,
    thread: &Thread,
    store: &mut Store,
) -> anyhow::Result<End> {
    let instance = match instantiated(instantiate(parts, thread, store))? {
        Ok(instance) => instance,
        Err(end) => return Ok(end),
    };
    if options.invoke.is_some() {
        return call(options, program, store, instance);
    }
    let outcome = thread.run(store, instance).with_context(|| format!("cannot run '{}'", program.file.display()))?;
    Ok(match outcome {
        Outcome::Returned(_) => End::Status(0),
        Outcome::Exited(status) => End::Status(status),
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => End::Trap(report),
    })
}
