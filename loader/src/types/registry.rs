//! Gives equal types equal identities, process-wide.
//!
//! Recursion groups go in; the identity of each group's first type comes out, the others' follow it. Types are equal
//! when their groups are, position by position, with references inside a group counted from its start. Identities are
//! never taken back: what a process holds of them is bounded by the different types that it ever loaded.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard};

use smallvec::SmallVec;

use super::{FunctionType, HeapType, ReferenceType, ValueType};

/// A type as a group holds it, before it has an identity.
pub(crate) struct TypeDescription {
    /// Parameters' types, then results'.
    pub(crate) value_types: SmallVec<[GroupValueType; 8]>,
    pub(crate) parameters: usize,
    pub(crate) supertype: Option<GroupReference>,
    pub(crate) is_final: bool,
}

/// A reference to a type from within a group.
#[derive(Clone, Copy)]
pub(crate) enum GroupReference {
    /// The group's type at this position.
    Inside(u32),
    /// The type with this identity.
    Identity(u32),
}

/// A value type within a group.
#[derive(Clone, Copy)]
pub(crate) enum GroupValueType {
    /// One that refers to no type of the group.
    Plain(ValueType),
    /// A reference to the group's type at this position.
    Inside { nullable: bool, position: u32 },
}

/// A group as the registry compares it: words of a kind and an operand.
type Encoding = SmallVec<[u64; 16]>;

struct Entry {
    function: Arc<FunctionType>,
    supertype: Option<u32>,
}

#[derive(Default)]
struct Registry {
    /// From a group's encoding to its first type's identity. (A hash map would ask the system for random numbers.)
    groups: BTreeMap<Box<[u64]>, u32>,
    types: Vec<Entry>,
}

static REGISTRY: LazyLock<RwLock<Registry>> = LazyLock::new(RwLock::default);

fn read() -> RwLockReadGuard<'static, Registry> {
    // Nothing panics while it changes the registry but allocation, after which it is as before.
    REGISTRY.read().unwrap_or_else(PoisonError::into_inner)
}

/// The identity of the group's first type; `None` if there are 2^32 types already.
pub(crate) fn intern_group(group: &[TypeDescription]) -> Option<u32> {
    let mut key = Encoding::new();
    for description in group {
        encode(description, &mut key);
    }
    if let Some(&first) = read().groups.get(&key[..]) {
        return Some(first);
    }
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&first) = registry.groups.get(&key[..]) {
        return Some(first);
    }
    let first = u32::try_from(registry.types.len()).ok()?;
    first.checked_add(u32::try_from(group.len()).ok()?)?;
    for description in group {
        let types: SmallVec<[ValueType; 8]> =
            description.value_types.iter().map(|value| value.resolve(first)).collect();
        let (parameters, results) = types.split_at(description.parameters);
        let supertype = description.supertype.map(|reference| reference.resolve(first));
        let function = Arc::new(FunctionType::new(parameters, results));
        registry.types.push(Entry { function, supertype });
    }
    registry.groups.insert(key[..].into(), first);
    Some(first)
}

/// The identity of a function type that is alone in its group, final and without a supertype.
pub(crate) fn intern_function(parameters: &[ValueType], results: &[ValueType]) -> u32 {
    let value_types = parameters.iter().chain(results).map(|value| GroupValueType::Plain(*value)).collect();
    let description = TypeDescription { value_types, parameters: parameters.len(), supertype: None, is_final: true };
    // 2^32 types do not fit in memory.
    intern_group(&[description]).unwrap_or(u32::MAX)
}

/// Whether the type `identity` is the type `of`, or declared a subtype of it.
pub(crate) fn is_subtype(identity: u32, of: u32) -> bool {
    if identity == of {
        return true;
    }
    let registry = read();
    let mut next = Some(identity);
    while let Some(current) = next {
        if current == of {
            return true;
        }
        next = registry.types.get(current as usize).and_then(|entry| entry.supertype);
    }
    false
}

/// The function type with this identity.
pub(crate) fn function_type(identity: u32) -> Option<Arc<FunctionType>> {
    Some(read().types.get(identity as usize)?.function.clone())
}

impl GroupReference {
    fn resolve(self, first: u32) -> u32 {
        match self {
            Self::Inside(position) => first + position,
            Self::Identity(identity) => identity,
        }
    }
}

impl GroupValueType {
    fn resolve(self, first: u32) -> ValueType {
        match self {
            Self::Plain(plain) => plain,
            Self::Inside { nullable, position } => {
                ValueType::Reference(ReferenceType { nullable, heap: HeapType::Concrete(first + position) })
            }
        }
    }
}

fn encode(description: &TypeDescription, key: &mut Encoding) {
    let word = |kind: u32, operand: u32| u64::from(kind) | u64::from(operand) << 32;
    let (kind, reference) = match description.supertype {
        None => (0, 0),
        Some(GroupReference::Inside(position)) => (1, position),
        Some(GroupReference::Identity(identity)) => (2, identity),
    };
    let results = description.value_types.len() - description.parameters;
    key.push(word(kind | u32::from(description.is_final) << 8, reference));
    key.push(word(description.parameters as u32, results as u32));
    for value_type in &description.value_types {
        let (kind, nullable, operand) = match *value_type {
            GroupValueType::Plain(ValueType::I32) => (0, false, 0),
            GroupValueType::Plain(ValueType::I64) => (1, false, 0),
            GroupValueType::Plain(ValueType::F32) => (2, false, 0),
            GroupValueType::Plain(ValueType::F64) => (3, false, 0),
            GroupValueType::Plain(ValueType::V128) => (4, false, 0),
            GroupValueType::Plain(ValueType::Reference(ReferenceType { nullable, heap })) => match heap {
                HeapType::Func => (5, nullable, 0),
                HeapType::Extern => (6, nullable, 0),
                HeapType::Exn => (7, nullable, 0),
                HeapType::NoFunc => (8, nullable, 0),
                HeapType::NoExtern => (9, nullable, 0),
                HeapType::NoExn => (10, nullable, 0),
                HeapType::Concrete(identity) => (11, nullable, identity),
            },
            GroupValueType::Inside { nullable, position } => (12, nullable, position),
        };
        key.push(word(kind | u32::from(nullable) << 8, operand));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smallvec::smallvec;

    fn recursive(is_final: bool, supertype: Option<GroupReference>) -> TypeDescription {
        let value_types = smallvec![GroupValueType::Inside { nullable: true, position: 0 }];
        TypeDescription { value_types, parameters: 1, supertype, is_final }
    }

    #[test]
    fn equal_groups_have_equal_identities() {
        let one = intern_group(&[recursive(true, None)]).unwrap();
        assert_eq!(intern_group(&[recursive(true, None)]), Some(one));
        assert_ne!(intern_group(&[recursive(false, None)]), Some(one));
        assert_ne!(intern_group(&[recursive(true, None), recursive(true, None)]), Some(one));
        let parameter = function_type(one).unwrap().parameters[0];
        assert_eq!(parameter, ValueType::Reference(ReferenceType { nullable: true, heap: HeapType::Concrete(one) }));
    }

    #[test]
    fn declared_supertypes_are_followed() {
        let base = intern_group(&[recursive(false, None)]).unwrap();
        let middle = intern_group(&[recursive(false, Some(GroupReference::Identity(base)))]).unwrap();
        let leaf = intern_group(&[recursive(true, Some(GroupReference::Identity(middle)))]).unwrap();
        assert!(is_subtype(leaf, base));
        assert!(!is_subtype(base, leaf));
        assert_eq!(intern_function(&[ValueType::I32], &[]), intern_function(&[ValueType::I32], &[]));
    }
}
