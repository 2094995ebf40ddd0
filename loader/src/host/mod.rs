//! Host functions: closures and C functions as compiled code calls them.
//!
//! A [`HostDefinition`] is what a linker holds, for any number of stores; a [`HostRecord`] is one instance's import of
//! it. A failure is a value: it is noted in the store, and the artifact's trampoline then leaves compiled code. Nothing
//! unwinds through compiled code: a closure that panics aborts the process.

use std::any::Any;
use std::borrow::Cow;
use std::io;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use wasmc_contract::context::{FunctionReference, HostFunction, StoreContext};
use wasmc_contract::trap::TrapCode;

use crate::call::{HOST_ENTRY, Raised};
use crate::convention::HostArrayFunction;
use crate::entity::Function;
use crate::exception::{ExceptionReference, Uncaught};
use crate::guest_memory::GuestMemory;
use crate::instance::{Instance, InstanceData};
use crate::owned::Owned;
use crate::report::TrapReport;
use crate::store::{Store, StoreInner};
use crate::types::{FunctionType, ValueType, registry};
use crate::value::{Slot, Value};

mod split;
mod typed;

pub use typed::{HostResults, HostValue, IntoHostFunction};

/// Why a host function did not return: what the program's outcome becomes.
#[derive(Debug)]
pub enum HostError {
    /// The program ends with this status.
    Exit(i32),
    /// The program traps.
    Trap(TrapCode),
    /// The program traps, and this is why.
    Message(String),
    /// A call back into the program trapped, and so does the call that led to it.
    Raised(TrapReport),
    /// The program is thrown this exception, which it may catch.
    Exception(ExceptionReference),
}

impl From<Uncaught> for HostError {
    /// Throws on what a call back into the program did not catch.
    fn from(uncaught: Uncaught) -> Self {
        Self::Exception(uncaught.exception)
    }
}

impl From<io::Error> for HostError {
    fn from(error: io::Error) -> Self {
        Self::Message(error.to_string())
    }
}

impl From<String> for HostError {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<&str> for HostError {
    fn from(message: &str) -> Self {
        Self::Message(message.to_owned())
    }
}

impl From<TrapCode> for HostError {
    fn from(code: TrapCode) -> Self {
        Self::Trap(code)
    }
}

/// The code that called a host function, and the store that it runs in.
pub struct Caller<'a> {
    /// The same store that runs the call; not dropped with the caller.
    store: ManuallyDrop<Store>,
    instance: *const InstanceData,
    /// How many exceptions hosts had before this one.
    exposed: usize,
    lifetime: PhantomData<&'a mut Store>,
}

impl Caller<'_> {
    /// # Safety
    ///
    /// `host_function` must be a record of a store that is running it.
    #[inline]
    pub(crate) unsafe fn new(host_function: *const HostFunction) -> Self {
        // SAFETY: the record, its store and its importer live while they run it.
        unsafe {
            let inner = (*((*host_function).store as *const StoreContext)).host as *mut StoreInner;
            let instance = match (*host_function).caller {
                0 => std::ptr::null(),
                context => (*(context as *const wasmc_contract::context::InstanceContext)).host as *const InstanceData,
            };
            Self {
                store: ManuallyDrop::new(Store { inner: NonNull::new_unchecked(inner) }),
                instance,
                exposed: (*inner).exceptions.exposed_count(),
                lifetime: PhantomData,
            }
        }
    }

    /// The calling instance's exported memory `memory`, or else its first memory.
    #[inline]
    pub fn memory(&self) -> Option<GuestMemory<'_>> {
        // SAFETY: null, or an instance that lives as long as the store that runs this.
        let definition = unsafe { self.instance.as_ref() }?.default_memory;
        // SAFETY: a memory that the instance has lives as long as the store.
        (!definition.is_null()).then(|| unsafe { GuestMemory::new(definition) })
    }

    /// The store, to look at or to call back into.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Ends the process if the host function has put another store in the place of the one that runs it: there would be
    /// two owners of each.
    #[inline]
    pub(crate) fn check_store(&self, host_function: *const HostFunction) {
        // SAFETY: the record and its store live while they run; the store does even if it was swapped and dropped.
        let own = unsafe { (*((*host_function).store as *const StoreContext)).host };
        if self.store.inner.as_ptr() as u64 != own {
            eprintln!("a host function replaced the store that runs it");
            std::process::abort();
        }
    }

    /// The instance that imported the function; `None` if a host called it.
    pub fn instance(&self) -> Option<Instance> {
        let id = self.store.inner().id;
        (!self.instance.is_null()).then(|| Instance::from_data(id, self.instance))
    }

    /// Whether someone asked for the program to be stopped. A function that waits asks this when a system call returns
    /// `EINTR`, and then returns [`HostError::Trap`] with [`TrapCode::Interrupted`].
    pub fn interrupted(&self) -> bool {
        self.store.is_interrupted()
    }
}

impl Drop for Caller<'_> {
    /// The host function returns: what it was given of exceptions is its own no more.
    #[inline]
    fn drop(&mut self) {
        let exposed = self.exposed;
        let exceptions = &mut self.store.inner_mut().exceptions;
        if exceptions.exposed_count() > exposed {
            exceptions.forget_exposed(exposed);
        }
    }
}

/// A host function, apart from any store.
pub(crate) struct HostDefinition {
    pub(crate) parameters: Cow<'static, [ValueType]>,
    pub(crate) results: Cow<'static, [ValueType]>,
    pub(crate) identity: OnceLock<u32>,
    /// The address of a function for typed trampolines, or 0.
    pub(crate) typed: u64,
    /// A function for array trampolines.
    pub(crate) array: Option<HostArrayFunction>,
    pub(crate) environment: u64,
    /// Keeps the environment.
    #[expect(dead_code, reason = "held for its drop")]
    pub(crate) owner: Option<Box<dyn Any + Send + Sync>>,
}

/// A host function as one instance imported it.
#[repr(C)]
pub(crate) struct HostRecord {
    pub(crate) function: HostFunction,
    pub(crate) definition: Arc<HostDefinition>,
}

struct ArrayEnvironment<F> {
    closure: F,
    function_type: FunctionType,
}

impl HostDefinition {
    /// A function that takes and gives values of any type.
    pub(crate) fn array<F>(function_type: FunctionType, closure: F) -> Self
    where
        F: Fn(&mut Caller<'_>, &[Value], &mut [Value]) -> Result<(), HostError> + Send + Sync + 'static,
    {
        let environment = Box::new(ArrayEnvironment { closure, function_type: function_type.clone() });
        Self {
            parameters: function_type.parameters.into(),
            results: function_type.results.into(),
            identity: OnceLock::new(),
            typed: 0,
            array: Some(call_array::<F>),
            environment: &raw const *environment as u64,
            owner: Some(environment),
        }
    }

    /// # Safety
    ///
    /// `function` must be a C function as [`wasmc_contract::convention`] says for `function_type`, callable with
    /// `environment` from any thread.
    pub(crate) unsafe fn c_function(function_type: FunctionType, function: u64, environment: u64) -> Self {
        Self {
            parameters: function_type.parameters.into(),
            results: function_type.results.into(),
            identity: OnceLock::new(),
            typed: function,
            array: None,
            environment,
            owner: None,
        }
    }

    /// The identity of the function's type.
    pub(crate) fn identity(&self) -> u32 {
        *self.identity.get_or_init(|| registry::intern_function(&self.parameters, &self.results))
    }

    pub(crate) fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// The same function with a type that has the same parameters and results, but may have a supertype.
    pub(crate) fn with_identity(self, identity: u32) -> Self {
        Self { identity: OnceLock::from(identity), ..self }
    }

    pub(crate) fn function_type(&self) -> FunctionType {
        FunctionType::new(&*self.parameters, &*self.results)
    }
}

/// Adds a record for an import of `definition`; `caller` is the importer's context or 0.
pub(crate) fn add_record(store: &mut StoreInner, definition: Arc<HostDefinition>, caller: u64) -> *mut HostRecord {
    let function = HostFunction {
        function: if definition.typed != 0 {
            definition.typed
        } else {
            definition.array.map_or(0, |f| f as usize as u64)
        },
        store: store.shared.context() as u64,
        environment: definition.environment,
        caller,
    };
    let record = Owned::new(HostRecord { function, definition });
    let pointer = record.as_ptr();
    store.host_functions.push(record);
    pointer
}

/// Makes `record` call what `image`'s trampoline for type `type_index` calls, and gives that trampoline's address;
/// `None` if the image has none that fits.
pub(crate) fn bind_trampoline(record: &mut HostRecord, image: &crate::Image, type_index: u32) -> Option<u64> {
    let trampolines = image.trampolines(type_index)?;
    if record.definition.typed != 0
        && let Some(code) = trampolines.host_call
    {
        record.function.function = record.definition.typed;
        return Some(code);
    }
    let array = record.definition.array?;
    record.function.function = crate::convention::host_array(image.target(), array);
    trampolines.host_array_call
}

/// The array entry and the trampoline of an image of the store by which a C function, which has no array form, can be
/// called.
pub(crate) fn entry_for(store: &StoreInner, definition: &HostDefinition) -> Option<(u64, u64)> {
    store.images().find_map(|image| {
        let trampolines = image.trampolines(image.type_index_by_shape(&definition.parameters, &definition.results)?)?;
        Some((trampolines.array_entry?, trampolines.host_call?))
    })
}

impl Function {
    /// A host function that no module asked for: to be passed as a value, or defined in a linker for this store alone.
    pub fn new<F>(store: &mut Store, function_type: FunctionType, closure: F) -> Self
    where
        F: Fn(&mut Caller<'_>, &[Value], &mut [Value]) -> Result<(), HostError> + Send + Sync + 'static,
    {
        Self::from_definition(store, Arc::new(HostDefinition::array(function_type, closure)), 0)
    }

    /// `caller` is the context of the instance that the function is told it was called by, or 0.
    pub(crate) fn from_definition(store: &mut Store, definition: Arc<HostDefinition>, caller: u64) -> Self {
        let inner = store.inner_mut();
        let type_identity = u64::from(definition.identity());
        let record = add_record(inner, definition, caller);
        let reference = Owned::new(FunctionReference {
            code: crate::builtin::unresolved_host_call(),
            context: record as u64,
            type_identity,
            array_entry: HOST_ENTRY,
        });
        let pointer = reference.as_ptr();
        inner.references.push(reference);
        inner.unresolved.push(pointer);
        resolve_references(inner);
        // SAFETY: the reference is one of the store's.
        unsafe { Self::from_address(pointer as u64, inner.id) }
    }
}

/// Gives host functions that were made before an image with a trampoline for them was there their code.
pub(crate) fn resolve_references(store: &mut StoreInner) {
    let mut unresolved = std::mem::take(&mut store.unresolved);
    unresolved.retain(|&reference| {
        // SAFETY: references and records live as long as the store, and only it writes to them.
        let (reference, record) = unsafe { (&mut *reference, &mut *((*reference).context as *mut HostRecord)) };
        let definition = record.definition.clone();
        let code = store.images().find_map(|image| {
            let type_index = image.type_index_by_shape(&definition.parameters, &definition.results)?;
            bind_trampoline(record, image, type_index)
        });
        if let Some(code) = code {
            reference.code = code;
        }
        code.is_none()
    });
    store.unresolved = unresolved;
}

/// Notes that a host function failed: the trampoline that called it leaves compiled code.
pub(crate) fn fail(store: &mut Store, error: HostError) {
    let raised = match error {
        HostError::Exit(status) => Raised::Exit(status),
        HostError::Trap(code) => Raised::Trap(code, None),
        HostError::Message(message) => Raised::Trap(TrapCode::Host, Some(message)),
        HostError::Raised(report) => Raised::Report(report),
        HostError::Exception(exception) if exception.is_of(store) => Raised::Exception(exception.address()),
        HostError::Exception(_) => {
            Raised::Trap(TrapCode::Host, Some("a host function threw an exception that is not of its store".to_owned()))
        }
    };
    let store = store.inner_mut();
    store.raised = raised;
    // SAFETY: the context belongs to this thread while it uses the store.
    unsafe { (*store.shared.context()).pending = 1 };
}

/// Calls the closure of an array function.
///
/// # Safety
///
/// As [`HostArrayFunction`]; the record's environment must be an [`ArrayEnvironment`] of `F`.
unsafe extern "C" fn call_array<F>(host_function: *mut std::ffi::c_void, values: *mut std::ffi::c_void)
where
    F: Fn(&mut Caller<'_>, &[Value], &mut [Value]) -> Result<(), HostError> + Send + Sync + 'static,
{
    let host_function = host_function.cast::<HostFunction>();
    let slots = values.cast::<Slot>();
    // SAFETY: the environment is the one that this function was instantiated with, and its owner is alive.
    let environment = unsafe { &*((*host_function).environment as *const ArrayEnvironment<F>) };
    // SAFETY: compiled code passes its own record.
    let mut caller = unsafe { Caller::new(host_function) };
    let types = &environment.function_type;
    let argument = |(index, value_type): (usize, &ValueType)| {
        // SAFETY: there is a slot for each parameter, with a value of its type.
        unsafe { Value::from_slot(*slots.add(index), *value_type, caller.store.inner()) }
    };
    let arguments: Vec<Value> = types.parameters.iter().enumerate().map(argument).collect();
    let mut results: Vec<Value> = types.results.iter().map(|value_type| Value::default_of(*value_type)).collect();
    let mut outcome = (environment.closure)(&mut caller, &arguments, &mut results);
    caller.check_store(host_function);
    if outcome.is_ok() {
        let has_types = results.iter().zip(&types.results).all(|(value, of)| value.has_type(&caller.store, *of));
        if !has_types {
            outcome = Err(HostError::Message("a host function gave a value of another type than its own".to_owned()));
        }
    }
    match outcome {
        Ok(()) => {
            for (index, value) in results.into_iter().enumerate() {
                // SAFETY: there is a slot for each result.
                unsafe { *slots.add(index) = value.to_slot() };
            }
        }
        Err(error) => fail(&mut caller.store, error),
    }
}
