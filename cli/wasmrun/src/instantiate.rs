//! Makes a program's instance with those of the modules that are linked to it: for its first thread, and again for each
//! other one.

use std::path::{Path, PathBuf};

use wasmc_loader::{DefineError, Image, Instance, InstantiateError, Linker, Outcome, Store, Uncaught};

/// What the instances are made of.
pub(crate) struct Parts {
    /// What the hosts define.
    pub(crate) linker: Linker,
    /// By `--preload`: names, files and what is in them.
    pub(crate) preloads: Vec<(String, PathBuf, Image)>,
    pub(crate) file: PathBuf,
    pub(crate) image: Image,
}

/// Why there is no instance.
pub(crate) enum Failed<'a> {
    /// Of the module in this file.
    Instantiate(&'a Path, InstantiateError),
    /// Two modules export the same name.
    Define(DefineError),
}

impl Parts {
    /// The program's instance, in `store`.
    pub(crate) fn instantiate(&self, store: &mut Store) -> Result<Instance, Failed<'_>> {
        let extended = self.link_preloads(store)?;
        let linker = extended.as_ref().unwrap_or(&self.linker);
        linker.instantiate(store, &self.image).map_err(|error| Failed::Instantiate(&self.file, error))
    }

    /// The linker with the exports of preloaded modules, of which there are instances in `store` then; `None` if there are
    /// no such modules.
    pub(crate) fn link_preloads(&self, store: &mut Store) -> Result<Option<Linker>, Failed<'_>> {
        let mut extended = None;
        for (name, file, image) in &self.preloads {
            let linker = extended.get_or_insert_with(|| self.linker.clone());
            let instance = linker.instantiate(store, image).map_err(|error| Failed::Instantiate(file, error))?;
            initialize(store, name, instance).map_err(|error| Failed::Instantiate(file, error))?;
            linker.instance(store, name, instance).map_err(Failed::Define)?;
        }
        Ok(extended)
    }

    /// The program's instance for another thread, in its `store`.
    pub(crate) fn instantiate_for_thread(&self, store: &mut Store) -> Result<Instance, InstantiateError> {
        self.instantiate(store).map_err(instantiate_error)
    }
}

/// Why there is no instance for another thread.
pub(crate) fn instantiate_error(failed: Failed<'_>) -> InstantiateError {
    match failed {
        Failed::Instantiate(_, error) => error,
        Failed::Define(error) => unreachable!("the first thread's instance was made in the same way: {error}"),
    }
}

/// Calls `_initialize`, if the module that is linked as `name` has it: a library's constructors run in there.
fn initialize(store: &mut Store, name: &str, instance: Instance) -> Result<(), InstantiateError> {
    const INITIALIZE: &str = "_initialize";
    let Some(initialize) = instance.function(store, INITIALIZE) else { return Ok(()) };
    match initialize.call(store, &[]) {
        Ok(Outcome::Returned(_)) => Ok(()),
        Ok(Outcome::Exited(status)) => Err(InstantiateError::Exited(status)),
        Ok(Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. })) => {
            Err(InstantiateError::Trapped(report))
        }
        Err(error) => Err(InstantiateError::Incompatible {
            module: name.to_owned(),
            field: INITIALIZE.to_owned(),
            expected: "func () -> ()".to_owned(),
            found: format!("something else ({error})"),
        }),
    }
}
