//! Names what modules import, and makes instances.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::entity::{Extern, Function, SharedMemory};
use crate::host::{Caller, HostDefinition, HostError, IntoHostFunction};
use crate::image::Image;
use crate::instance::{self, Instance, InstantiateError};
use crate::number::Number;
use crate::store::Store;
use crate::types::FunctionType;
use crate::value::Value;

/// Names what modules import. Host functions and shared memories in it serve any number of stores; other definitions are
/// of one.
#[derive(Clone, Default)]
pub struct Linker {
    modules: BTreeMap<Box<str>, BTreeMap<Box<str>, Definition>>,
    allows_shadowing: bool,
    traps_unknown: bool,
}

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Definition {
    Host(Arc<HostDefinition>),
    Extern(Extern),
    SharedMemory(SharedMemory),
    /// What the importing instance exports by this name.
    OwnExport(Box<str>),
}

/// A name was defined twice.
#[derive(Clone, Debug)]
pub struct DefineError {
    /// The module's name.
    pub module: String,
    /// The field's name.
    pub field: String,
}

impl fmt::Display for DefineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {:?} is defined twice", self.module, self.field)
    }
}

impl std::error::Error for DefineError {}

impl Linker {
    /// A linker that defines nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a later definition of a name takes the place of an earlier one, instead of being refused.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allows_shadowing = allow;
        self
    }

    /// Whether functions that no one defines become functions that trap when they are called, instead of an error when
    /// instantiating.
    pub fn trap_unknown_imports(&mut self, trap: bool) -> &mut Self {
        self.traps_unknown = trap;
        self
    }

    /// Defines a function: a closure that takes `&mut Caller<'_>` and up to twelve numbers, and returns nothing, a
    /// number, a tuple of numbers, or a `Result` of these with a [`HostError`].
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    pub fn function<P, R>(
        &mut self,
        module: &str,
        name: &str,
        closure: impl IntoHostFunction<P, R>,
    ) -> Result<&mut Self, DefineError> {
        self.insert(module, name, Definition::Host(Arc::new(closure.into_definition().0)))
    }

    /// Defines a function of any type: a closure that is given its arguments, and default values to put its results in
    /// the place of.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    pub fn array_function<F>(
        &mut self,
        module: &str,
        name: &str,
        function_type: FunctionType,
        closure: F,
    ) -> Result<&mut Self, DefineError>
    where
        F: Fn(&mut Caller<'_>, &[Value], &mut [Value]) -> Result<(), HostError> + Send + Sync + 'static,
    {
        self.insert(module, name, Definition::Host(Arc::new(HostDefinition::array(function_type, closure))))
    }

    /// Defines a function of numbers: a closure that is given the places of its arguments, from the first on, and leaves its
    /// results there. Nothing is allocated for a call.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    ///
    /// # Panics
    ///
    /// If the type has more than numbers ([`FunctionType::number_type`] is `None`).
    pub fn number_function<F>(
        &mut self,
        module: &str,
        name: &str,
        function_type: FunctionType,
        closure: F,
    ) -> Result<&mut Self, DefineError>
    where
        F: Fn(&mut Caller<'_>, &mut [Number]) -> Result<(), HostError> + Send + Sync + 'static,
    {
        let definition = HostDefinition::numbers(function_type, closure).expect("a type of numbers only");
        self.insert(module, name, Definition::Host(Arc::new(definition)))
    }

    /// Defines a C function, called as [`wasmc_contract::convention`] says: with a
    /// [`wasmc_contract::context::HostFunction`], in which `environment` is found, then its parameters.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    ///
    /// # Safety
    ///
    /// `function` must be such a function for `function_type`, and be callable with `environment` from any thread that
    /// uses a store, for as long as one may call it.
    pub unsafe fn c_function(
        &mut self,
        module: &str,
        name: &str,
        function_type: FunctionType,
        function: *const std::ffi::c_void,
        environment: *mut std::ffi::c_void,
    ) -> Result<&mut Self, DefineError> {
        // SAFETY: the caller's promise.
        let definition = unsafe { HostDefinition::c_function(function_type, function as u64, environment as u64) };
        self.insert(module, name, Definition::Host(Arc::new(definition)))
    }

    /// How many parameters the host function has that is defined by this name; `None` if there is none.
    pub fn parameter_count(&self, module: &str, name: &str) -> Option<usize> {
        match self.find(module, name)? {
            Definition::Host(definition) => Some(definition.parameter_count()),
            Definition::Extern(_) | Definition::SharedMemory(_) | Definition::OwnExport(_) => None,
        }
    }

    /// Makes a host function that is defined by this name take each `i64` as two `i32`, the lower half first, and give the
    /// lower half of an `i64` result, whose upper half `give_upper_half` is given. That is how modules call it that were
    /// linked for JavaScript without 64-bit integers. Nothing happens if there is no such function, or it is a C function.
    pub fn split_i64(&mut self, module: &str, name: &str, give_upper_half: impl Fn(u32) + Send + Sync + 'static) {
        let Some(Definition::Host(definition)) = self.find(module, name) else { return };
        let Some(split) = HostDefinition::split_i64(Arc::clone(definition), give_upper_half) else { return };
        let fields = self.modules.get_mut(module).expect("found above");
        fields.insert(name.into(), Definition::Host(Arc::new(split)));
    }

    /// Defines something of a store; instantiating in another store with it fails.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self, DefineError> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a memory that instances of any number of stores share.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    pub fn shared_memory(&mut self, module: &str, name: &str, memory: &SharedMemory) -> Result<&mut Self, DefineError> {
        self.insert(module, name, Definition::SharedMemory(memory.clone()))
    }

    /// Defines what is defined as `name` of `module` by another name as well; whether there is such a thing.
    ///
    /// # Errors
    ///
    /// If the other name is defined already.
    pub fn alias(
        &mut self,
        (module, name): (&str, &str),
        (other_module, other_name): (&str, &str),
    ) -> Result<bool, DefineError> {
        let Some(definition) = self.find(module, name).cloned() else { return Ok(false) };
        self.insert(other_module, other_name, definition).map(|_| true)
    }

    /// Binds an imported function to the one that the importing instance itself exports as `export`: what a module asks for
    /// that another could define in its place, when no other does.
    ///
    /// # Errors
    ///
    /// If the name is defined already.
    pub fn own_export(&mut self, module: &str, name: &str, export: &str) -> Result<&mut Self, DefineError> {
        self.insert(module, name, Definition::OwnExport(export.into()))
    }

    /// The function that is defined by this name, as `caller` would import it: to be passed as a value. `None` if there is
    /// none, or it or the instance is of another store.
    pub fn function_for(&self, store: &mut Store, caller: Instance, module: &str, name: &str) -> Option<Function> {
        match self.find(module, name)? {
            Definition::Host(definition) => {
                let context = caller.context_address(store)?;
                Some(Function::from_definition(store, Arc::clone(definition), context as u64))
            }
            Definition::Extern(item) => item.function().filter(|function| function.reference(store).is_some()),
            Definition::SharedMemory(_) | Definition::OwnExport(_) => None,
        }
    }

    /// Defines all exports of an instance under the name `module`.
    ///
    /// # Errors
    ///
    /// If a name is defined already.
    pub fn instance(&mut self, store: &Store, module: &str, instance: Instance) -> Result<&mut Self, DefineError> {
        for (name, item) in instance.exports(store) {
            self.insert(module, &name, Definition::Extern(item))?;
        }
        Ok(self)
    }

    /// Makes an instance: binds its imports, fills its tables and memories, and runs its start function.
    ///
    /// # Errors
    ///
    /// If imports are missing or of another type, a limit is met, or the start function or an active segment traps. What the
    /// instance left in tables and memories of others then stays there, as the specification has it.
    pub fn instantiate(&self, store: &mut Store, image: &Image) -> Result<Instance, InstantiateError> {
        instance::instantiate(self, store, image)
    }

    /// Whether something is defined by this name.
    pub fn defines(&self, module: &str, name: &str) -> bool {
        self.find(module, name).is_some()
    }

    pub(crate) fn find(&self, module: &str, field: &str) -> Option<&Definition> {
        self.modules.get(module)?.get(field)
    }

    pub(crate) fn traps_unknown(&self) -> bool {
        self.traps_unknown
    }

    fn insert(&mut self, module: &str, field: &str, definition: Definition) -> Result<&mut Self, DefineError> {
        if !self.modules.contains_key(module) {
            self.modules.insert(module.into(), BTreeMap::new());
        }
        let fields = self.modules.get_mut(module).expect("inserted above");
        if !self.allows_shadowing && fields.contains_key(field) {
            return Err(DefineError { module: module.to_owned(), field: field.to_owned() });
        }
        fields.insert(field.into(), definition);
        Ok(self)
    }
}

impl fmt::Debug for Linker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.modules.iter().map(|(module, fields)| (module, fields.keys().collect::<Vec<_>>()));
        formatter.debug_map().entries(names).finish()
    }
}

const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Linker>();
};
