//! The modules besides the program: those that options name, and side modules that it loads while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
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

/// Where a program's side modules come from, and what holds for them.
pub(crate) struct SideModules {
    modules: Arc<dyn Modules>,
    options: RunOptions,
    directory: PathBuf,
}

impl SideModules {
    pub(crate) fn new(modules: &Arc<dyn Modules>, options: &RunOptions, program: &Program<'_>) -> Self {
        let directory = match program.file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Self { modules: Arc::clone(modules), options: options.clone(), directory }
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
        let (file, image) = match self.modules.side_module(&self.directory, request.name)? {
            None => return Ok(None),
            Some(Side::Compiled(file, image)) => (file, image),
            Some(Side::Object(file)) => {
                self.check_is_not_its_own(&file)?;
                let image = crate::open(&file)?;
                (file, image)
            }
        };
        self.prepare(&image, &file)?;
        Ok(Some(image))
    }

    /// Refuses an object that the program may have made: its code would be bound by nothing.
    fn check_is_not_its_own(&self, file: &Path) -> anyhow::Result<()> {
        let place = self.directory.canonicalize()?;
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
