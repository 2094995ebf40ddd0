//! What this machine's CPU has: features that artifacts may need, looked up as far as someone asks.

use wasmc_contract::target::{CpuFeature, CpuFeatures, NamedCpu, Target};

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
use aarch64::has;
#[cfg(target_arch = "x86_64")]
use x86_64::has;

/// Those of `asked` that this machine's CPU has, and the system lets programs use.
pub fn cpu_features(asked: CpuFeatures) -> CpuFeatures {
    asked.iter().filter(|feature| has(*feature)).fold(CpuFeatures::BASELINE, CpuFeatures::with)
}

/// What `--cpu` can ask for at the most so that this machine's CPU has it.
pub(crate) fn highest_level() -> &'static str {
    let Some(host) = Target::host() else { return "baseline" };
    let own = CpuFeature::ALL.iter().filter(|feature| feature.architecture() == host.architecture);
    let all = own.fold(CpuFeatures::BASELINE, |set, feature| set.with(*feature));
    NamedCpu::highest_level(host.architecture, cpu_features(all))
}
