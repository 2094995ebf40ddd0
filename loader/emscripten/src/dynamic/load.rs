//! Loads side modules: a name in, a library with all that it needs out.

use std::sync::Arc;

use wasmc_loader::{HostError, Image, InstantiateError, Outcome, Store, TrapCode, Value};

use super::linked::Step;
use super::place::{self, Placement};
use super::symbol::{self, Library};
use super::{Failed, ModuleError, ModuleRequest, block, entry, search};
use crate::exports::Export;
use crate::thread::ThreadState;

/// How many modules may need each other in a row.
const DEPTH_MAX: u32 = 64;

/// How many modules a program may load, or try to: each takes some of the host's memory, for good.
const LIBRARIES_MAX: usize = 4096;

/// What a module in binary form starts with.
const MAGIC: &[u8] = b"\0asm";

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
    // Modules may name each other without an end.
    if store.is_interrupted() {
        return Err(Failed::Ended(HostError::Trap(TrapCode::Interrupted)));
    }
    let mut linked = state.linked();
    if let Some(known) = linked.by_name.get(request.name).copied() {
        let becomes_global = mode.is_global && !linked.libraries[known].is_global;
        linked.libraries[known].is_global |= mode.is_global;
        drop(linked);
        if becomes_global {
            entry::resolve(state, store, None, false)?;
        }
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
    if request.name.len() > search::NAME_BYTES_MAX {
        return Err(Failed::Told("Error: ENAMETOOLONG: name too long".to_owned()));
    }
    let image = provide(state, request)?;
    if !state.context.linked.keep(noted_bytes(request.name, &image)) {
        return Err(Failed::Told("Error: there is no memory left for what it is linked by".to_owned()));
    }
    let mut linked = state.linked();
    let library = linked.libraries.len();
    // Others see what it defines once it is there.
    linked.libraries.push(Library::new(request.name, false));
    linked.by_name.insert(request.name.to_owned(), library);
    drop(linked);
    match link(state, store, &image, library, mode, depth) {
        Ok(()) => Ok(library),
        Err(failed) => {
            forget(state, store, library)?;
            Err(failed)
        }
    }
}

/// What is noted of a module, and of what it imports and exports: about.
fn noted_bytes(name: &str, image: &Image) -> u64 {
    /// A name, an entry, a step.
    const EACH: usize = 128;
    let imports = image.import_names().map(|(_, field)| field.len() + EACH);
    let exports = image.exports().map(|export| export.name.len() + EACH);
    (imports.chain(exports).sum::<usize>() + 2 * name.len() + EACH) as u64
}

/// Takes back what there is of a library that could not be linked. Its place stays: nothing else is put there.
fn forget(state: &ThreadState, store: &mut Store, library: usize) -> Result<(), Failed> {
    entry::release(state, store, library)?;
    let mut linked = state.linked();
    let failed = std::mem::replace(&mut linked.libraries[library], Library::new("", false));
    linked.by_name.remove(&failed.name);
    drop(linked);
    let mut own = state.dynamic.own();
    own.instances.remove(&library);
    own.blocks.remove(&library);
    let Some((image, placement)) = failed.placed else { return Ok(()) };
    let elements = placement.elements(&image);
    own.forget_elements(&elements);
    drop(own);
    // Other threads have nothing there.
    let none = Value::Function(None);
    let cleared = place::table(state)?.fill(store, elements.start, none, elements.end - elements.start);
    cleared.map_err(|error| Failed::Told(format!("Error: {error}")))
}

/// Asks for the modules that `image` needs, before the program runs; how much memory they take. What there is not, is told
/// when they are loaded.
pub(super) fn provide_needed(state: &ThreadState, image: &Image, depth: u32) -> u64 {
    let mut bytes = 0;
    for name in image.dynamic_linking().into_iter().flat_map(|dynamic| dynamic.needed()) {
        if depth > DEPTH_MAX || state.linked().provided.contains_key(name) {
            continue;
        }
        let Ok(needed) = provide(state, &ModuleRequest { name, contents: None }) else { continue };
        state.linked().provided.insert(name.to_owned(), needed.clone());
        if let Some(dynamic) = needed.dynamic_linking() {
            let alignment = u64::from(dynamic.memory_alignment()).max(place::ALIGNMENT);
            bytes += u64::from(dynamic.memory_bytes()) + 2 * alignment;
        }
        bytes += provide_needed(state, &needed, depth + 1);
    }
    bytes
}

fn provide(state: &ThreadState, request: &ModuleRequest<'_>) -> Result<Image, Failed> {
    if let Some(known) = state.linked().provided.remove(request.name) {
        return Ok(known);
    }
    // The program's own files come first, once it runs.
    let is_started = state.linked().is_started;
    let own = if request.contents.is_none() && is_started { search::contents(state, request.name)? } else { None };
    let request = ModuleRequest { name: request.name, contents: request.contents.or(own.as_deref()) };
    if request.contents.is_some_and(|contents| !contents.starts_with(MAGIC)) {
        return Err(Failed::Told("Error: need to see wasm magic number".to_owned()));
    }
    let provided = match state.context.modules.get() {
        Some(provider) => provider.0(&request),
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
    let dynamic = image.dynamic_linking().ok_or_else(|| Failed::Told("Error: need dylink section".to_owned()))?;
    let needed: Vec<String> = dynamic.needed().map(str::to_owned).collect();
    for name in &needed {
        let name = search::find_needed(state, library, name, dynamic.runtime_paths());
        let request = ModuleRequest { name: &name, contents: None };
        let other = load(state, store, &request, mode, depth + 1)?;
        state.linked().libraries[library].needs(other);
    }
    let placement = place::place(state, store, image, library)?;
    let mut linked = state.linked();
    linked.libraries[library].placed = Some((image.clone(), placement));
    linked.libraries[library].is_global = mode.is_global;
    drop(linked);
    instantiate(state, store, image, &placement)?;
    entry::resolve(state, store, Some(library), !mode.may_wait)?;
    block::make_all(state, store)?;
    // From here on it stays, and threads that are started have it.
    state.note(Step::Library(library));
    if state.linked().is_started {
        return construct(state, store, library);
    }
    state.dynamic.own().waiting.push(library);
    Ok(())
}

/// Makes the calling thread's instance of a library that is placed.
pub(super) fn instantiate(
    state: &Arc<ThreadState>,
    store: &mut Store,
    image: &Image,
    placement: &Placement,
) -> Result<(), Failed> {
    let mut linker = state.dynamic.own().linker.clone();
    let defined = state.define_imports(&mut linker, store, image, Some(placement));
    let instance = defined.and_then(|()| linker.instantiate(store, image)).map_err(of_instantiating)?;
    let mut own = state.dynamic.own();
    own.instances.insert(placement.library, instance);
    // Its functions are in its part of the table by now.
    own.look_again_at(&placement.elements(image));
    drop(own);
    if placement.is_first {
        let symbols = symbol::of_instance(store, instance, image, placement.memory_base);
        state.linked().libraries[placement.library].symbols = symbols;
    }
    Ok(())
}

/// Completes a module's data, and runs its constructors.
pub(super) fn construct(state: &ThreadState, store: &mut Store, library: usize) -> Result<(), Failed> {
    let Some(instance) = state.dynamic.instance(library) else { return Ok(()) };
    limit_stack(state, store, library)?;
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

/// Tells a module that watches over the stack where that of the calling thread is.
pub(super) fn limit_stack(state: &ThreadState, store: &mut Store, library: usize) -> Result<(), HostError> {
    let own = state.dynamic.own();
    let (stack, instance) = (own.stack, own.instances.get(&library).copied());
    drop(own);
    let first = state.linked().layout.map(|layout| [layout.stack_high, layout.stack_low]);
    let (Some(limits), Some(instance)) = (stack.or(first), instance) else { return Ok(()) };
    match Export::find(store, instance, "__set_stack_limits") {
        Some(set) => set.call(store, &limits).map(drop),
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
