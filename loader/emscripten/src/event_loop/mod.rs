//! What a program has still to do when `main` has returned, or was left: timers, a main loop, messages from other threads.
//!
//! ```text
//! functions that schedule ► a thread's [`Events`] ► [`run`], which calls the program back, until there is nothing to come
//! ```
//!
//! Time is the program's clock. A call back is bracketed as Emscripten's JavaScript does it: when it has returned, and
//! nothing keeps the thread any more, the thread ends, and with the first one the program.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Function, HostError, Outcome, Store, TrapCode, TrapReport, Value};
use wasmc_wasi::{HostMemory, Kept};

use crate::exports::fit;
use crate::process;
use crate::thread::{Failed, ThreadState};
use crate::threads::{self, Message};

pub(crate) mod main_loop;
pub(crate) mod timers;

use main_loop::MainLoop;
use timers::Task;

/// One thread's.
#[derive(Debug)]
pub(crate) struct Events {
    queues: Mutex<Queues>,
    /// How many reasons there are to stay when the thread's own function has returned; other threads look at the first
    /// thread's.
    reasons: Arc<AtomicU32>,
    /// Whether the program's functions were left for what is still to come.
    unwound: AtomicBool,
}

/// What is to come.
#[derive(Debug)]
struct Queues {
    /// What all of it takes.
    kept: Kept,
    last_number: u32,
    last_sequence: u64,
    /// By the time in nanoseconds, and in the order in which they were set.
    timed: BTreeMap<(u64, u64), (u32, Task)>,
    /// Where in `timed` each number is.
    places: BTreeMap<u32, (u64, u64)>,
    immediate: VecDeque<(u32, Task)>,
    /// Before anything else.
    micro: VecDeque<Task>,
    main_loop: MainLoop,
    /// When the next picture would be drawn, if there were something to draw on.
    next_frame: u64,
}

impl Queues {
    fn new(memory: &HostMemory) -> Self {
        Self {
            kept: Kept::new(memory),
            last_number: 0,
            last_sequence: 0,
            timed: BTreeMap::new(),
            places: BTreeMap::new(),
            immediate: VecDeque::new(),
            micro: VecDeque::new(),
            main_loop: MainLoop::default(),
            next_frame: 0,
        }
    }

    /// Counts what the host keeps: all that is to come, and so much more.
    ///
    /// # Errors
    ///
    /// If that is too much: the program ends.
    fn count(&mut self, more: usize) -> Result<(), HostError> {
        /// What one thing takes, about.
        const TASK_BYTES: u64 = 192;
        /// Room for more is given back when nothing is in it.
        const FEW: usize = 16;
        let blockers = &mut self.main_loop.blockers;
        let count = self.timed.len() + self.immediate.len() + self.micro.len() + blockers.len() + more;
        if !self.kept.set(count as u64 * TASK_BYTES) {
            return Err("the program has more to do later than the host keeps for it".into());
        }
        if self.immediate.is_empty() {
            self.immediate.shrink_to(FEW);
        }
        if self.micro.is_empty() {
            self.micro.shrink_to(FEW);
        }
        if blockers.is_empty() {
            blockers.shrink_to(FEW);
        }
        Ok(())
    }
}

/// What there is to do next.
enum Next {
    Task(u32, Task),
    Message(Message),
    /// Nothing before so many nanoseconds have passed.
    Later(u64),
    Nothing,
}

/// What became of a call back.
pub(crate) enum Called {
    Returned(Option<Value>),
    /// It left all functions of the program.
    Unwound,
    /// The program has ended.
    Ended(Outcome),
}

impl Events {
    pub(crate) fn new(reasons: Arc<AtomicU32>, memory: &HostMemory) -> Self {
        Self { queues: Mutex::new(Queues::new(memory)), reasons, unwound: AtomicBool::new(false) }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One reason more to stay.
    pub(crate) fn push_reason(&self) {
        self.reasons.fetch_add(1, Ordering::AcqRel);
    }

    /// One less.
    pub(crate) fn pop_reason(&self) {
        let less = |count: u32| Some(count.saturating_sub(1));
        let _ = self.reasons.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }

    pub(crate) fn has_reasons(&self) -> bool {
        self.reasons.load(Ordering::Acquire) > 0
    }

    pub(crate) fn clear_reasons(&self) {
        self.reasons.store(0, Ordering::Release);
    }

    /// What leads out of all functions of the program, to its event loop.
    pub(crate) fn unwind(&self, status: i32) -> HostError {
        self.unwound.store(true, Ordering::Relaxed);
        HostError::Exit(status)
    }

    /// Whether an exit that was met is none, but leads to the event loop.
    pub(crate) fn take_unwound(&self) -> bool {
        self.unwound.swap(false, Ordering::Relaxed)
    }
}

impl ThreadState {
    /// Calls the program, from outside of all its functions.
    pub(crate) fn call(
        &self,
        store: &mut Store,
        name: &'static str,
        function: Function,
        arguments: &[Value],
    ) -> Result<Called, Failed> {
        // Of a call that nobody followed to its event loop.
        self.events.take_unwound();
        Ok(match crate::thread::enter(store, name, function, arguments)? {
            Outcome::Returned(values) => Called::Returned(values.first().copied()),
            Outcome::Exited(_) if self.events.take_unwound() => Called::Unwound,
            other => Called::Ended(other),
        })
    }
}

/// Does what comes until nothing does, or the thread is over: how the program ended, if it did. The first thread waits for
/// what others do if `stays_for_threads` says so.
pub(crate) fn run(
    thread: &ThreadState,
    store: &mut Store,
    stays_for_threads: impl Fn() -> bool,
) -> Result<Option<Outcome>, Failed> {
    if thread.is_main {
        thread.context.pthreads.set_main_waiting();
    }
    loop {
        match next(thread)? {
            Next::Task(number, task) => {
                if let Some(end) = timers::perform(thread, store, number, task)? {
                    return Ok(Some(end));
                }
            }
            Next::Message(message) => {
                if let Some(end) = threads::receive(thread, store, message)? {
                    return Ok(Some(end));
                }
            }
            Next::Later(nanoseconds) => {
                let mut goes_on = true;
                thread.context.posix.wasi().pass_time(nanoseconds, |time| goes_on = store.park(Some(time)));
                if !goes_on {
                    return Ok(Some(interrupted()));
                }
            }
            Next::Nothing if thread.is_main && !(stays_for_threads() && thread.context.pthreads.are_busy()) => {
                return Ok(None);
            }
            Next::Nothing => {
                if !store.park(None) {
                    return Ok(Some(interrupted()));
                }
            }
        }
        if !thread.is_main && threads::is_over(thread, store)? {
            return Ok(None);
        }
    }
}

/// The thread was told to stop while it ran no code of the program.
pub(crate) fn interrupted() -> Outcome {
    Outcome::Trapped(TrapReport { code: TrapCode::Interrupted, message: None, frames: Vec::new(), frames_omitted: 0 })
}

fn next(thread: &ThreadState) -> Result<Next, HostError> {
    let now = timers::now(thread)?;
    let mut queues = thread.events.queues();
    queues.count(0)?;
    if let Some(task) = queues.micro.pop_front() {
        return Ok(Next::Task(0, task));
    }
    let first = queues.timed.first_key_value().map(|(place, _)| *place);
    if let Some(place) = first.filter(|place| place.0 <= now)
        && let Some((number, task)) = queues.timed.remove(&place)
    {
        queues.places.remove(&number);
        return Ok(Next::Task(number, task));
    }
    let is_idle = first.is_none() && queues.immediate.is_empty();
    if let Some(message) = thread.context.pthreads.next_message(thread.pthread(), is_idle) {
        return Ok(Next::Message(message));
    }
    if let Some((number, task)) = queues.immediate.pop_front() {
        return Ok(Next::Task(number, task));
    }
    Ok(first.map_or(Next::Nothing, |place| Next::Later(place.0 - now)))
}

/// After a call back has returned: ends the thread if nothing keeps it, and with the first one the program.
pub(crate) fn end_unless_kept(thread: &ThreadState, store: &mut Store) -> Result<Option<Outcome>, Failed> {
    if thread.keeps_alive() {
        return Ok(None);
    }
    if thread.is_main {
        return process::end(thread, store).map(Some);
    }
    threads::exit(thread, store, thread.result())
}

/// Calls a function of the program's table.
fn call_back(thread: &ThreadState, store: &mut Store, function: u32, arguments: &[Value]) -> Result<Called, Failed> {
    let function = thread.found_exports()?.function(store, function)?;
    let arguments = &fit(store, function, arguments);
    thread.call(store, "a function that was to be called later", function, arguments)
}
