//! Instantiates a program with its hosts and runs it: options in, an exit status out.

use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use wasmc_loader::{
    DebugOptions, Function, Image, Instance, InstantiateError, Linker, MemoryBudget, Outcome, Printable, Store,
    StoreOptions, TrapCode, TrapReport, Uncaught, Value,
};

use crate::instantiate::{Failed, Parts};
use crate::modules::Modules;
use crate::options::{RunOptions, UnknownImports};
use crate::process::{self, STATUS_TIMEOUT, STATUS_TRAP, UsageError};
use crate::timeout::{self, Timeout};
use crate::values::{self, Printed};
use crate::{Program, hosts, report};

/// What a thread needs besides the program's own stack: host functions' frames, ours, and a guard.
pub(crate) const STACK_RESERVE_BYTES: u64 = 1 << 20;

/// Runs `program`, and gives the status that the process is to exit with.
///
/// # Errors
///
/// If the program could not be run. What the program itself does wrong is a status.
pub fn run(options: &RunOptions, program: &Program<'_>, modules: &Arc<dyn Modules>) -> anyhow::Result<i32> {
    let Some(max_stack) = options.max_stack else { return run_here(options, program, modules) };
    let wanted = max_stack.0.saturating_add(STACK_RESERVE_BYTES);
    if wanted <= process::stack_bytes() {
        return run_here(options, program, modules);
    }
    let stack_bytes = usize::try_from(wanted).context("--max-stack is too large")?;
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("program".to_owned())
            .stack_size(stack_bytes)
            .spawn_scoped(scope, || run_here(options, program, modules))
            .context("cannot start a thread with as much stack as --max-stack asks for")?
            .join()
            .unwrap_or_else(|_| bail!("the program's thread panicked"))
    })
}

/// Refuses code that was not compiled for what it is asked to do.
pub(crate) fn check(options: &RunOptions, image: &Image, file: &Path) -> anyhow::Result<()> {
    let file = file.display();
    if options.timeout.is_some() && !image.is_interruptible() {
        bail!("'{file}' cannot be stopped by --timeout: compile it with `wasmc compile --interruptible`");
    }
    if options.deterministic && !image.has_canonical_nans() {
        bail!("'{file}' does not calculate as --deterministic asks: compile it with `wasmc compile --canonical-nans`");
    }
    Ok(())
}

fn run_here(options: &RunOptions, program: &Program<'_>, modules: &Arc<dyn Modules>) -> anyhow::Result<i32> {
    check(options, &program.image, &program.file)?;
    // Never dropped: the process is about to end, and the system tears down faster.
    let bounds = store_options(options);
    let mut store = ManuallyDrop::new(Store::new(bounds.clone())?);
    let timeout = match options.timeout {
        Some(duration) => Some(Timeout::start(program.tool, duration.0, store.interrupt_handle())?),
        None => None,
    };
    let end = execute(options, program, modules, bounds, &mut store)?;
    Ok(match end {
        End::Status(status) => status,
        End::Trap(report) => match (timeout, options.timeout) {
            (Some(timeout), Some(duration)) if timeout.expired() && report.code == TrapCode::Interrupted => {
                process::say(&timeout::message(program.tool, duration.0));
                STATUS_TIMEOUT
            }
            _ => report_trap(program.tool, &report),
        },
    })
}

/// What bounds the program's store; clones bound it together with those of its threads.
fn store_options(options: &RunOptions) -> StoreOptions {
    let mut store_options = StoreOptions::default();
    store_options.max_stack_bytes = options.max_stack.map(|size| size.0);
    if let Some(size) = options.max_memory {
        store_options.memory = MemoryBudget::new(size.0);
    }
    store_options
}

/// Says why the program trapped; the exit status that goes with it.
pub(crate) fn report_trap(tool: &str, report: &TrapReport) -> i32 {
    process::say_styled(&format!("{tool}: {}", report::render(report, process::style())));
    STATUS_TRAP
}

/// How a program ended.
pub(crate) enum End {
    Status(i32),
    Trap(TrapReport),
}

/// Links the program to its hosts and calls it; `bounds` are those of `store`.
fn execute(
    options: &RunOptions,
    program: &Program<'_>,
    modules: &Arc<dyn Modules>,
    bounds: StoreOptions,
    store: &mut Store,
) -> anyhow::Result<End> {
    let mut preloads = Vec::with_capacity(options.preloads.len());
    for (name, file) in &options.preloads {
        let image = modules.open(file)?;
        check(options, &image, file)?;
        preloads.push((name.clone(), file.clone(), image));
    }
    let mut linker = Linker::new();
    linker.trap_unknown_imports(options.unknown_imports == UnknownImports::Trap);
    let images = || preloads.iter().map(|(_, _, image)| image).chain([&program.image]);
    if options.gdb || options.perf_map {
        for image in images() {
            image.register_for_debugging(DebugOptions { gdb: options.gdb, perf: options.perf_map })?;
        }
    }
    hosts::abi::add(options, program, &mut linker)?;
    let emscripten = hosts::emscripten::prepare(options, program, modules)?;
    match &emscripten {
        Some(host) => images().for_each(|image| host.link_wasi(&mut linker, image)),
        None => hosts::wasi::add(options, program, images(), &mut linker)?,
    }
    let threads = hosts::threads::add(options, program, &mut linker, &bounds.memory)?;
    // Never dropped, like the store.
    let parts = ManuallyDrop::new(Arc::new(Parts {
        linker,
        preloads,
        file: program.file.clone(),
        image: program.image.clone(),
    }));
    if let Some(host) = emscripten {
        return host.run(options, program, &parts, bounds, store);
    }
    let Some(threads) = threads else { return start(options, program, &parts, store) };
    let for_thread = Arc::clone(&parts);
    threads.instantiate_with(bounds, move |store| for_thread.instantiate_for_thread(store));
    let end = start(options, program, &parts, store);
    if !threads.claim_end() {
        wait_for_exit();
    }
    end
}

/// Another thread ends the process, with a status of its own.
pub(crate) fn wait_for_exit() -> ! {
    loop {
        std::thread::park();
    }
}

/// Makes the program's instance and calls it.
fn start(options: &RunOptions, program: &Program<'_>, parts: &Parts, store: &mut Store) -> anyhow::Result<End> {
    match instantiated(parts.instantiate(store))? {
        Ok(instance) => call(options, program, store, instance),
        Err(end) => Ok(end),
    }
}

/// An instance, or how the program ended while it was made.
pub(crate) fn instantiated(made: Result<Instance, Failed<'_>>) -> anyhow::Result<Result<Instance, End>> {
    match made {
        Ok(instance) => Ok(Ok(instance)),
        Err(Failed::Instantiate(_, InstantiateError::Exited(status))) => Ok(Err(End::Status(status))),
        Err(Failed::Instantiate(_, InstantiateError::Trapped(report))) => Ok(Err(End::Trap(report))),
        Err(Failed::Instantiate(file, error)) => {
            bail!("cannot instantiate '{}': {error}{}", file.display(), hosts::hint(&error));
        }
        Err(Failed::Define(error)) => Err(error.into()),
    }
}

/// Calls what the program is to be entered by.
pub(crate) fn call(
    options: &RunOptions,
    program: &Program<'_>,
    store: &mut Store,
    instance: Instance,
) -> anyhow::Result<End> {
    let start = if options.invoke.is_none() { instance.function(store, "_start") } else { None };
    if let Some(start) = start {
        return Ok(match start.call(store, &[]).context("cannot call `_start`")? {
            Outcome::Returned(_) => End::Status(0),
            Outcome::Exited(status) => End::Status(status),
            Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => End::Trap(report),
        });
    }
    let initialize = instance.function(store, "_initialize");
    let Some(name) = &options.invoke else {
        if initialize.is_none() {
            bail!(
                "'{}' exports no `_start`: name the function to call with --invoke{}",
                program.file.display(),
                exported_functions(store, instance)
            );
        }
        return Ok(call_initialize(store, initialize)?.unwrap_or(End::Status(0)));
    };
    let Some(function) = instance.function(store, name) else {
        bail!("'{}' exports no function `{name}`{}", program.file.display(), exported_functions(store, instance));
    };
    let arguments = parse_arguments(store, name, function, program)?;
    if let Some(end) = call_initialize(store, initialize)? {
        return Ok(end);
    }
    Ok(match function.call(store, &arguments).with_context(|| format!("cannot call `{name}`"))? {
        Outcome::Returned(results) => {
            let mut text = String::new();
            for result in &results {
                text.push_str(&format!("{}\n", Printed(result)));
            }
            let mut output = std::io::stdout().lock();
            output.write_all(text.as_bytes()).and_then(|()| output.flush()).context("cannot write the results")?;
            End::Status(0)
        }
        Outcome::Exited(status) => End::Status(status),
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => End::Trap(report),
    })
}

/// Calls `_initialize`, if there is one: how the program ended, if it did.
fn call_initialize(store: &mut Store, initialize: Option<Function>) -> anyhow::Result<Option<End>> {
    let Some(initialize) = initialize else { return Ok(None) };
    Ok(match initialize.call(store, &[]).context("cannot call `_initialize`")? {
        Outcome::Returned(_) => None,
        Outcome::Exited(status) => Some(End::Status(status)),
        Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. }) => Some(End::Trap(report)),
    })
}

fn parse_arguments(store: &Store, name: &str, function: Function, program: &Program<'_>) -> anyhow::Result<Vec<Value>> {
    let parameters = function.function_type(store).map(|function_type| function_type.parameters).unwrap_or_default();
    let types = parameters.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if parameters.len() != program.arguments.len() {
        let count = program.arguments.len();
        return Err(UsageError(format!("`{name}` takes ({types}), and {count} arguments are given")).into());
    }
    std::iter::zip(program.arguments, &*parameters)
        .map(|(text, value_type)| {
            text.to_str().and_then(|text| values::parse(text, *value_type)).ok_or_else(|| {
                UsageError(format!("'{}' is no {value_type}: `{name}` takes ({types})", text.display())).into()
            })
        })
        .collect()
}

/// A hint at what could be called.
fn exported_functions(store: &Store, instance: Instance) -> String {
    const COUNT_MAX: usize = 10;
    let mut names: Vec<String> = instance
        .exports(store)
        .into_iter()
        .filter(|(_, item)| matches!(item, wasmc_loader::Extern::Function(_)))
        .map(|(name, _)| Printable(&name).to_string())
        .collect();
    if names.is_empty() {
        return " (it exports no function at all)".to_owned();
    }
    let more = if names.len() > COUNT_MAX { ", ..." } else { "" };
    names.truncate(COUNT_MAX);
    format!(" (it exports {}{more})", names.join(", "))
}
