//! What a library says of itself, as `wasmc_abi.h` lays it out: a table in, its rows as Rust values out.

use std::ffi::{CStr, c_char, c_void};
use std::slice;

use wasmc_loader::FunctionType;

use crate::call::{CCall, CValue, Host};
use crate::grants::Permission;
use crate::{AbiError, signature};

/// `wasmc_abi`: what a library that is linked into this program defines. Only its address is used.
#[derive(Debug)]
#[repr(C)]
pub struct AbiTable {
    pub(crate) functions: *const CFunction,
    pub(crate) function_count: usize,
    pub(crate) permissions: *const CPermission,
    pub(crate) permission_count: usize,
    pub(crate) open: Option<Open>,
    pub(crate) close: Option<unsafe extern "C" fn(*mut c_void)>,
}

// SAFETY: the header says that it stays as it is.
unsafe impl Sync for AbiTable {}

/// `wasmc_abi.open`
type Open = unsafe extern "C" fn(*const Host, *const CGrant, usize, *mut *mut c_void) -> *const c_char;

/// `wasmc_abi_function.function`
pub(crate) type Function = unsafe extern "C" fn(*mut c_void, *mut CCall, *mut CValue);

/// `wasmc_abi_function`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct CFunction {
    pub(crate) module: *const c_char,
    pub(crate) name: *const c_char,
    pub(crate) function_type: *const c_char,
    pub(crate) grant: *const c_char,
    pub(crate) function: Option<Function>,
}

/// `wasmc_abi_permission`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct CPermission {
    pub(crate) name: *const c_char,
    pub(crate) summary: *const c_char,
    pub(crate) takes_value: bool,
}

/// `wasmc_abi_grant`
#[derive(Debug)]
#[repr(C)]
pub(crate) struct CGrant {
    pub(crate) name: *const c_char,
    pub(crate) value: *const c_char,
}

/// A function of a library.
pub(crate) struct Row<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) function_type: FunctionType,
    /// What it needs to be granted.
    pub(crate) grant: Option<&'a str>,
    pub(crate) function: Function,
}

impl AbiTable {
    /// Its functions.
    ///
    /// # Errors
    ///
    /// If a row is not as it must be.
    ///
    /// # Safety
    ///
    /// The table must be as the header says, and stay.
    pub(crate) unsafe fn rows<'a>(&self) -> Result<Vec<Row<'a>>, AbiError> {
        // SAFETY: the caller's promise.
        let rows = unsafe { list(self.functions, self.function_count) };
        // SAFETY: as above.
        rows.iter().enumerate().map(|(index, row)| unsafe { row.read(index) }).collect()
    }

    /// What may be granted.
    ///
    /// # Errors
    ///
    /// If a row is not as it must be.
    ///
    /// # Safety
    ///
    /// As [`Self::rows`].
    pub(crate) unsafe fn permissions<'a>(&self) -> Result<Vec<Permission<'a>>, AbiError> {
        // SAFETY: the caller's promise.
        let rows = unsafe { list(self.permissions, self.permission_count) };
        let read = |row: &CPermission| {
            // SAFETY: as above.
            let (name, summary) = unsafe { (text(row.name), text(row.summary)) };
            let name = name.filter(|name| !name.is_empty() && !name.contains([',', '=']));
            let found =
                name.zip(summary).map(|(name, summary)| Permission { name, summary, takes_value: row.takes_value });
            found.ok_or_else(|| {
                AbiError::Table("the name or the summary of a permission is missing, or not proper".to_owned())
            })
        };
        rows.iter().map(read).collect()
    }
}

impl CFunction {
    /// The row as Rust has it; `index` is its place, for messages.
    ///
    /// # Safety
    ///
    /// The texts must be as the header says, and stay.
    unsafe fn read<'a>(&self, index: usize) -> Result<Row<'a>, AbiError> {
        // SAFETY: the caller's promise.
        let (module, name, written) = unsafe { (text(self.module), text(self.name), text(self.function_type)) };
        let (Some(module), Some(name)) = (module, name) else {
            return Err(AbiError::Table(format!("function {index} has no module or no name in UTF-8")));
        };
        let function_type = written.and_then(signature::parse).ok_or_else(|| {
            let written = written.unwrap_or_default();
            AbiError::Table(format!(
                "the type of `{name}` of `{module}` is none: '{written}' (as in 'i32, i64 -> f64')"
            ))
        })?;
        let function = self.function.ok_or_else(|| AbiError::Table(format!("`{name}` of `{module}` is null")))?;
        // SAFETY: as above.
        let grant = if self.grant.is_null() { None } else { unsafe { text(self.grant) } };
        Ok(Row { module, name, function_type, grant, function })
    }
}

/// # Safety
///
/// There must be as many rows, or none be asked for, and they must stay.
unsafe fn list<'a, T>(rows: *const T, count: usize) -> &'a [T] {
    // SAFETY: the caller's promise.
    if rows.is_null() || count == 0 { &[] } else { unsafe { slice::from_raw_parts(rows, count) } }
}

/// A text; `None` if there is none, or it is not UTF-8.
///
/// # Safety
///
/// It must be null, or end with a NUL and stay.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().ok()
}
