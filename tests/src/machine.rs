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
    /// What runs its programs: of the search path, or of the folder that `WASMC_TARGETS` names.
    runner: &'static str,
    /// What zig calls it, whose C compiler builds the parts that need one, if cargo finds none.
    zig: Option<&'static str>,
    /// How programs' names end.
    suffix: &'static str,
    /// Under which name that machine sees the folder of its runner, if it sees nothing else; it is then built by `cargo zigbuild`.
    sees: Option<&'static str>,
}

const WAYS: &[Way] = &[
    Way {
        target: "aarch64-linux",
        triple: "aarch64-unknown-linux-musl",
        runner: "qemu-aarch64",
        zig: Some("aarch64-linux-musl"),
        suffix: "",
        sees: None,
    },
    Way {
        target: "x86_64-windows",
        triple: "x86_64-pc-windows-gnu",
        // wine, with a prefix that has what Rust's library asks for.
        runner: "wine64",
        zig: None,
        suffix: ".exe",
        sees: None,
    },
    Way {
        target: "aarch64-windows",
        triple: "aarch64-pc-windows-gnullvm",
        // The same under qemu, in a root of its own.
        runner: "wine64-arm64",
        zig: None,
        suffix: ".exe",
        sees: Some("Z:\\w"),
    },
];

/// Another machine, ready to run commands.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its target.
    pub target: Target,
    way: &'static Way,
    runner: PathBuf,
    /// Where its commands are.
    commands: PathBuf,
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
        let Some(runner) = runner(way.runner) else {
            return missing(&format!("there is no {}", way.runner));
        };
        let library = Command::new("rustc").args(["--print", "target-libdir", "--target", way.triple]).output()?;
        if !Path::new(String::from_utf8_lossy(&library.stdout).trim()).is_dir() {
            return missing(&format!("Rust's library is not here (rustup target add {})", way.triple));
        }
        if way.zig.is_some() && tool::zig().is_none() {
            return missing("no C compiler for it");
        }
        if way.sees.is_some() && zigbuild().is_none() {
            return missing("there is no cargo-zigbuild");
        }
        let commands = build(way, &["-p", "wasmc", "-p", "wasmrun"])?;
        let target =
            Target::ALL.into_iter().find(|known| known.name() == target).context("a target of the contract")?;
        Ok(Some(Self { target, way, runner, commands }))
    }

    /// The name of a file for that machine, which may be that of a copy.
    ///
    /// # Errors
    ///
    /// If it cannot be copied.
    pub fn file(&self, path: &Path) -> Result<PathBuf> {
        self.file_as(path, &path.file_name().context("a file")?.to_string_lossy())
    }

    /// The same, where a copy is called `name`, which may have folders in it.
    ///
    /// # Errors
    ///
    /// As [`Self::file`].
    pub fn file_as(&self, path: &Path, name: &str) -> Result<PathBuf> {
        let Some(root) = self.way.sees else { return Ok(path.to_owned()) };
        let copy = self.runner.with_file_name("files-of-tests").join(name);
        std::fs::create_dir_all(copy.parent().context("a folder")?)?;
        let look = |path: &Path| -> Result<_> {
            let metadata = std::fs::metadata(path)?;
            Ok((metadata.len(), metadata.modified()?))
        };
        // One that is there may be running: it is not written to.
        let (length, changed) = look(path)?;
        if !look(&copy).is_ok_and(|(copied, since)| copied == length && since > changed) {
            let fresh = tempfile::NamedTempFile::new_in(copy.parent().context("a folder")?)?;
            std::fs::copy(path, fresh.path())?;
            fresh.persist(&copy)?;
        }
        Ok(format!("{root}\\files-of-tests\\{}", name.replace('/', "\\")).into())
    }

    /// The C library for that machine.
    ///
    /// # Errors
    ///
    /// If it cannot be built.
    pub fn library(&self) -> Result<PathBuf> {
        Ok(build(self.way, &["-p", "wasmc-capi"])?.join("libwasmc_loader.a"))
    }

    /// The program with the tests that are in a library itself, for that machine.
    ///
    /// # Errors
    ///
    /// If it cannot be built.
    pub fn tests_of(&self, package: &str) -> Result<PathBuf> {
        let mut cargo = cargo(self.way, &["--tests", "-p", package, "--message-format", "json"])?;
        let output = tool::run(&mut cargo)?;
        let messages = String::from_utf8(output.stdout)?;
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut programs = messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
        programs.next().context("cargo has built a program")
    }

    /// `wasmc` or `wasmrun` on that machine, ready for arguments.
    ///
    /// # Errors
    ///
    /// As [`Self::file`].
    pub fn command(&self, name: &str) -> Result<Command> {
        self.executable(&self.commands.join(format!("{name}{}", self.way.suffix)))
    }

    /// An executable for that machine, ready for arguments.
    ///
    /// # Errors
    ///
    /// As [`Self::file`].
    pub fn executable(&self, path: &Path) -> Result<Command> {
        let mut command = Command::new(&self.runner);
        command.arg(self.file(path)?);
        Ok(command)
    }

    /// That machine's `wasmrun`, as a file of this one.
    pub fn wasmrun(&self) -> PathBuf {
        self.commands.join(format!("wasmrun{}", self.way.suffix))
    }

    /// The same as text for a shell.
    ///
    /// # Errors
    ///
    /// As [`Self::file`].
    pub fn command_text(&self, name: &str) -> Result<String> {
        let command = self.command(name)?;
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
        Ok(words.join(" "))
    }
}

/// PyPI's cargo-zigbuild, of the search path or the folder that the setup of targets has made.
fn zigbuild() -> Option<PathBuf> {
    tool::find("cargo-zigbuild").or_else(|| {
        let command = targets_folder()?.join("zig/bin/cargo-zigbuild");
        command.is_file().then_some(command)
    })
}

/// What machines need besides what the system's packages give.
fn targets_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("WASMC_TARGETS").map(PathBuf::from);
    folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/wasmc-targets")))
}

/// Where the command is that runs another machine's programs. One that needs more than itself (a prefix of wine's) is a script in
/// the folder that `WASMC_TARGETS` names, by default `~/.cache/wasmc-targets`.
fn runner(name: &str) -> Option<PathBuf> {
    let script = targets_folder().map(|folder| folder.join(name)).filter(|script| script.is_file());
    script.or_else(|| tool::find(name).filter(|_| name != "wine64"))
}

/// Builds packages in the target folder of the tests, and gives the folder where they are.
fn build(way: &Way, packages: &[&str]) -> Result<PathBuf> {
    tool::run(&mut cargo(way, packages)?)?;
    Ok(target_folder()?.join(way.triple).join("debug"))
}

fn target_folder() -> Result<PathBuf> {
    Ok(binary::directory()?.parent().context("a profile lies in a target directory")?.to_owned())
}

/// A build for that machine, ready to run.
fn cargo(way: &Way, packages: &[&str]) -> Result<Command> {
    let folder = target_folder()?;
    let mut cargo = Command::new(env!("CARGO"));
    match way.sees.and_then(|_| zigbuild()) {
        Some(zigbuild) => {
            cargo = Command::new(zigbuild);
            cargo.arg("zigbuild");
        }
        None => {
            cargo.arg("build");
        }
    }
    cargo.args(["--locked", "--target", way.triple]).args(packages);
    if way.target == "aarch64-linux" && packages.contains(&"wasmc") {
        // Its `wasmc wast` runs the objects of all systems for its CPU.
        cargo.args(["--features", "wasmc/foreign-containers"]);
    }
    cargo.arg("--target-dir").arg(&folder).current_dir(root());
    if let Some((zig, name)) = tool::zig().zip(way.zig) {
        let compiler = zig.c_compiler(name, &folder.join(way.triple))?;
        cargo.env(format!("CC_{}", way.triple.replace('-', "_")), compiler);
    }
    // Those of the tests' own build are not meant for it.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(cargo)
}
