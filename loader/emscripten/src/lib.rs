//! Emscripten's ABI on the loader's public API: what its JavaScript would give a program, for programs without a browser.
//!
//! ```text
//! WasiBuilder → Emscripten → Thread → Linker → Thread::run → Outcome
//! ```
//!
//! An [`Emscripten`] is one program's: its files, its arguments, its threads. A [`Thread`] is what one of its instances
//! has for itself; it defines what a module imports, and enters the program. The table of all functions, with the
//! signatures that they had in different releases, is `functions.rs`; each family of functions is a file.
#![forbid(unsafe_code)]

use std::sync::{Arc, OnceLock};

use wasmc_loader::{Image, Instance, InstantiateError, Store, StoreOptions};
use wasmc_wasi::{Posix, Start, Threads, WasiBuilder, WasiError};

mod body;
mod console;
mod detect;
mod dynamic;
mod event_loop;
mod exception;
mod exports;
mod functions;
mod invoke;
mod math;
mod memory;
mod process;
mod system;
mod thread;
mod threads;
mod time;
mod trace;
mod unavailable;

pub use detect::{MinifiedError, defines, is_emscriptens};
pub use dynamic::{ModuleError, ModuleRequest};
pub use thread::{Thread, ThreadError};

/// The module that programs import Emscripten's functions from.
pub const MODULE: &str = "env";

/// What one program has been given. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Emscripten {
    context: Arc<Context>,
}

/// What all threads of a program share.
#[derive(Debug)]
pub(crate) struct Context {
    /// The program's files, arguments, clocks.
    pub(crate) posix: Posix,
    pub(crate) zone: time::calendar::Zone,
    /// Its files that are mapped.
    pub(crate) maps: system::Maps,
    pub(crate) pthreads: threads::Pthreads,
    pub(crate) ending: process::Ending,
    /// Where side modules come from.
    pub(crate) modules: OnceLock<dynamic::Provider>,
    /// Which are linked.
    pub(crate) linked: dynamic::Shared,
}

impl Emscripten {
    /// Opens what `builder` grants: its directories become places in one tree of files, whose root is in memory.
    ///
    /// # Errors
    ///
    /// If something that is granted cannot be opened.
    pub fn new(builder: WasiBuilder) -> Result<Self, WasiError> {
        Self::start(builder, Start { has_preopens: false, streams_are_terminals: true })
    }

    /// The same for the program `image`. If it looks for granted directories as WASI's programs do, it finds them open; if it
    /// was made to run without JavaScript, its standard streams are terminals only if they are.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn for_image(builder: WasiBuilder, image: &Image) -> Result<Self, WasiError> {
        let has_preopens = image.import_names().any(|(_, field)| field == "fd_prestat_get");
        let is_standalone = image.exports().any(|export| matches!(export.name, "_start" | "_initialize"));
        let host = Self::start(builder, Start { has_preopens, streams_are_terminals: !is_standalone })?;
        if image.import_names().any(|(_, field)| field.contains("pthread_create")) {
            host.posix().has_threads();
        }
        Ok(host)
    }

    fn start(builder: WasiBuilder, start: Start) -> Result<Self, WasiError> {
        let own_name = builder.program_name().map(str::to_owned);
        let builder = process::DEFAULT_ENVIRONMENT
            .into_iter()
            .chain(own_name.as_deref().map(|name| ("_", name)))
            .fold(builder, |builder, (name, value)| builder.default_environment(name, value));
        let posix = builder.build_posix(start)?;
        let memory = posix.wasi().host_memory().clone();
        let context = Context {
            posix,
            zone: time::calendar::Zone::default(),
            maps: system::Maps::default(),
            pthreads: threads::Pthreads::new(&memory),
            ending: process::Ending::default(),
            modules: OnceLock::new(),
            linked: dynamic::Shared::new(&memory),
        };
        Ok(Self { context: Arc::new(context) })
    }

    /// What the program was given: its files, its arguments, its clocks.
    pub fn posix(&self) -> &Posix {
        &self.context.posix
    }

    /// Lets the program load side modules: those that it needs, before it starts, and those that it asks for by `dlopen`.
    /// They come from `provide`; without one, there are none. A second one is not asked.
    pub fn provide_modules(
        &self,
        provide: impl Fn(&ModuleRequest<'_>) -> Result<Image, ModuleError> + Send + Sync + 'static,
    ) {
        let _ = self.context.modules.set(dynamic::Provider::new(provide));
    }

    /// Whether Emscripten linked `image` to be run by its JavaScript, or by something that has more than WASI.
    pub fn is_wanted_by(image: &Image) -> bool {
        detect::is_wanted_by(image)
    }

    /// Refuses a program whose imports have names that only its own JavaScript can tell apart.
    ///
    /// # Errors
    ///
    /// If it is one.
    pub fn check_names(image: &Image) -> Result<(), MinifiedError> {
        detect::check_names(image)
    }

    /// Whether `image` starts threads.
    pub fn threads_are_wanted_by(image: &Image) -> bool {
        threads::are_wanted_by(image)
    }

    /// Lets the program start threads: `threads` bounds and ends them, each has a store with these `options` (a clone of the
    /// first thread's has the same memory budget), and `instantiate` makes its instance there, as it made the first
    /// thread's: by [`Thread::instantiate`]. It must not own a clone of this. Without it, the program is told that there can
    /// be no threads.
    ///
    /// Whoever calls [`Thread::run`] does so in [`Threads::run`], or ends the process by [`Threads::claim_end`]; whoever calls
    /// functions of a library ends its threads by [`Threads::stop`].
    pub fn start_threads_with(
        &self,
        threads: Threads,
        options: StoreOptions,
        instantiate: impl Fn(&Thread, &mut Store) -> Result<Instance, InstantiateError> + Send + Sync + 'static,
    ) {
        self.context.pthreads.start_with(threads, options, instantiate);
    }

    /// What the program's first thread works on. The others, if it starts some, have one of their own each.
    pub fn thread(&self) -> Thread {
        Thread::first(Arc::clone(&self.context))
    }
}
