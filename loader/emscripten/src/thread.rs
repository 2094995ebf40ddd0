//! What one thread of a program has for itself, and how it is entered.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use wasmc_loader::{
    CallError, Caller, DefineError, ExternType, Function, FunctionType, HostError, Image, Instance, InstantiateError,
    Linker, Memory, Outcome, Store, Table, Tag, TagType, TrapCode, Uncaught, Value, ValueType,
};
use wasmc_wasi::{Errno, Wasi};

use crate::dynamic::Placement;
use crate::event_loop::{self, Called, Events};
use crate::exports::{Export, Exports};
use crate::functions::{self, Defined};
use crate::system::Layout;
use crate::{Context, MODULE, dynamic, exception, exports, invoke, process, unavailable};

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
    pub(crate) dynamic: dynamic::State,
    pub(crate) exports: OnceLock<Exports>,
    /// What was made for the instance to import.
    pub(crate) memory: OnceLock<Memory>,
    pub(crate) table: OnceLock<Table>,
    /// Tags that instances import, by name.
    tags: Mutex<BTreeMap<String, Tag>>,
    /// The same, to be shared.
    own: Weak<ThreadState>,
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
        Self::new(context, reasons, None)
    }

    /// The one that the program knows by this address.
    pub(crate) fn other(context: Arc<Context>, pthread: u32) -> Self {
        Self::new(context, Arc::default(), Some(pthread))
    }

    fn new(context: Arc<Context>, reasons: Arc<AtomicU32>, pthread: Option<u32>) -> Self {
        let memory = context.posix.wasi().host_memory().clone();
        Self {
            state: Arc::new_cyclic(|own| ThreadState {
                context,
                exceptions: exception::State::new(&memory),
                events: Events::new(reasons, &memory),
                is_main: pthread.is_none(),
                pthread: AtomicU32::new(pthread.unwrap_or(0)),
                result: AtomicU32::new(0),
                dynamic: dynamic::State::default(),
                exports: OnceLock::new(),
                memory: OnceLock::new(),
                table: OnceLock::new(),
                tags: Mutex::default(),
                own: Weak::clone(own),
                tag: OnceLock::new(),
                upper_half: AtomicU32::new(0),
                layout: OnceLock::new(),
                protocols: AtomicUsize::new(0),
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
    /// Functions that nothing but a browser has are defined as well: they trap when they are called, and say why. What the host
    /// keeps for the program counts towards the memory budget of the first store.
    ///
    /// # Errors
    ///
    /// If something else is missing, a memory or a table cannot be made, or what runs at the start fails.
    pub fn instantiate(&self, linker: &Linker, store: &mut Store, image: &Image) -> Result<Instance, InstantiateError> {
        if !self.wasi().host_memory().charge_to(store.memory_budget()) {
            return Err(InstantiateError::Limit("what the host keeps for the program"));
        }
        self.state.layout.get_or_init(|| Layout::of(image));
        let placement = dynamic::place_main(&self.state, linker, store, image)?;
        let mut linker = linker.clone();
        self.state.define_imports(&mut linker, store, image, placement.as_ref())?;
        let instance = linker.instantiate(store, image)?;
        if let Some(placement) = placement {
            dynamic::add_main(&self.state, store, instance, image, &placement)?;
        }
        Ok(instance)
    }

    /// Runs the constructors of a library, or of a program of which functions are to be called one by one.
    ///
    /// # Errors
    ///
    /// If they could not be called. What they do wrong is an outcome: of one that returned, the values say nothing.
    pub fn initialize(&self, store: &mut Store, instance: Instance) -> Result<Outcome, ThreadError> {
        self.told(store, |state, store| {
            prepare_stack(state, store, instance)?;
            if state.is_linked() {
                dynamic::link(&self.state, store, instance)?;
            }
            for name in ["_initialize", "__wasm_call_ctors"] {
                if let Some(constructors) = instance.function(store, name) {
                    match enter(store, name, constructors, &[])? {
                        Outcome::Returned(_) => break,
                        other => return Ok(other),
                    }
                }
            }
            if state.is_linked() {
                dynamic::construct(state, store)?;
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
        // One with all of the C library exports this as well, and does not say whether it is to be used.
        let proxies = proxy.into_iter().filter(|_| !self.state.is_linked());
        let (name, main) = proxies
            .chain(["main", "__main_argc_argv", "__main_void", "__original_main"])
            .find_map(|name| {
                // A library may have it.
                let main = instance.function(store, name).or_else(|| self.state.global_function(store, name));
                Some((name, main?))
            })
            .ok_or(ThreadError::NoEntry)?;
        self.told(store, |state, store| {
            let takes_none = main.function_type(store).is_none_or(|function_type| function_type.parameters.is_empty());
            let (count, pointers) = if takes_none { (0, 0) } else { process::write_arguments(state, store, instance)? };
            let arguments = [count, pointers].map(|argument| Value::I32(argument.cast_signed()));
            // JavaScript passes nothing more to a `main` that asks for the environment too, which is 0 to it.
            let called = state.call(store, name, main, &exports::fit(store, main, &arguments))?;
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
    let find = |store: &Store, name| Export::find(store, instance, name);
    if let Some(init) = find(store, "emscripten_stack_init") {
        init.call(store, &[])?;
    }
    let names = ["__set_stack_limits", "emscripten_stack_get_base", "emscripten_stack_get_end"];
    if let [Some(set), Some(base), Some(end)] = names.map(|name| find(store, name)) {
        let limits = [base.call(store, &[])?, end.call(store, &[])?];
        set.call(store, &limits)?;
    }
    state.exports_of(store, instance).map(drop)
}

impl ThreadState {
    /// Defines what `image` imports of WASI and of Emscripten besides what `linker` defines; `placement` is where it lies if
    /// it is linked to others while it runs.
    pub(crate) fn define_imports(
        self: &Arc<Self>,
        linker: &mut Linker,
        store: &mut Store,
        image: &Image,
        placement: Option<&Placement>,
    ) -> Result<(), InstantiateError> {
        self.context.posix.wasi().add_imported(linker, image);
        for import in image.imports() {
            let (module, name) = (import.module, import.field);
            match (&import.kind, placement) {
                (ExternType::Function(wanted), _) if wasmc_wasi::is_module(module) => {
                    // Without 64-bit integers at the border, these are split as well.
                    if linker.parameter_count(module, name) != Some(wanted.parameters.len()) {
                        let state = Arc::clone(self);
                        linker.split_i64(module, name, move |high| state.set_upper_half(high));
                    }
                }
                _ if linker.defines(module, name) => {}
                (ExternType::Global(_), Some(placement)) if dynamic::is_entry_module(module) => {
                    dynamic::define_entry(self, linker, store, image, placement, (module, name))?;
                }
                _ if module != MODULE => {}
                (ExternType::Function(wanted), None) => self.define_function(linker, name, wanted)?,
                (ExternType::Function(wanted), Some(placement)) => {
                    dynamic::define_function(self, linker, store, image, placement, (name, wanted))?;
                }
                (ExternType::Global(wanted), Some(placement)) => {
                    dynamic::define_global(self, linker, store, placement, name, *wanted)?;
                }
                (ExternType::Global(_), None) => {}
                (kind, _) => self.define_shared(linker, store, name, kind)?,
            }
        }
        Ok(())
    }

    fn define_function(
        self: &Arc<Self>,
        linker: &mut Linker,
        name: &str,
        wanted: &FunctionType,
    ) -> Result<(), DefineError> {
        if invoke::define(linker, self, name, wanted)? {
            return Ok(());
        }
        match functions::define(linker, self, name, wanted)? {
            Defined::Yes => Ok(()),
            Defined::No | Defined::OtherType => unavailable::define(linker, name, wanted),
        }
    }

    /// Defines the memory, the table or a tag that all modules of a program have in common; made for the first of them.
    fn define_shared(
        &self,
        linker: &mut Linker,
        store: &mut Store,
        name: &str,
        kind: &ExternType,
    ) -> Result<(), InstantiateError> {
        match kind {
            ExternType::Memory(memory_type) => {
                let known = self.memory.get().copied().or_else(|| self.found_memory());
                let memory = match known {
                    Some(memory) => memory,
                    None => {
                        let made = self.context.pthreads.memory(store, *memory_type);
                        made.map_err(|_| InstantiateError::Limit("its memory"))?
                    }
                };
                linker.define(MODULE, name, *self.memory.get_or_init(|| memory))?;
            }
            ExternType::Table(table_type) => {
                let none = Value::default_of(ValueType::Reference(table_type.element));
                let known = self.table.get().copied().or_else(|| self.exports.get()?.table);
                let table = match known {
                    Some(table) => table,
                    None => Table::new(store, *table_type, none).map_err(|_| InstantiateError::Limit("its table"))?,
                };
                linker.define(MODULE, name, *self.table.get_or_init(|| table))?;
            }
            ExternType::Tag(tag_type) => {
                let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
                let tag = *tags.entry(name.to_owned()).or_insert_with(|| Tag::new(store, tag_type));
                linker.define(MODULE, name, tag)?;
            }
            ExternType::Function(_) | ExternType::Global(_) => {}
        }
        Ok(())
    }

    /// The same, to be shared.
    pub(crate) fn shared(&self) -> Result<Arc<Self>, HostError> {
        self.own.upgrade().ok_or_else(|| "the program has ended".into())
    }

    /// What its instance exports; found when it is first asked for.
    pub(crate) fn exports(&self, caller: &mut Caller<'_>) -> Result<&Exports, HostError> {
        if let Some(exports) = self.exports.get() {
            return Ok(exports);
        }
        let instance = caller.instance().ok_or("a function of the interface was called by no program")?;
        self.exports_of(caller.store(), instance)
    }

    /// What `instance`, which is this thread's, exports.
    pub(crate) fn exports_of(&self, store: &Store, instance: Instance) -> Result<&Exports, HostError> {
        if let Some(exports) = self.exports.get() {
            return Ok(exports);
        }
        let found = Exports::find(store, instance, self.memory.get().copied(), self.table.get().copied())?;
        Ok(self.exports.get_or_init(|| found))
    }

    /// What its instance exports, once it was entered.
    pub(crate) fn found_exports(&self) -> Result<&Exports, HostError> {
        self.exports.get().ok_or_else(|| "the program has no memory".into())
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
            let address = location.call(caller.store(), &[])?;
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
            Some(function) => function.call(caller.store(), &[high]).map(drop),
            None => Ok(()),
        }
    }
}
