//! Which threads there are, what has been sent to each, and whether it has anything to do.
//!
//! All of it is under one lock, which is held for moments: whoever says "nothing is to come" and whoever sends something
//! agree on the order.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;

use wasmc_loader::InterruptHandle;

use crate::Context;

/// What one thread sends another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// There is something in its queue of calls.
    Queue,
    /// There is something for it in the queue at this address; `ends_thread` if the thread may be over then.
    Proxied { queue: u32, ends_thread: bool },
    /// There is something in its mailbox.
    Mailbox,
    /// It is to end, as by `pthread_exit`.
    Cancel,
}

/// See the module.
#[derive(Default)]
pub(super) struct Registry {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    threads: HashMap<u32, Entry>,
    /// The first thread, which has no entry in `threads`.
    main: Option<u32>,
    main_thread: Option<Thread>,
    main_messages: VecDeque<Message>,
    /// Those that are gone, and that nobody joins.
    finished: Vec<u32>,
}

struct Entry {
    interrupt: InterruptHandle,
    /// Once it runs.
    thread: Option<Thread>,
    messages: VecDeque<Message>,
    /// It has nothing to do, until it is sent something.
    is_idle: bool,
    is_gone: bool,
    frees_itself: bool,
    was_killed: bool,
    /// Who waits until it is gone.
    joiner: Option<Thread>,
}

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

    pub(super) fn insert(&self, pthread: u32, interrupt: InterruptHandle) {
        let entry = Entry {
            interrupt,
            thread: None,
            messages: VecDeque::new(),
            is_idle: false,
            is_gone: false,
            frees_itself: false,
            was_killed: false,
            joiner: None,
        };
        self.lock().threads.insert(pthread, entry);
    }

    /// The thread runs, on the calling thread of the host.
    pub(super) fn set_running(&self, pthread: u32) {
        if let Some(entry) = self.lock().threads.get_mut(&pthread) {
            entry.thread = Some(std::thread::current());
        }
    }

    /// Whether there was such a thread.
    pub(super) fn remove(&self, pthread: u32) -> bool {
        self.lock().threads.remove(&pthread).is_some()
    }

    /// Sends `message`; false if there is no such thread.
    pub(super) fn send(&self, pthread: u32, message: Message) -> bool {
        let mut state = self.lock();
        if state.main == Some(pthread) {
            state.main_messages.push_back(message);
            state.wake_main();
            return true;
        }
        let Some(entry) = state.threads.get_mut(&pthread).filter(|entry| !entry.is_gone) else { return false };
        entry.messages.push_back(message);
        if let Some(thread) = &entry.thread {
            thread.unpark();
        }
        true
    }

    /// See [`super::Pthreads::next_message`].
    pub(super) fn next_message(&self, pthread: u32, is_idle: bool) -> Option<Message> {
        let mut state = self.lock();
        if pthread == 0 || state.main == Some(pthread) {
            return state.main_messages.pop_front();
        }
        let entry = state.threads.get_mut(&pthread)?;
        let message = entry.messages.pop_front();
        let becomes_idle = message.is_none() && is_idle;
        if std::mem::replace(&mut entry.is_idle, becomes_idle) != becomes_idle && becomes_idle {
            state.wake_main();
        }
        message
    }

    /// Whether a thread besides the first has something to do.
    pub(super) fn are_busy(&self) -> bool {
        let state = self.lock();
        state.threads.values().any(|entry| !entry.is_gone && (!entry.is_idle || !entry.messages.is_empty()))
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
        let mut state = self.lock();
        let Some(entry) = state.threads.get_mut(&pthread).filter(|entry| !entry.is_gone) else { return false };
        entry.joiner = Some(std::thread::current());
        true
    }

    /// Notes that a thread is to be stopped wherever it is, and that its memory is to be freed then; by what.
    pub(super) fn kill(&self, pthread: u32) -> Option<InterruptHandle> {
        let mut state = self.lock();
        let entry = state.threads.get_mut(&pthread).filter(|entry| !entry.is_gone)?;
        (entry.was_killed, entry.frees_itself) = (true, true);
        Some(entry.interrupt.clone())
    }

    pub(super) fn was_killed(&self, pthread: u32) -> bool {
        self.lock().threads.get(&pthread).is_some_and(|entry| entry.was_killed)
    }

    /// One of those that are gone, and that nobody joins.
    pub(super) fn next_finished(&self) -> Option<u32> {
        self.lock().finished.pop()
    }

    fn set_gone(&self, pthread: u32) {
        let mut state = self.lock();
        let Some(entry) = state.threads.get_mut(&pthread) else { return };
        entry.is_gone = true;
        if let Some(joiner) = entry.joiner.take() {
            joiner.unpark();
        }
        if entry.frees_itself {
            state.threads.remove(&pthread);
            state.finished.push(pthread);
        }
        state.wake_main();
    }
}

impl State {
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
