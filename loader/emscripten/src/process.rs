//! How a program starts and ends: its arguments, exit, abort, and whether there is something left to do.

use std::sync::atomic::{AtomicU32, Ordering};

use wasmc_loader::{Caller, GuestMemory, HostError, Instance, Outcome, Printable, Store, Value};
use wasmc_wasi::Errno;

use crate::dynamic;
use crate::exports::{Exports, call_u32, needed};
use crate::thread::ThreadState;

/// What programs find in their environment if they are given nothing else.
pub(crate) const DEFAULT_ENVIRONMENT: [(&str, &str); 6] = [
    ("USER", "web_user"),
    ("LOGNAME", "web_user"),
    ("PATH", "/"),
    ("PWD", "/"),
    ("HOME", "/home/web_user"),
    ("LANG", "C.UTF-8"),
];

/// How many reasons there are to stay when `main` has returned.
#[derive(Debug, Default)]
pub(crate) struct Keepalive(AtomicU32);

/// `exit`: does what is left to do, unless there is a reason to stay, and ends the program.
pub(crate) fn exit(thread: &ThreadState, caller: &mut Caller<'_>, status: i32) -> Result<(), HostError> {
    if thread.keepalive.0.load(Ordering::Relaxed) == 0 {
        let exports = thread.exports(caller)?;
        finish(&exports, caller.store())?;
    }
    Err(HostError::Exit(status))
}

/// `emscripten_force_exit`: likewise, whatever reason there is to stay.
pub(crate) fn force_exit(thread: &ThreadState, caller: &mut Caller<'_>, status: i32) -> Result<(), HostError> {
    thread.keepalive.0.store(0, Ordering::Relaxed);
    exit(thread, caller, status)
}

/// Runs the functions that are to run at exit, and writes what is not written yet, as far as the program has been linked
/// to do so (-sEXIT_RUNTIME).
fn finish(exports: &Exports, store: &mut Store) -> Result<(), HostError> {
    if let Some(functions_at_exit) = exports.functions_at_exit {
        call_u32(store, functions_at_exit, &[])?;
    }
    match (exports.close_streams, exports.flush) {
        (Some(close_streams), _) => call_u32(store, close_streams, &[]).map(drop),
        (None, Some(flush)) => call_u32(store, flush, &[0]).map(drop),
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
    call_u32(caller.store(), handler, &[signal]).map(drop)
}

/// `_emscripten_runtime_keepalive_clear`.
pub(crate) fn clear_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.keepalive.0.store(0, Ordering::Relaxed);
    Ok(())
}

/// `emscripten_runtime_keepalive_push`: one reason more to stay.
pub(crate) fn push_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.keepalive.0.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// `emscripten_runtime_keepalive_pop`: one less.
pub(crate) fn pop_keepalive(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    let _ =
        thread.keepalive.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_sub(1)));
    Ok(())
}

/// `emscripten_exit_with_live_runtime`: leaves `main` for what is still to come. With nothing to come, the program ends.
pub(crate) fn exit_with_live_runtime(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    dynamic::finish_opening(thread, caller.store())?;
    Err(HostError::Exit(0))
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
        addresses.push(call_u32(store, stack_alloc, &[length])?);
        let at = addresses[addresses.len() - 1];
        exports.memory.write(store, at.into(), &bytes).map_err(|error| HostError::Message(error.to_string()))?;
    }
    let count = addresses.len() as u32;
    addresses.push(0);
    let bytes: Vec<u8> = addresses.iter().flat_map(|address| address.to_le_bytes()).collect();
    let pointers = call_u32(store, stack_alloc, &[bytes.len() as u32])?;
    exports.memory.write(store, pointers.into(), &bytes).map_err(|error| HostError::Message(error.to_string()))?;
    Ok((count, pointers))
}

/// What comes after `main` has returned: the program's end, with what is left to do.
pub(crate) fn end(
    thread: &ThreadState,
    store: &mut Store,
    instance: Instance,
    outcome: Outcome,
) -> Result<Outcome, HostError> {
    let Outcome::Returned(values) = outcome else { return Ok(outcome) };
    let status = match values.first() {
        Some(Value::I32(status)) => *status,
        _ => 0,
    };
    let exports = thread.exports_of(store, instance)?;
    finish(&exports, store)?;
    Ok(Outcome::Exited(status))
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
