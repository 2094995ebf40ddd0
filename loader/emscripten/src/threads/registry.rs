//! Which threads there are, what has been sent to each, and whether it has anything to do.
//!
//! All of it is under one lock, which is held for moments: whoever says "nothing is to come" and whoever sends something
//! agree on the order.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use wasmc_loader::{HostError, InterruptHandle};
use wasmc_wasi::{HostMemory, Kept};

use super::inbox::{Inbox, Message};
use crate::Context;

/// See the module.
pub(super) struct Registry {
    memory: HostMemory,
    state: Mutex<State>,
}

struct State {
    /// Those that are there, but for the first one.
    threads: HashMap<u32, Entry>,
    /// Those that are gone, and that somebody joins or may still join.
    joinable: HashSet<u32>,
    /// Those that are gone, and that nobody joins.
    finished: Vec<u32>,
    /// What is noted of all of them.
    kept: Kept,
    /// The first thread.
    main: Option<u32>,
    main_thread: Option<Thread>,
    main_messages: Inbox,
}

struct Entry {
    interrupt: InterruptHandle,
    /// Once it runs.
    thread: Option<Thread>,
    messages: Inbox,
    /// It has nothing to do, until it is sent something.
    is_idle: bool,
    /// Nobody joins it, unless somebody does so already.
    frees_itself: bool,
    is_joined: bool,
    was_killed: bool,
    /// Who is to be unparked when it is gone.
    waiting: Vec<Thread>,
}

/// What is noted of a thread that is gone takes about so much. It counts while the thread runs, so that the end of one
/// never fails.
const THREAD_BYTES: u64 = 64;

/// Held while there is anything left of a thread of the host's.
pub(super) struct Place {
    context: Arc<Context>,
    pthread: u32,
}

impl Place {
    pub(super) fn new(context: Arc<Context>, pthread: u32) -> Self {
        Self { context, pthread }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.context.pthreads.registry.set_gone(self.pthread);
    }
}

impl Registry {
    pub(super) fn new(memory: &HostMemory) -> Self {
        let state = State {
            threads: HashMap::new(),
            joinable: HashSet::new(),
            finished: Vec::new(),
            kept: Kept::new(memory),
            main: None,
            main_thread: None,
            main_messages: Inbox::new(memory),
        };
        Self { memory: memory.clone(), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert_main(&self, pthread: u32) {
        self.lock().main = Some(pthread);
    }

    /// The first thread waits for what comes, on the calling thread of the host.
    pub(super) fn set_main_waiting(&self) {
        self.lock().main_thread = Some(std::thread::current());
    }

    pub(super) fn main(&self) -> Option<u32> {
        self.lock().main
    }

    /// Notes a thread that is about to start; false if there is one at that address, or if there are too many.
    pub(super) fn insert(&self, pthread: u32, interrupt: InterruptHandle) -> bool {
        let entry = Entry {
            interrupt,
            thread: None,
            messages: Inbox::new(&self.memory),
            is_idle: false,
            frees_itself: false,
            is_joined: false,
            was_killed: false,
            waiting: Vec::new(),
        };
        let mut state = self.lock();
        if pthread == 0 || state.main == Some(pthread) || state.threads.contains_key(&pthread) {
            return false;
        }
        // Who gives another thread the address of one that is gone will not join that.
        state.joinable.remove(&pthread);
        if !state.count(1) {
            return false;
        }
        state.threads.insert(pthread, entry);
        true
    }

    /// The thread runs, on the calling thread of the host.
    pub(super) fn set_running(&self, pthread: u32) {
        if let Some(entry) = self.lock().threads.get_mut(&pthread) {
            entry.thread = Some(std::thread::current());
        }
    }

    /// Forgets a thread that is gone. Whether there was one: who is told so frees its memory, and nobody else does.
    pub(super) fn remove(&self, pthread: u32) -> bool {
        let mut state = self.lock();
        let was_there = state.joinable.remove(&pthread);
        state.count(0);
        was_there
    }

    /// Sends `message`; false if there is no such thread.
    ///
    /// # Errors
    ///
    /// If that was sent too much.
    pub(super) fn send(&self, pthread: u32, message: Message) -> Result<bool, HostError> {
        let mut state = self.lock();
        if state.main == Some(pthread) {
            state.main_messages.push(message)?;
            state.wake_main();
            return Ok(true);
        }
        let Some(entry) = state.threads.get_mut(&pthread) else { return Ok(false) };
        entry.messages.push(message)?;
        if let Some(thread) = &entry.thread {
            thread.unpark();
        }
        Ok(true)
    }

    /// See [`super::Pthreads::next_message`].
    pub(super) fn next_message(&self, pthread: u32, is_idle: bool) -> Option<Message> {
        let mut state = self.lock();
        if pthread == 0 || state.main == Some(pthread) {
            return state.main_messages.pop();
        }
        let entry = state.threads.get_mut(&pthread)?;
        let message = entry.messages.pop();
        let becomes_idle = message.is_none() && is_idle;
        if std::mem::replace(&mut entry.is_idle, becomes_idle) != becomes_idle && becomes_idle {
            state.wake_main();
        }
        message
    }

    /// Whether a thread besides the first has something to do, or has given the first one something.
    pub(super) fn are_busy(&self) -> bool {
        let state = self.lock();
        // Who ends may have sent it a message just before, and after it has looked for one.
        !state.main_messages.is_empty()
            || state.threads.values().any(|entry| !entry.is_idle || !entry.messages.is_empty())
    }

    pub(super) fn wake_main(&self) {
        self.lock().wake_main();
    }

    /// The thread's memory is to be freed when it is gone: nobody joins it.
    pub(super) fn free_when_gone(&self, pthread: u32) {
        let mut state = self.lock();
        if let Some(entry) = state.threads.get_mut(&pthread) {
            entry.frees_itself = true;
        }
    }

    /// Whether a thread is still there: who calls this is unparked when it is gone.
    pub(super) fn wait_until_gone(&self, pthread: u32) -> bool {
        self.lock().wait_until_gone(pthread).is_some()
    }

    /// The same for who joins it, and [removes](Self::remove) it then.
    pub(super) fn join(&self, pthread: u32) -> bool {
        let mut state = self.lock();
        let entry = state.wait_until_gone(pthread);
        let is_there = entry.is_some();
        if let Some(entry) = entry {
            entry.is_joined = true;
        }
        is_there
    }

    /// Notes that a thread is to be stopped wherever it is, and that its memory is to be freed then unless somebody joins
    /// it; by what.
    pub(super) fn kill(&self, pthread: u32) -> Option<InterruptHandle> {
        let mut state = self.lock();
        let entry = state.threads.get_mut(&pthread)?;
        (entry.was_killed, entry.frees_itself) = (true, true);
        Some(entry.interrupt.clone())
    }

    pub(super) fn was_killed(&self, pthread: u32) -> bool {
        self.lock().threads.get(&pthread).is_some_and(|entry| entry.was_killed)
    }

    /// One of those that are gone, and that nobody joins.
    pub(super) fn next_finished(&self) -> Option<u32> {
        let mut state = self.lock();
        let finished = state.finished.pop();
        state.count(0);
        finished
    }

    fn set_gone(&self, pthread: u32) {
        let mut state = self.lock();
        let Some(entry) = state.threads.remove(&pthread) else { return };
        if entry.frees_itself && !entry.is_joined {
            state.finished.push(pthread);
        } else {
            state.joinable.insert(pthread);
        }
        entry.waiting.iter().for_each(Thread::unpark);
        state.wake_main();
    }
}

impl State {
    /// Counts what is noted of threads, and of so many more; false if that is too much.
    fn count(&mut self, more: usize) -> bool {
        let count = self.threads.len() + self.joinable.len() + self.finished.len() + more;
        self.kept.set(count as u64 * THREAD_BYTES)
    }

    /// A thread that is there, which the calling one waits for.
    fn wait_until_gone(&mut self, pthread: u32) -> Option<&mut Entry> {
        let entry = self.threads.get_mut(&pthread)?;
        let own = std::thread::current();
        if entry.waiting.iter().all(|thread| thread.id() != own.id()) {
            entry.waiting.push(own);
        }
        Some(entry)
    }

    fn wake_main(&self) {
        if let Some(thread) = &self.main_thread {
            thread.unpark();
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Registry").field("threads", &self.lock().threads.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use wasmc_loader::{MemoryBudget, Store, StoreOptions};

    use super::*;

    fn interrupt() -> InterruptHandle {
        Store::new(StoreOptions::default()).expect("a store").interrupt_handle()
    }

    #[test]
    fn threads_that_nobody_joins_are_bounded_and_keep_nobody_busy() {
        let (memory, budget) = (HostMemory::default(), MemoryBudget::new(100 * THREAD_BYTES));
        assert!(memory.charge_to(&budget));
        let (registry, interrupt) = (Registry::new(&memory), interrupt());
        let ends = |pthread: &u32| {
            let is_started = registry.insert(*pthread, interrupt.clone());
            registry.set_gone(*pthread);
            is_started
        };
        let last = (1..100_000).take_while(ends).last().expect("some");
        assert!(budget.used_bytes() == budget.bytes_max() && !registry.are_busy());
        // Who is joined makes room for another one, and so does one whose address is given to another.
        assert!(registry.remove(1) && !registry.remove(1));
        assert!(registry.insert(2, interrupt.clone()) && registry.are_busy());
        assert!(registry.insert(last + 1, interrupt.clone()) && !registry.insert(last + 2, interrupt.clone()));
        // Where a thread runs, there is no other.
        registry.insert_main(8);
        assert!(registry.remove(3) && !registry.insert(2, interrupt.clone()) && !registry.insert(8, interrupt));
    }

    #[test]
    fn a_message_for_the_first_thread_outlives_its_sender() {
        let (registry, interrupt) = (Registry::new(&HostMemory::default()), interrupt());
        registry.insert_main(4);
        assert!(registry.insert(8, interrupt) && registry.are_busy());
        assert!(matches!(registry.send(4, Message::Mailbox), Ok(true)));
        registry.set_gone(8);
        assert!(registry.are_busy());
        assert!(registry.next_message(4, true) == Some(Message::Mailbox) && !registry.are_busy());
    }

    #[test]
    fn all_who_wait_for_a_thread_go_on_and_one_frees_it() {
        let (registry, interrupt) = (Registry::new(&HostMemory::default()), interrupt());
        assert!(registry.insert(8, interrupt));
        let freed = std::thread::scope(|scope| {
            let join = || {
                while registry.join(8) {
                    std::thread::park();
                }
                u32::from(registry.remove(8))
            };
            let watch = || {
                while registry.wait_until_gone(8) {
                    std::thread::park();
                }
                0
            };
            let waiting = [scope.spawn(join), scope.spawn(watch), scope.spawn(join)];
            while registry.lock().threads[&8].waiting.len() < waiting.len() {
                std::thread::yield_now();
            }
            assert!(registry.kill(8).is_some());
            registry.set_gone(8);
            waiting.map(|thread| thread.join().expect("it goes on")).iter().sum::<u32>()
        });
        assert!(freed == 1 && registry.next_finished().is_none());
    }
}
