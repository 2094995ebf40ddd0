//! Programs that Emscripten linked: what they are given, and how they are entered.

use anyhow::Context as _;
use wasmc_emscripten::{Emscripten, Thread};
use wasmc_loader::{Image, Linker, Outcome, Store, Uncaught};

use crate::Program;
use crate::instantiate::{Failed, Parts};
use crate::options::RunOptions;
use crate::run::{End, call, instantiated};

/// What such a program works on.
pub(crate) struct Host {
    thread: Thread,
}

/// What the program works on; `None` if Emscripten did not link it.
pub(crate) fn prepare(options: &RunOptions, program: &Program<'_>) -> anyhow::Result<Option<Host>> {
    Emscripten::check_names(&program.image).with_context(|| format!("cannot run '{}'", program.file.display()))?;
    if !Emscripten::is_wanted_by(&program.image) {
        return Ok(None);
    }
    Ok(Some(Host { thread: Emscripten::for_image(super::wasi::builder(options, program)?, &program.image)?.thread() }))
}

impl Host {
    /// Defines the functions of WASI that `image` imports, which work on the program's files.
    pub(crate) fn link_wasi(&self, linker: &mut Linker, image: &Image) {
        self.thread.wasi().add_imported(linker, image);
    }

    /// Makes the program's instance and enters it.
    pub(crate) fn run(
        &self,
        options: &RunOptions,
        program: &Program<'_>,
        parts: &Parts,
        store: &mut Store,
    ) -> anyhow::Result<End> {
        let made = parts.link_preloads(store).and_then(|extended| {
            let linker = extended.as_ref().unwrap_or(&parts.linker);
            let made = self.thread.instantiate(linker, store, &parts.image);
            made.map_err(|error| Failed::Instantiate(&parts.file, error))
        });
        let instance = match instantiated(made)? {
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
