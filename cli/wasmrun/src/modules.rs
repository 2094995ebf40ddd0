//! The modules besides the program: those that options name, and side modules that it loads while it runs.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasmc_loader::Image;

/// Opens modules besides the program.
pub trait Modules: Send + Sync {
    /// Opens what an option names.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or cannot be loaded.
    fn open(&self, file: &Path) -> anyhow::Result<Image>;

    /// The directory that the program, which is in `file`, lies in.
    ///
    /// # Errors
    ///
    /// If it is not known.
    fn directory(&self, file: &Path) -> anyhow::Result<PathBuf> {
        Ok(match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        })
    }

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

/// Modules that are compiled already, for a program inside this executable.
#[derive(Debug)]
pub struct BesideExecutable;

impl Modules for BesideExecutable {
    fn open(&self, file: &Path) -> anyhow::Result<Image> {
        Objects.open(file)
    }

    /// Not that which it was started from: it may have been found by its name alone.
    fn directory(&self, _: &Path) -> anyhow::Result<PathBuf> {
        let executable = std::env::current_exe().context("where this executable lies is not known")?;
        Objects.directory(&executable)
    }

    fn side_module(&self, directory: &Path, name: &str) -> anyhow::Result<Option<Side>> {
        Objects.side_module(directory, name)
    }

    fn compile(&self, _: &str, _: &[u8]) -> anyhow::Result<Option<Image>> {
        Ok(None)
    }
}
