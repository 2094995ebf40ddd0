//! What hosts bring of their own: options in, functions in a linker out. They come first: what they define, no other host does.

use anyhow::{Context as _, anyhow};
use wasmc_abi::{Abi as _, AbiError, Library};
use wasmc_loader::Linker;

use crate::Program;
use crate::options::{AbiOption, RunOptions};
use crate::process::UsageError;

/// Defines the functions of each ABI that the options name.
pub(crate) fn add(options: &RunOptions, program: &Program<'_>, linker: &mut Linker) -> anyhow::Result<()> {
    options
        .abis
        .iter()
        .try_for_each(|abi| define(abi, program, linker).with_context(|| format!("--abi {}", abi.library.display())))
}

fn define(option: &AbiOption, program: &Program<'_>, linker: &mut Linker) -> anyhow::Result<()> {
    let AbiOption { library, grants } = option;
    if let Some((_, abi)) = program.abis.iter().find(|(name, _)| library.as_os_str() == *name) {
        return abi.define(grants, linker).map_err(wrong);
    }
    // SAFETY: whoever names a library has its code run, and vouches for it.
    let loaded = unsafe { Library::open(library) };
    let loaded = loaded.map_err(|error| match error {
        AbiError::Static => anyhow!("{error}: {}{}", remedy(program.tool), compiled_in(program)),
        AbiError::Load(_) => anyhow!("{error}{}", compiled_in(program)),
        other => other.into(),
    })?;
    loaded.define(grants, linker).map_err(wrong)
}

/// What is wrong with an ABI, or with what the command line says of it.
fn wrong(error: AbiError) -> anyhow::Error {
    match error {
        AbiError::Grant(what) | AbiError::Refused(what) => UsageError(what).into(),
        other => other.into(),
    }
}

/// Which build loads libraries.
fn remedy(tool: &str) -> String {
    let target = if cfg!(target_arch = "aarch64") { "aarch64-linux-gnu" } else { "x86_64-linux-gnu" };
    format!("take the {tool} of {target}, which is linked dynamically, or have the functions compiled in (docs/abi.md)")
}

/// Which ABIs have no need to be loaded.
fn compiled_in(program: &Program<'_>) -> String {
    let names: Vec<&str> = program.abis.iter().map(|(name, _)| *name).collect();
    if names.is_empty() { String::new() } else { format!(" (compiled in here: {})", names.join(", ")) }
}
