//! Lets a program start threads, if it asks for that: options and a program in, `thread-spawn` in a linker out.

use anyhow::{Context as _, bail};
use wasmc_loader::{Linker, MemoryBudget, Outcome, Uncaught};
pub(crate) use wasmc_wasi::Threads;
use wasmc_wasi::ThreadsBuilder;

use crate::Program;
use crate::options::RunOptions;
use crate::run::{STACK_RESERVE_BYTES, report_trap};

/// The program's threads, if it can start any. One that ends the program ends this process.
pub(crate) fn add(
    options: &RunOptions,
    program: &Program<'_>,
    linker: &mut Linker,
    budget: &MemoryBudget,
) -> anyhow::Result<Option<Threads>> {
    if !Threads::are_wanted_by(&program.image) {
        return Ok(None);
    }
    let threads = make(options, program)?;
    threads.add_to_linker(linker, &program.image, budget)?;
    Ok(Some(threads))
}

/// A program's threads, of which there are none yet. One that ends the program ends this process.
pub(crate) fn make(options: &RunOptions, program: &Program<'_>) -> anyhow::Result<Threads> {
    if options.deterministic {
        bail!("'{}' starts threads, whose runs are never alike: --deterministic cannot hold", program.file.display());
    }
    let tool = program.tool;
    let mut builder = ThreadsBuilder::new().on_end(move |outcome| {
        let status = match outcome {
            Outcome::Returned(_) => return,
            Outcome::Exited(status) => *status,
            Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => report_trap(tool, report),
        };
        std::process::exit(status);
    });
    if let Some(count_max) = options.max_threads {
        builder = builder.count_max(count_max);
    }
    if let Some(size) = options.max_stack {
        let bytes = usize::try_from(size.0.saturating_add(STACK_RESERVE_BYTES)).context("--max-stack is too large")?;
        builder = builder.stack_bytes(bytes);
    }
    Ok(builder.build())
}
