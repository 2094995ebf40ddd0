//! References: null, functions', and what asks about them.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_contract::trap::TrapCode;
use wasmparser::Operator;

use super::function::FunctionTranslator;
use super::signature::POINTER;
use super::trap::to_cranelift;
use crate::error::CompileError;
use crate::module::constant::check_heap_type;

impl FunctionTranslator<'_, '_> {
    /// Translates operators on references; `false` for any other.
    pub(super) fn reference(&mut self, operator: &Operator<'_>, offset: u64) -> Result<bool, CompileError> {
        match operator {
            Operator::RefNull { hty } => {
                check_heap_type(*hty, offset)?;
                let null = self.builder.ins().iconst(POINTER, 0);
                self.stack.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop();
                let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                let is_null = self.builder.ins().uextend(types::I32, is_null);
                self.stack.push(is_null);
            }
            Operator::RefFunc { function_index } => {
                let reference = self.function_reference(*function_index);
                self.stack.push(reference);
            }
            Operator::RefAsNonNull => {
                let reference = *self.stack.last().expect("validated");
                self.builder.ins().trapz(reference, to_cranelift(TrapCode::NullReference));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A reference to the function at `index`.
    pub(super) fn function_reference(&mut self, index: u32) -> Value {
        let slot = self.environment.module.usage.reference_slot(index);
        let slot = slot.expect("the scan of all bodies and declarations found what is referred to");
        let offset = self.environment.layout.reference(slot);
        self.builder.ins().iadd_imm_s(self.context, i64::from(offset))
    }
}
