//! `wasmc compile`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use wasmrun::process::UsageError;

use crate::options::{CompileArguments, parse_target};
use crate::{input, output, progress};

/// Compile a module to an object file.
///
/// The object is a relocatable ELF file: `wasmrun` maps and runs it; and a C program can link it, together with the
/// loader's library. The exports of the module are C functions `wasmc_export_NAME`.
///
/// The same module and options give the same bytes, on any machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The module, in binary (.wasm) or text format (.wat); - is standard input.
    file: PathBuf,

    /// Where the object goes: FILE's name with .o if not given; - is standard output. It appears whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What to write: the object, Cranelift's intermediate representation before any optimisation, or the code
    /// generator's own listing of the machine code, for people to read (text goes to standard output if -o is not given).
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    emit: Emit,

    /// What to compile for: this machine if not given. `wasmc targets` lists the names.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,

    /// What the names of global symbols start with, instead of `wasmc`.
    #[arg(long, value_name = "PREFIX", value_parser = parse_prefix)]
    symbol_prefix: Option<String>,

    #[command(flatten)]
    compilation: CompileArguments,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Emit {
    #[default]
    Object,
    Clif,
    Asm,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let target = parse_target(arguments.target.as_deref())?;
    let mut options = arguments.compilation.options(target, "baseline")?;
    if let Some(prefix) = &arguments.symbol_prefix {
        options.symbol_prefix.clone_from(prefix);
    }
    let output = arguments.output.clone().map_or_else(|| default_output(arguments), Ok)?;
    if output::is_same_file(&output, &arguments.file) {
        let message =
            format!("'{}' would be replaced by what it is compiled to: name the output with -o", output.display());
        return Err(UsageError(message).into());
    }
    let bytes = input::read(&arguments.file)?;
    let module = input::module(&arguments.file, &bytes)?;
    let compiled = arguments.compilation.with_threads(|| match arguments.emit {
        Emit::Object => {
            let compile = |progress: &_| wasmc_compiler::compile_watched(&module, &options, progress);
            progress::watch(&arguments.file, compile).map(wasmc_compiler::Artifact::into_bytes)
        }
        Emit::Clif => wasmc_compiler::emit_clif(&module, &options).map(String::into_bytes),
        Emit::Asm => wasmc_compiler::emit_assembly(&module, &options).map(String::into_bytes),
    })?;
    let compiled = compiled.map_err(|error| input::compile_error(&arguments.file, &module, error))?;
    output::write(&output, &compiled, arguments.emit != Emit::Object)?;
    Ok(0)
}

fn parse_prefix(text: &str) -> Result<String, String> {
    let is_identifier = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_identifier && text.bytes().next().is_some_and(|first| !first.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("it must be an identifier of C".to_owned())
    }
}

fn default_output(arguments: &Arguments) -> anyhow::Result<PathBuf> {
    if arguments.emit != Emit::Object {
        return Ok("-".into());
    }
    if input::is_standard(&arguments.file) {
        return Err(UsageError("a module from standard input has no name: name the object with -o".to_owned()).into());
    }
    let file: &Path = &arguments.file;
    Ok(file.with_extension("o"))
}
