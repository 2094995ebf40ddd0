//! Features of x86-64.
//!
//! The standard library's detection reads all there is to know at once, a dozen `cpuid` instructions. Each of them is a
//! trap to the hypervisor in a virtual machine (1 to 5 µs): as much as the rest of loading a program.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv, CpuidResult};
use std::sync::OnceLock;

use wasmc_contract::target::CpuFeature;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

pub(super) fn has(feature: CpuFeature) -> bool {
    use CpuFeature::{Cmpxchg16b, Popcnt, Sse3, Sse41, Sse42, Ssse3};
    if matches!(feature, Cmpxchg16b | Popcnt | Sse3 | Sse41 | Sse42 | Ssse3) && system::has_base_instructions() {
        return true;
    }
    let basic = |bit: u32| leaf_1().ecx & 1 << bit != 0;
    let extended = |word: u32, bit: u32| word & 1 << bit != 0;
    match feature {
        CpuFeature::Sse3 => basic(0),
        CpuFeature::Ssse3 => basic(9),
        CpuFeature::Cmpxchg16b => basic(13),
        CpuFeature::Sse41 => basic(19),
        CpuFeature::Sse42 => basic(20),
        CpuFeature::Popcnt => basic(23),
        CpuFeature::Avx => basic(28) && has_state(AVX_STATE),
        CpuFeature::Fma => basic(12) && has_state(AVX_STATE),
        CpuFeature::Bmi1 => extended(leaf_7().ebx, 3),
        CpuFeature::Avx2 => extended(leaf_7().ebx, 5) && has_state(AVX_STATE),
        CpuFeature::Bmi2 => extended(leaf_7().ebx, 8),
        CpuFeature::Avx512f => extended(leaf_7().ebx, 16) && has_state(AVX512_STATE),
        CpuFeature::Avx512dq => extended(leaf_7().ebx, 17) && has_state(AVX512_STATE),
        CpuFeature::Avx512vl => extended(leaf_7().ebx, 31) && has_state(AVX512_STATE),
        CpuFeature::Avx512vbmi => extended(leaf_7().ecx, 1) && has_state(AVX512_STATE),
        CpuFeature::Avx512bitalg => extended(leaf_7().ecx, 12) && has_state(AVX512_STATE),
        CpuFeature::Lzcnt => extended(leaf_8000_0001().ecx, 5),
        _ => false,
    }
}

/// Registers that the system must save: of SSE and AVX,
const AVX_STATE: u64 = 0b110;
/// and besides these, of AVX-512, as far as a system tells.
const AVX512_STATE: u64 = AVX_STATE | system::AVX512_STATE;

/// Whether the system saves these registers when it switches threads.
fn has_state(state: u64) -> bool {
    const OSXSAVE: u32 = 1 << 27;
    static STATE: OnceLock<u64> = OnceLock::new();
    let saved = STATE.get_or_init(|| {
        if leaf_1().ecx & OSXSAVE == 0 {
            return 0;
        }
        // SAFETY: the bit says that the instruction is there.
        unsafe { saved_state() }
    });
    saved & state == state
}

/// # Safety
///
/// The CPU must have the instruction.
#[target_feature(enable = "xsave")]
unsafe fn saved_state() -> u64 {
    // SAFETY: register 0 exists wherever the instruction does.
    unsafe { _xgetbv(0) }
}

fn leaf_1() -> &'static CpuidResult {
    static LEAF: OnceLock<CpuidResult> = OnceLock::new();
    LEAF.get_or_init(|| __cpuid(1))
}

fn leaf_7() -> &'static CpuidResult {
    static LEAF: OnceLock<CpuidResult> = OnceLock::new();
    LEAF.get_or_init(|| if __cpuid(0).eax >= 7 { __cpuid_count(7, 0) } else { NOTHING })
}

fn leaf_8000_0001() -> &'static CpuidResult {
    static LEAF: OnceLock<CpuidResult> = OnceLock::new();
    LEAF.get_or_init(|| if __cpuid(0x8000_0000).eax > 0x8000_0000 { __cpuid(0x8000_0001) } else { NOTHING })
}

const NOTHING: CpuidResult = CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 };

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_contract::target::Architecture;

    #[test]
    fn it_is_what_the_standard_library_finds() {
        macro_rules! detected {
            ($($name:tt => $feature:ident),*) => {
                [$((CpuFeature::$feature, std::arch::is_x86_feature_detected!($name))),*]
            };
        }
        let expected = detected![
            "cmpxchg16b" => Cmpxchg16b, "sse3" => Sse3, "ssse3" => Ssse3, "sse4.1" => Sse41, "sse4.2" => Sse42,
            "popcnt" => Popcnt, "avx" => Avx, "avx2" => Avx2, "fma" => Fma, "bmi1" => Bmi1, "bmi2" => Bmi2,
            "lzcnt" => Lzcnt, "avx512f" => Avx512f, "avx512vl" => Avx512vl, "avx512dq" => Avx512dq,
            "avx512bitalg" => Avx512bitalg, "avx512vbmi" => Avx512vbmi
        ];
        for (feature, is_there) in expected {
            assert_eq!(has(feature), is_there, "{}", feature.name());
        }
        let known = CpuFeature::ALL.iter().filter(|feature| feature.architecture() == Architecture::X86_64);
        assert_eq!(known.count(), expected.len());
    }
}
