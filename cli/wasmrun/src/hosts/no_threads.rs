//! In the place of `threads.rs`, in a build that leaves that out: programs start none.

use wasmc_loader::{Instance, InstantiateError, Linker, MemoryBudget, Store, StoreOptions};

use crate::Program;
use crate::options::RunOptions;

/// There are none.
pub(crate) enum Threads {}

impl Threads {
    pub(crate) fn instantiate_with(
        &self,
        _: StoreOptions,
        _: impl Fn(&mut Store) -> Result<Instance, InstantiateError> + Send + Sync + 'static,
    ) {
        match *self {}
    }

    pub(crate) fn claim_end(&self) -> bool {
        match *self {}
    }
}

/// Refuses what asks for threads.
pub(crate) fn add(
    options: &RunOptions,
    _: &Program<'_>,
    _: &mut Linker,
    _: &MemoryBudget,
) -> anyhow::Result<Option<Threads>> {
    match options.max_threads {
        Some(_) => Err(super::useless("max-threads", super::THREADS)),
        None => Ok(None),
    }
}
