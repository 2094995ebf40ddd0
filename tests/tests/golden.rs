//! What the code for common things looks like: each `golden/NAME.wat` has its Cranelift IR in `NAME.clif` and its
//! machine code in `NAME.asm`. `BLESS=1` writes those files anew, for a person to read the difference.
//!
//! The first lines of a case may say how it is compiled: `;;! optimization = "none"`, and the like ([`Directives`]).

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use wasmc_compiler::options::{BoundsChecks, Optimization};
use wasmc_compiler::{CompileOptions, emit_assembly, emit_clif};
use wasmc_contract::target::{Architecture, CpuFeatures, System, Target};

/// What the lines that start with `;;!` say, as TOML.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Directives {
    /// `none`, `speed`, `full` (the default) or `size`.
    optimization: Option<String>,
    /// Whether memories are checked explicitly.
    explicit_checks: bool,
    /// Whether the code can be interrupted.
    interruptible: bool,
    /// A level of the psABI, `x86-64` unless given.
    cpu: Option<String>,
}

fn options(source: &str) -> Result<CompileOptions> {
    let text: String =
        source.lines().filter_map(|line| line.strip_prefix(";;!")).map(|line| format!("{line}\n")).collect();
    let directives: Directives = toml::from_str(&text)?;
    // Always the same target, whatever machine the tests run on.
    let mut options = CompileOptions::new(Target { architecture: Architecture::X86_64, system: System::Linux });
    options.optimization = match directives.optimization.as_deref() {
        None | Some("full") => Optimization::Full,
        Some("none") => Optimization::None,
        Some("speed") => Optimization::Speed,
        Some("size") => Optimization::Size,
        Some(other) => anyhow::bail!("optimization {other}"),
    };
    if directives.explicit_checks {
        options.bounds_checks = BoundsChecks::Explicit;
    }
    options.interruptible = directives.interruptible;
    if let Some(level) = directives.cpu {
        options.cpu_features = CpuFeatures::x86_64_level(&level).with_context(|| format!("no level {level}"))?;
    }
    Ok(options)
}

/// Compares `found` with the file, or writes it there if the change is blessed.
fn check(path: &Path, found: &str) -> Result<Option<String>> {
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, found)?;
        return Ok(None);
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if expected == found {
        return Ok(None);
    }
    let line = expected.lines().zip(found.lines()).take_while(|(expected, found)| expected == found).count();
    let show = |text: &str| text.lines().skip(line).take(3).collect::<Vec<_>>().join("\n    ");
    let (expected, found) = (show(&expected), show(found));
    Ok(Some(format!("{}:{}:\n  expected\n    {expected}\n  found\n    {found}", path.display(), line + 1)))
}

#[test]
fn code_is_what_it_was() -> Result<()> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut differences = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        cases += 1;
        let source = std::fs::read_to_string(&path)?;
        let wasm = wat::parse_str(&source).with_context(|| format!("{}", path.display()))?;
        let options = options(&source).with_context(|| format!("{}", path.display()))?;
        differences.extend(check(&path.with_extension("clif"), &emit_clif(&wasm, &options)?)?);
        differences.extend(check(&path.with_extension("asm"), &emit_assembly(&wasm, &options)?)?);
    }
    ensure!(cases > 0, "no cases");
    println!("{cases} cases");
    ensure!(differences.is_empty(), "BLESS=1 accepts:\n{}", differences.join("\n"));
    Ok(())
}
