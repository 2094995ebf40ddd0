//! Arguments that scripts write become values; values that functions return are held against what scripts expect.

use wasmc_loader::{ExternReference, Value};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The value that an argument stands for; an error names what is not supported.
pub(super) fn argument(argument: &WastArg<'_>) -> Result<Value, String> {
    let WastArg::Core(argument) = argument else { return Err("an argument of a component".into()) };
    Ok(match argument {
        WastArgCore::I32(value) => Value::I32(*value),
        WastArgCore::I64(value) => Value::I64(*value),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => Value::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefExtern(number) => Value::from(ExternReference::new(*number)),
        WastArgCore::RefNull(heap_type) => null(heap_type)?,
        WastArgCore::RefHost(_) => return Err("a host reference in the hierarchy of any".into()),
    })
}

fn null(heap_type: &HeapType<'_>) -> Result<Value, String> {
    use AbstractHeapType::{Exn, Extern, Func, NoExn, NoExtern, NoFunc};
    match heap_type {
        HeapType::Abstract { ty: Func | NoFunc, .. } | HeapType::Concrete(_) => Ok(Value::Function(None)),
        HeapType::Abstract { ty: Extern | NoExtern, .. } => Ok(Value::Extern(None)),
        HeapType::Abstract { ty: Exn | NoExn, .. } => Ok(Value::Exception(None)),
        other => Err(format!("a null reference to {other:?}")),
    }
}

/// Whether `found` is what was expected; an error shows both.
pub(super) fn check_results(found: &[Value], expected: &[WastRet<'_>]) -> Result<(), String> {
    if found.len() != expected.len() {
        return Err(format!("{} results, expected {}", found.len(), expected.len()));
    }
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let WastRet::Core(expected) = expected else { return Err("a result of a component".into()) };
        if !matches(found, expected) {
            return Err(format!("result {index} is {}, expected {expected:?}", show(found)));
        }
    }
    Ok(())
}

fn matches(found: &Value, expected: &WastRetCore<'_>) -> bool {
    match (found, expected) {
        (_, WastRetCore::Either(choices)) => choices.iter().any(|choice| matches(found, choice)),
        (Value::I32(found), WastRetCore::I32(expected)) => found == expected,
        (Value::I64(found), WastRetCore::I64(expected)) => found == expected,
        (Value::F32(found), WastRetCore::F32(expected)) => matches_f32(*found, expected),
        (Value::F64(found), WastRetCore::F64(expected)) => matches_f64(*found, expected),
        (Value::V128(found), WastRetCore::V128(expected)) => matches_v128(*found, expected),
        (Value::Function(None) | Value::Extern(None) | Value::Exception(None), WastRetCore::RefNull(None)) => true,
        (found, WastRetCore::RefNull(Some(heap_type))) => is_null_of(found, heap_type),
        (Value::Extern(Some(_)), WastRetCore::RefExtern(None)) => true,
        (Value::Extern(Some(reference)), WastRetCore::RefExtern(Some(number))) => reference.number() == *number,
        // An index would say which function; no engine shows a function's index to its embedder.
        (Value::Function(Some(_)), WastRetCore::RefFunc(_)) => true,
        _ => false,
    }
}

fn is_null_of(found: &Value, heap_type: &HeapType<'_>) -> bool {
    matches!(
        (found, null(heap_type)),
        (Value::Function(None), Ok(Value::Function(None)))
            | (Value::Extern(None), Ok(Value::Extern(None)))
            | (Value::Exception(None), Ok(Value::Exception(None)))
    )
}

fn matches_f32(found: u32, expected: &NanPattern<F32>) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => found & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(value) => found == value.bits,
    }
}

fn matches_f64(found: u64, expected: &NanPattern<F64>) -> bool {
    match expected {
        NanPattern::CanonicalNan => found & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => found & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(value) => found == value.bits,
    }
}

fn matches_v128(found: u128, expected: &V128Pattern) -> bool {
    let lanes_32 = || (0..4).map(|lane| (found >> (32 * lane)) as u32);
    let lanes_64 = || (0..2).map(|lane| (found >> (64 * lane)) as u64);
    match expected {
        V128Pattern::I8x16(lanes) => lanes.iter().enumerate().all(|(at, lane)| (found >> (8 * at)) as i8 == *lane),
        V128Pattern::I16x8(lanes) => lanes.iter().enumerate().all(|(at, lane)| (found >> (16 * at)) as i16 == *lane),
        V128Pattern::I32x4(lanes) => lanes_32().zip(lanes).all(|(found, lane)| found as i32 == *lane),
        V128Pattern::I64x2(lanes) => lanes_64().zip(lanes).all(|(found, lane)| found as i64 == *lane),
        V128Pattern::F32x4(lanes) => lanes_32().zip(lanes).all(|(found, lane)| matches_f32(found, lane)),
        V128Pattern::F64x2(lanes) => lanes_64().zip(lanes).all(|(found, lane)| matches_f64(found, lane)),
    }
}

/// A value as a failure shows it: floats with their bits.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::I32(value) => format!("i32 {value}"),
        Value::I64(value) => format!("i64 {value}"),
        Value::F32(bits) => format!("f32 {:?} ({bits:#010x})", f32::from_bits(*bits)),
        Value::F64(bits) => format!("f64 {:?} ({bits:#018x})", f64::from_bits(*bits)),
        Value::V128(value) => format!("v128 {value:#034x}"),
        Value::Function(value) => format!("a {} function reference", if value.is_some() { "non-null" } else { "null" }),
        Value::Extern(value) => format!("a {} extern reference", if value.is_some() { "non-null" } else { "null" }),
        Value::Exception(value) => format!("a {} exception", if value.is_some() { "non-null" } else { "null" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_classes_are_told_apart() {
        assert!(matches_f32(0xffc0_0000, &NanPattern::CanonicalNan));
        assert!(!matches_f32(0x7fc0_0001, &NanPattern::CanonicalNan));
        assert!(matches_f32(0x7fc0_0001, &NanPattern::ArithmeticNan));
        assert!(!matches_f32(0x7fa0_0000, &NanPattern::ArithmeticNan));
        assert!(matches_f64(0xfff8_0000_0000_0000, &NanPattern::CanonicalNan));
        assert!(!matches_f64(0x7ff4_0000_0000_0000, &NanPattern::ArithmeticNan));
    }

    #[test]
    fn lanes_are_little_endian() {
        assert!(matches_v128(0x0001, &V128Pattern::I16x8([1, 0, 0, 0, 0, 0, 0, 0])));
        assert!(matches_v128(1 << 64, &V128Pattern::I64x2([0, 1])));
        assert!(!matches_v128(1 << 64, &V128Pattern::I64x2([1, 0])));
    }
}
