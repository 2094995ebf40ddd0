//! The modules besides the program: those that options name, and side modules that it loads while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use wasmc_emscripten::{ModuleError, ModuleRequest};
use wasmc_loader::{DebugOptions, Image};

use crate::Program;
use crate::options::RunOptions;
use crate::run::check;

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

/// Where a program's side modules come from, and what holds for them.
pub(crate) struct SideModules {
    modules: Arc<dyn Modules>,
    options: RunOptions,
    file: PathBuf,
}

impl SideModules {
    pub(crate) fn new(modules: &Arc<dyn Modules>, options: &RunOptions, program: &Program<'_>) -> Self {
        Self { modules: Arc::clone(modules), options: options.clone(), file: program.file.clone() }
    }

    /// The module that is asked for.
    pub(crate) fn provide(&self, request: &ModuleRequest<'_>) -> Result<Image, ModuleError> {
        self.find(request).map_err(|error| ModuleError::Unusable(format!("{error:#}")))?.ok_or(ModuleError::NotFound)
    }

    fn find(&self, request: &ModuleRequest<'_>) -> anyhow::Result<Option<Image>> {
        if let Some(contents) = request.contents
            && let Some(image) = self.modules.compile(request.name, contents)?
        {
            self.prepare(&image, Path::new(request.name))?;
            return Ok(Some(image));
        }
        // Nothing leads out of the program's directory.
        let name = Path::new(request.name);
        if name.file_name() != Some(name.as_os_str()) || request.name.contains(['/', '\\', ':']) {
            return Ok(None);
        }
        let directory = self.modules.directory(&self.file)?;
        let (file, image) = match self.modules.side_module(&directory, request.name)? {
            None => return Ok(None),
            Some(Side::Compiled(file, image)) => (file, image),
            Some(Side::Object(file)) => {
                self.check_is_not_its_own(&directory, &file)?;
                let image = crate::open(&file)?;
                (file, image)
            }
        };
        self.prepare(&image, &file)?;
        Ok(Some(image))
    }

    /// Refuses an object that the program may have made: its code would be bound by nothing.
    fn check_is_not_its_own(&self, directory: &Path, file: &Path) -> anyhow::Result<()> {
        let place = directory.canonicalize()?;
        for grant in &self.options.directories {
            let granted = grant.host.canonicalize()?;
            ensure!(
                !place.starts_with(&granted),
                "'{}' is not run: the program may write there, since '{}' is granted to it (--dir)",
                file.display(),
                grant.host.display()
            );
        }
        Ok(())
    }

    fn prepare(&self, image: &Image, file: &Path) -> anyhow::Result<()> {
        check(&self.options, image, file)?;
        if self.options.gdb || self.options.perf_map {
            image.register_for_debugging(DebugOptions { gdb: self.options.gdb, perf: self.options.perf_map })?;
        }
        Ok(())
    }
}
