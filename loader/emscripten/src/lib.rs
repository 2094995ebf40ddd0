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

use wasmc_loader::Image;
use wasmc_wasi::{Posix, WasiBuilder, WasiError};

mod body;
mod detect;
mod dynamic;
mod exception;
mod exports;
mod functions;
mod invoke;
mod memory;
mod process;
mod thread;
mod time;
mod unavailable;

pub use detect::{Import, MinifiedError, import};
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
    /// Where side modules come from.
    pub(crate) modules: OnceLock<dynamic::Provider>,
}

impl Emscripten {
    /// Opens what `builder` grants: its directories become places in one tree of files, whose root is in memory.
    ///
    /// # Errors
    ///
    /// If something that is granted cannot be opened.
    pub fn new(builder: WasiBuilder) -> Result<Self, WasiError> {
        let own_name = builder.program_name().map(str::to_owned);
        let builder = process::DEFAULT_ENVIRONMENT
            .into_iter()
            .chain(own_name.as_deref().map(|name| ("_", name)))
            .fold(builder, |builder, (name, value)| builder.default_environment(name, value));
        let context =
            Context { posix: builder.build_posix()?, zone: time::calendar::Zone::default(), modules: OnceLock::new() };
        Ok(Self { context: Arc::new(context) })
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

    /// What the program's first thread, and with it its one instance, works on.
    pub fn thread(&self) -> Thread {
        Thread::new(Arc::clone(&self.context))
    }
}
