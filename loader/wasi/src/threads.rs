//! `wasi-threads`: a program's threads are threads of the host, each with an instance of its own that shares the
//! program's memory.
//!
//! ```text
//! thread-spawn ► a store, which can be interrupted ► an instance ► a thread that calls `wasi_thread_start`
//!                                                                  └ the first that does not return ends the program
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use wasmc_loader::{
    CallError, Caller, DefineError, EntityError, ExternType, HostError, Image, Instance, InstantiateError,
    InterruptHandle, Linker, MemoryBudget, Outcome, SharedMemory, Store, StoreOptions, Value, ValueType,
};

/// The module that programs import [`SPAWN`] from.
const MODULE: &str = "wasi";
const SPAWN: &str = "thread-spawn";
/// What a new thread calls: the thread's number, then what was given to `thread-spawn`.
const START: &str = "wasi_thread_start";

/// What `thread-spawn` gives if there can be no more threads.
const REFUSED: i32 = -1;
/// The numbers that threads can have end here.
const NUMBER_MAX: u32 = (1 << 29) - 1;
/// The thread that the program started with.
const MAIN: u32 = 0;
/// How often those who are to stop are told so: one that is about to wait does not notice the first time.
const INTERVAL: Duration = Duration::from_millis(5);

type Instantiate = dyn Fn(&mut Store) -> Result<Instance, InstantiateError> + Send + Sync;
type OnEnd = dyn Fn(&Outcome) + Send + Sync;

/// How a program's threads are made.
pub struct ThreadsBuilder {
    count_max: usize,
    stack_bytes: usize,
    on_end: Option<Box<OnEnd>>,
}

/// The threads of one program. Clones are the same ones.
#[derive(Clone)]
pub struct Threads {
    group: Arc<Group>,
}

struct Group {
    count_max: usize,
    stack_bytes: usize,
    on_end: Option<Box<OnEnd>>,
    state: Mutex<State>,
    /// Notified whenever a thread is gone.
    gone: Condvar,
}

#[derive(Default)]
struct State {
    /// How a thread's instance is made; `None` before that is known, and after the program has ended.
    instantiate: Option<(StoreOptions, Arc<Instantiate>)>,
    last_number: u32,
    /// Those that run or are being made, by their numbers.
    running: BTreeMap<u32, InterruptHandle>,
    /// Whether some thread has ended the program. From then on no other can.
    has_ended: bool,
    /// How it did, if it was not the first.
    end: Option<Outcome>,
}

/// Holds a thread's place in [`State::running`].
struct Place {
    group: Arc<Group>,
    number: u32,
}

impl Default for ThreadsBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ThreadsBuilder {
    /// At most 1024 threads besides the first, with 8 MiB of stack each.
    pub fn new() -> Self {
        Self { count_max: 1024, stack_bytes: 8 << 20, on_end: None }
    }

    /// How many threads there may be at once, besides the first. A program that asks for more is told that there can be
    /// none.
    #[must_use]
    pub fn count_max(self, count_max: usize) -> Self {
        Self { count_max, ..self }
    }

    /// How many bytes of stack a new thread has.
    #[must_use]
    pub fn stack_bytes(self, stack_bytes: usize) -> Self {
        Self { stack_bytes, ..self }
    }

    /// Calls `on_end` when a thread besides the first ends the program, on that thread and before the others are stopped;
    /// never after the first thread has ended it ([`Threads::claim_end`]).
    #[must_use]
    pub fn on_end(self, on_end: impl Fn(&Outcome) + Send + Sync + 'static) -> Self {
        Self { on_end: Some(Box::new(on_end)), ..self }
    }

    /// What `thread-spawn` works on.
    pub fn build(self) -> Threads {
        let Self { count_max, stack_bytes, on_end } = self;
        let (state, gone) = (Mutex::default(), Condvar::new());
        Threads { group: Arc::new(Group { count_max, stack_bytes, on_end, state, gone }) }
    }
}

/// Why a program's threads could not be prepared.
#[derive(Debug)]
#[non_exhaustive]
pub enum ThreadsError {
    /// `thread-spawn` is defined already.
    Defined(DefineError),
    /// A memory that the program's threads are to share could not be made.
    Memory(EntityError),
    /// The program imports no shared memory: each thread would have one of its own.
    NoMemory,
}

impl fmt::Display for ThreadsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defined(error) => error.fmt(formatter),
            Self::Memory(error) => write!(formatter, "the memory for the program's threads: {error}"),
            Self::NoMemory => formatter.write_str(
                "the program starts threads, but imports no memory that they could share (link it with \
                 --import-memory and --shared-memory)",
            ),
        }
    }
}

impl std::error::Error for ThreadsError {}

impl Threads {
    /// Whether the program can start threads.
    pub fn are_wanted_by(image: &Image) -> bool {
        image.import_names().any(|names| names == (MODULE, SPAWN))
    }

    /// Defines `thread-spawn`, and makes the shared memories that `image` imports and no one has defined, which count
    /// towards `budget`.
    ///
    /// # Errors
    ///
    /// If `thread-spawn` is defined already, `image` imports no shared memory, or a limit is met.
    pub fn add_to_linker(&self, linker: &mut Linker, image: &Image, budget: &MemoryBudget) -> Result<(), ThreadsError> {
        let group = Arc::downgrade(&self.group);
        let spawn = move |_: &mut Caller<'_>, argument: i32| spawn(&group, argument);
        linker.function(MODULE, SPAWN, spawn).map_err(ThreadsError::Defined)?;
        let mut has_memory = false;
        for import in image.imports() {
            let ExternType::Memory(memory_type) = import.kind else { continue };
            if !memory_type.is_shared {
                continue;
            }
            has_memory = true;
            if !linker.defines(import.module, import.field) {
                let memory = SharedMemory::with_budget(memory_type, budget).map_err(ThreadsError::Memory)?;
                linker.shared_memory(import.module, import.field, &memory).map_err(ThreadsError::Defined)?;
            }
        }
        if has_memory { Ok(()) } else { Err(ThreadsError::NoMemory) }
    }

    /// Says how a thread's instance is made: in a store of its own with these options (a clone of the first thread's has
    /// the same memory budget), with the linker that has `thread-spawn` and the memories, or a clone of it. A program whose
    /// start function starts threads needs this before its first instance is made; if that then fails, [`Self::stop`] ends
    /// the threads.
    pub fn instantiate_with(
        &self,
        options: StoreOptions,
        instantiate: impl Fn(&mut Store) -> Result<Instance, InstantiateError> + Send + Sync + 'static,
    ) {
        self.group.lock().instantiate = Some((options, Arc::new(instantiate)));
    }

    /// Runs the program's first thread, which `call` calls, until the program has ended and no thread runs any more: when
    /// the first thread returns, or any other does not.
    ///
    /// # Errors
    ///
    /// Those of `call`.
    pub fn run(
        &self,
        store: &mut Store,
        call: impl FnOnce(&mut Store) -> Result<Outcome, CallError>,
    ) -> Result<Outcome, CallError> {
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

/// `thread-spawn`: the new thread's number.
fn spawn(group: &Weak<Group>, argument: i32) -> Result<i32, HostError> {
    let Some(group) = group.upgrade() else { return Ok(REFUSED) };
    let Some((options, instantiate)) = group.lock().instantiate.clone() else { return Ok(REFUSED) };
    let Ok(mut store) = Store::new(options) else { return Ok(REFUSED) };
    // From here on the store is told to stop when the program ends, whatever its start function does.
    let Some(place) = Place::take(&group, store.interrupt_handle()) else { return Ok(REFUSED) };
    let instance = match instantiate(&mut store) {
        Ok(instance) => instance,
        Err(InstantiateError::Trapped(report)) => return Err(HostError::Raised(report)),
        Err(InstantiateError::Exited(status)) => return Err(HostError::Exit(status)),
        Err(_) => return Ok(REFUSED),
    };
    drop(instantiate);
    let start = instance.function(&store, START).filter(|start| {
        let function_type = start.function_type(&store).unwrap_or_default();
        *function_type.parameters == [ValueType::I32; 2] && function_type.results.is_empty()
    });
    let start =
        start.ok_or_else(|| format!("the program starts threads, but exports no `{START}` (i32, i32) -> ()"))?;
    let number = place.number;
    let run = move || {
        let arguments = [Value::I32(number.cast_signed()), Value::I32(argument)];
        let outcome = start.call(&mut store, &arguments);
        drop(store);
        // That the function can be called was checked before.
        if let Ok(outcome @ (Outcome::Exited(_) | Outcome::Trapped(_) | Outcome::Threw(_))) = outcome {
            place.end_program(&outcome);
        }
    };
    let builder = std::thread::Builder::new().name(format!("thread {number}")).stack_size(group.stack_bytes);
    Ok(if builder.spawn(run).is_ok() { number.cast_signed() } else { REFUSED })
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
        Some(Self { group: Arc::clone(group), number })
    }

    /// Ends the program, unless someone did before. Until the place is given up, [`Threads::run`] does not return.
    fn end_program(&self, outcome: &Outcome) {
        /// Stops the other threads, even if `on_end` panics.
        struct Stop<'a>(&'a Place);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                let Place { group, number } = self.0;
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

impl Drop for Place {
    fn drop(&mut self) {
        self.group.lock().running.remove(&self.number);
        self.group.gone.notify_all();
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no thread runs any more but `own`, and tells them to stop meanwhile.
    fn stop_others<'a>(&'a self, mut state: MutexGuard<'a, State>, own: Option<u32>) -> MutexGuard<'a, State> {
        loop {
            let mut others = state.running.iter().filter(|(number, _)| Some(**number) != own).peekable();
            if others.peek().is_none() {
                return state;
            }
            others.for_each(|(_, handle)| handle.interrupt());
            state = self.gone.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl fmt::Debug for ThreadsBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count_max, stack_bytes, .. } = self;
        let mut shown = formatter.debug_struct("ThreadsBuilder");
        shown.field("count_max", count_max).field("stack_bytes", stack_bytes).finish_non_exhaustive()
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.group.lock().running.len();
        formatter.debug_struct("Threads").field("running", &running).finish_non_exhaustive()
    }
}
