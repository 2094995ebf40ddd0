//! Calls between a host and compiled code that pass numbers only, in the places where compiled code has them: no value is
//! made of them, nothing is allocated, and types are compared by their identity.

use std::ffi::c_void;
use std::sync::OnceLock;

use wasmc_contract::context::HostFunction;

use crate::call::{CallError, NO_ENTRY, Outcome, call_reference, take_outcome};
use crate::entity::Function;
use crate::host::{Caller, HostDefinition, HostError, HostValue, fail};
use crate::store::Store;
use crate::types::{FunctionType, ValueType, registry};
use crate::value::Slot;

/// The place of an argument or a result: a number, whose type only the function's type says.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub struct Number(Slot);

impl Number {
    /// A place with a number.
    pub fn new<T: HostValue>(value: T) -> Self {
        Self(Slot { low: value.to_bits(), high: 0 })
    }

    /// The number, if it is one of this type; otherwise its bits, cut off or with others that mean nothing.
    pub fn get<T: HostValue>(self) -> T {
        T::from_bits(self.0.low)
    }
}

/// The type of functions that take and give numbers only, as calls are checked by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberType {
    identity: u32,
    places: usize,
}

impl NumberType {
    /// How many places a call takes: as many as there are parameters, or results if those are more.
    pub fn places(self) -> usize {
        self.places
    }
}

impl FunctionType {
    /// The type for [`Function::call_numbers`]; `None` if it has more than numbers.
    pub fn number_type(&self) -> Option<NumberType> {
        let identity = self.has_only_numbers().then(|| registry::intern_function(&self.parameters, &self.results))?;
        Some(NumberType { identity, places: self.parameters.len().max(self.results.len()) })
    }

    fn has_only_numbers(&self) -> bool {
        let is_number = |value_type: &ValueType| {
            matches!(value_type, ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64)
        };
        self.parameters.iter().chain(&self.results).all(is_number)
    }
}

impl Function {
    /// The function's type for [`Self::call_numbers`]; `None` if it has more than numbers, or the function belongs to
    /// another store.
    pub fn number_type(&self, store: &Store) -> Option<NumberType> {
        self.function_type(store)?.number_type()
    }

    /// Calls the function with arguments that lie in `numbers`, from the first on, and leaves its results there. `None` if
    /// it returned; otherwise, how else the call ended.
    ///
    /// # Errors
    ///
    /// If the function is not of the type `number_type`, there are fewer places than that asks for, or the function belongs
    /// to another store.
    pub fn call_numbers(
        &self,
        store: &mut Store,
        number_type: NumberType,
        numbers: &mut [Number],
    ) -> Result<Option<Outcome>, CallError> {
        let reference = self.reference(store).ok_or(CallError::OtherStore)?;
        // SAFETY: references live as long as their store.
        let reference = unsafe { *reference };
        let identity = reference.type_identity as u32;
        if identity != number_type.identity && !is_same_shape(identity, number_type.identity) {
            return Err(CallError::FunctionType);
        }
        if numbers.len() < number_type.places {
            return Err(CallError::ArgumentCount { expected: number_type.places, found: numbers.len() });
        }
        if reference.array_entry == NO_ENTRY {
            return Err(CallError::NoEntry);
        }
        // SAFETY: the reference is one of the store's, and there are places for its type's values: any bits are a number,
        // and a number is a slot.
        let returned = unsafe { call_reference(store.inner.as_ptr(), &reference, numbers.as_mut_ptr().cast()) }?;
        Ok(if returned { None } else { Some(take_outcome(store)) })
    }
}

/// Whether two types have the same parameters and results: they may still differ in what they are declared to be.
#[cold]
fn is_same_shape(one: u32, other: u32) -> bool {
    registry::function_type(one).is_some_and(|one| Some(one) == registry::function_type(other))
}

struct NumberEnvironment<F> {
    closure: F,
    places: usize,
}

impl HostDefinition {
    /// A function that is given the places of its arguments, which are those of its results; `None` if its type has more
    /// than numbers.
    pub(crate) fn numbers<F>(function_type: FunctionType, closure: F) -> Option<Self>
    where
        F: Fn(&mut Caller<'_>, &mut [Number]) -> Result<(), HostError> + Send + Sync + 'static,
    {
        let places = function_type.number_type()?.places;
        let environment = Box::new(NumberEnvironment { closure, places });
        Some(Self {
            parameters: function_type.parameters.into(),
            results: function_type.results.into(),
            identity: OnceLock::new(),
            typed: 0,
            array: Some(call_numbers::<F>),
            environment: &raw const *environment as u64,
            owner: Some(environment),
        })
    }
}

/// Calls the closure of a function of numbers.
///
/// # Safety
///
/// As [`crate::convention::HostArrayFunction`]; the record's environment must be a [`NumberEnvironment`] of `F`.
unsafe extern "C" fn call_numbers<F>(host_function: *mut c_void, values: *mut c_void)
where
    F: Fn(&mut Caller<'_>, &mut [Number]) -> Result<(), HostError> + Send + Sync + 'static,
{
    let host_function = host_function.cast::<HostFunction>();
    // SAFETY: the environment is the one that this function was instantiated with, and its owner is alive.
    let environment = unsafe { &*((*host_function).environment as *const NumberEnvironment<F>) };
    // SAFETY: compiled code passes its own record.
    let mut caller = unsafe { Caller::new(host_function) };
    // SAFETY: there is a slot for each parameter and each result, and a number is a slot. Code that the closure calls has
    // slots of its own.
    let numbers = unsafe { std::slice::from_raw_parts_mut(values.cast::<Number>(), environment.places) };
    let outcome = (environment.closure)(&mut caller, numbers);
    caller.check_store(host_function);
    if let Err(error) = outcome {
        fail(caller.store(), error);
    }
}
