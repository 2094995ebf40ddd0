//! Arrays of 16-byte values: how parameters and results travel where the callee's type is not known.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, StackSlot, StackSlotData, StackSlotKind, Value};
use cranelift_frontend::FunctionBuilder;
use wasmc_contract::context::VALUE_BYTES;
use wasmparser::ValType;

use crate::module::TypeDefinition;
use crate::translate::{POINTER, value_type};

/// A stack slot for the parameters and, in their place, the results of a function of this type.
pub(super) fn allocate(builder: &mut FunctionBuilder<'_>, definition: &TypeDefinition) -> StackSlot {
    allocate_for(builder, definition.parameters.len().max(definition.results.len()))
}

/// A stack slot for `count` values.
pub(super) fn allocate_for(builder: &mut FunctionBuilder<'_>, count: usize) -> StackSlot {
    let bytes = count as u32 * VALUE_BYTES;
    builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4))
}

/// The slot's address.
pub(super) fn address(builder: &mut FunctionBuilder<'_>, slot: StackSlot) -> Value {
    builder.ins().stack_addr(POINTER, slot, 0)
}

/// Stores `values` into the array at `array`.
pub(super) fn store(builder: &mut FunctionBuilder<'_>, array: Value, values: &[Value]) {
    for (index, value) in values.iter().enumerate() {
        builder.ins().store(MemFlagsData::trusted(), *value, array, offset(index));
    }
}

/// Loads values of these types from the array at `array`.
pub(super) fn load(builder: &mut FunctionBuilder<'_>, array: Value, types: &[ValType]) -> Vec<Value> {
    let load = |(index, kind): (usize, &ValType)| {
        builder.ins().load(value_type(*kind), MemFlagsData::trusted(), array, offset(index))
    };
    types.iter().enumerate().map(load).collect()
}

fn offset(index: usize) -> i32 {
    index as i32 * VALUE_BYTES as i32
}
