//! An instance: a context that compiled code runs in, and what the loader knows of it.

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::ptr::null_mut;

use wasmc_contract::context::{FunctionReference, ImportedFunction, InstanceContext, MemoryDefinition};
use wasmc_contract::metadata::entity_kind;

use crate::call::NO_ENTRY;
use crate::entity::{Extern, Function, Global, Memory, MemoryData, Table, TableData, Tag};
use crate::error::{LoadError, SystemError};
use crate::image::Image;
use crate::linker::DefineError;
use crate::owned::Owned;
use crate::report::TrapReport;
use crate::store::{Store, StoreInner};

mod constant;
mod import;
mod instantiate;
mod reset;
mod segment;

pub(crate) use instantiate::instantiate;

/// An instance of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: u64,
    /// The address of an [`InstanceData`], which lives as long as the store.
    data: u64,
}

/// Why an instance could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstantiateError {
    /// These imports are defined by no one.
    Missing(Vec<MissingImport>),
    /// An import is defined, but is not what the module needs.
    Incompatible {
        /// The module's name.
        module: String,
        /// The field's name.
        field: String,
        /// What the module needs.
        expected: String,
        /// What was found.
        found: String,
    },
    /// The start function trapped, or an active segment does not fit.
    Trapped(TrapReport),
    /// The start function ended the program with this status.
    Exited(i32),
    /// A limit of the store or of the loader was met.
    Limit(&'static str),
    /// The system refused something.
    System(SystemError),
    /// The artifact is not as it must be.
    Artifact(LoadError),
    /// What an import is bound to would have been defined twice.
    Defined(DefineError),
}

/// An import that is defined by no one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingImport {
    /// The module's name.
    pub module: String,
    /// The field's name.
    pub field: String,
    /// Its type, as text.
    pub extern_type: String,
}

impl fmt::Display for MissingImport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {:?}: {}", self.module, self.field, self.extern_type)
    }
}

impl fmt::Display for InstantiateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(missing) => {
                let plural = if missing.len() == 1 { "an import is" } else { "imports are" };
                write!(formatter, "unknown import: {plural} not defined:")?;
                missing.iter().try_for_each(|import| write!(formatter, "\n  {import}"))
            }
            Self::Incompatible { module, field, expected, found } => {
                write!(formatter, "incompatible import type: {module:?} {field:?} must be {expected}, but is {found}")
            }
            Self::Trapped(report) => write!(formatter, "{report}"),
            Self::Exited(status) => write!(formatter, "the start function ended the program with status {status}"),
            Self::Limit(what) => write!(formatter, "limit met: {what}"),
            Self::System(error) => write!(formatter, "{error}"),
            Self::Artifact(error) => write!(formatter, "{error}"),
            Self::Defined(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for InstantiateError {}

impl From<DefineError> for InstantiateError {
    fn from(error: DefineError) -> Self {
        Self::Defined(error)
    }
}

impl From<SystemError> for InstantiateError {
    fn from(error: SystemError) -> Self {
        Self::System(error)
    }
}

/// An instance, as the loader keeps it.
pub(crate) struct InstanceData {
    pub(crate) image: Image,
    pub(crate) store: *mut StoreInner,
    context: *mut u8,
    /// By memory index; null until it is made.
    memories: Box<[Cell<*const MemoryData>]>,
    /// By table index; null for ready tables, and until it is made.
    tables: Box<[Cell<*const TableData>]>,
    /// By global index.
    imported_globals: Box<[Global]>,
    /// By tag index.
    tags: Box<[Tag]>,
    /// References to functions that have none in the context, made when they are asked for.
    more_references: RefCell<BTreeMap<u32, Owned<FunctionReference>>>,
    /// By segment index: whether it was dropped.
    dropped_elements: Box<[Cell<bool>]>,
    dropped_data: Box<[Cell<bool>]>,
    /// What a host function sees as the caller's memory, or null.
    pub(crate) default_memory: *const MemoryDefinition,
}

impl InstanceData {
    pub(crate) fn context(&self) -> *mut u8 {
        self.context
    }

    /// The address of what lies at `offset` in the context.
    fn at(&self, offset: u32) -> *mut u8 {
        debug_assert!(offset <= self.image.inner.layout.size_bytes);
        // SAFETY: offsets are the layout's, within the context's allocation.
        unsafe { self.context.add(offset as usize) }
    }

    pub(crate) fn memory(&self, index: u32) -> Option<&MemoryData> {
        // SAFETY: null, or a memory that lives as long as the store.
        unsafe { self.memories.get(index as usize)?.get().as_ref() }
    }

    pub(crate) fn table(&self, index: u32) -> Option<&TableData> {
        // SAFETY: null, or a table that lives as long as the store.
        unsafe { self.tables.get(index as usize)?.get().as_ref() }
    }

    /// The tag at `index`.
    pub(crate) fn tag(&self, index: u32) -> Option<&Tag> {
        self.tags.get(index as usize)
    }

    pub(crate) fn drop_data(&self, segment: u32) {
        if let Some(dropped) = self.dropped_data.get(segment as usize) {
            dropped.set(true);
        }
    }

    pub(crate) fn drop_element(&self, segment: u32) {
        if let Some(dropped) = self.dropped_elements.get(segment as usize) {
            dropped.set(true);
        }
    }

    /// The reference to the function at `index`; `None` if there is no such function.
    pub(crate) fn function_reference(&self, index: u32) -> Option<*const FunctionReference> {
        if let Some(slot) = self.image.inner.metadata.reference_slot(index) {
            return Some(self.at(self.image.inner.layout.reference(slot)).cast());
        }
        if let Some(reference) = self.more_references.borrow().get(&index) {
            return Some(reference.as_ptr());
        }
        let reference = Owned::new(self.make_reference(index)?);
        let pointer = reference.as_ptr();
        self.more_references.borrow_mut().insert(index, reference);
        Some(pointer)
    }

    /// What refers to the function at `index`: an imported one's own code and context, so that a call goes there
    /// directly.
    fn make_reference(&self, index: u32) -> Option<FunctionReference> {
        let inner = &*self.image.inner;
        let record = inner.function(index)?;
        let identity = *inner.type_identities.get(record.type_index as usize)?;
        let array_entry = self.image.trampolines(record.type_index)?.array_entry.unwrap_or(NO_ENTRY);
        let (code, context) = if index < inner.metadata.header.imported_functions {
            // SAFETY: the layout has a structure for each imported function, and imports are bound before.
            let imported = unsafe { *self.at(inner.layout.imported_function(index)).cast::<ImportedFunction>() };
            (imported.code, imported.context)
        } else {
            (self.image.text_address(record.text_offset), self.context as u64)
        };
        Some(FunctionReference { code, context, type_identity: u64::from(identity), array_entry })
    }

    /// The global at `index`.
    fn global(&self, index: u32) -> Option<Global> {
        if let Some(global) = self.imported_globals.get(index as usize) {
            return Some(*global);
        }
        let inner = &*self.image.inner;
        let global_type = inner.types().global(index)?;
        let nth = index - inner.metadata.header.imported_globals;
        let slot = self.at(inner.layout.defined_global(nth)) as u64;
        // SAFETY: the layout has a slot for each defined global; the store lives while it is borrowed.
        Some(unsafe { Global::from_slot(slot, global_type, (*self.store).id) })
    }

    /// What an export refers to.
    fn entity(&self, kind: u32, index: u32) -> Option<Extern> {
        // SAFETY: the store owns this instance.
        let store = unsafe { (*self.store).id };
        Some(match kind {
            entity_kind::FUNCTION => {
                let reference = self.function_reference(index)?;
                // SAFETY: the reference is one of this instance, and so of the store.
                Extern::Function(unsafe { Function::from_address(reference as u64, store) })
            }
            entity_kind::TABLE => Extern::Table(Table::from_data(self.table(index)?, store)),
            entity_kind::MEMORY => Extern::Memory(Memory::from_data(self.memory(index)?, store)),
            entity_kind::GLOBAL => Extern::Global(self.global(index)?),
            entity_kind::TAG => Extern::Tag(*self.tags.get(index as usize)?),
            _ => return None,
        })
    }
}

impl Drop for InstanceData {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout when the instance was made, and the instance's own.
        unsafe { std::alloc::dealloc(self.context, context_layout(self.image.inner.layout.size_bytes)) };
        self.context = null_mut();
    }
}

/// How a context is allocated.
fn context_layout(size_bytes: u32) -> Layout {
    Layout::from_size_align(size_bytes as usize, 16).expect("a context's size is below 2^31")
}

impl Instance {
    pub(crate) fn from_data(store: u64, data: *const InstanceData) -> Self {
        Self { store, data: data as u64 }
    }

    fn data<'a>(&self, store: &'a Store) -> Option<&'a InstanceData> {
        // SAFETY: an instance lives as long as its store.
        (self.store == store.inner().id).then(|| unsafe { &*(self.data as *const InstanceData) })
    }

    /// The image that it is of; `None` if it belongs to another store.
    pub fn image<'a>(&self, store: &'a Store) -> Option<&'a Image> {
        Some(&self.data(store)?.image)
    }

    /// The export with this name; `None` if there is none, or the instance belongs to another store.
    pub fn export(&self, store: &Store, name: &str) -> Option<Extern> {
        let data = self.data(store)?;
        let metadata = &data.image.inner.metadata;
        let record = metadata.exports.iter().find(|record| metadata.string(record.name) == Some(name))?;
        data.entity(record.kind, record.index)
    }

    /// All exports in the module's order; none if the instance belongs to another store.
    pub fn exports(&self, store: &Store) -> Vec<(String, Extern)> {
        let Some(data) = self.data(store) else { return Vec::new() };
        let metadata = &data.image.inner.metadata;
        let export = |record: wasmc_contract::metadata::ExportRecord| {
            Some((metadata.string(record.name)?.to_owned(), data.entity(record.kind, record.index)?))
        };
        metadata.exports.iter().filter_map(export).collect()
    }

    /// The exports with these names, found in one pass over all that there are.
    pub fn exports_named(&self, store: &Store, names: &[&str]) -> Vec<Option<Extern>> {
        let mut found = vec![None; names.len()];
        let Some(data) = self.data(store) else { return found };
        let metadata = &data.image.inner.metadata;
        let mut places: Vec<(&str, usize)> = names.iter().copied().zip(0..).collect();
        places.sort_unstable();
        for record in metadata.exports.iter() {
            let Some(name) = metadata.string(record.name) else { continue };
            let first = places.partition_point(|place| place.0 < name);
            for place in places[first..].iter().take_while(|place| place.0 == name) {
                found[place.1] = data.entity(record.kind, record.index);
            }
        }
        found
    }

    /// The exported function with this name.
    pub fn function(&self, store: &Store, name: &str) -> Option<Function> {
        self.export(store, name)?.function()
    }

    /// The exported memory with this name.
    pub fn memory(&self, store: &Store, name: &str) -> Option<Memory> {
        self.export(store, name)?.memory()
    }

    /// The address of the instance's context: what exports' C-ABI entries take first. `None` if it belongs to another
    /// store.
    pub fn context_address(&self, store: &Store) -> Option<*mut InstanceContext> {
        Some(self.data(store)?.context.cast())
    }
}
