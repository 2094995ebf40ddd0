//! What a throw costs, and a call inside a `try`, beside Wasmtime and native C++.

use std::path::Path;

use anyhow::{Context, Result};

use crate::commands::{NATIVE, WASMC, WASMTIME, agree};
use crate::measure::{Subject, alternate, median};
use crate::report::{Report, Unit};
use crate::tools::{Tools, compile_c};

/// What `kernels/exceptions.wat` exports, what the report calls it, and how often it is repeated.
const CASES: [(&str, &str, u32); 4] = [
    ("throw", "throw to the caller", 500_000),
    ("throw_ten", "throw through ten frames", 200_000),
    ("call", "call", 50_000_000),
    ("call_in_try", "call inside a try", 50_000_000),
];

/// Measures each case as whole processes, whose start takes little of the time.
pub(crate) fn measure(tools: &Tools, rounds: usize, report: &mut Report) -> Result<()> {
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let wasm = tools.build.join("exceptions.wasm");
    let text = kernels.join("exceptions.wat");
    std::fs::write(&wasm, wat::parse_file(&text).with_context(|| text.display().to_string())?)?;
    let native = tools.build.join("exceptions");
    compile_c("c++", &["-O2", "-march=native"], &[kernels.join("exceptions.cpp")], &native)?;
    let object = wasm.with_extension("o");
    let compile: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&tools.wasmc, &"compile", &"--cpu", &"native", &wasm, &"-o", &object];
    alternate(&[Subject::new(WASMC, compile.map(|word| word.as_ref().to_owned()))], 0)?;
    for (export, name, count) in CASES {
        let count = count.to_string();
        let command = |words: &[&dyn AsRef<std::ffi::OsStr>]| -> Vec<std::ffi::OsString> {
            words.iter().map(|word| word.as_ref().to_owned()).collect()
        };
        let mut subjects = vec![
            Subject::new(NATIVE, command(&[&native, &export, &count])),
            Subject::new(WASMC, command(&[&tools.wasmrun, &"--invoke", &export, &object, &count])),
        ];
        if let Some(wasmtime) = &tools.wasmtime {
            let run = command(&[wasmtime, &"run", &"-W", &"exceptions=y", &"--invoke", &export, &wasm, &count]);
            subjects.insert(1, Subject::new(WASMTIME, run));
        }
        agree(&subjects)?;
        let samples = alternate(&subjects, rounds)?;
        for (subject, samples) in subjects.iter().zip(&samples) {
            let seconds = median(samples, |sample| sample.wall.as_secs_f64());
            report.add("exceptions", name, subject.name, seconds / count.parse::<f64>()?, Unit::Seconds);
        }
    }
    Ok(())
}
