//! The `wasmc` command: one file for each subcommand.
//!
//! ```text
//! arguments → Command → exit status
//! ```
//!
//! The doc comments of [`Command`] and of each subcommand's arguments are the manual.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

mod build;
mod cache;
mod compile;
mod completions;
mod config;
mod input;
mod inspect;
mod man;
mod open;
mod options;
mod output;
mod progress;
mod run;
mod run_options;
mod script;
mod settings;
mod stats;
mod targets;
pub mod wast;

/// Compile WebAssembly ahead of time, and run it.
///
/// `wasmc compile` makes an object file of a module, which `wasmrun` runs and which a C program can link. `wasmc run`
/// does both at once, and keeps what it compiled.
///
/// Exit status: 0, or that of the program that was run; 134 if that trapped, 124 if it ran into --timeout; 2 for wrong
/// usage; 1 if wasmc could not do its job.
#[derive(Debug, Parser)]
#[command(name = "wasmc", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Compile(compile::Arguments),
    Run(Box<run::Arguments>),
    Build(Box<build::Arguments>),
    Cache(cache::Arguments),
    Config(config::Arguments),
    Wast(script::Arguments),
    Inspect(inspect::Arguments),
    Targets(targets::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command that `arguments` are, if it is `run FILE ARGS...`, and gives the status to exit with. There is nothing
/// to parse then, and setting up the parser takes longer than loading the program. All that was printed is flushed.
pub fn run_program(arguments: &[OsString]) -> Option<i32> {
    let [_, verb, words @ ..] = arguments else { return None };
    let arguments = run::parse(words).filter(|_| verb == "run")?;
    Some(run::run(&arguments).unwrap_or_else(|error| wasmrun::process::report("wasmc", &error)))
}

/// Reads the command line. The parser takes `-O0` before a program whose own arguments may start with a hyphen for the
/// program: it is given as two words then.
fn parse(mut arguments: Vec<OsString>) -> Result<Command, clap::Error> {
    loop {
        let command = Command::try_parse_from(&arguments)?;
        let Verb::Run(run) = &command.verb else { return Ok(command) };
        let Some(level) = run.attached_level() else { return Ok(command) };
        let at = arguments.len() - run.program_words();
        arguments.splice(at..=at, ["-O".into(), level]);
    }
}

/// Runs the command that `arguments` are, and gives the status to exit with.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let command = match parse(arguments.into_iter().collect()) {
        Ok(command) => command,
        Err(error) => {
            // If nobody listens, there is nobody to tell.
            let _ = error.print();
            return error.exit_code();
        }
    };
    let result = match command.verb {
        Verb::Compile(arguments) => compile::run(&arguments),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Build(arguments) => build::run(&arguments),
        Verb::Cache(arguments) => cache::run(&arguments),
        Verb::Config(arguments) => config::run(&arguments),
        Verb::Wast(arguments) => script::run(&arguments),
        Verb::Inspect(arguments) => inspect::run(&arguments),
        Verb::Targets(arguments) => targets::run(&arguments),
        Verb::Completions(arguments) => completions::run(&arguments),
        Verb::Man(arguments) => man::run(&arguments),
    };
    result.unwrap_or_else(|error| wasmrun::process::report("wasmc", &error))
}
