//! A script's directives come in, one after the other; what became of each goes into the report.
//!
//! All instances of a script live in one store, as the scripts expect: they link with each other. Only threads that a
//! script starts have stores of their own.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Scope;

use wasmc_compiler::CompileError;
use wasmc_contract::trap::TrapCode;
use wasmc_loader::{
    Extern, Image, Instance, InstantiateError, Linker, Outcome, SharedMemory, Store, StoreOptions, TrapReport,
    Uncaught, Value,
};
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use super::threads::Threads;
use super::{Failure, Options, Report, spectest, values};

/// What a name in a script stands for.
#[derive(Clone)]
enum Slot {
    Live(Instance),
    /// A skipped module, and why it is.
    Skipped(String),
    /// A module that should have worked, by its line.
    Broken(usize),
    /// What another thread's module shares: the names and memories that it exports.
    Shared(Vec<(String, SharedMemory)>),
}

/// Why a directive did not do what it should.
enum Stop {
    /// It uses something that is skipped.
    Skipped(String),
    Failed(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

impl From<&str> for Stop {
    fn from(message: &str) -> Self {
        Self::Failed(message.to_owned())
    }
}

/// What a call or an instantiation led to.
enum Ran {
    Returned(Vec<Value>),
    Trapped(TrapReport),
}

/// How a module was refused.
enum Refused {
    /// It is malformed or invalid, for this reason.
    Invalid(String),
    /// Anything else, which no assertion asks for.
    Otherwise(String),
}

/// The state of a script.
pub(super) struct Runner<'a> {
    text: &'a str,
    options: &'a Options,
    store: Store,
    linker: Linker,
    current: Slot,
    instances: HashMap<String, Slot>,
    definitions: HashMap<String, Image>,
    newest_definition: Option<Image>,
    /// Names under which skipped instances would be registered, and why they are.
    unregistered: HashMap<String, String>,
}

impl<'a> Runner<'a> {
    pub(super) fn new(text: &'a str, options: &'a Options) -> Result<Self, String> {
        let mut store = Store::new(StoreOptions::default()).map_err(|error| error.to_string())?;
        let mut linker = Linker::new();
        linker.allow_shadowing(true);
        spectest::define(&mut store, &mut linker)?;
        Ok(Self {
            text,
            options,
            store,
            linker,
            current: Slot::Broken(0),
            instances: HashMap::new(),
            definitions: HashMap::new(),
            newest_definition: None,
            unregistered: HashMap::new(),
        })
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn options(&self) -> &'a Options {
        self.options
    }

    /// Gives this thread what `parent`'s module with this name shares, under the same name.
    pub(super) fn share(&mut self, parent: &Self, module: Id<'_>) -> Result<(), String> {
        let Ok(Slot::Live(instance)) = parent.slot(Some(module)) else {
            return Err(format!("no module ${} to share", module.name()));
        };
        let exports = instance.exports(&parent.store).into_iter();
        let shared = exports.filter_map(|(name, item)| Some((name, item.memory()?.shared(&parent.store)?))).collect();
        self.instances.insert(id_text(module), Slot::Shared(shared));
        Ok(())
    }

    pub(super) fn run(self, directives: Vec<WastDirective<'a>>, report: &mut Report) {
        std::thread::scope(|scope| self.run_in(scope, directives, report));
    }

    fn run_in<'scope>(
        mut self,
        scope: &'scope Scope<'scope, 'a>,
        directives: Vec<WastDirective<'a>>,
        report: &mut Report,
    ) {
        let mut threads = Threads::default();
        let mut unused: BTreeSet<usize> = self.options.skips.keys().copied().collect();
        for directive in directives {
            let line = directive.span().linecol_in(self.text).0 + 1;
            let (name, is_assertion) = describe(&directive);
            let result = match directive {
                WastDirective::Thread(thread) => threads.start(scope, &self, thread).map_err(Stop::Failed),
                WastDirective::Wait { thread, .. } => threads.wait(thread.name(), report).map_err(Stop::Failed),
                other => catch_unwind(AssertUnwindSafe(|| self.directive(other, line)))
                    .unwrap_or_else(|panic| Err(Stop::Failed(format!("panicked: {}", panic_message(&*panic))))),
            };
            let result = match (result, self.options.skips.get(&line)) {
                (Err(Stop::Failed(_)), Some(reason)) => {
                    unused.remove(&line);
                    Err(Stop::Skipped(reason.clone()))
                }
                (result, _) => result,
            };
            match result {
                Ok(()) => report.passed += usize::from(is_assertion),
                Err(Stop::Skipped(_)) => report.skipped += usize::from(is_assertion),
                Err(Stop::Failed(message)) => report.failures.push(Failure { line, directive: name, message }),
            }
        }
        if let Err(message) = threads.wait_for_all(report) {
            report.failures.push(Failure { line: 1, directive: "thread", message });
        }
        report.stale_skips.extend(unused);
    }

    fn directive(&mut self, directive: WastDirective<'_>, line: usize) -> Result<(), Stop> {
        match directive {
            WastDirective::Module(mut module) => {
                let name = module.name().map(id_text);
                let made = self.module(&mut module);
                self.bind(name, line, made)
            }
            WastDirective::ModuleDefinition(mut module) => {
                let name = module.name().map(id_text);
                let image = self.compile_quoted(&mut module).map_err(unexpected_refusal)?;
                self.newest_definition = Some(image.clone());
                self.definitions.extend(name.map(|name| (name, image)));
                Ok(())
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let made = self.instance_of_definition(module);
                self.bind(instance.map(id_text), line, made)
            }
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => match self.invoke(&invoke)? {
                Ran::Returned(_) => Ok(()),
                Ran::Trapped(report) => Err(format!("trapped: {}", report.code.message()).into()),
            },
            WastDirective::AssertMalformed { mut module, .. } | WastDirective::AssertInvalid { mut module, .. } => {
                self.expect_refusal(&mut module)
            }
            WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => self.expect_refusal(&mut module),
            WastDirective::AssertUnlinkable { module, .. } => self.expect_unlinkable(module),
            WastDirective::AssertTrap { exec, message, .. } => {
                let ran = self.execute(exec)?;
                expect_trap(ran, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => expect_trap(self.invoke(&call)?, message),
            WastDirective::AssertReturn { exec, results, .. } => self.expect_return(exec, &results),
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Ran::Trapped(report) if report.code == TrapCode::UncaughtException => Ok(()),
                other => Err(format!("{}, expected an exception", show_ran(&other)).into()),
            },
            WastDirective::AssertSuspension { .. } => Err("stack switching is not supported".into()),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Err("threads are started and awaited elsewhere".into())
            }
        }
    }

    /// Makes `made` the current instance, under `name` if it has one.
    fn bind(&mut self, name: Option<String>, line: usize, made: Result<Instance, Stop>) -> Result<(), Stop> {
        let (slot, result) = match made {
            Ok(instance) => (Slot::Live(instance), Ok(())),
            Err(Stop::Skipped(reason)) => (Slot::Skipped(reason.clone()), Err(Stop::Skipped(reason))),
            Err(Stop::Failed(message)) => {
                let slot = match self.options.skips.get(&line) {
                    Some(reason) => Slot::Skipped(reason.clone()),
                    None => Slot::Broken(line),
                };
                (slot, Err(Stop::Failed(message)))
            }
        };
        self.instances.extend(name.map(|name| (name, slot.clone())));
        self.current = slot;
        result
    }

    fn module(&mut self, module: &mut QuoteWat<'_>) -> Result<Instance, Stop> {
        let image = self.compile_quoted(module).map_err(unexpected_refusal)?;
        self.instantiate(&image)
    }

    fn instance_of_definition(&mut self, module: Option<Id<'_>>) -> Result<Instance, Stop> {
        let image = match module {
            Some(id) => self.definitions.get(&id_text(id)),
            None => self.newest_definition.as_ref(),
        };
        let image = image.cloned().ok_or("no such module definition")?;
        self.instantiate(&image)
    }

    fn instantiate(&mut self, image: &Image) -> Result<Instance, Stop> {
        self.linker.instantiate(&mut self.store, image).map_err(|error| {
            self.skipped_import(&error).unwrap_or_else(|| Stop::Failed(format!("does not instantiate: {error}")))
        })
    }

    /// The reason if an import is missing only because the module that it should come from is skipped.
    fn skipped_import(&self, error: &InstantiateError) -> Option<Stop> {
        let InstantiateError::Missing(imports) = error else { return None };
        imports.iter().find_map(|import| Some(Stop::Skipped(self.unregistered.get(&import.module)?.clone())))
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Stop> {
        match self.slot(module)? {
            Slot::Live(instance) => {
                self.unregistered.remove(name);
                self.linker.instance(&self.store, name, instance).map_err(|error| error.to_string())?;
                Ok(())
            }
            Slot::Skipped(reason) => {
                self.unregistered.insert(name.to_owned(), reason.clone());
                Err(Stop::Skipped(reason))
            }
            Slot::Broken(line) => Err(broken(line)),
            Slot::Shared(memories) => {
                for (field, memory) in &memories {
                    self.linker.shared_memory(name, field, memory).map_err(|error| error.to_string())?;
                }
                Ok(())
            }
        }
    }

    fn slot(&self, module: Option<Id<'_>>) -> Result<Slot, Stop> {
        match module {
            None => Ok(self.current.clone()),
            Some(id) => Ok(self.instances.get(&id_text(id)).cloned().ok_or("no such module")?),
        }
    }

    fn instance(&self, module: Option<Id<'_>>) -> Result<Instance, Stop> {
        match self.slot(module)? {
            Slot::Live(instance) => Ok(instance),
            Slot::Skipped(reason) => Err(Stop::Skipped(reason)),
            Slot::Broken(line) => Err(broken(line)),
            Slot::Shared(_) => Err("the module belongs to another thread".into()),
        }
    }

    fn execute(&mut self, execute: WastExecute<'_>) -> Result<Ran, Stop> {
        match execute {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(mut module) => {
                let image = self.compile_text(&mut module).map_err(unexpected_refusal)?;
                match self.linker.instantiate(&mut self.store, &image) {
                    Ok(_) => Ok(Ran::Returned(Vec::new())),
                    Err(InstantiateError::Trapped(report)) => Ok(Ran::Trapped(report)),
                    Err(error) => Err(self
                        .skipped_import(&error)
                        .unwrap_or_else(|| Stop::Failed(format!("does not instantiate: {error}")))),
                }
            }
            WastExecute::Get { module, global, .. } => match self.instance(module)?.export(&self.store, global) {
                Some(Extern::Global(global)) => {
                    let value = global.get(&self.store).map_err(|error| error.to_string())?;
                    Ok(Ran::Returned(vec![value]))
                }
                _ => Err(format!("no exported global {global:?}").into()),
            },
        }
    }

    fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Ran, Stop> {
        let instance = self.instance(invoke.module)?;
        let function = instance
            .function(&self.store, invoke.name)
            .ok_or_else(|| format!("no exported function {:?}", invoke.name))?;
        let arguments = invoke.args.iter().map(values::argument).collect::<Result<Vec<_>, _>>()?;
        match function.call(&mut self.store, &arguments) {
            Ok(Outcome::Returned(results)) => Ok(Ran::Returned(results)),
            Ok(Outcome::Trapped(report) | Outcome::Threw(Uncaught { report, .. })) => Ok(Ran::Trapped(report)),
            Ok(Outcome::Exited(status)) => Err(format!("exited with {status}").into()),
            Err(error) => Err(format!("cannot be called: {error}").into()),
        }
    }

    fn expect_return(&mut self, execute: WastExecute<'_>, expected: &[WastRet<'_>]) -> Result<(), Stop> {
        match self.execute(execute)? {
            Ran::Returned(found) => Ok(values::check_results(&found, expected)?),
            Ran::Trapped(report) => Err(format!("trapped: {}", report.code.message()).into()),
        }
    }

    fn expect_refusal(&mut self, module: &mut QuoteWat<'_>) -> Result<(), Stop> {
        match self.compile_quoted(module) {
            Ok(_) => Err("the module was accepted".into()),
            Err(Refused::Invalid(_)) => Ok(()),
            Err(Refused::Otherwise(message)) => Err(message.into()),
        }
    }

    fn expect_unlinkable(&mut self, mut module: Wat<'_>) -> Result<(), Stop> {
        let image = self.compile_text(&mut module).map_err(unexpected_refusal)?;
        match self.linker.instantiate(&mut self.store, &image) {
            Ok(_) => Err("the module was linked".into()),
            Err(error @ InstantiateError::Missing(_)) => self.skipped_import(&error).map_or(Ok(()), Err),
            Err(InstantiateError::Incompatible { .. }) => Ok(()),
            Err(error) => Err(format!("does not instantiate: {error}").into()),
        }
    }

    fn compile_quoted(&self, module: &mut QuoteWat<'_>) -> Result<Image, Refused> {
        self.compile(&module.encode().map_err(malformed)?)
    }

    fn compile_text(&self, module: &mut Wat<'_>) -> Result<Image, Refused> {
        self.compile(&module.encode().map_err(malformed)?)
    }

    /// The whole path: from the module's bytes to an object, and from the object to an image.
    fn compile(&self, bytes: &[u8]) -> Result<Image, Refused> {
        let compiled = catch_unwind(|| wasmc_compiler::compile(bytes, &self.options.compile))
            .map_err(|panic| Refused::Otherwise(format!("the compiler panicked: {}", panic_message(&*panic))))?;
        let artifact = compiled.map_err(|error| match error {
            invalid @ CompileError::Invalid { .. } => Refused::Invalid(invalid.to_string()),
            other => Refused::Otherwise(format!("does not compile: {other}")),
        })?;
        (self.options.load)(artifact.bytes()).map_err(|error| Refused::Otherwise(format!("does not load: {error}")))
    }
}

/// The text is malformed.
fn malformed(error: wast::Error) -> Refused {
    Refused::Invalid(error.message())
}

fn unexpected_refusal(refused: Refused) -> Stop {
    match refused {
        Refused::Invalid(reason) => Stop::Failed(format!("the module is refused: {reason}")),
        Refused::Otherwise(message) => Stop::Failed(message),
    }
}

fn broken(line: usize) -> Stop {
    Stop::Failed(format!("the module at line {line} is missing"))
}

fn expect_trap(ran: Ran, message: &str) -> Result<(), Stop> {
    match ran {
        Ran::Trapped(report) if is_message_of(report.code, message) => Ok(()),
        other => Err(format!("{}, expected a trap: {message}", show_ran(&other)).into()),
    }
}

/// Whether a script that writes `message` means `code`. Scripts shorten messages, and add to them: an element's index,
/// or the kind of a reference.
fn is_message_of(code: TrapCode, message: &str) -> bool {
    let own = code.message();
    message.starts_with(own)
        || own.starts_with(message)
        || (code == TrapCode::NullReference && message.starts_with("null ") && message.ends_with(" reference"))
}

fn show_ran(ran: &Ran) -> String {
    match ran {
        Ran::Returned(values) => {
            let values: Vec<String> = values.iter().map(values::show).collect();
            format!("returned ({})", values.join(", "))
        }
        Ran::Trapped(report) => format!("trapped: {}", report.code.message()),
    }
}

pub(super) fn id_text(id: Id<'_>) -> String {
    id.name().to_owned()
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "no message",
    }
}

/// A directive's name, and whether it asserts something.
fn describe(directive: &WastDirective<'_>) -> (&'static str, bool) {
    match directive {
        WastDirective::Module(_) => ("module", false),
        WastDirective::ModuleDefinition(_) => ("module definition", false),
        WastDirective::ModuleInstance { .. } => ("module instance", false),
        WastDirective::Register { .. } => ("register", false),
        WastDirective::Invoke(_) => ("invoke", false),
        WastDirective::Thread(_) => ("thread", false),
        WastDirective::Wait { .. } => ("wait", false),
        WastDirective::AssertMalformed { .. } => ("assert_malformed", true),
        WastDirective::AssertMalformedCustom { .. } => ("assert_malformed_custom", true),
        WastDirective::AssertInvalid { .. } => ("assert_invalid", true),
        WastDirective::AssertInvalidCustom { .. } => ("assert_invalid_custom", true),
        WastDirective::AssertTrap { .. } => ("assert_trap", true),
        WastDirective::AssertReturn { .. } => ("assert_return", true),
        WastDirective::AssertExhaustion { .. } => ("assert_exhaustion", true),
        WastDirective::AssertUnlinkable { .. } => ("assert_unlinkable", true),
        WastDirective::AssertException { .. } => ("assert_exception", true),
        WastDirective::AssertSuspension { .. } => ("assert_suspension", true),
    }
}
