//! How a program starts and ends: its arguments, exit, abort, and whether there is something left to do.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wasmc_loader::{Caller, GuestMemory, HostError, Instance, Outcome, Printable, Store, TrapCode, Value};
use wasmc_wasi::Errno;

use crate::Context;
use crate::event_loop::{self, Called};
use crate::exports::{Export, Exports, needed};
use crate::thread::{Failed, ThreadState};

/// What programs find in their environment if they are given nothing else.
pub(crate) const DEFAULT_ENVIRONMENT: [(&str, &str); 6] = [
    ("USER", "web_user"),
    ("LOGNAME", "web_user"),
    ("PATH", "/"),
    ("PWD", "/"),
    ("HOME", "/home/web_user"),
    ("LANG", "C.UTF-8"),
];

/// How a program ends: what its threads share of that.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// What the program is to end with, as far as that is known.
    status: AtomicI32,
    /// Whether `exit` was called, or `main` has returned: other threads are not waited for any more.
    is_due: AtomicBool,
    /// Whether nothing keeps the program any more.
    must_end: AtomicBool,
    /// The thread that does what is left to do, by its address.
    owner: Mutex<Option<u32>>,
    /// Why the first thread stays, so far.
    pub(crate) reasons: Arc<AtomicU32>,
}

impl Context {
    pub(crate) fn exit_status(&self) -> i32 {
        self.ending.status.load(Ordering::Acquire)
    }

    /// Notes how the program is to end.
    pub(crate) fn set_exit_status(&self, status: i32) {
        self.ending.status.store(status, Ordering::Release);
        self.ending.is_due.store(true, Ordering::Release);
    }

    pub(crate) fn is_due_to_end(&self) -> bool {
        self.ending.is_due.load(Ordering::Acquire)
    }
}

impl ThreadState {
    /// Whether something keeps the thread when its own function has returned.
    pub(crate) fn keeps_alive(&self) -> bool {
        if !self.is_main {
            return self.events.has_reasons();
        }
        let can_end = self.context.ending.must_end.load(Ordering::Acquire)
            || self.found_exports().is_ok_and(|exports| exports.functions_at_exit.is_some());
        self.events.has_reasons() || !can_end
    }

    /// Whether something keeps the program from ending when this thread asks for that.
    fn program_stays(&self) -> bool {
        let ending = &self.context.ending;
        if ending.must_end.load(Ordering::Acquire) {
            return false;
        }
        if self.is_main { self.keeps_alive() } else { ending.reasons.load(Ordering::Acquire) > 0 }
    }
}

/// `exit`: does what is left to do, unless there is a reason to stay, and ends the program. Otherwise it leaves all of the
/// thread's functions, and the program ends with that status when nothing is to come any more.
pub(crate) fn exit(thread: &ThreadState, caller: &mut Caller<'_>, status: i32) -> Result<(), HostError> {
    let exports = thread.exports(caller)?;
    thread.context.set_exit_status(status);
    if thread.program_stays() {
        thread.context.pthreads.wake_main();
        return Err(thread.events.unwind(status));
    }
    own_end(thread, caller.store())?;
    finish(exports, caller.store())?;
    Err(HostError::Exit(status))
}

/// `emscripten_force_exit`: likewise, whatever reason there is to stay.
pub(crate) fn force_exit(thread: &ThreadState, caller: &mut Caller<'_>, status: i32) -> Result<(), HostError> {
    thread.context.ending.must_end.store(true, Ordering::Release);
    thread.events.clear_reasons();
    exit(thread, caller, status)
}

/// Of all threads that end the program, one does what is left to do; the others wait until they are stopped.
fn own_end(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    loop {
        {
            let mut owner = thread.context.ending.owner.lock().unwrap_or_else(PoisonError::into_inner);
            if *owner.get_or_insert(thread.pthread()) == thread.pthread() {
                return Ok(());
            }
        }
        if !store.park(None) {
            return Err(HostError::Trap(TrapCode::Interrupted));
        }
    }
}

/// Runs the functions that are to run at exit, and writes what is not written yet, as far as the program has been linked
/// to do so (-sEXIT_RUNTIME).
fn finish(exports: &Exports, store: &mut Store) -> Result<(), HostError> {
    if let Some(functions_at_exit) = exports.functions_at_exit {
        functions_at_exit.call(store, &[])?;
    }
    match (exports.close_streams, exports.flush) {
        (Some(close_streams), _) => close_streams.call(store, &[]).map(drop),
        (None, Some(flush)) => flush.call(store, &[0]).map(drop),
        (None, None) => Ok(()),
    }
}

/// `abort`.
pub(crate) fn abort(_: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    Err("the program called abort()".into())
}

/// `__assert_fail`: ends the program with what `assert` had to say.
pub(crate) fn assert_fail(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    condition: u32,
    file: u32,
    line: u32,
    function: u32,
) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program checks an assertion, but has no memory")?;
    let text = |address| read_text(&memory, address).unwrap_or_else(|| "unknown".to_owned());
    let (condition, file, function) = (text(condition), text(file), text(function));
    let (condition, file, function) = (Printable(&condition), Printable(&file), Printable(&function));
    Err(HostError::Message(format!("assertion failed: {condition} ({file}:{line}, in {function})")))
}

/// `__call_sighandler`: calls a handler that the program has set for a signal.
pub(crate) fn call_signal_handler(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    handler: u32,
    signal: u32,
) -> Result<(), HostError> {
    let handler = thread.exports(caller)?.function(caller.store(), handler)?;
    Export::new(caller.store(), handler)?.call(caller.store(), &[signal]).map(drop)
}

/// `_emscripten_runtime_keepalive_clear`: whatever reason there was to stay.
pub(crate) fn clear_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.context.ending.must_end.store(true, Ordering::Release);
    thread.events.clear_reasons();
    Ok(())
}

/// `emscripten_runtime_keepalive_push`: one reason more to stay.
pub(crate) fn push_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.events.push_reason();
    Ok(())
}

/// `emscripten_runtime_keepalive_pop`: one less.
pub(crate) fn pop_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.events.pop_reason();
    Ok(())
}

/// `emscripten_runtime_keepalive_check`: whether there is one.
pub(crate) fn is_kept_alive(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    thread.exports(caller)?;
    Ok(thread.keeps_alive().into())
}

/// `emscripten_exit_with_live_runtime`: leaves the thread's functions, and stays for what is still to come.
pub(crate) fn exit_with_live_runtime(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.events.push_reason();
    Err(thread.events.unwind(thread.context.exit_status()))
}

/// `emscripten_unwind_to_js_event_loop`: leaves the thread's functions for what is still to come.
pub(crate) fn leave_for_events(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    Err(thread.events.unwind(thread.context.exit_status()))
}

/// Writes the program's arguments to its stack, as `main` takes them: their number and the address of their addresses.
pub(crate) fn write_arguments(
    thread: &ThreadState,
    store: &mut Store,
    instance: Instance,
) -> Result<(u32, u32), HostError> {
    let exports = thread.exports_of(store, instance)?;
    let stack_alloc = needed(exports.stack_alloc, "stackAlloc")?;
    let mut addresses = Vec::new();
    for argument in thread.context.posix.arguments() {
        let bytes = [argument, b"\0"].concat();
        let length = u32::try_from(bytes.len()).map_err(|_| HostError::from("they are too long"))?;
        addresses.push(stack_alloc.call(store, &[length])?);
        let at = addresses[addresses.len() - 1];
        exports.memory.write(store, at.into(), &bytes).map_err(|error| HostError::Message(error.to_string()))?;
    }
    let count = addresses.len() as u32;
    addresses.push(0);
    let bytes: Vec<u8> = addresses.iter().flat_map(|address| address.to_le_bytes()).collect();
    let pointers = stack_alloc.call(store, &[bytes.len() as u32])?;
    exports.memory.write(store, pointers.into(), &bytes).map_err(|error| HostError::Message(error.to_string()))?;
    Ok((count, pointers))
}

/// The program's end on its first thread, with what is left to do.
pub(crate) fn end(thread: &ThreadState, store: &mut Store) -> Result<Outcome, Failed> {
    own_end(thread, store)?;
    finish(thread.found_exports()?, store)?;
    Ok(Outcome::Exited(thread.context.exit_status()))
}

/// What comes after `main`, which has returned or was left: what is to come, until that is nothing, and the program's end.
pub(crate) fn end_after(
    thread: &ThreadState,
    store: &mut Store,
    called: Called,
    is_proxied: bool,
) -> Result<Outcome, Failed> {
    match called {
        Called::Ended(outcome) => return Ok(outcome),
        Called::Unwound => {}
        // `main` is another thread's.
        Called::Returned(_) if is_proxied => {}
        Called::Returned(value) => {
            let status = if let Some(Value::I32(status)) = value { status } else { 0 };
            thread.context.set_exit_status(status);
            if !thread.keeps_alive() {
                return end(thread, store);
            }
        }
    }
    if let Some(outcome) = event_loop::run(thread, store, || !thread.context.is_due_to_end())? {
        return Ok(outcome);
    }
    // As where a program does not end by itself: nothing is to come, and the host goes.
    if thread.events.has_reasons() {
        own_end(thread, store)?;
        return Ok(Outcome::Exited(thread.context.exit_status()));
    }
    end(thread, store)
}

/// `__handle_stack_overflow`: the program, which checks that itself, has used up its stack.
pub(crate) fn stack_overflow(_: &ThreadState, _: &mut Caller<'_>, _stack: u32) -> Result<(), HostError> {
    Err("the program has used up its own stack (link it with -sSTACK_SIZE for more)".into())
}

/// The text at `address`, which ends with a NUL; `None` for none.
pub(crate) fn read_text(memory: &GuestMemory<'_>, address: u32) -> Option<String> {
    (address != 0).then(|| Some(String::from_utf8_lossy(&read_bytes(memory, address)?).into_owned()))?
}

/// The bytes from `address` to a NUL.
pub(crate) fn read_bytes(memory: &GuestMemory<'_>, address: u32) -> Option<Vec<u8>> {
    /// More than any path, message or pattern has.
    const LENGTH_MAX: u64 = 1 << 20;
    let mut bytes = Vec::new();
    for offset in 0..LENGTH_MAX {
        match memory.read_u8(u64::from(address) + offset)? {
            0 => return Some(bytes),
            byte => bytes.push(byte),
        }
    }
    None
}

/// `getentropy`: random bytes, at most 256; -1 if there are to be more.
pub(crate) fn entropy(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    buffer: u32,
    length: u32,
) -> Result<i32, HostError> {
    if length > 256 {
        return thread.fail(caller, Errno::Io);
    }
    let memory = caller.memory().ok_or("the program has no memory")?;
    match thread.context.posix.wasi().fill_random(&memory, buffer, length) {
        Ok(()) => Ok(0),
        Err(error) => thread.fail(caller, error),
    }
}

/// `system`, and what it is called in current releases: programs start no others. Asked whether they could, the answer is
/// no.
pub(crate) fn system(thread: &ThreadState, caller: &mut Caller<'_>, command: u32) -> Result<i32, HostError> {
    if command == 0 { Ok(0) } else { thread.fail(caller, Errno::Nosys) }
}

/// `emscripten_has_asyncify`: whether the program was linked with -sASYNCIFY.
pub(crate) fn has_asyncify(_: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    let instance = caller.instance().ok_or("a function of the interface was called by no program")?;
    Ok(instance.function(caller.store(), "asyncify_start_unwind").is_some().into())
}

/// `emscripten_is_main_browser_thread`, `emscripten_is_main_runtime_thread`: whether the program started with this thread.
pub(crate) fn is_first_thread(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(thread.is_main.into())
}

/// What a program asks for that there is not: no.
pub(crate) fn no(_: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(0)
}

/// What means something to who develops a program in a browser only.
pub(crate) fn nothing(_: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    Ok(())
}

/// Likewise, with a parameter.
pub(crate) fn nothing_of(_: &ThreadState, _: &mut Caller<'_>, _: u32) -> Result<(), HostError> {
    Ok(())
}

/// `_emscripten_get_progname`: the program's own name, cut off where the buffer ends.
pub(crate) fn own_name(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    buffer: u32,
    length: u32,
) -> Result<(), HostError> {
    write_name(thread, caller, buffer, length).map(drop)
}

/// `emscripten_get_module_name`: likewise; how many bytes.
pub(crate) fn module_name(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    buffer: u32,
    length: u32,
) -> Result<u32, HostError> {
    write_name(thread, caller, buffer, length)
}

fn write_name(thread: &ThreadState, caller: &Caller<'_>, buffer: u32, length: u32) -> Result<u32, HostError> {
    let Some(room) = length.checked_sub(1) else { return Ok(0) };
    let name = thread.context.posix.arguments().next().unwrap_or_default();
    let kept = &name[..name.len().min(room as usize)];
    let memory = caller.memory().ok_or("the program has no memory")?;
    memory
        .write_bytes(buffer.into(), &[kept, b"\0"].concat())
        .ok_or("a buffer lies outside of the program's memory")?;
    Ok(kept.len() as u32)
}

/// `getloadavg`: nobody knows how busy the system is; at most three numbers say that it is not.
pub(crate) fn load_average(
    _: &ThreadState,
    caller: &mut Caller<'_>,
    numbers: u32,
    count: i32,
) -> Result<i32, HostError> {
    let count = count.clamp(0, 3);
    let memory = caller.memory().ok_or("the program has no memory")?;
    let bytes = memory.fill(numbers.into(), 8 * u64::from(count.unsigned_abs()), 0);
    bytes.map(|()| count).ok_or_else(|| "a buffer lies outside of the program's memory".into())
}

/// `segfault`, `alignfault`: a program that checks its own accesses has found a bad one.
pub(crate) fn bad_access(_: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    Err("the program has found a memory access of its own to be wrong".into())
}
