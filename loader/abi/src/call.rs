//! What a library's functions may do with the call that they serve: `wasmc_abi_host`.

use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;

use wasmc_loader::{Caller, Extern, Function, HostError, Number, Outcome, Value};

/// `wasmc_abi_value`: a place, as compiled code has it.
pub(crate) type CValue = Number;

/// Where C compilers have the functions that a program may point to.
const TABLE: &str = "__indirect_function_table";

/// `wasmc_abi_call`: a call of a library's function.
#[derive(Debug)]
pub(crate) struct CCall {
    /// The [`Caller`], whose lifetimes C cannot tell.
    caller: *mut c_void,
    /// What the function ends with, if it does not simply return.
    failure: Option<HostError>,
}

impl CCall {
    /// Serves a call by `function`.
    pub(crate) fn serve(caller: &mut Caller<'_>, function: impl FnOnce(*mut Self)) -> Result<(), HostError> {
        let mut call = Self { caller: (&raw mut *caller).cast(), failure: None };
        function(&raw mut call);
        call.failure.map_or(Ok(()), Err)
    }

    fn caller(&self) -> &Caller<'_> {
        // SAFETY: the caller lives as long as the call, which `serve` has made; the header leaves it to the library to use
        // a call only while it is served, by its own thread.
        unsafe { &*self.caller.cast() }
    }

    fn caller_mut(&mut self) -> &mut Caller<'_> {
        // SAFETY: as above.
        unsafe { &mut *self.caller.cast() }
    }

    fn fail(&mut self, error: impl Into<HostError>) {
        self.failure.get_or_insert(error.into());
    }

    /// Calls a function of the program's; whether it returned.
    ///
    /// # Safety
    ///
    /// There must be `count` values.
    unsafe fn call(
        &mut self,
        find: impl FnOnce(&mut Caller<'_>) -> Result<Function, String>,
        values: *mut CValue,
        count: usize,
    ) -> bool {
        if self.failure.is_some() {
            return false;
        }
        // SAFETY: the caller's promise.
        let values = if count == 0 { &mut [][..] } else { unsafe { std::slice::from_raw_parts_mut(values, count) } };
        match call_back(self.caller_mut(), find, values) {
            Ok(()) => true,
            Err(error) => {
                self.fail(error);
                false
            }
        }
    }
}

fn call_back(
    caller: &mut Caller<'_>,
    find: impl FnOnce(&mut Caller<'_>) -> Result<Function, String>,
    values: &mut [CValue],
) -> Result<(), HostError> {
    let function = find(caller)?;
    let store = caller.store();
    let number_type = function.number_type(store).ok_or("the function that was called back has more than numbers")?;
    match function.call_numbers(store, number_type, values).map_err(|error| error.to_string())? {
        None | Some(Outcome::Returned(_)) => Ok(()),
        Some(Outcome::Exited(status)) => Err(HostError::Exit(status)),
        Some(Outcome::Trapped(report)) => Err(HostError::Raised(report)),
        Some(Outcome::Threw(uncaught)) => Err(uncaught.into()),
    }
}

/// `wasmc_abi_host`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Host {
    version: u32,
    bytes: unsafe extern "C" fn(*const CCall, u64, u64) -> *mut u8,
    memory_bytes: unsafe extern "C" fn(*const CCall) -> u64,
    trap: unsafe extern "C" fn(*mut CCall, *const c_char),
    exit: unsafe extern "C" fn(*mut CCall, i32),
    call_export: unsafe extern "C" fn(*mut CCall, *const c_char, *mut CValue, usize) -> bool,
    call_index: unsafe extern "C" fn(*mut CCall, u64, *mut CValue, usize) -> bool,
    interrupted: unsafe extern "C" fn(*const CCall) -> bool,
}

/// What libraries are given.
pub(crate) static HOST: Host =
    Host { version: 1, bytes, memory_bytes, trap, exit, call_export, call_index, interrupted };

unsafe extern "C" fn bytes(call: *const CCall, address: u64, length: u64) -> *mut u8 {
    // SAFETY: the header asks for the call that is served.
    let Some(memory) = unsafe { &*call }.caller().memory() else { return null_mut() };
    match address.checked_add(length) {
        // The end of a memory may be the end of what a pointer can be moved to, but is no further.
        Some(end) if end <= memory.length() => memory.base().wrapping_add(address as usize),
        _ => null_mut(),
    }
}

unsafe extern "C" fn memory_bytes(call: *const CCall) -> u64 {
    // SAFETY: as in `bytes`.
    unsafe { &*call }.caller().memory().map_or(0, |memory| memory.length())
}

unsafe extern "C" fn trap(call: *mut CCall, reason: *const c_char) {
    // SAFETY: as in `bytes`; a text ends with a NUL.
    let (call, reason) = unsafe { (&mut *call, (!reason.is_null()).then(|| CStr::from_ptr(reason))) };
    call.fail(reason.map_or_else(|| "no reason was given".to_owned(), |text| text.to_string_lossy().into_owned()));
}

unsafe extern "C" fn exit(call: *mut CCall, status: i32) {
    // SAFETY: as in `bytes`.
    unsafe { &mut *call }.fail(HostError::Exit(status));
}

unsafe extern "C" fn call_export(call: *mut CCall, name: *const c_char, values: *mut CValue, count: usize) -> bool {
    // SAFETY: as in `bytes`; a name ends with a NUL.
    let (call, name) = unsafe { (&mut *call, CStr::from_ptr(name).to_string_lossy()) };
    let find = |caller: &mut Caller<'_>| {
        let instance = caller.instance().ok_or("no module called that could be called back")?;
        let function = instance.function(caller.store(), &name);
        function.ok_or_else(|| format!("the module exports no function `{name}` that could be called back"))
    };
    // SAFETY: the header asks for as many values.
    unsafe { call.call(find, values, count) }
}

unsafe extern "C" fn call_index(call: *mut CCall, index: u64, values: *mut CValue, count: usize) -> bool {
    let find = |caller: &mut Caller<'_>| {
        let instance = caller.instance().ok_or("no module called that could be called back")?;
        let Some(Extern::Table(table)) = instance.export(caller.store(), TABLE) else {
            return Err(format!("the module exports no table `{TABLE}`: link it with --export-table"));
        };
        match table.get(caller.store(), index) {
            Ok(Value::Function(Some(function))) => Ok(function),
            _ => Err(format!("there is no function at {index} of `{TABLE}` that could be called back")),
        }
    };
    // SAFETY: as in `call_export`.
    unsafe { (*call).call(find, values, count) }
}

unsafe extern "C" fn interrupted(call: *const CCall) -> bool {
    // SAFETY: as in `bytes`.
    unsafe { &*call }.caller().interrupted()
}
