//! `wasmc targets`

use std::fmt::Write as _;

use wasmc_contract::target::{CpuFeature, Target};

/// List the targets, and the CPU features that code for each may use.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> anyhow::Result<i32> {
    let mut output = String::new();
    for target in Target::ALL {
        let here = if Some(target) == Target::host() { "  (this machine)" } else { "" };
        writeln!(output, "{target}{here}")?;
    }
    for architecture in [Target::ALL[0].architecture, Target::ALL[1].architecture] {
        let features = CpuFeature::ALL.iter().filter(|feature| feature.architecture() == architecture);
        writeln!(output, "\n{architecture:?} features: {}", crate::options::list(features.map(|one| one.name())))?;
    }
    writeln!(output, "\nX86_64 levels: x86-64, x86-64-v2, x86-64-v3, x86-64-v4")?;
    crate::output::print(output.as_bytes())
}
