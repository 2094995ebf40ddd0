//! What a module that is linked while it runs imports: functions, globals and entries in, definitions in a linker out.

use std::sync::Arc;

use wasmc_loader::{
    DefineError, ExternType, Function, FunctionType, Global, GlobalType, HostError, Image, InstantiateError, Linker,
    Outcome, Printable, Store, Value, ValueType,
};

use super::entry::entry;
use super::follow::follow;
use super::{Failed, Placement};
use crate::detect;
use crate::functions::{self, Defined};
use crate::thread::ThreadState;
use crate::{MODULE, invoke, unavailable};

/// Defines the entry `name` for the module that is placed.
pub(crate) fn define_entry(
    state: &ThreadState,
    linker: &mut Linker,
    store: &mut Store,
    image: &Image,
    placement: &Placement,
    (module, name): (&str, &str),
) -> Result<(), InstantiateError> {
    match entry(state, store, image, placement, module, name) {
        Ok(entry) => linker.define(module, name, entry).map(drop).map_err(InstantiateError::from),
        Err(Failed::Told(_) | Failed::Ended(_)) => Err(InstantiateError::Limit("entries for what modules refer to")),
    }
}

/// Defines a global that a module imports of [`MODULE`], if there is one of that name.
pub(crate) fn define_global(
    state: &ThreadState,
    linker: &mut Linker,
    store: &mut Store,
    placement: &Placement,
    name: &str,
    wanted: GlobalType,
) -> Result<(), InstantiateError> {
    let (base, is_mutable) = match name {
        "__memory_base" => (placement.memory_base, false),
        "__table_base" => (placement.table_base, false),
        // What unwinds a stack and winds it up again, to wait as JavaScript does: that nothing does so, they say for good.
        "__asyncify_state" | "__asyncify_data" => (0, true),
        "__stack_pointer" => {
            if let Some(pointer) = state.dynamic.own().stack_pointer {
                linker.define(MODULE, name, pointer)?;
            }
            return Ok(());
        }
        _ => return Ok(()),
    };
    if wanted != (GlobalType { value: ValueType::I32, is_mutable }) {
        return Ok(());
    }
    let made = Global::new(store, wanted, Value::I32(base.cast_signed()));
    linker.define(MODULE, name, made.map_err(|_| InstantiateError::Limit("a global"))?)?;
    Ok(())
}

/// Defines a function that a module imports of [`MODULE`].
///
/// What the main module imports of the interface goes first, then what modules define that all see, then the rest of the
/// interface, what the module needs, and what it defines itself. What is not there yet is looked for at each call.
pub(crate) fn define_function(
    state: &Arc<ThreadState>,
    linker: &mut Linker,
    store: &Store,
    image: &Image,
    placement: &Placement,
    (name, wanted): (&str, &FunctionType),
) -> Result<(), DefineError> {
    let library = placement.library;
    let is_main = library == 0;
    if !is_main && let Some(function) = bound(state, store, placement, name, wanted) {
        return linker.define(MODULE, name, function).map(drop);
    }
    if invoke::define(linker, state, name, wanted)? || functions::define(linker, state, name, wanted)? == Defined::Yes {
        return Ok(());
    }
    if !is_main && exports(image, name, wanted) {
        return linker.own_export(MODULE, name, name).map(drop);
    }
    define_late(state, linker, library, name, wanted)
}

/// The function of another module that a library's import of it stands for; the same in all threads.
fn bound(
    state: &ThreadState,
    store: &Store,
    placement: &Placement,
    name: &str,
    wanted: &FunctionType,
) -> Option<Function> {
    let library = placement.library;
    let linked = state.linked();
    if linked.imports_of_main.contains_key(name) {
        return None;
    }
    let candidates = if placement.is_first {
        linked.functions(library, name)
    } else {
        linked.functions_of(*linked.libraries[library].bound.get(name)?, name)
    };
    drop(linked);
    let (of, function) = first_fitting(state, store, candidates, wanted)?;
    if placement.is_first {
        state.linked().libraries[library].bound.insert(name.to_owned(), of);
    }
    Some(function)
}

/// The first of `candidates` that is of the type `wanted`, and whose it is.
fn first_fitting(
    state: &ThreadState,
    store: &Store,
    candidates: Vec<(usize, String)>,
    wanted: &FunctionType,
) -> Option<(usize, Function)> {
    let fitting = |(of, name): (usize, String)| {
        let function = state.dynamic.function(store, of, &name)?;
        (function.function_type(store).as_ref() == Some(wanted)).then_some((of, function))
    };
    candidates.into_iter().find_map(fitting)
}

/// Whether the module itself defines the function `name`, of this type.
fn exports(image: &Image, name: &str, wanted: &FunctionType) -> bool {
    image
        .exports()
        .any(|export| export.name == name && matches!(&export.kind, ExternType::Function(found) if found == wanted))
}

/// A function that looks for the one that it stands for when it is called.
fn define_late(
    state: &Arc<ThreadState>,
    linker: &mut Linker,
    library: usize,
    name: &str,
    wanted: &FunctionType,
) -> Result<(), DefineError> {
    let (state, wanted_type, own_name) = (Arc::clone(state), wanted.clone(), name.to_owned());
    let call = move |caller: &mut wasmc_loader::Caller<'_>, arguments: &[Value], results: &mut [Value]| {
        let store = caller.store();
        follow(&state, store)?;
        let candidates = state.linked().functions(library, &own_name);
        let found = first_fitting(&state, store, candidates, &wanted_type);
        let (_, function) = found.ok_or_else(|| HostError::Message(message(&own_name)))?;
        match function.call(store, arguments).map_err(|error| HostError::Message(error.to_string()))? {
            Outcome::Returned(values) => {
                results.iter_mut().zip(values).for_each(|(result, value)| *result = value);
                Ok(())
            }
            Outcome::Exited(status) => Err(HostError::Exit(status)),
            Outcome::Trapped(report) => Err(HostError::Raised(report)),
            Outcome::Threw(uncaught) => Err(uncaught.into()),
        }
    };
    linker.array_function(MODULE, name, wanted.clone(), call).map(drop)
}

fn message(name: &str) -> String {
    if detect::is_emscriptens(name) {
        unavailable::message(name)
    } else {
        format!("the program called `{}`, which no module that is loaded defines", Printable(name))
    }
}
