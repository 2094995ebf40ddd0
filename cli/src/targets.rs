//! `wasmc targets`

use std::fmt::Write as _;

use serde::Serialize;
use wasmc_contract::target::{Architecture, CpuFeature, NamedCpu, System, Target};

/// List the targets, and the CPUs and features that code for each may use.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// A target, as it is shown.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    /// What toolchains call it; `--target` takes these names as well.
    triples: &'static [&'static str],
    is_this_machine: bool,
    object: &'static str,
    /// The CPU that code may count on.
    baseline: &'static str,
    /// What sections that are mapped are aligned to.
    page_bytes_max: u64,
    /// What has been run of it, as far as its makers know.
    has_run: &'static str,
    cpus: Vec<&'static str>,
    features: Vec<&'static str>,
}

impl Row {
    fn new(target: Target) -> Self {
        let own = |architecture: Architecture| architecture == target.architecture;
        Self {
            name: target.name(),
            triples: target.triples(),
            is_this_machine: Some(target) == Target::host(),
            object: match target.system {
                System::Linux => "ELF",
                System::Macos => "Mach-O",
                System::Windows => "COFF",
            },
            baseline: target.baseline(),
            page_bytes_max: target.page_bytes_max(),
            has_run: has_run(target),
            cpus: NamedCpu::ALL.iter().filter(|cpu| own(cpu.architecture)).map(|cpu| cpu.name).collect(),
            features: CpuFeature::ALL.iter().filter(|one| own(one.architecture())).map(|one| one.name()).collect(),
        }
    }
}

/// What the project's tests run of a target.
const fn has_run(target: Target) -> &'static str {
    match (target.system, target.architecture) {
        (System::Linux, Architecture::X86_64) => "everything, on such machines",
        (System::Linux, Architecture::Aarch64) => "scripts, traps, WASI and programs, under qemu",
        (System::Macos, Architecture::X86_64) => "its code, by a loader on Linux; nothing on a Mac",
        (System::Macos, Architecture::Aarch64) => "its code, by a loader on Linux under qemu; nothing on a Mac",
        (System::Windows, Architecture::X86_64) => "scripts, traps and most of WASI, under wine",
        (System::Windows, Architecture::Aarch64) => "scripts and traps, under wine and qemu",
    }
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let rows: Vec<Row> = Target::ALL.into_iter().map(Row::new).collect();
    if arguments.json {
        return crate::output::print_json(&rows);
    }
    let mut output = String::new();
    writeln!(output, "{:<17} {:<7} {:<10} {:>6}  has been run", "target", "object", "baseline", "page")?;
    for row in &rows {
        let here = if row.is_this_machine { "  (this machine)" } else { "" };
        let page = format!("{} KiB", row.page_bytes_max / 1024);
        writeln!(output, "{:<17} {:<7} {:<10} {page:>6}  {}{here}", row.name, row.object, row.baseline, row.has_run)?;
    }
    writeln!(output, "\nTriples are names as well:")?;
    for row in &rows {
        writeln!(output, "  {}", crate::options::list(row.triples.iter()))?;
    }
    for row in [&rows[0], &rows[1]] {
        let (architecture, _) = row.name.split_once('-').unwrap_or_default();
        writeln!(output, "\n{architecture} CPUs:     baseline, native, {}", crate::options::list(row.cpus.iter()))?;
        writeln!(output, "{architecture} features: {}", crate::options::list(row.features.iter()))?;
    }
    crate::output::print(output.as_bytes())
}
