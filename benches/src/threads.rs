//! What a second thread gains: a parallel sort with one thread and with two, beside the same C program compiled natively.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::commands::{NATIVE, WASMC};
use crate::measure::{Subject, alternate, alternate_by, median};
use crate::report::{Report, Unit};
use crate::tools::{Tools, compile_c};

/// How many million numbers are sorted.
const MILLIONS: &str = "4";

/// Measures the program of the tests, which times itself.
pub(crate) fn measure(tools: &Tools, rounds: usize, report: &mut Report) -> Result<()> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/programs/threads");
    let [program, threads, start, names] =
        ["threads.c", "pthread.c", "start.s", "names.h"].map(|name| sources.join(name));
    let native = tools.build.join("threads");
    compile_c("cc", &["-O2", "-march=native", "-pthread"], std::slice::from_ref(&program), &native)?;
    let wasm = native.with_extension("wasm");
    let options = [
        "--target=wasm32-wasi",
        "-mcpu=generic+atomics+bulk_memory",
        "-O2",
        "-Wl,--shared-memory",
        "-Wl,--import-memory",
        "-Wl,--max-memory=268435456",
        "-include",
        names.to_str().context("a path that is not UTF-8")?,
    ];
    compile_c("cc", &options, &[program, threads, start], &wasm)?;
    let object = native.with_extension("o");
    let compile: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&tools.wasmc, &"compile", &"--cpu", &"native", &wasm, &"-o", &object];
    alternate(&[Subject::new(WASMC, compile.map(|word| word.as_ref().to_owned()))], 0)?;
    for count in ["1", "2"] {
        let command = |start: &[&Path]| -> Vec<std::ffi::OsString> {
            let words = start.iter().map(|path| path.as_os_str().to_owned());
            words.chain(["sort", count, MILLIONS].map(Into::into)).collect()
        };
        let subjects =
            [Subject::new(NATIVE, command(&[&native])), Subject::new(WASMC, command(&[&tools.wasmrun, &object]))];
        let samples = alternate_by(&subjects, rounds, seconds)?;
        for (subject, samples) in subjects.iter().zip(&samples) {
            let name = format!("sort with {count} thread{}", if count == "1" { "" } else { "s" });
            report.add("threads", &name, subject.name, median(samples, |seconds| *seconds), Unit::Seconds);
        }
    }
    Ok(())
}

/// What the program says that its sort took: its last line.
fn seconds(subject: &Subject) -> Result<f64> {
    let done = Command::output(&mut subject.command())?;
    ensure!(done.status.success(), "{:?} ended with {}", subject.command, done.status);
    let text = String::from_utf8(done.stdout)?;
    text.lines().last().and_then(|line| line.parse().ok()).with_context(|| format!("{text:?} has no figure"))
}
