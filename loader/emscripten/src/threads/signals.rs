//! What threads tell each other: that there is work, that one is to end.

use wasmc_loader::{Caller, HostError, Outcome, Store, TrapCode, Value};
use wasmc_wasi::Errno;

use super::inbox::Message;
use super::{INTERVAL, life, mark_dead, memory_of};
use crate::event_loop::{Called, end_unless_kept};
use crate::exports::needed;
use crate::thread::{Failed, ThreadState};

/// What signals have numbers below.
const SIGNAL_END: i32 = 65;
/// What the C library cancels threads by.
const SIGNAL_CANCEL: i32 = 33;
/// What a thread that was cancelled ends with.
const CANCELLED: u32 = u32::MAX;
/// How often a thread that is to be stopped is told so, before it is left alone.
const ATTEMPTS: u32 = 40;

/// Does what a message asks for; how the program ended, if it did.
pub(crate) fn receive(thread: &ThreadState, store: &mut Store, message: Message) -> Result<Option<Outcome>, Failed> {
    let exports = thread.found_exports()?;
    let (name, function, argument, ends_thread) = match message {
        Message::Queue if thread.is_main => {
            ("emscripten_main_thread_process_queued_calls", exports.main_queue, None, false)
        }
        Message::Queue => ("emscripten_current_thread_process_queued_calls", exports.own_queue, None, false),
        Message::Proxied { queue, ends_thread } => {
            ("emscripten_proxy_execute_queue", exports.execute_queue, Some(queue), ends_thread)
        }
        Message::Mailbox => ("_emscripten_check_mailbox", exports.check_mailbox, None, true),
        Message::Cancel => return life::exit(thread, store, CANCELLED),
    };
    let argument = argument.map(|argument| Value::I32(argument.cast_signed()));
    match thread.call(store, name, needed(function, name)?.function(), argument.as_slice())? {
        Called::Ended(outcome) => Ok(Some(outcome)),
        Called::Returned(_) if ends_thread && !life::is_over(thread, store)? => end_unless_kept(thread, store),
        Called::Returned(_) | Called::Unwound => Ok(None),
    }
}

fn notify(thread: &ThreadState, target: u32, message: Message) -> Result<bool, HostError> {
    thread.context.pthreads.registry.send(target, message)
}

/// `_emscripten_notify_thread_queue`: a thread has calls in its queue; 0 if there is no such thread.
pub(crate) fn notify_queue(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    target: u32,
    _first: u32,
) -> Result<u32, HostError> {
    notify(thread, target, Message::Queue).map(u32::from)
}

/// `_emscripten_notify_proxying_queue`: likewise for the queue at an address.
pub(crate) fn notify_proxying_queue(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    target: u32,
    _current: u32,
    _first: u32,
    queue: u32,
) -> Result<u32, HostError> {
    notify(thread, target, Message::Proxied { queue, ends_thread: false }).map(u32::from)
}

/// `_emscripten_notify_task_queue`: what the same was called later.
pub(crate) fn notify_task_queue(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    target: u32,
    _current: u32,
    _first: u32,
    queue: u32,
) -> Result<(), HostError> {
    notify(thread, target, Message::Proxied { queue, ends_thread: true }).map(drop)
}

/// The same where it is declared to say whether there is such a thread.
pub(crate) fn notify_task_queue_and_return(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    target: u32,
    _current: u32,
    _first: u32,
    queue: u32,
) -> Result<u32, HostError> {
    notify(thread, target, Message::Proxied { queue, ends_thread: true }).map(u32::from)
}

/// `_emscripten_notify_mailbox_postmessage`: a thread has something in its mailbox.
pub(crate) fn notify_mailbox(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    target: u32,
    _current: u32,
) -> Result<(), HostError> {
    notify(thread, target, Message::Mailbox).map(drop)
}

/// The same, where it is told the first thread as well.
pub(crate) fn notify_mailbox_of_first(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    target: u32,
    current: u32,
    _first: u32,
) -> Result<(), HostError> {
    notify_mailbox(thread, caller, target, current)
}

/// `pthread_kill`, where the C library does not have it itself: cancels a thread, or stops it for good.
pub(crate) fn kill(thread: &ThreadState, caller: &mut Caller<'_>, target: u32, signal: i32) -> Result<u32, HostError> {
    let none = Ok(u32::from(Errno::Srch.number()));
    if !(0..SIGNAL_END).contains(&signal) {
        return Ok(Errno::Inval.number().into());
    }
    let registry = &thread.context.pthreads.registry;
    if registry.main() == Some(target) {
        return if signal == 0 { Ok(0) } else { none };
    }
    // What the C library keeps of a thread begins with its own address.
    if target == 0 || memory_of(caller)?.read_u32(target.into()) != Some(target) {
        return none;
    }
    match signal {
        0 => {}
        SIGNAL_CANCEL => {
            registry.send(target, Message::Cancel)?;
        }
        _ => {
            mark_dead(caller, target)?;
            let Some(handle) = registry.kill(target) else { return Ok(0) };
            handle.interrupt();
            for _ in 0..ATTEMPTS {
                if target == thread.pthread() || !registry.wait_until_gone(target) {
                    break;
                }
                handle.interrupt();
                if !caller.store().park(Some(INTERVAL)) {
                    return Err(HostError::Trap(TrapCode::Interrupted));
                }
            }
        }
    }
    Ok(0)
}
