//! What an artifact is kept under: a module's source and the compiler's options in, named inputs out.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use wasmc_cache::Inputs;
use wasmc_compiler::CompileOptions;
use wasmc_compiler::options::Features;

use crate::input::{self, Kind};

/// The input that says which module it is.
pub(crate) const MODULE: &str = "module";

/// What of a module's file its artifact depends on, as the cache notes it: `wasm HASH` or `text HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    is_text: bool,
    /// BLAKE3 of the file, in hexadecimal.
    hash: String,
}

impl Source {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { is_text: input::kind(bytes) == Kind::Text, hash: blake3::hash(bytes).to_hex().to_string() }
    }

    pub(crate) fn parse(noted: &str) -> Option<Self> {
        let (kind, hash) = noted.split_once(' ')?;
        let is_text = match kind {
            "text" => true,
            "wasm" => false,
            _ => return None,
        };
        Some(Self { is_text, hash: hash.to_owned() })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", if self.is_text { "text" } else { "wasm" }, self.hash)
    }
}

/// What an artifact is kept under: everything that it depends on.
pub(crate) fn inputs(file: &Path, source: &Source, options: &CompileOptions) -> Inputs {
    let mut all: Inputs = build().chain(of_options(options)).map(|(name, value)| (name.to_owned(), value)).collect();
    all.insert(MODULE.to_owned(), source.to_string());
    if source.is_text {
        // The text format's line tables name the file.
        all.insert("file".to_owned(), file_name(file));
    }
    all
}

/// A hash of everything that an artifact of the module in `file` depends on, but for the module. It takes much less than
/// naming the inputs, and is compared with nothing but what the same build noted.
pub(crate) fn how(file: &Path, options: &CompileOptions) -> u64 {
    let mut hasher = DefaultHasher::new();
    build().for_each(|input| input.hash(&mut hasher));
    (options, file.file_name()).hash(&mut hasher);
    hasher.finish()
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The options that change an artifact, by name. They are taken apart here, so that a new one cannot be forgotten.
fn of_options(options: &CompileOptions) -> impl Iterator<Item = (&'static str, String)> {
    let CompileOptions {
        target,
        cpu_features,
        optimization,
        bounds_checks,
        interruptible,
        canonical_nans,
        symbol_prefix,
        features,
        // What is checked afterwards does not change the bytes.
        verify: _,
    } = options;
    [
        ("target", target.name().to_owned()),
        ("CPU features", cpu_features.to_string()),
        ("optimization", format!("{optimization:?}")),
        ("bounds checks", format!("{bounds_checks:?}")),
        ("interruptible", interruptible.to_string()),
        ("canonical NaNs", canonical_nans.to_string()),
        ("symbol prefix", symbol_prefix.clone()),
        ("proposals", enabled(*features).join(", ")),
    ]
    .into_iter()
}

/// What all entries of this build have in common. It is the same for the same sources, on any machine.
pub(crate) fn build() -> impl Iterator<Item = (&'static str, String)> {
    let contract = (wasmc_contract::CONTRACT_VERSION, wasmc_contract::CONTRACT_REVISION);
    [
        ("compiler", env!("CARGO_PKG_VERSION").to_owned()),
        // Tells builds between versions apart.
        ("build", env!("WASMC_BUILD").to_owned()),
        // A package of the registry may be built with another one than it was published with.
        ("Cranelift", wasmc_compiler::CRANELIFT_VERSION.to_owned()),
        ("layout", format!("{}.{}", contract.0, contract.1)),
    ]
    .into_iter()
}

/// The names of proposals that are on.
fn enabled(features: Features) -> Vec<&'static str> {
    macro_rules! named {
        ($($name:ident),*) => {{
            let Features { $($name),* } = features;
            [$((stringify!($name), $name)),*]
        }};
    }
    let all = named!(
        simd,
        relaxed_simd,
        tail_call,
        extended_const,
        multi_memory,
        memory64,
        function_references,
        reference_types,
        bulk_memory,
        multi_value,
        saturating_float_to_int,
        sign_extension,
        mutable_global,
        exceptions,
        legacy_exceptions,
        threads
    );
    all.into_iter().filter_map(|(name, is_on)| is_on.then_some(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_compiler::options::{BoundsChecks, Optimization};
    use wasmc_contract::target::{CpuFeature, CpuFeatures, Target};

    #[test]
    fn each_option_changes_the_key_and_nothing_else_does() {
        let base = CompileOptions::new(Target::ALL[0]);
        let changed: [fn(&mut CompileOptions); 23] = [
            |options| options.target = Target::ALL[1],
            |options| options.cpu_features = CpuFeatures::BASELINE.with(CpuFeature::Avx),
            |options| options.optimization = Optimization::Size,
            |options| options.bounds_checks = BoundsChecks::Explicit,
            |options| options.interruptible = true,
            |options| options.canonical_nans = true,
            |options| options.symbol_prefix = "other".to_owned(),
            |options| options.features.simd = false,
            |options| options.features.relaxed_simd = false,
            |options| options.features.tail_call = false,
            |options| options.features.extended_const = false,
            |options| options.features.multi_memory = false,
            |options| options.features.memory64 = false,
            |options| options.features.function_references = false,
            |options| options.features.reference_types = false,
            |options| options.features.bulk_memory = false,
            |options| options.features.multi_value = false,
            |options| options.features.saturating_float_to_int = false,
            |options| options.features.sign_extension = false,
            |options| options.features.mutable_global = false,
            |options| options.features.exceptions = false,
            |options| options.features.legacy_exceptions = false,
            |options| options.features.threads = false,
        ];
        let source = Source::of(b"\0asm");
        let mut all = vec![inputs(Path::new("a"), &source, &base)];
        for change in changed {
            let mut options = base.clone();
            change(&mut options);
            all.push(inputs(Path::new("a"), &source, &options));
        }
        all.push(inputs(Path::new("a"), &Source::of(b"\0asm\x01"), &base));
        for (index, one) in all.iter().enumerate() {
            let others = all[..index].iter().map(wasmc_cache::key);
            assert!(
                !others.into_iter().any(|other| other == wasmc_cache::key(one)),
                "change {index} makes no difference"
            );
        }
        let verified = CompileOptions { verify: !base.verify, ..base };
        assert_eq!(inputs(Path::new("b"), &source, &verified), all[0]);
    }

    #[test]
    fn what_is_noted_of_a_source_reads_back() {
        for bytes in [&b"\0asm\x01"[..], b"(module)"] {
            let source = Source::of(bytes);
            assert_eq!(Source::parse(&source.to_string()), Some(source));
        }
        assert_eq!(Source::parse("other 00"), None);
    }
}
