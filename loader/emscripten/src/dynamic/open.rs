//! `dlopen` and `dlsym`, as far as the C library leaves them to its host.
//!
//! A library is known to the program by a record, which its C library makes:
//!
//! ```text
//! until 3.1.x:  next:u32 previous:u32 on_success:u32 on_error:u32 data:u32 flags:u32
//!               allocated:u8 memory:u32 memory_bytes:u32 table:u32 elements:u32 name
//! then:         event:u32 flags:u32 allocated:u8 memory:u32 memory_bytes:u32 table:u32 elements:u32
//!               contents:u32 contents_bytes:u32 name
//! ```
//!
//! (fields are aligned). Which it is shows in the type of `_dlsym_js`, which has a third parameter since.

use wasmc_loader::{Caller, HostError, Memory, Store, Value};

use super::follow::follow;
use super::linked::Source;
use super::load::{self, Mode};
use super::turn::Turn;
use super::{Failed, ModuleRequest, entry, search};
use crate::event_loop::timers::Task;
use crate::exports::{Export, needed};
use crate::process::read_text;
use crate::thread::ThreadState;

/// A flag of `dlopen`: all modules see what the library defines.
const GLOBAL: u32 = 256;
/// A handle of `dlsym`: what all modules see,
const DEFAULT: u32 = 0;
/// and the same without the main module.
const NEXT: u32 = u32::MAX;

/// What is opened later, for `emscripten_dlopen`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    handle: u32,
    on_success: u32,
    on_error: u32,
    /// What the functions are given besides the handle.
    data: u32,
}

/// Where the fields of a record lie.
#[derive(Clone, Copy)]
struct Record {
    flags: u32,
    contents: Option<u32>,
    name: u32,
}

const OLDER: Record = Record { flags: 20, contents: None, name: 44 };
const NEWER: Record = Record { flags: 4, contents: Some(28), name: 36 };

/// Ends a program that is not linked to load anything.
fn check_is_linked(thread: &ThreadState) -> Result<(), HostError> {
    if thread.is_linked() {
        return Ok(());
    }
    Err("the program opens a library, but was not linked to do so: link it with -sMAIN_MODULE".into())
}

fn is_newer(state: &ThreadState) -> bool {
    let linked = state.linked();
    linked.imports_of_main.get("_dlsym_js").is_some_and(|function| function.parameters.len() > 2)
}

/// `_dlopen_js`: loads the library of a record; whether it could.
pub(crate) fn open(thread: &ThreadState, caller: &mut Caller<'_>, handle: u32) -> Result<u32, HostError> {
    open_in(thread, caller.store(), handle).map(u32::from)
}

/// `_emscripten_dlopen_js`: the same when what runs now has returned, with a function for either case.
pub(crate) fn open_later(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    handle: u32,
    on_success: u32,
    on_error: u32,
) -> Result<(), HostError> {
    open_later_with_data(thread, caller, handle, on_success, on_error, 0)
}

/// `_emscripten_dlopen_js` of current releases, whose functions are given something more.
pub(crate) fn open_later_with_data(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    handle: u32,
    on_success: u32,
    on_error: u32,
    data: u32,
) -> Result<(), HostError> {
    check_is_linked(thread)?;
    thread.events.soon(Task::Open(Opening { handle, on_success, on_error, data })).map(drop)
}

impl Opening {
    /// Opens it; the function that is to be told, and what it takes.
    pub(crate) fn perform(self, thread: &ThreadState, store: &mut Store) -> Result<(u32, [Value; 2]), HostError> {
        let function = if open_in(thread, store, self.handle)? { self.on_success } else { self.on_error };
        Ok((function, [self.handle, self.data].map(|argument| Value::I32(argument.cast_signed()))))
    }
}

fn open_in(thread: &ThreadState, store: &mut Store, handle: u32) -> Result<bool, HostError> {
    check_is_linked(thread)?;
    let turn = Turn::take(thread, store)?;
    // Some releases ask again in each thread: that has followed by now.
    let is_open = thread.linked().by_handle.contains_key(&handle) || load_for(thread, store, handle)?;
    turn.end(thread, store)?;
    Ok(is_open)
}

/// Loads what a record asks for; whether it could.
fn load_for(thread: &ThreadState, store: &mut Store, handle: u32) -> Result<bool, HostError> {
    let state = thread.shared()?;
    let memory = thread.found_memory().ok_or("a library is opened before the program runs")?;
    let record = if is_newer(thread) { NEWER } else { OLDER };
    let read = |store: &Store, at: u32| memory.contents(store).ok()?.read_u32(u64::from(handle) + u64::from(at));
    let name = name_at(store, memory, handle.wrapping_add(record.name)).unwrap_or_default();
    let flags = read(store, record.flags).unwrap_or(0);
    let contents = record.contents.and_then(|at| {
        let (address, length) = (read(store, at)?, u64::from(read(store, at + 4)?));
        let contents = memory.contents(store).ok()?;
        let is_there = address != 0 && (1..=search::BYTES_MAX).contains(&length);
        if is_there { contents.read_vec(address.into(), length) } else { None }
    });
    let name = search::normalize(&name);
    let name = if contents.is_none() { search::find(thread, &name) } else { name };
    let request = ModuleRequest { name: &name, contents: contents.as_deref() };
    let mode = Mode { is_global: flags & GLOBAL != 0, may_wait: false };
    let loaded = load::load(&state, store, &request, mode, 0);
    match loaded.and_then(|library| note_handle(&state, handle, library)) {
        Ok(()) => Ok(true),
        Err(Failed::Told(reason)) => {
            set_error(&state, store, &format!("Could not load dynamic lib: {name}\n{reason}"))?;
            Ok(false)
        }
        Err(Failed::Ended(error)) => Err(error),
    }
}

fn note_handle(thread: &ThreadState, handle: u32, library: usize) -> Result<(), Failed> {
    /// What is noted of a handle, about.
    const BYTES: u64 = 64;
    if !thread.context.linked.keep(BYTES) {
        return Err(Failed::Told("Error: there is no memory left for its handle".to_owned()));
    }
    thread.linked().by_handle.insert(handle, library);
    Ok(())
}

fn name_at(store: &Store, memory: Memory, address: u32) -> Option<String> {
    read_text(&memory.contents(store).ok()?, address)
}

/// `_dlsym_js`: the address or the number of what a library, and what it needs, defines; 0 if it does not.
pub(crate) fn look_up(thread: &ThreadState, caller: &mut Caller<'_>, handle: u32, name: u32) -> Result<u32, HostError> {
    check_is_linked(thread)?;
    let memory = thread.exports(caller)?.memory;
    let store = caller.store();
    let name = name_at(store, memory, name).unwrap_or_default();
    let turn = Turn::take(thread, store)?;
    let value = value_of(thread, store, handle, &name)?;
    turn.end(thread, store)?;
    Ok(value)
}

fn value_of(thread: &ThreadState, store: &mut Store, handle: u32, name: &str) -> Result<u32, HostError> {
    let linked = thread.linked();
    let library = linked.by_handle.get(&handle).copied();
    let found = match library {
        Some(library) if library != 0 => linked.local(library, name),
        _ if handle == NEXT => linked.find_in(1..linked.libraries.len(), name),
        _ => linked.global(name),
    };
    let library_name = match library {
        Some(library) => linked.libraries[library].name.clone(),
        None => "RTLD_DEFAULT".to_owned(),
    };
    drop(linked);
    let is_of_all = library.is_none_or(|library| library == 0) && (handle == DEFAULT || library.is_some());
    let value = match found {
        Some(found) => entry::value(thread, store, &found).map(Some),
        None if is_of_all && entry::of_interface(thread, store, name)?.is_some() => {
            entry::number(thread, store, Source::Interface(name.to_owned())).map(Some)
        }
        None => Ok(None),
    };
    let told = match value {
        Ok(Some(value)) => return Ok(value),
        Err(Failed::Ended(error)) => return Err(error),
        Err(Failed::Told(reason)) => reason,
        Ok(None) => format!("Tried to lookup unknown symbol \"{name}\" in dynamic lib: {library_name}"),
    };
    set_error(thread, store, &told)?;
    Ok(0)
}

/// `_dlsym_js` of current releases: what other threads are to look up as well is not told, since they follow by themselves.
pub(crate) fn look_up_for_threads(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    handle: u32,
    name: u32,
    _index: u32,
) -> Result<u32, HostError> {
    look_up(thread, caller, handle, name)
}

/// `_dlsym_catchup_js`: what another thread has looked up, which this one has by now; whether it has.
pub(crate) fn catch_up(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    _handle: u32,
    _index: u32,
) -> Result<u32, HostError> {
    follow(thread, caller.store())?;
    Ok(1)
}

/// `_emscripten_dlsync_threads`: all threads follow what this one has loaded, which they do by themselves.
pub(crate) fn follow_in_all(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    Turn::take(thread, caller.store())?.end(thread, caller.store())
}

/// `_emscripten_dlsync_threads_async`: the same for another thread, which is told by a function when they have.
pub(crate) fn follow_in_all_for(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    _other: u32,
    callback: u32,
    context: u32,
) -> Result<(), HostError> {
    follow_in_all(thread, caller)?;
    let store = caller.store();
    let callback = thread.found_exports()?.function(store, callback)?;
    Export::new(store, callback)?.call(store, &[context]).map(drop)
}

/// Sets what `dlerror` gives.
fn set_error(thread: &ThreadState, store: &mut Store, message: &str) -> Result<(), HostError> {
    let main = thread.dynamic.instance(0);
    let Some(set) = main.and_then(|main| Export::find(store, main, "__dl_seterr")) else { return Ok(()) };
    let exports = thread.found_exports()?;
    let save = needed(exports.stack_save, "stackSave")?;
    let restore = needed(exports.stack_restore, "stackRestore")?;
    let allocate = needed(exports.stack_alloc, "stackAlloc")?;
    let stack = save.call(store, &[])?;
    // It is a format, which takes no arguments here.
    let bytes = [message.replace('%', "%%").as_bytes(), b"\0"].concat();
    let length = u32::try_from(bytes.len()).map_err(|_| HostError::from("a message is too long"))?;
    let address = allocate.call(store, &[length])?;
    let written = exports.memory.write(store, address.into(), &bytes);
    written.map_err(|error| HostError::Message(error.to_string()))?;
    set.call(store, &[address, 0])?;
    restore.call(store, &[stack]).map(drop)
}
