//! Windows' convention on x86-64, called from and calling functions of this system's ([`super::foreign`]).

use std::arch::naked_asm;
use std::ffi::c_void;

use wasmc_contract::builtin::{Builtin, BuiltinType};
use wasmc_contract::target::Target;

use super::foreign::{MARK, differs};
use super::{ArrayEntry, HostArrayFunction};
use crate::host::HostRecord;

/// The table of builtins for code of `target`.
pub(crate) fn builtins(target: Target) -> u64 {
    if differs(target) { TABLE.0.as_ptr() as u64 } else { crate::builtin::table() }
}

/// Calls an entry, which may be marked.
///
/// # Safety
///
/// As [`ArrayEntry`].
pub(crate) unsafe fn call_entry(
    entry: ArrayEntry,
    context: *mut c_void,
    code: *const c_void,
    values: *mut c_void,
    store: *mut c_void,
) -> u64 {
    type ForeignEntry = unsafe extern "win64" fn(*mut c_void, *const c_void, *mut c_void, *mut c_void) -> u64;
    let address = entry as usize as u64;
    if address & MARK == 0 {
        // SAFETY: the caller's promise.
        return unsafe { entry(context, code, values, store) };
    }
    // SAFETY: the mark says that it is an entry of this convention.
    unsafe { std::mem::transmute::<u64, ForeignEntry>(address & !MARK)(context, code, values, store) }
}

/// What code for `target` calls for a host function that takes an array.
pub(crate) fn host_array(target: Target, array: HostArrayFunction) -> u64 {
    if differs(target) { array_adapter as *const () as u64 } else { array as usize as u64 }
}

/// # Safety
///
/// As [`HostArrayFunction`]; the record's definition must have an array form.
unsafe extern "win64" fn array_adapter(host_function: *mut c_void, values: *mut c_void) {
    // SAFETY: compiled code passes its own record, which lives as long as the store.
    let record = unsafe { &*host_function.cast::<HostRecord>() };
    let array = record.definition.array;
    let array = array.expect("only records with an array form are bound to this");
    // SAFETY: the caller's promise.
    unsafe { array(host_function, values) };
}

struct Table([*const c_void; Builtin::ALL.len()]);

// SAFETY: addresses of functions, which never change.
unsafe impl Sync for Table {}

macro_rules! table {
    ($($number:literal)*) => {
        static TABLE: Table = Table([$(address::<$number>()),*]);
    };
}

table!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25);

const fn address<const NUMBER: usize>() -> *const c_void {
    let builtin = Builtin::ALL[NUMBER];
    assert!(builtin.parameters().len() <= 6);
    match (builtin, builtin.result()) {
        (Builtin::Raise, _) => raise as *const c_void,
        // It has compiled code's own convention.
        (Builtin::Throw, _) => crate::trap::throw as *const c_void,
        (_, Some(BuiltinType::F32)) => f32_adapter::<NUMBER> as *const c_void,
        (_, Some(BuiltinType::F64)) => f64_adapter::<NUMBER> as *const c_void,
        _ => integer_adapter::<NUMBER> as *const c_void,
    }
}

/// Passes on six integers, however many there are: what is not there is not looked at.
unsafe extern "win64" fn integer_adapter<const NUMBER: usize>(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> u64 {
    type Function = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> u64;
    // SAFETY: a function of at most six integers, which may be called with more.
    unsafe { std::mem::transmute::<*const c_void, Function>(crate::builtin::at(NUMBER))(a, b, c, d, e, f) }
}

unsafe extern "win64" fn f32_adapter<const NUMBER: usize>(value: f32) -> f32 {
    // SAFETY: the table has a function of this type there.
    unsafe { std::mem::transmute::<*const c_void, extern "C" fn(f32) -> f32>(crate::builtin::at(NUMBER))(value) }
}

unsafe extern "win64" fn f64_adapter<const NUMBER: usize>(value: f64) -> f64 {
    // SAFETY: the table has a function of this type there.
    unsafe { std::mem::transmute::<*const c_void, extern "C" fn(f64) -> f64>(crate::builtin::at(NUMBER))(value) }
}

/// It looks at its caller's frame, so there must be none in between.
///
/// # Safety
///
/// As [`crate::trap::raise`].
#[unsafe(naked)]
unsafe extern "win64" fn raise(store: u64) -> ! {
    naked_asm!("mov rdi, rcx", "jmp {raise}", raise = sym crate::trap::raise)
}
