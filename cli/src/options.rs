//! The options that say how a module is compiled.

use std::fmt;
use std::sync::OnceLock;

use clap::ValueEnum;
use wasmc_compiler::CompileOptions;
use wasmc_compiler::options::{BoundsChecks, Optimization};
use wasmc_contract::target::{CpuFeature, CpuFeatures, NamedCpu, Target};
use wasmrun::process::UsageError;

/// How a module is compiled.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Compilation")]
pub(crate) struct CompileArguments {
    /// How much work goes into the code: 0 compiles quickest, 1 optimizes, 2 optimizes more, s makes it small.
    #[arg(short = 'O', long = "optimize", value_name = "LEVEL", value_enum, default_value_t)]
    optimization: Level,

    /// What the CPU must have: `baseline`, `native` (what this machine has), a level of the psABI (`x86-64-v2`, `-v3`,
    /// `-v4`) or a CPU's name; then, between commas, features to add or to take away, as in `x86-64-v3,+avx512f,-bmi2`.
    /// `wasmc targets` lists them.
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,

    /// Let the program be stopped from outside, as --timeout does. Costs a check in every loop.
    #[arg(long)]
    pub(crate) interruptible: bool,

    /// How accesses to memory are kept inside it: `guard` reserves 8 GiB of addresses for each memory and costs
    /// nothing; `explicit` compares at each access, for hosts with little address space.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    bounds_checks: Checks,

    /// Let arithmetic give the same results on every machine: the canonical NaN only, and what the specification's
    /// deterministic profile states for relaxed SIMD.
    #[arg(long)]
    canonical_nans: bool,

    /// Read what was written back and check it (debug builds always do).
    #[arg(long)]
    verify: bool,

    /// How many threads compile; the object is the same for any number. As many as there are CPUs if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

/// `-O`
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Level {
    #[value(name = "0")]
    None,
    #[value(name = "1")]
    Speed,
    #[default]
    #[value(name = "2")]
    Full,
    #[value(name = "s")]
    Size,
}

/// `--bounds-checks`
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Checks {
    #[default]
    Guard,
    Explicit,
}

impl CompileArguments {
    /// The compiler's options for `target`, with its `default_cpu` if no other is asked for.
    pub(crate) fn options(&self, target: Target, default_cpu: &str) -> anyhow::Result<CompileOptions> {
        let mut options = CompileOptions::new(target);
        options.cpu_features = parse_cpu(self.cpu.as_deref().unwrap_or(default_cpu), target)?;
        options.optimization = match self.optimization {
            Level::None => Optimization::None,
            Level::Speed => Optimization::Speed,
            Level::Full => Optimization::Full,
            Level::Size => Optimization::Size,
        };
        options.bounds_checks = match self.bounds_checks {
            Checks::Guard => BoundsChecks::GuardPages,
            Checks::Explicit => BoundsChecks::Explicit,
        };
        options.interruptible = self.interruptible;
        options.canonical_nans = self.canonical_nans;
        options.verify |= self.verify;
        Ok(options)
    }

    /// Does `work`, which compiles, with as many threads as were asked for.
    pub(crate) fn with_threads<T: Send>(&self, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
        with_threads(self.threads, work)
    }
}

/// Does `work`, which compiles, with so many threads, or with as many as there are CPUs.
pub(crate) fn with_threads<T: Send>(threads: Option<u16>, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    use rayon::{ThreadPool, ThreadPoolBuilder};
    /// This thread alone, where the system has no more; `None` where it has.
    static ALONE: OnceLock<Option<ThreadPool>> = OnceLock::new();
    if let Some(threads) = threads {
        return Ok(ThreadPoolBuilder::new().num_threads(threads.into()).build()?.install(work));
    }
    let alone = ALONE.get_or_init(|| {
        let failed = ThreadPoolBuilder::new().build_global().is_err();
        failed.then(|| ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok()).flatten()
    });
    Ok(match alone {
        Some(alone) => alone.install(work),
        None => work(),
    })
}

/// The target of this name, or of this machine.
pub(crate) fn parse_target(name: Option<&str>) -> anyhow::Result<Target> {
    let Some(name) = name else {
        return Target::host().ok_or_else(|| anyhow::anyhow!("this machine is no target: name one with --target"));
    };
    if name == "native" {
        return parse_target(None);
    }
    Target::from_name(name).ok_or_else(|| {
        UsageError(format!("unknown target '{name}'; targets are {}", list(Target::ALL.into_iter()))).into()
    })
}

/// Reads `--cpu`.
fn parse_cpu(text: &str, target: Target) -> anyhow::Result<CpuFeatures> {
    let mut parts = text.split(',');
    let base = parts.next().unwrap_or_default();
    let mut features = match base {
        "baseline" | "" => CpuFeatures::BASELINE,
        "native" if Some(target) == Target::host() => native(),
        "native" => return Err(UsageError(format!("--cpu native is this machine's, and not for {target}")).into()),
        name => NamedCpu::find(target.architecture, name).map(|cpu| cpu.features).ok_or_else(|| {
            UsageError(format!("unknown CPU '{name}' for {target}; `wasmc targets` lists what there is"))
        })?,
    };
    for part in parts {
        let (add, name) = match part.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => return Err(UsageError(format!("'{part}': expected +FEATURE or -FEATURE")).into()),
        };
        let known = CpuFeature::ALL.iter().filter(|feature| feature.architecture() == target.architecture);
        let feature = known.clone().find(|feature| feature.name() == name).ok_or_else(|| {
            UsageError(format!("unknown CPU feature '{name}'; features are {}", list(known.map(|known| known.name()))))
        })?;
        features = if add { features.with(*feature) } else { features.without(*feature) };
    }
    Ok(features)
}

/// Names with commas between.
pub(crate) fn list(names: impl Iterator<Item = impl fmt::Display>) -> String {
    names.map(|name| name.to_string()).collect::<Vec<_>>().join(", ")
}

/// What this machine's CPU has.
fn native() -> CpuFeatures {
    let host = Target::host().map(|host| host.architecture);
    let known = CpuFeature::ALL.iter().filter(|feature| Some(feature.architecture()) == host);
    wasmc_loader::cpu_features(known.fold(CpuFeatures::BASELINE, |set, feature| set.with(*feature)))
}

/// What code is compiled for that is run at once and kept, unless something else is said: what nearly all machines have,
/// so that others can use it as well, if this one has it.
pub(crate) fn common_cpu() -> &'static str {
    const COMMON: &str = "x86-64-v2";
    let common = CpuFeatures::x86_64_level(COMMON).unwrap_or_default();
    if wasmc_loader::cpu_features(common) == common { COMMON } else { "baseline" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_contract::target::{Architecture, System};

    const LINUX: Target = Target { architecture: Architecture::X86_64, system: System::Linux };

    #[test]
    fn a_cpu_is_a_base_and_changes_to_it() {
        let features = parse_cpu("x86-64-v3,+avx512f,-bmi2", LINUX).expect("it is well-formed");
        assert!(features.contains(CpuFeature::Avx512f) && features.contains(CpuFeature::Avx2));
        assert!(!features.contains(CpuFeature::Bmi2));
        assert_eq!(parse_cpu("baseline", LINUX).expect("it exists"), CpuFeatures::BASELINE);
        for wrong in ["x86-64-v9", "baseline,avx", "baseline,+lse", "nativ", "apple-m1"] {
            assert!(parse_cpu(wrong, LINUX).is_err(), "{wrong}");
        }
        let arm = Target { architecture: Architecture::Aarch64, ..LINUX };
        let features = parse_cpu("neoverse-n1,-fp16", arm).expect("it is well-formed");
        assert_eq!(features, CpuFeatures::BASELINE.with(CpuFeature::Lse));
        assert!(parse_cpu("x86-64-v3", arm).is_err());
        for target in Target::ALL.into_iter().filter(|target| Some(*target) != Target::host()) {
            let error = parse_cpu("native", target).expect_err("it is another's");
            assert!(error.to_string().contains(target.name()), "{error}");
        }
    }
}
