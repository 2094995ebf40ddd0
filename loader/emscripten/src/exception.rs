//! C++ exceptions and long jumps that are thrown through the host, and caught by `invoke_*`.
//!
//! What is thrown is an object in the program's memory with a header before it:
//!
//! ```text
//! header  = references:u32 type:u32 destructor:u32 caught:u8 rethrown:u8 padding:u16 adjusted:u32 padding:u32
//! object  = what the program threw
//! ```
//!
//! Releases until 3.1.8 had no `adjusted`, and asked the host for the memory: what is made here has room for it always. A
//! catch is known to the program by the object's address.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Caller, ExceptionReference, GuestMemory, HostError, Printable, Store, TrapCode, Value};
use wasmc_wasi::{HostMemory, Kept};

use crate::exports::{Export, needed};
use crate::thread::ThreadState;

const HEADER_BYTES: u32 = 24;
const REFERENCES: u32 = 0;
const TYPE: u32 = 4;
const DESTRUCTOR: u32 = 8;
const CAUGHT: u32 = 12;
const RETHROWN: u32 = 13;
const ADJUSTED: u32 = 16;

/// One thread's exceptions.
#[derive(Debug)]
pub(crate) struct State {
    /// What was thrown last, until its catch ends; 0 for nothing.
    last: AtomicU32,
    /// How many were thrown and not yet caught.
    uncaught: AtomicU32,
    /// What is being handled, the innermost last.
    caught: Mutex<Caught>,
}

/// Objects by their addresses.
#[derive(Debug)]
struct Caught {
    objects: Vec<u32>,
    /// What the room for them takes.
    kept: Kept,
}

impl Caught {
    fn push(&mut self, object: u32) -> Result<(), HostError> {
        if self.objects.len() == self.objects.capacity() {
            let capacity = (2 * self.objects.capacity()).max(16);
            if !self.kept.set((capacity * size_of::<u32>()) as u64) {
                return Err("the program handles more exceptions than the host keeps for it".into());
            }
            self.objects.reserve_exact(capacity - self.objects.len());
        }
        self.objects.push(object);
        Ok(())
    }
}

impl State {
    pub(crate) fn new(memory: &HostMemory) -> Self {
        let caught = Caught { objects: Vec::new(), kept: Kept::new(memory) };
        Self { last: AtomicU32::new(0), uncaught: AtomicU32::new(0), caught: Mutex::new(caught) }
    }

    fn caught(&self) -> MutexGuard<'_, Caught> {
        self.caught.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header of the object at an address.
#[derive(Clone, Copy)]
struct Header<'a>(GuestMemory<'a>, u32);

impl<'a> Header<'a> {
    fn of(caller: &'a Caller<'_>, object: u32) -> Result<Self, HostError> {
        let memory = caller.memory().ok_or("the program throws exceptions, but has no memory")?;
        Ok(Self(memory, object.wrapping_sub(HEADER_BYTES)))
    }

    fn read(&self, field: u32) -> Result<u32, HostError> {
        self.0.read_u32(u64::from(self.1) + u64::from(field)).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
    }

    fn write(&self, field: u32, value: u32) -> Result<(), HostError> {
        let address = u64::from(self.1) + u64::from(field);
        self.0.write_u32(address, value).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
    }

    fn flag(&self, field: u32) -> Result<bool, HostError> {
        let byte = self.0.read_u8(u64::from(self.1) + u64::from(field));
        Ok(byte.ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))? != 0)
    }

    fn set_flag(&self, field: u32, value: bool) -> Result<(), HostError> {
        let address = u64::from(self.1) + u64::from(field);
        self.0.write_u8(address, value.into()).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
    }
}

/// What leads out of the program's functions, to the `invoke_*` that called them.
fn unwind<T>(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<T, HostError> {
    let tag = thread.tag(caller.store());
    let thrown = ExceptionReference::new(caller.store(), &tag, &[Value::I32(object.cast_signed())]);
    Err(HostError::Exception(thrown.map_err(|error| HostError::Message(format!("cannot throw: {error}")))?))
}

/// `_emscripten_throw_longjmp`: leaves for the `invoke_*` in whose function `setjmp` was called; which one that is the
/// program knows.
pub(crate) fn throw_jump(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    unwind(thread, caller, 0)
}

/// `emscripten_longjmp` of older releases: notes where to go, and leaves for there.
pub(crate) fn long_jump(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    place: u32,
    value: u32,
) -> Result<(), HostError> {
    let set_threw = needed(thread.exports(caller)?.set_threw, "setThrew")?;
    set_threw.call(caller.store(), &[place, value.max(1)])?;
    unwind(thread, caller, 0)
}

/// `__cxa_allocate_exception`: memory for an object of so many bytes, and for its header.
pub(crate) fn allocate(thread: &ThreadState, caller: &mut Caller<'_>, size_bytes: u32) -> Result<u32, HostError> {
    let malloc = needed(thread.exports(caller)?.malloc, "malloc")?;
    let whole = size_bytes.checked_add(HEADER_BYTES).ok_or("an exception is too large")?;
    let header = malloc.call(caller.store(), &[whole])?;
    if header == 0 {
        return Err("there is no memory left for an exception".into());
    }
    let memory = caller.memory().ok_or("the program throws exceptions, but has no memory")?;
    memory.fill(header.into(), HEADER_BYTES.into(), 0).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
    header.checked_add(HEADER_BYTES).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))
}

/// `__cxa_free_exception`: gives that memory back.
pub(crate) fn free(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<(), HostError> {
    let free = needed(thread.exports(caller)?.free, "free")?;
    free.call(caller.store(), &[object.wrapping_sub(HEADER_BYTES)]).map(drop)
}

/// `__cxa_increment_exception_refcount`.
pub(crate) fn add_reference(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<(), HostError> {
    if object == 0 {
        return Ok(());
    }
    if let Some(own) = thread.exports(caller)?.add_reference {
        return own.call(caller.store(), &[object]).map(drop);
    }
    let header = Header::of(caller, object)?;
    header.write(REFERENCES, header.read(REFERENCES)?.wrapping_add(1))
}

/// `__cxa_decrement_exception_refcount`: destroys the object with its last reference, unless it is on its way again.
pub(crate) fn drop_reference(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<(), HostError> {
    if object == 0 {
        return Ok(());
    }
    if let Some(own) = thread.exports(caller)?.drop_reference {
        return own.call(caller.store(), &[object]).map(drop);
    }
    let header = Header::of(caller, object)?;
    let left = header.read(REFERENCES)?.wrapping_sub(1);
    header.write(REFERENCES, left)?;
    if left != 0 || header.flag(RETHROWN)? {
        return Ok(());
    }
    let destructor = header.read(DESTRUCTOR)?;
    if destructor != 0 {
        let destroy = thread.exports(caller)?.function(caller.store(), destructor)?;
        Export::new(caller.store(), destroy)?.call(caller.store(), &[object])?;
    }
    free(thread, caller, object)
}

/// `__cxa_throw`.
pub(crate) fn throw(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    object: u32,
    object_type: u32,
    destructor: u32,
) -> Result<(), HostError> {
    let header = Header::of(caller, object)?;
    header.write(TYPE, object_type)?;
    header.write(DESTRUCTOR, destructor)?;
    header.write(ADJUSTED, 0)?;
    thread.exceptions.last.store(object, Ordering::Relaxed);
    thread.exceptions.uncaught.fetch_add(1, Ordering::Relaxed);
    unwind(thread, caller, object)
}

/// `__cxa_rethrow`: throws what is being handled once more.
pub(crate) fn rethrow(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    let object = thread.exceptions.caught().objects.pop().ok_or("`throw;` where no exception is being handled")?;
    let header = Header::of(caller, object)?;
    // Of one that came by `std::rethrow_exception`, the catch was a pretext.
    if !header.flag(RETHROWN)? {
        thread.exceptions.caught().push(object)?;
        header.set_flag(RETHROWN, true)?;
        header.set_flag(CAUGHT, false)?;
        thread.exceptions.uncaught.fetch_add(1, Ordering::Relaxed);
    }
    thread.exceptions.last.store(object, Ordering::Relaxed);
    unwind(thread, caller, object)
}

/// `__cxa_rethrow_primary_exception`: throws one that a `std::exception_ptr` refers to.
pub(crate) fn rethrow_other(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<(), HostError> {
    if object == 0 {
        return Ok(());
    }
    thread.exceptions.caught().push(object)?;
    Header::of(caller, object)?.set_flag(RETHROWN, true)?;
    rethrow(thread, caller)
}

/// `__cxa_begin_catch`: a handler begins; where its object is.
pub(crate) fn begin_catch(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<u32, HostError> {
    let header = Header::of(caller, object)?;
    if !header.flag(CAUGHT)? {
        header.set_flag(CAUGHT, true)?;
        let less = |count: u32| Some(count.saturating_sub(1));
        let _ = thread.exceptions.uncaught.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
    header.set_flag(RETHROWN, false)?;
    thread.exceptions.caught().push(object)?;
    add_reference(thread, caller, object)?;
    caught_object(thread, caller, object)
}

/// `__cxa_end_catch`: the innermost handler ends.
pub(crate) fn end_catch(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<(), HostError> {
    let set_threw = needed(thread.exports(caller)?.set_threw, "setThrew")?;
    set_threw.call(caller.store(), &[0, 0])?;
    let object = thread.exceptions.caught().objects.pop().ok_or("a handler ends that did not begin")?;
    drop_reference(thread, caller, object)?;
    thread.exceptions.last.store(0, Ordering::Relaxed);
    Ok(())
}

/// `__cxa_get_exception_ptr`: where what a handler is to see of the object is: the object, a base class within it, or what
/// a pointer that was thrown points to.
pub(crate) fn caught_object(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<u32, HostError> {
    let exports = thread.exports(caller)?;
    if let Some(own) = exports.caught_object {
        return own.call(caller.store(), &[object]);
    }
    let object_type = Header::of(caller, object)?.read(TYPE)?;
    if let Some(is_pointer_type) = exports.is_pointer_type
        && is_pointer_type.call(caller.store(), &[object_type])? != 0
    {
        let memory = caller.memory().ok_or("the program throws exceptions, but has no memory")?;
        return memory.read_u32(object.into()).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds));
    }
    match Header::of(caller, object)?.read(ADJUSTED)? {
        0 => Ok(object),
        adjusted => Ok(adjusted),
    }
}

/// `__cxa_find_matching_catch_*`: which of the types that a place catches is that of what was thrown last; the object, with
/// the type as the upper half.
pub(crate) fn find_catch(thread: &ThreadState, caller: &mut Caller<'_>, types: &[u32]) -> Result<u32, HostError> {
    let object = thread.exceptions.last.load(Ordering::Relaxed);
    if object == 0 {
        thread.give_upper_half(caller, 0)?;
        return Ok(0);
    }
    let header = Header::of(caller, object)?;
    header.write(ADJUSTED, object)?;
    let (object_type, adjusted) = (header.read(TYPE)?, header.1 + ADJUSTED);
    if object_type == 0 {
        thread.give_upper_half(caller, 0)?;
        return Ok(object);
    }
    let mut caught = object_type;
    for candidate in types {
        // Everything is caught by 0.
        if *candidate == 0 || *candidate == object_type {
            break;
        }
        let can_catch = needed(thread.exports(caller)?.can_catch, "__cxa_can_catch")?;
        if can_catch.call(caller.store(), &[*candidate, object_type, adjusted])? != 0 {
            caught = *candidate;
            break;
        }
    }
    thread.give_upper_half(caller, caught)?;
    Ok(object)
}

/// `__resumeException`: passes on what a place looked at and did not catch.
pub(crate) fn resume(thread: &ThreadState, caller: &mut Caller<'_>, object: u32) -> Result<(), HostError> {
    let last = &thread.exceptions.last;
    let _ = last.compare_exchange(0, object, Ordering::Relaxed, Ordering::Relaxed);
    unwind(thread, caller, object)
}

/// `llvm_eh_typeid_for`: types are told apart by their addresses.
pub(crate) fn type_identity(_: &ThreadState, _: &mut Caller<'_>, object_type: u32) -> Result<u32, HostError> {
    Ok(object_type)
}

/// `__cxa_uncaught_exceptions`: how many are on their way.
pub(crate) fn uncaught_count(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(thread.exceptions.uncaught.load(Ordering::Relaxed))
}

/// `__cxa_uncaught_exception`: whether one is on its way.
pub(crate) fn is_unwinding(thread: &ThreadState, _: &mut Caller<'_>) -> Result<u32, HostError> {
    Ok(u32::from(thread.exceptions.uncaught.load(Ordering::Relaxed) != 0))
}

/// `__cxa_call_unexpected`: a function threw what its declaration excludes.
pub(crate) fn call_unexpected(_: &ThreadState, _: &mut Caller<'_>, _object: u32) -> Result<(), HostError> {
    Err("a function threw an exception that its declaration excludes".into())
}

/// `__cxa_current_primary_exception`: what is being handled, with a reference more; 0 for nothing.
pub(crate) fn current(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    let object = thread.exceptions.caught().objects.last().copied().unwrap_or(0);
    add_reference(thread, caller, object)?;
    Ok(object)
}

/// `__cxa_current_exception_type`: the type of what is being handled; 0 for nothing.
pub(crate) fn current_type(thread: &ThreadState, caller: &mut Caller<'_>) -> Result<u32, HostError> {
    match thread.exceptions.caught().objects.last() {
        Some(object) => Header::of(caller, *object)?.read(TYPE),
        None => Ok(0),
    }
}

/// What is said about an object that nothing caught.
pub(crate) fn describe(thread: &ThreadState, store: &Store, object: u32) -> String {
    if object == 0 {
        return "`longjmp` to a place that is left".to_owned();
    }
    let name = || {
        let memory = thread.found_memory()?.contents(store).ok()?;
        let object_type = memory.read_u32(u64::from(object.checked_sub(HEADER_BYTES)? + TYPE))?;
        let name = memory.read_u32(u64::from(object_type) + 4)?;
        let bytes: Vec<u8> =
            (0..256).map_while(|index| memory.read_u8(u64::from(name) + index).filter(|byte| *byte != 0)).collect();
        String::from_utf8(bytes).ok()
    };
    match name() {
        Some(name) => format!("a C++ exception of type `{}`", Printable(&name)),
        None => "a C++ exception".to_owned(),
    }
}
