//! Tables: arrays of references that compiled code reads and writes directly.

use std::cell::{Cell, UnsafeCell};

use wasmc_contract::context::TableDefinition;

use super::{EntityError, is_element};
use crate::budget::Charge;
use crate::owned::Owned;
use crate::store::{Store, StoreInner};
use crate::types::{ReferenceType, TableType, ValueType};
use crate::value::{Slot, Value};

/// The most elements of a table; growing past it gives -1.
pub(crate) const ELEMENTS_MAX: u64 = 1 << 27;

/// A table of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    pub(super) store: u64,
    /// The address of a [`TableData`], which lives as long as the store.
    pub(crate) data: u64,
}

/// A table that is not ready-made, as the loader keeps it.
pub(crate) struct TableData {
    /// What compiled code reads: in the defining instance's context, or `own`.
    definition: Cell<*mut TableDefinition>,
    own: UnsafeCell<TableDefinition>,
    /// Holds the elements; touched only to resize them.
    elements: UnsafeCell<Vec<u64>>,
    table_type: TableType,
    charge: Charge,
}

impl TableData {
    /// A table of null references; `None` if a limit is met.
    pub(crate) fn new(store: &StoreInner, table_type: TableType) -> Option<Owned<Self>> {
        if table_type.minimum > ELEMENTS_MAX {
            return None;
        }
        let charge = Charge::new(&store.options.memory, table_type.minimum * 8)?;
        let mut elements = null_elements(table_type.minimum as usize)?;
        let own = TableDefinition { base: elements.as_mut_ptr() as u64, length: table_type.minimum };
        let data = Owned::new(Self {
            definition: Cell::new(std::ptr::null_mut()),
            own: UnsafeCell::new(own),
            elements: UnsafeCell::new(elements),
            table_type,
            charge,
        });
        data.definition.set(data.own.get());
        Some(data)
    }

    /// Moves the definition to where compiled code expects it.
    ///
    /// # Safety
    ///
    /// `definition` must live as long as the table.
    pub(crate) unsafe fn move_definition(&self, definition: *mut TableDefinition) {
        // SAFETY: the caller's promise.
        unsafe { *definition = *self.definition.get() };
        self.definition.set(definition);
    }

    pub(crate) fn definition(&self) -> *mut TableDefinition {
        self.definition.get()
    }

    pub(crate) fn element_type(&self) -> ReferenceType {
        self.table_type.element
    }

    /// The type, with the current length as the minimum.
    pub(crate) fn table_type(&self) -> TableType {
        TableType { minimum: self.length(), ..self.table_type }
    }

    pub(crate) fn length(&self) -> u64 {
        // SAFETY: the definition lives as long as the table.
        unsafe { (*self.definition.get()).length }
    }

    /// The elements from `start`, if there are `count`.
    pub(crate) fn range(&self, start: u64, count: u64) -> Option<*mut u64> {
        if start.checked_add(count)? > self.length() {
            return None;
        }
        // SAFETY: as above; the sum is within the elements or at their end.
        Some(unsafe { ((*self.definition.get()).base as *mut u64).add(start as usize) })
    }

    /// Adds elements; the old length, or `None` if a limit is met.
    pub(crate) fn grow(&self, count: u64, value: u64) -> Option<u64> {
        let old = self.length();
        let new = old.checked_add(count)?;
        if new > ELEMENTS_MAX || self.table_type.maximum.is_some_and(|maximum| new > maximum) {
            return None;
        }
        if !self.charge.set(new * 8) {
            return None;
        }
        // SAFETY: the store's thread is the only one here, and compiled code does not run meanwhile.
        let elements = unsafe { &mut *self.elements.get() };
        if elements.try_reserve(count as usize).is_err() {
            self.charge.set(old * 8);
            return None;
        }
        elements.resize(new as usize, value);
        let definition = TableDefinition { base: elements.as_mut_ptr() as u64, length: new };
        // SAFETY: the definition lives as long as the table.
        unsafe { *self.definition.get() = definition };
        Some(old)
    }

    /// Makes the table what it was when it was made.
    pub(crate) fn reset(&self) {
        // SAFETY: as in `grow`.
        let elements = unsafe { &mut *self.elements.get() };
        self.charge.set(self.table_type.minimum * 8);
        elements.truncate(self.table_type.minimum as usize);
        elements.fill(0);
        elements.shrink_to_fit();
        let definition = TableDefinition { base: elements.as_mut_ptr() as u64, length: self.table_type.minimum };
        // SAFETY: the definition lives as long as the table.
        unsafe { *self.definition.get() = definition };
    }
}

/// `count` null references, of which no page is touched yet; `None` if there is no memory for them.
fn null_elements(count: usize) -> Option<Vec<u64>> {
    if count == 0 {
        return Some(Vec::new());
    }
    let layout = std::alloc::Layout::array::<u64>(count).ok()?;
    // SAFETY: the layout is not empty.
    let elements = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<u64>();
    // SAFETY: allocated above with the layout of that capacity; zeros are initialised integers.
    (!elements.is_null()).then(|| unsafe { Vec::from_raw_parts(elements, count, count) })
}

impl Table {
    pub(crate) fn from_data(data: *const TableData, store: u64) -> Self {
        Self { store, data: data as u64 }
    }

    /// A new table with `value` in each element.
    ///
    /// # Errors
    ///
    /// If the value has another type, or a limit is met.
    pub fn new(store: &mut Store, table_type: TableType, value: Value) -> Result<Self, EntityError> {
        if !is_element(store, &value, table_type.element) {
            return Err(EntityError::Type);
        }
        let inner = store.inner_mut();
        let data = TableData::new(inner, table_type).ok_or(EntityError::Limit)?;
        let table = Self::from_data(data.as_ptr(), inner.id);
        inner.tables.push(data);
        table.fill(store, 0, value, table_type.minimum)?;
        Ok(table)
    }

    pub(crate) fn data<'a>(&self, store: &'a Store) -> Result<&'a TableData, EntityError> {
        if self.store != store.inner().id {
            return Err(EntityError::OtherStore);
        }
        // SAFETY: a table lives as long as its store.
        Ok(unsafe { &*(self.data as *const TableData) })
    }

    /// Its type, with its current size as the minimum; `None` if it belongs to another store.
    pub fn table_type(&self, store: &Store) -> Option<TableType> {
        Some(self.data(store).ok()?.table_type())
    }

    /// How many elements it has.
    ///
    /// # Errors
    ///
    /// If it belongs to another store.
    pub fn size(&self, store: &Store) -> Result<u64, EntityError> {
        Ok(self.data(store)?.length())
    }

    /// The element at `index`.
    ///
    /// # Errors
    ///
    /// If there is none, or the table belongs to another store.
    pub fn get(&self, store: &Store, index: u64) -> Result<Value, EntityError> {
        let data = self.data(store)?;
        let element = data.range(index, 1).ok_or(EntityError::OutOfBounds)?;
        // SAFETY: an element in bounds, which holds a reference of the table's type.
        let slot = Slot { low: unsafe { *element }, high: 0 };
        // SAFETY: likewise.
        Ok(unsafe { Value::from_slot(slot, ValueType::Reference(data.element_type()), store.inner()) })
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    ///
    /// If there is none, the value has another type, or the table belongs to another store.
    pub fn set(&self, store: &mut Store, index: u64, value: Value) -> Result<(), EntityError> {
        self.fill(store, index, value, 1)
    }

    /// Sets `count` elements from `index`.
    ///
    /// # Errors
    ///
    /// If there are fewer, the value has another type, or the table belongs to another store.
    pub fn fill(&self, store: &mut Store, index: u64, value: Value, count: u64) -> Result<(), EntityError> {
        let data = self.data(store)?;
        if !is_element(store, &value, data.element_type()) {
            return Err(EntityError::Type);
        }
        let first = data.range(index, count).ok_or(EntityError::OutOfBounds)?;
        for offset in 0..count as usize {
            // SAFETY: the range is in bounds, and no code of the store runs meanwhile.
            unsafe { *first.add(offset) = value.to_slot().low };
        }
        Ok(())
    }

    /// Adds `count` elements that are `value`; gives the old size.
    ///
    /// # Errors
    ///
    /// If a limit is met, the value has another type, or the table belongs to another store.
    pub fn grow(&self, store: &mut Store, count: u64, value: Value) -> Result<u64, EntityError> {
        let data: *const TableData = self.data(store)?;
        // SAFETY: a table lives as long as its store, and is changed through cells only.
        let data = unsafe { &*data };
        if !is_element(store, &value, data.element_type()) {
            return Err(EntityError::Type);
        }
        data.grow(count, value.to_slot().low).ok_or(EntityError::Limit)
    }
}
