//! Keeps instances of one image ready, and resets used ones: cheaper than making them.
//!
//! A reset gives changed pages back with one system call for each memory (two if it grew) and makes no mapping: an
//! instance with one memory has at most four of them, so that 10,000 fit what Linux allows a process by default.

use std::sync::{Arc, Mutex, PoisonError};

use crate::budget::MemoryBudget;
use crate::image::Image;
use crate::instance::{Instance, InstantiateError};
use crate::linker::Linker;
use crate::store::{Mark, Store, StoreOptions};

/// Instances of one image, each in a store of its own. Shared by threads.
pub struct Pool {
    image: Image,
    linker: Linker,
    options: StoreOptions,
    idle_max: usize,
    idle: Mutex<Vec<Parts>>,
}

/// A store with its one instance, and what the store owned when that was made.
struct Parts {
    store: Store,
    instance: Instance,
    made: Mark,
}

/// An instance from a pool; it goes back there when it is dropped.
pub struct PooledInstance<'a> {
    pool: &'a Pool,
    /// `None` only while it is dropped.
    parts: Option<Parts>,
}

impl Pool {
    /// A pool for instances of `image`, of which it keeps at most `idle_max` while no one uses them. What the linker
    /// defines must not be of a store, since each instance has its own; and each has a memory budget of its own, as large
    /// as that of `options`.
    pub fn new(image: Image, linker: Linker, options: StoreOptions, idle_max: usize) -> Self {
        Self { image, linker, options, idle_max, idle: Mutex::new(Vec::new()) }
    }

    /// An instance as new: its start function has run.
    ///
    /// # Errors
    ///
    /// As [`Linker::instantiate`].
    pub fn acquire(&self) -> Result<PooledInstance<'_>, InstantiateError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let parts = match idle {
            Some(mut parts) => {
                parts.instance.reset(&mut parts.store)?;
                parts
            }
            None => {
                let memory = MemoryBudget::new(self.options.memory.bytes_max());
                let mut store = Store::new(StoreOptions { memory, ..self.options.clone() })?;
                let instance = self.linker.instantiate(&mut store, &self.image)?;
                let made = store.inner().mark();
                Parts { store, instance, made }
            }
        };
        Ok(PooledInstance { pool: self, parts: Some(parts) })
    }
}

impl PooledInstance<'_> {
    /// The instance.
    pub fn instance(&self) -> Instance {
        self.parts.as_ref().expect("held until it is dropped").instance
    }

    /// Its store.
    pub fn store(&mut self) -> &mut Store {
        &mut self.parts.as_mut().expect("held until it is dropped").store
    }
}

impl Parts {
    /// Whether nothing of one user would reach the next: what someone added to the store, or swapped it for, is not
    /// reset; an interrupt handle that is still held could stop the wrong program.
    fn can_be_reset(&self) -> bool {
        let inner = self.store.inner();
        self.instance.image(&self.store).is_some()
            && inner.mark() == self.made
            && inner.trap_callback.is_none()
            && !self.instance.is_shared(&self.store)
            && Arc::strong_count(&inner.shared) == 1
            && !inner.is_running()
    }
}

impl Drop for PooledInstance<'_> {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        // Pages that the instance changed are given back at once: an idle one holds only what the image does.
        if !parts.can_be_reset() || parts.instance.release_pages(&parts.store).is_err() {
            return;
        }
        parts.store.inner_mut().exceptions.clear();
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.pool.idle_max {
            idle.push(parts);
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("image", &self.image)
            .field("idle_max", &self.idle_max)
            .finish_non_exhaustive()
    }
}
