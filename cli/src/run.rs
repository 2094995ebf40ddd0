//! `wasmc run`

use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::path::Path;

use anyhow::Context as _;
use wasmc_cache::{Cache, Inputs, Key, Stamp};
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
    // A module that was run before is not even opened.
    let before = if input::is_standard(file) { None } else { fs::metadata(file).ok() };
    if let (Some(cache), Some(metadata)) = (cache, &before)
        && let Some(source) = cache.known_hash(metadata).as_deref().and_then(Source::parse)
        && let Some(image) = find(cache, &wasmc_cache::key(&inputs(file, &source, options)))
    {
        return Ok(image);
    }
    if before.is_some() && is_object(file)? {
        return wasmrun::open(file);
    }
    let bytes = input::read(file)?;
    if input::kind(&bytes) == Kind::Object {
        return Image::from_bytes(&bytes).context("cannot load what standard input gives");
    }
    let Some(cache) = cache else {
        return Ok(Image::from_bytes(&compile(file, &bytes, arguments, options)?)?);
    };
    let source = Source::of(&bytes);
    let after = if before.is_some() { fs::metadata(file).ok() } else { None };
    if let (Some(before), Some(after)) = (before, after)
        && Stamp::of(&before) == Stamp::of(&after)
    {
        cache.note_hash(&after, &source.to_string());
    }
    let inputs = inputs(file, &source, options);
    if let Some(image) = find(cache, &wasmc_cache::key(&inputs)) {
        return Ok(image);
    }
    let artifact = compile(file, &bytes, arguments, options)?;
    match cache.store(&inputs, &artifact) {
        Ok(stored) => return Ok(Image::from_file(&stored)?),
        // The program still runs.
        Err(error) => wasmrun::process::say(&format!("wasmc: warning: {error}; nothing is kept")),
    }
    Ok(Image::from_bytes(&artifact)?)
}

fn compile(file: &Path, bytes: &[u8], arguments: &Arguments, options: &CompileOptions) -> anyhow::Result<Vec<u8>> {
    let module = input::module(file, bytes)?;
    let compile = || progress::watch(file, |progress| wasmc_compiler::compile_watched(&module, options, progress));
    let artifact = arguments.compilation.with_threads(compile)?;
    Ok(artifact.map_err(|error| input::compile_error(file, &module, error))?.into_bytes())
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

/// What of a module's file its artifact depends on, as the cache notes it: `wasm HASH` or `text HASH`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    is_text: bool,
    /// BLAKE3 of the file, in hexadecimal.
    hash: String,
}

impl Source {
    fn of(bytes: &[u8]) -> Self {
        Self { is_text: input::kind(bytes) == Kind::Text, hash: blake3::hash(bytes).to_hex().to_string() }
    }

    fn parse(noted: &str) -> Option<Self> {
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

/// What an artifact is kept under: everything that it depends on. Options are taken apart here, so that a new one
/// cannot be forgotten.
fn inputs(file: &Path, source: &Source, options: &CompileOptions) -> Inputs {
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
    let contract = (wasmc_contract::CONTRACT_VERSION, wasmc_contract::CONTRACT_REVISION);
    let mut inputs = vec![
        ("compiler", env!("CARGO_PKG_VERSION").to_owned()),
        ("executable", own_stamp()),
        ("layout", format!("{}.{}", contract.0, contract.1)),
        ("target", target.name().to_owned()),
        ("CPU features", cpu_features.to_string()),
        ("optimization", format!("{optimization:?}")),
        ("bounds checks", format!("{bounds_checks:?}")),
        ("interruptible", interruptible.to_string()),
        ("canonical NaNs", canonical_nans.to_string()),
        ("symbol prefix", symbol_prefix.clone()),
        ("proposals", enabled(*features).join(", ")),
        ("module", source.to_string()),
    ];
    if source.is_text {
        // The text format's line tables name the file.
        inputs.push(("file", file.file_name().unwrap_or_default().to_string_lossy().into_owned()));
    }
    inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Tells this executable from another of the same version, as long as there are builds between versions.
fn own_stamp() -> String {
    let metadata = std::env::current_exe().and_then(std::fs::metadata);
    metadata.map_or_else(|_| String::new(), |metadata| format!("{} {:?}", metadata.len(), metadata.modified().ok()))
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
