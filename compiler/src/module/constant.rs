//! Constant expressions: wasmparser's in, lists of [`Constant`] out. They are validated before they come here.

use wasmparser::{AbstractHeapType, ConstExpr, HeapType, Operator};

use super::{Constant, ConstantExpression};
use crate::error::CompileError;

/// Reads a constant expression.
pub(super) fn read(expression: &ConstExpr<'_>) -> Result<ConstantExpression, CompileError> {
    let mut reader = expression.get_operators_reader();
    let mut constants = Vec::with_capacity(1);
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        constants.push(match operator {
            Operator::I32Const { value } => Constant::I32(value),
            Operator::I64Const { value } => Constant::I64(value),
            Operator::F32Const { value } => Constant::F32(value.bits()),
            Operator::F64Const { value } => Constant::F64(value.bits()),
            Operator::V128Const { value } => Constant::V128(value.i128() as u128),
            Operator::GlobalGet { global_index } => Constant::GlobalGet(global_index),
            Operator::RefFunc { function_index } => Constant::RefFunc(function_index),
            Operator::RefNull { hty } => {
                check_heap_type(hty, offset)?;
                Constant::RefNull
            }
            Operator::I32Add => Constant::I32Add,
            Operator::I32Sub => Constant::I32Sub,
            Operator::I32Mul => Constant::I32Mul,
            Operator::I64Add => Constant::I64Add,
            Operator::I64Sub => Constant::I64Sub,
            Operator::I64Mul => Constant::I64Mul,
            Operator::End => break,
            _ => return Err(unsupported(offset, "GC")),
        });
    }
    Ok(constants.into_boxed_slice())
}

/// The value of an expression of integers alone; 32-bit ones are extended with zeros.
pub(crate) fn integer(expression: &[Constant]) -> Option<u64> {
    let mut stack = Vec::with_capacity(2);
    for constant in expression {
        let value = match *constant {
            Constant::I32(value) => u64::from(value as u32),
            Constant::I64(value) => value as u64,
            Constant::I32Add | Constant::I32Sub | Constant::I32Mul => {
                let (right, left) = (stack.pop()? as u32, stack.pop()? as u32);
                u64::from(match constant {
                    Constant::I32Add => left.wrapping_add(right),
                    Constant::I32Sub => left.wrapping_sub(right),
                    _ => left.wrapping_mul(right),
                })
            }
            Constant::I64Add | Constant::I64Sub | Constant::I64Mul => {
                let (right, left): (u64, u64) = (stack.pop()?, stack.pop()?);
                match constant {
                    Constant::I64Add => left.wrapping_add(right),
                    Constant::I64Sub => left.wrapping_sub(right),
                    _ => left.wrapping_mul(right),
                }
            }
            _ => return None,
        };
        stack.push(value);
    }
    match stack[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// Refuses heap types of proposals that are not supported.
pub(crate) fn check_heap_type(heap_type: HeapType, offset: u64) -> Result<(), CompileError> {
    match heap_type {
        HeapType::Abstract { shared: true, .. } => Err(unsupported(offset, "threads")),
        HeapType::Abstract { ty, .. } => match ty {
            AbstractHeapType::Func
            | AbstractHeapType::NoFunc
            | AbstractHeapType::Extern
            | AbstractHeapType::NoExtern
            | AbstractHeapType::Exn
            | AbstractHeapType::NoExn => Ok(()),
            AbstractHeapType::Cont | AbstractHeapType::NoCont => Err(unsupported(offset, "stack switching")),
            _ => Err(unsupported(offset, "GC")),
        },
        HeapType::Concrete(_) => Ok(()),
        HeapType::Exact(_) => Err(unsupported(offset, "custom descriptors")),
    }
}

/// The error for what a proposal that is not supported brings.
pub(crate) fn unsupported(offset: u64, feature: &str) -> CompileError {
    CompileError::Unsupported { offset, feature: feature.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_evaluated() {
        assert_eq!(integer(&[Constant::I32(-1)]), Some(0xffff_ffff));
        assert_eq!(integer(&[Constant::I32(2), Constant::I32(3), Constant::I32Sub]), Some(0xffff_ffff));
        assert_eq!(integer(&[Constant::I64(2), Constant::I64(3), Constant::I64Mul]), Some(6));
        assert_eq!(integer(&[Constant::GlobalGet(0)]), None);
        assert_eq!(integer(&[]), None);
    }
}
