//! `wasi-threads`: a program's threads are threads of the host, each with an instance of its own that shares the
//! program's memory.
//!
//! ```text
//! thread-spawn ► a store, which can be interrupted ► an instance ► a thread that calls `wasi_thread_start`
//!                                                                  └ the first that does not return ends the program
//! ```

use std::fmt;
use std::sync::{Arc, Weak};

use wasmc_loader::{
    Caller, DefineError, EntityError, ExternType, HostError, Image, Instance, InstantiateError, Linker, MemoryBudget,
    Outcome, SharedMemory, Store, StoreOptions, Value, ValueType,
};

mod group;

pub use group::Work;
use group::{Group, OnEnd};

/// The module that programs import [`SPAWN`] from.
const MODULE: &str = "wasi";
const SPAWN: &str = "thread-spawn";
/// What a new thread calls: the thread's number, then what was given to `thread-spawn`.
const START: &str = "wasi_thread_start";

/// What `thread-spawn` gives if there can be no more threads.
const REFUSED: i32 = -1;
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

    /// What `thread-spawn`, or whatever else a program starts threads by, works on.
    pub fn build(self) -> Threads {
        let Self { count_max, stack_bytes, on_end } = self;
        Threads { group: Arc::new(Group::new(count_max, stack_bytes, on_end)) }
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
}

/// `thread-spawn`: the new thread's number.
fn spawn(group: &Weak<Group>, argument: i32) -> Result<i32, HostError> {
    let Some(group) = group.upgrade() else { return Ok(REFUSED) };
    let Some((options, instantiate)) = group.lock().instantiate.clone() else { return Ok(REFUSED) };
    let number = Group::start(&group, options, |store| {
        let instance = match instantiate(store) {
            Ok(instance) => instance,
            Err(InstantiateError::Trapped(report)) => return Err(HostError::Raised(report)),
            Err(InstantiateError::Exited(status)) => return Err(HostError::Exit(status)),
            Err(_) => return Ok(None),
        };
        let start = instance.function(store, START).filter(|start| {
            let function_type = start.function_type(store).unwrap_or_default();
            *function_type.parameters == [ValueType::I32; 2] && function_type.results.is_empty()
        });
        let start =
            start.ok_or_else(|| format!("the program starts threads, but exports no `{START}` (i32, i32) -> ()"))?;
        let run = move |store: &mut Store, number: u32| {
            // That the function can be called was checked before.
            start.call(store, &[Value::I32(number.cast_signed()), Value::I32(argument)]).ok()
        };
        Ok(Some(Work { run, last: () }))
    })?;
    Ok(number.map_or(REFUSED, u32::cast_signed))
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
