//! Running compiled programs from a command line: `RunOptions` and a `Program` in, an exit status out.
//!
//! `wasmrun` is this and nothing else; `wasmc run` puts the compiler before it. Somebody else's command may have ABIs in it
//! that `--abi` names (docs/abi.md).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasmc_abi::Abi;
use wasmc_loader::Image;

pub mod allocator;
mod command_line;
#[cfg_attr(not(feature = "demangle"), path = "demangle_nothing.rs")]
mod demangle;
pub mod embedded;
mod entry;
mod help;
mod hosts;
mod instantiate;
mod modules;
mod options;
pub mod process;
mod quantity;
mod report;
mod run;
mod timeout;
mod values;

pub use command_line::{Command, parse, unknown_option};
pub use entry::main;
pub use modules::{BesideExecutable, Modules, Objects, Side};
pub use options::{AbiOption, Grant, OPTIONS, OptionRow, RunOptions, Takes, UnknownImports, Variable};
pub use quantity::{Duration, Size};
pub use run::run;

/// What is to be run.
pub struct Program<'a> {
    /// The command that runs it, as messages name it.
    pub tool: &'static str,
    /// Its code.
    pub image: Image,
    /// The file that the user named.
    pub file: PathBuf,
    /// The program's arguments after its own name.
    pub arguments: &'a [OsString],
    /// What `--abi` may name besides files.
    pub abis: CompiledAbis<'a>,
}

/// ABIs that are compiled into the command, by the names that `--abi` has for them.
pub type CompiledAbis<'a> = &'a [(&'a str, &'a dyn Abi)];

/// Prints how `wasmrun` is used: all of it, or a summary.
pub fn print_help(is_long: bool) {
    process::print(&help::help(is_long, process::style_on(&std::io::stdout())));
}

/// Prints which version this is.
pub fn print_version() {
    process::print(&help::version());
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

/// What the manual shows is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/abi.md")]
struct Manual;
