//! In the place of `wasi.rs`, in a build that leaves that out: a program has nothing of the system.

use wasmc_loader::{Image, Linker};

use crate::Program;
use crate::options::RunOptions;

/// Refuses what asks for files.
pub(crate) fn add<'a>(
    options: &RunOptions,
    _: &Program<'_>,
    _: impl Iterator<Item = &'a Image>,
    _: &mut Linker,
) -> anyhow::Result<()> {
    match options.first_of_files() {
        Some(option) => Err(super::useless(option, super::WASI)),
        None => Ok(()),
    }
}
