//! Programs that Emscripten linked: what they are given, and how they are entered.

use std::sync::Arc;

use anyhow::Context as _;
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Image, Instance, Linker, Outcome, Store, StoreOptions, Uncaught};

use super::side_modules::SideModules;
use crate::Program;
use crate::instantiate::{Failed, Parts, instantiate_error};
use crate::modules::Modules;
use crate::options::RunOptions;
use crate::run::{End, call, instantiated, wait_for_exit};

/// A program that Emscripten linked.
pub(crate) struct Host {
    emscripten: Emscripten,
    /// What its first thread works on.
    thread: Thread,
}

/// What the program works on; `None` if Emscripten did not link it.
pub(crate) fn prepare(
    options: &RunOptions,
    program: &Program<'_>,
    modules: &Arc<dyn Modules>,
) -> anyhow::Result<Option<Host>> {
    Emscripten::check_names(&program.image).with_context(|| format!("cannot run '{}'", program.file.display()))?;
    if !Emscripten::is_wanted_by(&program.image) {
        return Ok(None);
    }
    let emscripten = Emscripten::for_image(super::wasi::builder(options, program)?, &program.image)?;
    let side_modules = SideModules::new(modules, options, program);
    emscripten.provide_modules(move |request| side_modules.provide(request));
    let thread = emscripten.thread();
    Ok(Some(Host { emscripten, thread }))
}

impl Host {
    /// Defines the functions of WASI that `image` imports, which work on the program's files.
    pub(crate) fn link_wasi(&self, linker: &mut Linker, image: &Image) {
        self.thread.wasi().add_imported(linker, image);
    }

    /// Makes the program's instance and enters it; `bounds` are those of `store`.
    pub(crate) fn run(
        &self,
        options: &RunOptions,
        program: &Program<'_>,
        parts: &Arc<Parts>,
        bounds: StoreOptions,
        store: &mut Store,
    ) -> anyhow::Result<End> {
        if !Emscripten::threads_are_wanted_by(&program.image) {
            return self.enter(options, program, parts, store);
        }
        let threads = super::threads::make(options, program)?;
        let for_thread = Arc::clone(parts);
        self.emscripten.start_threads_with(threads.clone(), bounds, move |thread, store| {
            instantiate(&for_thread, thread, store).map_err(instantiate_error)
        });
        let end = self.enter(options, program, parts, store);
        if !threads.claim_end() {
            wait_for_exit();
        }
        end
    }

    fn enter(
        &self,
        options: &RunOptions,
        program: &Program<'_>,
        parts: &Parts,
        store: &mut Store,
    ) -> anyhow::Result<End> {
        let instance = match instantiated(instantiate(parts, &self.thread, store))? {
            Ok(instance) => instance,
            Err(end) => return Ok(end),
        };
        if options.invoke.is_some() {
            return call(options, program, store, instance);
        }
        let ran = self.thread.run(store, instance);
        Ok(match ran.with_context(|| format!("cannot run '{}'", program.file.display()))? {
            Outcome::Returned(_) => End::Status(0),
            Outcome::Exited(status) => End::Status(status),
            Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => End::Trap(report),
        })
    }
}

fn instantiate<'a>(parts: &'a Parts, thread: &Thread, store: &mut Store) -> Result<Instance, Failed<'a>> {
    let extended = parts.link_preloads(store)?;
    let linker = extended.as_ref().unwrap_or(&parts.linker);
    thread.instantiate(linker, store, &parts.image).map_err(|error| Failed::Instantiate(&parts.file, error))
}
