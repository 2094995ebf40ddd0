//! What one thread has for itself of the modules that are linked: its instances, its entries, its table.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Function, Global, Instance, Linker, Store};

use super::linked::{Key, Linked, Shared, Step};
use crate::thread::ThreadState;

/// A thread's part. Never locked while code of the program runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    own: Mutex<Own>,
    /// How many of the steps it has done.
    pub(super) done: AtomicUsize,
    /// Whether it does them as they come: the first thread from the start, others once they run.
    pub(super) is_following: AtomicBool,
    /// Whether it is about to do some.
    pub(super) is_busy: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Own {
    /// What is defined for all modules besides the interface.
    pub(super) linker: Linker,
    pub(super) stack_pointer: Option<Global>,
    /// The highest and the lowest address of its stack, if it is not the first thread.
    pub(super) stack: Option<[u32; 2]>,
    /// By library.
    pub(super) instances: BTreeMap<usize, Instance>,
    /// By library: where its block of thread-local data is, or 0.
    pub(super) blocks: BTreeMap<usize, u32>,
    pub(super) entries: BTreeMap<Key, Global>,
    /// Where functions are in the table.
    pub(super) slots: HashMap<Function, u32>,
    /// How many elements of the table were looked at for `slots`.
    pub(super) scanned: u64,
    /// Functions of the interface that have a number.
    pub(super) functions: BTreeMap<String, Function>,
    /// Libraries whose constructors wait for the program to run, in the order in which they run.
    pub(super) waiting: Vec<usize>,
}

impl Own {
    /// Functions were put into these elements of the table.
    pub(super) fn look_again_at(&mut self, elements: &Range<u64>) {
        if !elements.is_empty() {
            self.scanned = self.scanned.min(elements.start);
        }
    }

    /// There are no functions in these elements of the table any more.
    pub(super) fn forget_elements(&mut self, elements: &Range<u64>) {
        if !elements.is_empty() {
            self.slots.retain(|_, index| !elements.contains(&(*index).into()));
        }
    }
}

impl State {
    pub(super) fn own(&self) -> MutexGuard<'_, Own> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The instance of a library.
    pub(super) fn instance(&self, library: usize) -> Option<Instance> {
        self.own().instances.get(&library).copied()
    }

    /// The function that a library exports as `name`.
    pub(super) fn function(&self, store: &Store, library: usize, name: &str) -> Option<Function> {
        self.instance(library)?.function(store, name)
    }

    /// Whether others have done something that this thread is still to do.
    #[inline]
    pub(super) fn is_behind(&self, shared: &Shared) -> bool {
        self.done.load(Ordering::Relaxed) != shared.count() && self.is_following.load(Ordering::Relaxed)
    }
}

impl ThreadState {
    /// What all threads agree on.
    pub(super) fn linked(&self) -> MutexGuard<'_, Linked> {
        self.context.linked.linked()
    }

    /// Notes what this thread, which has the turn, has done.
    pub(super) fn note(&self, step: Step) {
        let count = self.context.linked.push(step);
        self.dynamic.done.store(count, Ordering::Release);
    }

    /// Whether the program is linked to others while it runs.
    pub(crate) fn is_linked(&self) -> bool {
        !self.linked().libraries.is_empty()
    }

    /// The function `name` of a module that all others see.
    pub(crate) fn global_function(&self, store: &Store, name: &str) -> Option<Function> {
        let found = self.linked().global(name)?;
        self.dynamic.function(store, found.library, &found.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_put_into_the_table_is_looked_at_again() {
        let mut own = Own { scanned: 100, ..Own::default() };
        own.look_again_at(&(0..0));
        own.look_again_at(&(200..300));
        assert_eq!(own.scanned, 100);
        own.look_again_at(&(40..50));
        assert_eq!(own.scanned, 40);
    }
}
