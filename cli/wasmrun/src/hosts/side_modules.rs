//! Where the side modules of Emscripten's programs come from: a request in, an image out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
use wasmc_emscripten::{ModuleError, ModuleRequest};
use wasmc_loader::{DebugOptions, Image};

use crate::Program;
use crate::modules::{Modules, Side};
use crate::options::RunOptions;
use crate::run::check;

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
        let Some(contents) = request.contents else { return self.find_beside(request.name) };
        if let Some(image) = self.modules.compile(request.name, contents)? {
            self.prepare(&image, Path::new(request.name))?;
            return Ok(Some(image));
        }
        // Wherever among the program's files it is: it has been compiled to lie beside the program.
        let name = request.name.rsplit('/').next().unwrap_or_default();
        let found = self.find_beside(name)?;
        ensure!(
            found.is_some(),
            "'{}' would have to be compiled, and there is no compiler here: compile it with `wasmc compile`, to a file \
             beside the program",
            request.name
        );
        Ok(found)
    }

    /// The module that lies in the program's own directory.
    fn find_beside(&self, name: &str) -> anyhow::Result<Option<Image>> {
        // Nothing leads out of it.
        let path = Path::new(name);
        if path.file_name() != Some(path.as_os_str()) || name.contains(['/', '\\', ':']) {
            return Ok(None);
        }
        let directory = self.modules.directory(&self.file)?;
        let (file, image) = match self.modules.side_module(&directory, name)? {
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
