//! Functions, tables, memories, globals and tags: handles that are copied freely and mean something in their store.

use std::fmt;

use wasmc_contract::context::{FunctionReference, GlobalSlot};

use crate::store::Store;
use crate::types::{ExternType, FunctionType, GlobalType, ReferenceType, TagType, ValueType, registry};
use crate::value::{Slot, Value};

mod memory;
mod shared_memory;
mod table;

pub use memory::Memory;
pub(crate) use memory::{MemoryData, MemoryError};
pub use shared_memory::SharedMemory;
pub use table::Table;
pub(crate) use table::TableData;

/// Something that is imported or exported.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Extern {
    Function(Function),
    Table(Table),
    Memory(Memory),
    Global(Global),
    Tag(Tag),
}

/// A function of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    store: u64,
    /// The address of a [`FunctionReference`], which lives as long as the store.
    address: u64,
}

/// A global of a store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Global {
    store: u64,
    /// The address of a [`GlobalSlot`], which lives as long as the store.
    pub(crate) slot: u64,
    global_type: GlobalType,
}

/// A tag of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    store: u64,
    /// The address that is the tag's identity.
    pub(crate) identity: u64,
    pub(crate) type_identity: u32,
}

/// Why something could not be read, changed or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntityError {
    /// It belongs to another store.
    OtherStore,
    /// The index or address is out of bounds.
    OutOfBounds,
    /// The value has another type.
    Type,
    /// The global is immutable.
    Immutable,
    /// A limit was met, of the type or of the store.
    Limit,
}

impl fmt::Display for EntityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OtherStore => "it belongs to another store",
            Self::OutOfBounds => "out of bounds",
            Self::Type => "the value has another type",
            Self::Immutable => "the global is immutable",
            Self::Limit => "a limit was met",
        })
    }
}

impl std::error::Error for EntityError {}

macro_rules! externs {
    ($($kind:ident $into:ident;)*) => {
        $(
            impl From<$kind> for Extern {
                fn from(item: $kind) -> Self {
                    Self::$kind(item)
                }
            }
        )*
        impl Extern {
            $(
                #[doc = concat!("The ", stringify!($into), ", if it is one.")]
                pub fn $into(self) -> Option<$kind> {
                    match self {
                        Self::$kind(item) => Some(item),
                        _ => None,
                    }
                }
            )*

            pub(crate) fn store_id(&self) -> u64 {
                match self { $(Self::$kind(item) => item.store_id(),)* }
            }
        }
        $(
            impl $kind {
                #[expect(clippy::allow_attributes, reason = "not all kinds ask")]
                #[allow(dead_code, reason = "not all kinds ask")]
                pub(crate) fn store_id(&self) -> u64 {
                    self.store
                }
            }
        )*
    };
}

externs! {
    Function function;
    Table table;
    Memory memory;
    Global global;
    Tag tag;
}

impl Extern {
    /// Its type, with a table's or a memory's current size as the minimum; `None` if it belongs to another store.
    pub fn extern_type(&self, store: &Store) -> Option<ExternType> {
        if self.store_id() != store.inner().id {
            return None;
        }
        Some(match self {
            Self::Function(function) => ExternType::Function(function.function_type(store)?),
            Self::Table(table) => ExternType::Table(table.table_type(store)?),
            Self::Memory(memory) => ExternType::Memory(memory.memory_type(store)?),
            Self::Global(global) => ExternType::Global(global.global_type()),
            Self::Tag(tag) => ExternType::Tag(tag.tag_type()),
        })
    }
}

impl Function {
    /// # Safety
    ///
    /// `address` must be that of a [`FunctionReference`] of the store with the number `store`.
    pub(crate) unsafe fn from_address(address: u64, store: u64) -> Self {
        Self { store, address }
    }

    pub(crate) fn address(self) -> u64 {
        self.address
    }

    /// What the function is to compiled code; `None` if it is of another store.
    pub(crate) fn reference(&self, store: &Store) -> Option<*const FunctionReference> {
        (self.store == store.inner().id).then_some(self.address as *const FunctionReference)
    }

    pub(crate) fn type_identity(&self, store: &Store) -> Option<u32> {
        // SAFETY: references live as long as their store.
        self.reference(store).map(|reference| unsafe { (*reference).type_identity as u32 })
    }

    /// The function's type; `None` if it belongs to another store.
    pub fn function_type(&self, store: &Store) -> Option<FunctionType> {
        Some((*registry::function_type(self.type_identity(store)?)?).clone())
    }
}

impl Global {
    /// # Safety
    ///
    /// `slot` must be that of a global of this type in the store with the number `store`.
    pub(crate) unsafe fn from_slot(slot: u64, global_type: GlobalType, store: u64) -> Self {
        Self { store, slot, global_type }
    }

    /// A new global.
    ///
    /// # Errors
    ///
    /// If the value has another type.
    pub fn new(store: &mut Store, global_type: GlobalType, value: Value) -> Result<Self, EntityError> {
        if !value.has_type(store, global_type.value) {
            return Err(EntityError::Type);
        }
        let Slot { low, high } = value.to_slot();
        let slot = crate::owned::Owned::new(GlobalSlot { low, high });
        let address = slot.address();
        let inner = store.inner_mut();
        inner.globals.push(slot);
        Ok(Self { store: inner.id, slot: address, global_type })
    }

    /// Its type.
    pub fn global_type(&self) -> GlobalType {
        self.global_type
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// If it belongs to another store.
    pub fn get(&self, store: &Store) -> Result<Value, EntityError> {
        if self.store != store.inner().id {
            return Err(EntityError::OtherStore);
        }
        // SAFETY: a global's slot lives as long as its store and holds a value of its type.
        Ok(unsafe { Value::from_slot(*(self.slot as *const Slot), self.global_type.value, store.inner()) })
    }

    /// Sets its value.
    ///
    /// # Errors
    ///
    /// If it is immutable or belongs to another store, or the value has another type.
    pub fn set(&self, store: &mut Store, value: Value) -> Result<(), EntityError> {
        if self.store != store.inner().id {
            return Err(EntityError::OtherStore);
        }
        if !self.global_type.is_mutable {
            return Err(EntityError::Immutable);
        }
        if !value.has_type(store, self.global_type.value) {
            return Err(EntityError::Type);
        }
        // SAFETY: as in `get`; no code of the store runs meanwhile.
        unsafe { *(self.slot as *mut Slot) = value.to_slot() };
        Ok(())
    }
}

impl Tag {
    pub(crate) fn from_identity(identity: u64, type_identity: u32, store: u64) -> Self {
        Self { store, identity, type_identity }
    }

    /// A new tag, different from all others.
    pub fn new(store: &mut Store, tag_type: &TagType) -> Self {
        let type_identity = registry::intern_function(&tag_type.function.parameters, &tag_type.function.results);
        let inner = store.inner_mut();
        Self { store: inner.id, identity: inner.add_tag(type_identity), type_identity }
    }

    /// Its type.
    pub fn tag_type(&self) -> TagType {
        let function = registry::function_type(self.type_identity);
        TagType { function: function.map(|function| (*function).clone()).unwrap_or_default() }
    }
}

/// Whether `value`, in `store`, is of the reference type `element`.
fn is_element(store: &Store, value: &Value, element: ReferenceType) -> bool {
    value.has_type(store, ValueType::Reference(element))
}
