//! Memories as handles and as the loader keeps them.

use std::cell::{Cell, UnsafeCell};

use wasmc_contract::context::{MemoryDefinition, reservation_bytes};
use wasmc_contract::metadata::limit_flag;
use wasmc_contract::{RESERVATION_BYTES_MAX, WASM_PAGE_BYTES};

use super::{EntityError, SharedMemory};
use crate::budget::{Charge, MemoryBudget};
use crate::error::SystemError;
use crate::guest_memory::GuestMemory;
use crate::memory::{Initial, Mapping};
use crate::owned::Owned;
use crate::store::{Store, StoreInner};
use crate::types::MemoryType;

/// A memory of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    pub(super) store: u64,
    /// The address of a [`MemoryData`], which lives as long as the store.
    pub(crate) data: u64,
}

/// A memory, as the loader keeps it.
pub(crate) struct MemoryData {
    /// What compiled code reads: in the defining instance's context, the shared memory's, or `own`.
    definition: Cell<*mut MemoryDefinition>,
    own: UnsafeCell<MemoryDefinition>,
    backing: Backing,
    memory_type: MemoryType,
    /// Whether accesses without explicit checks are safe.
    pub(crate) has_guard: bool,
}

/// Where a memory's bytes are.
enum Backing {
    /// In this store alone.
    Own(Mapping, Charge),
    Shared(SharedMemory),
}

/// Why a memory could not be made.
pub(crate) enum MemoryError {
    Limit,
    System(SystemError),
}

/// The flags of a memory that a host makes.
pub(super) fn default_flags(memory_type: &MemoryType) -> u32 {
    if memory_type.is_64 { limit_flag::EXPLICIT_CHECKS | limit_flag::INDEX_64 } else { 0 }
}

pub(super) fn has_guard(flags: u32) -> bool {
    flags & limit_flag::EXPLICIT_CHECKS == 0
}

/// Address space for a memory of this type, with its minimum accessible, which is charged to the budget.
pub(super) fn map(
    memory_type: &MemoryType,
    flags: u32,
    budget: &MemoryBudget,
    initial: Option<Initial<'_>>,
) -> Result<(Mapping, Charge), MemoryError> {
    // The specification's limits; an artifact's were checked when it was compiled, a host's are not.
    if memory_type.minimum_pages > memory_type.pages_max() {
        return Err(MemoryError::Limit);
    }
    let minimum = memory_type.minimum_pages.checked_mul(WASM_PAGE_BYTES).ok_or(MemoryError::Limit)?;
    if minimum > RESERVATION_BYTES_MAX {
        return Err(MemoryError::Limit);
    }
    let maximum = memory_type.maximum_pages.map(|pages| pages.saturating_mul(WASM_PAGE_BYTES));
    let charge = Charge::new(budget, minimum).ok_or(MemoryError::Limit)?;
    let mapping = reserve(flags, reservation_bytes(flags, minimum, maximum), minimum, initial);
    Ok((mapping.map_err(MemoryError::System)?, charge))
}

/// Reserves `wanted` bytes; or, if the system has not so many and code checks each access, half as many, and so on:
/// growth then ends there.
fn reserve(flags: u32, wanted: u64, minimum: u64, initial: Option<Initial<'_>>) -> Result<Mapping, SystemError> {
    let mut reserved = wanted;
    loop {
        match Mapping::new(reserved, minimum, initial) {
            Err(_) if !has_guard(flags) && reserved > minimum => {
                reserved = (reserved / 2 / WASM_PAGE_BYTES * WASM_PAGE_BYTES).max(minimum);
            }
            result => return result,
        }
    }
}

/// Makes `bytes` accessible and charges them; `None`, and nothing changes, if a limit is met.
pub(super) fn grow(mapping: &Mapping, charge: &Charge, bytes: u64) -> Option<()> {
    let before = charge.bytes();
    if bytes > mapping.reserved_bytes() || !charge.set(bytes) {
        return None;
    }
    if mapping.make_accessible(bytes).is_err() {
        charge.set(before);
        return None;
    }
    Some(())
}

impl MemoryData {
    /// A memory with these initial contents. If its type says that it is shared, other stores can have it as well; it
    /// counts towards the budget of this one.
    pub(crate) fn new(
        store: &StoreInner,
        memory_type: MemoryType,
        flags: u32,
        initial: Option<Initial<'_>>,
    ) -> Result<Owned<Self>, MemoryError> {
        let budget = &store.options.memory;
        if memory_type.is_shared {
            return SharedMemory::make(memory_type, flags, budget, initial).map(Self::of_shared);
        }
        let (mapping, charge) = map(&memory_type, flags, budget, initial)?;
        let length_bytes = charge.bytes();
        let own = MemoryDefinition { base: mapping.base() as u64, length_bytes };
        let data = Owned::new(Self {
            definition: Cell::new(std::ptr::null_mut()),
            own: UnsafeCell::new(own),
            backing: Backing::Own(mapping, charge),
            memory_type,
            has_guard: has_guard(flags),
        });
        data.definition.set(data.own.get());
        Ok(data)
    }

    /// A memory that other stores may have as well.
    pub(crate) fn of_shared(memory: SharedMemory) -> Owned<Self> {
        Owned::new(Self {
            definition: Cell::new(memory.definition()),
            own: UnsafeCell::new(MemoryDefinition { base: 0, length_bytes: 0 }),
            memory_type: memory.declared_type(),
            has_guard: memory.has_guard(),
            backing: Backing::Shared(memory),
        })
    }

    /// The memory as other stores can have it, if they can.
    pub(crate) fn shared(&self) -> Option<&SharedMemory> {
        match &self.backing {
            Backing::Own(..) => None,
            Backing::Shared(memory) => Some(memory),
        }
    }

    /// Moves the definition to where compiled code expects it; that of a shared memory stays.
    ///
    /// # Safety
    ///
    /// `definition` must live as long as the memory.
    pub(crate) unsafe fn move_definition(&self, definition: *mut MemoryDefinition) {
        // SAFETY: the caller's promise.
        unsafe { *definition = *self.definition.get() };
        if self.shared().is_none() {
            self.definition.set(definition);
        }
    }

    pub(crate) fn definition(&self) -> *mut MemoryDefinition {
        self.definition.get()
    }

    pub(crate) fn length_bytes(&self) -> u64 {
        // SAFETY: the definition lives as long as the memory.
        unsafe { GuestMemory::new(self.definition()) }.length()
    }

    /// The type, with the current size as the minimum.
    pub(crate) fn memory_type(&self) -> MemoryType {
        MemoryType { minimum_pages: self.length_bytes() / WASM_PAGE_BYTES, ..self.memory_type }
    }

    /// The bytes from `address`, if there are `length`.
    pub(crate) fn range(&self, address: u64, length: u64) -> Option<*mut u8> {
        if address.checked_add(length)? > self.length_bytes() {
            return None;
        }
        // SAFETY: as above; the sum is within the memory or at its end.
        Some(unsafe { ((*self.definition.get()).base as *mut u8).add(address as usize) })
    }

    /// Adds pages; the old size in pages, or `None` if a limit is met.
    pub(crate) fn grow(&self, pages: u64) -> Option<u64> {
        let (mapping, charge) = match &self.backing {
            Backing::Own(mapping, charge) => (mapping, charge),
            Backing::Shared(memory) => return memory.grow(pages).ok(),
        };
        let old = self.length_bytes() / WASM_PAGE_BYTES;
        let new = old.checked_add(pages).filter(|new| *new <= self.memory_type.pages_max())?;
        let bytes = new.checked_mul(WASM_PAGE_BYTES)?;
        grow(mapping, charge, bytes)?;
        // SAFETY: the definition lives as long as the memory, and no code runs that reads it meanwhile.
        unsafe { (*self.definition.get()).length_bytes = bytes };
        Some(old)
    }

    /// Whether [`Self::reset`] would change what someone else has.
    pub(crate) fn is_held_elsewhere(&self) -> bool {
        self.shared().is_some_and(SharedMemory::is_held_elsewhere)
    }

    /// Makes the memory what it was when it was made.
    pub(crate) fn reset(&self) -> Result<(), SystemError> {
        let (mapping, charge) = match &self.backing {
            Backing::Own(mapping, charge) => (mapping, charge),
            Backing::Shared(memory) => return memory.reset(),
        };
        let minimum = self.memory_type.minimum_pages * WASM_PAGE_BYTES;
        mapping.reset(minimum, self.length_bytes())?;
        charge.set(minimum);
        // SAFETY: as in `grow`.
        unsafe { (*self.definition.get()).length_bytes = minimum };
        Ok(())
    }
}

impl Memory {
    pub(crate) fn from_data(data: *const MemoryData, store: u64) -> Self {
        Self { store, data: data as u64 }
    }

    /// A new memory of zeros.
    ///
    /// # Errors
    ///
    /// If a limit is met, or the system has no address space left.
    pub fn new(store: &mut Store, memory_type: MemoryType) -> Result<Self, EntityError> {
        let inner = store.inner_mut();
        let data =
            MemoryData::new(inner, memory_type, default_flags(&memory_type), None).map_err(|_| EntityError::Limit)?;
        let memory = Self::from_data(data.as_ptr(), inner.id);
        inner.memories.push(data);
        Ok(memory)
    }

    pub(crate) fn data<'a>(&self, store: &'a Store) -> Result<&'a MemoryData, EntityError> {
        if self.store != store.inner().id {
            return Err(EntityError::OtherStore);
        }
        // SAFETY: a memory lives as long as its store.
        Ok(unsafe { &*(self.data as *const MemoryData) })
    }

    /// A memory that other stores may have as well, in this one.
    pub fn from_shared(store: &mut Store, memory: &SharedMemory) -> Self {
        let inner = store.inner_mut();
        let known = inner.memories.iter().find(|data| data.shared().is_some_and(|shared| shared.is(memory)));
        let data = match known {
            Some(data) => data.as_ptr(),
            None => {
                let data = MemoryData::of_shared(memory.clone());
                let pointer = data.as_ptr();
                inner.memories.push(data);
                pointer
            }
        };
        Self::from_data(data, inner.id)
    }

    /// The memory as other stores can have it; `None` if its type does not say that it is shared, or it belongs to
    /// another store.
    pub fn shared(&self, store: &Store) -> Option<SharedMemory> {
        self.data(store).ok()?.shared().cloned()
    }

    /// Its type, with its current size as the minimum; `None` if it belongs to another store.
    pub fn memory_type(&self, store: &Store) -> Option<MemoryType> {
        Some(self.data(store).ok()?.memory_type())
    }

    /// How many pages it has.
    ///
    /// # Errors
    ///
    /// If it belongs to another store.
    pub fn size_pages(&self, store: &Store) -> Result<u64, EntityError> {
        Ok(self.data(store)?.length_bytes() / WASM_PAGE_BYTES)
    }

    /// Adds pages; gives the old size in pages.
    ///
    /// # Errors
    ///
    /// If a limit is met, or it belongs to another store.
    pub fn grow(&self, store: &mut Store, pages: u64) -> Result<u64, EntityError> {
        let data: *const MemoryData = self.data(store)?;
        // SAFETY: a memory lives as long as its store, and is changed through cells only.
        unsafe { &*data }.grow(pages).ok_or(EntityError::Limit)
    }

    /// Its contents.
    ///
    /// # Errors
    ///
    /// If it belongs to another store.
    pub fn contents<'a>(&self, store: &'a Store) -> Result<GuestMemory<'a>, EntityError> {
        let definition = self.data(store)?.definition();
        // SAFETY: a memory lives as long as its store.
        Ok(unsafe { GuestMemory::new(definition) })
    }

    /// Fills `bytes` from `address`.
    ///
    /// # Errors
    ///
    /// If they reach past the end, or it belongs to another store.
    pub fn read(&self, store: &Store, address: u64, bytes: &mut [u8]) -> Result<(), EntityError> {
        self.contents(store)?.read_bytes(address, bytes).ok_or(EntityError::OutOfBounds)
    }

    /// Writes `bytes` at `address`.
    ///
    /// # Errors
    ///
    /// If they reach past the end, or it belongs to another store.
    pub fn write(&self, store: &mut Store, address: u64, bytes: &[u8]) -> Result<(), EntityError> {
        self.contents(store)?.write_bytes(address, bytes).ok_or(EntityError::OutOfBounds)
    }
}
