//! Where modules lie: the main module's data, stack and heap, and what side modules are given of memory and table.

use std::ops::Range;
use std::sync::atomic::Ordering;

use wasmc_loader::{
    Extern, ExternType, Global, GlobalType, Image, Instance, InstantiateError, Linker, Store, Table, Value, ValueType,
};

use super::entry;
use super::follow::add_follower;
use super::linked::{Held, Key, What};
use super::symbol;
use super::{Failed, is_entry_module, load};
use crate::MODULE;
use crate::exports::needed;
use crate::thread::ThreadState;

/// Where a main module's data starts: nothing lies at the addresses before, so that null pointers are told apart.
const DATA_START: u64 = 1024;
/// The table's first element is no function.
const TABLE_START: u32 = 1;
/// What the stack and whatever is allocated are aligned to.
pub(super) const ALIGNMENT: u64 = 16;
/// How large a stack is if the memory has room: as large as in older releases, since a module does not say it.
const STACK_BYTES: u64 = 5 << 20;
const PAGE_BYTES: u64 = 64 << 10;

/// Where the main module's parts lie in its memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) stack_low: u32,
    pub(super) stack_high: u32,
    /// Where the data of the libraries ends that are linked so far.
    libraries_end: u32,
    /// Where the heap starts. It moves upwards until the program starts.
    pub(super) heap_base: u32,
}

/// Where a module's data and functions go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Which one it is.
    pub(super) library: usize,
    pub(super) memory_base: u32,
    pub(super) table_base: u32,
    /// Whether it is the first thread that has the module.
    pub(super) is_first: bool,
}

impl Placement {
    /// The elements of the table that are the module's.
    pub(super) fn elements(&self, image: &Image) -> Range<u64> {
        let first = u64::from(self.table_base);
        let count = image.dynamic_linking().map_or(0, |dynamic| dynamic.table_elements());
        first..first + u64::from(count)
    }
}

impl Layout {
    /// That of a module with so much data, in a memory of this length, which libraries will take so much of.
    fn new(data_bytes: u64, alignment: u64, memory_bytes: u64, libraries_bytes: u64) -> Option<(u32, Self)> {
        let data = DATA_START.next_multiple_of(alignment.max(ALIGNMENT));
        let stack_low = (data + data_bytes).next_multiple_of(ALIGNMENT);
        let stack_bytes = STACK_BYTES.min(memory_bytes / 3) / ALIGNMENT * ALIGNMENT;
        let stack_high = stack_low + stack_bytes;
        let address = |value: u64| u32::try_from(value).ok();
        let layout = Self {
            stack_low: address(stack_low)?,
            stack_high: address(stack_high)?,
            libraries_end: address(stack_high)?,
            heap_base: address((stack_high + libraries_bytes).next_multiple_of(ALIGNMENT))?,
        };
        Some((address(data)?, layout))
    }

    /// The address of what no module defines, but the linker does.
    pub(super) fn symbol(&self, name: &str) -> Option<u32> {
        match name {
            "__heap_base" => Some(self.heap_base),
            "__stack_low" => Some(self.stack_low),
            "__stack_high" => Some(self.stack_high),
            _ => None,
        }
    }
}

/// Whether `image` is linked to others while it runs.
fn is_dynamic(image: &Image) -> bool {
    image
        .import_names()
        .any(|(module, field)| is_entry_module(module) || (module == MODULE && field == "__memory_base"))
}

/// Whether `image` has others linked to it while it runs, but lies where it was linked to, as main modules of current releases
/// do: it has a memory layout, a table and a stack pointer of its own, and exports them.
fn is_laid_out(image: &Image) -> bool {
    image.dynamic_linking().is_some()
}

/// Lays out the main module for the calling thread; `None` if it is linked to nothing.
pub(crate) fn place_main(
    state: &ThreadState,
    linker: &Linker,
    store: &mut Store,
    image: &Image,
) -> Result<Option<Placement>, InstantiateError> {
    if !is_dynamic(image) {
        return Ok(is_laid_out(image).then(|| note_laid_out(state, linker, image)));
    }
    let dynamic = image.dynamic_linking();
    let (data_bytes, alignment, elements) = dynamic
        .map_or((0, 1, 0), |dynamic| (dynamic.memory_bytes(), dynamic.memory_alignment(), dynamic.table_elements()));
    let mut functions = std::collections::BTreeMap::new();
    let (mut memory_bytes, mut libraries_bytes) = (0, 0);
    for import in image.imports().filter(|import| import.module == MODULE) {
        match import.kind {
            ExternType::Memory(memory_type) => {
                memory_bytes = memory_type.minimum_pages.saturating_mul(PAGE_BYTES);
                let made = state.context.pthreads.memory(store, memory_type);
                let made = made.map_err(|_| InstantiateError::Limit("its memory"))?;
                state.memory.get_or_init(|| made);
                if memory_type.is_shared && state.is_main {
                    // Where the heap starts is written to memory at once then.
                    libraries_bytes = load::provide_needed(state, image, 0);
                }
            }
            ExternType::Table(mut table_type) => {
                table_type.minimum = table_type.minimum.max(u64::from(elements) + u64::from(TABLE_START));
                let none = Value::default_of(ValueType::Reference(table_type.element));
                let made = Table::new(store, table_type, none).map_err(|_| InstantiateError::Limit("its table"))?;
                state.table.get_or_init(|| made);
            }
            ExternType::Function(function_type) => {
                functions.insert(import.field.to_owned(), function_type);
            }
            ExternType::Global(_) | ExternType::Tag(_) => {}
        }
    }
    let layout = Layout::new(data_bytes.into(), alignment.into(), memory_bytes, libraries_bytes);
    let (memory_base, layout) = layout.ok_or(InstantiateError::Limit("its data does not fit into a memory"))?;
    let pointer = GlobalType { value: ValueType::I32, is_mutable: true };
    let top = Value::I32(layout.stack_high.cast_signed());
    let pointer = Global::new(store, pointer, top).map_err(|_| InstantiateError::Limit("its stack"))?;
    let mut own = state.dynamic.own();
    own.linker = linker.clone();
    own.stack_pointer = Some(pointer);
    drop(own);
    if state.is_main {
        state.context.linked.start(Some(layout), functions);
    }
    Ok(Some(Placement { library: 0, memory_base, table_base: TABLE_START, is_first: state.is_main }))
}

/// Notes a main module that lies where it was linked to.
fn note_laid_out(state: &ThreadState, linker: &Linker, image: &Image) -> Placement {
    state.dynamic.own().linker = linker.clone();
    if state.is_main {
        let functions = image.imports().filter_map(|import| match import.kind {
            ExternType::Function(function_type) if import.module == MODULE => {
                Some((import.field.to_owned(), function_type))
            }
            _ => None,
        });
        state.context.linked.start(None, functions.collect());
    }
    Placement { library: 0, memory_base: 0, table_base: 0, is_first: state.is_main }
}

/// Notes the calling thread's instance of the main module, which is placed, and what that defines.
pub(crate) fn add_main(
    state: &ThreadState,
    store: &mut Store,
    instance: Instance,
    image: &Image,
    placement: &Placement,
) -> Result<(), InstantiateError> {
    if placement.is_first {
        let symbols = symbol::of_instance(store, instance, image, placement.memory_base);
        state.linked().libraries[placement.library].symbols = symbols;
        state.dynamic.is_following.store(true, Ordering::Release);
    }
    let mut own = state.dynamic.own();
    own.instances.insert(placement.library, instance);
    if own.stack_pointer.is_none() {
        own.stack_pointer = instance.export(store, "__stack_pointer").and_then(Extern::global);
    }
    drop(own);
    add_follower(state, store, image).map_err(|_| InstantiateError::Limit("its threads"))
}

/// Gives the side module `library` its part of memory and table.
pub(super) fn place(
    state: &ThreadState,
    store: &mut Store,
    image: &Image,
    library: usize,
) -> Result<Placement, Failed> {
    let dynamic = image.dynamic_linking().ok_or_else(|| Failed::Told("Error: need dylink section".to_owned()))?;
    let memory_base = allocate(state, store, dynamic.memory_bytes(), dynamic.memory_alignment())?;
    let elements = dynamic.table_elements();
    let mut table_base = 0;
    if elements > 0 {
        let full = |_| Failed::Told("Error: the table of functions has no room".to_owned());
        let table = table(state)?;
        let size = table.size(store).map_err(full)?;
        let aligned = size.next_multiple_of(dynamic.table_alignment().into());
        let none = Value::Function(None);
        table.grow(store, aligned - size + u64::from(elements), none).map_err(full)?;
        table_base = u32::try_from(aligned).map_err(|_| Failed::Told("Error: the table is too large".to_owned()))?;
    }
    Ok(Placement { library, memory_base, table_base, is_first: true })
}

/// The table that all modules share.
pub(super) fn table(state: &ThreadState) -> Result<Table, Failed> {
    let table = state.table.get().copied().or_else(|| state.exports.get()?.table);
    table.ok_or_else(|| Failed::Told("Error: the main module exports no table of functions".to_owned()))
}

/// Zeroed memory for a module's data.
fn allocate(state: &ThreadState, store: &mut Store, bytes: u32, alignment: u32) -> Result<u32, Failed> {
    if bytes == 0 {
        return Ok(0);
    }
    let full = || Failed::Told("Error: there is no memory left for its data".to_owned());
    let exports = state.exports.get().ok_or_else(full)?;
    let alignment = u64::from(alignment).max(ALIGNMENT);
    let linked = state.linked();
    let is_asked_for = linked.is_started || linked.layout.is_none();
    drop(linked);
    if is_asked_for {
        let whole = u32::try_from(u64::from(bytes) + alignment).map_err(|_| full())?;
        let address = needed(exports.malloc, "malloc")?.call(store, &[whole])?;
        if address == 0 {
            return Err(full());
        }
        let base = u64::from(address).next_multiple_of(alignment);
        let contents = exports.memory.contents(store).map_err(|_| full())?;
        contents.fill(base, bytes.into(), 0).ok_or_else(full)?;
        return u32::try_from(base).map_err(|_| full());
    }
    // Nothing can be asked for memory yet: the heap starts behind it.
    let libraries_end = state.linked().layout.map_or(0, |layout| layout.libraries_end);
    let base = u64::from(libraries_end).next_multiple_of(alignment);
    let end = (base + u64::from(bytes)).next_multiple_of(ALIGNMENT);
    let pages = exports.memory.size_pages(store).map_err(|_| full())?;
    let more = end.div_ceil(PAGE_BYTES).saturating_sub(pages);
    if more > 0 {
        exports.memory.grow(store, more).map_err(|_| full())?;
    }
    let end = u32::try_from(end).map_err(|_| full())?;
    let mut linked = state.linked();
    let layout = linked.layout.as_mut().ok_or_else(full)?;
    layout.libraries_end = end;
    layout.heap_base = layout.heap_base.max(end);
    let heap_base = layout.heap_base;
    drop(linked);
    let key = Key { owner: None, name: "__heap_base".to_owned() };
    entry::hold(state, store, key, Held { library: 0, what: What::Number(heap_base) })?;
    u32::try_from(base).map_err(|_| full())
}
