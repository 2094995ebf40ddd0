//! Values as a host sees them, and as compiled code has them: 16-byte slots.

use crate::entity::Function;
use crate::exception::ExceptionReference;
use crate::store::{Store, StoreInner};
use crate::types::{HeapType, ReferenceType, ValueType};

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`, by its bits.
    F32(u32),
    /// An `f64`, by its bits.
    F64(u64),
    /// A `v128`, by its bits.
    V128(u128),
    /// A reference to a function, or null.
    Function(Option<Function>),
    /// A reference to a host value, or null.
    Extern(Option<ExternReference>),
    /// A reference to an exception, or null.
    Exception(Option<ExceptionReference>),
}

/// A reference to a host value: a number that means something to the host alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternReference(u32);

impl ExternReference {
    /// The reference with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u32 {
        self.0
    }

    // Numbers are spaced so that a collector's own references, to come, can be told from them by their low bits.
    const fn raw(self) -> u64 {
        (self.0 as u64) << 2 | 2
    }

    const fn from_raw(raw: u64) -> Self {
        Self((raw >> 2) as u32)
    }
}

/// A value's slot in an array of values.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub(crate) struct Slot {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

const _: () = assert!(size_of::<Slot>() == wasmc_contract::context::VALUE_BYTES as usize);

impl Value {
    /// The least specific type that has the value.
    pub fn value_type(&self) -> ValueType {
        let reference = |nullable, heap| ValueType::Reference(ReferenceType { nullable, heap });
        match self {
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
            Self::V128(_) => ValueType::V128,
            Self::Function(None) => reference(true, HeapType::NoFunc),
            Self::Function(Some(_)) => reference(false, HeapType::Func),
            Self::Extern(None) => reference(true, HeapType::NoExtern),
            Self::Extern(Some(_)) => reference(false, HeapType::Extern),
            Self::Exception(None) => reference(true, HeapType::NoExn),
            Self::Exception(Some(_)) => reference(false, HeapType::Exn),
        }
    }

    /// The zero or null of `value_type`; what a non-nullable reference type has none of is null as well.
    pub fn default_of(value_type: ValueType) -> Self {
        match value_type {
            ValueType::I32 => Self::I32(0),
            ValueType::I64 => Self::I64(0),
            ValueType::F32 => Self::F32(0),
            ValueType::F64 => Self::F64(0),
            ValueType::V128 => Self::V128(0),
            ValueType::Reference(reference) => match reference.heap {
                HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => Self::Function(None),
                HeapType::Extern | HeapType::NoExtern => Self::Extern(None),
                HeapType::Exn | HeapType::NoExn => Self::Exception(None),
            },
        }
    }

    /// Whether the value, in `store`, has the type `value_type`. A function or an exception of another store has none.
    pub(crate) fn has_type(&self, store: &Store, value_type: ValueType) -> bool {
        if let Self::Exception(Some(exception)) = self
            && !exception.is_of(store)
        {
            return false;
        }
        let Self::Function(Some(function)) = self else {
            return self.value_type().matches(value_type);
        };
        let Some(identity) = function.type_identity(store) else { return false };
        ValueType::Reference(ReferenceType { nullable: false, heap: HeapType::Concrete(identity) }).matches(value_type)
    }

    /// The value as compiled code has it. A function must be of the store.
    pub(crate) fn to_slot(self) -> Slot {
        let low = match self {
            Self::I32(value) => u64::from(value.cast_unsigned()),
            Self::I64(value) => value.cast_unsigned(),
            Self::F32(bits) => u64::from(bits),
            Self::F64(bits) => bits,
            Self::V128(bits) => return Slot { low: bits as u64, high: (bits >> 64) as u64 },
            Self::Function(function) => function.map_or(0, Function::address),
            Self::Extern(reference) => reference.map_or(0, ExternReference::raw),
            Self::Exception(reference) => reference.map_or(0, |reference| reference.address()),
        };
        Slot { low, high: 0 }
    }

    /// The value of type `value_type` in `slot`.
    ///
    /// # Safety
    ///
    /// A reference in `slot` must be one of `store`'s.
    pub(crate) unsafe fn from_slot(slot: Slot, value_type: ValueType, store: &StoreInner) -> Self {
        match Self::default_of(value_type) {
            Self::I32(_) => Self::I32(slot.low as i32),
            Self::I64(_) => Self::I64(slot.low.cast_signed()),
            Self::F32(_) => Self::F32(slot.low as u32),
            Self::F64(_) => Self::F64(slot.low),
            Self::V128(_) => Self::V128(u128::from(slot.low) | u128::from(slot.high) << 64),
            Self::Function(_) => {
                // SAFETY: the caller's promise.
                Self::Function((slot.low != 0).then(|| unsafe { Function::from_address(slot.low, store.id) }))
            }
            Self::Extern(_) => Self::Extern((slot.low != 0).then(|| ExternReference::from_raw(slot.low))),
            Self::Exception(_) => {
                // SAFETY: the caller's promise.
                Self::Exception((slot.low != 0).then(|| unsafe { ExceptionReference::expose(store, slot.low) }))
            }
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident $convert:expr;)*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(($convert)(value))
            }
        }
    )*};
}

from! {
    i32 => I32 std::convert::identity;
    u32 => I32 u32::cast_signed;
    i64 => I64 std::convert::identity;
    u64 => I64 u64::cast_signed;
    f32 => F32 f32::to_bits;
    f64 => F64 f64::to_bits;
    u128 => V128 std::convert::identity;
    Function => Function Some;
    ExternReference => Extern Some;
}
