//! A store: owns instances and what they share, and drops it all together.
//!
//! Compiled code, handles and host functions point into a store; nothing in it is freed or moved before it is dropped.
//! Its state is reached through a raw pointer, since host functions are given the store again while the call that led
//! to them still borrows it.

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmc_contract::context::{FunctionReference, InstanceContext, StoreContext};

use crate::budget::MemoryBudget;
use crate::builtin;
use crate::call::{Activation, Outcome, Raised};
use crate::entity::{MemoryData, TableData};
use crate::error::SystemError;
use crate::exception::{self, Exceptions, TagData};
use crate::host::HostRecord;
use crate::image::Image;
use crate::instance::InstanceData;
use crate::interrupt::{InterruptHandle, SharedContext};
use crate::owned::Owned;
use crate::trap::Backtrace;

/// What bounds a store.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StoreOptions {
    /// How many bytes of stack compiled code may use, counted from where the host calls it. Without it, as much as the
    /// thread has, but for a reserve for host functions.
    pub max_stack_bytes: Option<u64>,
    /// What the store's memories, tables and exceptions may take together, with whatever else has the same budget.
    /// Growing past it gives -1; throwing past it traps.
    pub memory: MemoryBudget,
}

/// Owns instances and what they share. Used by one thread at a time.
pub struct Store {
    pub(crate) inner: NonNull<StoreInner>,
}

// SAFETY: everything that a store points to is its own, or shared by atomic counts; what is bound to a thread (the
// stack limit, the current store) is set each time that code is entered.
unsafe impl Send for Store {}

/// The state behind a [`Store`].
pub(crate) struct StoreInner {
    pub(crate) id: u64,
    pub(crate) shared: Arc<SharedContext>,
    pub(crate) options: StoreOptions,
    pub(crate) instances: Vec<Owned<InstanceData>>,
    pub(crate) memories: Vec<Owned<MemoryData>>,
    pub(crate) tables: Vec<Owned<TableData>>,
    /// Globals that the host made.
    pub(crate) globals: Vec<Owned<wasmc_contract::context::GlobalSlot>>,
    /// What tags' identities point to.
    pub(crate) tags: Vec<Owned<TagData>>,
    pub(crate) host_functions: Vec<Owned<HostRecord>>,
    /// References that no instance's context holds.
    pub(crate) references: Vec<Owned<FunctionReference>>,
    /// Those of `references` that no image of the store has code for yet.
    pub(crate) unresolved: Vec<*mut FunctionReference>,
    /// What the instances' contexts have as their stack limit.
    pub(crate) stack_limit: u64,
    /// The newest entry into compiled code, or null while none runs.
    pub(crate) activation: *const Activation,
    /// How many calls of host functions run that the host made itself.
    pub(crate) host_calls: u32,
    /// Why compiled code was left, until the entry that it was left for returns.
    pub(crate) raised: Raised,
    /// Where it was left.
    pub(crate) backtrace: Backtrace,
    pub(crate) exceptions: Exceptions,
    /// What a C program asked to be told of traps in exports that it called directly.
    pub(crate) trap_callback: Option<TrapCallback>,
    /// What is done when code has waited for other threads.
    pub(crate) wake_callback: Option<WakeCallback>,
    /// What was told last, and who was told: neither may go while that is done.
    pub(crate) told: Option<(Outcome, Option<TrapCallback>)>,
}

/// How many things of each kind a store owned at some time.
#[derive(PartialEq)]
pub(crate) struct Mark {
    instances: usize,
    memories: usize,
    tables: usize,
    globals: usize,
    tags: usize,
    host_functions: usize,
    references: usize,
}

/// Told of an outcome that an export's C-ABI entry cannot return.
pub(crate) type TrapCallback = Arc<dyn Fn(&Outcome) + Send>;

/// See [`Store::on_wake`].
pub(crate) type WakeCallback = Arc<dyn Fn(&mut Store) + Send + Sync>;

impl Store {
    /// An empty store.
    ///
    /// # Errors
    ///
    /// None now; the system may refuse what later versions ask for here.
    pub fn new(options: StoreOptions) -> Result<Self, SystemError> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let context = StoreContext {
            entry_handler: 0,
            entry_stack_pointer: 0,
            entry_frame_pointer: 0,
            exit_frame_pointer: 0,
            pending: 0,
            interrupt: 0,
            builtins: builtin::table(),
            host: 0,
        };
        let inner = NonNull::from(Box::leak(Box::new(StoreInner {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            shared: Arc::new(SharedContext::new(context)),
            options,
            instances: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            host_functions: Vec::new(),
            references: Vec::new(),
            unresolved: Vec::new(),
            stack_limit: 0,
            activation: std::ptr::null(),
            host_calls: 0,
            raised: Raised::None,
            backtrace: Backtrace::default(),
            exceptions: Exceptions::new(),
            trap_callback: None,
            wake_callback: None,
            told: None,
        })));
        let store = Self { inner };
        // SAFETY: no code runs yet, so the context is this thread's.
        unsafe { (*store.inner().shared.context()).host = inner.as_ptr() as u64 };
        Ok(store)
    }

    /// What stops the store's code from another thread.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        let inner = self.inner();
        if !inner.activation.is_null() {
            inner.shared.set_thread(crate::stack::thread_number());
        }
        InterruptHandle::new(inner.shared.clone())
    }

    /// Waits, on the thread that runs the store's code, until somebody unparks that thread, `timeout` is over (if there is
    /// one), or the code is to stop; it may end earlier, for no reason. False if the code is to stop: a host function then
    /// returns [`crate::TrapCode::Interrupted`].
    pub fn park(&mut self, timeout: Option<std::time::Duration>) -> bool {
        let goes_on = crate::wait::park(&self.inner().shared, timeout);
        if goes_on {
            self.woken();
        }
        goes_on
    }

    /// Whether the store's code is to stop: what takes long in a host function looks, and returns
    /// [`crate::TrapCode::Interrupted`] then.
    pub fn is_interrupted(&self) -> bool {
        self.inner().shared.flag().load(Ordering::Acquire) != 0
    }

    /// Does what is to be done when the store's code has waited.
    pub(crate) fn woken(&mut self) {
        if let Some(callback) = self.inner().wake_callback.clone() {
            callback(self);
        }
    }

    /// Calls `callback` whenever the store's code has waited for other threads, at an address of a shared memory or in a
    /// host function that parks it, before the code goes on: so that it learns what others have done meanwhile. The
    /// callback may call the code.
    pub fn on_wake(&mut self, callback: impl Fn(&mut Self) + Send + Sync + 'static) {
        self.inner_mut().wake_callback = Some(Arc::new(callback));
    }

    /// What bounds the store's memories, tables and exceptions; a host charges to it what it keeps for the program.
    pub fn memory_budget(&self) -> &MemoryBudget {
        &self.inner().options.memory
    }

    /// What the store's memories, tables and exceptions take of its budget, with whatever else has the same.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_budget().used_bytes()
    }

    /// Calls `callback` when an export that a C program called through its C-ABI entry did not return; without one, or
    /// when it returns, the outcome is printed and the process aborted, since the entry cannot return it.
    pub fn on_export_failure(&mut self, callback: impl Fn(&Outcome) + Send + 'static) {
        self.inner_mut().trap_callback = Some(Arc::new(callback));
    }

    pub(crate) fn inner(&self) -> &StoreInner {
        // SAFETY: lives until `drop`; borrows of it end before compiled code or a host function is called.
        unsafe { self.inner.as_ref() }
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as above, and `self` is borrowed mutably, or is the newest host function's.
        unsafe { self.inner.as_mut() }
    }

    pub(crate) fn context(&self) -> *mut StoreContext {
        self.inner().shared.context()
    }
}

impl StoreInner {
    /// Whether code or a host function of the store runs.
    pub(crate) fn is_running(&self) -> bool {
        !self.activation.is_null() || self.host_calls > 0
    }

    /// Forgets all code and host functions that run: whoever calls this does not return to them.
    pub(crate) fn abandon(&mut self) {
        self.activation = std::ptr::null();
        self.host_calls = 0;
        self.raised = Raised::None;
        self.shared.set_thread(0);
        // Another store's code may be running here, which goes on.
        let current = crate::trap::set_current_store(std::ptr::null_mut());
        if !std::ptr::eq(current, self) {
            crate::trap::set_current_store(current);
        }
        // SAFETY: the context belongs to this thread while it uses the store.
        let context = unsafe { &mut *self.shared.context() };
        context.entry_handler = 0;
        context.entry_stack_pointer = 0;
        context.entry_frame_pointer = 0;
        context.exit_frame_pointer = 0;
        context.pending = 0;
    }

    /// What it owns now, to be compared with later or returned to.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            instances: self.instances.len(),
            memories: self.memories.len(),
            tables: self.tables.len(),
            globals: self.globals.len(),
            tags: self.tags.len(),
            host_functions: self.host_functions.len(),
            references: self.references.len(),
        }
    }

    /// Drops what was added since `mark`, when nothing refers to it.
    pub(crate) fn return_to(&mut self, mark: &Mark) {
        self.instances.truncate(mark.instances);
        self.memories.truncate(mark.memories);
        self.tables.truncate(mark.tables);
        self.globals.truncate(mark.globals);
        self.tags.truncate(mark.tags);
        self.host_functions.truncate(mark.host_functions);
        self.references.truncate(mark.references);
    }

    /// Sets the stack limit of all instances.
    pub(crate) fn set_stack_limit(&mut self, limit: u64) {
        if self.stack_limit == limit {
            return;
        }
        self.stack_limit = limit;
        for instance in &self.instances {
            let context = instance.context().cast::<InstanceContext>();
            // SAFETY: a context lives as long as its instance, and starts with this structure.
            unsafe { (*context).stack_limit = limit };
        }
    }

    /// The images that the store has instances of.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Image> {
        self.instances.iter().map(|instance| &instance.image)
    }

    /// The identity of a new tag of this type.
    pub(crate) fn add_tag(&mut self, type_identity: u32) -> u64 {
        let tag = Owned::new(TagData { type_identity, fields: exception::field_count(type_identity) });
        let address = tag.address();
        self.tags.push(tag);
        address
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.inner().is_running() {
            // A host function swapped the store that it runs in for another and dropped it: its code is still running,
            // so it is kept for good.
            return;
        }
        // SAFETY: made from a box in `new`; no code of it runs, and handles look at it only through a store.
        drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = self.inner();
        formatter.debug_struct("Store").field("id", &inner.id).field("instances", &inner.instances.len()).finish()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Store>();
};
