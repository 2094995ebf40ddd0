//! `emscripten_set_main_loop` and its like: a function that is called for each picture, or so many times a second.

use std::collections::VecDeque;

use wasmc_loader::{Caller, HostError, Outcome, Store, TrapCode, Value};

use super::timers::{Task, now};
use super::{Called, call_back, end_unless_kept};
use crate::thread::{Failed, ThreadState};

const MILLISECOND: f64 = 1_000_000.0;

/// One thread's main loop. There is one at a time.
#[derive(Debug, Default)]
pub(super) struct MainLoop {
    /// What is called, and with what; `None` for no loop.
    function: Option<(u32, Option<u32>)>,
    /// Turns that were scheduled for another number are over.
    generation: u32,
    mode: Mode,
    /// Milliseconds from one turn to the next, or pictures.
    value: f64,
    /// Whether its time was set, which keeps the thread.
    is_running: bool,
    turns: u32,
    /// When the last turn has begun.
    turn_start: u64,
    /// What is done before the loop goes on: functions and their arguments.
    pub(super) blockers: VecDeque<(u32, u32)>,
}

/// By what turns come, as programs number it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Time = 0,
    Frames = 1,
    Immediately = 2,
}

impl MainLoop {
    /// What was scheduled is over.
    fn begin_generation(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }
}

/// `emscripten_set_main_loop`.
pub(crate) fn set(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    per_second: i32,
    leaves: u32,
) -> Result<(), HostError> {
    start(thread, (function, None), per_second, leaves != 0)
}

/// `emscripten_set_main_loop_arg`.
pub(crate) fn set_with_argument(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
    per_second: i32,
    leaves: u32,
) -> Result<(), HostError> {
    start(thread, (function, Some(argument)), per_second, leaves != 0)
}

fn start(thread: &ThreadState, function: (u32, Option<u32>), per_second: i32, leaves: bool) -> Result<(), HostError> {
    {
        let main_loop = &mut thread.events.queues().main_loop;
        if main_loop.function.is_some() {
            return Err("the program sets a main loop while it has one: emscripten_cancel_main_loop ends that".into());
        }
        main_loop.function = Some(function);
        main_loop.is_running = false;
    }
    if per_second > 0 {
        set_mode(thread, Mode::Time, 1000.0 / f64::from(per_second));
    } else {
        set_mode(thread, Mode::Frames, 1.0);
    }
    schedule(thread)?;
    // What `main` has on its stack lives on: nothing returns from there.
    if leaves { Err(thread.events.unwind(thread.context.exit_status())) } else { Ok(()) }
}

/// Whether there is a loop.
fn set_mode(thread: &ThreadState, mode: Mode, value: f64) -> bool {
    let main_loop = &mut thread.events.queues().main_loop;
    (main_loop.mode, main_loop.value) = (mode, value);
    if main_loop.function.is_none() {
        return false;
    }
    if !std::mem::replace(&mut main_loop.is_running, true) {
        thread.events.push_reason();
    }
    true
}

/// `emscripten_set_main_loop_timing`: 1 if there is no loop.
pub(crate) fn set_timing(thread: &ThreadState, _: &mut Caller<'_>, mode: u32, value: i32) -> Result<u32, HostError> {
    let mode = match mode {
        0 => Mode::Time,
        1 => Mode::Frames,
        2 => Mode::Immediately,
        _ => return Ok(1),
    };
    Ok(u32::from(!set_mode(thread, mode, value.into())))
}

/// `emscripten_get_main_loop_timing`.
pub(crate) fn timing(thread: &ThreadState, caller: &mut Caller<'_>, mode: u32, value: u32) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program has no memory")?;
    let (of_mode, of_value) = {
        let main_loop = &thread.events.queues().main_loop;
        (main_loop.mode as u32, main_loop.value as i32 as u32)
    };
    for (address, number) in [(mode, of_mode), (value, of_value)] {
        if address != 0 {
            memory.write_u32(address.into(), number).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
        }
    }
    Ok(())
}

/// `emscripten_cancel_main_loop`.
pub(crate) fn cancel(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    let main_loop = &mut thread.events.queues().main_loop;
    main_loop.begin_generation();
    main_loop.function = None;
    Ok(())
}

/// `emscripten_pause_main_loop`.
pub(crate) fn pause(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    thread.events.queues().main_loop.begin_generation();
    Ok(())
}

/// `emscripten_resume_main_loop`.
pub(crate) fn resume(thread: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    let (mode, value) = {
        let main_loop = &mut thread.events.queues().main_loop;
        main_loop.begin_generation();
        main_loop.is_running = false;
        (main_loop.mode, main_loop.value)
    };
    if set_mode(thread, mode, value) { schedule(thread) } else { Ok(()) }
}

/// `_emscripten_push_main_loop_blocker` and the uncounted one: does something before the loop goes on.
pub(crate) fn push_blocker(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
    _name: u32,
) -> Result<(), HostError> {
    let mut queues = thread.events.queues();
    queues.count(1)?;
    queues.main_loop.blockers.push_back((function, argument));
    Ok(())
}

/// `emscripten_set_main_loop_expected_blockers`: for a page that shows how far it has come.
pub(crate) fn expect_blockers(_: &ThreadState, _: &mut Caller<'_>, _count: i32) -> Result<(), HostError> {
    Ok(())
}

/// Schedules the next turn.
fn schedule(thread: &ThreadState) -> Result<(), HostError> {
    let now = now(thread)?;
    let (task, mode, next) = {
        let main_loop = &thread.events.queues().main_loop;
        let next = main_loop.turn_start.saturating_add((main_loop.value.max(0.0) * MILLISECOND) as u64);
        (Task::MainLoop { generation: main_loop.generation }, main_loop.mode, next)
    };
    match mode {
        Mode::Time => thread.events.at(next.max(now.saturating_add(MILLISECOND as u64)), task),
        Mode::Frames => thread.events.at_frame(now, task),
        Mode::Immediately => thread.events.soon(task),
    }
    .map(drop)
}

/// What a turn has to do.
enum Turn {
    /// Its loop is over.
    Stale,
    Block(u32, u32),
    Skip,
    Call(u32, Option<u32>),
}

/// One turn; how the program ended, if it did.
pub(super) fn turn(thread: &ThreadState, store: &mut Store, generation: u32) -> Result<Option<Outcome>, Failed> {
    let now = now(thread)?;
    let next = {
        let main_loop = &mut thread.events.queues().main_loop;
        if let Some((function, argument)) = main_loop.blockers.pop_front() {
            Turn::Block(function, argument)
        } else if main_loop.generation != generation {
            Turn::Stale
        } else {
            main_loop.turns = main_loop.turns.wrapping_add(1);
            let nth = main_loop.value as u32;
            if main_loop.mode == Mode::Frames && nth > 1 && !main_loop.turns.is_multiple_of(nth) {
                Turn::Skip
            } else {
                main_loop.turn_start = now;
                main_loop.function.map_or(Turn::Stale, |(function, argument)| Turn::Call(function, argument))
            }
        }
    };
    let is_stale = || thread.events.queues().main_loop.generation != generation;
    match next {
        Turn::Stale => leave(thread, store),
        Turn::Skip => schedule(thread).map(|()| None).map_err(Failed::from),
        Turn::Block(function, argument) => {
            if let Called::Ended(end) = call_back(thread, store, function, &[Value::I32(argument.cast_signed())])? {
                return Ok(Some(end));
            }
            if is_stale() {
                return leave(thread, store);
            }
            thread.events.at(now, Task::MainLoop { generation })?;
            Ok(None)
        }
        Turn::Call(function, argument) => {
            let argument = argument.map(|argument| Value::I32(argument.cast_signed()));
            match call_back(thread, store, function, argument.as_slice())? {
                Called::Ended(end) => return Ok(Some(end)),
                // An exit that something keeps from happening leaves the loop as it is.
                Called::Unwound => {}
                Called::Returned(_) => {
                    if let Some(end) = end_unless_kept(thread, store)? {
                        return Ok(Some(end));
                    }
                }
            }
            if is_stale() {
                return leave(thread, store);
            }
            schedule(thread)?;
            Ok(None)
        }
    }
}

/// The loop that a turn was for is over: it keeps the thread no more.
fn leave(thread: &ThreadState, store: &mut Store) -> Result<Option<Outcome>, Failed> {
    thread.events.pop_reason();
    end_unless_kept(thread, store)
}
