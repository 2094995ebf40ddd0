//! `wasmc wast`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::ValueEnum;
use wasmc_compiler::options::Features;
use wasmc_contract::target::Target;

use crate::options::{CompileArguments, parse_target};
use crate::wast::{Options, SkipTable, run_script};

/// Run scripts in the form that WebAssembly's test suite is written in.
///
/// Each module is compiled to an object, loaded from it and run. Failures and counts of assertions are printed for
/// each script. Exit status 1 if anything failed.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The scripts.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Switch all proposals off but those that --enable names.
    #[arg(long)]
    no_proposals: bool,

    /// Switch a proposal on, after --no-proposals.
    #[arg(long, value_name = "PROPOSAL", value_enum)]
    enable: Vec<Proposal>,

    /// Switch a proposal off.
    #[arg(long, value_name = "PROPOSAL", value_enum)]
    disable: Vec<Proposal>,

    /// A table of what is known not to work in scripts, whose paths end in the names that it lists.
    #[arg(long, value_name = "FILE")]
    skips: Option<PathBuf>,

    /// Compile for another system, whose objects this build can load for tests.
    #[cfg(feature = "foreign-containers")]
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,

    #[command(flatten)]
    compilation: CompileArguments,
}

macro_rules! proposals {
    ($($name:ident => $field:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, ValueEnum)]
        enum Proposal { $($name,)* }

        impl Proposal {
            fn switch(self, features: &mut Features) -> &mut bool {
                match self { $(Self::$name => &mut features.$field,)* }
            }
        }

        const ALL_OFF: Features = Features { $($field: false,)* };
    };
}

proposals! {
    Simd => simd,
    RelaxedSimd => relaxed_simd,
    TailCall => tail_call,
    ExtendedConst => extended_const,
    MultiMemory => multi_memory,
    Memory64 => memory64,
    FunctionReferences => function_references,
    ReferenceTypes => reference_types,
    BulkMemory => bulk_memory,
    MultiValue => multi_value,
    SaturatingFloatToInt => saturating_float_to_int,
    SignExtension => sign_extension,
    MutableGlobal => mutable_global,
    Exceptions => exceptions,
    LegacyExceptions => legacy_exceptions,
    Threads => threads,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    #[cfg(feature = "foreign-containers")]
    let (target, load) = (arguments.target.as_deref(), wasmc_loader::Image::from_foreign_bytes);
    #[cfg(not(feature = "foreign-containers"))]
    let (target, load) = (None, wasmc_loader::Image::from_bytes);
    let target = parse_target(target)?;
    let default_cpu = if Some(target) == Target::host() { "native" } else { "baseline" };
    let mut compile = arguments.compilation.options(target, default_cpu)?;
    if arguments.no_proposals {
        compile.features = ALL_OFF;
    }
    for proposal in &arguments.enable {
        *proposal.switch(&mut compile.features) = true;
    }
    for proposal in &arguments.disable {
        *proposal.switch(&mut compile.features) = false;
    }
    let skips = arguments.skips.as_deref().map(SkipTable::read).transpose()?.unwrap_or_default();
    let mut succeeded = true;
    for file in &arguments.files {
        let text = match std::fs::read_to_string(file).with_context(|| format!("cannot read '{}'", file.display())) {
            Ok(text) => text,
            // The others are run all the same.
            Err(error) => {
                wasmrun::process::report("wasmc", &error);
                succeeded = false;
                continue;
            }
        };
        let options = Options { compile: compile.clone(), load, skips: skips.of_file(file) };
        let report = arguments.compilation.with_threads(|| run_script(&file.display().to_string(), &text, &options))?;
        crate::output::print(format!("{report}\n").as_bytes())?;
        succeeded &= report.is_success();
    }
    Ok(if succeeded { 0 } else { wasmrun::process::STATUS_FAILURE })
}
