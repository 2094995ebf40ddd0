//! Who may load modules: one thread at a time. When it has, the others follow.

use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{Thread, ThreadId};
use std::time::{Duration, Instant};

use wasmc_loader::{HostError, InterruptHandle, Store, TrapCode};

use super::follow::follow;
use crate::Context;
use crate::thread::ThreadState;

/// How long a thread is waited for that neither calls the interface nor waits: it learns what was loaded when it next does.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often it is looked at meanwhile.
const INTERVAL: Duration = Duration::from_millis(1);

/// Whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    owner: Option<ThreadId>,
    /// How often the owner has it: a constructor may load modules itself.
    depth: u32,
    waiting: Vec<Thread>,
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by the thread whose turn it is.
#[derive(Debug)]
pub(super) struct Turn(Arc<Context>);

impl Turn {
    /// Waits for the calling thread's turn, and does what others have done before.
    pub(super) fn take(thread: &ThreadState, store: &mut Store) -> Result<Self, HostError> {
        let own = std::thread::current();
        loop {
            let mut state = thread.context.linked.turns.lock();
            if *state.owner.get_or_insert(own.id()) == own.id() {
                state.depth += 1;
                break;
            }
            if state.waiting.iter().all(|thread| thread.id() != own.id()) {
                state.waiting.push(own.clone());
            }
            drop(state);
            if !store.park(None) {
                return Err(HostError::Trap(TrapCode::Interrupted));
            }
        }
        let turn = Self(Arc::clone(&thread.context));
        follow(thread, store)?;
        Ok(turn)
    }

    /// Ends it, and waits until the other threads have done the same, as far as they can be reached.
    pub(super) fn end(self, thread: &ThreadState, store: &mut Store) -> Result<(), HostError> {
        drop(self);
        let shared = &thread.context.linked;
        let goal = shared.count();
        // See `start_following`.
        fence(Ordering::SeqCst);
        let end = Instant::now() + PATIENCE;
        loop {
            let is_late = Instant::now() >= end;
            let mut followers = shared.followers.lock().unwrap_or_else(PoisonError::into_inner);
            followers.retain(Follower::is_there);
            let others = followers.iter_mut().filter(|follower| !std::ptr::eq(follower.thread.as_ptr(), thread));
            // Each is asked: it notes that it was waited for.
            let behind =
                others.map(|follower| follower.is_waited_for(goal, is_late)).filter(|is_behind| *is_behind).count();
            drop(followers);
            if behind == 0 || is_late {
                return Ok(());
            }
            if !store.park(Some(INTERVAL)) {
                return Err(HostError::Trap(TrapCode::Interrupted));
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.linked.turns.lock();
        state.depth -= 1;
        if state.depth == 0 {
            state.owner = None;
            state.waiting.drain(..).for_each(|thread| thread.unpark());
        }
    }
}

/// A thread that does what others have done.
#[derive(Debug)]
pub(super) struct Follower {
    thread: Weak<ThreadState>,
    interrupt: InterruptHandle,
    /// How far it was when it was waited for in vain: it is not waited for again until it is further.
    left_at: Option<usize>,
}

impl Follower {
    pub(super) fn new(thread: &Arc<ThreadState>, store: &Store) -> Self {
        Self { thread: Arc::downgrade(thread), interrupt: store.interrupt_handle(), left_at: None }
    }

    /// Whether anything is left of the thread.
    pub(super) fn is_there(&self) -> bool {
        self.thread.strong_count() > 0
    }

    /// Whether it is still to be waited for. One that waits follows before it goes on, and so does one that has not started.
    fn is_waited_for(&mut self, goal: usize, is_late: bool) -> bool {
        let Some(thread) = self.thread.upgrade() else { return false };
        let done = thread.dynamic.done.load(Ordering::Acquire);
        let is_reached = done >= goal
            || self.left_at == Some(done)
            || !thread.dynamic.is_following.load(Ordering::Acquire)
            || self.interrupt.is_waiting();
        if !is_reached && is_late {
            self.left_at = Some(done);
        }
        !is_reached
    }
}
