//! Other targets' `wasmc` and `wasmrun`, run here by an emulator: the specification's scripts, compiled and run on that CPU;
//! traps and their reports; and objects compiled here: the WASI suite and programs of the registries.
//!
//! A third of it on each day, chosen by a hash over names; `WASMC_EMULATED=all cargo test -p wasmc-tests --test emulated`
//! runs all, `WASMC_EMULATED=0` (1, 2) that third.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};
use wasmc_tests::machine::Machine;
use wasmc_tests::{binary, root, say, scripts, tool, wasi_suite};

const AARCH64_LINUX: &str = "aarch64-linux";
const AARCH64_WINDOWS: &str = "aarch64-windows";
const X86_64_WINDOWS: &str = "x86_64-windows";

const NO_SYMBOLIC_LINKS: &str = "wine makes no symbolic links";

/// What of the WASI suite does not pass, and why. A program that passes has to go from here.
const WASI_SKIPS: &[(&str, &str, &str)] = &[
    (X86_64_WINDOWS, "dangling_symlink.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "nofollow_errors.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "path_exists.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "path_link.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "path_symlink_trailing_slashes.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "readlink.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "symlink_create.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "symlink_filestat.wasm", NO_SYMBOLIC_LINKS),
    (X86_64_WINDOWS, "symlink_loop.wasm", NO_SYMBOLIC_LINKS),
];

/// Programs of the registries that an emulator runs in bearable time.
const PROGRAMS: &[&str] = &["icepll", "cpython-eval", "resvg", "usvg", "flite", "micropython"];

#[test]
fn aarch64_linux_runs_the_scripts() -> Result<()> {
    run_scripts(AARCH64_LINUX)
}

/// Code in the containers of other systems, for that CPU: chosen scripts, whose names say what they are about.
#[test]
fn aarch64_linux_runs_the_objects_of_other_systems() -> Result<()> {
    const ABOUT: &[&str] =
        &["call", "memory_grow", "trap", "try", "throw", "float", "linking", "host", "table_", "simd_i"];
    let Some(machine) = Machine::of(AARCH64_LINUX)? else { return Ok(()) };
    let mut all = scripts::all()?;
    all.retain(|script| ABOUT.iter().any(|about| script.name.contains(about)));
    for target in ["aarch64-macos", "aarch64-windows"] {
        run_all_scripts(&machine, &all, target)?;
    }
    Ok(())
}

#[test]
fn aarch64_linux_reports_traps_as_this_machine_does() -> Result<()> {
    compare_traps(AARCH64_LINUX)
}

#[test]
fn aarch64_linux_passes_the_wasi_suite() -> Result<()> {
    run_wasi_suite(AARCH64_LINUX)
}

#[test]
fn aarch64_linux_runs_real_programs() -> Result<()> {
    run_programs(AARCH64_LINUX)
}

#[test]
fn x86_64_windows_runs_the_scripts() -> Result<()> {
    run_scripts(X86_64_WINDOWS)
}

#[test]
fn x86_64_windows_reports_traps_as_this_machine_does() -> Result<()> {
    compare_traps(X86_64_WINDOWS)
}

#[test]
fn x86_64_windows_passes_the_wasi_suite() -> Result<()> {
    run_wasi_suite(X86_64_WINDOWS)
}

#[test]
fn aarch64_windows_runs_the_scripts() -> Result<()> {
    run_scripts(AARCH64_WINDOWS)
}

#[test]
fn aarch64_windows_reports_traps_as_this_machine_does() -> Result<()> {
    compare_traps(AARCH64_WINDOWS)
}

#[test]
fn executables_of_programs_run_on_their_machines() -> Result<()> {
    for target in [AARCH64_LINUX, X86_64_WINDOWS, AARCH64_WINDOWS] {
        let Some(machine) = Machine::of(target)? else { continue };
        let folder = tempfile::tempdir()?;
        let built = folder.path().join(format!("{target}-app.exe"));
        let mut build = binary::wasmc()?;
        build.args(["build", "--target", target, "--arg", "one", "--stub"]).arg(machine.wasmrun());
        build.arg("-o").arg(&built).arg(root().join("tests/samples/hello.wat"));
        tool::run(&mut build)?;
        let output = machine.executable(&built)?.args(["two", "--three"]).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{target}: {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        ensure!(said.trim_end() == "Hello from WebAssembly, with 3 arguments!", "{target}: {said}");
        say(&format!("{target}: an executable of a program runs"));
    }
    Ok(())
}

/// What an artifact needs of a CPU is looked up in each of these: the CPU as qemu calls it, what the artifact was compiled for, and
/// what is said, of what is missing and of what would fit; nothing if the artifact runs.
type CpuCase = (&'static str, &'static str, Option<(&'static str, &'static str)>);

/// Those above level 2 are beyond what Linux tells each process without being asked.
const X86_64_CASES: &[CpuCase] = &[
    ("qemu64", "baseline", None),
    ("qemu64", "x86-64-v2", Some(("ssse3,sse4.1,sse4.2,popcnt", "baseline"))),
    ("Nehalem", "baseline", None),
    ("Nehalem", "x86-64-v2", None),
    ("Nehalem", "x86-64-v3", Some(("avx,avx2,fma,bmi1,bmi2,lzcnt", "x86-64-v2"))),
    ("Nehalem", "baseline,+bmi2", Some(("bmi2", "x86-64-v2"))),
    ("Haswell", "x86-64-v3", None),
    ("Haswell", "x86-64-v4", Some(("avx512f,avx512vl,avx512dq", "x86-64-v3"))),
];

const AARCH64_CASES: &[CpuCase] = &[
    ("cortex-a53", "baseline", None),
    ("cortex-a53", "baseline,+lse", Some(("lse", "baseline"))),
    ("cortex-a53", "neoverse-n1", Some(("lse,fp16", "baseline"))),
    ("cortex-a76", "neoverse-n1", None),
];

/// Each case is right, with the commands of `machine`: a command's name, then the CPU that it runs on.
fn check_cpus(target: &str, cases: &[CpuCase], machine: impl Fn(&str, &str) -> Result<Command>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let object = folder.path().join("hello.o");
    for (cpu, compiled_for, refused) in cases {
        let mut wasmc = binary::wasmc()?;
        wasmc.args(["compile", "--target", target, "--cpu", compiled_for, "-o"]).arg(&object);
        tool::run(wasmc.arg(root().join("tests/samples/hello.wat")))?;
        for command in ["wasmrun", "wasmc"] {
            let mut run = machine(command, cpu)?;
            if command == "wasmc" {
                run.arg("run");
            }
            let output = run.arg(&object).stdin(Stdio::null()).output()?;
            let said =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let case = format!("{command} on {cpu}, compiled for {compiled_for}: {}, {said}", output.status);
            let Some((missing, level)) = refused else {
                ensure!(output.status.success() && said.starts_with("Hello from WebAssembly"), "{case}");
                continue;
            };
            let lacks = format!("the artifact needs CPU features that this machine lacks: {missing}; ");
            let remedy = format!("compile the module with `wasmc compile --cpu {level}`");
            ensure!(output.status.code() == Some(1), "{case}");
            ensure!(said.contains(&lacks) && said.contains(&remedy), "{case}");
        }
    }
    say(&format!("{target}: {} CPUs and what was compiled for others", cases.len()));
    Ok(())
}

#[test]
fn x86_64_cpus_refuse_what_they_lack() -> Result<()> {
    let Some(qemu) = tool::find("qemu-x86_64") else {
        say("not tested: other x86-64 CPUs: there is no qemu-x86_64");
        return Ok(());
    };
    let on = |name: &str, cpu: &str| -> Result<Command> {
        let mut command = Command::new(&qemu);
        command.args(["-cpu", cpu]).arg(binary::directory()?.join(name)).env("WASMC_CACHE", "off");
        Ok(command)
    };
    check_cpus("x86_64-linux", X86_64_CASES, on)?;
    // What was kept for one CPU, or for all that this one has, is nothing for another.
    let cache = tempfile::tempdir()?;
    let program = root().join("tests/samples/hello.wat");
    for (cpu, options, compiled) in [
        ("Haswell", &["--cpu", "native"][..], 1),
        ("Nehalem", &["--cpu", "native"], 1),
        ("Nehalem", &[], 0),
        ("qemu64", &[], 1),
        ("Haswell", &[], 0),
        ("Haswell", &["--cpu", "native"], 0),
    ] {
        let mut run = on("wasmc", cpu)?;
        run.env("WASMC_CACHE", "on").env("WASMC_CACHE_DIR", cache.path()).env("WASMC_CONFIG", "");
        let output = run.args(["run", "--stats"]).args(options).arg(&program).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{cpu} {options:?}: {}, {said}", output.status);
        ensure!(said.contains(&format!("compiled: {compiled}")), "{cpu} {options:?}: {said}");
    }
    Ok(())
}

#[test]
fn aarch64_cpus_refuse_what_they_lack() -> Result<()> {
    let Some(machine) = Machine::of(AARCH64_LINUX)? else { return Ok(()) };
    check_cpus(AARCH64_LINUX, AARCH64_CASES, |name, cpu| {
        let mut command = machine.command(name)?;
        command.env("QEMU_CPU", cpu).env("WASMC_CACHE", "off");
        Ok(command)
    })
}

/// Which of a list is run now.
enum Part {
    All,
    Third(u64),
}

impl Part {
    fn now() -> Result<Self> {
        let day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs() / (24 * 60 * 60);
        Ok(match std::env::var("WASMC_EMULATED").as_deref() {
            Ok("all") => Self::All,
            Ok(number) => Self::Third(number.parse().context("WASMC_EMULATED is all, 0, 1 or 2")?),
            Err(_) => Self::Third(day % 3),
        })
    }

    /// What is chosen of `all`, by their names.
    fn choose<T>(&self, mut all: Vec<T>, name: impl Fn(&T) -> String) -> Vec<T> {
        let Self::Third(third) = self else { return all };
        // FNV-1a: the same everywhere and always.
        let hash = |name: String| {
            name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        };
        all.retain(|one| (hash(name(one)) >> 32) % 3 == *third);
        all
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::Third(number) => write!(formatter, "third {number} of 0, 1, 2"),
        }
    }
}

/// Gives each of `all` to `work`, on as many threads as there are processors; what came of them.
fn in_parallel<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(one);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn run_scripts(target: &str) -> Result<()> {
    let Some(machine) = Machine::of(target)? else { return Ok(()) };
    let part = Part::now()?;
    let chosen = part.choose(scripts::all()?, |script| script.name.clone());
    say(&format!("{target}, {part}"));
    run_all_scripts(&machine, &chosen, target)
}

/// Runs `chosen`, compiled for `target`, which is the machine's or another with its CPU.
fn run_all_scripts(machine: &Machine, chosen: &[scripts::Script], target: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut files = Vec::new();
    for script in chosen {
        let file = folder.path().join(&script.name);
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        std::fs::write(&file, &script.text)?;
        files.push(machine.file_as(&file, &script.name)?);
    }
    let skips = machine.file(&scripts::folder().join("skips.toml"))?;
    let batches: Vec<&[PathBuf]> = files.chunks(8).collect();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut said = String::new();
    for output in in_parallel(&batches, |batch| run_batch(machine, batch, &skips, target)) {
        let output = output?;
        for line in output.lines() {
            match counts(line) {
                Some(of_script) => {
                    (passed, failed, skipped) = (passed + of_script.0, failed + of_script.1, skipped + of_script.2);
                }
                None => said.extend([line, "\n"]),
            }
        }
    }
    say(&format!("{target}: {} scripts, {passed} passed, {failed} failed, {skipped} skipped", files.len()));
    ensure!(failed == 0 && said.is_empty(), "{said}");
    ensure!(passed > 0, "no assertion was run");
    Ok(())
}

/// What `wasmc wast` prints, which says more about failures than its status.
fn run_batch(machine: &Machine, files: &[PathBuf], skips: &Path, target: &str) -> Result<String> {
    let mut command = machine.command("wasmc")?;
    command.args(["wast", "--threads", "1", "--skips"]).arg(skips);
    if machine.target.name() != target {
        command.args(["--target", target]);
    }
    command.args(files);
    let output = command.stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let reports = text.lines().filter(|line| counts(line).is_some()).count();
    if reports != files.len() {
        bail!("{command:?}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// Passed, failed and skipped, of a line that gives a script's counts.
fn counts(line: &str) -> Option<(usize, usize, usize)> {
    let (_, text) = line.rsplit_once(": ")?;
    let mut words = text.split(", ").map(|count| count.split_once(' '));
    let mut next = |name| words.next().flatten().filter(|(_, word)| *word == name)?.0.parse().ok();
    Some((next("passed")?, next("failed")?, next("skipped")?))
}

/// Each function of a module that traps in all ways, there and here: the same status, and the same report.
fn compare_traps(target: &str) -> Result<()> {
    let Some(machine) = Machine::of(target)? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let source = root().join("tests/samples/traps.wat");
    let mut objects = BTreeMap::new();
    let here = wasmc_tests::compile_options().target;
    for compiled_for in [here, machine.target] {
        let object = folder.path().join(format!("{compiled_for}.o"));
        let mut wasmc = binary::wasmc()?;
        wasmc.arg("compile").arg(&source).args(["--target", compiled_for.name(), "-o"]).arg(&object);
        tool::run(&mut wasmc)?;
        objects.insert(compiled_for.name(), object);
    }
    let text = std::fs::read_to_string(&source)?;
    let exports = text.match_indices("(export \"").map(|(at, start)| &text[at + start.len()..]);
    let names: Vec<&str> = exports.filter_map(|rest| rest.split('"').next()).collect();
    ensure!(names.len() > 8, "{names:?}");
    for name in &names {
        let run = |mut command: Command, object: &Path| -> Result<(Option<i32>, String)> {
            let output = command.args(["--invoke", name]).arg(object).stdin(Stdio::null()).output()?;
            let said = String::from_utf8([output.stdout, output.stderr].concat())?;
            // Frames are as large as the CPU's registers ask for: how many fit a stack is not the same.
            // And wine in a bare root misses fonts.
            let is_said = |line: &&str| !line.trim_start().starts_with("... and ") && !line.starts_with("Fontconfig");
            let lines = said.lines().filter(is_said).collect::<Vec<_>>();
            Ok((output.status.code(), lines.join("\n")))
        };
        let expected = run(binary::wasmrun()?, &objects[here.name()])?;
        let found = run(machine.command("wasmrun")?, &machine.file(&objects[machine.target.name()])?)?;
        ensure!(found == expected, "{name}: {found:?}, expected {expected:?}");
    }
    say(&format!("{target}: {} ways to trap, reported as here", names.len()));
    Ok(())
}

fn run_wasi_suite(target: &str) -> Result<()> {
    let Some(machine) = Machine::of(target)? else { return Ok(()) };
    let Some(programs) = wasi_suite::programs()? else { return Ok(()) };
    let part = Part::now()?;
    let programs = part.choose(programs, |program| program.file_name().unwrap_or_default().to_string_lossy().into());
    let results = in_parallel(&programs, |program| {
        let name = program.file_name().unwrap_or_default();
        let skip = WASI_SKIPS.iter().find(|(of, skipped, _)| *of == target && name == *skipped);
        let command = machine.command("wasmrun");
        let result = command.and_then(|command| wasi_suite::run(program, machine.target, command));
        match (result, skip) {
            (Ok(()), Some(_)) => Err(format!("{}: listed as skipped, and passes", program.display())),
            (Ok(()), None) => Ok(true),
            (Err(_), Some(_)) => Ok(false),
            (Err(error), None) => Err(format!("{}: {error:#}", program.display())),
        }
    });
    let failures: Vec<&str> = results.iter().filter_map(|it| Some(it.as_ref().err()?.as_str())).collect();
    let count = |wanted| results.iter().filter(|it| **it == Ok(wanted)).count();
    let (passed, skipped, failed) = (count(true), count(false), failures.len());
    say(&format!("{target}, {part}: WASI test suite: {passed} passed, {failed} failed, {skipped} skipped"));
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

fn run_programs(target: &str) -> Result<()> {
    let Some(machine) = Machine::of(target)? else { return Ok(()) };
    let part = Part::now()?;
    let script = root().join("../shared/corpus/corpus.py");
    let python = tool::find("python3").context("python3, which ran zig")?;
    let engine = format!("{} --unknown-imports trap", machine.command_text("wasmrun")?);
    let wasmc = binary::directory()?.join("wasmc");
    let compile = format!("{} compile --target {target} {{wasm}} -o {{out}}", wasmc.display());
    let chosen = part.choose(PROGRAMS.to_vec(), |name| (*name).to_owned());
    let (mut passed, mut unreached, mut failures) = (0, Vec::new(), Vec::new());
    for name in chosen {
        if tool::corpus(name)?.is_none() {
            unreached.push(name);
            continue;
        }
        let mut command = Command::new(&python);
        command.arg(&script).args(["run", "--compile", &compile, "--engine", &engine, name]);
        let output = command.output()?;
        if output.status.success() {
            passed += 1;
        } else {
            let (text, more) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            failures.push(format!("{name}: {text}{more}"));
        }
    }
    say(&format!("{target}, {part}: {passed} programs passed, {} failed, not reached: {unreached:?}", failures.len()));
    ensure!(failures.is_empty(), "\n{}", failures.join("\n"));
    Ok(())
}
