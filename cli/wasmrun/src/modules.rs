//! The modules besides the program: those that options name, and side modules that it loads while it runs.

use std::path::{Path, PathBuf};

use wasmc_loader::Image;

/// Opens modules besides the program.
pub trait Modules: Send + Sync {
    /// Opens what an option names.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or cannot be loaded.
    fn open(&self, file: &Path) -> anyhow::Result<Image>;

    /// The side module `name` in the program's own directory; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If there is one that cannot be used.
    fn side_module(&self, directory: &Path, name: &str) -> anyhow::Result<Option<Side>>;

    /// The side module that the program itself has read from its files; `None` if nothing here compiles. It must never be
    /// run as it is: the program may have made it.
    ///
    /// # Errors
    ///
    /// If it cannot be compiled.
    fn compile(&self, name: &str, bytes: &[u8]) -> anyhow::Result<Option<Image>>;
}

/// Where a side module is, and how it is opened.
#[derive(Debug)]
pub enum Side {
    /// A module in this file, compiled by the one who opens it.
    Compiled(PathBuf, Image),
    /// An object in this file, which is run as it is.
    Object(PathBuf),
}

/// Modules that are compiled already.
#[derive(Debug)]
pub struct Objects;

impl Modules for Objects {
    fn open(&self, file: &Path) -> anyhow::Result<Image> {
        crate::open(file)
    }

    fn side_module(&self, directory: &Path, name: &str) -> anyhow::Result<Option<Side>> {
        let file = directory.join(name).with_extension("o");
        Ok(file.is_file().then_some(Side::Object(file)))
    }

    fn compile(&self, _: &str, _: &[u8]) -> anyhow::Result<Option<Image>> {
        Ok(None)
    }
}
