//! `wasmc run`

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::path::Path;

use anyhow::Context as _;
use wasmc_cache::{Cache, Key, KeyBuilder};
use wasmc_compiler::CompileOptions;
use wasmc_compiler::options::Features;
use wasmc_loader::Image;
use wasmrun::{Program, RunOptions};

use crate::input::{self, Kind};
use crate::options::{CompileArguments, parse_target};
use crate::progress;

/// Run a program: a module (.wasm or .wat) or an object.
///
/// Options come before FILE; everything after it is the program's own. A module is compiled for this machine's CPU
/// when it is first run, and kept in a cache: in WASMC_CACHE_DIR, or else in wasmc below XDG_CACHE_HOME or ~/.cache.
/// The cache may be deleted at any time.
///
/// Nothing of the system is reachable for the program but its standard streams and what the options grant.
#[derive(Debug, clap::Args)]
#[command(override_usage = "wasmc run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct Arguments {
    #[command(flatten)]
    options: RunOptions,

    /// Compile without looking into the cache, and keep nothing.
    #[arg(long)]
    no_cache: bool,

    #[command(flatten)]
    compilation: CompileArguments,

    /// The program, then its arguments.
    #[arg(value_name = "FILE", help_heading = "Arguments", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let mut options = arguments.compilation.options(parse_target(None)?, "native")?;
    options.interruptible |= arguments.options.timeout.is_some();
    options.canonical_nans |= arguments.options.deterministic;
    let cache = if arguments.no_cache { None } else { Cache::of_user() };
    let mut open = |file: &Path| open(file, arguments, &options, cache.as_ref());
    let (file, rest) = wasmrun::program(&arguments.program)?;
    let image = open(&file)?;
    let program = ManuallyDrop::new(Program { tool: "wasmc", image, file, arguments: rest });
    wasmrun::run(&arguments.options, &program, &mut open)
}

/// The image of the module or object in `file`.
fn open(file: &Path, arguments: &Arguments, options: &CompileOptions, cache: Option<&Cache>) -> anyhow::Result<Image> {
    if !input::is_standard(file) && is_object(file)? {
        return wasmrun::open(file);
    }
    let bytes = input::read(file)?;
    if input::kind(&bytes) == Kind::Object {
        return Image::from_bytes(&bytes).context("cannot load what standard input gives");
    }
    let key = key(file, &bytes, options);
    if let Some(image) = cache.and_then(|cache| find(cache, &key)) {
        return Ok(image);
    }
    let module = input::module(file, &bytes)?;
    let compile = || progress::watch(file, |progress| wasmc_compiler::compile_watched(&module, options, progress));
    let artifact = arguments.compilation.with_threads(compile)?;
    let artifact = artifact.map_err(|error| input::compile_error(file, &module, error))?;
    match cache.map(|cache| cache.store(&key, artifact.bytes())) {
        Some(Ok(stored)) => return Ok(Image::from_file(&stored)?),
        // The program still runs.
        Some(Err(error)) => wasmrun::process::say(&format!("wasmc: warning: {error}; nothing is kept")),
        None => {}
    }
    Ok(Image::from_bytes(artifact.bytes())?)
}

/// An entry that does not load is as good as none.
fn find(cache: &Cache, key: &Key) -> Option<Image> {
    let image = Image::from_file(&cache.find(key)?);
    if image.is_err() {
        cache.remove(key);
    }
    image.ok()
}

fn is_object(file: &Path) -> anyhow::Result<bool> {
    let mut magic = [0; 4];
    let mut opened = File::open(file).with_context(|| format!("cannot read '{}'", file.display()))?;
    Ok(opened.read_exact(&mut magic).is_ok() && input::kind(&magic) == Kind::Object)
}

/// What an artifact is kept under: everything that it depends on. Options are taken apart here, so that a new one
/// cannot be forgotten.
fn key(file: &Path, bytes: &[u8], options: &CompileOptions) -> Key {
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
    let builder = KeyBuilder::new()
        .input("compiler", env!("CARGO_PKG_VERSION"))
        .input("executable", own_stamp())
        .input("contract version", wasmc_contract::CONTRACT_VERSION.to_le_bytes())
        .input("contract revision", wasmc_contract::CONTRACT_REVISION.to_le_bytes())
        .input("target", target.name())
        .input("CPU features", cpu_features.0.to_le_bytes())
        .input("optimization", format!("{optimization:?}"))
        .input("bounds checks", format!("{bounds_checks:?}"))
        .input("interruptible", [u8::from(*interruptible)])
        .input("canonical NaNs", [u8::from(*canonical_nans)])
        .input("symbol prefix", symbol_prefix);
    let builder = feature_inputs(builder, *features);
    // The text format's line tables name the file.
    let builder = match input::kind(bytes) {
        Kind::Text => builder.input("file", file.file_name().unwrap_or_default().as_encoded_bytes()),
        Kind::Wasm | Kind::Object => builder,
    };
    builder.input("module", bytes).key()
}

/// Tells this executable from another of the same version, as long as there are builds between versions.
fn own_stamp() -> String {
    let metadata = std::env::current_exe().and_then(std::fs::metadata);
    metadata.map_or_else(|_| String::new(), |metadata| format!("{} {:?}", metadata.len(), metadata.modified().ok()))
}

fn feature_inputs(builder: KeyBuilder, features: Features) -> KeyBuilder {
    let Features {
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
        threads,
    } = features;
    let enabled = [
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
        threads,
    ];
    builder.input("features", enabled.map(u8::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_compiler::options::{BoundsChecks, Optimization};
    use wasmc_contract::target::{CpuFeature, CpuFeatures, Target};

    #[test]
    fn each_option_changes_the_key_and_nothing_else_does() {
        let base = CompileOptions::new(Target::ALL[0]);
        let changed: [fn(&mut CompileOptions); 9] = [
            |options| options.target = Target::ALL[1],
            |options| options.cpu_features = CpuFeatures::BASELINE.with(CpuFeature::Avx),
            |options| options.optimization = Optimization::Size,
            |options| options.bounds_checks = BoundsChecks::Explicit,
            |options| options.interruptible = true,
            |options| options.canonical_nans = true,
            |options| options.symbol_prefix = "other".to_owned(),
            |options| options.features.simd = false,
            |options| options.features.memory64 = false,
        ];
        let mut keys = vec![key(Path::new("a"), b"\0asm", &base)];
        for change in changed {
            let mut options = base.clone();
            change(&mut options);
            keys.push(key(Path::new("a"), b"\0asm", &options));
        }
        keys.push(key(Path::new("a"), b"\0asm\x01", &base));
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "change {index} makes no difference");
        }
        let verified = CompileOptions { verify: !base.verify, ..base };
        assert_eq!(key(Path::new("b"), b"\0asm", &verified), keys[0]);
    }
}
