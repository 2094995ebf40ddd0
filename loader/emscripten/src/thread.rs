//! What one thread of a program has for itself, and how it is entered.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use wasmc_loader::{
    CallError, Caller, DefineError, ExternType, HostError, Image, Instance, Linker, Memory, Outcome, Store, Table, Tag,
    TagType, Uncaught, Value, ValueType,
};

use crate::exports::{self, Exports};
use crate::functions::{self, Defined};
use crate::system::Layout;
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
    pub(crate) keepalive: process::Keepalive,
    exports: OnceLock<Exports>,
    /// What was made for the instance to import.
    memory: OnceLock<Memory>,
    table: OnceLock<Table>,
    /// What C++ exceptions and long jumps are to the loader.
    tag: OnceLock<Tag>,
    upper_half: AtomicU32,
    layout: OnceLock<Layout>,
    /// How many protocols `getprotoent` has given.
    protocols: AtomicUsize,
}

/// Why a program could not be entered.
#[derive(Debug)]
#[non_exhaustive]
pub enum ThreadError {
    /// One of its functions could not be called.
    Call(&'static str, CallError),
    /// It has nothing to be entered by.
    NoEntry,
    /// Its arguments do not fit into its memory.
    Arguments(String),
}

impl fmt::Display for ThreadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(name, error) => write!(formatter, "cannot call `{name}`: {error}"),
            Self::NoEntry => formatter.write_str("the program exports neither `main` nor `_start`"),
            Self::Arguments(error) => write!(formatter, "cannot pass the arguments: {error}"),
        }
    }
}

impl std::error::Error for ThreadError {}

impl Thread {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            state: Arc::new(ThreadState {
                context,
                exceptions: exception::State::default(),
                keepalive: process::Keepalive::default(),
                exports: OnceLock::new(),
                memory: OnceLock::new(),
                table: OnceLock::new(),
                tag: OnceLock::new(),
                upper_half: AtomicU32::new(0),
                layout: OnceLock::new(),
                protocols: AtomicUsize::new(0),
            }),
        }
    }

    /// Defines what `image` imports of WASI and of Emscripten and `linker` does not define yet. Functions that nothing but
    /// a browser has are defined as well: they trap when they are called, and say why.
    ///
    /// # Errors
    ///
    /// If a name is defined twice.
    pub fn add_imported(&self, linker: &mut Linker, image: &Image) -> Result<(), DefineError> {
        self.state.layout.get_or_init(|| Layout::of(image));
        let posix = &self.state.context.posix;
        posix.wasi().add_imported(linker, image);
        for import in image.imports() {
            let ExternType::Function(wanted) = &import.kind else { continue };
            if wasmc_wasi::is_module(import.module) {
                // Without 64-bit integers at the border, these are split as well.
                let state = Arc::clone(&self.state);
                let whole = wanted.parameters.len();
                if linker.parameter_count(import.module, import.field).is_some_and(|count| count != whole) {
                    linker.split_i64(import.module, import.field, move |high| state.set_upper_half(high));
                }
                continue;
            }
            if import.module != MODULE || linker.defines(import.module, import.field) {
                continue;
            }
            if invoke::define(linker, &self.state, import.field, wanted)? {
                continue;
            }
            match functions::define(linker, &self.state, import.field, wanted)? {
                Defined::Yes => {}
                Defined::No | Defined::OtherType => unavailable::define(linker, import.field, wanted)?,
            }
        }
        Ok(())
    }

    /// Runs the constructors of a library, or of a program of which functions are to be called one by one.
    ///
    /// # Errors
    ///
    /// If they could not be called. What they do wrong is an outcome: of one that returned, the values say nothing.
    pub fn initialize(&self, store: &mut Store, instance: Instance) -> Result<Outcome, ThreadError> {
        for name in ["_initialize", "__wasm_call_ctors"] {
            if let Some(constructors) = instance.function(store, name) {
                let outcome = constructors.call(store, &[]).map_err(|error| ThreadError::Call(name, error))?;
                return Ok(self.told(store, outcome));
            }
        }
        Ok(Outcome::Returned(Vec::new()))
    }

    /// Runs the program: its constructors, then `main` with the arguments that it was given, then what it has left to do
    /// at its end. It always ends by [`Outcome::Exited`] or by a trap.
    ///
    /// # Errors
    ///
    /// If it has no `main`, or its arguments do not fit into its memory.
    pub fn run(&self, store: &mut Store, instance: Instance) -> Result<Outcome, ThreadError> {
        if let Some(start) = instance.function(store, "_start") {
            let outcome = start.call(store, &[]).map_err(|error| ThreadError::Call("_start", error))?;
            return Ok(match self.told(store, outcome) {
                Outcome::Returned(_) => Outcome::Exited(0),
                other => other,
            });
        }
        match self.initialize(store, instance)? {
            Outcome::Returned(_) => {}
            other => return Ok(other),
        }
        let (name, main) = ["main", "__main_argc_argv", "__main_void", "__original_main"]
            .into_iter()
            .find_map(|name| Some((name, instance.function(store, name)?)))
            .ok_or(ThreadError::NoEntry)?;
        let takes = main.function_type(store).map_or(0, |function_type| function_type.parameters.len());
        let arguments = match takes {
            0 => Vec::new(),
            _ => {
                let written = process::write_arguments(&self.state, store, instance);
                let (count, pointers) = match written {
                    Ok(written) => written,
                    Err(error) => return Err(ThreadError::Arguments(format!("{error:?}"))),
                };
                vec![Value::I32(count.cast_signed()), Value::I32(pointers.cast_signed())]
            }
        };
        let outcome = main.call(store, &arguments[..takes.min(2)]).map_err(|error| ThreadError::Call(name, error))?;
        let outcome = self.told(store, outcome);
        process::end(&self.state, store, instance, outcome).map(|outcome| self.told(store, outcome))
    }

    /// The outcome, with C++ exceptions that nothing caught turned into traps that say so.
    fn told(&self, store: &Store, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Threw(uncaught) => self.state.uncaught(store, uncaught),
            other => other,
        }
    }
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

    fn uncaught(&self, store: &Store, uncaught: Uncaught) -> Outcome {
        let Some(address) = self.thrown(store, &uncaught) else { return Outcome::Threw(uncaught) };
        let mut report = uncaught.report;
        report.message = Some(exception::describe(self, store, address));
        Outcome::Trapped(report)
    }

    /// The memory of its instance, if that was looked for.
    pub(crate) fn found_memory(&self) -> Option<Memory> {
        self.exports.get().map(|exports| exports.memory)
    }

    /// How structures lie in its memory.
    pub(crate) fn layout(&self) -> Layout {
        self.layout.get().copied().unwrap_or(Layout::Current)
    }

    /// How many protocols were given since the start, before this one.
    pub(crate) fn next_protocol(&self) -> usize {
        self.protocols.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn restart_protocols(&self) {
        self.protocols.store(0, Ordering::Relaxed);
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
