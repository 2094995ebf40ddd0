//! What the interface calls of a program: its own functions, under the names of different releases, and calls of them.

use wasmc_loader::{Function, HostError, Instance, Memory, Outcome, Store, Table, Value};

/// What an instance has for its host. Functions are there if the program has a use for what calls them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exports {
    pub(crate) memory: Memory,
    pub(crate) table: Option<Table>,
    pub(crate) malloc: Option<Function>,
    pub(crate) free: Option<Function>,
    pub(crate) memalign: Option<Function>,
    pub(crate) set_threw: Option<Function>,
    pub(crate) stack_save: Option<Function>,
    pub(crate) stack_restore: Option<Function>,
    pub(crate) stack_alloc: Option<Function>,
    pub(crate) set_upper_half: Option<Function>,
    pub(crate) can_catch: Option<Function>,
    pub(crate) is_pointer_type: Option<Function>,
    pub(crate) caught_object: Option<Function>,
    pub(crate) add_reference: Option<Function>,
    pub(crate) drop_reference: Option<Function>,
}

impl Exports {
    /// Those of `instance`; `memory` and `table` are what it imports, if it does.
    pub(crate) fn find(
        store: &Store,
        instance: Instance,
        memory: Option<Memory>,
        table: Option<Table>,
    ) -> Result<Self, HostError> {
        let first = |names: &[&str]| names.iter().find_map(|name| instance.function(store, name));
        Ok(Self {
            memory: memory.or_else(|| instance.memory(store, "memory")).ok_or("the program has no memory")?,
            table: table.or_else(|| instance.export(store, "__indirect_function_table")?.table()),
            malloc: first(&["malloc"]),
            free: first(&["free", "emscripten_builtin_free"]),
            memalign: first(&["emscripten_builtin_memalign", "memalign"]),
            set_threw: first(&["setThrew"]),
            stack_save: first(&["emscripten_stack_get_current", "stackSave"]),
            stack_restore: first(&["_emscripten_stack_restore", "stackRestore"]),
            stack_alloc: first(&["_emscripten_stack_alloc", "stackAlloc"]),
            set_upper_half: first(&["_emscripten_tempret_set"]),
            can_catch: first(&["__cxa_can_catch"]),
            is_pointer_type: first(&["__cxa_is_pointer_type"]),
            caught_object: first(&["__cxa_get_exception_ptr"]),
            add_reference: first(&["__cxa_increment_exception_refcount"]),
            drop_reference: first(&["__cxa_decrement_exception_refcount"]),
        })
    }

    /// The function at `index` of the program's table.
    pub(crate) fn function(&self, store: &Store, index: u32) -> Result<Function, HostError> {
        let table =
            self.table.ok_or("the program calls a function by its number, but exports no table of functions")?;
        match table.get(store, index.into()) {
            Ok(Value::Function(Some(function))) => Ok(function),
            Ok(_) => Err(HostError::Message(format!("there is no function with the number {index}"))),
            Err(error) => Err(HostError::Message(format!("the function with the number {index}: {error}"))),
        }
    }
}

/// An export that a function of the interface needs.
pub(crate) fn needed(function: Option<Function>, name: &str) -> Result<Function, HostError> {
    function.ok_or_else(|| {
        let option = format!("link it with -sEXPORTED_FUNCTIONS=_{name}");
        HostError::Message(format!("the program does not export `{name}`, which what it calls needs: {option}"))
    })
}

/// Calls one of the program's functions; what it does not return is passed on.
pub(crate) fn call(store: &mut Store, function: Function, arguments: &[Value]) -> Result<Option<Value>, HostError> {
    match function.call(store, arguments).map_err(|error| HostError::Message(error.to_string()))? {
        Outcome::Returned(values) => Ok(values.first().copied()),
        Outcome::Exited(status) => Err(HostError::Exit(status)),
        Outcome::Trapped(report) => Err(HostError::Raised(report)),
        Outcome::Threw(uncaught) => Err(uncaught.into()),
    }
}

/// Calls a function of the program that takes and gives 32-bit numbers; 0 if it gives none.
pub(crate) fn call_u32(store: &mut Store, function: Function, arguments: &[u32]) -> Result<u32, HostError> {
    let mut values = [Value::I32(0); 6];
    for (value, argument) in values.iter_mut().zip(arguments) {
        *value = Value::I32(argument.cast_signed());
    }
    match call(store, function, &values[..arguments.len()])? {
        Some(Value::I32(result)) => Ok(result.cast_unsigned()),
        _ => Ok(0),
    }
}
