//! Machines that this one is not: `wasmc` and `wasmrun` built for their targets, and what runs them here.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use wasmc_contract::target::Target;

use crate::{binary, root, tool};

/// How a target's programs are built and run here.
#[derive(Clone, Copy, Debug)]
struct Way {
    target: &'static str,
    /// What Rust calls it.
    triple: &'static str,
    /// What runs its programs, of the search path.
    runner: &'static str,
    /// What zig calls it, whose C compiler builds the parts that need one.
    zig: &'static str,
    /// How programs' names end.
    suffix: &'static str,
}

const WAYS: &[Way] = &[Way {
    target: "aarch64-linux",
    triple: "aarch64-unknown-linux-musl",
    runner: "qemu-aarch64",
    zig: "aarch64-linux-musl",
    suffix: "",
}];

/// Another machine, ready to run commands.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its target.
    pub target: Target,
    runner: PathBuf,
    /// Where its commands are.
    commands: PathBuf,
    suffix: &'static str,
}

impl Machine {
    /// The machine of this target, its commands built if necessary; `None`, after saying why, if it cannot be had here.
    ///
    /// # Errors
    ///
    /// If the commands cannot be built, although all is here that it takes.
    pub fn of(target: &str) -> Result<Option<Self>> {
        let way = WAYS.iter().find(|way| way.target == target).context("a target that is run here")?;
        let missing = |what: &str| {
            crate::say(&format!("nothing run for {target}: {what}"));
            Ok(None)
        };
        let Some(runner) = tool::find(way.runner) else {
            return missing(&format!("there is no {}", way.runner));
        };
        let library = Command::new("rustc").args(["--print", "target-libdir", "--target", way.triple]).output()?;
        if !Path::new(String::from_utf8_lossy(&library.stdout).trim()).is_dir() {
            return missing(&format!("Rust's library is not here (rustup target add {})", way.triple));
        }
        let Some(zig) = tool::zig() else {
            return missing("no C compiler for it");
        };
        let commands = build(way, &zig)?;
        let target =
            Target::ALL.into_iter().find(|known| known.name() == target).context("a target of the contract")?;
        Ok(Some(Self { target, runner, commands, suffix: way.suffix }))
    }

    /// `wasmc` or `wasmrun` on that machine, ready for arguments.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.runner);
        command.arg(self.commands.join(format!("{name}{}", self.suffix)));
        command
    }

    /// The same as text for a shell.
    pub fn command_text(&self, name: &str) -> String {
        let command = self.command(name);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }
}

/// Builds the commands in the target folder of the tests, and gives the folder where they are.
fn build(way: &Way, zig: &tool::Zig) -> Result<PathBuf> {
    let host = binary::directory()?;
    let folder = host.parent().context("a profile lies in a target directory")?;
    let compiler = zig.c_compiler(way.zig, &folder.join(way.triple))?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--locked", "--target", way.triple, "-p", "wasmc", "-p", "wasmrun"]);
    // Its `wasmc wast` runs the objects of all systems for its CPU.
    cargo.args(["--features", "wasmc/foreign-containers"]);
    cargo.arg("--target-dir").arg(folder).current_dir(root());
    cargo.env(format!("CC_{}", way.triple.replace('-', "_")), compiler);
    // Those of the tests' own build are not meant for it.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    tool::run(&mut cargo)?;
    Ok(folder.join(way.triple).join("debug"))
}
