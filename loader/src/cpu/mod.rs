//! What this machine's CPU has: features that artifacts may need, looked up as far as someone asks.

use wasmc_contract::target::CpuFeatures;

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
