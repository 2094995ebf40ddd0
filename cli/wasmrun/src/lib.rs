//! Running compiled programs from a command line: `RunOptions` and a `Program` in, an exit status out.
//!
//! `wasmrun` is this and nothing else; `wasmc run` puts the compiler before it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasmc_loader::Image;

use process::UsageError;

pub mod allocator;
pub mod embedded;
mod emscripten;
mod grants;
mod instantiate;
mod modules;
mod options;
pub mod process;
mod quantity;
mod report;
mod run;
mod timeout;
mod values;

pub use modules::{BesideExecutable, Modules, Objects, Side};
pub use options::{Grant, RunOptions, UnknownImports, Variable};
pub use quantity::{Duration, Size};
pub use run::run;

/// What is to be run.
#[derive(Debug)]
pub struct Program<'a> {
    /// The command that runs it, as messages name it.
    pub tool: &'static str,
    /// Its code.
    pub image: Image,
    /// The file that the user named.
    pub file: PathBuf,
    /// The program's arguments after its own name.
    pub arguments: &'a [OsString],
}

/// The program and its arguments from what follows the options on a command line.
///
/// # Errors
///
/// If the first is an option, which the parser does not know.
pub fn program(words: &[OsString]) -> anyhow::Result<(PathBuf, &[OsString])> {
    let (file, arguments) = words.split_first().expect("the parser requires a file");
    if file.as_encoded_bytes().starts_with(b"-") && file != "-" {
        let file = file.display();
        let message =
            format!("unknown option '{file}'; --help lists what there is (a file of that name is './{file}')");
        return Err(UsageError(message).into());
    }
    Ok((file.into(), arguments))
}

/// Opens a compiled program.
pub fn open(file: &Path) -> anyhow::Result<Image> {
    #[cfg(not(feature = "foreign-containers"))]
    let image = Image::open(file);
    #[cfg(feature = "foreign-containers")]
    let image =
        std::fs::read(file).map_err(anyhow::Error::from).and_then(|bytes| Ok(Image::from_foreign_bytes(&bytes)?));
    image.with_context(|| format!("cannot load '{}'", file.display()))
}
