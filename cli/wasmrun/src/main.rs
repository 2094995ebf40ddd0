//! `wasmrun [OPTIONS] FILE.o [ARGS…]`: runs what `wasmc compile` made.
//!
//! The C library's entry is used as it is: what Rust's own does before it (reading the memory map for a guard page,
//! handlers that ours replace, a second signal stack) takes as long as loading a program.
#![no_main]

use std::ffi::{OsString, c_char, c_int};
use std::mem::ManuallyDrop;
use std::sync::Arc;

use clap::Parser;
use wasmrun::{BesideExecutable, Modules, Objects, Program, RunOptions};

// Where musl's allocator would be the choice, which makes a mapping for each size.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: wasmrun::allocator::SmallFirst<dlmalloc::GlobalDlmalloc> =
    wasmrun::allocator::SmallFirst::new(dlmalloc::GlobalDlmalloc);

/// Run a WebAssembly program that `wasmc compile` has compiled.
///
/// Options come before FILE; everything after it is the program's own. Nothing of the system is reachable for the
/// program but its standard streams and what the options grant.
///
/// Exit status: the program's own; 134 if it trapped, 124 if it ran into --timeout, 2 for wrong usage, 1 if it could
/// not be run.
#[derive(Debug, Parser)]
#[command(name = "wasmrun", version, max_term_width = 100, override_usage = "wasmrun [OPTIONS] FILE [ARGS]...")]
struct Command {
    #[command(flatten)]
    options: RunOptions,

    /// The compiled program, then its arguments.
    #[arg(value_name = "FILE", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

/// Called by the C library.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    wasmrun::process::open_standard_streams();
    // SAFETY: the C library passes as many strings, which end with a NUL and stay.
    let arguments = unsafe { wasmrun::process::arguments(count, arguments) };
    let result = if wasmrun::embedded::is_there() { run_embedded(&arguments) } else { run(&parse(arguments)) };
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

fn parse(arguments: Vec<OsString>) -> Command {
    // Most often there are no options: then there is nothing to parse, and setting up the parser costs more than
    // loading the program.
    match arguments.get(1) {
        Some(first) if !first.as_encoded_bytes().starts_with(b"-") => {
            Command { options: RunOptions::default(), program: arguments[1..].to_vec() }
        }
        _ => parse_options(arguments),
    }
}

/// Apart, so that the parser's stack is not everyone's.
#[cold]
#[inline(never)]
fn parse_options(arguments: Vec<OsString>) -> Command {
    Command::parse_from(arguments)
}

fn run(command: &Command) -> anyhow::Result<i32> {
    let (file, arguments) = wasmrun::program(&command.program)?;
    let image = wasmrun::open(&file)?;
    let program = ManuallyDrop::new(Program { tool: "wasmrun", image, file, arguments });
    let modules: Arc<dyn Modules> = Arc::new(Objects);
    wasmrun::run(&command.options, &program, &modules)
}
