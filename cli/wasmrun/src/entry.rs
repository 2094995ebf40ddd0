//! The whole of the command: words in, an exit status out. What the words ask for is printed or run.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::Arc;

use crate::{
    BesideExecutable, Command, CompiledAbis, Modules, Objects, Program, RunOptions, embedded, parse, print_help,
    print_version, process,
};

/// The command's name in messages.
const TOOL: &str = "wasmrun";

/// Does what `arguments`, the first of which is the command's own name, ask for: `wasmrun`, with these ABIs in it. Gives the
/// status to exit with ([`process::exit`]).
pub fn main(arguments: Vec<OsString>, abis: CompiledAbis<'_>) -> i32 {
    let result = if embedded::is_there() { run_embedded(&arguments, abis) } else { run(arguments, abis) };
    result.unwrap_or_else(|error| process::report(TOOL, &error))
}

/// Runs the program that this executable carries: all arguments are the program's.
fn run_embedded(arguments: &[OsString], abis: CompiledAbis<'_>) -> anyhow::Result<i32> {
    let name = arguments.first().cloned().unwrap_or_default();
    let embedded = embedded::open(&name)?;
    let arguments: Vec<OsString> = embedded.arguments.iter().chain(arguments.iter().skip(1)).cloned().collect();
    let program = Program { tool: TOOL, image: embedded.image, file: name.into(), arguments: &arguments, abis };
    let modules: Arc<dyn Modules> = Arc::new(BesideExecutable);
    crate::run(&embedded.options, &ManuallyDrop::new(program), &modules)
}

fn run(mut arguments: Vec<OsString>, abis: CompiledAbis<'_>) -> anyhow::Result<i32> {
    let words = arguments.split_off(arguments.len().min(1));
    // Most often there are no options, and then there is nothing to parse.
    let has_options = words.first().is_none_or(|first| first.as_encoded_bytes().starts_with(b"-"));
    if has_options { run_command(words, abis) } else { run_program(&RunOptions::default(), &words, abis) }
}

/// Apart, so that the parser's stack is not everyone's.
#[cold]
#[inline(never)]
fn run_command(words: Vec<OsString>, abis: CompiledAbis<'_>) -> anyhow::Result<i32> {
    match parse(words)? {
        Command::Run(options, program) => return run_program(&options, &program, abis),
        Command::Help { is_long } => print_help(is_long),
        Command::Version => print_version(),
    }
    Ok(0)
}

/// Runs the program that the first of `words` names; the others are its arguments.
fn run_program(options: &RunOptions, words: &[OsString], abis: CompiledAbis<'_>) -> anyhow::Result<i32> {
    let (file, arguments) = words.split_first().expect("there is a file");
    let file = PathBuf::from(file);
    let image = crate::open(&file)?;
    let program = ManuallyDrop::new(Program { tool: TOOL, image, file, arguments, abis });
    let modules: Arc<dyn Modules> = Arc::new(Objects);
    crate::run(options, &program, &modules)
}
