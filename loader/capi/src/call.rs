//! `wasmc_call`: calls of exports by name, and values on both sides of the border.

use std::ffi::{c_char, c_void};

use loader::{Outcome, Value, ValueType};

use crate::CValue;
use crate::failure::{CFailure, describe};
use crate::store::CStore;
use crate::text::{read, report};

/// A value as C has it; references, which the header leaves out, become 0.
pub(crate) fn from_value(value: &Value) -> CValue {
    match *value {
        Value::I32(value) => CValue { i32: value },
        Value::I64(value) => CValue { i64: value },
        Value::F32(bits) => CValue { f32: bits },
        Value::F64(bits) => CValue { f64: bits },
        Value::V128(bits) => CValue { v128: [bits as u64, (bits >> 64) as u64] },
        Value::Function(_) | Value::Extern(_) | Value::Exception(_) => CValue { v128: [0; 2] },
    }
}

/// The value of this type in C's union; `None` for references.
pub(crate) fn to_value(value: CValue, value_type: ValueType) -> Option<Value> {
    // SAFETY: all bits of the union are initialised, by C or by `from_value`'s callers, and any are valid numbers.
    unsafe {
        Some(match value_type {
            ValueType::I32 => Value::I32(value.i32),
            ValueType::I64 => Value::I64(value.i64),
            ValueType::F32 => Value::F32(value.f32),
            ValueType::F64 => Value::F64(value.f64),
            ValueType::V128 => Value::V128(u128::from(value.v128[0]) | u128::from(value.v128[1]) << 64),
            ValueType::Reference(_) => return None,
        })
    }
}

/// Calls the exported function `name`.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_call(
    store: *mut CStore,
    instance: *const c_void,
    name: *const c_char,
    values: *mut CValue,
    error: *mut *mut c_char,
) -> bool {
    // SAFETY: the header's requirements on both; `values` is checked by `call`'s.
    let called = unsafe { call(&mut *store, instance, read(name), values) };
    match called {
        Ok(()) => true,
        Err(message) => {
            // SAFETY: `error` is null or valid, by the header.
            unsafe { report(error, message) };
            false
        }
    }
}

/// # Safety
///
/// `values` must have room for the larger of the function's numbers of parameters and of results, and hold the former.
unsafe fn call(
    store: &mut CStore,
    instance: *const c_void,
    name: Option<&str>,
    values: *mut CValue,
) -> Result<(), String> {
    store.failure = None;
    let name = name.ok_or("the name is not UTF-8")?;
    let instance = store.find(instance).ok_or("the instance is not one of this store")?;
    let function =
        instance.function(&store.store, name).ok_or_else(|| format!("no function is exported as {name:?}"))?;
    let function_type = function.function_type(&store.store).ok_or("the function has no type")?;
    let arguments = function_type.parameters.iter().enumerate().map(|(index, parameter)| {
        // SAFETY: the caller's promise.
        to_value(unsafe { *values.add(index) }, *parameter).ok_or("references cannot be passed from C")
    });
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    match function.call(&mut store.store, &arguments).map_err(|failure| failure.to_string())? {
        Outcome::Returned(results) => {
            for (index, result) in results.iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { values.add(index).write(from_value(result)) };
            }
            // A host function may have called in between, and had a failure that it did not take.
            store.failure = None;
            Ok(())
        }
        outcome => {
            let text = describe(&outcome);
            store.failure = Some(CFailure::Outcome(outcome));
            Err(text)
        }
    }
}
