//! The measurements of whole commands: compiling, running, starting.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::measure::{Sample, Subject, alternate, median};
use crate::report::{Report, Unit};
use crate::tools::{KERNELS, Program, Tools, compile_natively};

pub(crate) const NATIVE: &str = "native";
pub(crate) const WASMTIME: &str = "wasmtime";
pub(crate) const WASMC: &str = "wasmc";
const WASMC_BASELINE: &str = "wasmc (baseline CPU)";

fn words<'a>(words: impl IntoIterator<Item = &'a dyn AsRef<std::ffi::OsStr>>) -> Vec<OsString> {
    words.into_iter().map(|word| word.as_ref().to_owned()).collect()
}

/// The commands that compile `wasm`, each with where its output goes.
fn compilers(tools: &Tools, wasm: &Path) -> Vec<(Subject, PathBuf)> {
    let with_ending = |ending: &str| {
        let name = wasm.file_name().unwrap_or_default();
        tools.build.join(name).with_extension(ending)
    };
    let native = with_ending("native.o");
    let baseline = with_ending("o");
    let mut subjects = vec![
        (
            Subject::new(
                WASMC,
                words([&tools.wasmc as &dyn AsRef<_>, &"compile", &"--cpu", &"native", &wasm, &"-o", &native]),
            ),
            native,
        ),
        (
            Subject::new(WASMC_BASELINE, words([&tools.wasmc as &dyn AsRef<_>, &"compile", &wasm, &"-o", &baseline])),
            baseline,
        ),
    ];
    if let Some(wasmtime) = &tools.wasmtime {
        let output = with_ending("cwasm");
        let command = words([wasmtime as &dyn AsRef<_>, &"compile", &wasm, &"-o", &output]);
        subjects.insert(0, (Subject::new(WASMTIME, command), output));
    }
    subjects
}

/// Processor time and peak memory of compiling each kernel and each further module, and the output's size.
pub(crate) fn compile(tools: &Tools, modules: &[PathBuf], rounds: usize, report: &mut Report) -> Result<()> {
    let kernels = KERNELS.iter().map(|name| Ok(tools.build(name)?.wasm)).collect::<Result<Vec<_>>>()?;
    for wasm in kernels.iter().chain(modules) {
        let name = wasm.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (subjects, outputs): (Vec<_>, Vec<_>) = compilers(tools, wasm).into_iter().unzip();
        let samples = alternate(&subjects, rounds)?;
        let seconds = |sample: &Sample| sample.processor.as_secs_f64();
        for ((subject, samples), output) in subjects.iter().zip(&samples).zip(&outputs) {
            let size = std::fs::metadata(output).with_context(|| output.display().to_string())?.len();
            report.add("compile, processor time", &name, subject.name, median(samples, seconds), Unit::Seconds);
            report.add(
                "compile, peak memory",
                &name,
                subject.name,
                median(samples, |s| s.peak_bytes as f64),
                Unit::Bytes,
            );
            report.add("artifact size", &name, subject.name, size as f64, Unit::Bytes);
        }
    }
    Ok(())
}

/// Compiles `program` with every compiler and gives the commands that run it with `options`.
pub(crate) fn runners(tools: &Tools, program: &Program, options: &[&str]) -> Result<Vec<Subject>> {
    let mut subjects = vec![Subject::new(NATIVE, [&program.native])];
    for (compiler, output) in compilers(tools, &program.wasm) {
        alternate(std::slice::from_ref(&compiler), 0)?;
        let mut command = match (compiler.name, &tools.wasmtime) {
            (WASMTIME, Some(wasmtime)) => words([wasmtime as &dyn AsRef<_>, &"run", &"--allow-precompiled"]),
            _ => words([&tools.wasmrun as &dyn AsRef<_>]),
        };
        command.extend(options.iter().map(Into::into));
        command.push(output.into());
        subjects.push(Subject::new(compiler.name, command));
    }
    Ok(subjects)
}

/// Wall time of each kernel, start included, after checking that all print the same.
pub(crate) fn run(tools: &Tools, rounds: usize, report: &mut Report) -> Result<()> {
    for name in KERNELS {
        let subjects = runners(tools, &tools.build(name)?, &[])?;
        agree(&subjects)?;
        let samples = alternate(&subjects, rounds)?;
        for (subject, samples) in subjects.iter().zip(&samples) {
            report.add("run time", name, subject.name, median(samples, |s| s.wall.as_secs_f64()), Unit::Seconds);
        }
    }
    Ok(())
}

/// Wall time and peak memory of a compiled hello world, many more runs than of a kernel; beside the same program in C,
/// linked statically on musl (what the system itself takes to start a process) and dynamically.
pub(crate) fn start(tools: &Tools, rounds: usize, report: &mut Report) -> Result<()> {
    let program = tools.build("hello")?;
    let mut subjects = Vec::new();
    for (name, compiler, options) in
        [(NATIVE, "musl-gcc", &["-O2", "-static"][..]), ("native, dynamic", "gcc", &["-O2"][..])]
    {
        let output = tools.build.join("hello").with_extension(compiler);
        if compile_natively(compiler, options, "hello.c", &output)?.is_some() {
            subjects.push(Subject::new(name, [output]));
        }
    }
    let native = subjects.iter().any(|subject| subject.name == NATIVE);
    subjects.extend(runners(tools, &program, &[])?.into_iter().filter(|subject| !native || subject.name != NATIVE));
    if let Some(wasmtime) = &tools.wasmtime {
        let command = words([wasmtime as &dyn AsRef<_>, &"run", &"-C", &"cache=y", &program.wasm]);
        subjects.push(Subject::new("wasmtime run (warm)", command));
    }
    subjects.push(Subject::new("wasmc run (warm)", words([&tools.wasmc as &dyn AsRef<_>, &"run", &program.wasm])));
    // The cache notes a file that was made a moment ago only when it can no longer change unseen.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    agree(&subjects)?;
    let samples = alternate(&subjects, rounds * 20)?;
    for (subject, samples) in subjects.iter().zip(&samples) {
        let name = if subject.name == WASMC { "wasmrun" } else { subject.name };
        report.add("start", "hello", name, median(samples, |s| s.wall.as_secs_f64()), Unit::Seconds);
        report.add("start, peak memory", "hello", name, median(samples, |s| s.peak_bytes as f64), Unit::Bytes);
    }
    start_beside_native(&subjects, rounds * 40, report)
}

/// The same, with nothing but the native program in between: larger ones leave the CPU's caches empty behind them.
fn start_beside_native(subjects: &[Subject], runs: usize, report: &mut Report) -> Result<()> {
    let Some(native) = subjects.iter().find(|subject| subject.name == NATIVE) else { return Ok(()) };
    for subject in subjects.iter().filter(|subject| subject.name != NATIVE && !subject.name.starts_with("wasmtime")) {
        let pair = [native.clone(), subject.clone()];
        let samples = alternate(&pair, runs)?;
        for (one, samples) in pair.iter().zip(&samples) {
            let name = if one.name == WASMC { "wasmrun" } else { one.name };
            let row = format!("hello, beside {}", if subject.name == WASMC { "wasmrun" } else { subject.name });
            report.add("start, two in turn", &row, name, median(samples, |s| s.wall.as_secs_f64()), Unit::Seconds);
        }
    }
    Ok(())
}

/// All subjects print the same bytes.
pub(crate) fn agree(subjects: &[Subject]) -> Result<()> {
    let mut first: Option<(&str, Vec<u8>)> = None;
    for subject in subjects {
        let done = subject.command().output()?;
        let (name, expected) = first.get_or_insert_with(|| (subject.name, done.stdout.clone()));
        ensure!(done.stdout == *expected, "{} and {name} print different things", subject.name);
    }
    Ok(())
}
