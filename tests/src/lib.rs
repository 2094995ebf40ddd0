//! What several runners in `tests/` use: modules made byte by byte, numbers from a seed, child processes, host tools.

use std::path::PathBuf;

use wasmc_compiler::CompileOptions;
use wasmc_contract::target::Target;

pub mod binary;
pub mod child;
pub mod module;
pub mod random;
pub mod tool;

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
