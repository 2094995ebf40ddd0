//! The heap: how it grows, and copying in it.

use wasmc_loader::{Caller, EntityError, HostError, Memory};

use crate::thread::ThreadState;

const PAGE_BYTES: u64 = 64 << 10;
/// A page below 4 GiB: a size of all 32 bits would read as nothing.
const HEAP_BYTES_MAX: u64 = (4 << 30) - PAGE_BYTES;
/// How much more than was asked for the heap grows at most.
const SPARE_BYTES_MAX: u64 = 96 << 20;

fn own_memory(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<Memory, HostError> {
    Ok(thread.exports(caller)?.memory)
}

fn limit_bytes(memory: Memory, caller: &mut Caller<'_>) -> u64 {
    let maximum = memory.memory_type(caller.store()).and_then(|memory_type| memory_type.maximum_pages);
    maximum.map_or(HEAP_BYTES_MAX, |pages| pages.saturating_mul(PAGE_BYTES).min(HEAP_BYTES_MAX))
}

/// `emscripten_resize_heap`: makes the heap at least `size_bytes` long, and somewhat longer, so that growing step by step
/// takes few calls; whether it could.
pub(crate) fn resize_heap(thread: &ThreadState, caller: &mut Caller<'_>, size_bytes: u32) -> Result<u32, HostError> {
    let memory = own_memory(thread, caller)?;
    let old = memory.size_pages(caller.store()).map_err(of_memory)? * PAGE_BYTES;
    let (wanted, limit) = (u64::from(size_bytes), limit_bytes(memory, caller));
    if wanted <= old || wanted > limit {
        return Ok(0);
    }
    // With less to spare at each attempt.
    for divisor in [5, 10, 20] {
        let generous = (old + old / divisor).min(wanted + SPARE_BYTES_MAX).max(wanted);
        let new = generous.next_multiple_of(PAGE_BYTES).min(limit);
        if memory.grow(caller.store(), (new - old).div_ceil(PAGE_BYTES)).is_ok() {
            return Ok(1);
        }
    }
    Ok(0)
}

/// `emscripten_get_heap_max`: the length in bytes that the heap can grow to.
pub(crate) fn heap_max(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    let memory = own_memory(thread, caller)?;
    Ok(u32::try_from(limit_bytes(memory, caller)).unwrap_or(u32::MAX))
}

/// `emscripten_notify_memory_growth`: nothing here keeps a view of the memory that would be out of date.
pub(crate) fn notice_growth(_: &ThreadState, _: &mut Caller<'_>, _memory: u32) -> Result<(), HostError> {
    Ok(())
}

/// `_emscripten_memcpy_js` and what it was called before: copies between places that do not overlap.
pub(crate) fn copy(_: &ThreadState, caller: &mut Caller<'_>, to: u32, from: u32, length: u32) -> Result<(), HostError> {
    let memory = caller.memory().ok_or("the program copies memory, but has none")?;
    memory.copy(to.into(), from.into(), length.into()).ok_or(HostError::Trap(wasmc_loader::TrapCode::MemoryOutOfBounds))
}

/// The same where it is declared to return its first argument, as `memcpy` does.
pub(crate) fn copy_and_return(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    to: u32,
    from: u32,
    length: u32,
) -> Result<u32, HostError> {
    copy(thread, caller, to, from, length).map(|()| to)
}

/// `getTempRet0`: the upper half of the last 64-bit result that was given in two halves.
pub(crate) fn upper_half(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(thread.upper_half())
}

/// `setTempRet0`: sets what `getTempRet0` gives.
pub(crate) fn set_upper_half(thread: &ThreadState, _: &mut Caller<'_>, high: u32) -> Result<(), HostError> {
    thread.set_upper_half(high);
    Ok(())
}

fn of_memory(error: EntityError) -> HostError {
    HostError::Message(format!("the program's memory: {error}"))
}
