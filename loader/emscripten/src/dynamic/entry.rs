//! Entries: globals that hold the addresses of data and the numbers of functions, by name.
//!
//! An entry is shared by all modules that see the same definition. A module that others are not to see has entries of its
//! own for what only it sees. Each thread has globals of its own for them, which hold the same, but for addresses of
//! thread-local data.

use wasmc_loader::{
    Function, FunctionType, Global, GlobalType, HostError, Image, Linker, Store, TrapCode, Value, ValueType,
};

use super::linked::{Held, Key, Source, Step, What};
use super::place::table;
use super::symbol::{Found, Symbol};
use super::{FUNCTION_ENTRIES, Failed, Placement};
use crate::functions::{self, Defined};
use crate::thread::ThreadState;
use crate::{MODULE, unavailable};

/// An entry that a module imports, and that has no value yet.
#[derive(Clone, Debug)]
pub(super) struct Unresolved {
    key: Key,
    library: usize,
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
    let mut linked = state.linked();
    let fixed = linked.layout.and_then(|layout| layout.symbol(name));
    let global = linked.global(name);
    let is_shared = fixed.is_some() || global.is_some() || linked.libraries[library].is_global;
    if placement.is_first && !is_shared {
        linked.libraries[library].own_entries.insert(name.to_owned());
    }
    let found = global.or_else(|| linked.local(library, name));
    let owner = linked.libraries[library].own_entries.contains(name).then_some(library);
    let key = Key { owner, name: name.to_owned() };
    let has_value = linked.values.contains_key(&key);
    drop(linked);
    let known = state.dynamic.own().entries.get(&key).copied();
    let entry = match known {
        Some(entry) => entry,
        None => {
            let entry_type = GlobalType { value: ValueType::I32, is_mutable: true };
            let made = Global::new(store, entry_type, Value::I32(0));
            let entry = made.map_err(|error| Failed::Told(format!("Error: {error}")))?;
            state.dynamic.own().entries.insert(key.clone(), entry);
            write(state, store, &key)?;
            entry
        }
    };
    if has_value || !placement.is_first {
        return Ok(entry);
    }
    match (fixed, found) {
        (Some(address), _) => hold(state, store, key, Held { library: 0, what: What::Number(address) })?,
        (None, Some(found)) => hold_found(state, store, key, &found)?,
        (None, None) => {
            let imports = image.dynamic_linking().into_iter().flat_map(|dynamic| dynamic.imports());
            let is_weak = imports
                .into_iter()
                .any(|symbol| symbol.name == name && symbol.is_weak && [module, MODULE, ""].contains(&symbol.module));
            let is_function = module == FUNCTION_ENTRIES;
            state.linked().unresolved.push(Unresolved { key, library, is_function, is_weak });
        }
    }
    Ok(entry)
}

/// Gives an entry its value, in all threads.
pub(super) fn hold(state: &ThreadState, store: &mut Store, key: Key, held: Held) -> Result<(), HostError> {
    state.linked().values.insert(key.clone(), held);
    write(state, store, &key)?;
    state.note(Step::Entry(key));
    Ok(())
}

fn hold_found(state: &ThreadState, store: &mut Store, key: Key, found: &Found) -> Result<(), Failed> {
    let what = match found.symbol {
        Symbol::InBlock(offset) => What::InBlock(offset),
        _ => What::Number(value(state, store, found)?),
    };
    Ok(hold(state, store, key, Held { library: found.library, what })?)
}

/// Takes back, in all threads, what entries hold of a library that could not be linked. Those of others wait for another
/// definition then.
pub(super) fn release(state: &ThreadState, store: &mut Store, library: usize) -> Result<(), HostError> {
    let mut linked = state.linked();
    linked.unresolved.retain(|entry| entry.library != library);
    let is_its = |(key, held): &(&Key, &Held)| held.library == library || key.owner == Some(library);
    let keys: Vec<Key> = linked.values.iter().filter(is_its).map(|(key, _)| key.clone()).collect();
    for key in &keys {
        linked.values.remove(key);
        if key.owner.is_none() {
            let waits = Unresolved { key: key.clone(), library: 0, is_function: false, is_weak: true };
            linked.unresolved.push(waits);
        }
    }
    drop(linked);
    for key in keys {
        write(state, store, &key)?;
        state.note(Step::Entry(key));
    }
    Ok(())
}

/// Writes what an entry holds to the calling thread's global, as far as both are there.
pub(super) fn write(state: &ThreadState, store: &mut Store, key: &Key) -> Result<(), HostError> {
    let held = state.linked().values.get(key).copied();
    let own = state.dynamic.own();
    let value = match held {
        None => Some(0),
        Some(Held { what: What::Number(number), .. }) => Some(number),
        Some(Held { what: What::InBlock(offset), library }) => {
            own.blocks.get(&library).map(|block| block.wrapping_add(offset))
        }
    };
    let entry = own.entries.get(key).copied();
    drop(own);
    match (entry, value) {
        (Some(entry), Some(value)) => {
            entry.set(store, Value::I32(value.cast_signed())).map_err(|error| HostError::Message(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// What a symbol is to the calling thread: an address, or a function's number.
pub(super) fn value(state: &ThreadState, store: &mut Store, found: &Found) -> Result<u32, Failed> {
    match found.symbol {
        Symbol::Address(address) => Ok(address),
        Symbol::InBlock(offset) => {
            let block = state.dynamic.own().blocks.get(&found.library).copied();
            Ok(block.map_or(0, |block| block.wrapping_add(offset)))
        }
        Symbol::Function => number(state, store, Source::Export { library: found.library, name: found.name.clone() }),
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
    let mut unresolved = std::mem::take(&mut state.linked().unresolved).into_iter();
    let mut left = Vec::new();
    let mut undefined = None;
    let mut result = Ok(());
    for entry in unresolved.by_ref() {
        if state.linked().values.contains_key(&entry.key) {
            continue;
        }
        let now = is_last && library.is_none_or(|library| library == entry.library);
        match find(state, store, &entry, now) {
            Ok(true) => {}
            Ok(false) if now && !entry.is_weak => {
                undefined.get_or_insert(entry.key.name);
            }
            Ok(false) => left.push(entry),
            Err(failed) => {
                left.push(entry);
                result = Err(failed);
                break;
            }
        }
    }
    // Also what was not looked at: it may be another library's.
    state.linked().unresolved.extend(left.into_iter().chain(unresolved));
    result?;
    match undefined {
        // As the JavaScript has it, so that programs that print it print the same.
        Some(name) => Err(Failed::Told(format!("Error: bad export type for `{name}`: undefined"))),
        None => Ok(()),
    }
}

/// Looks for what an entry stands for; whether there is something.
fn find(state: &ThreadState, store: &mut Store, entry: &Unresolved, is_last: bool) -> Result<bool, Failed> {
    // There may be very many, and very many libraries to look through.
    if store.is_interrupted() {
        return Err(Failed::Ended(HostError::Trap(TrapCode::Interrupted)));
    }
    let linked = state.linked();
    let name = &entry.key.name;
    let found = linked.global(name).or_else(|| linked.local(entry.library, name));
    let elsewhere = linked.any(name);
    drop(linked);
    if let Some(found) = found {
        hold_found(state, store, entry.key.clone(), &found)?;
        return Ok(true);
    }
    if !is_last {
        return Ok(false);
    }
    let source = if entry.is_function && of_interface(state, store, name)?.is_some() {
        Source::Interface(name.clone())
    } else if let Some(found) = elsewhere {
        hold_found(state, store, entry.key.clone(), &found)?;
        return Ok(true);
    } else if !entry.is_function || entry.is_weak {
        return Ok(false);
    } else {
        // Its type is not known: there is something to point to, and calls of it trap.
        Source::Unavailable(name.clone())
    };
    let number = number(state, store, source)?;
    hold(state, store, entry.key.clone(), Held { library: 0, what: What::Number(number) })?;
    Ok(true)
}

/// The calling thread's own function for a source; `None` if it has none.
pub(super) fn own_function(
    state: &ThreadState,
    store: &mut Store,
    source: &Source,
) -> Result<Option<Function>, HostError> {
    match source {
        Source::Export { library, name } => Ok(state.dynamic.function(store, *library, name)),
        Source::Interface(name) => of_interface(state, store, name),
        Source::Unavailable(name) => unavailable_function(state, store, name).map(Some),
    }
}

/// The function `name` of the interface, as one that can be called by its number; `None` if there is none.
pub(super) fn of_interface(state: &ThreadState, store: &mut Store, name: &str) -> Result<Option<Function>, HostError> {
    let asked = state.linked().imports_of_main.get(name).cloned();
    let own = state.dynamic.own();
    let known = own.functions.get(name).copied();
    let instance = own.instances.get(&0).copied();
    let mut linker = own.linker.clone();
    drop(own);
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
    let own = state.dynamic.own();
    let known = own.functions.get(name).copied();
    let instance = own.instances.get(&0).copied().ok_or("there is no main module")?;
    drop(own);
    if let Some(known) = known {
        return Ok(known);
    }
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
    state.dynamic.own().functions.insert(name.to_owned(), function);
    Some(function)
}

/// The number of a function: where it is in the table already, or where it is put, in all threads.
pub(super) fn number(state: &ThreadState, store: &mut Store, source: Source) -> Result<u32, Failed> {
    let full = |_| Failed::Told("Error: the table of functions has no room".to_owned());
    let function = own_function(state, store, &source)?;
    let function = function.ok_or_else(|| Failed::Told("Error: a function is not there".to_owned()))?;
    let table = table(state)?;
    let size = table.size(store).map_err(full)?;
    let mut own = state.dynamic.own();
    for index in own.scanned..size {
        if let Ok(Value::Function(Some(there))) = table.get(store, index) {
            own.slots.entry(there).or_insert(index as u32);
        }
    }
    own.scanned = size;
    if let Some(known) = own.slots.get(&function) {
        return Ok(*known);
    }
    table.grow(store, 1, Value::Function(Some(function))).map_err(full)?;
    own.scanned = size + 1;
    own.slots.insert(function, size as u32);
    drop(own);
    state.note(Step::Number(size as u32, source));
    Ok(size as u32)
}
