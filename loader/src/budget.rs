//! Counts what memories, tables and exceptions take of a host's memory, for one store or for several together; with what
//! hosts charge to it of their own.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many bytes memories, tables and exceptions may take together, and what hosts keep beside them. Clones are the same budget: stores that each have
/// one, and the memories that they share, are counted together.
#[derive(Clone)]
pub struct MemoryBudget {
    account: Arc<Account>,
}

struct Account {
    bytes_max: u64,
    used_bytes: AtomicU64,
}

impl MemoryBudget {
    /// A budget of which nothing is used yet.
    pub fn new(bytes_max: u64) -> Self {
        Self { account: Arc::new(Account { bytes_max, used_bytes: AtomicU64::new(0) }) }
    }

    /// The most that may be used.
    pub fn bytes_max(&self) -> u64 {
        self.account.bytes_max
    }

    /// How much is used now.
    pub fn used_bytes(&self) -> u64 {
        self.account.used_bytes.load(Ordering::Relaxed)
    }

    fn take(&self, bytes: u64) -> bool {
        let more = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.account.bytes_max);
        self.account.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.account.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// No bound.
impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl std::fmt::Debug for MemoryBudget {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("MemoryBudget");
        shown.field("bytes_max", &self.bytes_max()).field("used_bytes", &self.used_bytes()).finish()
    }
}

/// What one thing uses of a budget; it is given back when this is dropped. By it, a host counts what it keeps for a program
/// towards the program's own limit.
#[derive(Debug)]
pub struct Charge {
    budget: MemoryBudget,
    bytes: Cell<u64>,
}

impl Charge {
    /// `None` if the budget has less.
    pub fn new(budget: &MemoryBudget, bytes: u64) -> Option<Self> {
        budget.take(bytes).then(|| Self { budget: budget.clone(), bytes: Cell::new(bytes) })
    }

    /// How much it is.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// Makes it more or less. False, and nothing changes, if the budget has less.
    pub fn set(&self, bytes: u64) -> bool {
        let before = self.bytes.get();
        if bytes > before {
            if !self.budget.take(bytes - before) {
                return false;
            }
        } else {
            self.budget.give_back(before - bytes);
        }
        self.bytes.set(bytes);
        true
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_never_passes_the_most() {
        let budget = MemoryBudget::new(100);
        let first = Charge::new(&budget, 60).expect("there is as much");
        assert!(Charge::new(&budget.clone(), 41).is_none());
        let second = Charge::new(&budget, 40).expect("there is as much");
        assert!(!first.set(61) && first.bytes() == 60);
        drop(second);
        assert!(first.set(100) && !first.set(u64::MAX));
        assert!(first.set(10));
        assert_eq!(budget.used_bytes(), 10);
        drop(first);
        assert_eq!(budget.used_bytes(), 0);
    }
}
