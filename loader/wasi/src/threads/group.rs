//! The threads of one program, whatever it asks for them by: how many there may be, the store and the thread of the host
//! that each one has, and the end, which one of them brings to all.
//!
//! What a thread runs, and what it means to the program, is none of this file's business.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wasmc_loader::{HostError, Instance, InstantiateError, InterruptHandle, Outcome, Store, StoreOptions};

use super::Threads;

/// The numbers that threads can have end here.
const NUMBER_MAX: u32 = (1 << 29) - 1;
/// The thread that the program started with.
const MAIN: u32 = 0;
/// How often those who are to stop are told so: one that is about to wait does not notice the first time.
const INTERVAL: Duration = Duration::from_millis(5);

pub(super) type Instantiate = dyn Fn(&mut Store) -> Result<Instance, InstantiateError> + Send + Sync;
pub(super) type OnEnd = dyn Fn(&Outcome) + Send + Sync;

pub(super) struct Group {
    count_max: usize,
    stack_bytes: usize,
    on_end: Option<Box<OnEnd>>,
    state: Mutex<State>,
    /// Notified whenever a thread is gone.
    gone: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    /// How a thread's instance is made, for `thread-spawn`; `None` before that is known, and after the program has ended.
    pub(super) instantiate: Option<(StoreOptions, Arc<Instantiate>)>,
    last_number: u32,
    /// Those that run or are being made, by their numbers.
    pub(super) running: BTreeMap<u32, InterruptHandle>,
    /// How many have left their place to others, but are not gone yet.
    leaving: usize,
    /// Whether some thread has ended the program. From then on no other can.
    has_ended: bool,
    /// How it did, if it was not the first.
    end: Option<Outcome>,
}

/// Holds a thread's place in [`State::running`].
struct Place {
    group: Arc<Group>,
    number: u32,
    /// Whether another thread may have it.
    is_left: bool,
}

/// A new thread's work, and what is dropped when nothing of the thread is left.
pub struct Work<F, L> {
    /// Called on the new thread, with its number. What it gives ends the program, unless that is `None` or
    /// [`Outcome::Returned`].
    pub run: F,
    /// Dropped on the new thread, after its store is, and its place is free for another one, and before [`Threads::run`]
    /// returns.
    pub last: L,
}

impl<F, L> std::fmt::Debug for Work<F, L> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Work").finish_non_exhaustive()
    }
}

impl Threads {
    /// Starts a thread, with a store of its own: `prepare` makes what the store needs, and the thread's work, on the thread
    /// that calls this, and that runs on the new one. Gives the new thread's number, or `None` if there can be none: too
    /// many run already, the program is ending, the system refuses, or `prepare` does. A clone of the first thread's
    /// options has the same memory budget.
    ///
    /// # Errors
    ///
    /// Those of `prepare`, which then started nothing.
    pub fn start<F, L>(
        &self,
        options: StoreOptions,
        prepare: impl FnOnce(&mut Store) -> Result<Option<Work<F, L>>, HostError>,
    ) -> Result<Option<u32>, HostError>
    where
        F: FnOnce(&mut Store, u32) -> Option<Outcome> + Send + 'static,
        L: Send + 'static,
    {
        Group::start(&self.group, options, prepare)
    }

    /// Runs the program's first thread, which `call` calls, until the program has ended and no thread runs any more: when
    /// the first thread returns, or any other does not.
    ///
    /// # Errors
    ///
    /// Those of `call`.
    pub fn run<E>(&self, store: &mut Store, call: impl FnOnce(&mut Store) -> Result<Outcome, E>) -> Result<Outcome, E> {
        /// Ends the program, however `call` is left.
        struct End<'a>(&'a Group);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                let mut state = self.0.lock();
                state.has_ended = true;
                // There will be no more threads: what the embedder gave for them goes now.
                let instantiate = state.instantiate.take();
                state.running.remove(&MAIN);
                let mut state = self.0.stop_others(state, None);
                state.has_ended = false;
                if std::thread::panicking() {
                    // Nobody is told any more.
                    state.end = None;
                }
                drop(state);
                drop(instantiate);
            }
        }
        let mut state = self.group.lock();
        let before = state.running.insert(MAIN, store.interrupt_handle());
        debug_assert!(before.is_none(), "a program has one first thread");
        // By a thread that the first instance's start function has started.
        let ended_before = state.end.clone();
        drop(state);
        let end = End(&self.group);
        let result = ended_before.map_or_else(|| call(store), Ok);
        drop(end);
        // Whoever stopped it last has told it once too often.
        store.interrupt_handle().clear();
        let end = self.group.lock().end.take();
        result.map(|outcome| end.unwrap_or(outcome))
    }

    /// Ends the program if it was not run, and waits until no thread runs any more.
    pub fn stop(&self) {
        let mut state = self.group.lock();
        state.has_ended = true;
        let instantiate = state.instantiate.take();
        let mut state = self.group.stop_others(state, None);
        (state.has_ended, state.end) = (false, None);
        drop(state);
        drop(instantiate);
    }

    /// Ends the program on its first thread, for an embedder that does not wait for the others ([`Self::run`] does): false
    /// if another thread was faster, and is telling the embedder so.
    pub fn claim_end(&self) -> bool {
        !std::mem::replace(&mut self.group.lock().has_ended, true)
    }
}

impl State {
    /// Whether there can be no more threads.
    fn is_full(&self, count_max: usize) -> bool {
        self.has_ended || self.running.keys().filter(|number| **number != MAIN).count() >= count_max
    }

    /// A number that no thread has.
    fn next_number(&mut self) -> u32 {
        loop {
            self.last_number = self.last_number % NUMBER_MAX + 1;
            if !self.running.contains_key(&self.last_number) {
                return self.last_number;
            }
        }
    }
}

impl Place {
    /// A place for a new thread, unless there can be none.
    fn take(group: &Arc<Group>, handle: InterruptHandle) -> Option<Self> {
        let mut state = group.lock();
        if state.is_full(group.count_max) {
            return None;
        }
        let number = state.next_number();
        state.running.insert(number, handle);
        Some(Self { group: Arc::clone(group), number, is_left: false })
    }

    /// Ends the program, unless someone did before. Until the place is given up, [`Threads::run`] does not return.
    fn end_program(&self, outcome: &Outcome) {
        /// Stops the other threads, even if `on_end` panics.
        struct Stop<'a>(&'a Place);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                let Place { group, number, .. } = self.0;
                drop(group.stop_others(group.lock(), Some(*number)));
            }
        }
        let mut state = self.group.lock();
        if std::mem::replace(&mut state.has_ended, true) {
            return;
        }
        state.end = Some(outcome.clone());
        drop(state);
        let _stop = Stop(self);
        if let Some(on_end) = &self.group.on_end {
            on_end(outcome);
        }
    }
}

impl Place {
    /// Another thread may have the place; the program is not over yet, though.
    fn leave(&mut self) {
        let mut state = self.group.lock();
        state.running.remove(&self.number);
        state.leaving += 1;
        self.is_left = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.group.lock();
        if self.is_left {
            state.leaving -= 1;
        } else {
            state.running.remove(&self.number);
        }
        drop(state);
        self.group.gone.notify_all();
    }
}

impl Group {
    pub(super) fn new(count_max: usize, stack_bytes: usize, on_end: Option<Box<OnEnd>>) -> Self {
        Self { count_max, stack_bytes, on_end, state: Mutex::default(), gone: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Threads::start`].
    pub(super) fn start<F, L>(
        group: &Arc<Self>,
        options: StoreOptions,
        prepare: impl FnOnce(&mut Store) -> Result<Option<Work<F, L>>, HostError>,
    ) -> Result<Option<u32>, HostError>
    where
        F: FnOnce(&mut Store, u32) -> Option<Outcome> + Send + 'static,
        L: Send + 'static,
    {
        let Ok(mut store) = Store::new(options) else { return Ok(None) };
        // From here on the store is told to stop when the program ends, whatever its start function does.
        let Some(mut place) = Place::take(group, store.interrupt_handle()) else { return Ok(None) };
        let Some(Work { run, last }) = prepare(&mut store)? else { return Ok(None) };
        let number = place.number;
        let run = move || {
            let outcome = run(&mut store, number);
            drop(store);
            if let Some(outcome @ (Outcome::Exited(_) | Outcome::Trapped(_) | Outcome::Threw(_))) = outcome {
                place.end_program(&outcome);
            }
            place.leave();
            drop(last);
            drop(place);
        };
        let builder = std::thread::Builder::new().name(format!("thread {number}")).stack_size(group.stack_bytes);
        Ok(builder.spawn(run).ok().map(|_| number))
    }

    /// Waits until no thread runs any more but `own`, and tells them to stop meanwhile.
    fn stop_others<'a>(&'a self, mut state: MutexGuard<'a, State>, own: Option<u32>) -> MutexGuard<'a, State> {
        loop {
            let mut others = state.running.iter().filter(|(number, _)| Some(**number) != own).peekable();
            if others.peek().is_none() && state.leaving == 0 {
                return state;
            }
            others.for_each(|(_, handle)| handle.interrupt());
            state = self.gone.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
