//! Entries: globals that hold the addresses of data and the numbers of functions, by name.
//!
//! An entry is shared by all modules that see the same definition. A module that others are not to see has entries of its
//! own for what only it sees.

use wasmc_loader::{Function, FunctionType, Global, GlobalType, HostError, Image, Linker, Store, Value, ValueType};

use super::place::table;
use super::symbol::Symbol;
use super::{FUNCTION_ENTRIES, Failed, Placement};
use crate::functions::{self, Defined};
use crate::thread::ThreadState;
use crate::{MODULE, unavailable};

/// An entry that a module imports, and that has no value yet.
#[derive(Clone, Debug)]
pub(super) struct Unresolved {
    library: usize,
    name: String,
    entry: Global,
    is_function: bool,
    /// Whether it may stay 0.
    is_weak: bool,
}

/// The entry that a module imports as `name`, with its value if that is known.
pub(super) fn entry(
    state: &ThreadState,
    store: &mut Store,
    image: &Image,
    placement: &Placement,
    module: &str,
    name: &str,
) -> Result<Global, Failed> {
    let library = placement.library;
    let linked = state.dynamic.linked();
    let fixed = linked.layout.and_then(|layout| layout.symbol(name)).map(Symbol::Address);
    let global = linked.global(name).or(fixed);
    let found = global.or_else(|| linked.local(library, name));
    let is_shared = global.is_some() || linked.libraries[library].is_global;
    let known = linked.entries.get(name).copied().filter(|_| is_shared);
    drop(linked);
    let entry = match known {
        Some(entry) => entry,
        None => {
            let entry_type = GlobalType { value: ValueType::I32, is_mutable: true };
            let made = Global::new(store, entry_type, Value::I32(0));
            let entry = made.map_err(|error| Failed::Told(format!("Error: {error}")))?;
            if is_shared {
                state.dynamic.linked().entries.insert(name.to_owned(), entry);
            }
            entry
        }
    };
    if entry.get(store) != Ok(Value::I32(0)) {
        return Ok(entry);
    }
    match found {
        Some(symbol) => set(state, store, entry, symbol)?,
        None => {
            let imports = image.dynamic_linking().into_iter().flat_map(|dynamic| dynamic.imports());
            let is_weak = imports
                .into_iter()
                .any(|symbol| symbol.name == name && symbol.is_weak && [module, MODULE, ""].contains(&symbol.module));
            let is_function = module == FUNCTION_ENTRIES;
            let unresolved = Unresolved { library, name: name.to_owned(), entry, is_function, is_weak };
            state.dynamic.linked().unresolved.push(unresolved);
        }
    }
    Ok(entry)
}

fn set(state: &ThreadState, store: &mut Store, entry: Global, symbol: Symbol) -> Result<(), Failed> {
    let value = value(state, store, symbol)?;
    entry.set(store, Value::I32(value.cast_signed())).map_err(|error| Failed::Told(format!("Error: {error}")))
}

/// What a symbol is to the program: an address, or a function's number.
pub(super) fn value(state: &ThreadState, store: &mut Store, symbol: Symbol) -> Result<u32, Failed> {
    match symbol {
        Symbol::Address(address) => Ok(address),
        Symbol::Function(function) => slot(state, store, function),
    }
}

/// Gives entries their values, as far as these are known by now. If `is_last`, those of `library` (or of all, for `None`)
/// get them now or never: what nobody defines is an error, or an entry that stays 0, or a function that traps.
pub(super) fn resolve(
    state: &ThreadState,
    store: &mut Store,
    library: Option<usize>,
    is_last: bool,
) -> Result<(), Failed> {
    let unresolved = std::mem::take(&mut state.dynamic.linked().unresolved);
    let mut left = Vec::new();
    let mut undefined = None;
    for entry in unresolved {
        if entry.entry.get(store) != Ok(Value::I32(0)) {
            continue;
        }
        let now = is_last && library.is_none_or(|library| library == entry.library);
        match find(state, store, &entry, now)? {
            Some(symbol) => set(state, store, entry.entry, symbol)?,
            None if now && !entry.is_weak => {
                undefined.get_or_insert(entry.name);
            }
            None => left.push(entry),
        }
    }
    state.dynamic.linked().unresolved.extend(left);
    match undefined {
        // As the JavaScript has it, so that programs that print it print the same.
        Some(name) => Err(Failed::Told(format!("Error: bad export type for `{name}`: undefined"))),
        None => Ok(()),
    }
}

fn find(
    state: &ThreadState,
    store: &mut Store,
    entry: &Unresolved,
    is_last: bool,
) -> Result<Option<Symbol>, HostError> {
    let linked = state.dynamic.linked();
    let found = linked.global(&entry.name).or_else(|| linked.local(entry.library, &entry.name));
    let elsewhere = linked.any(&entry.name);
    drop(linked);
    if found.is_some() || !is_last {
        return Ok(found);
    }
    let function = if entry.is_function { of_interface(state, store, &entry.name)? } else { None };
    if let Some(symbol) = function.map(Symbol::Function).or(elsewhere) {
        return Ok(Some(symbol));
    }
    if !entry.is_function || entry.is_weak {
        return Ok(None);
    }
    // Its type is not known: there is something to point to, and calls of it trap.
    unavailable_function(state, store, &entry.name).map(|function| Some(Symbol::Function(function)))
}

/// The function `name` of the interface, as one that can be called by its number; `None` if there is none.
pub(super) fn of_interface(state: &ThreadState, store: &mut Store, name: &str) -> Result<Option<Function>, HostError> {
    let linked = state.dynamic.linked();
    let known = linked.functions.get(name).copied();
    let asked = linked.imports_of_main.get(name).cloned();
    let instance = linked.libraries.first().and_then(|main| main.instance);
    let mut linker = linked.linker.clone();
    drop(linked);
    let Some(instance) = instance else { return Ok(None) };
    if known.is_some() {
        return Ok(known);
    }
    if !linker.defines(MODULE, name) {
        let Some(function_type) = asked.or_else(|| functions::function_type(name)) else { return Ok(None) };
        let defined = functions::define(&mut linker, &state.shared()?, name, &function_type);
        if defined.map_err(|error| error.to_string())? != Defined::Yes {
            return Ok(None);
        }
    }
    Ok(keep(state, store, &linker, instance, name))
}

fn unavailable_function(state: &ThreadState, store: &mut Store, name: &str) -> Result<Function, HostError> {
    let linked = state.dynamic.linked();
    let instance = linked.libraries.first().and_then(|main| main.instance).ok_or("there is no main module")?;
    drop(linked);
    let mut linker = Linker::new();
    unavailable::define(&mut linker, name, &FunctionType::default()).map_err(|error| error.to_string())?;
    keep(state, store, &linker, instance, name).ok_or_else(|| "a function is of another store".into())
}

fn keep(
    state: &ThreadState,
    store: &mut Store,
    linker: &Linker,
    instance: wasmc_loader::Instance,
    name: &str,
) -> Option<Function> {
    let function = linker.function_for(store, instance, MODULE, name)?;
    state.dynamic.linked().functions.insert(name.to_owned(), function);
    Some(function)
}

/// The number of `function`: where it is in the table already, or where it is put.
fn slot(state: &ThreadState, store: &mut Store, function: Function) -> Result<u32, Failed> {
    let full = |_| Failed::Told("Error: the table of functions has no room".to_owned());
    let table = table(state)?;
    let size = table.size(store).map_err(full)?;
    let mut linked = state.dynamic.linked();
    for index in linked.scanned..size {
        if let Ok(Value::Function(Some(there))) = table.get(store, index) {
            linked.slots.entry(there).or_insert(index as u32);
        }
    }
    linked.scanned = size;
    if let Some(known) = linked.slots.get(&function) {
        return Ok(*known);
    }
    table.grow(store, 1, Value::Function(Some(function))).map_err(full)?;
    linked.scanned = size + 1;
    linked.slots.insert(function, size as u32);
    Ok(size as u32)
}

impl Unresolved {
    pub(super) fn is_of(&self, library: usize) -> bool {
        self.library == library
    }
}
