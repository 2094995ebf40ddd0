//! Leaves compiled code that trapped: faults and failed builtins go in, the newest entry's handler is where it goes on.
//!
//! A fault in the text of a registered image, at an instruction that its trap table lists, is a trap; any other fault
//! is passed on to whoever handled the signal before. Nothing here allocates or locks.

use std::cell::Cell;

use wasmc_contract::context::StoreContext;
use wasmc_contract::trap::TrapCode;

use crate::call::Raised;
use crate::store::StoreInner;

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod backtrace;
mod leave;
mod registers;
pub(crate) mod registry;
#[cfg(unix)]
mod signal_stack;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub(crate) use aarch64::{collect_exceptions, new_exception, raise, throw, unresolved};
pub(crate) use backtrace::Backtrace;
pub(crate) use system::{install_wake_handler, wake_thread};
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::{collect_exceptions, new_exception, raise, throw, unresolved};

thread_local! {
    /// The store whose code this thread runs. Constant-initialised and without a destructor, so that a signal handler
    /// may read it.
    static CURRENT: Cell<*mut StoreInner> = const { Cell::new(std::ptr::null_mut()) };
}

/// Makes sure that traps on this thread are caught: once per process the handlers, once per thread its signal stack.
#[inline]
pub(crate) fn prepare_thread() {
    // Whoever enters asks for the stack's limit next.
    if !crate::stack::is_known() {
        system::prepare_thread();
    }
}

/// Makes `store` the one whose code this thread runs; gives the one before.
#[inline]
pub(crate) fn set_current_store(store: *mut StoreInner) -> *mut StoreInner {
    CURRENT.replace(store)
}

/// Where a thread was when a fault interrupted it.
struct Place {
    program_counter: u64,
    frame_pointer: u64,
}

/// Where it goes on instead.
struct Continuation {
    program_counter: u64,
    stack_pointer: u64,
    frame_pointer: u64,
}

/// Whether a fault at `place` is a trap: if so it is noted in the store, and execution continues at the entry.
fn handle_fault(place: &Place) -> Option<Continuation> {
    let store = CURRENT.get();
    if store.is_null() {
        return None;
    }
    let (start, image) = registry::find(place.program_counter)?;
    // SAFETY: the image is registered, and its code is running: the store keeps it.
    let traps = unsafe { &*image }.traps()?;
    let Some(code) = traps.find((place.program_counter - start) as u32) else {
        system::say(
            "wasmc: a fault in compiled code, where nothing can trap: the artifact is damaged, or needs instructions that \
             this CPU lacks
",
        );
        return None;
    };
    // SAFETY: the store is this thread's, and compiled code was interrupted, which holds no borrow of it. The new value
    // replaces one that owns nothing, since nothing is raised while compiled code runs.
    unsafe {
        std::ptr::write(&raw mut (*store).raised, Raised::Trap(code, None));
        let context = (*store).shared.context();
        (*store).backtrace.record(place.program_counter, place.frame_pointer, &*context, (*store).activation);
        Some(continuation(&*context))
    }
}

fn continuation(context: &StoreContext) -> Continuation {
    Continuation {
        program_counter: context.entry_handler,
        stack_pointer: context.entry_stack_pointer,
        frame_pointer: context.entry_frame_pointer,
    }
}

/// Notes that a builtin failed, and why.
pub(crate) fn set_pending(store: &mut StoreInner, code: TrapCode) {
    store.raised = Raised::Trap(code, None);
    // SAFETY: the context belongs to this thread while it uses the store.
    unsafe { (*store.shared.context()).pending = u64::from(code as u8) };
}
