//! Programs that Emscripten linked: what they are given, and how they are entered.

use std::sync::Arc;

use anyhow::Context as _;
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Outcome, Store, Uncaught};

use crate::instantiate::{Failed, Parts};
use crate::modules::{Modules, SideModules};
use crate::options::RunOptions;
use crate::run::{End, call, instantiated};
use crate::{Program, grants};

/// What the program's first thread works on; `None` if Emscripten did not link it.
pub(crate) fn prepare(
    options: &RunOptions,
    program: &Program<'_>,
    modules: &Arc<dyn Modules>,
) -> anyhow::Result<Option<Thread>> {
    Emscripten::check_names(&program.image).with_context(|| format!("cannot run '{}'", program.file.display()))?;
    if !Emscripten::is_wanted_by(&program.image) {
        return Ok(None);
    }
    let emscripten = Emscripten::new(grants::builder(options, program)?)?;
    let side_modules = SideModules::new(modules, options, program);
    emscripten.provide_modules(move |request| side_modules.provide(request));
    Ok(Some(emscripten.thread()))
}

/// Makes the program's instance and enters it.
pub(crate) fn run(
    options: &RunOptions,
    program: &Program<'_>,
    parts: &Parts,
    thread: &Thread,
    store: &mut Store,
) -> anyhow::Result<End> {
    let made = parts.link_preloads(store).and_then(|extended| {
        let linker = extended.as_ref().unwrap_or(&parts.linker);
        thread.instantiate(linker, store, &parts.image).map_err(|error| Failed::Instantiate(&parts.file, error))
    });
    let instance = match instantiated(made)? {
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
