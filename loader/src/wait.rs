//! Threads that wait at addresses of shared memories, and those that wake them.
//!
//! Waiters are kept in lists by their addresses. Whoever waits looks at the memory while the list is locked, and whoever
//! wakes locks it too: so nobody who changed the memory before waking misses a waiter.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::entity::{EntityError, Memory};
use crate::interrupt::SharedContext;
use crate::store::Store;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Somebody woke those who wait there.
    Woken,
    /// The memory did not hold what was expected.
    NotEqual,
    /// The time was over.
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

impl Memory {
    /// Waits at `address` as compiled code does (`memory.atomic.wait32`): if the memory holds `expected` there, until it is
    /// woken, or `timeout` is over. For [`Waited::Interrupted`], a host function returns [`crate::TrapCode::Interrupted`].
    ///
    /// # Errors
    ///
    /// If the memory is not shared, has no aligned place there, or belongs to another store.
    pub fn wait(
        &self,
        store: &mut Store,
        address: u64,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<Waited, EntityError> {
        let place = self.word(store, address)?;
        if self.shared(store).is_none() {
            return Err(EntityError::Type);
        }
        // SAFETY: the place is inside the memory, which lives as long as its store, and aligned.
        let holds = || unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::SeqCst) == expected;
        let waited = wait(&store.inner().shared, place as u64, timeout, holds);
        if waited != Waited::Interrupted {
            store.woken();
        }
        Ok(waited)
    }

    /// Wakes up to `count` threads that wait at `address`; how many there were (`memory.atomic.notify`).
    ///
    /// # Errors
    ///
    /// If the memory has no aligned place there, or belongs to another store.
    pub fn notify(&self, store: &Store, address: u64, count: u32) -> Result<u32, EntityError> {
        Ok(notify(self.word(store, address)? as u64, count))
    }

    fn word(&self, store: &Store, address: u64) -> Result<*mut u8, EntityError> {
        const BYTES: u64 = size_of::<u32>() as u64;
        let place = self.data(store)?.range(address, BYTES).filter(|_| address.is_multiple_of(BYTES));
        place.ok_or(EntityError::OutOfBounds)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::Waited;
    use crate::entity::{EntityError, Memory};
    use crate::store::{Store, StoreOptions};
    use crate::types::MemoryType;

    fn memory(store: &mut Store, is_shared: bool) -> Memory {
        let memory_type = MemoryType { minimum_pages: 1, maximum_pages: Some(1), is_64: false, is_shared };
        Memory::new(store, memory_type).expect("a page")
    }

    #[test]
    fn a_host_waits_as_code_does() {
        let mut store = Store::new(StoreOptions::default()).expect("a store");
        let wakes = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&wakes);
        store.on_wake(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let (shared, own) = (memory(&mut store, true), memory(&mut store, false));
        let soon = Some(Duration::from_millis(1));
        assert_eq!(shared.wait(&mut store, 8, 5, None), Ok(Waited::NotEqual));
        assert_eq!(shared.wait(&mut store, 8, 0, soon), Ok(Waited::TimedOut));
        assert!(store.park(soon));
        assert_eq!(wakes.load(Ordering::Relaxed), 3);
        assert_eq!(shared.notify(&store, 8, 1), Ok(0));
        assert_eq!(shared.wait(&mut store, 2, 0, soon), Err(EntityError::OutOfBounds));
        assert_eq!(shared.notify(&store, 0x1_0000, 1), Err(EntityError::OutOfBounds));
        assert_eq!(own.wait(&mut store, 8, 0, soon), Err(EntityError::Type));
        store.interrupt_handle().interrupt();
        assert_eq!(shared.wait(&mut store, 8, 0, None), Ok(Waited::Interrupted));
        assert!(!store.park(None));
        assert_eq!(wakes.load(Ordering::Relaxed), 3);
    }
}
