//! What the interface calls of a program: its own functions, under the names of different releases, and calls of them.

use wasmc_loader::{Function, HostError, Instance, Memory, Outcome, Store, Table, Value, ValueType};

/// What an instance has for its host. Functions are there if the program has a use for what calls them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exports {
    pub(crate) memory: Memory,
    pub(crate) table: Option<Table>,
    pub(crate) malloc: Option<Function>,
    pub(crate) free: Option<Function>,
    pub(crate) errno_location: Option<Function>,
    pub(crate) set_threw: Option<Function>,
    pub(crate) stack_save: Option<Function>,
    pub(crate) stack_restore: Option<Function>,
    pub(crate) stack_alloc: Option<Function>,
    pub(crate) set_upper_half: Option<Function>,
    pub(crate) functions_at_exit: Option<Function>,
    pub(crate) close_streams: Option<Function>,
    pub(crate) flush: Option<Function>,
    pub(crate) can_catch: Option<Function>,
    pub(crate) is_pointer_type: Option<Function>,
    pub(crate) caught_object: Option<Function>,
    pub(crate) add_reference: Option<Function>,
    pub(crate) drop_reference: Option<Function>,
    pub(crate) timeout: Option<Function>,
    pub(crate) raise: Option<Function>,
    pub(crate) main: Option<Function>,
    pub(crate) thread_init: Option<Function>,
    pub(crate) thread_exit: Option<Function>,
    pub(crate) thread_free: Option<Function>,
    pub(crate) thread_self: Option<Function>,
    pub(crate) set_stack_limits: Option<Function>,
    pub(crate) stack_base: Option<Function>,
    pub(crate) stack_end: Option<Function>,
    pub(crate) set_checked_limits: Option<Function>,
    pub(crate) tls_init: Option<Function>,
    pub(crate) main_queue: Option<Function>,
    pub(crate) own_queue: Option<Function>,
    pub(crate) execute_queue: Option<Function>,
    pub(crate) check_mailbox: Option<Function>,
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
            free: first(&["free"]),
            errno_location: first(&["__errno_location"]),
            set_threw: first(&["setThrew"]),
            stack_save: first(&["emscripten_stack_get_current", "stackSave"]),
            stack_restore: first(&["_emscripten_stack_restore", "stackRestore"]),
            stack_alloc: first(&["_emscripten_stack_alloc", "stackAlloc"]),
            set_upper_half: first(&["_emscripten_tempret_set"]),
            functions_at_exit: first(&["__funcs_on_exit"]),
            close_streams: first(&["__stdio_exit"]),
            flush: first(&["fflush"]),
            can_catch: first(&["__cxa_can_catch"]),
            is_pointer_type: first(&["__cxa_is_pointer_type"]),
            caught_object: first(&["__cxa_get_exception_ptr"]),
            add_reference: first(&["__cxa_increment_exception_refcount"]),
            drop_reference: first(&["__cxa_decrement_exception_refcount"]),
            timeout: first(&["_emscripten_timeout"]),
            raise: first(&["raise"]),
            main: first(&["main", "__main_argc_argv"]),
            thread_init: first(&["_emscripten_thread_init"]),
            thread_exit: first(&["_emscripten_thread_exit"]),
            thread_free: first(&["_emscripten_thread_free_data"]),
            thread_self: first(&["pthread_self"]),
            stack_base: first(&["emscripten_stack_get_base"]),
            stack_end: first(&["emscripten_stack_get_end"]),
            set_stack_limits: first(&["emscripten_stack_set_limits"]),
            set_checked_limits: first(&["__set_stack_limits"]),
            tls_init: first(&["_emscripten_tls_init", "emscripten_tls_init"]),
            main_queue: first(&["emscripten_main_thread_process_queued_calls"]),
            own_queue: first(&["emscripten_current_thread_process_queued_calls"]),
            execute_queue: first(&["emscripten_proxy_execute_queue", "_emscripten_proxy_execute_task_queue"]),
            check_mailbox: first(&["_emscripten_check_mailbox"]),
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

/// Arguments as `function` takes them: who calls functions by their number, as JavaScript does, need not pass as many as
/// they declare, nor of the same types.
pub(crate) fn fit(store: &Store, function: Function, arguments: &[Value]) -> Vec<Value> {
    let wanted = function.function_type(store).unwrap_or_default().parameters;
    let fitting = |(index, value_type): (usize, &ValueType)| {
        let given = arguments.get(index).filter(|value| value.value_type() == *value_type);
        given.copied().unwrap_or_else(|| Value::default_of(*value_type))
    };
    wanted.iter().enumerate().map(fitting).collect()
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
