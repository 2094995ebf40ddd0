//! POSIX threads (`-pthread`): each one a thread of the host, with an instance of its own that shares the program's memory.
//!
//! ```text
//! __pthread_create_js ► a store, an instance ► a thread of the host: life.rs
//!                                                └ its end ► whoever joins it, or creates a thread later, frees its memory
//! ```
//!
//! A thread is known by the address of what the C library keeps of it. Its stack is freed when the host's thread is gone,
//! not when the program thinks that it has ended: until then it is still in use.

use std::sync::OnceLock;
use std::time::Duration;

use wasmc_loader::{
    Caller, EntityError, GuestMemory, HostError, Image, Instance, InstantiateError, Memory, MemoryType, SharedMemory,
    Store, StoreOptions, TrapCode,
};
use wasmc_wasi::{Errno, HostMemory, Threads, Work};

use crate::MODULE;
use crate::exports::needed;
use crate::thread::{Thread, ThreadState};

pub(crate) mod futex;
mod inbox;
mod life;
mod registry;
mod signals;

pub(crate) use inbox::Message;
pub(crate) use life::{call_main, call_main_and_return, exit, is_over};
use registry::Registry;
pub(crate) use signals::{
    kill, notify_mailbox, notify_mailbox_of_first, notify_proxying_queue, notify_queue, notify_task_queue,
    notify_task_queue_and_return, receive,
};

const CREATE: &str = "__pthread_create_js";

type Instantiate = dyn Fn(&Thread, &mut Store) -> Result<Instance, InstantiateError> + Send + Sync;

/// The threads of one program.
pub(crate) struct Pthreads {
    starter: OnceLock<Starter>,
    memory: OnceLock<SharedMemory>,
    registry: Registry,
    /// Where in what the C library keeps of a thread the top of its stack is; the size follows.
    stack_offset: OnceLock<u32>,
    /// Where the first thread's stack is: its top.
    first_stack_top: OnceLock<u32>,
}

/// How threads are made.
struct Starter {
    threads: Threads,
    options: StoreOptions,
    instantiate: Box<Instantiate>,
}

impl std::fmt::Debug for Pthreads {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pthreads").field("registry", &self.registry).finish_non_exhaustive()
    }
}

pub(crate) fn are_wanted_by(image: &Image) -> bool {
    image.import_names().any(|names| names == (MODULE, CREATE))
}

impl Pthreads {
    /// None yet; what the host notes of them counts towards `memory`.
    pub(crate) fn new(memory: &HostMemory) -> Self {
        Self {
            starter: OnceLock::new(),
            memory: OnceLock::new(),
            registry: Registry::new(memory),
            stack_offset: OnceLock::new(),
            first_stack_top: OnceLock::new(),
        }
    }

    pub(crate) fn start_with(
        &self,
        threads: Threads,
        options: StoreOptions,
        instantiate: impl Fn(&Thread, &mut Store) -> Result<Instance, InstantiateError> + Send + Sync + 'static,
    ) {
        // Who says it twice was heard the first time.
        let _ = self.starter.set(Starter { threads, options, instantiate: Box::new(instantiate) });
    }

    /// A memory for an instance to import: if it is shared, the one that all threads have.
    pub(crate) fn memory(&self, store: &mut Store, memory_type: MemoryType) -> Result<Memory, EntityError> {
        if let Some(shared) = self.memory.get().filter(|_| memory_type.is_shared) {
            return Ok(Memory::from_shared(store, shared));
        }
        let memory = Memory::new(store, memory_type)?;
        if let Some(shared) = memory.shared(store) {
            let _ = self.memory.set(shared);
        }
        Ok(memory)
    }

    /// Whether a thread besides the first has something to do, or has given the first one something.
    pub(crate) fn are_busy(&self) -> bool {
        self.registry.are_busy()
    }

    /// The first thread waits for what comes, on the calling thread of the host.
    pub(crate) fn set_main_waiting(&self) {
        self.registry.set_main_waiting();
    }

    pub(crate) fn wake_main(&self) {
        self.registry.wake_main();
    }

    /// The next message for a thread; without one, it is noted that it has nothing to do, if `is_idle`.
    pub(crate) fn next_message(&self, pthread: u32, is_idle: bool) -> Option<Message> {
        self.registry.next_message(pthread, is_idle)
    }
}

/// `__emscripten_init_main_thread_js`: the first thread learns its address.
pub(crate) fn init_first(thread: &ThreadState, caller: &mut Caller<'_>, pthread: u32) -> Result<(), HostError> {
    let exports = thread.exports(caller)?;
    thread.set_pthread(pthread);
    let pthreads = &thread.context.pthreads;
    pthreads.registry.insert_main(pthread);
    // What the C library is about to note: behind the data of what is linked, if something is.
    let top = match exports.stack_base.filter(|_| thread.is_linked()) {
        Some(base) => base.call(caller.store(), &[])?,
        None => needed(exports.stack_save, "stackSave")?.call(caller.store(), &[])?,
    };
    let _ = pthreads.first_stack_top.set(top);
    life::initialize(thread, caller.store())
}

/// `__pthread_create_js`: starts a thread that calls `start(argument)`; 0, or an error number.
pub(crate) fn create(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    pthread: u32,
    _attributes: u32,
    start: u32,
    argument: u32,
) -> Result<i32, HostError> {
    let refused = Ok(i32::from(Errno::Again.number()));
    free_finished(thread, caller)?;
    let context = &thread.context;
    let Some(starter) = context.pthreads.starter.get() else { return refused };
    let stack = find_stack(thread, caller, pthread)?;
    let new = Thread::other(context.clone(), pthread);
    let started = starter.threads.start(starter.options.clone(), |store| {
        let instance = match (starter.instantiate)(&new, store) {
            Ok(instance) => instance,
            Err(InstantiateError::Trapped(report)) => return Err(HostError::Raised(report)),
            Err(InstantiateError::Exited(status)) => return Err(HostError::Exit(status)),
            Err(_) => return Ok(None),
        };
        new.state().exports_of(store, instance)?;
        if !context.pthreads.registry.insert(pthread, store.interrupt_handle()) {
            return Ok(None);
        }
        let last = registry::Place::new(context.clone(), pthread);
        let run = move |store: &mut Store, _| life::run(&new, store, stack, start, argument);
        Ok(Some(Work { run, last }))
    })?;
    if started.is_some() {
        return Ok(0);
    }
    context.pthreads.registry.remove(pthread);
    refused
}

/// A thread's stack, which grows down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stack {
    pub(crate) top: u32,
    pub(crate) size: u32,
}

/// The stack that the C library has made for a thread.
///
/// Where that is written depends on the release. The first thread's, of which the top is known from the start, is written
/// at the same place.
fn find_stack(thread: &ThreadState, caller: &Caller<'_>, pthread: u32) -> Result<Stack, HostError> {
    /// The fields before it are an address, numbers and flags in all releases.
    const FIRST: u32 = 24;
    const LAST: u32 = 96;
    let pthreads = &thread.context.pthreads;
    let memory = caller.memory().ok_or("the program starts threads, but has no memory")?;
    let read = |address: u32| memory.read_u32(address.into()).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds));
    let read_at = |base: u32, offset: u32| -> Result<Stack, HostError> {
        Ok(Stack { top: read(base.wrapping_add(offset))?, size: read(base.wrapping_add(offset + 4))? })
    };
    let offset = match (pthreads.stack_offset.get(), pthreads.registry.main(), pthreads.first_stack_top.get()) {
        (Some(offset), _, _) => *offset,
        (None, Some(main), Some(top)) => {
            let mut found = None;
            for offset in (FIRST..LAST).step_by(4) {
                let stack = read_at(main, offset)?;
                if stack.top == *top && stack.size > 0 && stack.size <= *top {
                    found = Some(offset);
                    break;
                }
            }
            let found = found.ok_or("the program does not say where the stacks of its threads are")?;
            *pthreads.stack_offset.get_or_init(|| found)
        }
        _ => return Err("the program starts a thread before its first one is known".into()),
    };
    let stack = read_at(pthread, offset)?;
    if stack.size == 0 || stack.size > stack.top {
        return Err("the program starts a thread without a stack".into());
    }
    Ok(stack)
}

/// `__emscripten_thread_cleanup`: frees what the C library keeps of a thread that has ended: of another one now, of the
/// calling one when it is gone.
pub(crate) fn clean_up(thread: &ThreadState, caller: &mut Caller<'_>, pthread: u32) -> Result<(), HostError> {
    let registry = &thread.context.pthreads.registry;
    mark_dead(caller, pthread)?;
    if pthread == thread.pthread() {
        registry.free_when_gone(pthread);
        return Ok(());
    }
    while registry.join(pthread) {
        if !caller.store().park(None) {
            return Err(HostError::Trap(TrapCode::Interrupted));
        }
    }
    if registry.remove(pthread) {
        free(thread, caller, pthread)?;
    }
    free_finished(thread, caller)
}

/// Whoever asks the C library for this thread again is told that there is none.
fn mark_dead(caller: &Caller<'_>, pthread: u32) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program has threads, but no memory")?;
    memory.write_u32(pthread.into(), 0).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
}

fn free(thread: &ThreadState, caller: &mut Caller<'_>, pthread: u32) -> Result<(), HostError> {
    let free = needed(thread.exports(caller)?.thread_free, "_emscripten_thread_free_data")?;
    free.call(caller.store(), &[pthread]).map(drop)
}

/// Frees what is left of threads that nobody joins.
fn free_finished(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    while let Some(pthread) = thread.context.pthreads.registry.next_finished() {
        free(thread, caller, pthread)?;
    }
    Ok(())
}

/// Functions that say what only a browser's threads want to know.
pub(crate) fn ignore(_: &ThreadState, _: &mut Caller<'_>, _thread: u32) -> Result<(), HostError> {
    Ok(())
}

/// `emscripten_check_blocking_allowed`: every thread may wait.
pub(crate) fn allow_blocking(_: &ThreadState, _: &mut Caller<'_>) -> Result<(), HostError> {
    Ok(())
}

/// `_emscripten_default_pthread_stack_size`, of releases in which that is 2 MiB unless a program is linked otherwise.
pub(crate) fn default_stack_bytes(_: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(2 << 20)
}

/// `emscripten_has_threading_support`.
pub(crate) fn are_supported(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(thread.context.pthreads.starter.get().is_some().into())
}

/// `emscripten_num_logical_cores`.
pub(crate) fn core_count(_: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1)))
}

const JAVASCRIPT: &str = "the program lets its first thread call a function of JavaScript: there is none here";

/// `emscripten_receive_on_main_thread_js`: what another thread wants the first one to run is JavaScript.
pub(crate) fn call_javascript(
    _: &ThreadState,
    _: &mut Caller<'_>,
    _index: u32,
    _count: u32,
    _arguments: u32,
) -> Result<f64, HostError> {
    Err(JAVASCRIPT.into())
}

/// The same in later releases, with the thread that asked.
pub(crate) fn call_javascript_for(
    _: &ThreadState,
    _: &mut Caller<'_>,
    _index: u32,
    _thread: u32,
    _count: u32,
    _arguments: u32,
) -> Result<f64, HostError> {
    Err(JAVASCRIPT.into())
}

/// The same in current ones, with the code's address as well.
pub(crate) fn call_javascript_by_address(
    _: &ThreadState,
    _: &mut Caller<'_>,
    _index: u32,
    _address: u32,
    _thread: u32,
    _count: u32,
    _arguments: u32,
) -> Result<f64, HostError> {
    Err(JAVASCRIPT.into())
}

/// The memory of the calling program.
fn memory_of<'a>(caller: &'a Caller<'_>) -> Result<GuestMemory<'a>, HostError> {
    caller.memory().ok_or_else(|| "the program has threads, but no memory".into())
}

/// How often a thread that is to be stopped is told so.
const INTERVAL: Duration = Duration::from_millis(5);
