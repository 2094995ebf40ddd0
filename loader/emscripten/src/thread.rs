//! What one thread of a program has for itself, and how it is entered.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use wasmc_loader::{
    CallError, Caller, DefineError, ExternType, Function, FunctionType, HostError, Image, Instance, InstantiateError,
    Linker, Memory, Outcome, Store, Table, Tag, TagType, TrapCode, Uncaught, Value, ValueType,
};
use wasmc_wasi::{Errno, Wasi};

use crate::event_loop::{self, Called, Events};
use crate::exports::{self, Exports};
use crate::functions::{self, Defined};
use crate::{Context, MODULE, exception, invoke, process, unavailable};

/// One thread of a program, with its instance.
#[derive(Clone, Debug)]
pub struct Thread {
    state: Arc<ThreadState>,
}

/// What functions of the interface work on.
#[derive(Debug)]
pub(crate) struct ThreadState {
    pub(crate) context: Arc<Context>,
    pub(crate) exceptions: exception::State,
    pub(crate) events: Events,
    /// Whether the program started with it.
    pub(crate) is_main: bool,
    /// Its address in the program's memory, or 0.
    pthread: AtomicU32,
    /// What it ends with when nothing keeps it any more.
    result: AtomicU32,
    exports: OnceLock<Exports>,
    /// What was made for the instance to import.
    memory: OnceLock<Memory>,
    table: OnceLock<Table>,
    /// What C++ exceptions and long jumps are to the loader.
    tag: OnceLock<Tag>,
    upper_half: AtomicU32,
}

/// Why a program could not be entered.
#[derive(Debug)]
#[non_exhaustive]
pub enum ThreadError {
    /// One of its functions could not be called.
    Call(&'static str, CallError),
    /// It has nothing to be entered by.
    NoEntry,
    /// It does not have what it is entered with.
    Unfit(String),
}

impl fmt::Display for ThreadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(name, error) => write!(formatter, "cannot call `{name}`: {error}"),
            Self::NoEntry => formatter.write_str("the program exports neither `main` nor `_start`"),
            Self::Unfit(error) => formatter.write_str(error),
        }
    }
}

impl std::error::Error for ThreadError {}

impl Thread {
    /// The one that the program starts with.
    pub(crate) fn first(context: Arc<Context>) -> Self {
        let reasons = Arc::clone(&context.ending.reasons);
        Self::new(context, Events::new(reasons), None)
    }

    /// The one that the program knows by this address.
    pub(crate) fn other(context: Arc<Context>, pthread: u32) -> Self {
        Self::new(context, Events::new(Arc::default()), Some(pthread))
    }

    fn new(context: Arc<Context>, events: Events, pthread: Option<u32>) -> Self {
        Self {
            state: Arc::new(ThreadState {
                context,
                exceptions: exception::State::default(),
                events,
                is_main: pthread.is_none(),
                pthread: AtomicU32::new(pthread.unwrap_or(0)),
                result: AtomicU32::new(0),
                exports: OnceLock::new(),
                memory: OnceLock::new(),
                table: OnceLock::new(),
                tag: OnceLock::new(),
                upper_half: AtomicU32::new(0),
            }),
        }
    }

    pub(crate) fn state(&self) -> &Arc<ThreadState> {
        &self.state
    }

    /// WASI's functions, for what is linked to the program: they work on the same open files.
    pub fn wasi(&self) -> &Wasi {
        self.state.context.posix.wasi()
    }

    /// The memory of its instance, also if that imports it; `None` before there is one.
    pub fn memory(&self) -> Option<Memory> {
        self.state.memory.get().copied().or_else(|| self.state.found_memory())
    }

    /// Makes the program's instance in `store`, with what it imports of WASI and of Emscripten besides what `linker` defines.
    /// Functions that nothing but a browser has are defined as well: they trap when they are called, and say why.
    ///
    /// # Errors
    ///
    /// If something else is missing, a memory or a table cannot be made, or what runs at the start fails.
    pub fn instantiate(&self, linker: &Linker, store: &mut Store, image: &Image) -> Result<Instance, InstantiateError> {
        let mut linker = linker.clone();
        self.wasi().add_imported(&mut linker, image);
        for import in image.imports() {
            match &import.kind {
                ExternType::Function(wanted) if wasmc_wasi::is_module(import.module) => {
                    // Without 64-bit integers at the border, these are split as well.
                    if linker.parameter_count(import.module, import.field) != Some(wanted.parameters.len()) {
                        let state = Arc::clone(&self.state);
                        linker.split_i64(import.module, import.field, move |high| state.set_upper_half(high));
                    }
                }
                _ if import.module != MODULE || linker.defines(import.module, import.field) => {}
                ExternType::Function(wanted) => self.define_function(&mut linker, import.field, wanted)?,
                ExternType::Memory(memory_type) => {
                    let made = self.state.context.pthreads.memory(store, *memory_type);
                    let made = made.map_err(|_| InstantiateError::Limit("its memory"))?;
                    linker.define(MODULE, import.field, *self.state.memory.get_or_init(|| made))?;
                }
                ExternType::Table(table_type) => {
                    let none = Value::default_of(ValueType::Reference(table_type.element));
                    let made =
                        Table::new(store, *table_type, none).map_err(|_| InstantiateError::Limit("its table"))?;
                    linker.define(MODULE, import.field, *self.state.table.get_or_init(|| made))?;
                }
                ExternType::Global(_) | ExternType::Tag(_) => {}
            }
        }
        linker.instantiate(store, image)
    }

    fn define_function(&self, linker: &mut Linker, name: &str, wanted: &FunctionType) -> Result<(), DefineError> {
        if invoke::define(linker, &self.state, name, wanted)? {
            return Ok(());
        }
        match functions::define(linker, &self.state, name, wanted)? {
            Defined::Yes => Ok(()),
            Defined::No | Defined::OtherType => unavailable::define(linker, name, wanted),
        }
    }

    /// Runs the constructors of a library, or of a program of which functions are to be called one by one.
    ///
    /// # Errors
    ///
    /// If they could not be called. What they do wrong is an outcome: of one that returned, the values say nothing.
    pub fn initialize(&self, store: &mut Store, instance: Instance) -> Result<Outcome, ThreadError> {
        self.told(store, |state, store| {
            prepare_stack(state, store, instance)?;
            for name in ["_initialize", "__wasm_call_ctors"] {
                if let Some(constructors) = instance.function(store, name) {
                    return enter(store, name, constructors, &[]);
                }
            }
            Ok(Outcome::Returned(Vec::new()))
        })
    }

    /// Runs the program: its constructors, then `main` with the arguments that it was given, then what it has left to do
    /// at its end. It always ends by [`Outcome::Exited`] or by a trap.
    ///
    /// # Errors
    ///
    /// If it has no `main`, or its arguments do not fit into its memory.
    pub fn run(&self, store: &mut Store, instance: Instance) -> Result<Outcome, ThreadError> {
        if let Some(start) = instance.function(store, "_start") {
            return self.told(store, |state, store| {
                // Most such programs have no memory of ours to look at.
                let _ = state.exports_of(store, instance);
                match state.call(store, "_start", start, &[])? {
                    Called::Returned(_) => Ok(Outcome::Exited(0)),
                    called => process::end_after(state, store, called, false),
                }
            });
        }
        match self.initialize(store, instance)? {
            Outcome::Returned(_) => {}
            other => return Ok(other),
        }
        let proxy = ["emscripten_proxy_main", "_emscripten_proxy_main"];
        let (name, main) = proxy
            .into_iter()
            .chain(["main", "__main_argc_argv", "__main_void", "__original_main"])
            .find_map(|name| Some((name, instance.function(store, name)?)))
            .ok_or(ThreadError::NoEntry)?;
        self.told(store, |state, store| {
            let takes = main.function_type(store).map_or(0, |function_type| function_type.parameters.len());
            let (count, pointers) = if takes == 0 { (0, 0) } else { process::write_arguments(state, store, instance)? };
            let arguments = [Value::I32(count.cast_signed()), Value::I32(pointers.cast_signed())];
            let called = state.call(store, name, main, &arguments[..takes.min(2)])?;
            process::end_after(state, store, called, proxy.contains(&name))
        })
    }

    /// What comes of `call`, with C++ exceptions that nothing caught turned into traps that say so.
    fn told(
        &self,
        store: &mut Store,
        call: impl FnOnce(&ThreadState, &mut Store) -> Result<Outcome, Failed>,
    ) -> Result<Outcome, ThreadError> {
        match call(&self.state, store) {
            Ok(Outcome::Threw(uncaught)) => Ok(self.state.uncaught(store, uncaught)),
            Ok(outcome) => Ok(outcome),
            Err(Failed::Call(error)) => Err(error),
            Err(Failed::Host(error)) => self.state.outcome_of(error),
        }
    }
}

/// Why what leads to an outcome was left.
#[derive(Debug)]
pub(crate) enum Failed {
    Call(ThreadError),
    Host(HostError),
}

impl From<HostError> for Failed {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

/// Calls a function of the program from outside of it.
pub(crate) fn enter(
    store: &mut Store,
    name: &'static str,
    function: Function,
    arguments: &[Value],
) -> Result<Outcome, Failed> {
    function.call(store, arguments).map_err(|error| Failed::Call(ThreadError::Call(name, error)))
}

/// Tells a program that watches over its stack where that is.
fn prepare_stack(state: &ThreadState, store: &mut Store, instance: Instance) -> Result<(), HostError> {
    let find = |store: &Store, name| instance.function(store, name);
    if let Some(init) = find(store, "emscripten_stack_init") {
        exports::call_u32(store, init, &[])?;
    }
    let names = ["__set_stack_limits", "emscripten_stack_get_base", "emscripten_stack_get_end"];
    if let [Some(set), Some(base), Some(end)] = names.map(|name| find(store, name)) {
        let limits = [exports::call_u32(store, base, &[])?, exports::call_u32(store, end, &[])?];
        exports::call_u32(store, set, &limits)?;
    }
    state.exports_of(store, instance).map(drop)
}

impl ThreadState {
    /// What its instance exports; found when it is first asked for.
    pub(crate) fn exports(&self, caller: &mut Caller<'_>) -> Result<Exports, HostError> {
        if let Some(exports) = self.exports.get() {
            return Ok(*exports);
        }
        let instance = caller.instance().ok_or("a function of the interface was called by no program")?;
        self.exports_of(caller.store(), instance)
    }

    /// What `instance`, which is this thread's, exports.
    pub(crate) fn exports_of(&self, store: &Store, instance: Instance) -> Result<Exports, HostError> {
        if let Some(exports) = self.exports.get() {
            return Ok(*exports);
        }
        let found = Exports::find(store, instance, self.memory.get().copied(), self.table.get().copied())?;
        Ok(*self.exports.get_or_init(|| found))
    }

    /// What its instance exports, once it was entered.
    pub(crate) fn found_exports(&self) -> Result<Exports, HostError> {
        self.exports.get().copied().ok_or_else(|| "the program has no memory".into())
    }

    /// What this thread is called by the program.
    pub(crate) fn pthread(&self) -> u32 {
        self.pthread.load(Ordering::Relaxed)
    }

    pub(crate) fn set_pthread(&self, address: u32) {
        self.pthread.store(address, Ordering::Relaxed);
    }

    /// What it ends with when nothing keeps it any more.
    pub(crate) fn result(&self) -> u32 {
        self.result.load(Ordering::Relaxed)
    }

    pub(crate) fn set_result(&self, result: u32) {
        self.result.store(result, Ordering::Relaxed);
    }

    /// How the program ended, if what was called for it gave this.
    pub(crate) fn outcome_of(&self, error: HostError) -> Result<Outcome, ThreadError> {
        match error {
            HostError::Exit(status) => Ok(Outcome::Exited(status)),
            HostError::Raised(report) => Ok(Outcome::Trapped(report)),
            HostError::Trap(TrapCode::Interrupted) => Ok(event_loop::interrupted()),
            HostError::Message(message) => Err(ThreadError::Unfit(message)),
            other => Err(ThreadError::Unfit(format!("{other:?}"))),
        }
    }

    /// The tag of C++ exceptions, with the address of what was thrown, and of long jumps, with 0.
    pub(crate) fn tag(&self, store: &mut Store) -> Tag {
        *self.tag.get_or_init(|| {
            let function = wasmc_loader::FunctionType::new([ValueType::I32], []);
            Tag::new(store, &TagType { function })
        })
    }

    /// What is thrown, if that is one of ours: the address of a C++ exception, or 0 for a long jump.
    pub(crate) fn thrown(&self, store: &Store, uncaught: &Uncaught) -> Option<u32> {
        let tag = self.tag.get()?;
        if uncaught.exception.tag(store).ok()? != *tag {
            return None;
        }
        match uncaught.exception.fields(store).ok()?.first() {
            Some(Value::I32(address)) => Some(address.cast_unsigned()),
            _ => None,
        }
    }

    pub(crate) fn uncaught(&self, store: &Store, uncaught: Uncaught) -> Outcome {
        let Some(address) = self.thrown(store, &uncaught) else { return Outcome::Threw(uncaught) };
        let mut report = uncaught.report;
        report.message = Some(exception::describe(self, store, address));
        Outcome::Trapped(report)
    }

    /// What a function of the C library's kind gives when it fails: -1, with the number in `errno`.
    pub(crate) fn fail(&self, caller: &mut Caller<'_>, error: Errno) -> Result<i32, HostError> {
        if let Some(location) = self.exports(caller)?.errno_location {
            let address = exports::call_u32(caller.store(), location, &[])?;
            let memory = caller.memory().ok_or("the program has no memory")?;
            let number = u32::from(error.number());
            memory.write_u32(address.into(), number).ok_or(HostError::Trap(TrapCode::MemoryOutOfBounds))?;
        }
        Ok(-1)
    }

    /// The memory of its instance, if that was looked for.
    pub(crate) fn found_memory(&self) -> Option<Memory> {
        self.exports.get().map(|exports| exports.memory)
    }

    pub(crate) fn upper_half(&self) -> u32 {
        self.upper_half.load(Ordering::Relaxed)
    }

    pub(crate) fn set_upper_half(&self, high: u32) {
        self.upper_half.store(high, Ordering::Relaxed);
    }

    /// Sets the upper half of a result where the program looks for it.
    pub(crate) fn give_upper_half(&self, caller: &mut Caller<'_>, high: u32) -> Result<(), HostError> {
        self.set_upper_half(high);
        match self.exports(caller)?.set_upper_half {
            Some(function) => exports::call_u32(caller.store(), function, &[high]).map(drop),
            None => Ok(()),
        }
    }
}
