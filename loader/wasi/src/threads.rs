//! `wasi-threads`: a program's threads are threads of the host, each with an instance of its own that shares the
//! program's memory.
//!
//! ```text
//! thread-spawn ► a store and an instance ► a thread that calls `wasi_thread_start` ► the first that does not return
//!                                                                                    ends the program
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use wasmc_loader::{
    CallError, Caller, DefineError, EntityError, ExternType, HostError, Image, Instance, InstantiateError,
    InterruptHandle, Linker, Outcome, SharedMemory, Store, Value, ValueType,
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

type Instantiate = dyn Fn() -> Result<(Store, Instance), InstantiateError> + Send + Sync;
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
    instantiate: Option<Arc<Instantiate>>,
    last_number: u32,
    /// Those that run, by their numbers.
    running: BTreeMap<u32, InterruptHandle>,
    /// How the program ended.
    end: Option<Outcome>,
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

    /// Calls `on_end` when a thread besides the first ends the program, on that thread and before the others are stopped.
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
        image.imports().any(|import| import.module == MODULE && import.field == SPAWN)
    }

    /// Defines `thread-spawn`, and makes the shared memories that `image` imports and no one has defined; they may have at
    /// most `bytes_max` bytes each.
    ///
    /// # Errors
    ///
    /// If `thread-spawn` is defined already, `image` imports no shared memory, or a limit is met.
    pub fn add_to_linker(&self, linker: &mut Linker, image: &Image, bytes_max: u64) -> Result<(), ThreadsError> {
        let group = Arc::downgrade(&self.group);
        let spawn = move |_: &mut Caller<'_>, argument: i32| spawn(&group, argument);
        linker.function(MODULE, SPAWN, spawn).map_err(ThreadsError::Defined)?;
        let mut has_memory = false;
        for import in image.imports() {
            let ExternType::Memory(memory_type) = import.kind else { continue };
            if memory_type.is_shared {
                has_memory = true;
                let memory = SharedMemory::with_limit(memory_type, bytes_max).map_err(ThreadsError::Memory)?;
                // One that is defined already stays.
                let _ = linker.shared_memory(import.module, import.field, &memory);
            }
        }
        if has_memory { Ok(()) } else { Err(ThreadsError::NoMemory) }
    }

    /// Says how a thread's instance is made: in a store of its own, with the linker that has `thread-spawn` and the
    /// memories, or a clone of it.
    pub fn instantiate_with(
        &self,
        instantiate: impl Fn() -> Result<(Store, Instance), InstantiateError> + Send + Sync + 'static,
    ) {
        self.group.lock().instantiate = Some(Arc::new(instantiate));
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
        let group = &*self.group;
        let before = group.lock().running.insert(MAIN, store.interrupt_handle());
        debug_assert!(before.is_none(), "a program has one first thread");
        let result = call(store);
        let mut state = group.lock();
        if let Ok(outcome) = &result {
            state.end.get_or_insert_with(|| outcome.clone());
        }
        state.running.remove(&MAIN);
        let mut state = group.stop_all(state);
        let (end, instantiate) = (state.end.take(), state.instantiate.take());
        drop(state);
        // There will be no more threads: what the embedder gave for them goes now.
        drop(instantiate);
        // Whoever stopped it last has told it once too often.
        store.interrupt_handle().clear();
        result.map(|outcome| end.unwrap_or(outcome))
    }
}

/// `thread-spawn`: the new thread's number.
fn spawn(group: &Weak<Group>, argument: i32) -> Result<i32, HostError> {
    let Some(group) = group.upgrade() else { return Ok(REFUSED) };
    let Some(instantiate) = group.lock().next(group.count_max) else { return Ok(REFUSED) };
    let (mut store, instance) = match instantiate() {
        Ok(made) => made,
        Err(InstantiateError::Trapped(report)) => return Err(HostError::Raised(report)),
        Err(InstantiateError::Exited(status)) => return Err(HostError::Exit(status)),
        Err(_) => return Ok(REFUSED),
    };
    let start = instance.function(&store, START).filter(|start| {
        let function_type = start.function_type(&store).unwrap_or_default();
        *function_type.parameters == [ValueType::I32; 2] && function_type.results.is_empty()
    });
    let start =
        start.ok_or_else(|| format!("the program starts threads, but exports no `{START}` (i32, i32) -> ()"))?;
    let Some(number) = group.lock().add(group.count_max, store.interrupt_handle()) else { return Ok(REFUSED) };
    let own = Arc::clone(&group);
    let run = move || {
        let arguments = [Value::I32(number.cast_signed()), Value::I32(argument)];
        let outcome = start.call(&mut store, &arguments);
        drop(store);
        own.ended(number, outcome);
    };
    let builder = std::thread::Builder::new().name(format!("thread {number}")).stack_size(group.stack_bytes);
    if builder.spawn(run).is_err() {
        group.remove(group.lock(), number);
        return Ok(REFUSED);
    }
    Ok(number.cast_signed())
}

impl State {
    /// How the next thread's instance is made, if there can be one.
    fn next(&self, count_max: usize) -> Option<Arc<Instantiate>> {
        self.instantiate.clone().filter(|_| !self.is_full(count_max))
    }

    fn is_full(&self, count_max: usize) -> bool {
        self.end.is_some() || self.running.keys().filter(|number| **number != MAIN).count() >= count_max
    }

    /// A number for a new thread, unless there can be none.
    fn add(&mut self, count_max: usize, handle: InterruptHandle) -> Option<u32> {
        if self.is_full(count_max) {
            return None;
        }
        let mut number = self.last_number;
        loop {
            number = number % NUMBER_MAX + 1;
            if !self.running.contains_key(&number) {
                break;
            }
        }
        self.last_number = number;
        self.running.insert(number, handle);
        Some(number)
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, mut state: MutexGuard<'_, State>, number: u32) {
        state.running.remove(&number);
        drop(state);
        self.gone.notify_all();
    }

    /// A thread has come to its end, and with it perhaps the program.
    fn ended(&self, number: u32, outcome: Result<Outcome, CallError>) {
        // That the function can be called was checked before.
        let outcome = outcome.ok().filter(|outcome| !matches!(outcome, Outcome::Returned(_)));
        let mut state = self.lock();
        let end = outcome.filter(|_| state.end.is_none());
        state.end = state.end.take().or_else(|| end.clone());
        let Some(end) = end else { return self.remove(state, number) };
        drop(state);
        if let Some(on_end) = &self.on_end {
            on_end(&end);
        }
        let mut state = self.lock();
        state.running.remove(&number);
        drop(self.stop_all(state));
    }

    /// Waits until no thread runs any more, and tells all to stop meanwhile.
    fn stop_all<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.gone.notify_all();
        while !state.running.is_empty() {
            state.running.values().for_each(InterruptHandle::interrupt);
            state = self.gone.wait_timeout(state, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
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
