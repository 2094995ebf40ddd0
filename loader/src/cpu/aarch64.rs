//! Features of AArch64, whose registers that tell of them are the system's: the standard library asks each system in its
//! own way (Linux by the auxiliary vector, which takes no system call).

use std::arch::is_aarch64_feature_detected;

use wasmc_contract::target::CpuFeature;

pub(super) fn has(feature: CpuFeature) -> bool {
    match feature {
        CpuFeature::Lse => is_aarch64_feature_detected!("lse"),
        CpuFeature::Fp16 => is_aarch64_feature_detected!("fp16"),
        _ => false,
    }
}
