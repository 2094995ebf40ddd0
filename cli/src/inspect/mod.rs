//! `wasmc inspect`: what an artifact is, the code in it, and what a program asks of its host.

use std::fmt::Display;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Serialize;
use wasmc_contract::metadata::{Metadata, Names};
use wasmc_contract::section::Section;

use crate::input::{self, Kind};
use crate::output;

mod artifact;
mod disassembly;
mod imports;
mod names;

use disassembly::Disassembly;
use names::FunctionNames;

/// Show what an object is: what it was compiled for and how, its sections, imports, exports, memories and functions.
///
/// The object may be for any target.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The object; with --imports, a module as well.
    file: PathBuf,

    /// Show the code of the function FUNC, by its name or index; of all without FUNC.
    #[arg(long, value_name = "FUNC", num_args = 0..=1, require_equals = true, conflicts_with = "imports")]
    disassemble: Option<Option<String>>,

    /// Show which interfaces the program is made for, and which of its imports nothing here defines.
    #[arg(long)]
    imports: bool,

    /// For programs to read, and complete.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let bytes = input::read(&arguments.file)?;
    let file = arguments.file.display();
    let is_object = input::kind(&bytes) == Kind::Object;
    if arguments.imports && !is_object {
        let module = input::module(&arguments.file, &bytes)?;
        let module = wasmc_compiler::module::parse(&module, &wasmc_compiler::options::Features::default())
            .map_err(|error| input::compile_error(&arguments.file, &module, error))?;
        let names = module.imports.iter().map(|import| (import.module, import.field));
        return imports::show(names, arguments.json);
    }
    if !is_object {
        bail!("'{file}' is not an object: compile it first, with `wasmc compile`");
    }
    let not_ours = || format!("'{file}' is not an artifact of wasmc");
    let contents = wasmc_compiler::verify::contents(&bytes).with_context(not_ours)?;
    let damaged = || format!("the metadata of '{file}' is damaged");
    let metadata = Metadata::parse(contents.section(Section::Metadata)).with_context(damaged)?;
    let names = FunctionNames::new(&metadata, Names::parse(contents.section(Section::Names)));
    if let Some(wanted) = &arguments.disassemble {
        let shown = Disassembly::new(&contents, &metadata, &names, wanted.as_deref());
        return show(&shown.with_context(|| format!("'{file}'"))?, arguments.json);
    }
    let artifact = artifact::describe(&contents, &metadata, &names).with_context(damaged)?;
    if arguments.imports {
        return imports::show(artifact.imports.iter().map(|import| (import.module, import.field)), arguments.json);
    }
    show(&artifact, arguments.json)
}

/// Shows a value to people, or to programs.
fn show<T: Display + Serialize>(value: &T, is_json: bool) -> anyhow::Result<i32> {
    if is_json { output::print_json(value) } else { output::print_display(value) }
}
