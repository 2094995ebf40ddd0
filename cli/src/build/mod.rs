//! `wasmc build`: one executable of a program, from the `wasmrun` of its target and the artifact.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use wasmc_contract::target::{System, Target};
use wasmrun::embedded::Slot;
use wasmrun::process::UsageError;

use crate::options::{CompileArguments, parse_target};
use crate::run_options::RunArguments;
use crate::{input, output, progress};

mod executable;
mod macho;
mod stub;

/// Make one executable of a program, which needs nothing else on its device.
///
/// The executable is the target's `wasmrun` with the compiled program inside, which is mapped from there. No toolchain
/// is needed, for any target whose `wasmrun` is at hand: beside `wasmc` (as `wasmrun`, `wasmrun-TARGET`, or in
/// a folder TARGET there or one level up), or named with --stub.
///
/// The program is run with the options given here, as `wasmrun` would; it gets the arguments of each --arg, then those
/// that the executable is started with. Nothing else is reachable for it.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The module, in binary (.wasm) or text format (.wat); - is standard input.
    file: PathBuf,

    /// Where the executable goes: FILE's name without .wasm (with .exe for Windows) if not given. It appears whole or not
    /// at all.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// What to build for: this machine if not given. `wasmc targets` lists the names.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,

    /// The `wasmrun` of the target, which is put before the program.
    #[arg(long, value_name = "FILE")]
    stub: Option<PathBuf>,

    /// An argument that the program always gets, before those of the command line. May be given several times.
    #[arg(long = "arg", value_name = "ARG", allow_hyphen_values = true)]
    program_arguments: Vec<String>,

    #[command(flatten)]
    compilation: CompileArguments,

    #[command(flatten, next_help_heading = "Running the program")]
    running: RunArguments,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let target = parse_target(arguments.target.as_deref())?;
    let mut options = arguments.compilation.options(target, "baseline")?;
    options.interruptible |= arguments.running.options.timeout.is_some();
    options.canonical_nans |= arguments.running.options.deterministic;
    let words = words(&arguments.running.words, &arguments.program_arguments)?;
    let output = arguments.output.clone().map_or_else(|| default_output(&arguments.file, target), Ok)?;
    let stub = stub::find(arguments.stub.as_deref(), target)?;
    for input in [&arguments.file, &stub.path] {
        if output::is_same_file(&output, input) {
            let message = format!("'{}' would be replaced: name the executable with -o", output.display());
            return Err(UsageError(message).into());
        }
    }
    let bytes = input::read(&arguments.file)?;
    let module = input::module(&arguments.file, &bytes)?;
    let compile = |progress: &_| wasmc_compiler::compile_watched(&module, &options, progress);
    let compiled = arguments.compilation.with_threads(|| progress::watch(&arguments.file, compile))?;
    let artifact = compiled.map_err(|error| input::compile_error(&arguments.file, &module, error))?.into_bytes();
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    let executable = executable::assemble(&stub, &artifact, &words, &name)
        .with_context(|| format!("'{}' cannot carry a program", stub.path.display()))?;
    output::write_executable(&output, &executable)?;
    Ok(0)
}

/// What the program is run with, as the executable keeps it.
struct Words {
    /// Each with a NUL after it: options, then arguments.
    bytes: Vec<u8>,
    /// How many of them are options.
    options: u64,
}

fn words(options: &[OsString], arguments: &[String]) -> anyhow::Result<Words> {
    let mut bytes = Vec::new();
    for word in options.iter().cloned().chain(arguments.iter().map(OsString::from)) {
        let word = word.into_string().map_err(|word| {
            UsageError(format!("'{}' is not UTF-8, and is to be read on another system", word.display()))
        })?;
        bytes.extend_from_slice(word.as_bytes());
        bytes.push(0);
    }
    Ok(Words { bytes, options: options.len() as u64 })
}

impl Words {
    /// The slot of an executable with an artifact of this length at this place, and the words behind it.
    fn slot(&self, empty: Slot, artifact_offset: u64, artifact_length: u64) -> Slot {
        Slot { artifact_offset, artifact_length, words_length: self.bytes.len() as u64, options: self.options, ..empty }
    }
}

fn default_output(file: &Path, target: Target) -> anyhow::Result<PathBuf> {
    if input::is_standard(file) {
        let message = "a module from standard input has no name: name the executable with -o";
        return Err(UsageError(message.to_owned()).into());
    }
    Ok(file.with_extension(if target.system == System::Windows { "exe" } else { "" }))
}
