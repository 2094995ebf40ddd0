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

use std::sync::Arc;

use wasmc_loader::Image;
use wasmc_wasi::{Posix, Start, WasiBuilder, WasiError};

mod body;
mod detect;
mod exception;
mod exports;
mod functions;
mod invoke;
mod memory;
mod process;
mod system;
mod thread;
mod unavailable;

pub use detect::{Import, MinifiedError, import};
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
    /// Its files that are mapped.
    pub(crate) maps: system::Maps,
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
        let context = Context { posix: builder.build_posix(start)?, maps: system::Maps::default() };
        Ok(Self { context: Arc::new(context) })
    }

    /// What the program was given: its files, its arguments, its clocks.
    pub fn posix(&self) -> &Posix {
        &self.context.posix
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
