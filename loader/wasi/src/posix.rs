//! A program's files, arguments and clocks as a POSIX system has them, for hosts that give their programs more than WASI.

use std::sync::Arc;

use crate::context::Context;
use crate::{Wasi, WasiBuilder, WasiError};

/// What a program was given, as one tree of files. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Posix {
    wasi: Wasi,
}

impl WasiBuilder {
    /// Opens what was granted, for a program that knows files by one tree: directories become places in it.
    ///
    /// # Errors
    ///
    /// As [`Self::build`].
    pub fn build_posix(self) -> Result<Posix, WasiError> {
        Ok(Posix { wasi: self.build()? })
    }
}

impl Posix {
    /// WASI's functions, which work on the same open files.
    pub fn wasi(&self) -> &Wasi {
        &self.wasi
    }

    fn context(&self) -> &Arc<Context> {
        &self.wasi.context
    }

    /// The program's arguments, its own name first.
    pub fn arguments(&self) -> impl Iterator<Item = &[u8]> {
        self.context().arguments.iter()
    }

    /// The value of an environment variable.
    pub fn variable(&self, name: &str) -> Option<&[u8]> {
        let is_it = |variable: &&[u8]| variable.starts_with(name.as_bytes()) && variable.get(name.len()) == Some(&b'=');
        self.context().environment.iter().find(is_it).map(|variable| &variable[name.len() + 1..])
    }
}
