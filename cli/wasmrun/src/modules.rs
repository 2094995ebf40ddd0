//! The modules besides the program: those that options name, and side modules that it loads while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
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

/// A side module.
#[derive(Debug)]
pub struct Side {
    /// Its code.
    pub image: Image,
    /// Where it was.
    pub file: PathBuf,
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
        if !file.is_file() {
            return Ok(None);
        }
        Ok(Some(Side { image: crate::open(&file)?, file }))
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
        let Some(Side { image, file }) = self.modules.side_module(&self.directory, request.name)? else {
            return Ok(None);
        };
        self.prepare(&image, &file)?;
        Ok(Some(image))
    }

    fn prepare(&self, image: &Image, file: &Path) -> anyhow::Result<()> {
        check(&self.options, image, file)?;
        if self.options.gdb || self.options.perf_map {
            image.register_for_debugging(DebugOptions { gdb: self.options.gdb, perf: self.options.perf_map })?;
        }
        Ok(())
    }
}
