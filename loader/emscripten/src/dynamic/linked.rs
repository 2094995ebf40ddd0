//! What all threads of a program agree on: the modules that are linked, where they lie, and what lies in entries and in the
//! table.
//!
//! ```text
//! the thread that loads ► steps ► each other thread does the same to its own instances and its own table: follow.rs
//! ```
//!
//! Whoever changes it has the [turn](super::turn). It is locked for moments, and never while code of the program runs. There
//! are as many steps as libraries have names, and no more: those are counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmc_loader::{FunctionType, Image};
use wasmc_wasi::{HostMemory, Kept};

use super::entry::Unresolved;
use super::place::Layout;
use super::symbol::Library;
use super::turn::{Follower, Turns};

/// What a program's threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    linked: Mutex<Linked>,
    /// What is noted of libraries and their handles. It is for good, as they are.
    kept: Mutex<Kept>,
    /// How many steps there are.
    count: AtomicUsize,
    pub(super) turns: Turns,
    pub(super) followers: Mutex<Vec<Follower>>,
}

#[derive(Debug, Default)]
pub(super) struct Linked {
    /// Where the main module's parts lie; `None` if it lies where it was linked to.
    pub(super) layout: Option<Layout>,
    /// The functions that the main module imports: those of the interface go before what modules define.
    pub(super) imports_of_main: BTreeMap<String, FunctionType>,
    /// The main module, then the others as they were asked for.
    pub(super) libraries: Vec<Library>,
    /// Modules that are needed at the start, and are not linked yet.
    pub(super) provided: BTreeMap<String, Image>,
    pub(super) by_name: BTreeMap<String, usize>,
    pub(super) by_handle: BTreeMap<u32, usize>,
    /// What the entries hold that have a value.
    pub(super) values: BTreeMap<Key, Held>,
    pub(super) unresolved: Vec<Unresolved>,
    /// What was done, in order.
    pub(super) steps: Vec<Step>,
    /// Whether the program runs: until then memory is taken from below the heap, and constructors wait.
    pub(super) is_started: bool,
}

/// An entry: one that all modules share, or one of a library's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) owner: Option<usize>,
    pub(super) name: String,
}

/// What an entry holds, and which library defines that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) library: usize,
    pub(super) what: What,
}

/// What an entry holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    /// An address of data, or a function's number.
    Number(u32),
    /// An address in each thread's own block of the library's data.
    InBlock(u32),
}

/// A function that is in the table because it was asked for, and not as a part of its module.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Export {
        library: usize,
        name: String,
    },
    /// Of the interface.
    Interface(String),
    /// There is none of this name: calls of it trap.
    Unavailable(String),
}

/// What a thread does that has not done it yet.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A library is there.
    Library(usize),
    /// A function has a number.
    Number(u32, Source),
    /// An entry has a value.
    Entry(Key),
}

impl Shared {
    /// Nothing yet; what is noted counts towards `memory`.
    pub(crate) fn new(memory: &HostMemory) -> Self {
        Self {
            linked: Mutex::default(),
            kept: Mutex::new(Kept::new(memory)),
            count: AtomicUsize::new(0),
            turns: Turns::default(),
            followers: Mutex::default(),
        }
    }

    /// Counts so many bytes more; false if that is too much.
    pub(super) fn keep(&self, bytes: u64) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let all = kept.bytes().saturating_add(bytes);
        kept.set(all)
    }

    pub(super) fn linked(&self) -> MutexGuard<'_, Linked> {
        self.linked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the main module: where it lies, and the functions that it imports.
    pub(super) fn start(&self, layout: Option<Layout>, imports_of_main: BTreeMap<String, FunctionType>) {
        const NAME: &str = "__main__";
        let mut linked = self.linked();
        let provided = std::mem::take(&mut linked.provided);
        *linked = Linked {
            layout,
            provided,
            imports_of_main,
            libraries: vec![Library::new(NAME, true)],
            by_name: BTreeMap::from([(NAME.to_owned(), 0)]),
            ..Linked::default()
        };
        self.count.store(0, Ordering::Release);
    }

    /// How many steps there are.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Notes a step; how many there are now.
    pub(super) fn push(&self, step: Step) -> usize {
        let mut linked = self.linked();
        linked.steps.push(step);
        self.count.store(linked.steps.len(), Ordering::Release);
        linked.steps.len()
    }
}
