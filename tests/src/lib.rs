//! What several runners in `tests/` use: modules made byte by byte, numbers from a seed, child processes, host tools.

use std::path::PathBuf;

use wasmc_compiler::CompileOptions;
use wasmc_contract::target::{CpuFeatures, Target};

pub mod binary;
pub mod c_program;
pub mod cached;

pub mod child;
pub mod emscripten;
pub mod expected;
pub mod fuzz;
pub mod guest;
pub mod machine;
pub mod module;
pub mod program;
pub mod random;
pub mod scripts;
pub mod tool;
pub mod tries;
pub mod wasi_suite;

/// Says something that is worth reading of a test that passes: counts, seeds, and what was left out.
///
/// The test harness keeps what tests print to itself, unless they fail; this goes past it.
pub fn say(text: &str) {
    use std::io::Write;
    // Whoever closed standard error does not want to know.
    drop(writeln!(std::io::stderr(), "    {text}"));
}

/// The workspace's root.
pub fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// The defaults for this machine's target, with the verifier on.
pub fn compile_options() -> CompileOptions {
    let target = Target::host().expect("the tests run on a target that the contract names");
    let mut options = CompileOptions::new(target);
    options.verify = true;
    options
}

/// The psABI's levels above the baseline that this machine has.
pub fn cpu_levels() -> Vec<(&'static str, CpuFeatures)> {
    let mut levels = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") && has!("lzcnt") {
            levels.push("x86-64-v3");
            if has!("avx512f") && has!("avx512vl") && has!("avx512dq") {
                levels.push("x86-64-v4");
            }
        }
    }
    levels.into_iter().filter_map(|name| Some((name, CpuFeatures::x86_64_level(name)?))).collect()
}
