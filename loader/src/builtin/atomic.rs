//! Waiting at addresses of shared memories, and waking who waits there.

use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use wasmc_contract::context::InstanceContext;
use wasmc_contract::trap::TrapCode;

use super::instance;
use crate::entity::MemoryData;
use crate::store::{Store, StoreInner};
use crate::trap::set_pending;
use crate::wait::{self, Waited};

const FAILED: u32 = u32::MAX;

/// # Safety
///
/// Called by compiled code only, as are all in this file: contexts are its own, and indices are those of its module.
pub(super) unsafe extern "C" fn memory_notify(
    context: *mut InstanceContext,
    memory: u32,
    address: u64,
    count: u32,
) -> u32 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    match data.memory(memory).ok_or(TrapCode::Host).and_then(|memory| place(memory, address, 4)) {
        Ok(place) => wait::notify(place as u64, count),
        Err(code) => fail(store, code),
    }
}

/// # Safety
///
/// As [`memory_notify`].
pub(super) unsafe extern "C" fn memory_wait32(
    context: *mut InstanceContext,
    memory: u32,
    address: u64,
    expected: u32,
    timeout: i64,
) -> u32 {
    // SAFETY: the caller's promise. The place is inside the memory and aligned, and the guest accesses it atomically.
    let holds = |place: *mut u8| unsafe { AtomicU32::from_ptr(place.cast()) }.load(Ordering::SeqCst) == expected;
    // SAFETY: the caller's promise.
    unsafe { memory_wait(context, memory, address, 4, timeout, holds) }
}

/// # Safety
///
/// As [`memory_notify`].
pub(super) unsafe extern "C" fn memory_wait64(
    context: *mut InstanceContext,
    memory: u32,
    address: u64,
    expected: u64,
    timeout: i64,
) -> u32 {
    // SAFETY: as in `memory_wait32`.
    let holds = |place: *mut u8| unsafe { AtomicU64::from_ptr(place.cast()) }.load(Ordering::SeqCst) == expected;
    // SAFETY: the caller's promise.
    unsafe { memory_wait(context, memory, address, 8, timeout, holds) }
}

/// Waits while `holds` says of the place that it holds what is expected.
///
/// # Safety
///
/// As [`memory_notify`].
unsafe fn memory_wait(
    context: *mut InstanceContext,
    memory: u32,
    address: u64,
    size_bytes: u64,
    timeout: i64,
    holds: impl FnOnce(*mut u8) -> bool,
) -> u32 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { instance(context) };
    let Some(memory) = data.memory(memory) else { return fail(store, TrapCode::Host) };
    let place = match place(memory, address, size_bytes) {
        Ok(place) => place,
        Err(code) => return fail(store, code),
    };
    if memory.shared().is_none() {
        return fail(store, TrapCode::ExpectedSharedMemory);
    }
    let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
    let result = match wait::wait(&store.shared, place as u64, timeout, || holds(place)) {
        Waited::Woken => 0,
        Waited::NotEqual => 1,
        Waited::TimedOut => 2,
        Waited::Interrupted => return fail(store, TrapCode::Interrupted),
    };
    if store.wake_callback.is_some() {
        // SAFETY: compiled code is in this call, and holds no borrow of its store.
        unsafe { woken(store) };
    }
    result
}

/// Does what is to be done before code goes on that has waited.
///
/// # Safety
///
/// `store` must be one whose compiled code calls a builtin.
unsafe fn woken(store: *mut StoreInner) {
    let Some(inner) = NonNull::new(store) else { return };
    // SAFETY: the store lives while its code runs.
    let (context, exposed) = unsafe { ((*store).shared.context(), (*store).exceptions.exposed_count()) };
    // A builtin does not know its caller's frame: backtraces of what is called now end here.
    // SAFETY: the context belongs to this thread while it uses the store.
    let frame = unsafe { std::mem::take(&mut (*context).exit_frame_pointer) };
    // Not dropped: the store is its owner's.
    ManuallyDrop::new(Store { inner }).woken();
    // SAFETY: as above.
    unsafe {
        (*context).exit_frame_pointer = frame;
        (*store).exceptions.forget_exposed(exposed);
    }
}

/// Where `size_bytes` bytes at `address` are, if they are aligned and inside.
fn place(memory: &MemoryData, address: u64, size_bytes: u64) -> Result<*mut u8, TrapCode> {
    if !address.is_multiple_of(size_bytes) {
        return Err(TrapCode::UnalignedAtomic);
    }
    memory.range(address, size_bytes).ok_or(TrapCode::MemoryOutOfBounds)
}

fn fail(store: &mut StoreInner, code: TrapCode) -> u32 {
    set_pending(store, code);
    FAILED
}
