//! Programs that Emscripten builds, in its modes, print what they print under its own JavaScript.
//!
//! `BLESS=1` records that anew, under Node. The programs are in `tests/programs/emscripten`, by what they are about.

use anyhow::{Context, Result, ensure};
use wasmc_tests::emscripten::{self, Program, Status};
use wasmc_tests::{binary, say};

macro_rules! families {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() -> Result<()> {
            family(stringify!($name))
        }
    )*};
}

families! { start memory files directories streams sockets time jumps exceptions dynamic dynamic_threads threads events misc real }

/// Builds and runs the programs of one folder in all their modes.
fn family(name: &str) -> Result<()> {
    if !emscripten::is_here() {
        return Ok(());
    }
    let mut programs = emscripten::programs(name)?;
    ensure!(!programs.is_empty(), "there are no programs in {name}");
    programs.retain(Program::has_sources);
    let (mut runs, mut failures) = (0, Vec::new());
    for program in &programs {
        if std::env::var_os("BLESS").is_some() {
            program.record()?;
        }
        for mode in program.modes()? {
            runs += 1;
            if let Err(error) = check(program, &mode) {
                failures.push(format!("{} ({mode}): {error:#}", program.name));
            }
        }
    }
    say(&format!("emscripten/{name}: {} programs, {runs} runs", programs.len()));
    ensure!(failures.is_empty(), "{} of {runs} runs fail\n{}", failures.len(), failures.join("\n"));
    Ok(())
}

fn check(program: &Program, mode: &str) -> Result<()> {
    let module = program.build(mode)?;
    let mut command = binary::wasmc()?;
    command.arg("run").args(program.grants()?).arg(&module).args(program.arguments()?);
    command.current_dir(module.parent().context("a file has a folder")?);
    let output = emscripten::run_with_input(&mut command, &program.input()?)?;
    let (found, expected) = (String::from_utf8_lossy(&output.stdout), program.expected()?);
    let expected = String::from_utf8_lossy(&expected);
    let errors = String::from_utf8_lossy(&output.stderr);
    if found != expected {
        let differs = std::iter::zip(expected.lines(), found.lines()).take_while(|(one, other)| one == other).count();
        let line = |text: &str| text.lines().nth(differs).unwrap_or("the end").to_owned();
        let (wanted, got) = (line(&expected), line(&found));
        anyhow::bail!("line {}: expected {wanted:?}, found {got:?}\n{errors}", differs + 1);
    }
    let fits = match program.status()? {
        Status::Is(status) => output.status.code() == Some(status),
        Status::Abort => !output.status.success(),
    };
    ensure!(fits, "{}, where {:?} is expected\n{errors}", output.status, program.status()?);
    Ok(())
}
