//! `wasmc man`

use clap::CommandFactory as _;
use wasmrun::process::UsageError;

/// Print a manual page: `wasmc man compile | man -l -`, `wasmc man cache export`
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A subcommand, and one of its own; wasmc itself if not given.
    subcommand: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let mut command = crate::Command::command();
    command.build();
    for name in &arguments.subcommand {
        command = command
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| UsageError(format!("no subcommand '{name}'; `wasmc help` lists them")))?;
    }
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    crate::output::print(&text)
}
