//! Loads side modules: a name in, a library with all that it needs out.

use std::sync::Arc;

use wasmc_loader::{HostError, Image, Instance, InstantiateError, Outcome, Store};

use super::symbol::{self, Library};
use super::{Failed, ModuleError, ModuleRequest, entry, place};
use crate::exports::Export;
use crate::thread::ThreadState;

/// How many modules may need each other in a row.
const DEPTH_MAX: u32 = 64;

/// How many modules a program may load, or try to: each takes some of the host's memory, for good.
const LIBRARIES_MAX: usize = 4096;

/// How a module is to be loaded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    /// Whether all modules see what it defines.
    pub(super) is_global: bool,
    /// Whether what it refers to may be defined by others that are loaded after it.
    pub(super) may_wait: bool,
}

/// Loads a module with all that it needs, unless it is there already; which library it is.
pub(super) fn load(
    state: &Arc<ThreadState>,
    store: &mut Store,
    request: &ModuleRequest<'_>,
    mode: Mode,
    depth: u32,
) -> Result<usize, Failed> {
    let mut linked = state.dynamic.linked();
    if let Some(known) = linked.by_name.get(request.name).copied() {
        let was_global = std::mem::replace(&mut linked.libraries[known].is_global, mode.is_global);
        linked.libraries[known].is_global |= was_global;
        drop(linked);
        entry::resolve(state, store, None, false)?;
        return Ok(known);
    }
    let count = linked.libraries.len();
    drop(linked);
    if count >= LIBRARIES_MAX {
        return Err(Failed::Told("Error: too many modules were loaded".to_owned()));
    }
    if depth > DEPTH_MAX {
        return Err(Failed::Told("Error: modules need each other in too long a row".to_owned()));
    }
    let image = provide(state, request)?;
    let mut linked = state.dynamic.linked();
    let library = linked.libraries.len();
    // Others see what it defines once it is there.
    linked.libraries.push(Library::new(request.name, false));
    linked.by_name.insert(request.name.to_owned(), library);
    drop(linked);
    link(state, store, &image, library, mode, depth).inspect_err(|_| {
        let mut linked = state.dynamic.linked();
        linked.by_name.remove(request.name);
        linked.unresolved.retain(|entry| !entry.is_of(library));
        let failed = &mut linked.libraries[library];
        failed.symbols.clear();
        failed.is_global = false;
    })?;
    Ok(library)
}

fn provide(state: &ThreadState, request: &ModuleRequest<'_>) -> Result<Image, Failed> {
    let provided = match state.context.modules.get() {
        Some(provider) => provider.0(request),
        None => Err(ModuleError::NotFound),
    };
    provided.map_err(|error| {
        Failed::Told(match error {
            ModuleError::NotFound => {
                format!("Error: ENOENT: no such file or directory, open '{}'", request.name)
            }
            ModuleError::Unusable(reason) => format!("Error: {reason}"),
        })
    })
}

/// Makes the module's instance, after those that it needs, and runs its constructors if the program runs.
fn link(
    state: &Arc<ThreadState>,
    store: &mut Store,
    image: &Image,
    library: usize,
    mode: Mode,
    depth: u32,
) -> Result<(), Failed> {
    let needed: Vec<String> = image
        .dynamic_linking()
        .ok_or_else(|| Failed::Told("Error: need dylink section".to_owned()))?
        .needed()
        .map(str::to_owned)
        .collect();
    for name in &needed {
        let request = ModuleRequest { name, contents: None };
        let other = load(state, store, &request, mode, depth + 1)?;
        state.dynamic.linked().libraries[library].needed.push(other);
    }
    let placement = place::place(state, store, image, library)?;
    state.dynamic.linked().libraries[library].is_global = mode.is_global;
    let mut linker = state.dynamic.linked().linker.clone();
    let defined = state.define_imports(&mut linker, store, image, Some(&placement));
    let instance = defined.and_then(|()| linker.instantiate(store, image)).map_err(of_instantiating)?;
    let symbols = symbol::of_instance(store, instance, image, placement.memory_base);
    let mut linked = state.dynamic.linked();
    linked.libraries[library].symbols = symbols;
    linked.libraries[library].instance = Some(instance);
    // Its functions are in its part of the table by now.
    linked.scanned = linked.scanned.min(placement.table_base.into());
    let is_started = linked.is_started;
    drop(linked);
    entry::resolve(state, store, Some(library), !mode.may_wait)?;
    if is_started {
        return construct(state, store, instance);
    }
    state.dynamic.linked().waiting.push(instance);
    Ok(())
}

/// Completes a module's data, and runs its constructors.
pub(super) fn construct(state: &ThreadState, store: &mut Store, instance: Instance) -> Result<(), Failed> {
    limit_stack(state, store, instance)?;
    for name in ["__wasm_apply_data_relocs", "__wasm_call_ctors", "__post_instantiate"] {
        if let Some(function) = instance.function(store, name) {
            match function.call(store, &[]).map_err(|error| HostError::Message(error.to_string()))? {
                Outcome::Returned(_) => {}
                Outcome::Exited(status) => return Err(Failed::Ended(HostError::Exit(status))),
                Outcome::Trapped(report) => return Err(Failed::Ended(HostError::Raised(report))),
                Outcome::Threw(uncaught) => return Err(Failed::Ended(uncaught.into())),
            }
        }
    }
    Ok(())
}

/// Tells a module that watches over the stack where that is.
fn limit_stack(state: &ThreadState, store: &mut Store, instance: Instance) -> Result<(), HostError> {
    let Some(layout) = state.dynamic.linked().layout else { return Ok(()) };
    match Export::find(store, instance, "__set_stack_limits") {
        Some(set) => set.call(store, &[layout.stack_high, layout.stack_low]).map(drop),
        None => Ok(()),
    }
}

fn of_instantiating(error: InstantiateError) -> Failed {
    match error {
        InstantiateError::Exited(status) => Failed::Ended(HostError::Exit(status)),
        InstantiateError::Trapped(report) => Failed::Ended(HostError::Raised(report)),
        error => Failed::Told(format!("LinkError: {error}")),
    }
}
