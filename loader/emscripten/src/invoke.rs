//! `invoke_*`: calls a function by its number, and notes what it throws instead of passing it on.
//!
//! Compiled code that catches C++ exceptions or calls `setjmp` calls what may throw in this way, and looks at the note
//! afterwards. The letters of a name are its result and parameters; a call's types are those of its import.

use std::sync::Arc;

use wasmc_loader::{Caller, DefineError, FunctionType, HostError, Linker, Outcome, Value, ValueType};

use crate::MODULE;
use crate::exports::{call_u32, needed};
use crate::thread::ThreadState;

/// Defines `name`, if it is one of these; whether it was.
pub(crate) fn define(
    linker: &mut Linker,
    thread: &Arc<ThreadState>,
    name: &str,
    wanted: &FunctionType,
) -> Result<bool, DefineError> {
    if !is_name(name) || wanted.parameters.first() != Some(&ValueType::I32) || wanted.results.len() > 1 {
        return Ok(false);
    }
    let thread = Arc::clone(thread);
    let call = move |caller: &mut Caller<'_>, arguments: &[Value], results: &mut [Value]| {
        invoke(&thread, caller, arguments, results)
    };
    linker.array_function(MODULE, name, wanted.clone(), call)?;
    Ok(true)
}

/// Whether functions of this name call others by number.
pub(crate) fn is_name(name: &str) -> bool {
    let signature = name.strip_prefix("invoke_").unwrap_or_default();
    !signature.is_empty() && signature.bytes().all(|letter| b"vijfdpe".contains(&letter))
}

fn invoke(
    thread: &ThreadState,
    caller: &mut Caller<'_>,
    arguments: &[Value],
    results: &mut [Value],
) -> Result<(), HostError> {
    let exports = thread.exports(caller)?;
    let Some((Value::I32(index), arguments)) = arguments.split_first() else {
        return Err("a function is called by its number, but there is none".into());
    };
    let stack = call_u32(caller.store(), needed(exports.stack_save, "stackSave")?, &[])?;
    let store = caller.store();
    let function = exports.function(store, index.cast_unsigned())?;
    let whole = function.function_type(store).unwrap_or_default();
    let joined;
    let arguments = if whole.parameters.len() == arguments.len() {
        arguments
    } else {
        joined = join(&whole.parameters, arguments);
        &joined
    };
    let outcome = function.call(store, arguments).map_err(|error| {
        HostError::Message(format!(
            "the function with the number {index} cannot be called as the program does: {error}"
        ))
    })?;
    match outcome {
        Outcome::Returned(values) => match (results, values.first()) {
            ([result @ Value::I32(_)], Some(Value::I64(value))) => {
                *result = Value::I32(*value as i32);
                thread.give_upper_half(caller, (value >> 32) as u32)
            }
            ([result], Some(value)) => {
                *result = *value;
                Ok(())
            }
            _ => Ok(()),
        },
        Outcome::Threw(uncaught) => {
            let is_ours = thread.thrown(store, &uncaught).is_some();
            call_u32(store, needed(exports.stack_restore, "stackRestore")?, &[stack])?;
            if !is_ours {
                return Err(uncaught.into());
            }
            call_u32(store, needed(exports.set_threw, "setThrew")?, &[1, 0])?;
            Ok(())
        }
        Outcome::Exited(status) => Err(HostError::Exit(status)),
        Outcome::Trapped(report) => Err(HostError::Raised(report)),
    }
}

/// Arguments of the types `whole`, from ones of which each 64-bit integer comes in two halves, the lower first.
fn join(whole: &[ValueType], halves: &[Value]) -> Vec<Value> {
    let mut halves = halves.iter().copied();
    let mut joined = Vec::with_capacity(whole.len());
    for value_type in whole {
        match (value_type, halves.next()) {
            (ValueType::I64, Some(Value::I32(low))) => {
                let high = match halves.next() {
                    Some(Value::I32(high)) => high,
                    _ => 0,
                };
                joined.push(Value::I64(i64::from(high) << 32 | i64::from(low.cast_unsigned())));
            }
            (_, Some(value)) => joined.push(value),
            (_, None) => {}
        }
    }
    joined
}
