//! Memory and table instructions that work on many elements, or change a size.
//!
//! Each checks its bounds first, and does nothing if they are exceeded.

use wasmc_contract::context::InstanceContext;
use wasmc_contract::trap::TrapCode;

use super::instance;
use crate::trap::set_pending;

/// What a builtin that failed returns.
const FAILED: u64 = 1;

/// # Safety
///
/// Called by compiled code only, as are all in this file: contexts are its own, and indices are those of its module.
pub(super) unsafe extern "C" fn memory_grow(context: *mut InstanceContext, memory: u32, pages: u64) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, _) = unsafe { instance(context) };
    data.memory(memory).and_then(|memory| memory.grow(pages)).unwrap_or(u64::MAX)
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn memory_init(
    context: *mut InstanceContext,
    memory: u32,
    segment: u32,
    destination: u64,
    source: u64,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    match data.initialise_memory(memory, segment, destination, source, length) {
        Some(()) => 0,
        None => {
            set_pending(store, TrapCode::MemoryOutOfBounds);
            FAILED
        }
    }
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn memory_copy(
    context: *mut InstanceContext,
    destination_memory: u32,
    source_memory: u32,
    destination: u64,
    source: u64,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    let to = data.memory(destination_memory).and_then(|memory| memory.range(destination, length));
    let from = data.memory(source_memory).and_then(|memory| memory.range(source, length));
    let (Some(to), Some(from)) = (to, from) else {
        set_pending(store, TrapCode::MemoryOutOfBounds);
        return FAILED;
    };
    // SAFETY: both ranges are accessible, and may overlap.
    unsafe { crate::memory::move_bytes(from, to, length as usize) };
    0
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn memory_fill(
    context: *mut InstanceContext,
    memory: u32,
    destination: u64,
    value: u32,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    let Some(to) = data.memory(memory).and_then(|memory| memory.range(destination, length)) else {
        set_pending(store, TrapCode::MemoryOutOfBounds);
        return FAILED;
    };
    // SAFETY: the range is accessible.
    unsafe { std::ptr::write_bytes(to, value as u8, length as usize) };
    0
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn data_drop(context: *mut InstanceContext, segment: u32) {
    // SAFETY: compiled code passes its own context.
    let (data, _) = unsafe { instance(context) };
    data.drop_data(segment);
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn table_grow(
    context: *mut InstanceContext,
    table: u32,
    elements: u64,
    value: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, _) = unsafe { instance(context) };
    data.table(table).and_then(|table| table.grow(elements, value)).unwrap_or(u64::MAX)
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn table_init(
    context: *mut InstanceContext,
    table: u32,
    segment: u32,
    destination: u64,
    source: u64,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    match data.initialise_table(table, segment, destination, source, length) {
        Some(()) => 0,
        None => {
            set_pending(store, TrapCode::TableOutOfBounds);
            FAILED
        }
    }
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn table_copy(
    context: *mut InstanceContext,
    destination_table: u32,
    source_table: u32,
    destination: u64,
    source: u64,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    let to = data.table(destination_table).and_then(|table| table.range(destination, length));
    let from = data.table(source_table).and_then(|table| table.range(source, length));
    let (Some(to), Some(from)) = (to, from) else {
        set_pending(store, TrapCode::TableOutOfBounds);
        return FAILED;
    };
    // SAFETY: both ranges are elements, and may overlap.
    unsafe { std::ptr::copy(from, to, length as usize) };
    0
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn table_fill(
    context: *mut InstanceContext,
    table: u32,
    destination: u64,
    value: u64,
    length: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    let Some(to) = data.table(table).and_then(|table| table.range(destination, length)) else {
        set_pending(store, TrapCode::TableOutOfBounds);
        return FAILED;
    };
    for index in 0..length as usize {
        // SAFETY: the range is of elements.
        unsafe { *to.add(index) = value };
    }
    0
}

/// # Safety
///
/// As [`memory_grow`].
pub(super) unsafe extern "C" fn element_drop(context: *mut InstanceContext, segment: u32) {
    // SAFETY: compiled code passes its own context.
    let (data, _) = unsafe { instance(context) };
    data.drop_element(segment);
}
