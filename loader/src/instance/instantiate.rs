//! Makes an instance, in the specification's order: imports, globals, tables, element segments, data segments, start.
//!
//! Up to the point of no return, which is marked, a failure leaves nothing behind. After it, the instance belongs to the
//! store, since what it put into others' tables and memories stays there.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr::null;

use wasmc_contract::context::{
    FunctionReference, GlobalSlot, ImportedFunction as ImportedFunctionSlot, InstanceContext, MemoryDefinition,
    TableDefinition,
};
use wasmc_contract::metadata::{entity_kind, limit_flag, optional, segment_mode};
use wasmc_contract::trap::TrapCode;

use super::import::{ImportedFunction, Imports, resolve};
use super::{Instance, InstanceData, InstantiateError, context_layout};
use crate::call::{HOST_ENTRY, Outcome};
use crate::convention;
use crate::entity::{Function, MemoryData, Tag};
use crate::entity::{MemoryError, TableData};
use crate::error::LoadError;
use crate::host;
use crate::image::Image;
use crate::linker::Linker;
use crate::owned::Owned;
use crate::report::TrapReport;
use crate::store::{Store, StoreInner};

/// Instantiates `image` with what `linker` defines.
pub(crate) fn instantiate(linker: &Linker, store: &mut Store, image: &Image) -> Result<Instance, InstantiateError> {
    let before = store.inner().mark();
    let made = resolve(linker, store, image).and_then(|imports| make(store, image, &imports));
    let data = made.inspect_err(|_| store.inner_mut().return_to(&before))?;
    // The point of no return: from here on, others may refer to the instance.
    host::resolve_references(store.inner_mut());
    // SAFETY: an instance lives as long as its store.
    initialise(store, unsafe { &*data })?;
    Ok(Instance::from_data(store.inner().id, data))
}

/// An instance with its imports, memories and tables, which no one refers to yet.
fn make(store: &mut Store, image: &Image, imports: &Imports) -> Result<*const InstanceData, InstantiateError> {
    let data = allocate(store, image, imports);
    let pointer = data.as_ptr();
    store.inner_mut().instances.push(data);
    // SAFETY: the instance lives as long as its store.
    let data = unsafe { &*pointer };
    bind_functions(store, data, imports)?;
    make_memories(store.inner_mut(), data)?;
    make_tables(store.inner_mut(), data)?;
    set_default_memory(pointer);
    Ok(pointer)
}

/// Gives an instance its first values and runs its start function: what is done again when it is reset.
pub(super) fn initialise(store: &mut Store, data: &InstanceData) -> Result<(), InstantiateError> {
    set_globals(data)?;
    fill_tables(data)?;
    run_segments(data)?;
    let Some(start) = optional(data.image.inner.metadata.header.start_function) else { return Ok(()) };
    let reference = data.function_reference(start).ok_or(malformed("the start function"))?;
    // SAFETY: the reference is the instance's, and so the store's.
    let function = unsafe { Function::from_address(reference as u64, store.inner().id) };
    match function.call(store, &[]) {
        Ok(Outcome::Returned(_)) => Ok(()),
        Ok(Outcome::Exited(status)) => Err(InstantiateError::Exited(status)),
        Ok(Outcome::Threw(uncaught)) => Err(InstantiateError::Trapped(uncaught.report)),
        Ok(Outcome::Trapped(report)) => Err(InstantiateError::Trapped(report)),
        Err(_) => Err(malformed("the start function cannot be called")),
    }
}

pub(super) fn malformed(cause: &'static str) -> InstantiateError {
    let section = wasmc_contract::section::Section::Metadata.elf_name();
    InstantiateError::Artifact(LoadError::Malformed { section, cause })
}

/// A trap that no code caused.
fn trapped(code: TrapCode, kind: &str, segment: u32) -> InstantiateError {
    let message = Some(format!("{kind} segment {segment} reaches past the end"));
    InstantiateError::Trapped(TrapReport { code, message, frames: Vec::new(), frames_omitted: 0 })
}

/// The context, with what does not depend on anything else, and imports but for functions.
fn allocate(store: &mut Store, image: &Image, imports: &Imports) -> Owned<InstanceData> {
    let image_inner = &*image.inner;
    let metadata = &image_inner.metadata;
    let layout = context_layout(image_inner.layout.size_bytes);
    // SAFETY: the layout's size is not 0.
    let context = unsafe { std::alloc::alloc_zeroed(layout) };
    if context.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    let id = store.inner().id;
    let mut tags = imports.tags.clone();
    for type_index in metadata.tags.iter().skip(tags.len()) {
        let identity = image_inner.type_identities[type_index as usize];
        tags.push(Tag::from_identity(store.inner_mut().add_tag(identity), identity, id));
    }
    let cells = |count: usize| (0..count).map(|_| Cell::new(false)).collect::<Box<[_]>>();
    let memories = imports.memories.iter().map(|memory| Cell::new(*memory));
    let tables = imports.tables.iter().map(|table| Cell::new(*table));
    let data = Owned::new(InstanceData {
        image: image.clone(),
        store: store.inner.as_ptr(),
        context,
        memories: memories.chain(unset(metadata.memories.len() - imports.memories.len())).collect(),
        tables: tables.chain(unset(metadata.tables.len() - imports.tables.len())).collect(),
        imported_globals: imports.globals.clone().into_boxed_slice(),
        tags: tags.into_boxed_slice(),
        more_references: RefCell::new(BTreeMap::new()),
        dropped_elements: cells(metadata.element_segments.len()),
        dropped_data: cells(metadata.data_segments.len()),
        default_memory: null(),
    });
    // SAFETY: all offsets are the layout's for this module's counts, within the allocation above.
    unsafe {
        context.cast::<InstanceContext>().write(InstanceContext {
            store: store.context() as u64,
            stack_limit: store.inner().stack_limit,
            builtins: convention::builtins(image.target(), store.context()),
            type_identities: image_inner.type_identities.as_ptr() as u64,
            ready_tables: image_inner.tables.as_ptr() as u64,
            host: data.address(),
        });
        let layout = &image_inner.layout;
        for (index, memory) in (0..).zip(&imports.memories) {
            *data.at(layout.memory(index)).cast::<u64>() = (**memory).definition() as u64;
        }
        for (index, table) in (0..).zip(&imports.tables) {
            *data.at(layout.imported_table(index)).cast::<u64>() = (**table).definition() as u64;
        }
        for (index, global) in (0..).zip(&imports.globals) {
            *data.at(layout.imported_global(index)).cast::<u64>() = global.slot;
        }
        for (index, tag) in (0..).zip(&data.tags) {
            *data.at(layout.tag(index)).cast::<u64>() = tag.identity;
        }
    }
    data
}

fn unset<T>(count: usize) -> impl Iterator<Item = Cell<*const T>> {
    std::iter::repeat_n(Cell::new(null()), count)
}

/// Imported functions, and the references to functions that the context holds.
fn bind_functions(store: &mut Store, data: &InstanceData, imports: &Imports) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    // What an imported function of another instance is, to refer to it as that instance does.
    let mut originals = vec![None; imports.functions.len()];
    for (index, import) in (0_u32..).zip(&imports.functions) {
        let (code, context) = match import {
            ImportedFunction::Function(function) => {
                let reference = function.reference(store).ok_or(malformed("an import of another store"))?;
                // SAFETY: references live as long as their store.
                let reference = unsafe { *reference };
                if reference.array_entry == HOST_ENTRY {
                    let record = reference.context as *const host::HostRecord;
                    // SAFETY: only references to host functions have this entry; their context is a record.
                    let definition = unsafe { (*record).definition.clone() };
                    bind_host(store.inner_mut(), data, index, definition)?
                } else {
                    originals[index as usize] = Some(reference);
                    (reference.code, reference.context)
                }
            }
            ImportedFunction::Own(own) => {
                let reference = data.make_reference(*own).ok_or(malformed("a function of its own that it imports"))?;
                originals[index as usize] = Some(reference);
                (reference.code, reference.context)
            }
            ImportedFunction::Host(definition) => bind_host(store.inner_mut(), data, index, definition.clone())?,
        };
        // SAFETY: the layout has a structure for each imported function.
        unsafe {
            let slot = data.at(inner.layout.imported_function(index)).cast::<ImportedFunctionSlot>();
            *slot = ImportedFunctionSlot { code, context };
        }
    }
    for (slot, index) in (0..).zip(inner.metadata.referenced_functions.iter()) {
        let original = originals.get(index as usize).copied().flatten();
        let reference = original.or_else(|| data.make_reference(index)).ok_or(malformed("a referenced function"))?;
        // SAFETY: the layout has a structure for each referenced function.
        unsafe { *data.at(inner.layout.reference(slot)).cast::<FunctionReference>() = reference };
    }
    for (index, original) in (0_u32..).zip(originals) {
        if let Some(original) = original
            && inner.metadata.reference_slot(index).is_none()
        {
            data.more_references.borrow_mut().insert(index, Owned::new(original));
        }
    }
    Ok(())
}

/// Binds the import `index` to a host function: the trampoline's address and the record.
fn bind_host(
    store: &mut StoreInner,
    data: &InstanceData,
    index: u32,
    definition: std::sync::Arc<host::HostDefinition>,
) -> Result<(u64, u64), InstantiateError> {
    let record = host::add_record(store, definition, data.context as u64);
    let function = data.image.inner.metadata.functions.at(index as usize).ok_or(malformed("an imported function"))?;
    // SAFETY: the record is the store's, and no code runs that uses it yet.
    let code = host::bind_trampoline(unsafe { &mut *record }, &data.image, function.type_index);
    let code = code.ok_or(malformed("there is no code to call a host function of an import's type"))?;
    Ok((code, record as u64))
}

fn make_memories(store: &mut StoreInner, data: &InstanceData) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    let imported = inner.metadata.header.imported_memories;
    for (index, record) in (0_u32..).zip(inner.metadata.memories.iter()).skip(imported as usize) {
        let memory_type = inner.types().memory(index).ok_or(malformed("a memory"))?;
        let memory = MemoryData::new(store, memory_type, record.flags, data.image.initial(&record));
        let memory = memory.map_err(|error| match error {
            MemoryError::Limit => {
                InstantiateError::Limit("the memories are larger than what is allowed (--max-memory)")
            }
            MemoryError::System(error) => InstantiateError::System(error),
        })?;
        let definition = data.at(inner.layout.defined_memory(index - imported)).cast::<MemoryDefinition>();
        // SAFETY: the layout has a definition for each defined memory and a pointer for each, in a context that lives as
        // long as the store.
        unsafe {
            memory.move_definition(definition);
            *data.at(inner.layout.memory(index)).cast::<u64>() = memory.definition() as u64;
        }
        data.memories[index as usize].set(memory.as_ptr());
        store.memories.push(memory);
    }
    Ok(())
}

fn make_tables(store: &mut StoreInner, data: &InstanceData) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    let imported = inner.metadata.header.imported_tables;
    for (index, record) in (0_u32..).zip(inner.metadata.tables.iter()).skip(imported as usize) {
        if record.flags & limit_flag::READY != 0 {
            continue;
        }
        let table_type = inner.types().table(index).ok_or(malformed("a table"))?;
        let table = TableData::new(store, table_type).ok_or(InstantiateError::Limit(
            "the tables are larger than what is allowed (--max-memory, and 2^27 elements)",
        ))?;
        let definition = data.at(inner.layout.defined_table(index - imported)).cast::<TableDefinition>();
        // SAFETY: the layout has a definition for each defined table, in a context that lives as long as the store.
        unsafe { table.move_definition(definition) };
        data.tables[index as usize].set(table.as_ptr());
        store.tables.push(table);
    }
    Ok(())
}

/// Finds the memory that host functions see: the one exported as `memory`, or else the first.
fn set_default_memory(data: *mut InstanceData) {
    // SAFETY: the instance is the store's, and no one else looks at it yet.
    let instance = unsafe { &*data };
    let metadata = &instance.image.inner.metadata;
    let named = metadata
        .exports
        .iter()
        .find(|record| record.kind == entity_kind::MEMORY && metadata.string(record.name) == Some("memory"));
    let definition =
        instance.memory(named.map_or(0, |record| record.index)).map_or(null(), |memory| memory.definition());
    // SAFETY: as above.
    unsafe { (*data).default_memory = definition };
}

fn set_globals(data: &InstanceData) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    let imported = inner.metadata.header.imported_globals;
    for (index, record) in (0_u32..).zip(inner.metadata.globals.iter()).skip(imported as usize) {
        let value_type = inner.types().value(record.value_type).ok_or(malformed("a global's type"))?;
        let value = data
            .evaluate(record.initial_start, record.initial_length, value_type, index)
            .ok_or(malformed("a global's value"))?;
        let slot = data.at(inner.layout.defined_global(index - imported)).cast::<GlobalSlot>();
        // SAFETY: the layout has a slot for each defined global.
        unsafe { *slot = GlobalSlot { low: value.low, high: value.high } };
    }
    Ok(())
}

/// Gives tables that state one their first value.
fn fill_tables(data: &InstanceData) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    let imported = inner.metadata.header.imported_tables as usize;
    for (index, record) in (0_u32..).zip(inner.metadata.tables.iter()).skip(imported) {
        if record.flags & limit_flag::READY != 0 || record.initial_length == 0 {
            continue;
        }
        let value_type = inner.types().value(record.element_type).ok_or(malformed("a table's type"))?;
        let value = data.evaluate(record.initial_start, record.initial_length, value_type, u32::MAX);
        let value = value.ok_or(malformed("a table's first value"))?;
        let table = data.table(index).ok_or(malformed("a table"))?;
        let first = table.range(0, record.minimum).ok_or(malformed("a table"))?;
        for offset in 0..record.minimum as usize {
            // SAFETY: the range is of elements.
            unsafe { *first.add(offset) = value.low };
        }
    }
    Ok(())
}

/// Element segments, then data segments; each is dropped when it is done.
fn run_segments(data: &InstanceData) -> Result<(), InstantiateError> {
    let inner = &*data.image.inner;
    for (index, record) in (0_u32..).zip(inner.metadata.element_segments.iter()) {
        if record.mode == segment_mode::ACTIVE {
            let offset = data.offset(record.offset_start, record.offset_length);
            let offset = offset.ok_or(malformed("an element segment's offset"))?;
            data.initialise_table(record.table, index, offset, 0, u64::from(record.elements))
                .ok_or_else(|| trapped(TrapCode::TableOutOfBounds, "element", index))?;
        }
        if record.mode != segment_mode::PASSIVE {
            data.drop_element(index);
        }
    }
    for (index, record) in (0_u32..).zip(inner.metadata.data_segments.iter()) {
        if record.mode == segment_mode::ACTIVE {
            let offset = data.offset(record.offset_start, record.offset_length);
            let offset = offset.ok_or(malformed("a data segment's offset"))?;
            data.initialise_memory(record.memory, index, offset, 0, record.data_length_bytes)
                .ok_or_else(|| trapped(TrapCode::MemoryOutOfBounds, "data", index))?;
        }
        if record.mode != segment_mode::PASSIVE {
            data.drop_data(index);
        }
    }
    Ok(())
}
