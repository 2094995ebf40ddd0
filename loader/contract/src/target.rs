//! The targets that code is compiled for, and the CPU features that it may need.
//!
//! The CPU is never guessed: a target has a named baseline, whatever goes beyond it is asked for by name, recorded in
//! the artifact's descriptor, and checked when it is loaded.

use core::fmt;

/// A CPU architecture. The numbers are stored in artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Architecture {
    /// AMD64, baseline x86-64-v1 (SSE2).
    X86_64 = 1,
    /// AArch64, baseline Armv8.0-A.
    Aarch64 = 2,
}

/// An operating system. The numbers are stored in artifacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum System {
    /// Linux, with ELF objects and the System V calling convention.
    Linux = 1,
    /// macOS, with Mach-O objects.
    Macos = 2,
    /// Windows, with COFF objects and its own calling convention.
    Windows = 3,
}

/// What code is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The CPU.
    pub architecture: Architecture,
    /// The operating system.
    pub system: System,
}

impl Target {
    /// All targets that the contract names.
    pub const ALL: [Target; 6] = [
        Target { architecture: Architecture::X86_64, system: System::Linux },
        Target { architecture: Architecture::Aarch64, system: System::Linux },
        Target { architecture: Architecture::X86_64, system: System::Macos },
        Target { architecture: Architecture::Aarch64, system: System::Macos },
        Target { architecture: Architecture::X86_64, system: System::Windows },
        Target { architecture: Architecture::Aarch64, system: System::Windows },
    ];

    /// The target of the program that asks, if it is one that the contract names.
    pub const fn host() -> Option<Self> {
        let architecture = if cfg!(target_arch = "x86_64") {
            Architecture::X86_64
        } else if cfg!(target_arch = "aarch64") {
            Architecture::Aarch64
        } else {
            return None;
        };
        let system = if cfg!(target_os = "linux") {
            System::Linux
        } else if cfg!(target_os = "macos") {
            System::Macos
        } else if cfg!(windows) {
            System::Windows
        } else {
            return None;
        };
        Some(Self { architecture, system })
    }

    /// The target's short name, as `--target` takes it.
    pub const fn name(self) -> &'static str {
        match (self.architecture, self.system) {
            (Architecture::X86_64, System::Linux) => "x86_64-linux",
            (Architecture::Aarch64, System::Linux) => "aarch64-linux",
            (Architecture::X86_64, System::Macos) => "x86_64-macos",
            (Architecture::Aarch64, System::Macos) => "aarch64-macos",
            (Architecture::X86_64, System::Windows) => "x86_64-windows",
            (Architecture::Aarch64, System::Windows) => "aarch64-windows",
        }
    }

    /// The target of this name: a short one, or a usual triple. The C library makes no difference to artifacts.
    pub fn from_name(name: &str) -> Option<Self> {
        let (architecture, rest) = name.split_once('-')?;
        let architecture = match architecture {
            "x86_64" | "amd64" => Architecture::X86_64,
            "aarch64" | "arm64" => Architecture::Aarch64,
            _ => return None,
        };
        let system = match rest {
            "linux" | "linux-gnu" | "linux-musl" | "unknown-linux-gnu" | "unknown-linux-musl" => System::Linux,
            "macos" | "apple-darwin" | "apple-macos" | "apple-macosx" => System::Macos,
            "windows" | "windows-gnu" | "windows-msvc" | "pc-windows-msvc" | "pc-windows-gnu"
            | "pc-windows-gnullvm" => System::Windows,
            _ => return None,
        };
        Some(Self { architecture, system })
    }

    /// The triples that compilers and toolchains call the target by, the usual one first.
    pub const fn triples(self) -> &'static [&'static str] {
        match (self.architecture, self.system) {
            (Architecture::X86_64, System::Linux) => &["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"],
            (Architecture::Aarch64, System::Linux) => &["aarch64-unknown-linux-gnu", "aarch64-unknown-linux-musl"],
            (Architecture::X86_64, System::Macos) => &["x86_64-apple-darwin"],
            (Architecture::Aarch64, System::Macos) => &["aarch64-apple-darwin"],
            (Architecture::X86_64, System::Windows) => &["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"],
            (Architecture::Aarch64, System::Windows) => &["aarch64-pc-windows-msvc", "aarch64-pc-windows-gnullvm"],
        }
    }

    /// The name of the CPU that code may count on without asking for more.
    pub const fn baseline(self) -> &'static str {
        match self.architecture {
            Architecture::X86_64 => "x86-64-v1",
            Architecture::Aarch64 => "armv8.0-a",
        }
    }

    /// The largest page, or mapping granularity, that a machine of this target may have: what is mapped from the file
    /// is aligned to it.
    pub const fn page_bytes_max(self) -> u64 {
        match (self.architecture, self.system) {
            (_, System::Windows) | (Architecture::Aarch64, System::Linux) => 65536,
            (Architecture::Aarch64, System::Macos) => 16384,
            (Architecture::X86_64, _) => 4096,
        }
    }

    /// The number that stands for the target in a descriptor: system in the upper, architecture in the lower half.
    pub const fn number(self) -> u32 {
        ((self.system as u32) << 16) | self.architecture as u32
    }

    /// The target with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.number() == number)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

macro_rules! cpu_features {
    ($($(#[doc = $doc:literal])* $name:ident = $bit:literal, $text:literal, $cranelift:literal, $architecture:ident;)*) => {
        /// One CPU feature beyond a target's baseline. The numbers are bits in artifacts and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum CpuFeature { $($(#[doc = $doc])* $name = $bit,)* }

        impl CpuFeature {
            /// All features, in the order of their bits.
            pub const ALL: &[CpuFeature] = &[$(CpuFeature::$name),*];

            /// The feature's usual name, as `--cpu` takes it and `/proc/cpuinfo` or the vendor writes it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The name of the code generator's setting for it.
            pub const fn setting(self) -> &'static str {
                match self { $(Self::$name => $cranelift,)* }
            }

            /// The architecture that it belongs to.
            pub const fn architecture(self) -> Architecture {
                match self { $(Self::$name => Architecture::$architecture,)* }
            }
        }
    };
}

cpu_features! {
    /// Compare-and-exchange of 16 bytes.
    Cmpxchg16b = 0, "cmpxchg16b", "has_cmpxchg16b", X86_64;
    /// SSE3.
    Sse3 = 1, "sse3", "has_sse3", X86_64;
    /// Supplemental SSE3.
    Ssse3 = 2, "ssse3", "has_ssse3", X86_64;
    /// SSE4.1.
    Sse41 = 3, "sse4.1", "has_sse41", X86_64;
    /// SSE4.2.
    Sse42 = 4, "sse4.2", "has_sse42", X86_64;
    /// Population count.
    Popcnt = 5, "popcnt", "has_popcnt", X86_64;
    /// AVX.
    Avx = 6, "avx", "has_avx", X86_64;
    /// AVX2.
    Avx2 = 7, "avx2", "has_avx2", X86_64;
    /// Fused multiply-add.
    Fma = 8, "fma", "has_fma", X86_64;
    /// Bit manipulation 1.
    Bmi1 = 9, "bmi1", "has_bmi1", X86_64;
    /// Bit manipulation 2.
    Bmi2 = 10, "bmi2", "has_bmi2", X86_64;
    /// Count of leading zeros.
    Lzcnt = 11, "lzcnt", "has_lzcnt", X86_64;
    /// AVX-512 foundation.
    Avx512f = 12, "avx512f", "has_avx512f", X86_64;
    /// AVX-512 on shorter vectors.
    Avx512vl = 13, "avx512vl", "has_avx512vl", X86_64;
    /// AVX-512 doubleword and quadword instructions.
    Avx512dq = 14, "avx512dq", "has_avx512dq", X86_64;
    /// AVX-512 bit algorithms.
    Avx512bitalg = 15, "avx512bitalg", "has_avx512bitalg", X86_64;
    /// AVX-512 vector byte manipulation.
    Avx512vbmi = 16, "avx512vbmi", "has_avx512vbmi", X86_64;
    /// Large system extensions: atomic read-modify-write instructions.
    Lse = 32, "lse", "has_lse", Aarch64;
    /// Half-precision arithmetic.
    Fp16 = 33, "fp16", "has_fp16", Aarch64;
}

/// A set of CPU features, as a descriptor stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CpuFeatures(pub u64);

impl CpuFeatures {
    /// The baseline: nothing beyond what each machine of the target has.
    pub const BASELINE: Self = Self(0);

    /// The set with `feature` added.
    #[must_use]
    pub const fn with(self, feature: CpuFeature) -> Self {
        Self(self.0 | 1 << feature as u8)
    }

    /// The set with `feature` removed.
    #[must_use]
    pub const fn without(self, feature: CpuFeature) -> Self {
        Self(self.0 & !(1 << feature as u8))
    }

    /// Whether `feature` is in the set.
    pub const fn contains(self, feature: CpuFeature) -> bool {
        self.0 & 1 << feature as u8 != 0
    }

    /// What is in this set and not in `available`.
    #[must_use]
    pub const fn missing_in(self, available: Self) -> Self {
        Self(self.0 & !available.0)
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The known features in the set.
    pub fn iter(self) -> impl Iterator<Item = CpuFeature> {
        CpuFeature::ALL.iter().copied().filter(move |feature| self.contains(*feature))
    }

    /// The psABI's level of this name: `x86-64` or `x86-64-v1`, `-v2`, `-v3`, `-v4`.
    pub fn x86_64_level(name: &str) -> Option<Self> {
        let cpu = NamedCpu::find(Architecture::X86_64, name)?;
        name.starts_with("x86-64").then_some(cpu.features)
    }
}

/// A CPU, or a level of CPUs, that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedCpu {
    /// Its name, as compilers have it.
    pub name: &'static str,
    /// What it is one of.
    pub architecture: Architecture,
    /// Those of its features that code can use.
    pub features: CpuFeatures,
}

impl NamedCpu {
    /// All of them, the least first.
    pub const ALL: &[NamedCpu] = {
        use CpuFeature::{Avx512bitalg, Avx512vbmi, Fp16, Lse};
        let levels = x86_64_levels();
        const fn x86_64(name: &'static str, features: CpuFeatures) -> NamedCpu {
            NamedCpu { name, architecture: Architecture::X86_64, features }
        }
        const fn aarch64(name: &'static str, features: CpuFeatures) -> NamedCpu {
            NamedCpu { name, architecture: Architecture::Aarch64, features }
        }
        let ice_lake = levels[3].with(Avx512vbmi).with(Avx512bitalg);
        let atomics = CpuFeatures::BASELINE.with(Lse);
        let halves = atomics.with(Fp16);
        &[
            x86_64("x86-64", levels[0]),
            x86_64("x86-64-v1", levels[0]),
            x86_64("x86-64-v2", levels[1]),
            x86_64("x86-64-v3", levels[2]),
            x86_64("x86-64-v4", levels[3]),
            x86_64("nehalem", levels[1]),
            x86_64("haswell", levels[2]),
            x86_64("skylake", levels[2]),
            x86_64("skylake-avx512", levels[3]),
            x86_64("icelake-server", ice_lake),
            x86_64("sapphirerapids", ice_lake),
            x86_64("znver1", levels[2]),
            x86_64("znver3", levels[2]),
            x86_64("znver4", ice_lake),
            aarch64("armv8.0-a", CpuFeatures::BASELINE),
            aarch64("armv8.1-a", atomics),
            aarch64("cortex-a53", CpuFeatures::BASELINE),
            aarch64("cortex-a72", CpuFeatures::BASELINE),
            aarch64("cortex-a55", halves),
            aarch64("cortex-a76", halves),
            aarch64("neoverse-n1", halves),
            aarch64("neoverse-v1", halves),
            aarch64("apple-m1", halves),
        ]
    };

    /// The name of the highest level of this architecture whose features are all `available`; the levels are those of the
    /// psABI and of the architecture's own versions.
    pub fn highest_level(architecture: Architecture, available: CpuFeatures) -> &'static str {
        let is_level = |cpu: &&Self| cpu.name.starts_with("x86-64-v") || cpu.name.starts_with("armv8.");
        let fits = |cpu: &&Self| cpu.architecture == architecture && cpu.features.missing_in(available).is_empty();
        let highest = Self::ALL.iter().filter(is_level).rfind(fits);
        highest.filter(|cpu| !cpu.features.is_empty()).map_or("baseline", |cpu| cpu.name)
    }

    /// The one of this name.
    pub fn find(architecture: Architecture, name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cpu| cpu.architecture == architecture && cpu.name == name)
    }
}

/// The features of the psABI's levels 1 to 4.
const fn x86_64_levels() -> [CpuFeatures; 4] {
    use CpuFeature::{
        Avx, Avx2, Avx512dq, Avx512f, Avx512vl, Bmi1, Bmi2, Cmpxchg16b, Fma, Lzcnt, Popcnt, Sse3, Sse41, Sse42, Ssse3,
    };
    let second = CpuFeatures::BASELINE.with(Cmpxchg16b).with(Sse3).with(Ssse3).with(Sse41).with(Sse42).with(Popcnt);
    let third = second.with(Avx).with(Avx2).with(Fma).with(Bmi1).with(Bmi2).with(Lzcnt);
    let fourth = third.with(Avx512f).with(Avx512vl).with(Avx512dq);
    [CpuFeatures::BASELINE, second, third, fourth]
}

/// The names, with commas between.
impl fmt::Display for CpuFeatures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, feature) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", feature.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_level_that_fits_is_named() {
        let features = |name| NamedCpu::find(Architecture::X86_64, name).expect("it exists").features;
        for (has, level) in [
            (features("x86-64"), "baseline"),
            (features("x86-64-v2").without(CpuFeature::Popcnt), "baseline"),
            (features("x86-64-v3").without(CpuFeature::Bmi2), "x86-64-v2"),
            (features("znver4"), "x86-64-v4"),
        ] {
            assert_eq!(NamedCpu::highest_level(Architecture::X86_64, has), level);
        }
        let atomics = CpuFeatures::BASELINE.with(CpuFeature::Lse);
        assert_eq!(NamedCpu::highest_level(Architecture::Aarch64, atomics), "armv8.1-a");
        assert_eq!(NamedCpu::highest_level(Architecture::Aarch64, features("x86-64")), "baseline");
    }

    #[test]
    fn a_target_has_one_name_and_several_triples() {
        for target in Target::ALL {
            assert_eq!(Target::from_name(target.name()), Some(target));
            for triple in target.triples() {
                assert_eq!(Target::from_name(triple), Some(target));
            }
        }
        for unknown in ["", "x86_64", "linux", "riscv64-linux", "x86_64-pc-windows-gnu-", "x86_64-freebsd", "native"] {
            assert_eq!(Target::from_name(unknown), None);
        }
    }
}
