//! Threads that wait at addresses of shared memories, and those that wake them.
//!
//! Waiters are kept in lists by their addresses. Whoever waits looks at the memory while the list is locked, and whoever
//! wakes locks it too: so nobody who changed the memory before waking misses a waiter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::interrupt::SharedContext;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    Woken,
    /// The memory did not hold what was expected.
    NotEqual,
    TimedOut,
    /// The store's code is to stop.
    Interrupted,
}

struct Waiter {
    address: u64,
    thread: Thread,
    is_woken: AtomicBool,
}

const LISTS: usize = 64;

static WAITERS: [Mutex<Vec<Arc<Waiter>>>; LISTS] = [const { Mutex::new(Vec::new()) }; LISTS];

fn list(address: u64) -> MutexGuard<'static, Vec<Arc<Waiter>>> {
    // Neighbours go to different lists.
    let index = (address >> 2) as usize % LISTS;
    WAITERS[index].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits at `address`, if `is_expected` says so, until it is woken, the time is over, or the store is interrupted.
pub(crate) fn wait(
    store: &SharedContext,
    address: u64,
    timeout: Option<Duration>,
    is_expected: impl FnOnce() -> bool,
) -> Waited {
    // A time that cannot be told never comes.
    let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let waiter = Arc::new(Waiter { address, thread: std::thread::current(), is_woken: AtomicBool::new(false) });
    {
        let mut waiters = list(address);
        if !is_expected() {
            return Waited::NotEqual;
        }
        waiters.push(Arc::clone(&waiter));
    }
    store.set_waiting(Some(waiter.thread.clone()));
    let unfinished = loop {
        if waiter.is_woken.load(Ordering::Acquire) {
            break Waited::Woken;
        }
        if store.flag().load(Ordering::Acquire) != 0 {
            break Waited::Interrupted;
        }
        match end.map(|end| end.saturating_duration_since(Instant::now())) {
            None => std::thread::park(),
            Some(Duration::ZERO) => break Waited::TimedOut,
            Some(left) => std::thread::park_timeout(left),
        }
    };
    store.set_waiting(None);
    if unfinished == Waited::Woken {
        return Waited::Woken;
    }
    let mut waiters = list(address);
    match waiters.iter().position(|other| Arc::ptr_eq(other, &waiter)) {
        Some(position) => {
            waiters.remove(position);
            unfinished
        }
        // It was woken in the last moment, and counted.
        None => Waited::Woken,
    }
}

/// Waits until this thread is unparked, the time is over, or the store's code is to stop: false for the last.
pub(crate) fn park(store: &SharedContext, timeout: Option<Duration>) -> bool {
    store.set_waiting(Some(std::thread::current()));
    if store.flag().load(Ordering::Acquire) == 0 {
        timeout.map_or_else(std::thread::park, std::thread::park_timeout);
    }
    store.set_waiting(None);
    store.flag().load(Ordering::Acquire) == 0
}

/// Wakes up to `count` threads that wait at `address`, those first that have waited longest; how many there were.
pub(crate) fn notify(address: u64, count: u32) -> u32 {
    let mut woken = 0;
    list(address).retain(|waiter| {
        let is_next = waiter.address == address && woken < count;
        if is_next {
            woken += 1;
            waiter.is_woken.store(true, Ordering::Release);
            waiter.thread.unpark();
        }
        !is_next
    });
    woken
}
