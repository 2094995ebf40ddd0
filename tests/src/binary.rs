//! The project's own commands and its C library, built as the tests were.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow};

use crate::{root, tool};

/// The cache of `wasmc` in tests, beside the command itself.
const CACHE: &str = "wasmc-cache-of-tests";

/// Where `wasmc`, `wasmrun` and `libwasmc_loader.a` are, after building them if necessary.
///
/// Cargo builds no commands for another package's tests, so this asks it to.
pub fn directory() -> Result<&'static Path> {
    static DIRECTORY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    directory.as_deref().map_err(|message| anyhow!("{message}"))
}

fn build() -> Result<PathBuf> {
    // target/PROFILE/deps/TEST
    let test = std::env::current_exe()?;
    let directory = test.ancestors().nth(2).context("the test lies in the target directory")?.to_owned();
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--locked", "--offline", "--profile", profile]);
    // The whole workspace: of fewer packages, dependencies would be built again with fewer features.
    command.arg("--workspace");
    command.arg("--target-dir").arg(directory.parent().context("a profile lies in a target directory")?);
    tool::run(command.current_dir(root()))?;
    if directory.join(CACHE).exists() {
        std::fs::remove_dir_all(directory.join(CACHE))?;
    }
    Ok(directory)
}

/// The command `wasmc`, ready for arguments. It finds nothing in its cache that this run of tests did not put there.
pub fn wasmc() -> Result<Command> {
    let directory = directory()?;
    let mut command = Command::new(directory.join("wasmc"));
    // Nor does what its user has set make a difference.
    command.env("WASMC_CACHE_DIR", directory.join(CACHE)).env("WASMC_CONFIG", "");
    for name in ["WASMC_CACHE", "WASMC_CACHE_LAYERS", "WASMC_CACHE_MAX_SIZE"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// The command `wasmrun`, ready for arguments.
pub fn wasmrun() -> Result<Command> {
    Ok(Command::new(directory()?.join("wasmrun")))
}
