//! Globals: slots in the context, the exporter's slots, or constants.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::Operator;

use super::function::{FunctionTranslator, Region};
use super::signature::{POINTER, value_type};
use crate::module::{Constant, Global};

impl FunctionTranslator<'_, '_> {
    /// Translates accesses to globals; `false` for any other operator.
    pub(super) fn global(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::GlobalGet { global_index } => {
                let global = &self.environment.module.globals[*global_index as usize];
                let value = match self.folded_global(global) {
                    Some(value) => value,
                    None => {
                        let (base, offset, flags) = self.global_slot(*global_index);
                        self.builder.ins().load(value_type(global.value_type), flags, base, offset)
                    }
                };
                self.stack.push(value);
            }
            Operator::GlobalSet { global_index } => {
                let value = self.pop_canonical();
                let (base, offset, flags) = self.global_slot(*global_index);
                self.builder.ins().store(flags, value, base, offset);
            }
            _ => return false,
        }
        true
    }

    /// The value of a global that always has the same one.
    fn folded_global(&mut self, global: &Global) -> Option<Value> {
        if global.is_mutable || !self.environment.folds {
            return None;
        }
        let [constant] = global.initial.as_deref()? else { return None };
        Some(match *constant {
            Constant::I32(value) => self.builder.ins().iconst(types::I32, i64::from(value as u32)),
            Constant::I64(value) => self.builder.ins().iconst(types::I64, value),
            Constant::F32(bits) => self.builder.ins().f32const(f32::from_bits(bits)),
            Constant::F64(bits) => self.builder.ins().f64const(f64::from_bits(bits)),
            Constant::V128(bits) => self.vector_constant(bits.to_le_bytes()),
            Constant::RefNull => self.builder.ins().iconst(POINTER, 0),
            Constant::RefFunc(function) => self.function_reference(function),
            _ => return None,
        })
    }

    /// Where the global's value lies, and how it is accessed.
    fn global_slot(&mut self, index: u32) -> (Value, i32, MemFlagsData) {
        let layout = &self.environment.layout;
        match index.checked_sub(self.environment.module.imported.globals) {
            Some(nth) => {
                let offset = layout.defined_global(nth) as i32;
                (self.context, offset, self.trusted(Region::Global(nth)))
            }
            None => {
                let pointer = self.constant_pointer(layout.imported_global(index));
                (pointer, 0, self.trusted(Region::ImportedGlobals))
            }
        }
    }
}
