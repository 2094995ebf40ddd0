//! What the options grant a program, as WASI gives it: options in, functions in a linker out.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use wasmc_loader::{Image, Linker};
use wasmc_wasi::{Access, WasiBuilder};

use crate::Program;
use crate::options::{RunOptions, Variable};
use crate::process::UsageError;

/// When clocks start with `--deterministic`: the first second of the year 2000.
const DETERMINISTIC_START_NANOSECONDS: u64 = 946_684_800_000_000_000;
/// What random numbers follow from with `--deterministic`.
const DETERMINISTIC_SEED: u64 = 0;

/// Defines the functions of WASI, as far as any image imports them.
pub(crate) fn add<'a>(
    options: &RunOptions,
    program: &Program<'_>,
    images: impl Iterator<Item = &'a Image>,
    linker: &mut Linker,
) -> anyhow::Result<()> {
    let images: Vec<&Image> =
        images.filter(|image| image.import_names().any(|(module, _)| wasmc_wasi::is_module(module))).collect();
    // What was asked for and cannot be had is an error, also where the program would not have noticed.
    if !images.is_empty() || options.first_of_files().is_some() {
        let wasi = builder(options, program)?.build()?;
        images.into_iter().for_each(|image| wasi.add_imported(linker, image));
    }
    Ok(())
}

/// What the options grant.
pub(crate) fn builder(options: &RunOptions, program: &Program<'_>) -> anyhow::Result<WasiBuilder> {
    let name = options.argv0.as_deref().or(program.file.file_name()).unwrap_or_default();
    let mut builder = WasiBuilder::new().inherit_stdio().argument(name);
    if options.invoke.is_none() {
        builder = builder.arguments(program.arguments);
    }
    if options.inherit_env {
        for (name, value) in std::env::vars_os() {
            builder = builder.environment(name, value);
        }
    }
    for variable in &options.environment {
        builder = builder.environment(&variable.name, value(variable)?);
    }
    if let Some(file) = &options.stdin {
        builder = builder.stdin_file(opened("--stdin", file, File::open(file))?);
    }
    if let Some(file) = &options.stdout {
        builder = builder.stdout_file(opened("--stdout", file, File::create(file))?);
    }
    if let Some(file) = &options.stderr {
        builder = builder.stderr_file(opened("--stderr", file, File::create(file))?);
    }
    for grant in &options.directories {
        builder = builder.directory(&grant.host, &grant.guest, Access::ReadWrite);
    }
    for grant in &options.read_only_directories {
        builder = builder.directory(&grant.host, &grant.guest, Access::ReadOnly);
    }
    builder = give_sockets(options, builder)?;
    if options.deterministic {
        builder = builder.virtual_clock(DETERMINISTIC_START_NANOSECONDS).seeded_random(DETERMINISTIC_SEED);
    }
    Ok(builder)
}

fn give_sockets(options: &RunOptions, mut builder: WasiBuilder) -> anyhow::Result<WasiBuilder> {
    for address in &options.listen {
        let socket = std::net::TcpListener::bind(address);
        builder = builder.socket(socket.with_context(|| format!("--tcplisten {address}: cannot listen"))?);
    }
    Ok(options.connect.iter().fold(builder, |builder, (host, port)| builder.connect_to(host, *port)))
}

fn opened(option: &str, file: &Path, opened: std::io::Result<File>) -> anyhow::Result<File> {
    opened.with_context(|| format!("{option}: cannot open '{}'", file.display()))
}

fn value(variable: &Variable) -> anyhow::Result<OsString> {
    let name = &variable.name;
    let value = variable.value.clone().or_else(|| std::env::var_os(name));
    value.ok_or_else(|| {
        let name = name.display();
        UsageError(format!("--env {name}: {name} is not set here; give a value as in --env {name}=VALUE")).into()
    })
}
