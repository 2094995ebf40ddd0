//! Functions that schedule others, `emscripten_set_timeout` and its like, and what is done when their time has come.

use wasmc_loader::{Caller, HostError, Outcome, Store, Value};

use super::{Called, Events, Queues, call_back, end_unless_kept, main_loop};
use crate::dynamic::Opening;
use crate::exports::needed;
use crate::thread::{Failed, ThreadState};

const MONOTONIC: u32 = 1;
const MILLISECOND: u64 = 1_000_000;
/// What JavaScript's timers can wait for; more is as little as there is.
const MILLISECONDS_MAX: f64 = 2_147_483_647.0;
/// `SIGALRM`
const ALARM: i32 = 14;

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// Calls `function(argument)`.
    Call { function: u32, argument: u32 },
    /// Likewise, every so many nanoseconds.
    Interval { function: u32, argument: u32, nanoseconds: u64 },
    /// Calls `function(time, argument)`, and again as long as it says so.
    TimeoutLoop { function: u32, argument: u32, milliseconds: f64 },
    /// Calls `function(argument)`, and again as long as it says so.
    ImmediateLoop { function: u32, argument: u32 },
    /// Calls `function(time, argument)` when a picture would be drawn, and again if `repeats` and as long as it says so.
    Frame { function: u32, argument: u32, repeats: bool },
    /// A turn of the main loop that had this number.
    MainLoop { generation: u32 },
    /// An interval timer of the C library's.
    IntervalTimer { which: u32 },
    /// `alarm`.
    Alarm,
    /// Opens a library, and calls a function that learns whether it could be.
    Open(Opening),
}

impl Task {
    /// Whether the thread stays for it.
    fn is_reason(self) -> bool {
        !matches!(self, Self::MainLoop { .. } | Self::IntervalTimer { .. } | Self::Alarm)
    }
}

/// Nanoseconds on the clock that timers go by.
pub(crate) fn now(thread: &ThreadState) -> Result<u64, HostError> {
    let now = thread.context.posix.wasi().now(MONOTONIC);
    now.map_err(|_| HostError::Message("the clock cannot be read".to_owned()))
}

/// Nanoseconds, as a timer of JavaScript's takes milliseconds: whole ones, at least one.
fn delay(milliseconds: f64) -> u64 {
    // What is no number is the least as well.
    if (1.0..=MILLISECONDS_MAX).contains(&milliseconds) { milliseconds as u64 * MILLISECOND } else { MILLISECOND }
}

/// When a timer is due that is set now for so many milliseconds.
fn after(thread: &ThreadState, milliseconds: f64) -> Result<u64, HostError> {
    Ok(now(thread)?.saturating_add(delay(milliseconds)))
}

impl Queues {
    fn number(&mut self) -> u32 {
        self.last_number = self.last_number % (i32::MAX as u32) + 1;
        self.last_number
    }

    fn insert(&mut self, time: u64, number: u32, task: Task) {
        self.last_sequence += 1;
        let place = (time, self.last_sequence);
        self.timed.insert(place, (number, task));
        self.places.insert(number, place);
    }

    fn remove(&mut self, number: u32) -> Option<Task> {
        if let Some(place) = self.places.remove(&number) {
            return self.timed.remove(&place).map(|(_, task)| task);
        }
        let index = self.immediate.iter().position(|(other, _)| *other == number)?;
        self.immediate.remove(index).map(|(_, task)| task)
    }

    /// When the next picture would be drawn: 60 times a second.
    fn next_frame_time(&mut self, now: u64) -> u64 {
        const PERIOD: u64 = 1_000_000_000 / 60;
        /// Who is nearly late waits for the one after.
        const TOLERANCE: u64 = 2 * MILLISECOND;
        let late = now.saturating_add(TOLERANCE);
        if self.next_frame == 0 {
            self.next_frame = now.saturating_add(PERIOD);
        } else if late >= self.next_frame {
            let periods = (late - self.next_frame) / PERIOD + 1;
            self.next_frame = self.next_frame.saturating_add(periods.saturating_mul(PERIOD));
        }
        self.next_frame
    }
}

impl Events {
    /// Schedules `task` for the time `time`; its number.
    ///
    /// # Errors
    ///
    /// If there is too much to come.
    pub(super) fn at(&self, time: u64, task: Task) -> Result<u32, HostError> {
        let mut queues = self.queues();
        queues.count(1)?;
        if task.is_reason() {
            self.push_reason();
        }
        let number = queues.number();
        queues.insert(time, number, task);
        Ok(number)
    }

    /// Schedules `task` for when what runs now has returned; its number.
    ///
    /// # Errors
    ///
    /// If there is too much to come.
    pub(crate) fn soon(&self, task: Task) -> Result<u32, HostError> {
        let mut queues = self.queues();
        queues.count(1)?;
        if task.is_reason() {
            self.push_reason();
        }
        let number = queues.number();
        queues.immediate.push_back((number, task));
        Ok(number)
    }

    pub(super) fn at_frame(&self, now: u64, task: Task) -> Result<u32, HostError> {
        let time = self.queues().next_frame_time(now);
        self.at(time, task)
    }

    fn cancel(&self, number: u32) {
        let removed = self.queues().remove(number);
        if removed.is_some_and(Task::is_reason) {
            self.pop_reason();
        }
    }
}

/// Does what was scheduled; how the program ended, if it did.
pub(super) fn perform(
    thread: &ThreadState,
    store: &mut Store,
    number: u32,
    task: Task,
) -> Result<Option<Outcome>, Failed> {
    let events = &thread.events;
    match task {
        Task::Interval { nanoseconds, .. } => {
            // Before the call, which may cancel it.
            let time = now(thread)?.saturating_add(nanoseconds);
            events.queues().insert(time, number, task);
        }
        _ if task.is_reason() => events.pop_reason(),
        _ => {}
    }
    let called = match task {
        Task::Call { function, argument }
        | Task::Interval { function, argument, .. }
        | Task::ImmediateLoop { function, argument } => {
            call_back(thread, store, function, &[Value::I32(argument.cast_signed())])?
        }
        Task::TimeoutLoop { function, argument, milliseconds } => {
            return timeout_loop(thread, store, function, argument, milliseconds);
        }
        Task::Frame { function, argument, .. } => {
            let time = Value::F64((now(thread)? as f64 / MILLISECOND as f64).to_bits());
            call_back(thread, store, function, &[time, Value::I32(argument.cast_signed())])?
        }
        Task::MainLoop { generation } => return main_loop::turn(thread, store, generation),
        Task::IntervalTimer { which } => {
            let function = needed(thread.found_exports()?.timeout, "_emscripten_timeout")?;
            let time = Value::F64((now(thread)? as f64 / MILLISECOND as f64).to_bits());
            thread.call(store, "_emscripten_timeout", function.function(), &[Value::I32(which.cast_signed()), time])?
        }
        Task::Alarm => {
            let raise = needed(thread.found_exports()?.raise, "raise")?;
            thread.call(store, "raise", raise.function(), &[Value::I32(ALARM)])?
        }
        Task::Open(opening) => {
            let (function, arguments) = opening.perform(thread, store)?;
            call_back(thread, store, function, &arguments)?
        }
    };
    let goes_on = match called {
        Called::Ended(end) => return Ok(Some(end)),
        Called::Unwound => return Ok(None),
        Called::Returned(result) => matches!(result, Some(Value::I32(again)) if again != 0),
    };
    if goes_on {
        match task {
            Task::ImmediateLoop { .. } => drop(events.soon(task)?),
            Task::Frame { repeats: true, .. } => drop(events.at_frame(now(thread)?, task)?),
            _ => {}
        }
    }
    end_unless_kept(thread, store)
}

fn timeout_loop(
    thread: &ThreadState,
    store: &mut Store,
    function: u32,
    argument: u32,
    milliseconds: f64,
) -> Result<Option<Outcome>, Failed> {
    let start = now(thread)?;
    let time = Value::F64((start as f64 / MILLISECOND as f64).to_bits());
    let goes_on = match call_back(thread, store, function, &[time, Value::I32(argument.cast_signed())])? {
        Called::Ended(end) => return Ok(Some(end)),
        Called::Unwound => return Ok(None),
        Called::Returned(result) => matches!(result, Some(Value::I32(again)) if again != 0),
    };
    if goes_on {
        // Counted from the call's start.
        let passed = now(thread)?.saturating_sub(start) as f64 / MILLISECOND as f64;
        let next = after(thread, milliseconds - passed)?;
        thread.events.at(next, Task::TimeoutLoop { function, argument, milliseconds })?;
    }
    end_unless_kept(thread, store)
}

/// `emscripten_set_timeout`: calls `function(argument)` after so many milliseconds; a number to cancel that by.
pub(crate) fn set_timeout(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    milliseconds: f64,
    argument: u32,
) -> Result<u32, HostError> {
    thread.events.at(after(thread, milliseconds)?, Task::Call { function, argument })
}

/// `emscripten_clear_timeout`, and the others that take a number back.
pub(crate) fn clear(thread: &ThreadState, _: &mut Caller<'_>, number: u32) -> Result<(), HostError> {
    thread.events.cancel(number);
    Ok(())
}

/// `emscripten_set_timeout_loop`.
pub(crate) fn set_timeout_loop(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    milliseconds: f64,
    argument: u32,
) -> Result<(), HostError> {
    let task = Task::TimeoutLoop { function, argument, milliseconds };
    thread.events.at(after(thread, 0.0)?, task).map(drop)
}

/// `emscripten_set_interval`.
pub(crate) fn set_interval(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    milliseconds: f64,
    argument: u32,
) -> Result<u32, HostError> {
    let nanoseconds = delay(milliseconds);
    thread.events.at(after(thread, milliseconds)?, Task::Interval { function, argument, nanoseconds })
}

/// `emscripten_set_immediate`.
pub(crate) fn set_immediate(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
) -> Result<u32, HostError> {
    thread.events.soon(Task::Call { function, argument })
}

/// `emscripten_set_immediate_loop`.
pub(crate) fn set_immediate_loop(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
) -> Result<(), HostError> {
    thread.events.soon(Task::ImmediateLoop { function, argument }).map(drop)
}

/// `emscripten_queue_microtask`: calls `function(argument)` as soon as what runs now has returned.
pub(crate) fn queue_microtask(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
) -> Result<(), HostError> {
    let mut queues = thread.events.queues();
    queues.count(1)?;
    thread.events.push_reason();
    queues.micro.push_back(Task::Call { function, argument });
    Ok(())
}

/// `emscripten_async_call`: calls `function(argument)` after so many milliseconds.
pub(crate) fn call_later(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
    milliseconds: i32,
) -> Result<(), HostError> {
    thread.events.at(after(thread, milliseconds.into())?, Task::Call { function, argument }).map(drop)
}

/// `emscripten_request_animation_frame`: calls `function(time, argument)` when a picture would be drawn.
pub(crate) fn request_frame(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
) -> Result<u32, HostError> {
    thread.events.at_frame(now(thread)?, Task::Frame { function, argument, repeats: false })
}

/// `emscripten_request_animation_frame_loop`.
pub(crate) fn request_frames(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    function: u32,
    argument: u32,
) -> Result<(), HostError> {
    thread.events.at_frame(now(thread)?, Task::Frame { function, argument, repeats: true }).map(drop)
}

/// `_setitimer_js`: sets one of the C library's interval timers off after so many milliseconds, or stops it.
pub(crate) fn set_interval_timer(
    thread: &ThreadState,
    _: &mut Caller<'_>,
    which: u32,
    milliseconds: f64,
) -> Result<i32, HostError> {
    let is_it = |task: &Task| matches!(task, Task::IntervalTimer { which: other } if *other == which);
    let before = thread.events.queues().timed.values().find(|(_, task)| is_it(task)).map(|(number, _)| *number);
    if let Some(number) = before {
        thread.events.cancel(number);
    }
    if milliseconds != 0.0 {
        thread.events.at(after(thread, milliseconds)?, Task::IntervalTimer { which })?;
    }
    Ok(0)
}

/// `alarm`: sends the signal after so many seconds; what an earlier one had left is not told.
pub(crate) fn alarm(thread: &ThreadState, _: &mut Caller<'_>, seconds: u32) -> Result<u32, HostError> {
    thread.events.at(after(thread, f64::from(seconds) * 1000.0)?, Task::Alarm)?;
    Ok(0)
}
