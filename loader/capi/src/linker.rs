//! `wasmc_linker`: what modules import, defined by C functions.

use std::ffi::{CStr, OsString, c_char, c_int, c_void};

use loader::{FunctionType, Linker, Value, ValueType};
use wasmc_wasi::WasiBuilder;

use crate::CValue;
use crate::argument::argument;
use crate::call::{from_value, to_value};
use crate::failure::failing;
use crate::text::{read, report};

/// `wasmc_host_function` in the header.
type HostFunction = unsafe extern "C" fn(*mut c_void, *mut u8, usize, *mut CValue) -> *const c_char;

/// A C function with its environment.
struct Callback {
    function: HostFunction,
    environment: *mut c_void,
}

// SAFETY: the header leaves it to the C program to use a linker's functions only where they may be called.
unsafe impl Send for Callback {}
// SAFETY: as above.
unsafe impl Sync for Callback {}

/// Makes a linker that defines nothing.
#[unsafe(no_mangle)]
extern "C" fn wasmc_linker_new() -> *mut Linker {
    Box::into_raw(Box::new(Linker::new()))
}

/// Frees a linker; null is fine.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_linker_free(linker: *mut Linker) {
    if !linker.is_null() {
        // SAFETY: the header asks for a linker of `wasmc_linker_new`.
        drop(unsafe { Box::from_raw(linker) });
    }
}

/// # Safety
///
/// `types` must point to `count` numbers, or `count` be 0.
pub(crate) unsafe fn read_types(types: *const c_int, count: usize) -> Option<Vec<ValueType>> {
    // SAFETY: the caller's promise.
    let numbers = if count == 0 { &[][..] } else { unsafe { std::slice::from_raw_parts(types, count) } };
    let value_type = |number: &c_int| {
        Some(match number {
            0 => ValueType::I32,
            1 => ValueType::I64,
            2 => ValueType::F32,
            3 => ValueType::F64,
            4 => ValueType::V128,
            _ => return None,
        })
    };
    numbers.iter().map(value_type).collect()
}

/// Defines a C function.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_linker_function(
    linker: *mut Linker,
    module: *const c_char,
    name: *const c_char,
    parameters: *const c_int,
    parameter_count: usize,
    results: *const c_int,
    result_count: usize,
    function: HostFunction,
    environment: *mut c_void,
    error: *mut *mut c_char,
) -> bool {
    // SAFETY: the header's requirements on each pointer.
    let (linker, names, types) = unsafe {
        let names = read(module).zip(read(name));
        (&mut *linker, names, read_types(parameters, parameter_count).zip(read_types(results, result_count)))
    };
    let (Some((module, name)), Some((parameters, results))) = (names, types) else {
        // SAFETY: `error` is null or valid, by the header.
        unsafe { report(error, "a name is not UTF-8, or a type is none of wasmc_type") };
        return false;
    };
    let callback = Callback { function, environment };
    let function_type = FunctionType { parameters, results };
    let slots = parameter_count.max(result_count);
    let defined = linker.array_function(module, name, function_type, move |caller, arguments, results| {
        // The whole callback is captured, not its fields, which are no one else's to send.
        let callback = &callback;
        let mut values = vec![CValue { v128: [0; 2] }; slots];
        for (value, argument) in values.iter_mut().zip(arguments) {
            *value = from_value(argument);
        }
        let (base, length) =
            caller.memory().map_or((std::ptr::null_mut(), 0), |memory| (memory.base(), memory.length() as usize));
        // SAFETY: the C program has promised a function of this type, which returns a text that stays valid, if any; the
        // values have room for its results.
        unsafe { failing(|| (callback.function)(callback.environment, base, length, values.as_mut_ptr())) }?;
        for (result, value) in results.iter_mut().zip(&values) {
            *result = to_value(*value, result.value_type()).unwrap_or(Value::I32(0));
        }
        Ok(())
    });
    match defined {
        Ok(_) => true,
        Err(failure) => {
            // SAFETY: `error` is null or valid, by the header.
            unsafe { report(error, failure) };
            false
        }
    }
}

/// Defines WASI preview 1, with these arguments and this process's standard streams.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmc_linker_wasi(
    linker: *mut Linker,
    count: c_int,
    arguments: *const *const c_char,
    error: *mut *mut c_char,
) -> bool {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the header asks for `count` terminated strings.
    let texts = (0..count).map(|index| argument(unsafe { CStr::from_ptr(*arguments.add(index)) }));
    let Some(texts) = texts.collect::<Option<Vec<OsString>>>() else {
        // SAFETY: `error` is null or valid, by the header.
        unsafe { report(error, "an argument is not UTF-8") };
        return false;
    };
    let wasi = WasiBuilder::new().arguments(texts).inherit_stdio().build();
    // SAFETY: the header asks for a linker of `wasmc_linker_new`.
    let linker = unsafe { &mut *linker };
    let failure = match wasi {
        Ok(wasi) => match wasi.add_to_linker(linker) {
            Ok(()) => return true,
            Err(failure) => failure.to_string(),
        },
        Err(failure) => failure.to_string(),
    };
    // SAFETY: `error` is null or valid, by the header.
    unsafe { report(error, failure) };
    false
}
