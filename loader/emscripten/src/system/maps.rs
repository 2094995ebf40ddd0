//! `mmap` of files: a copy of the file in memory that the program's own allocator gives; what is shared is written back.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Caller, HostError};
use wasmc_wasi::{Errno, Mapping};

use super::{Layout, posix, write_u32};
use crate::exports::needed;
use crate::thread::ThreadState;

const PAGE_BYTES: u32 = 64 << 10;
/// As many pages are in a memory. An allocator that gives them more than once does not get further.
const COUNT_MAX: usize = 1 << 16;
const WRITABLE: u32 = 2;
const SHARED: u32 = 1;
const FIXED: u32 = 0x10;

/// The files that are mapped, by their addresses.
#[derive(Debug, Default)]
pub(crate) struct Maps(Mutex<HashMap<u32, Mapping>>);

impl Maps {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Mapping>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Request {
    length: u32,
    protection: u32,
    flags: u32,
    descriptor: u32,
    offset: u64,
    allocated: u32,
}

/// Maps a file: its address, or an error number.
fn map(thread: &ThreadState, caller: &mut Caller<'_>, request: &Request) -> Result<Result<u32, Errno>, HostError> {
    if request.flags & FIXED != 0 {
        return Ok(Err(Errno::Inval));
    }
    let (shared, writable) = (request.flags & SHARED != 0, request.protection & WRITABLE != 0);
    let mapping = match posix(thread).map(request.descriptor, request.offset, request.length, shared, writable) {
        Ok(mapping) => mapping,
        Err(error) => return Ok(Err(error)),
    };
    if thread.context.maps.lock().len() >= COUNT_MAX {
        return Ok(Err(Errno::Nomem));
    }
    let exports = thread.exports(caller)?;
    // The rest of the last page reads as zeros.
    let length = mapping.length_bytes().checked_next_multiple_of(PAGE_BYTES).unwrap_or(mapping.length_bytes());
    let address = match exports.memalign {
        Some(memalign) => memalign.call(caller.store(), &[PAGE_BYTES, length])?,
        None => needed(exports.malloc, "malloc")?.call(caller.store(), &[length])?,
    };
    if address == 0 {
        return Ok(Err(Errno::Nomem));
    }
    let memory = caller.memory().ok_or("the program maps a file, but has no memory")?;
    let loaded = memory.fill(address.into(), length.into(), 0).ok_or(Errno::Fault).and_then(|()| {
        mapping.load(&memory, address)?;
        write_u32(&memory, request.allocated, 1)
    });
    if let Err(error) = loaded {
        needed(exports.free, "free")?.call(caller.store(), &[address])?;
        return Ok(Err(error));
    }
    thread.context.maps.lock().insert(address, mapping);
    Ok(Ok(address))
}

fn failed(error: Errno) -> i32 {
    -i32::from(error.number())
}

/// `_mmap_js` that is given where to write the address.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn map_file(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    length: u32,
    protection: u32,
    flags: u32,
    descriptor: u32,
    offset: u64,
    allocated: u32,
    address: u32,
) -> Result<i32, HostError> {
    let request = Request { length, protection, flags, descriptor, offset, allocated };
    let mapped = map(thread, caller, &request)?.and_then(|mapped| {
        let memory = caller.memory().ok_or(Errno::Fault)?;
        write_u32(&memory, address, mapped)
    });
    Ok(mapped.map_or_else(failed, |()| 0))
}

/// `_mmap_js` with seven words: in old releases, a wanted address comes first and the address is the result; later, the
/// offset has one word, and where to write the address comes last.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn map_file_of_words(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    first: u32,
    second: u32,
    third: u32,
    fourth: u32,
    fifth: u32,
    sixth: u32,
    seventh: u32,
) -> Result<i32, HostError> {
    if thread.layout() != Layout::Old {
        return map_file(thread, caller, first, second, third, fourth, fifth.into(), sixth, seventh);
    }
    let request = Request {
        length: second,
        protection: third,
        flags: fourth,
        descriptor: fifth,
        offset: sixth.into(),
        allocated: seventh,
    };
    Ok(map(thread, caller, &request)?.map_or_else(failed, u32::cast_signed))
}

/// Writes a map back, all or a part of it.
fn store(thread: &ThreadState, caller: &Caller<'_>, address: u32, length: u32) -> Result<i32, HostError> {
    let memory = caller.memory().ok_or("the program maps a file, but has no memory")?;
    let Some(mapping) = thread.context.maps.lock().get(&address).cloned() else { return Ok(failed(Errno::Inval)) };
    Ok(mapping.store(&memory, address, length).map_or_else(failed, |()| 0))
}

/// `_munmap_js`: the C library gives the memory back itself.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn unmap_file(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    _protection: u32,
    _flags: u32,
    _descriptor: u32,
    _offset: u64,
) -> Result<i32, HostError> {
    let result = store(thread, caller, address, length)?;
    thread.context.maps.lock().remove(&address);
    Ok(result)
}

/// `_munmap_js` whose offset has one word.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn unmap_file_of_words(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    protection: u32,
    flags: u32,
    descriptor: u32,
    offset: u32,
) -> Result<i32, HostError> {
    unmap_file(thread, caller, address, length, protection, flags, descriptor, offset.into())
}

/// `_msync_js`.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn sync_file(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    _protection: u32,
    _flags: u32,
    _descriptor: u32,
    _offset: u64,
) -> Result<i32, HostError> {
    store(thread, caller, address, length)
}

/// `_msync_js` whose offset has one word.
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
pub(crate) fn sync_file_of_words(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    _protection: u32,
    _flags: u32,
    _descriptor: u32,
    _offset: u32,
) -> Result<i32, HostError> {
    store(thread, caller, address, length)
}

/// `_msync_js` of old releases.
pub(crate) fn sync_file_old(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    address: u32,
    length: u32,
    _flags: u32,
    _descriptor: u32,
) -> Result<i32, HostError> {
    store(thread, caller, address, length)
}
