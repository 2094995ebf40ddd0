//! The cache of `wasmc run` with real processes: a warm start reads nothing in bulk, many at once get along, and what is
//! damaged, taken away or not writable never stops a program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use wasmc_tests::{binary, tool};

/// A program in a folder of its own, with a cache.
struct Fixture {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Fixture {
    /// With a module of so many functions.
    fn new(functions: usize) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let program = folder.path().join("app.wasm");
        let more: String = (0..functions)
            .map(|number| format!("(func (param i64) (result i64) (i64.mul (local.get 0) (i64.const {number})))"))
            .collect();
        let text = format!("(module {more} (func (export \"run\") (result i32) (i32.const 42)))");
        std::fs::write(&program, wat::parse_str(text)?)?;
        Ok(Self { folder, program })
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn command(&self) -> Result<Command> {
        let mut command = binary::wasmc()?;
        command.env("WASMC_CACHE_DIR", self.cache()).args(["run", "--invoke", "run"]).arg(&self.program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// Runs the program, which must print what it prints; what else was said.
    fn run(&self) -> Result<String> {
        said(&self.command()?.output()?)
    }

    /// The artifacts in the cache.
    fn entries(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let Ok(folders) = std::fs::read_dir(self.cache().join("entries")) else { return Ok(found) };
        for folder in folders {
            for entry in std::fs::read_dir(folder?.path())? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.len() == 62 && !name.contains('.') {
                    found.push(path);
                }
            }
        }
        Ok(found)
    }
}

fn said(output: &Output) -> Result<String> {
    ensure!(output.status.success() && output.stdout == b"42\n", "{output:?}");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_warm_start_opens_no_module_and_reads_no_artifact() -> Result<()> {
    let Some(strace) = tool::find("strace") else {
        wasmc_tests::say("not tested: this machine has no strace");
        return Ok(());
    };
    let fixture = Fixture::new(2000)?;
    // Until then a change of the file could go unseen.
    std::thread::sleep(Duration::from_millis(2100));
    ensure!(fixture.run()?.is_empty());
    let trace = fixture.folder.path().join("trace");
    let command = fixture.command()?;
    let mut traced = Command::new(strace);
    traced.args(["-f", "-y", "-e", "trace=open,openat,read,pread64,mmap", "-o"]).arg(&trace);
    traced.arg(command.get_program()).args(command.get_args()).env("WASMC_CACHE_DIR", fixture.cache());
    let output = traced.output()?;
    let trace = std::fs::read_to_string(&trace).unwrap_or_default();
    if !trace.contains("mmap") {
        wasmc_tests::say("not tested: strace may not trace here");
        return Ok(());
    }
    said(&output)?;
    ensure!(!trace.contains("app.wasm"), "the module is opened:\n{trace}");
    let entry = fixture.entries()?.pop().context("an entry")?;
    let entry = entry.display().to_string();
    let read = trace.lines().filter(|line| line.contains("read") && line.contains(&format!("{entry}>")));
    let bytes: u64 = read.filter_map(|line| line.rsplit_once("= ")?.1.trim().parse::<u64>().ok()).sum();
    ensure!(bytes <= 4096, "{bytes} bytes of the artifact are read:\n{trace}");
    // A module that is written anew is another one, also with its old times.
    let modified = std::fs::metadata(&fixture.program)?.modified()?;
    std::fs::write(&fixture.program, wat::parse_str("(module (func (export \"run\") (result i32) (i32.const 43)))")?)?;
    std::fs::File::open(&fixture.program)?.set_modified(modified)?;
    let output = fixture.command()?.output()?;
    ensure!(output.stdout == b"43\n", "{output:?}");
    Ok(())
}

#[test]
fn what_is_damaged_is_compiled_again() -> Result<()> {
    let fixture = Fixture::new(10)?;
    fixture.run()?;
    let entry = fixture.entries()?.pop().context("an entry")?;
    let whole = std::fs::read(&entry)?;
    let description = entry.with_extension("json");
    let damages: [(&str, &dyn Fn() -> Result<()>); 6] = [
        ("cut", &|| Ok(std::fs::write(&entry, &whole[..whole.len() / 2])?)),
        ("changed", &|| {
            let mut bytes = whole.clone();
            bytes[whole.len() / 2] ^= 1;
            Ok(std::fs::write(&entry, bytes)?)
        }),
        ("empty", &|| Ok(std::fs::write(&entry, b"")?)),
        ("without a description", &|| Ok(std::fs::remove_file(&description)?)),
        ("with a malformed description", &|| Ok(std::fs::write(&description, b"{")?)),
        ("writable by others", &|| Ok(std::fs::set_permissions(&entry, std::fs::Permissions::from_mode(0o666))?)),
    ];
    for (name, damage) in damages {
        damage()?;
        ensure!(fixture.run()?.is_empty(), "{name}");
        ensure!(std::fs::read(&entry)? == whole, "{name}: it is not as it was");
        ensure!(std::fs::metadata(&entry)?.permissions().mode() & 0o077 == 0, "{name}: others may use it");
    }
    // Moved to another place, it is looked through and used.
    let elsewhere = fixture.folder.path().join("elsewhere");
    tool::run(Command::new("cp").arg("-r").arg(fixture.cache()).arg(&elsewhere))?;
    let output = fixture.command()?.env("WASMC_CACHE_DIR", &elsewhere).output()?;
    ensure!(said(&output)?.is_empty());
    Ok(())
}

#[test]
fn many_processes_share_a_cache() -> Result<()> {
    let fixture = Fixture::new(3000)?;
    for round in 0..4 {
        let mut children = (0..8).map(|_| Ok(fixture.command()?.spawn()?)).collect::<Result<Vec<Child>>>()?;
        // Two are killed on their way, and everything is taken away under the feet of the others.
        std::thread::sleep(Duration::from_millis(30 * (round + 1)));
        for child in &mut children[..2] {
            child.kill()?;
        }
        if round % 2 == 1 {
            drop(std::fs::remove_dir_all(fixture.cache().join("entries")));
        }
        for (number, child) in children.into_iter().enumerate() {
            let output = child.wait_with_output()?;
            if number >= 2 {
                said(&output).with_context(|| format!("round {round}"))?;
            }
        }
    }
    ensure!(fixture.run()?.is_empty());
    ensure!(fixture.entries()?.len() == 1, "{:?}", fixture.entries()?);
    Ok(())
}

#[test]
fn a_program_runs_without_a_cache_that_works() -> Result<()> {
    let fixture = Fixture::new(10)?;
    // A file where the folder should be: nothing can be kept, and the user is told.
    std::fs::write(fixture.cache(), b"")?;
    ensure!(fixture.run()?.contains("nothing is kept"));
    std::fs::remove_file(fixture.cache())?;
    // No place at all.
    let output =
        fixture.command()?.env_remove("WASMC_CACHE_DIR").env_remove("HOME").env_remove("XDG_CACHE_HOME").output()?;
    ensure!(said(&output)?.contains("nothing is kept"), "{output:?}");
    // A full disk.
    if Path::new("/dev/full").exists() {
        let output = fixture.command()?.env("WASMC_CACHE_DIR", "/dev/full").output()?;
        ensure!(said(&output)?.contains("nothing is kept"), "{output:?}");
    }
    let output = fixture.command()?.arg("--no-cache").output()?;
    ensure!(!output.status.success(), "options come before the file");
    Ok(())
}
