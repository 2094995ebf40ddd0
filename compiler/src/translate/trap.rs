//! Trap codes: the contract's in, Cranelift's out, and back again.

use cranelift_codegen::ir;
use wasmc_contract::trap::TrapCode;

/// The code that an instruction in Cranelift IR carries for `code`.
pub(crate) const fn to_cranelift(code: TrapCode) -> ir::TrapCode {
    ir::TrapCode::unwrap_user(code as u8)
}

/// Why code with Cranelift's `code` stops; `None` for a code that neither translation nor Cranelift uses.
pub(crate) fn from_cranelift(code: ir::TrapCode) -> Option<TrapCode> {
    Some(match code {
        ir::TrapCode::STACK_OVERFLOW => TrapCode::StackOverflow,
        ir::TrapCode::INTEGER_OVERFLOW => TrapCode::IntegerOverflow,
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => TrapCode::MemoryOutOfBounds,
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => TrapCode::IntegerDivideByZero,
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => TrapCode::InvalidConversionToInteger,
        other => TrapCode::from_number(other.as_raw().get())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_map_back() {
        for code in TrapCode::ALL {
            assert_eq!(from_cranelift(to_cranelift(*code)), Some(*code));
        }
        for code in ir::TrapCode::non_user_traps() {
            assert!(from_cranelift(*code).is_some());
        }
    }
}
