//! Stops a running program from another thread.
//!
//! Compiled code polls [`StoreContext::interrupt`] at loops and entries, if it was compiled to. A host call that
//! blocks is woken by a signal whose handler does nothing, so that the system call returns `EINTR`; the host then asks
//! [`crate::Caller::interrupted`].

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;

use wasmc_contract::context::StoreContext;

/// The part of a store that other threads may hold: its context, of which they touch `interrupt` alone.
pub(crate) struct SharedContext {
    context: UnsafeCell<StoreContext>,
    /// The system's number of the thread that runs the store's code, or 0.
    thread: AtomicI32,
    /// That thread, while it waits for another one ([`crate::wait`]).
    waiting: Mutex<Option<Thread>>,
}

// SAFETY: of the context, other threads reach only `interrupt`, atomically; the rest belongs to the store's thread.
unsafe impl Send for SharedContext {}
// SAFETY: likewise.
unsafe impl Sync for SharedContext {}

impl SharedContext {
    pub(crate) fn new(context: StoreContext) -> Self {
        Self { context: UnsafeCell::new(context), thread: AtomicI32::new(0), waiting: Mutex::new(None) }
    }

    pub(crate) fn context(&self) -> *mut StoreContext {
        self.context.get()
    }

    pub(crate) fn flag(&self) -> &AtomicU32 {
        // SAFETY: the field lives as long as `self`, is aligned for its lower half (the first, on the little-endian
        // targets that there are), and is accessed only through this and by compiled code, which polls it.
        unsafe { AtomicU32::from_ptr((&raw mut (*self.context.get()).interrupt).cast()) }
    }

    /// Notes who is to be unparked when the store is interrupted, before it looks at the flag for the last time.
    pub(crate) fn set_waiting(&self, thread: Option<Thread>) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }

    pub(crate) fn set_thread(&self, thread: i32) {
        self.thread.store(thread, Ordering::Release);
    }
}

/// Stops a store's code from any thread, for as long as one likes: it is harmless once the store is gone.
#[derive(Clone)]
pub struct InterruptHandle {
    shared: Arc<SharedContext>,
}

impl InterruptHandle {
    pub(crate) fn new(shared: Arc<SharedContext>) -> Self {
        crate::trap::install_wake_handler();
        Self { shared }
    }

    /// Stops compiled code at its next check, with the trap "interrupted", and makes a blocking system call of a host
    /// function return early.
    ///
    /// A thread that is about to make such a call, but has not yet, does not notice: call this again, every few
    /// milliseconds, until the program has ended. What is not running is stopped when it is next run.
    pub fn interrupt(&self) {
        self.shared.flag().store(1, Ordering::Release);
        if let Some(waiting) = &*self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            waiting.unpark();
        }
        let thread = self.shared.thread.load(Ordering::Acquire);
        if thread != 0 {
            crate::trap::wake_thread(thread);
        }
    }

    /// Takes an interruption back that no code has noticed yet.
    pub fn clear(&self) {
        self.shared.flag().store(0, Ordering::Release);
    }

    /// Whether the thread that runs the store's code waits for others now. What [`crate::Store::on_wake`] asks for is still
    /// to come then.
    pub fn is_waiting(&self) -> bool {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Whether the store's code is running now.
    pub fn is_running(&self) -> bool {
        self.shared.thread.load(Ordering::Acquire) != 0
    }
}

impl std::fmt::Debug for InterruptHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("InterruptHandle").field("is_running", &self.is_running()).finish()
    }
}
