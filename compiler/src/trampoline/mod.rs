//! A function type or an imported or exported function in, the Cranelift IR of the code between it and the host out:
//! what [`wasmc_contract::convention`] defines.

use cranelift_codegen::ir::{Function, InstBuilder, MemFlagsData, Signature, Value};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmc_contract::builtin::{Builtin, BuiltinType};

use crate::code::Program;
use crate::translate::{POINTER, signature_of};

mod enter;
mod leave;
mod plan;
mod values;

pub(crate) use plan::{Trampoline, Trampolines};

/// Builds the IR of a trampoline into `function`, which must be empty.
pub(crate) fn build(
    program: &Program<'_>,
    trampoline: Trampoline,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let type_of = |index: u32| &program.module.types[index as usize];
    let host = program.isa().frontend_config();
    match trampoline {
        Trampoline::ArrayEntry(index) => enter::array_entry(type_of(index), host, function, builder_context),
        Trampoline::HostCall(index) => leave::host_call(type_of(index), host, function, builder_context),
        Trampoline::HostArrayCall(index) => leave::host_array_call(type_of(index), host, function, builder_context),
        Trampoline::Export(index) => {
            let definition = program.module.function_type(index);
            enter::export(index, definition, host, function, builder_context);
        }
    }
}

/// Builds the IR of the thunk of the imported function at `index` into `function`, which must be empty: it calls the
/// import as any call site does, for ready tables, which hold places of the text.
pub(crate) fn build_thunk(
    program: &Program<'_>,
    index: u32,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let signature = signature_of(program.module.function_type(index));
    let slot = program.layout.imported_function(index);
    leave::thunk(slot, signature, program.isa().frontend_config(), function, builder_context);
}

/// Starts `function` with its signature: the builder at its entry, and the parameters there.
fn start<'b>(
    function: &'b mut Function,
    builder_context: &'b mut FunctionBuilderContext,
    signature: Signature,
) -> (FunctionBuilder<'b>, Vec<Value>) {
    function.signature = signature;
    let mut builder = FunctionBuilder::new(function, builder_context);
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let parameters = builder.block_params(entry).to_vec();
    (builder, parameters)
}

/// Calls a builtin whose table is at `builtins`.
fn call_builtin(
    builder: &mut FunctionBuilder<'_>,
    host: TargetFrontendConfig,
    builtins: Value,
    builtin: Builtin,
    values: &[Value],
) {
    use cranelift_codegen::ir::{AbiParam, types};
    let machine_type = |kind: BuiltinType| match kind {
        BuiltinType::I32 => types::I32,
        BuiltinType::I64 => types::I64,
        BuiltinType::F32 => types::F32,
        BuiltinType::F64 => types::F64,
    };
    let mut signature = Signature::new(host.default_call_conv);
    signature.params.extend(builtin.parameters().iter().map(|kind| AbiParam::new(machine_type(*kind))));
    signature.returns.extend(builtin.result().map(|kind| AbiParam::new(machine_type(kind))));
    let signature = builder.import_signature(signature);
    let code = builder.ins().load(POINTER, MemFlagsData::trusted(), builtins, builtin.offset_bytes());
    builder.ins().call_indirect(signature, code, values);
}
