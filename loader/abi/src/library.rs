//! A library of functions for programs: a file or a table in, definitions in a linker out.

use std::ffi::{CStr, CString, c_void};
use std::fmt;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::Arc;

use wasmc_loader::{HostError, Linker};

use crate::call::{CCall, HOST};
use crate::table::{AbiTable, CGrant, Function, Row};
use crate::{Abi, AbiError, Grants};

/// The version of the interface, in the name of what a library defines.
const SYMBOL: &[u8] = b"wasmc_abi_1\0";

/// A library of functions for programs, as `wasmc_abi.h` describes it.
#[derive(Clone)]
pub struct Library {
    /// Valid as long as `file` is loaded.
    table: &'static AbiTable,
    /// Keeps the table and all that it refers to; `None` if they are of this program itself.
    file: Option<Arc<libloading::Library>>,
}

impl Library {
    /// Loads the library in a file, which is not looked for anywhere else.
    ///
    /// # Errors
    ///
    /// If there is none, the system does not load it, or it is not one of functions for programs.
    ///
    /// # Safety
    ///
    /// Loading a library runs its code, which can do whatever this process can. What it says of itself must be as the header
    /// says.
    pub unsafe fn open(path: &Path) -> Result<Self, AbiError> {
        if cfg!(all(target_os = "linux", target_feature = "crt-static")) {
            return Err(AbiError::Static);
        }
        // A name without a folder would be looked for in the system's own.
        let path = std::path::absolute(path).map_err(|error| AbiError::Load(error.to_string()))?;
        // What the system says of a file that is not there is long.
        path.metadata().map_err(|error| AbiError::Load(error.to_string()))?;
        // SAFETY: the caller's promise.
        let file = unsafe { libloading::Library::new(path) }.map_err(|error| AbiError::Load(reason(&error)))?;
        // SAFETY: a symbol of this name is such a table, which lives as long as the file is loaded.
        let table = unsafe {
            let symbol = file.get::<*const AbiTable>(SYMBOL).map_err(|_| AbiError::NoTable)?;
            &**symbol
        };
        Ok(Self { table, file: Some(Arc::new(file)) })
    }

    /// A library that is linked into this program.
    ///
    /// # Safety
    ///
    /// The table must be as the header says.
    pub unsafe fn linked(table: &'static AbiTable) -> Self {
        Self { table, file: None }
    }
}

/// What the system says, and not only that it said something.
fn reason(error: &libloading::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

impl Abi for Library {
    fn define(&self, grants: &Grants, linker: &mut Linker) -> Result<(), AbiError> {
        // SAFETY: who made the library vouches for its table, which lives as long as `self.file`.
        let (permissions, rows) = unsafe { (self.table.permissions()?, self.table.rows()?) };
        grants.check(&permissions)?;
        if let Some(row) =
            rows.iter().find(|row| row.grant.is_some_and(|grant| !permissions.iter().any(|it| it.name == grant)))
        {
            let (name, grant) = (row.name, row.grant.unwrap_or_default());
            return Err(AbiError::Table(format!(
                "`{name}` needs the grant '{grant}', which is not among its permissions"
            )));
        }
        let state = Arc::new(State::open(self.clone(), grants)?);
        rows.into_iter().try_for_each(|row| define(linker, row, grants, &state))
    }
}

/// Defines a function; one that needs what is not granted says so when it is called.
fn define(linker: &mut Linker, row: Row<'_>, grants: &Grants, state: &Arc<State>) -> Result<(), AbiError> {
    let Row { module, name, function_type, grant, function } = row;
    match grant.filter(|grant| !grants.has(grant)) {
        Some(grant) => {
            let message = format!("`{name}` of `{module}` needs the grant '{grant}', which was not given");
            linker
                .number_function(module, name, function_type, move |_, _| Err(HostError::Message(message.clone())))?;
        }
        None => {
            let entry = Entry { function, state: Arc::clone(state) };
            linker.number_function(module, name, function_type, move |caller, numbers| {
                // The whole entry is captured, so that the library stays loaded.
                let Entry { function, state } = &entry;
                // SAFETY: a function of a library that is loaded, and the state that it has given to its functions; there are
                // places for its type's values.
                CCall::serve(caller, |call| unsafe { function(state.pointer, call, numbers.as_mut_ptr()) })
            })?;
        }
    }
    Ok(())
}

/// A function of a library, with what it works on.
struct Entry {
    function: Function,
    state: Arc<State>,
}

/// What a library has opened for a program; closed when nothing can call its functions any more.
struct State {
    pointer: *mut c_void,
    library: Library,
}

// SAFETY: the header says that functions may be called by several threads at once, with the same state.
unsafe impl Send for State {}
// SAFETY: as above.
unsafe impl Sync for State {}

impl State {
    fn open(library: Library, grants: &Grants) -> Result<Self, AbiError> {
        let mut pointer = null_mut();
        if let Some(open) = library.table.open {
            let text =
                |text: &str| CString::new(text).map_err(|_| AbiError::Grant("a grant has a NUL in it".to_owned()));
            let texts = grants.iter().map(|(name, value)| Ok((text(name)?, value.map(text).transpose()?)));
            let texts = texts.collect::<Result<Vec<_>, AbiError>>()?;
            let row = |(name, value): &(CString, Option<CString>)| CGrant {
                name: name.as_ptr(),
                value: value.as_ref().map_or(null(), |value| value.as_ptr()),
            };
            let rows: Vec<CGrant> = texts.iter().map(row).collect();
            // SAFETY: a function of the library as the header describes it, with as many grants, whose texts live until it
            // returns.
            let refusal = unsafe { open(&raw const HOST, rows.as_ptr(), rows.len(), &raw mut pointer) };
            if !refusal.is_null() {
                // SAFETY: the header asks for a text that stays.
                let reason = unsafe { CStr::from_ptr(refusal) };
                return Err(AbiError::Refused(reason.to_string_lossy().into_owned()));
            }
        }
        Ok(Self { pointer, library })
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(close) = self.library.table.close {
            // SAFETY: what the library has opened, which no function works on any more.
            unsafe { close(self.pointer) };
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Library").field("is_linked", &self.file.is_none()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::call::CValue;
    use crate::table::{CFunction, CPermission};

    unsafe extern "C" fn nothing(_: *mut c_void, _: *mut CCall, _: *mut CValue) {}

    /// As one in C is that is linked into the program.
    #[test]
    fn a_linked_library_defines_its_functions() {
        let functions = Box::leak(Box::new([CFunction {
            module: c"m".as_ptr(),
            name: c"f".as_ptr(),
            function_type: c"i32 ->".as_ptr(),
            grant: c"g".as_ptr(),
            function: Some(nothing),
        }]));
        let permissions = Box::leak(Box::new([CPermission {
            name: c"g".as_ptr(),
            summary: c"do nothing".as_ptr(),
            takes_value: false,
        }]));
        let table = Box::leak(Box::new(AbiTable {
            functions: ptr::from_ref(functions).cast(),
            function_count: functions.len(),
            permissions: ptr::from_ref(permissions).cast(),
            permission_count: permissions.len(),
            open: None,
            close: None,
        }));
        // SAFETY: it is as the header says, and stays.
        let library = unsafe { Library::linked(table) };
        for grants in [Grants::default(), "g".parse().expect("a grant")] {
            let mut linker = Linker::new();
            library.define(&grants, &mut linker).expect("nothing is wrong with it");
            assert_eq!(linker.parameter_count("m", "f"), Some(1));
        }
        let unknown = "h".parse().expect("a grant");
        assert!(matches!(library.define(&unknown, &mut Linker::new()), Err(AbiError::Grant(_))));
    }
}
