//! Memories as handles and as the loader keeps them.

use std::cell::{Cell, UnsafeCell};

use wasmc_contract::context::{MemoryDefinition, reservation_bytes};
use wasmc_contract::metadata::limit_flag;
use wasmc_contract::{RESERVATION_BYTES_MAX, WASM_PAGE_BYTES};

use super::EntityError;
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
    /// What compiled code reads: in the defining instance's context, or `own`.
    definition: Cell<*mut MemoryDefinition>,
    own: UnsafeCell<MemoryDefinition>,
    mapping: Mapping,
    memory_type: MemoryType,
    /// Whether accesses without explicit checks are safe.
    pub(crate) has_guard: bool,
}

/// Why a memory could not be made.
pub(crate) enum MemoryError {
    Limit,
    System(SystemError),
}

impl MemoryData {
    /// A memory with these initial contents.
    pub(crate) fn new(
        store: &mut StoreInner,
        memory_type: MemoryType,
        flags: u32,
        initial: Option<Initial<'_>>,
    ) -> Result<Owned<Self>, MemoryError> {
        // The specification's limits; an artifact's were checked when it was compiled, a host's are not.
        let pages_max = if memory_type.is_64 { 1 << 48 } else { 1 << 16 };
        if memory_type.minimum_pages > memory_type.maximum_pages.unwrap_or(pages_max).min(pages_max) {
            return Err(MemoryError::Limit);
        }
        let minimum = memory_type.minimum_pages.checked_mul(WASM_PAGE_BYTES).ok_or(MemoryError::Limit)?;
        let maximum = memory_type.maximum_pages.map(|pages| pages.saturating_mul(WASM_PAGE_BYTES));
        let has_guard = flags & limit_flag::EXPLICIT_CHECKS == 0;
        if minimum > RESERVATION_BYTES_MAX || !store.charge(minimum) {
            return Err(MemoryError::Limit);
        }
        let reserved = reservation_bytes(flags, minimum, maximum);
        let mapping = match Mapping::new(reserved, minimum, initial) {
            Ok(mapping) => mapping,
            Err(error) => {
                store.memory_bytes -= minimum;
                return Err(MemoryError::System(error));
            }
        };
        let own = MemoryDefinition { base: mapping.base() as u64, length_bytes: minimum };
        let data = Owned::new(Self {
            definition: Cell::new(std::ptr::null_mut()),
            own: UnsafeCell::new(own),
            mapping,
            memory_type,
            has_guard,
        });
        data.definition.set(data.own.get());
        Ok(data)
    }

    /// Moves the definition to where compiled code expects it.
    ///
    /// # Safety
    ///
    /// `definition` must live as long as the memory.
    pub(crate) unsafe fn move_definition(&self, definition: *mut MemoryDefinition) {
        // SAFETY: the caller's promise.
        unsafe { *definition = *self.definition.get() };
        self.definition.set(definition);
    }

    pub(crate) fn definition(&self) -> *mut MemoryDefinition {
        self.definition.get()
    }

    pub(crate) fn length_bytes(&self) -> u64 {
        // SAFETY: the definition lives as long as the memory.
        unsafe { (*self.definition.get()).length_bytes }
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
    pub(crate) fn grow(&self, store: &mut StoreInner, pages: u64) -> Option<u64> {
        let old = self.length_bytes() / WASM_PAGE_BYTES;
        let new = old.checked_add(pages)?;
        let limit = if self.memory_type.is_64 { 1 << 48 } else { 1 << 16 };
        if new > self.memory_type.maximum_pages.unwrap_or(limit).min(limit) {
            return None;
        }
        let bytes = new.checked_mul(WASM_PAGE_BYTES)?;
        if bytes > self.mapping.reserved_bytes() || !store.charge(pages * WASM_PAGE_BYTES) {
            return None;
        }
        if self.mapping.make_accessible(bytes).is_err() {
            store.memory_bytes -= pages * WASM_PAGE_BYTES;
            return None;
        }
        // SAFETY: the definition lives as long as the memory, and no code runs that reads it meanwhile.
        unsafe { (*self.definition.get()).length_bytes = bytes };
        Some(old)
    }

    /// Makes the memory what it was when it was made.
    pub(crate) fn reset(&self, store: &mut StoreInner) -> Result<(), SystemError> {
        let minimum = self.memory_type.minimum_pages * WASM_PAGE_BYTES;
        let length = self.length_bytes();
        self.mapping.reset(minimum, length)?;
        store.memory_bytes -= length - minimum;
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
        let flags = if memory_type.is_64 { limit_flag::EXPLICIT_CHECKS | limit_flag::INDEX_64 } else { 0 };
        let inner = store.inner_mut();
        let data = MemoryData::new(inner, memory_type, flags, None).map_err(|_| EntityError::Limit)?;
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
        unsafe { &*data }.grow(store.inner_mut(), pages).ok_or(EntityError::Limit)
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
