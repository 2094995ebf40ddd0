//! `wasmc completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

/// Print what makes a shell complete wasmc's command lines.
///
/// For bash: `wasmc completions bash > ~/.local/share/bash-completion/completions/wasmc`
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::Command::command(), "wasmc", &mut text);
    crate::output::print(&text)
}
