//! Memories that instances of several stores share, each store used by a thread of its own.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use wasmc_contract::WASM_PAGE_BYTES;
use wasmc_contract::context::MemoryDefinition;

use super::memory::{default_flags, has_guard, map};
use super::{EntityError, MemoryError};
use crate::budget::{Charge, MemoryBudget};
use crate::error::SystemError;
use crate::guest_memory::GuestMemory;
use crate::memory::{Initial, Mapping};
use crate::types::MemoryType;

/// A memory that instances of several stores share. Clones are the same memory, which lives as long as the last of
/// them or the last store that has it.
#[derive(Clone)]
pub struct SharedMemory {
    data: Arc<SharedMemoryData>,
}

struct SharedMemoryData {
    /// What all compiled code reads. Its length is accessed atomically.
    definition: UnsafeCell<MemoryDefinition>,
    mapping: Mapping,
    memory_type: MemoryType,
    has_guard: bool,
    /// What it takes of a budget. Held while it grows.
    charge: Mutex<Charge>,
}

// SAFETY: the base never changes, the length is accessed atomically, and growth is done by one thread at a time.
unsafe impl Send for SharedMemoryData {}
// SAFETY: as above.
unsafe impl Sync for SharedMemoryData {}

impl SharedMemory {
    /// A new memory of zeros. `memory_type` must have a maximum; whether it says that the memory is shared does not
    /// matter.
    ///
    /// # Errors
    ///
    /// If a limit is met, or the system has no address space left.
    pub fn new(memory_type: MemoryType) -> Result<Self, EntityError> {
        Self::with_budget(memory_type, &MemoryBudget::default())
    }

    /// As [`Self::new`]; it counts towards `budget`, and growing past that gives -1.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn with_budget(memory_type: MemoryType, budget: &MemoryBudget) -> Result<Self, EntityError> {
        if memory_type.maximum_pages.is_none() {
            return Err(EntityError::Type);
        }
        Self::make(memory_type, default_flags(&memory_type), budget, None).map_err(|_| EntityError::Limit)
    }

    pub(super) fn make(
        memory_type: MemoryType,
        flags: u32,
        budget: &MemoryBudget,
        initial: Option<Initial<'_>>,
    ) -> Result<Self, MemoryError> {
        let (mapping, charge) = map(&memory_type, flags, budget, initial)?;
        let definition = MemoryDefinition { base: mapping.base() as u64, length_bytes: charge.bytes() };
        Ok(Self {
            data: Arc::new(SharedMemoryData {
                definition: UnsafeCell::new(definition),
                mapping,
                memory_type: MemoryType { is_shared: true, ..memory_type },
                has_guard: has_guard(flags),
                charge: Mutex::new(charge),
            }),
        })
    }

    /// Its type, with its current size as the minimum.
    pub fn memory_type(&self) -> MemoryType {
        MemoryType { minimum_pages: self.length_bytes() / WASM_PAGE_BYTES, ..self.data.memory_type }
    }

    /// Its contents. Other threads may change them at any time.
    pub fn contents(&self) -> GuestMemory<'_> {
        // SAFETY: the memory lives as long as `self`.
        unsafe { GuestMemory::new(self.definition()) }
    }

    /// Adds pages; gives the old size in pages.
    ///
    /// # Errors
    ///
    /// If a limit is met.
    pub fn grow(&self, pages: u64) -> Result<u64, EntityError> {
        let data = &*self.data;
        let charge = data.charge.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.length_bytes() / WASM_PAGE_BYTES;
        let new =
            old.checked_add(pages).filter(|new| *new <= data.memory_type.pages_max()).ok_or(EntityError::Limit)?;
        let bytes = new.checked_mul(WASM_PAGE_BYTES).ok_or(EntityError::Limit)?;
        super::memory::grow(&data.mapping, &charge, bytes).ok_or(EntityError::Limit)?;
        // What was made accessible is so for whoever sees the new length.
        self.length().store(bytes, Ordering::Release);
        Ok(old)
    }

    /// Makes the memory what it was when it was made. No one else may have it.
    pub(super) fn reset(&self) -> Result<(), SystemError> {
        let charge = self.data.charge.lock().unwrap_or_else(PoisonError::into_inner);
        let minimum = self.data.memory_type.minimum_pages * WASM_PAGE_BYTES;
        self.data.mapping.reset(minimum, self.length_bytes())?;
        charge.set(minimum);
        self.length().store(minimum, Ordering::Release);
        Ok(())
    }

    /// Whether someone besides the caller has it. If not, what others did to it is done before this returns.
    pub(super) fn is_held_elsewhere(&self) -> bool {
        let is_held = Arc::strong_count(&self.data) > 1;
        // The count was read without order; whoever gave the memory up has released what was written before.
        fence(Ordering::Acquire);
        is_held
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.data, &other.data)
    }

    pub(super) fn has_guard(&self) -> bool {
        self.data.has_guard
    }

    pub(super) fn declared_type(&self) -> MemoryType {
        self.data.memory_type
    }

    pub(super) fn definition(&self) -> *mut MemoryDefinition {
        self.data.definition.get()
    }

    fn length_bytes(&self) -> u64 {
        self.length().load(Ordering::Acquire)
    }

    fn length(&self) -> &AtomicU64 {
        // SAFETY: the field lives as long as `self`, is aligned, and is accessed atomically only.
        unsafe { AtomicU64::from_ptr(&raw mut (*self.definition()).length_bytes) }
    }
}

impl std::fmt::Debug for SharedMemory {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("SharedMemory").field(&self.memory_type()).finish()
    }
}
