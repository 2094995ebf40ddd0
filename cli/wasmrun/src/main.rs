//! `wasmrun [OPTIONS] FILE.o [ARGS…]`: runs what `wasmc compile` made.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

use clap::Parser;
use wasmrun::{Program, RunOptions};

/// Run a WebAssembly program that `wasmc compile` has compiled.
///
/// Options come before FILE; everything after it is the program's own. Nothing of the system is reachable for the
/// program but its standard streams and what the options grant.
///
/// Exit status: the program's own; 134 if it trapped, 124 if it ran into --timeout, 2 for wrong usage, 1 if it could
/// not be run.
#[derive(Debug, Parser)]
#[command(name = "wasmrun", version, max_term_width = 100)]
struct Command {
    #[command(flatten)]
    options: RunOptions,

    /// The compiled program, then its arguments.
    #[arg(value_name = "FILE", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

fn main() {
    wasmrun::process::restore_broken_pipe();
    let command = parse();
    std::process::exit(run(&command).unwrap_or_else(|error| wasmrun::process::report("wasmrun", &error)));
}

fn parse() -> Command {
    // Most often there are no options: then there is nothing to parse, and setting up the parser costs more than
    // loading the program.
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1) {
        Some(first) if !first.as_encoded_bytes().starts_with(b"-") => {
            Command { options: RunOptions::default(), program: arguments[1..].to_vec() }
        }
        _ => Command::parse_from(arguments),
    }
}

fn run(command: &Command) -> anyhow::Result<i32> {
    let (file, arguments) = command.program.split_first().expect("the parser requires a file");
    let file = PathBuf::from(file);
    let image = wasmrun::open(&file)?;
    let program = ManuallyDrop::new(Program { tool: "wasmrun", image, file, arguments });
    wasmrun::run(&command.options, &program, &mut wasmrun::open)
}
