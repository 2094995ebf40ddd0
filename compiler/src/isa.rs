//! Options in, Cranelift's target description out: every setting that code generation depends on is set here.

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, Flags};
use wasmc_contract::target::{Architecture, System, Target};

use crate::error::CompileError;
use crate::options::{CompileOptions, Optimization};

/// The code generator for these options. Every target of the contract has one, whether or not it can be emitted.
pub(crate) fn build(options: &CompileOptions) -> Result<OwnedTargetIsa, CompileError> {
    let unusable = |error: &dyn std::fmt::Display| CompileError::Options(format!("{}: {error}", options.target));
    let mut builder = isa::lookup_by_name(triple(options.target)).map_err(|error| unusable(&error))?;
    for feature in options.cpu_features.iter() {
        if feature.architecture() != options.target.architecture {
            let name = feature.name();
            return Err(CompileError::Options(format!("{} has no CPU feature {name}", options.target)));
        }
        builder.enable(feature.setting()).map_err(|error| unusable(&error))?;
    }
    builder.finish(flags(options).map_err(|error| unusable(&error))?).map_err(|error| unusable(&error))
}

/// The target's name among the code generator's.
fn triple(target: Target) -> &'static str {
    match (target.architecture, target.system) {
        (Architecture::X86_64, System::Linux) => "x86_64-unknown-linux-gnu",
        (Architecture::Aarch64, System::Linux) => "aarch64-unknown-linux-gnu",
        (Architecture::X86_64, System::Macos) => "x86_64-apple-darwin",
        (Architecture::Aarch64, System::Macos) => "aarch64-apple-darwin",
        (Architecture::X86_64, System::Windows) => "x86_64-pc-windows-msvc",
        (Architecture::Aarch64, System::Windows) => "aarch64-pc-windows-msvc",
    }
}

fn flags(options: &CompileOptions) -> Result<Flags, settings::SetError> {
    let (opt_level, register_allocator) = match options.optimization {
        Optimization::None => ("none", "single_pass"),
        Optimization::Speed | Optimization::Full => ("speed", "backtracking"),
        Optimization::Size => ("speed_and_size", "backtracking"),
    };
    let boolean = |value: bool| if value { "true" } else { "false" };
    let mut builder = settings::builder();
    for (name, value) in [
        ("opt_level", opt_level),
        ("regalloc_algorithm", register_allocator),
        ("enable_alias_analysis", "true"),
        // All references are pc-relative to names inside the text, so nothing in it is left to relocate.
        ("is_pic", "false"),
        // Backtraces follow frame pointers; tail calls need them on x86-64.
        ("preserve_frame_pointers", "true"),
        // More results than registers go through memory.
        ("enable_multi_ret_implicit_sret", "true"),
        ("unwind_info", "true"),
        // The entry check of the stack limit covers the whole frame, so no frame can reach past the guard. But Windows
        // gives a stack its memory page by page, in order.
        ("enable_probestack", boolean(options.target.system == System::Windows)),
        ("probestack_strategy", "inline"),
        ("enable_nan_canonicalization", boolean(options.canonical_nans)),
        ("enable_verifier", boolean(cfg!(debug_assertions))),
        // An instance is kept from the rest of its process by the architecture, not against side channels.
        ("enable_heap_access_spectre_mitigation", "false"),
        ("enable_table_access_spectre_mitigation", "false"),
    ] {
        builder.set(name, value)?;
    }
    Ok(Flags::new(builder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_contract::target::{CpuFeature, CpuFeatures};

    #[test]
    fn every_target_and_optimization_has_a_code_generator() {
        for target in Target::ALL {
            for optimization in [Optimization::None, Optimization::Speed, Optimization::Full, Optimization::Size] {
                build(&CompileOptions { optimization, ..CompileOptions::new(target) }).unwrap();
            }
        }
    }

    #[test]
    fn every_feature_is_known_to_its_architecture_alone() {
        for target in Target::ALL {
            for feature in CpuFeature::ALL {
                let cpu_features = CpuFeatures::BASELINE.with(*feature);
                let built = build(&CompileOptions { cpu_features, ..CompileOptions::new(target) });
                assert_eq!(built.is_ok(), feature.architecture() == target.architecture, "{target} {feature:?}");
            }
        }
    }
}
