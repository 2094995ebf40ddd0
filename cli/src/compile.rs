//! `wasmc compile`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use wasmc_compiler::{CompileError, CompileOptions};
use wasmc_contract::target::Target;
use wasmrun::process::UsageError;

use crate::options::{CompileArguments, parse_target};
use crate::{input, output, progress};

/// Compile a module to an object file.
///
/// The object is one of the target's own kind (ELF, Mach-O, COFF): `wasmrun` maps and runs it; and a C program can link
/// it, together with the loader's library. The exports of the module are C functions `wasmc_export_NAME`.
///
/// The same module and options give the same bytes, on any machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The module, in binary (.wasm) or text format (.wat); - is standard input.
    file: PathBuf,

    /// Where the object goes: FILE's name with .o if not given; - is standard output. It appears whole or not at all. Of
    /// several targets, each has its name before the ending: app.o becomes app.x86_64-linux.o, and so on.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What to write: the object; the C header that programs use it by; Cranelift's intermediate representation before
    /// any optimisation, or the code generator's own listing of the machine code, for people to read. (Text goes to
    /// standard output if -o is not given.)
    #[arg(long, value_name = "WHAT", value_enum, default_value_t)]
    emit: Emit,

    /// What to compile for, one or several: this machine if not given. `wasmc targets` lists the names.
    #[arg(long = "target", value_name = "TARGET", value_delimiter = ',')]
    targets: Vec<String>,

    /// Compile for all targets.
    #[arg(long, conflicts_with = "targets")]
    all_targets: bool,

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
    Header,
    Clif,
    Asm,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let targets = targets(arguments)?;
    let options = targets.iter().map(|target| {
        let mut options = arguments.compilation.options(*target, "baseline")?;
        if let Some(prefix) = &arguments.symbol_prefix {
            options.symbol_prefix.clone_from(prefix);
        }
        Ok(options)
    });
    let options = options.collect::<anyhow::Result<Vec<CompileOptions>>>()?;
    let output = arguments.output.clone().map_or_else(|| default_output(arguments), Ok)?;
    let outputs = match targets.as_slice() {
        [_] => vec![output],
        several => several.iter().map(|target| output_for(&output, *target)).collect::<anyhow::Result<Vec<_>>>()?,
    };
    if let Some(output) = outputs.iter().find(|output| is_same_file(output, &arguments.file)) {
        let message =
            format!("'{}' would be replaced by what it is compiled to: name the output with -o", output.display());
        return Err(UsageError(message).into());
    }
    let bytes = input::read(&arguments.file)?;
    let module = input::module(&arguments.file, &bytes)?;
    let compiled = arguments.compilation.with_threads(|| compile(arguments, &module, &options))?;
    let compiled = compiled.map_err(|error| input::compile_error(&arguments.file, &module, error))?;
    for (output, compiled) in outputs.iter().zip(&compiled) {
        output::write(output, compiled, arguments.emit != Emit::Object)?;
    }
    Ok(0)
}

/// The bytes to write, for each of `options`.
fn compile(arguments: &Arguments, module: &[u8], options: &[CompileOptions]) -> Result<Vec<Vec<u8>>, CompileError> {
    let text = |emit: fn(&[u8], &CompileOptions) -> Result<String, CompileError>| {
        options.iter().map(|options| emit(module, options).map(String::into_bytes)).collect()
    };
    match arguments.emit {
        Emit::Object => {
            let compile = |progress: &_| wasmc_compiler::compile_for_all(module, options, progress);
            let artifacts = progress::watch(&arguments.file, compile)?;
            Ok(artifacts.into_iter().map(wasmc_compiler::Artifact::into_bytes).collect())
        }
        Emit::Header => text(wasmc_compiler::emit_header),
        Emit::Clif => text(wasmc_compiler::emit_clif),
        Emit::Asm => text(wasmc_compiler::emit_assembly),
    }
}

/// What to compile for, each once.
fn targets(arguments: &Arguments) -> anyhow::Result<Vec<Target>> {
    if arguments.all_targets {
        return Ok(Target::ALL.to_vec());
    }
    if arguments.targets.is_empty() {
        return Ok(vec![parse_target(None)?]);
    }
    let mut targets = Vec::new();
    for name in &arguments.targets {
        let target = parse_target(Some(name))?;
        if targets.contains(&target) {
            return Err(UsageError(format!("--target names {target} twice")).into());
        }
        targets.push(target);
    }
    Ok(targets)
}

/// `app.o` becomes `app.TARGET.o`.
fn output_for(output: &Path, target: Target) -> anyhow::Result<PathBuf> {
    if input::is_standard(output) {
        return Err(UsageError("several targets do not go to standard output: name a file with -o".to_owned()).into());
    }
    let mut name = output.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".{target}"));
    if let Some(ending) = output.extension() {
        name.push(".");
        name.push(ending);
    }
    Ok(output.with_file_name(name))
}

fn is_same_file(output: &Path, input: &Path) -> bool {
    output.is_file()
        && matches!((output.canonicalize(), input.canonicalize()), (Ok(output), Ok(input)) if output == input)
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
