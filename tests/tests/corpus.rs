//! Real programs of the package registries print what was recorded: run at once, and compiled first and then run.
//!
//! The programs and the script that fetches and compares them lie beside the repository, at `../shared/corpus`. Where
//! they or the registries cannot be reached, the test says how many programs it left out.

use std::process::Command;

use anyhow::{Result, ensure};
use wasmc_tests::{binary, root, tool};

const PROGRAMS: &[&str] = &["icepll", "cpython-eval", "resvg", "usvg", "flite", "micropython", "yosys-synth"];
/// So large that it is compiled only once.
const LARGE: &str = "yosys-synth";
/// What programs that import functions of their own need.
const OPTION: &str = "--unknown-imports trap";

#[test]
fn real_programs_print_what_was_recorded() -> Result<()> {
    let script = root().join("../shared/corpus/corpus.py");
    let python = tool::find("python3");
    let (Some(python), true) = (python, script.is_file()) else {
        wasmc_tests::say(&format!("{} programs not reached: no ../shared/corpus, or no python3", PROGRAMS.len()));
        return Ok(());
    };
    let commands = binary::directory()?;
    let (wasmc, wasmrun) = (commands.join("wasmc"), commands.join("wasmrun"));
    let engine = format!("{} run --no-cache {OPTION}", wasmc.display());
    let device = format!("{} {OPTION}", wasmrun.display());
    let compile = format!("{} compile {{wasm}} -o {{out}}", wasmc.display());
    let mut unreached = Vec::new();
    let mut failures = Vec::new();
    for name in PROGRAMS {
        if !Command::new(&python).arg(&script).args(["fetch", name]).output()?.status.success() {
            unreached.push(*name);
            continue;
        }
        let ways: [&[&str]; 2] = [&["--compile", &compile, "--engine", &device], &["--engine", &engine]];
        for way in &ways[..if *name == LARGE { 1 } else { 2 }] {
            let output = Command::new(&python).arg(&script).arg("run").args(*way).arg(name).output()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            wasmc_tests::say(text.lines().next().unwrap_or_default());
            if !output.status.success() {
                failures.push(format!("{text}{}", String::from_utf8_lossy(&output.stderr)));
            }
        }
    }
    wasmc_tests::say(&format!(
        "{} programs run, {} not reached {unreached:?}",
        PROGRAMS.len() - unreached.len(),
        unreached.len()
    ));
    ensure!(failures.is_empty(), "\n{}", failures.join("\n"));
    Ok(())
}
