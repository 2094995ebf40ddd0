//! In the place of `emscripten.rs`, in a build that leaves that out: no program is taken for one of Emscripten's.

use std::sync::Arc;

use wasmc_loader::{Image, Linker, Store, StoreOptions};

use crate::Program;
use crate::instantiate::Parts;
use crate::modules::Modules;
use crate::options::RunOptions;
use crate::run::End;

/// There is none.
pub(crate) enum Host {}

/// Finds nothing.
#[expect(clippy::unnecessary_wraps, reason = "as its counterpart")]
pub(crate) fn prepare(_: &RunOptions, _: &Program<'_>, _: &Arc<dyn Modules>) -> anyhow::Result<Option<Host>> {
    Ok(None)
}

impl Host {
    pub(crate) fn link_wasi(&self, _: &mut Linker, _: &Image) {
        match *self {}
    }

    pub(crate) fn run(
        &self,
        _: &RunOptions,
        _: &Program<'_>,
        _: &Arc<Parts>,
        _: StoreOptions,
        _: &mut Store,
    ) -> anyhow::Result<End> {
        match *self {}
    }
}
