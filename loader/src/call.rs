//! Calls compiled code: a function and values go in, an [`Outcome`] comes out.

use std::fmt;

use wasmc_contract::context::{FunctionReference, StoreContext};
use wasmc_contract::convention::RETURNED;
use wasmc_contract::trap::TrapCode;

use crate::convention::{self, ArrayEntry};
use crate::entity::Function;
use crate::exception::{self, ExceptionReference, Uncaught};
use crate::host::HostRecord;
use crate::report::TrapReport;
use crate::store::{Store, StoreInner};
use crate::trap;
use crate::types::{FunctionType, ValueType, registry};
use crate::value::{Slot, Value};

/// How a call ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The function returned these values.
    Returned(Vec<Value>),
    /// A host function asked for the program to end with this status.
    Exited(i32),
    /// The code trapped.
    Trapped(TrapReport),
    /// The code threw an exception that it did not catch.
    Threw(Uncaught),
}

/// Why a call could not be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The number of arguments is not that of the parameters.
    ArgumentCount {
        /// How many parameters there are.
        expected: usize,
        /// How many arguments were given.
        found: usize,
    },
    /// An argument does not have its parameter's type.
    ArgumentType {
        /// Its position, from 0.
        position: usize,
        /// The parameter's type.
        expected: ValueType,
        /// The argument's type.
        found: ValueType,
    },
    /// The function, or something else that was given, belongs to another store.
    OtherStore,
    /// The function is not of the type that it was to be called by.
    FunctionType,
    /// The artifact has no code by which a host could call functions of this type.
    NoEntry,
}

impl fmt::Display for CallError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArgumentCount { expected, found } => {
                let plural = if *expected == 1 { "" } else { "s" };
                write!(formatter, "the function takes {expected} argument{plural}, but {found} were given")
            }
            Self::ArgumentType { position, expected, found } => {
                write!(formatter, "argument {position} must be of type {expected}, but is of type {found}")
            }
            Self::OtherStore => formatter.write_str("the function belongs to another store"),
            Self::FunctionType => formatter.write_str("the function has another type than it is called by"),
            Self::NoEntry => formatter.write_str("the artifact has no entry for a host to call this function by"),
        }
    }
}

impl std::error::Error for CallError {}

/// Why compiled code was left.
#[derive(Debug, Default)]
pub(crate) enum Raised {
    #[default]
    None,
    Trap(TrapCode, Option<String>),
    Exit(i32),
    Report(TrapReport),
    /// The exception at this address.
    Exception(u64),
}

/// What an entry into compiled code must put back, on the stack of [`enter`].
pub(crate) struct Activation {
    pub(crate) entry_handler: u64,
    pub(crate) entry_stack_pointer: u64,
    pub(crate) entry_frame_pointer: u64,
    pub(crate) exit_frame_pointer: u64,
    pub(crate) previous: *const Activation,
    /// The thread that it is on ([`crate::stack::thread_mark`]).
    pub(crate) thread: u64,
}

/// The entries that are under way, the newest first. A host that jumped out of one, which it must not, does not make it
/// endless: on a thread's stack, older ones lie above newer ones.
///
/// # Safety
///
/// `newest` must be null or one that is under way, and stay so.
pub(crate) unsafe fn activations<'a>(newest: *const Activation) -> impl Iterator<Item = &'a Activation> {
    // SAFETY: the caller's promise: an entry is on a stack until it is left, and those that led to it are left later.
    let at = |activation: *const Activation| unsafe { activation.as_ref() };
    std::iter::successors(at(newest), move |newer| {
        let is_above = newer.previous > std::ptr::from_ref(*newer);
        at(newer.previous).filter(|older| is_above || older.thread != newer.thread)
    })
}

/// The `array_entry` of a reference to a host function: it is called without going through compiled code.
pub(crate) const HOST_ENTRY: u64 = 0;
/// The `array_entry` of a reference to a function for whose type the artifact has none.
pub(crate) const NO_ENTRY: u64 = 1;

impl Function {
    /// Calls the function.
    ///
    /// # Errors
    ///
    /// If the arguments do not fit the function's type, or the function or one of them is of another store. That the
    /// code traps is no error, but an outcome.
    pub fn call(&self, store: &mut Store, arguments: &[Value]) -> Result<Outcome, CallError> {
        let reference = self.reference(store).ok_or(CallError::OtherStore)?;
        // SAFETY: references live as long as their store.
        let reference = unsafe { *reference };
        let function_type = registry::function_type(reference.type_identity as u32).ok_or(CallError::NoEntry)?;
        check_arguments(store, &function_type, arguments)?;
        if reference.array_entry == NO_ENTRY {
            return Err(CallError::NoEntry);
        }
        let count = arguments.len().max(function_type.results.len());
        // Most calls have few values: those need no allocation.
        let mut few = [Slot::default(); 8];
        let mut many = Vec::new();
        let slots = if count <= few.len() {
            &mut few[..count]
        } else {
            many.resize(count, Slot::default());
            &mut many[..]
        };
        for (slot, argument) in slots.iter_mut().zip(arguments) {
            *slot = argument.to_slot();
        }
        let inner = store.inner.as_ptr();
        // SAFETY: the reference is one of the store's, and `slots` has room for its type's values, which were checked.
        let returned = unsafe { call_reference(inner, &reference, slots.as_mut_ptr()) }?;
        if !returned {
            return Ok(take_outcome(store));
        }
        let inner = store.inner();
        let value = |(slot, value_type): (&Slot, &ValueType)| {
            // SAFETY: the function left values of its results' types, of its own store.
            unsafe { Value::from_slot(*slot, *value_type, inner) }
        };
        Ok(Outcome::Returned(slots.iter().zip(&function_type.results).map(value).collect()))
    }
}

fn check_arguments(store: &Store, function_type: &FunctionType, arguments: &[Value]) -> Result<(), CallError> {
    if arguments.len() != function_type.parameters.len() {
        return Err(CallError::ArgumentCount { expected: function_type.parameters.len(), found: arguments.len() });
    }
    for (position, (argument, expected)) in arguments.iter().zip(&function_type.parameters).enumerate() {
        if !argument.has_type(store, *expected) {
            if matches!(argument, Value::Function(Some(function)) if function.reference(store).is_none()) {
                return Err(CallError::OtherStore);
            }
            return Err(CallError::ArgumentType { position, expected: *expected, found: argument.value_type() });
        }
    }
    Ok(())
}

/// Calls what `reference` refers to; whether it returned.
///
/// # Safety
///
/// `reference` must be one of `store`'s with an entry, and `values` fit its type.
pub(crate) unsafe fn call_reference(
    store: *mut StoreInner,
    reference: &FunctionReference,
    values: *mut Slot,
) -> Result<bool, CallError> {
    // Compiled functions look at their stack by themselves; host functions may lead to each other with none in between.
    if crate::stack::is_used_up() {
        // SAFETY: no code of the store runs but this.
        let store = unsafe { &mut *store };
        store.raised = Raised::Trap(TrapCode::StackOverflow, None);
        store.backtrace.clear();
        return Ok(false);
    }
    if reference.array_entry == HOST_ENTRY {
        // SAFETY: only references to host functions have this entry, and their context is a record of the store.
        return unsafe { call_host(store, reference.context as *mut HostRecord, values) };
    }
    // SAFETY: an entry's address is that of code with this type, in an image that the store keeps.
    let entry = unsafe { std::mem::transmute::<u64, ArrayEntry>(reference.array_entry) };
    // SAFETY: the caller's promise.
    Ok(unsafe { enter(store, entry, reference.context, reference.code, values) })
}

/// # Safety
///
/// `record` must be a host function of `store`, and `values` fit its type.
unsafe fn call_host(store: *mut StoreInner, record: *mut HostRecord, values: *mut Slot) -> Result<bool, CallError> {
    // SAFETY: records live as long as their store.
    let Some(array) = (unsafe { &*record }).definition.array else {
        // SAFETY: as above; the record is one of the store's.
        let Some((entry, code)) = (unsafe { crate::host::entry_for(&*store, &(*record).definition) }) else {
            return Err(CallError::NoEntry);
        };
        // SAFETY: both are of an image that the store keeps, and made for the function's type.
        let entry = unsafe { std::mem::transmute::<u64, ArrayEntry>(entry) };
        // SAFETY: the caller's promise.
        return Ok(unsafe { enter(store, entry, record as u64, code, values) });
    };
    // SAFETY: the store outlives the call, as it is counted to run; `array` takes its own record and values of its type.
    unsafe {
        (*store).host_calls += 1;
        array(record.cast(), values.cast());
        (*store).host_calls -= 1;
    }
    // SAFETY: the store outlives the call.
    let context = unsafe { (*store).shared.context() };
    // SAFETY: no code of the store runs but this.
    let failed = unsafe { std::mem::take(&mut (*context).pending) } != 0;
    if failed {
        // SAFETY: as above; there are no frames of compiled code above this.
        unsafe { (*store).backtrace.clear() };
    }
    Ok(!failed)
}

/// Enters compiled code; whether it returned. If not, [`take_outcome`] says why.
///
/// # Safety
///
/// As [`ArrayEntry`] asks; `context` and `code` must belong to `store`.
pub(crate) unsafe fn enter(
    store: *mut StoreInner,
    entry: ArrayEntry,
    context: u64,
    code: u64,
    values: *mut Slot,
) -> bool {
    trap::prepare_thread();
    // SAFETY: the store outlives the call.
    let inner = unsafe { &mut *store };
    let is_outermost = inner.activation.is_null();
    if is_outermost && inner.host_calls == 0 {
        inner.exceptions.forget_exposed(0);
    }
    let current = trap::set_current_store(store);
    let earlier_limit = inner.stack_limit;
    // A host function may have handed the store to a thread that ran nothing yet: its stack is another one.
    if is_outermost || current.is_null() {
        let limit = crate::stack::limit(inner.options.max_stack_bytes);
        inner.set_stack_limit(limit);
    }
    if is_outermost && std::sync::Arc::strong_count(&inner.shared) > 1 {
        inner.shared.set_thread(crate::stack::thread_number());
    }
    let store_context: *mut StoreContext = inner.shared.context();
    let previous = inner.activation;
    // SAFETY: the context belongs to this thread while it uses the store.
    let activation = unsafe {
        Activation {
            entry_handler: (*store_context).entry_handler,
            entry_stack_pointer: (*store_context).entry_stack_pointer,
            entry_frame_pointer: (*store_context).entry_frame_pointer,
            exit_frame_pointer: (*store_context).exit_frame_pointer,
            previous,
            thread: crate::stack::thread_mark(),
        }
    };
    inner.activation = &raw const activation;
    // SAFETY: the caller's promise; the entry fields are saved above.
    let status = unsafe {
        convention::call_entry(entry, context as *mut _, code as *const _, values.cast(), store_context.cast())
    };
    trap::set_current_store(current);
    // SAFETY: as above; the borrow from before the call is not used any more.
    unsafe {
        (*store).activation = previous;
        (*store_context).entry_handler = activation.entry_handler;
        (*store_context).entry_stack_pointer = activation.entry_stack_pointer;
        (*store_context).entry_frame_pointer = activation.entry_frame_pointer;
        (*store_context).exit_frame_pointer = activation.exit_frame_pointer;
        if is_outermost {
            (*store).shared.set_thread(0);
        } else {
            (*store).set_stack_limit(earlier_limit);
        }
    }
    status == RETURNED
}

/// Why the code that was just left was left.
pub(crate) fn take_outcome(store: &mut Store) -> Outcome {
    let inner = store.inner_mut();
    // SAFETY: no code of the store runs but what called this.
    unsafe { (*inner.shared.context()).pending = 0 };
    match std::mem::take(&mut inner.raised) {
        Raised::Exit(status) => Outcome::Exited(status),
        Raised::Report(report) => Outcome::Trapped(report),
        Raised::Exception(address) => {
            // SAFETY: it was thrown just now, and nothing was let go since.
            let exception = unsafe { ExceptionReference::expose(inner, address) };
            let message = exception::describe(store, exception);
            let inner = store.inner();
            let report = inner.backtrace.report(inner, TrapCode::UncaughtException, Some(message));
            Outcome::Threw(Uncaught { exception, report })
        }
        Raised::Trap(code, message) => {
            if code == TrapCode::Interrupted {
                inner.shared.flag().store(0, std::sync::atomic::Ordering::Release);
            }
            Outcome::Trapped(inner.backtrace.report(inner, code, message))
        }
        // Compiled code was left, but nothing says why: it called `Raise` on its own.
        Raised::None => Outcome::Trapped(inner.backtrace.report(inner, TrapCode::Host, None)),
    }
}
