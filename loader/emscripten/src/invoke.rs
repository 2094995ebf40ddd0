//! `invoke_*`: calls a function by its number, and notes what it throws instead of passing it on.
//!
//! Compiled code that catches C++ exceptions or calls `setjmp` calls what may throw in this way, and looks at the note
//! afterwards. The letters of a name are its result and parameters; a call's types are those of its import.

use std::sync::Arc;

use wasmc_loader::{
    CallError, Caller, DefineError, Function, FunctionType, HostError, Linker, Number, Outcome, ValueType,
};

use crate::MODULE;
use crate::exports::{needed, passed_on};
use crate::functions::is_split;
use crate::thread::ThreadState;

/// Defines `name`, if it is one of these; whether it was.
pub(crate) fn define(
    linker: &mut Linker,
    thread: &Arc<ThreadState>,
    name: &str,
    wanted: &FunctionType,
) -> Result<bool, DefineError> {
    let Some((ValueType::I32, parameters)) = wanted.parameters.split_first() else { return Ok(false) };
    let called = FunctionType::new(parameters, wanted.results.clone());
    let Some(number_type) = called.number_type().filter(|_| is_name(name) && wanted.results.len() <= 1) else {
        return Ok(false);
    };
    let thread = Arc::clone(thread);
    let invoke = move |caller: &mut Caller<'_>, numbers: &mut [Number]| {
        let exports = thread.exports(caller)?;
        let stack_save = needed(exports.stack_save, "stackSave")?;
        let store = caller.store();
        let stack = stack_save.call(store, &[])?;
        let index: u32 = numbers[0].get();
        let function = exports.function(store, index)?;
        let (result, arguments) = numbers.split_first_mut().expect("there is a parameter");
        // With no parameter besides the number, the result's place is the first and only one.
        let mut only = [*result];
        let places = if number_type.places() > arguments.len() { &mut only[..] } else { arguments };
        let left = match function.call_numbers(store, number_type, places) {
            Ok(left) => left,
            Err(CallError::FunctionType) => call_joined(&thread, caller, function, &called, places)?,
            Err(error) => return Err(not_callable(index, &error)),
        };
        let Some(outcome) = left else {
            if let Some(first) = places.first() {
                *result = *first;
            }
            return Ok(());
        };
        let store = caller.store();
        match outcome {
            Outcome::Threw(uncaught) if thread.thrown(store, &uncaught).is_some() => {
                needed(exports.stack_restore, "stackRestore")?.call(store, &[stack])?;
                *result = Number::default();
                needed(exports.set_threw, "setThrew")?.call(store, &[1, 0]).map(drop)
            }
            other => {
                if let Outcome::Threw(_) = &other {
                    needed(exports.stack_restore, "stackRestore")?.call(store, &[stack])?;
                }
                Err(passed_on(other))
            }
        }
    };
    linker.number_function(MODULE, name, wanted.clone(), invoke)?;
    Ok(true)
}

/// Whether functions of this name call others by number.
pub(crate) fn is_name(name: &str) -> bool {
    let signature = name.strip_prefix("invoke_").unwrap_or_default();
    !signature.is_empty() && signature.bytes().all(|letter| b"vijfdpe".contains(&letter))
}

fn not_callable(index: u32, error: &CallError) -> HostError {
    HostError::Message(format!("the function with the number {index} cannot be called as the program does: {error}"))
}

/// Calls a function that takes 64-bit integers whole, by a type `called` in which each comes in two halves. Leaves the
/// result in the first place.
fn call_joined(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    function: Function,
    called: &FunctionType,
    places: &mut [Number],
) -> Result<Option<Outcome>, HostError> {
    let store = caller.store();
    let whole = function.function_type(store).unwrap_or_default();
    let fits = is_split(&whole.parameters, &called.parameters) && whole.results.len() == called.results.len();
    let Some(number_type) = whole.number_type().filter(|_| fits) else {
        return Err(HostError::Message(format!(
            "a function of the type {whole} is called as one of the type {called}"
        )));
    };
    let mut joined = join(&whole.parameters, places);
    joined.resize(number_type.places().max(joined.len()), Number::default());
    let left = function
        .call_numbers(store, number_type, &mut joined)
        .map_err(|error| HostError::Message(error.to_string()))?;
    if left.is_none()
        && let Some(place) = places.first_mut()
    {
        *place = joined.first().copied().unwrap_or_default();
        if whole.results.first() == Some(&ValueType::I64) && called.results.first() == Some(&ValueType::I32) {
            let result: u64 = place.get();
            *place = Number::new(result as u32);
            thread.give_upper_half(caller, (result >> 32) as u32)?;
        }
    }
    Ok(left)
}

/// Arguments of the types `whole`, from ones of which each 64-bit integer comes in two halves, the lower first.
fn join(whole: &[ValueType], halves: &[Number]) -> Vec<Number> {
    let mut halves = halves.iter().copied();
    let mut next = || halves.next().unwrap_or_default();
    let one = |value_type: &ValueType| match value_type {
        ValueType::I64 => {
            let (low, high): (u32, u32) = (next().get(), next().get());
            Number::new(u64::from(low) | u64::from(high) << 32)
        }
        _ => next(),
    };
    whole.iter().map(one).collect()
}
