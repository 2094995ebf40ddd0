//! From the host into compiled code: array entries, and the C-ABI entries of exported functions.

use cranelift_codegen::ir::{
    AbiParam, BlockArg, ExceptionTableData, ExceptionTableItem, Function, InstBuilder, MemFlagsData, Signature, types,
};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::offset;
use wasmc_contract::convention::{RAISED, RETURNED};

use super::{call_builtin, start, values};
use crate::module::TypeDefinition;
use crate::translate::{POINTER, signature_of, value_type};

/// An array entry ([`wasmc_contract::convention`]) for a type.
pub(super) fn array_entry(
    definition: &TypeDefinition,
    host: TargetFrontendConfig,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let mut signature = Signature::new(host.default_call_conv);
    signature.params.extend([AbiParam::new(POINTER); 4]);
    signature.returns.push(AbiParam::new(types::I64));
    let (mut builder, parameters) = start(function, builder_context, signature);
    let &[context, code, array, store] = parameters.as_slice() else { unreachable!("four parameters were declared") };

    // Where a trap continues: as if the call below had come back through its exceptional edge. The block of that call
    // cannot be the entry block, which nothing may refer to.
    let call = builder.create_block();
    let handler_address = builder.ins().get_exception_handler_address(POINTER, call, 0);
    let stack_pointer = builder.ins().get_stack_pointer(POINTER);
    let frame_pointer = builder.ins().get_frame_pointer(POINTER);
    for (value, place) in [
        (handler_address, offset::STORE_ENTRY_HANDLER),
        (stack_pointer, offset::STORE_ENTRY_STACK_POINTER),
        (frame_pointer, offset::STORE_ENTRY_FRAME_POINTER),
    ] {
        builder.ins().store(MemFlagsData::trusted(), value, store, place);
    }

    builder.ins().jump(call, &[]);
    builder.switch_to_block(call);
    builder.seal_block(call);

    let mut arguments = vec![context];
    arguments.extend(values::load(&mut builder, array, &definition.parameters));
    let callee = builder.import_signature(signature_of(definition));
    let returned = builder.create_block();
    let raised = builder.create_block();
    let result_places = (0..definition.results.len() as u32).map(BlockArg::TryCallRet);
    for result in &definition.results {
        builder.append_block_param(returned, value_type(*result));
    }
    let pool = &mut builder.func.dfg.value_lists;
    let normal = cranelift_codegen::ir::BlockCall::new(returned, result_places, pool);
    let handler = cranelift_codegen::ir::BlockCall::new(raised, [], pool);
    let table = ExceptionTableData::new(callee, normal, [ExceptionTableItem::Default(handler)]);
    let table = builder.func.dfg.exception_tables.push(table);
    builder.ins().try_call_indirect(code, &arguments, table);

    builder.switch_to_block(returned);
    builder.seal_block(returned);
    let results = builder.block_params(returned).to_vec();
    values::store(&mut builder, array, &results);
    finish_with(&mut builder, RETURNED);
    builder.switch_to_block(raised);
    builder.seal_block(raised);
    finish_with(&mut builder, RAISED);
    builder.finalize(host);
}

fn finish_with(builder: &mut FunctionBuilder<'_>, status: u64) {
    let status = builder.ins().iconst(types::I64, status as i64);
    builder.ins().return_(&[status]);
}

/// The C-ABI entry of the exported function at `index`.
pub(super) fn export(
    index: u32,
    definition: &TypeDefinition,
    host: TargetFrontendConfig,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let signature = super::leave::typed_signature(definition, host);
    let (mut builder, parameters) = start(function, builder_context, signature);
    let context = parameters[0];
    let arguments = &parameters[1..][..definition.parameters.len()];
    let slot = values::allocate(&mut builder, definition);
    let array = values::address(&mut builder, slot);
    values::store(&mut builder, array, arguments);
    let builtins = builder.ins().load(POINTER, MemFlagsData::trusted(), context, offset::INSTANCE_BUILTINS);
    let index = builder.ins().iconst(types::I32, i64::from(index));
    call_builtin(&mut builder, host, builtins, Builtin::CallExport, &[context, index, array]);
    let results = values::load(&mut builder, array, &definition.results);
    if results.len() > 1 {
        let destination = *parameters.last().expect("the results' address is the last parameter");
        values::store(&mut builder, destination, &results);
        builder.ins().return_(&[]);
    } else {
        builder.ins().return_(&results);
    }
    builder.finalize(host);
}
