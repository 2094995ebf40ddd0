//! Tables: their elements, their sizes, and operations on many elements.
//!
//! A table's elements are reference values in an array that may move when the table grows. Ready tables
//! ([`crate::module::ReadyTable`]) are only ever called through, which is in `call`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;
use wasmparser::Operator;

use super::function::{FunctionTranslator, Region};
use super::signature::POINTER;

impl FunctionTranslator<'_, '_> {
    /// Translates operators on tables; `false` for any other.
    pub(super) fn table(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::TableGet { table } => {
                let index = self.pop();
                let (address, flags) = self.table_element(*table, index, TrapCode::TableOutOfBounds);
                let reference = self.builder.ins().load(POINTER, flags, address, 0);
                self.stack.push(reference);
            }
            Operator::TableSet { table } => {
                let (index, reference) = self.pop_two();
                let (address, flags) = self.table_element(*table, index, TrapCode::TableOutOfBounds);
                self.builder.ins().store(flags, reference, address, 0);
            }
            Operator::TableSize { table } => {
                let length = self.table_length(*table);
                self.push_table_index(*table, length);
            }
            Operator::TableGrow { table } => {
                let elements = self.pop_index();
                let reference = self.pop();
                let index = self.index_argument(*table);
                let before = self.call_builtin(Builtin::TableGrow, &[self.context, index, elements, reference]);
                self.push_table_index(*table, before);
            }
            Operator::TableFill { table } => {
                let length = self.pop_index();
                let reference = self.pop();
                let destination = self.pop_index();
                let index = self.index_argument(*table);
                let arguments = [self.context, index, destination, reference, length];
                self.call_checked_builtin(Builtin::TableFill, &arguments);
            }
            Operator::TableInit { elem_index, table } => {
                let [destination, source, length] = self.pop_indices();
                let index = self.index_argument(*table);
                let segment = self.index_argument(*elem_index);
                let arguments = [self.context, index, segment, destination, source, length];
                self.call_checked_builtin(Builtin::TableInit, &arguments);
            }
            Operator::TableCopy { dst_table, src_table } => {
                let [destination, source, length] = self.pop_indices();
                let to = self.index_argument(*dst_table);
                let from = self.index_argument(*src_table);
                let arguments = [self.context, to, from, destination, source, length];
                self.call_checked_builtin(Builtin::TableCopy, &arguments);
            }
            Operator::ElemDrop { elem_index } => {
                let segment = self.index_argument(*elem_index);
                self.call_builtin(Builtin::ElementDrop, &[self.context, segment]);
            }
            _ => return false,
        }
        true
    }

    /// The address of the table's element at `index`, and the flags to access it with; traps with `code` if there is
    /// none.
    pub(super) fn table_element(&mut self, table: u32, index: Value, code: TrapCode) -> (Value, MemFlagsData) {
        let index = self.widen(index);
        let length = self.table_length(table);
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.trap_if(is_outside, code);
        let base = self.table_base(table);
        let distance = self.builder.ins().ishl_imm_u(index, 3);
        let address = self.builder.ins().iadd(base, distance);
        (address, self.trusted(Region::TableElements))
    }

    /// The table's length, as 64 bits.
    fn table_length(&mut self, table: u32) -> Value {
        let declared = &self.environment.module.tables[table as usize];
        if self.is_fixed_table(table) || declared.maximum == Some(declared.minimum) {
            return self.builder.ins().iconst(types::I64, declared.minimum as i64);
        }
        let (definition, offset) = self.table_definition(table);
        let flags = self.trusted(Region::TableDefinitions);
        self.builder.ins().load(POINTER, flags, definition, offset as i32 + offset::TABLE_LENGTH)
    }

    fn table_base(&mut self, table: u32) -> Value {
        let (definition, offset) = self.table_definition(table);
        if self.is_fixed_table(table) {
            return self.constant_pointer_at(definition, offset + offset::TABLE_BASE as u32);
        }
        let flags = self.trusted(Region::TableDefinitions);
        self.builder.ins().load(POINTER, flags, definition, offset as i32 + offset::TABLE_BASE)
    }

    fn is_fixed_table(&self, table: u32) -> bool {
        self.environment.module.usage.fixed_tables[table as usize]
    }

    /// A pointer, and the offset from there to the table's definition.
    fn table_definition(&mut self, table: u32) -> (Value, u32) {
        let layout = &self.environment.layout;
        match table.checked_sub(self.environment.module.imported.tables) {
            Some(nth) => (self.context, layout.defined_table(nth)),
            None => (self.constant_pointer(layout.imported_table(table)), 0),
        }
    }

    /// Pushes a number of elements as wide as the table's indices are.
    fn push_table_index(&mut self, table: u32, elements: Value) {
        let is_64 = self.environment.module.tables[table as usize].is_64;
        let elements = if is_64 { elements } else { self.builder.ins().ireduce(types::I32, elements) };
        self.stack.push(elements);
    }
}
