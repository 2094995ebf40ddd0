//! Evaluates constant expressions. Their records may be hostile: each value's kind is tracked, so that a number is never
//! taken for a reference.

use wasmc_contract::metadata::{ConstantRecord, constant};

use super::InstanceData;
use crate::types::{HeapType, ValueType};
use crate::value::Slot;

/// What a value is, as far as it matters to whoever follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    I32,
    I64,
    F32,
    F64,
    V128,
    Function,
    Extern,
    Exception,
    Null,
}

impl Kind {
    fn of(value_type: ValueType) -> Self {
        match value_type {
            ValueType::I32 => Self::I32,
            ValueType::I64 => Self::I64,
            ValueType::F32 => Self::F32,
            ValueType::F64 => Self::F64,
            ValueType::V128 => Self::V128,
            ValueType::Reference(reference) => match reference.heap {
                HeapType::Func | HeapType::NoFunc | HeapType::Concrete(_) => Self::Function,
                HeapType::Extern | HeapType::NoExtern => Self::Extern,
                HeapType::Exn | HeapType::NoExn => Self::Exception,
            },
        }
    }

    fn fits(self, value_type: ValueType) -> bool {
        match value_type {
            ValueType::Reference(reference) if self == Self::Null => reference.nullable,
            _ => self == Self::of(value_type),
        }
    }
}

impl InstanceData {
    /// The value of the expression of `length` constants from `start`, if it is one of `value_type`. It may use globals
    /// below `globals`.
    pub(super) fn evaluate(&self, start: u32, length: u32, value_type: ValueType, globals: u32) -> Option<Slot> {
        let constants = self.image.inner.metadata.constants.slice(start as usize, length as usize)?;
        let mut stack: Vec<(Slot, Kind)> = Vec::new();
        for record in constants.iter() {
            let value = match record.operation {
                constant::I32_ADD | constant::I32_SUB | constant::I32_MUL => {
                    let ((right, Kind::I32), (left, Kind::I32)) = (stack.pop()?, stack.pop()?) else { return None };
                    let value = arithmetic(record.operation, left.low, right.low);
                    (Slot { low: u64::from(value as u32), high: 0 }, Kind::I32)
                }
                constant::I64_ADD | constant::I64_SUB | constant::I64_MUL => {
                    let ((right, Kind::I64), (left, Kind::I64)) = (stack.pop()?, stack.pop()?) else { return None };
                    (Slot { low: arithmetic(record.operation, left.low, right.low), high: 0 }, Kind::I64)
                }
                _ => self.constant(&record, globals)?,
            };
            stack.push(value);
        }
        let (value, kind) = stack.pop()?;
        (stack.is_empty() && kind.fits(value_type)).then_some(value)
    }

    /// The reference that an element's constant gives.
    pub(super) fn element(&self, record: &ConstantRecord, value_type: ValueType) -> Option<u64> {
        if record.operation == constant::EXPRESSION {
            let length = u32::try_from(record.low).ok()?;
            return Some(self.evaluate(record.index, length, value_type, u32::MAX)?.low);
        }
        let (value, kind) = self.constant(record, u32::MAX)?;
        kind.fits(value_type).then_some(value.low)
    }

    /// The offset that an active segment's expression gives: 32 or 64 bits.
    pub(super) fn offset(&self, start: u32, length: u32) -> Option<u64> {
        let narrow = self.evaluate(start, length, ValueType::I32, u32::MAX);
        Some(narrow.or_else(|| self.evaluate(start, length, ValueType::I64, u32::MAX))?.low)
    }

    fn constant(&self, record: &ConstantRecord, globals: u32) -> Option<(Slot, Kind)> {
        let low = |low| Slot { low, high: 0 };
        Some(match record.operation {
            constant::I32 => (low(u64::from(record.low as u32)), Kind::I32),
            constant::I64 => (low(record.low), Kind::I64),
            constant::F32 => (low(u64::from(record.low as u32)), Kind::F32),
            constant::F64 => (low(record.low), Kind::F64),
            constant::V128 => (Slot { low: record.low, high: record.high }, Kind::V128),
            constant::GLOBAL_GET if record.index < globals => {
                let global = self.global(record.index)?;
                // SAFETY: a global's slot lives as long as its store.
                let slot = unsafe { *(global.slot as *const Slot) };
                let value_type = global.global_type().value;
                let is_null = matches!(value_type, ValueType::Reference(_)) && slot.low == 0;
                (slot, if is_null { Kind::Null } else { Kind::of(value_type) })
            }
            constant::REF_FUNC => (low(self.function_reference(record.index)? as u64), Kind::Function),
            constant::REF_NULL => (low(0), Kind::Null),
            _ => return None,
        })
    }
}

/// Modulo 2^64, of which 32-bit operations take the low half.
fn arithmetic(operation: u32, left: u64, right: u64) -> u64 {
    match operation {
        constant::I32_ADD | constant::I64_ADD => left.wrapping_add(right),
        constant::I32_SUB | constant::I64_SUB => left.wrapping_sub(right),
        _ => left.wrapping_mul(right),
    }
}
