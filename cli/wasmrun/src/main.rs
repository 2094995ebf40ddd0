//! `wasmrun [OPTIONS] FILE.o [ARGS…]`: runs what `wasmc compile` made.
//!
//! The C library's entry is used as it is: what Rust's own does before it (reading the memory map for a guard page,
//! handlers that ours replace, a second signal stack) takes as long as loading a program.
#![no_main]

use std::ffi::{OsString, c_char, c_int};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use wasmrun::{BesideExecutable, Command, Modules, Objects, Program, RunOptions};

#[cfg(all(target_env = "musl", panic = "abort"))]
mod no_unwinder;

// Where musl's allocator would be the choice, which makes a mapping for each size.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: wasmrun::allocator::SmallFirst<dlmalloc::GlobalDlmalloc> =
    wasmrun::allocator::SmallFirst::new(dlmalloc::GlobalDlmalloc);

/// Called by the C library.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    wasmrun::process::open_standard_streams();
    // SAFETY: the C library passes as many strings, which end with a NUL and stay.
    let arguments = unsafe { wasmrun::process::arguments(count, arguments) };
    let result = if wasmrun::embedded::is_there() { run_embedded(&arguments) } else { run(arguments) };
    wasmrun::process::exit(result.unwrap_or_else(|error| wasmrun::process::report("wasmrun", &error)));
}

/// Runs the program that this executable carries: all arguments are the program's.
fn run_embedded(arguments: &[OsString]) -> anyhow::Result<i32> {
    let name = arguments.first().cloned().unwrap_or_default();
    let embedded = wasmrun::embedded::open(&name)?;
    let arguments: Vec<OsString> = embedded.arguments.iter().chain(arguments.iter().skip(1)).cloned().collect();
    let program = Program { tool: "wasmrun", image: embedded.image, file: name.into(), arguments: &arguments };
    let modules: Arc<dyn Modules> = Arc::new(BesideExecutable);
    wasmrun::run(&embedded.options, &ManuallyDrop::new(program), &modules)
}

fn run(mut arguments: Vec<OsString>) -> anyhow::Result<i32> {
    let words = arguments.split_off(arguments.len().min(1));
    // Most often there are no options, and then there is nothing to parse.
    let has_options = words.first().is_none_or(|first| first.as_encoded_bytes().starts_with(b"-"));
    if has_options { run_command(words) } else { run_program(&RunOptions::default(), &words) }
}

/// Apart, so that the parser's stack is not everyone's.
#[cold]
#[inline(never)]
fn run_command(words: Vec<OsString>) -> anyhow::Result<i32> {
    match wasmrun::parse(words)? {
        Command::Run(options, program) => return run_program(&options, &program),
        Command::Help { is_long } => wasmrun::print_help(is_long),
        Command::Version => wasmrun::print_version(),
    }
    Ok(0)
}

/// Runs the program that the first of `words` names; the others are its arguments.
fn run_program(options: &RunOptions, words: &[OsString]) -> anyhow::Result<i32> {
    let (file, arguments) = words.split_first().expect("there is a file");
    let file = std::path::PathBuf::from(file);
    let image = wasmrun::open(&file)?;
    let program = ManuallyDrop::new(Program { tool: "wasmrun", image, file, arguments });
    let modules: Arc<dyn Modules> = Arc::new(Objects);
    wasmrun::run(options, &program, &modules)
}
