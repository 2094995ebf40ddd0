//! What the interface calls of a program: its own functions, under the names of different releases, and calls of them.

use wasmc_loader::{
    Extern, Function, HostError, Instance, Memory, Number, NumberType, Outcome, Store, Table, Value, ValueType,
};

/// What an instance exports for its host, by the names that it has in different releases, the best one first.
macro_rules! exports {
    ($($field:ident: $($name:literal),+;)*) => {
        /// What an instance has for its host. Functions are there if the program has a use for what calls them.
        #[derive(Debug)]
        pub(crate) struct Exports {
            pub(crate) memory: Memory,
            pub(crate) table: Option<Table>,
            $(pub(crate) $field: Option<Export>,)*
        }

        impl Exports {
            /// Those of `instance`; `memory` and `table` are what it imports, if it does.
            pub(crate) fn find(
                store: &Store,
                instance: Instance,
                memory: Option<Memory>,
                table: Option<Table>,
            ) -> Result<Self, HostError> {
                const NAMES: &[&str] = &["memory", "__indirect_function_table", $($($name),+),*];
                let mut found = instance.exports_named(store, NAMES).into_iter();
                let mut next = || found.next().flatten();
                let (own_memory, own_table) = (next().and_then(Extern::memory), next().and_then(Extern::table));
                Ok(Self {
                    memory: memory.or(own_memory).ok_or("the program has no memory")?,
                    table: table.or(own_table),
                    // All names are taken, also those after the one that is there.
                    $($field: first([$({ let _: &str = $name; next() }),+].map(|export| Export::of(store, export?))),)*
                })
            }
        }
    };
}

exports! {
    malloc: "malloc";
    free: "free", "emscripten_builtin_free";
    memalign: "emscripten_builtin_memalign", "memalign";
    errno_location: "__errno_location";
    set_threw: "setThrew";
    stack_save: "emscripten_stack_get_current", "stackSave";
    stack_restore: "_emscripten_stack_restore", "stackRestore";
    stack_alloc: "_emscripten_stack_alloc", "stackAlloc";
    set_upper_half: "_emscripten_tempret_set";
    functions_at_exit: "__funcs_on_exit";
    close_streams: "__stdio_exit";
    flush: "fflush";
    can_catch: "__cxa_can_catch";
    is_pointer_type: "__cxa_is_pointer_type";
    caught_object: "__cxa_get_exception_ptr";
    add_reference: "__cxa_increment_exception_refcount";
    drop_reference: "__cxa_decrement_exception_refcount";
    timeout: "_emscripten_timeout";
    raise: "raise";
    main: "main", "__main_argc_argv";
    thread_init: "_emscripten_thread_init";
    thread_exit: "_emscripten_thread_exit";
    thread_free: "_emscripten_thread_free_data";
    thread_self: "pthread_self";
    set_stack_limits: "emscripten_stack_set_limits";
    stack_base: "emscripten_stack_get_base";
    stack_end: "emscripten_stack_get_end";
    set_checked_limits: "__set_stack_limits";
    tls_init: "_emscripten_tls_init", "emscripten_tls_init";
    main_queue: "emscripten_main_thread_process_queued_calls";
    own_queue: "emscripten_current_thread_process_queued_calls";
    execute_queue: "emscripten_proxy_execute_queue", "_emscripten_proxy_execute_task_queue";
    check_mailbox: "_emscripten_check_mailbox";
}

fn first<const COUNT: usize>(exports: [Option<Export>; COUNT]) -> Option<Export> {
    exports.into_iter().flatten().next()
}

/// A function of the program that takes and gives 32-bit numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Export {
    function: Function,
    number_type: NumberType,
}

impl Exports {
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
pub(crate) fn needed(export: Option<Export>, name: &str) -> Result<Export, HostError> {
    export.ok_or_else(|| {
        let option = format!("link it with -sEXPORTED_FUNCTIONS=_{name}");
        HostError::Message(format!("the program does not export `{name}`, which what it calls needs: {option}"))
    })
}

impl Export {
    /// One of the program's functions.
    pub(crate) fn new(store: &Store, function: Function) -> Result<Self, HostError> {
        let number_type =
            function.number_type(store).ok_or("a function is called by the host that takes no numbers")?;
        Ok(Self { function, number_type })
    }

    fn of(store: &Store, export: Extern) -> Option<Self> {
        Self::new(store, export.function()?).ok()
    }

    /// The function that `instance` exports as `name`; `None` if there is none that takes and gives numbers.
    pub(crate) fn find(store: &Store, instance: Instance, name: &str) -> Option<Self> {
        Self::new(store, instance.function(store, name)?).ok()
    }

    /// The function itself.
    pub(crate) fn function(&self) -> Function {
        self.function
    }

    /// How many parameters it has.
    pub(crate) fn parameter_count(&self, store: &Store) -> usize {
        self.function.function_type(store).map_or(0, |function_type| function_type.parameters.len())
    }

    /// Calls the function with as many of `arguments` as it takes; 0 if it gives nothing. What it does not return is passed
    /// on.
    pub(crate) fn call(&self, store: &mut Store, arguments: &[u32]) -> Result<u32, HostError> {
        let mut numbers = [Number::default(); 8];
        for (number, argument) in numbers.iter_mut().zip(arguments) {
            *number = Number::new(*argument);
        }
        match self.function.call_numbers(store, self.number_type, &mut numbers) {
            Ok(None) => Ok(numbers[0].get()),
            Ok(Some(outcome)) => Err(passed_on(outcome)),
            Err(error) => Err(HostError::Message(error.to_string())),
        }
    }
}

/// What a host function ends by that called code which did not return.
pub(crate) fn passed_on(outcome: Outcome) -> HostError {
    match outcome {
        Outcome::Returned(_) => HostError::Message("a call returned, and did not".to_owned()),
        Outcome::Exited(status) => HostError::Exit(status),
        Outcome::Trapped(report) => HostError::Raised(report),
        Outcome::Threw(uncaught) => uncaught.into(),
    }
}
