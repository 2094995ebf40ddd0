//! Makes a used instance what it was when it was made, without mapping or allocating.

use super::instantiate::initialise;
use super::{Instance, InstanceData, InstantiateError};
use crate::entity::{MemoryData, TableData};
use crate::error::SystemError;
use crate::store::Store;

impl Instance {
    /// Gives the pages of its memories that were changed back to the system, and its tables' elements.
    pub(crate) fn release_pages(&self, store: &Store) -> Result<(), SystemError> {
        let Some(data) = self.data(store) else { return Ok(()) };
        data.defined_memories().try_for_each(MemoryData::reset)?;
        data.defined_tables().for_each(TableData::reset);
        Ok(())
    }

    /// Whether giving its pages back would change what someone else has.
    pub(crate) fn is_shared(&self, store: &Store) -> bool {
        self.data(store).is_some_and(|data| data.defined_memories().any(MemoryData::is_held_elsewhere))
    }

    /// Initialises it anew after [`Self::release_pages`]: globals, segments, the start function.
    pub(crate) fn reset(&self, store: &mut Store) -> Result<(), InstantiateError> {
        // SAFETY: an instance lives as long as its store.
        let Some(data) = self.data(store).map(|data| unsafe { &*std::ptr::from_ref(data) }) else { return Ok(()) };
        for dropped in data.dropped_elements.iter().chain(&data.dropped_data) {
            dropped.set(false);
        }
        store.inner().shared.flag().store(0, std::sync::atomic::Ordering::Release);
        initialise(store, data)
    }
}

impl InstanceData {
    fn defined_memories(&self) -> impl Iterator<Item = &MemoryData> {
        let imported = self.image.inner.metadata.header.imported_memories;
        (imported..self.memories.len() as u32).filter_map(|index| self.memory(index))
    }

    fn defined_tables(&self) -> impl Iterator<Item = &TableData> {
        let imported = self.image.inner.metadata.header.imported_tables;
        (imported..self.tables.len() as u32).filter_map(|index| self.table(index))
    }
}
