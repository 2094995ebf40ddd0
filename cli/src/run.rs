//! `wasmc run`

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::Args as _;
use wasmc_loader::Image;
use wasmrun::{Modules, Objects, Program, Side};

use crate::open::{Opened, Opener, Way};
use crate::options::{CompileArguments, common_cpu, parse_target};
use crate::run_options::RunArguments;
use crate::settings::{Flags, Settings};
use crate::stats;

/// Run a program: a module (.wasm or .wat) or an object.
///
/// Options come before FILE; everything after it is the program's own. A module is compiled when it is first run, for a
/// CPU that nearly all machines have (x86-64-v2; `--cpu native` for all that this one has), and kept in a cache, which may
/// be deleted at any time: `wasmc cache path` says where it is, and `wasmc config` what decides that.
///
/// Nothing of the system is reachable for the program but its standard streams and what the options grant.
#[derive(Debug, Default, clap::Args)]
#[command(override_usage = "wasmc run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct Arguments {
    #[command(flatten)]
    running: RunArguments,

    /// Say on standard error, before the program starts, what was compiled and what the cache had.
    #[arg(long)]
    stats: bool,

    #[command(flatten)]
    compilation: CompileArguments,

    /// Compile without looking into the cache, and keep nothing. Or WASMC_CACHE=off, or `enabled = false` in the
    /// configuration file.
    #[arg(long, help_heading = "Cache")]
    no_cache: bool,

    #[command(flatten)]
    flags: Flags,

    /// The program, then its arguments.
    #[arg(value_name = "FILE", help_heading = "Arguments", required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<OsString>,
}

impl Arguments {
    /// How many words the program and its arguments are.
    pub(crate) fn program_words(&self) -> usize {
        self.program.len()
    }

    /// The level of an `-O` that was taken for the program.
    pub(crate) fn attached_level(&self) -> Option<OsString> {
        let level = self.program.first()?.to_str()?.strip_prefix("-O")?;
        let level = level.strip_prefix('=').unwrap_or(level);
        (!level.is_empty()).then(|| level.into())
    }
}

/// What `words` after `run` mean, if that can be told without the parser: a program and its arguments.
pub(crate) fn parse(words: &[OsString]) -> Option<Arguments> {
    let is_option = words.first()?.as_encoded_bytes().starts_with(b"-");
    (!is_option).then(|| Arguments { program: words.to_vec(), ..Arguments::default() })
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let run_options = &arguments.running.options;
    let mut options = arguments.compilation.options(parse_target(None)?, common_cpu())?;
    options.interruptible |= run_options.timeout.is_some();
    options.canonical_nans |= run_options.deterministic;
    let settings = Settings::resolve(&arguments.flags, arguments.no_cache)?;
    let opener = Opener::new(options, arguments.compilation.threads, settings);
    // The program, and what is preloaded, which is opened before the program starts.
    let count = 1 + run_options.preloads.len();
    let modules = Arc::new(Cached { opener: Mutex::new(opener), says_stats: arguments.stats, count });
    let (file, rest) = program(&arguments.program)?;
    let image = modules.open(&file)?;
    let program = ManuallyDrop::new(Program { tool: "wasmc", image, file, arguments: rest, abis: &[] });
    let modules: Arc<dyn Modules> = modules;
    wasmrun::run(run_options, &program, &modules)
}

/// Modules that come from the cache, or are compiled.
struct Cached {
    opener: Mutex<Opener>,
    says_stats: bool,
    /// How many are opened before the program starts.
    count: usize,
}

impl Cached {
    fn opener(&self) -> MutexGuard<'_, Opener> {
        self.opener.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what was opened since `before`, if the program runs already.
    fn say(&self, opener: &Opener, before: usize) {
        if self.says_stats {
            stats::say(&opener.opened[before..]);
        }
    }
}

impl Modules for Cached {
    fn open(&self, file: &Path) -> anyhow::Result<Image> {
        let mut opener = self.opener();
        let image = opener.open(file)?;
        if opener.opened.len() == self.count {
            self.say(&opener, 0);
        }
        Ok(image)
    }

    fn side_module(&self, directory: &Path, name: &str) -> anyhow::Result<Option<Side>> {
        let mut opener = self.opener();
        // A program that is compiled already is run as `wasmrun` runs it.
        if matches!(opener.opened.first(), Some(Opened { way: Way::Object, .. })) {
            return Objects.side_module(directory, name);
        }
        let file = directory.join(name);
        if !file.is_file() {
            return Ok(None);
        }
        let before = opener.opened.len();
        let image = opener.open_module(&file)?;
        self.say(&opener, before);
        Ok(Some(Side::Compiled(file, image)))
    }

    fn compile(&self, name: &str, bytes: &[u8]) -> anyhow::Result<Option<Image>> {
        let mut opener = self.opener();
        let before = opener.opened.len();
        let image = opener.open_bytes(Path::new(name), bytes)?;
        self.say(&opener, before);
        Ok(Some(image))
    }
}

/// The program and its arguments from what follows the options. The first may be an option that the parser does not know.
fn program(words: &[OsString]) -> anyhow::Result<(PathBuf, &[OsString])> {
    let (file, arguments) = words.split_first().expect("the parser requires a file");
    if !file.as_encoded_bytes().starts_with(b"-") || file == "-" {
        return Ok((file.into(), arguments));
    }
    let command = Arguments::augment_args(clap::Command::new("run"));
    let names = command.get_arguments().filter_map(clap::Arg::get_long);
    Err(wasmrun::unknown_option(&file.display().to_string(), names).into())
}
