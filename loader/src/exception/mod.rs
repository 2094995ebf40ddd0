//! Exceptions: objects that a store owns until nothing refers to them any more.
//!
//! ```text
//! NewException ► Exceptions ► Throw ► unwind: where it is caught, or the entry that it leaves
//!                    └ collect: now and then, those that no stack, global or table refers to are let go
//! ```

use std::cell::RefCell;
use std::ptr::NonNull;

use wasmc_contract::context::InstanceContext;
use wasmc_contract::trap::TrapCode;

use crate::budget::{Charge, MemoryBudget};
use crate::entity::{EntityError, Tag};
use crate::report::TrapReport;
use crate::store::{Store, StoreInner};
use crate::types::registry;
use crate::value::{Slot, Value};

mod collect;
mod unwind;

pub(crate) use unwind::{Landing, land};

/// A reference to an exception.
///
/// A store lets exceptions go that its code refers to no more. One that a host function of the store has been given stays
/// until that function returns; one that a host has been given outside of all host functions, until it calls the store's
/// code next. From then on the reference means nothing, and is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExceptionReference {
    store: u64,
    address: u64,
    serial: u64,
}

/// An exception that no code caught.
#[derive(Clone, Debug)]
pub struct Uncaught {
    /// The exception. A host function that called the code may throw it on.
    pub exception: ExceptionReference,
    /// What it is, and where it was thrown.
    pub report: TrapReport,
}

/// What a tag's identity points to.
#[derive(Debug)]
pub(crate) struct TagData {
    pub(crate) type_identity: u32,
    /// How many fields its exceptions have.
    pub(crate) fields: u32,
}

/// A store's exceptions.
pub(crate) struct Exceptions {
    objects: Vec<Object>,
    /// When there are as many, those that nothing refers to are let go.
    limit: usize,
    next_serial: u64,
    /// What the host functions that run were given, the outermost one's first.
    exposed: RefCell<Vec<ExceptionReference>>,
    /// How many bytes the objects take.
    bytes: u64,
    /// For those beyond the first few.
    charge: Option<Charge>,
}

/// An exception: slot 0 is [`wasmc_contract::exception::ExceptionHeader`], the others are its fields.
struct Object(NonNull<[Slot]>);

// SAFETY: it is a box, but for asserting nothing about who else reads it.
unsafe impl Send for Object {}

impl Object {
    fn new(slots: Box<[Slot]>) -> Self {
        Self(NonNull::from(Box::leak(slots)))
    }

    fn address(&self) -> u64 {
        self.0.cast::<Slot>().as_ptr() as u64
    }

    /// How many bytes one with so many fields takes, with what the store and an allocator add to it.
    fn bytes(fields: usize) -> u64 {
        const MORE_BYTES: usize = 32;
        (size_of::<Slot>() * (1 + fields) + MORE_BYTES) as u64
    }

    fn slots(&self) -> &[Slot] {
        // SAFETY: lives until `drop`, and never changes.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: made from a box in `new`, and dropped only here.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Exceptions {
    /// Fewer are never looked through.
    const LIMIT_MIN: usize = 1024;
    /// How many bytes are not charged: most programs never have more.
    const FREE_BYTES: u64 = 256 << 10;
    /// How many bytes are charged at once.
    const STEP_BYTES: u64 = 64 << 10;

    pub(crate) fn new() -> Self {
        Self {
            objects: Vec::new(),
            limit: Self::LIMIT_MIN,
            next_serial: 1,
            exposed: RefCell::default(),
            bytes: 0,
            charge: None,
        }
    }

    fn add(&mut self, tag: u64, fields: impl ExactSizeIterator<Item = Slot>) -> u64 {
        self.bytes += Object::bytes(fields.len());
        let mut slots = Vec::with_capacity(1 + fields.len());
        slots.push(Slot { low: tag, high: self.next_serial });
        slots.extend(fields);
        self.next_serial += 1;
        let object = Object::new(slots.into_boxed_slice());
        let address = object.address();
        self.objects.push(object);
        address
    }

    /// Whether it is time to let go what nothing refers to, before one with so many fields is added.
    fn is_full(&mut self, budget: &MemoryBudget, fields: usize) -> bool {
        self.objects.len() >= self.limit || !self.has_room(budget, fields)
    }

    /// Whether one with so many fields may be added.
    fn has_room(&mut self, budget: &MemoryBudget, fields: usize) -> bool {
        let wanted = (self.bytes + Object::bytes(fields)).saturating_sub(Self::FREE_BYTES);
        let charged = self.charge.as_ref().map_or(0, Charge::bytes);
        if wanted <= charged {
            return true;
        }
        if self.charge.is_none() {
            self.charge = Charge::new(budget, 0);
        }
        // What is left may be less than a step.
        self.charge
            .as_ref()
            .is_some_and(|charge| charge.set(wanted.next_multiple_of(Self::STEP_BYTES)) || charge.set(wanted))
    }

    /// Whether one of the exceptions is at this address.
    pub(crate) fn has(&self, address: u64) -> bool {
        self.objects.iter().any(|object| object.address() == address)
    }

    /// Keeps those for which `keep`, asked for each in order, says so.
    fn retain(&mut self, mut keep: impl FnMut() -> bool) {
        self.objects.retain(|_| keep());
        self.bytes = self.objects.iter().map(|object| Object::bytes(object.slots().len() - 1)).sum();
        if let Some(charge) = &self.charge {
            charge.set(self.bytes.saturating_sub(Self::FREE_BYTES).next_multiple_of(Self::STEP_BYTES));
        }
    }

    /// How many references to exceptions hosts have now.
    #[inline]
    pub(crate) fn exposed_count(&self) -> usize {
        self.exposed.borrow().len()
    }

    /// Forgets what hosts were given since there were so many.
    #[cold]
    pub(crate) fn forget_exposed(&mut self, count: usize) {
        self.exposed.get_mut().truncate(count);
    }

    /// Lets all go: no code runs, and nothing of the store refers to any.
    pub(crate) fn clear(&mut self) {
        *self = Self { next_serial: self.next_serial, ..Self::new() };
    }
}

impl ExceptionReference {
    /// A new exception of `tag` with these fields.
    ///
    /// # Errors
    ///
    /// If the tag belongs to another store, the fields do not have its types, or the store's memory budget is used up.
    pub fn new(store: &mut Store, tag: &Tag, fields: &[Value]) -> Result<Self, EntityError> {
        let inner = store.inner();
        if tag.store_id() != inner.id {
            return Err(EntityError::OtherStore);
        }
        let types = tag.tag_type().function.parameters;
        let fits = types.len() == fields.len()
            && fields.iter().zip(types).all(|(field, value_type)| field.has_type(store, value_type));
        if !fits {
            return Err(EntityError::Type);
        }
        let inner = store.inner_mut();
        if inner.exceptions.is_full(&inner.options.memory, fields.len()) {
            // SAFETY: the store is this thread's.
            unsafe { crate::trap::collect_exceptions(inner) };
            if !inner.exceptions.has_room(&inner.options.memory, fields.len()) {
                return Err(EntityError::Limit);
            }
        }
        let address = inner.exceptions.add(tag.identity, fields.iter().map(|field| field.to_slot()));
        // SAFETY: it was just made.
        Ok(unsafe { Self::expose(inner, address) })
    }

    /// The exception at `address`, which its host is given.
    ///
    /// # Safety
    ///
    /// `address` must be that of one of the store's.
    pub(crate) unsafe fn expose(store: &StoreInner, address: u64) -> Self {
        // SAFETY: the caller's promise.
        let serial = unsafe { (*(address as *const Slot)).high };
        let reference = Self { store: store.id, address, serial };
        let mut exposed = store.exceptions.exposed.borrow_mut();
        if exposed.last() != Some(&reference) {
            exposed.push(reference);
        }
        reference
    }

    /// Whether it still means an exception of `store`.
    pub(crate) fn is_of(&self, store: &Store) -> bool {
        // From the newest on: that is asked for most.
        store.inner().exceptions.exposed.borrow().iter().rev().any(|exposed| exposed == self)
    }

    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// Its tag.
    ///
    /// # Errors
    ///
    /// If it belongs to another store, or means nothing any more.
    pub fn tag(&self, store: &Store) -> Result<Tag, EntityError> {
        if !self.is_of(store) {
            return Err(EntityError::OtherStore);
        }
        // SAFETY: it is one of the store's, which keeps its tags.
        let (identity, type_identity) = unsafe {
            let identity = (*(self.address as *const Slot)).low;
            (identity, (*(identity as *const TagData)).type_identity)
        };
        Ok(Tag::from_identity(identity, type_identity, self.store))
    }

    /// What it carries.
    ///
    /// # Errors
    ///
    /// As [`Self::tag`].
    pub fn fields(&self, store: &Store) -> Result<Vec<Value>, EntityError> {
        let types = self.tag(store)?.tag_type().function.parameters;
        let field = |(index, value_type)| {
            // SAFETY: it is one of the store's, with a slot for each of its tag's fields after the first.
            unsafe { Value::from_slot(*(self.address as *const Slot).add(1 + index), value_type, store.inner()) }
        };
        Ok(types.into_iter().enumerate().map(field).collect())
    }
}

/// [`wasmc_contract::builtin::Builtin::NewException`], given where the caller's stack ends.
///
/// # Safety
///
/// Called on behalf of compiled code only: its own context, the index of one of its tags, and an array of values for
/// that tag's fields; what it holds must lie on the stack from `stack_pointer` on.
pub(crate) unsafe extern "C" fn new_exception(
    context: *mut InstanceContext,
    tag: u32,
    values: *const Slot,
    stack_pointer: u64,
) -> u64 {
    // SAFETY: compiled code passes its own context.
    let (data, store) = unsafe { crate::builtin::instance(context) };
    let Some(tag) = data.tag(tag) else {
        crate::trap::set_pending(store, TrapCode::Host);
        return 0;
    };
    // SAFETY: a tag's identity is the address of its data, which the store keeps.
    let count = unsafe { (*(tag.identity as *const TagData)).fields } as usize;
    if store.exceptions.is_full(&store.options.memory, count) {
        collect::collect(store, stack_pointer);
        if !store.exceptions.has_room(&store.options.memory, count) {
            crate::trap::set_pending(store, TrapCode::AllocationTooLarge);
            return 0;
        }
    }
    // SAFETY: the caller's promise.
    store.exceptions.add(tag.identity, (0..count).map(|index| unsafe { *values.add(index) }))
}

/// Searches for exceptions to let go, for a host.
///
/// # Safety
///
/// `store` must be one that this thread uses, and what calls preserve in registers lie on the stack from
/// `stack_pointer` on.
pub(crate) unsafe extern "C" fn collect_from(store: *mut StoreInner, stack_pointer: u64) {
    // SAFETY: the caller's promise.
    collect::collect(unsafe { &mut *store }, stack_pointer);
}

/// What an uncaught exception is, in a report.
pub(crate) fn describe(store: &Store, exception: ExceptionReference) -> String {
    let tag = exception.tag(store).ok();
    let name = tag.and_then(|tag| {
        let (store, identity) = (store.inner(), tag.identity);
        tag_name(store, identity).or_else(|| own_tag_name(store, identity))
    });
    let name = name.map_or_else(|| "a tag of the host".to_owned(), |name| crate::report::Printable(&name).to_string());
    let fields = exception.fields(store).unwrap_or_default();
    let fields: Vec<String> = fields.iter().map(describe_field).collect();
    if fields.is_empty() { name } else { format!("{name} ({})", fields.join(", ")) }
}

fn describe_field(value: &Value) -> String {
    match value {
        Value::I32(value) => format!("i32 {value}"),
        Value::I64(value) => format!("i64 {value}"),
        Value::F32(bits) => format!("f32 {}", f32::from_bits(*bits)),
        Value::F64(bits) => format!("f64 {}", f64::from_bits(*bits)),
        Value::V128(bits) => format!("v128 {bits:#034x}"),
        reference => reference.value_type().to_string(),
    }
}

/// The name by which a module of the store imports or exports the tag.
fn tag_name(store: &StoreInner, identity: u64) -> Option<String> {
    use wasmc_contract::metadata::entity_kind;
    store.instances.iter().find_map(|instance| {
        let metadata = &instance.image.inner.metadata;
        let has_tag = |index: u32| instance.tag(index).is_some_and(|tag| tag.identity == identity);
        let exported = metadata.exports.iter().find(|record| record.kind == entity_kind::TAG && has_tag(record.index));
        let imported = metadata.imports.iter().find(|record| record.kind == entity_kind::TAG && has_tag(record.index));
        let name = exported.map(|record| record.name).or_else(|| imported.map(|record| record.field))?;
        metadata.string(name).map(str::to_owned)
    })
}

/// What a tag is called that no module of the store imports or exports: its name in the one that defines it, or its index.
fn own_tag_name(store: &StoreInner, identity: u64) -> Option<String> {
    store.instances.iter().find_map(|instance| {
        let count = instance.image.inner.metadata.tags.len() as u32;
        let is_tag = |index: &u32| instance.tag(*index).is_some_and(|tag| tag.identity == identity);
        let index = (0..count).find(is_tag)?;
        let name = instance.image.inner.names().and_then(|names| names.tag(index));
        Some(name.map_or_else(|| format!("tag {index}"), str::to_owned))
    })
}

/// How many exceptions of a type carry.
pub(crate) fn field_count(type_identity: u32) -> u32 {
    registry::function_type(type_identity).map_or(0, |function| function.parameters.len() as u32)
}
