//! What the host keeps for a program beside the program's own memories: files in memory, what is on its way through pipes,
//! listings of directories, what is to be called later. A program can make it no larger than is said here, and what it takes
//! counts towards the budget of the program's store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Charge, MemoryBudget};

/// How much the host keeps for one program, all together. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct HostMemory {
    account: Arc<Mutex<Account>>,
}

#[derive(Debug, Default)]
struct Account {
    bytes: u64,
    /// What of it counts towards the budget of a store.
    charge: Option<Charge>,
}

impl HostMemory {
    /// The most that is kept for a program, whatever its budget.
    pub const BYTES_MAX: u64 = 1 << 30;
    /// So much is kept beside a budget: small things should not cost a count, nor need one who sets a limit know of them.
    const FREE_BYTES: u64 = 256 << 10;

    /// Has what is kept count towards `budget` from now on, unless it counts towards one already. False, and nothing changes, if
    /// that has less.
    pub fn charge_to(&self, budget: &MemoryBudget) -> bool {
        let mut account = self.lock();
        if account.charge.is_none() {
            account.charge = Charge::new(budget, account.bytes.saturating_sub(Self::FREE_BYTES));
        }
        account.charge.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps `after` bytes of something in the place of `before`. False, and nothing changes, if that is too much.
    fn change(&self, before: u64, after: u64) -> bool {
        let mut account = self.lock();
        let Some(bytes) = (account.bytes - before).checked_add(after) else { return false };
        let charged = bytes.saturating_sub(Self::FREE_BYTES);
        let fits = bytes <= Self::BYTES_MAX && account.charge.as_ref().is_none_or(|charge| charge.set(charged));
        if fits {
            account.bytes = bytes;
        }
        fits
    }
}

/// What one thing takes of it; it is given back when this is dropped.
#[derive(Debug)]
pub struct Kept {
    memory: HostMemory,
    bytes: u64,
}

impl Kept {
    /// Nothing yet.
    pub fn new(memory: &HostMemory) -> Self {
        Self { memory: memory.clone(), bytes: 0 }
    }

    /// How much it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes it more or less. False, and nothing changes, if that is too much: making it less never is.
    pub fn set(&mut self, bytes: u64) -> bool {
        let is_done = self.memory.change(self.bytes, bytes);
        if is_done {
            self.bytes = bytes;
        }
        is_done
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.memory.change(self.bytes, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_passes_neither_its_own_limit_nor_the_budget() {
        let memory = HostMemory::default();
        let mut first = Kept::new(&memory);
        assert!(first.set(HostMemory::BYTES_MAX) && !Kept::new(&memory).set(1));
        assert!(first.set(HostMemory::FREE_BYTES + 10) && !first.set(u64::MAX));

        let (little, enough) = (MemoryBudget::new(9), MemoryBudget::new(100));
        assert!(!memory.charge_to(&little) && little.used_bytes() == 0);
        assert!(memory.charge_to(&enough) && enough.used_bytes() == 10);
        // The first one stays.
        assert!(memory.charge_to(&MemoryBudget::new(0)));
        let mut second = Kept::new(&memory);
        assert!(second.set(90) && !second.set(91) && second.bytes() == 90);
        drop(first);
        assert_eq!(enough.used_bytes(), 0);
        drop(second);
        assert_eq!(memory.lock().bytes, 0);
    }
}
