//! What a thread does from its first call to its last.

use wasmc_loader::{Caller, HostError, Outcome, Store, TrapCode, TrapReport, Value};

use super::Stack;
use crate::event_loop::{self, Called};
use crate::exports::{Exports, fit, needed};
use crate::thread::{Failed, Thread, ThreadState};
use crate::{dynamic, process};

/// What a stack is, unless a program is linked otherwise.
const STACK_BYTES_DEFAULT: u32 = 64 << 10;

/// Tells the C library on which thread it is, and makes the thread's own variables.
pub(super) fn initialize(thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
    let (exports, pthread, is_main) = (thread.found_exports()?, thread.pthread(), thread.is_main);
    let init = needed(exports.thread_init, "_emscripten_thread_init")?;
    let takes = init.parameter_count(store);
    // Its address; whether it is the browser's, and the program's, first; whether it may wait; in some releases the size
    // of others' stacks; in most, whether its times are measured.
    let stack_bytes = if is_main && takes >= 6 { first_stack_bytes(exports, store)? } else { 0 };
    let first = u32::from(is_main);
    let arguments = [pthread, first, first, 1, stack_bytes, 0];
    init.call(store, &arguments[..takes.min(arguments.len())])?;
    let block = exports.tls_init.map_or(Ok(0), |tls_init| tls_init.call(store, &[]))?;
    dynamic::set_first(thread, store, block)
}

/// The size of the first thread's stack, which is that of others unless they are linked otherwise.
fn first_stack_bytes(exports: &Exports, store: &mut Store) -> Result<u32, HostError> {
    let [Some(base), Some(end)] = [exports.stack_base, exports.stack_end] else { return Ok(STACK_BYTES_DEFAULT) };
    let (base, end) = (base.call(store, &[])?, end.call(store, &[])?);
    Ok(base.checked_sub(end).filter(|size| *size > 0).unwrap_or(STACK_BYTES_DEFAULT))
}

/// The life of a thread besides the first: how the program ended by it, if it did.
pub(super) fn run(thread: &Thread, store: &mut Store, stack: Stack, start: u32, argument: u32) -> Option<Outcome> {
    let state = thread.state();
    let registry = &state.context.pthreads.registry;
    registry.set_running(state.pthread());
    let outcome = match live(state, store, stack, start, argument) {
        Ok(Some(outcome)) => outcome,
        Ok(None) => {
            // What it could not give back is not worth more than the thread's end.
            let _ = dynamic::free_all(state, store);
            return None;
        }
        Err(Failed::Call(error)) => trap(error.to_string()),
        Err(Failed::Host(error)) => state.outcome_of(error).unwrap_or_else(|error| trap(error.to_string())),
    };
    match outcome {
        Outcome::Trapped(report) if report.code == TrapCode::Interrupted && registry.was_killed(state.pthread()) => {
            None
        }
        Outcome::Threw(uncaught) => Some(state.uncaught(store, uncaught)),
        outcome => Some(outcome),
    }
}

fn trap(message: String) -> Outcome {
    let report = TrapReport { code: TrapCode::Host, message: Some(message), frames: Vec::new(), frames_omitted: 0 };
    Outcome::Trapped(report)
}

fn live(
    state: &ThreadState,
    store: &mut Store,
    stack: Stack,
    start: u32,
    argument: u32,
) -> Result<Option<Outcome>, Failed> {
    let exports = state.found_exports()?;
    // Before anything is called that uses the stack: until then it is the first thread's.
    let limits = [stack.top, stack.top - stack.size];
    needed(exports.set_stack_limits, "emscripten_stack_set_limits")?.call(store, &limits)?;
    if let Some(set) = exports.set_checked_limits {
        set.call(store, &limits)?;
    }
    needed(exports.stack_restore, "stackRestore")?.call(store, &[stack.top])?;
    initialize(state, store)?;
    dynamic::start_following(state, store, limits)?;
    let start = exports.function(store, start)?;
    let arguments = fit(store, start, &[Value::I32(argument.cast_signed())]);
    match state.call(store, "a thread's function", start, &arguments)? {
        Called::Ended(outcome) => Ok(Some(outcome)),
        Called::Unwound if is_over(state, store)? => Ok(None),
        Called::Unwound => event_loop::run(state, store, || false),
        Called::Returned(value) => {
            let result = if let Some(Value::I32(result)) = value { result.cast_unsigned() } else { 0 };
            state.set_result(result);
            if state.events.has_reasons() {
                return event_loop::run(state, store, || false);
            }
            exit(state, store, result)
        }
    }
}

/// Ends the calling thread, as `pthread_exit` does.
pub(crate) fn exit(thread: &ThreadState, store: &mut Store, result: u32) -> Result<Option<Outcome>, Failed> {
    let exit = needed(thread.found_exports()?.thread_exit, "_emscripten_thread_exit")?;
    Ok(match thread.call(store, "_emscripten_thread_exit", exit.function(), &[Value::I32(result.cast_signed())])? {
        Called::Returned(_) | Called::Unwound => None,
        Called::Ended(outcome) => Some(outcome),
    })
}

/// Whether the program regards the calling thread as ended.
pub(crate) fn is_over(thread: &ThreadState, store: &mut Store) -> Result<bool, Failed> {
    match thread.found_exports()?.thread_self {
        Some(own) => Ok(own.call(store, &[])? == 0),
        None => Ok(!thread.events.has_reasons()),
    }
}

/// `__call_main`: runs `main` on a thread besides the first (-sPROXY_TO_PTHREAD), and ends the program after it.
pub(crate) fn call_main(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    count: u32,
    arguments: u32,
) -> Result<(), HostError> {
    call_main_and_return(thread, caller, count, arguments).map(drop)
}

/// The same where it is declared to return what `main` does.
pub(crate) fn call_main_and_return(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    count: u32,
    arguments: u32,
) -> Result<i32, HostError> {
    let exports = thread.exports(caller)?;
    let main = needed(exports.main, "main")?;
    let takes = main.parameter_count(caller.store());
    let status = main.call(caller.store(), &[count, arguments][..takes.min(2)])?.cast_signed();
    if !thread.events.has_reasons() {
        process::exit(thread, caller, status)?;
    }
    Ok(status)
}
