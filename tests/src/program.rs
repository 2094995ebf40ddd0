//! Whole programs in this process, with what an embedder gives them.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wasmc_loader::{Image, Linker, Outcome, Store, StoreOptions, Uncaught};
use wasmc_wasi::{MemoryDirectory, WasiBuilder};

/// Compiles a program, runs it with what `builder` says, and gives its exit status.
///
/// # Errors
///
/// If it cannot be compiled or instantiated, or traps.
pub fn run(wasm: &[u8], builder: WasiBuilder) -> Result<i32> {
    let artifact = wasmc_compiler::compile(wasm, &crate::compile_options())?;
    let image = Image::from_bytes(artifact.bytes())?;
    let mut linker = Linker::new();
    builder.build()?.add_to_linker(&mut linker)?;
    let mut store = Store::new(StoreOptions::default())?;
    let instance = linker.instantiate(&mut store, &image)?;
    let start = instance.function(&store, "_start").context("the program exports no _start")?;
    match start.call(&mut store, &[])? {
        Outcome::Returned(_) => Ok(0),
        Outcome::Exited(status) => Ok(status),
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => bail!("{report:?}"),
    }
}

/// A copy in memory of what is in `folder`.
///
/// # Errors
///
/// If it cannot be read.
pub fn copy_to_memory(folder: &Path) -> Result<MemoryDirectory> {
    let directory = MemoryDirectory::new();
    copy_below(folder, "", &directory)?;
    Ok(directory)
}

fn copy_below(folder: &Path, prefix: &str, directory: &MemoryDirectory) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_str().context("a name that is not UTF-8")?);
        let file_type = entry.file_type()?;
        if file_type.is_dir() {
            directory.create_directory(&path)?;
            copy_below(&entry.path(), &format!("{path}/"), directory)?;
        } else if file_type.is_symlink() {
            let target = std::fs::read_link(entry.path())?;
            directory.symlink(target.to_str().context("a link that is not UTF-8")?, &path)?;
        } else {
            directory.write(&path, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
