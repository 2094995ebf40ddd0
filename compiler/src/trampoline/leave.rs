//! From compiled code to the host, or to another instance: host calls, and the thunks of imported functions.

use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, Value, types};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;

use super::{call_builtin, start, values};
use crate::module::TypeDefinition;
use crate::translate::{POINTER, signature_of, trap, value_type};

/// The C signature of typed host functions and of exports' entries: context, parameters, and where results go if they
/// are more than one.
pub(super) fn typed_signature(definition: &TypeDefinition, host: TargetFrontendConfig) -> Signature {
    let mut signature = Signature::new(host.default_call_conv);
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(definition.parameters.iter().map(|kind| AbiParam::new(value_type(*kind))));
    match &*definition.results {
        [] => {}
        [result] => signature.returns.push(AbiParam::new(value_type(*result))),
        _ => signature.params.push(AbiParam::new(POINTER)),
    }
    signature
}

/// Calls a typed host function of this type.
pub(super) fn host_call(
    definition: &TypeDefinition,
    host: TargetFrontendConfig,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let (mut builder, mut arguments) = start(function, builder_context, signature_of(definition));
    let call = HostCall::start(&mut builder, arguments[0]);
    let results_array = (definition.results.len() > 1).then(|| {
        let slot = values::allocate_for(&mut builder, definition.results.len());
        values::address(&mut builder, slot)
    });
    arguments.extend(results_array);
    let signature = builder.import_signature(typed_signature(definition, host));
    let called = builder.ins().call_indirect(signature, call.function, &arguments);
    let mut results = builder.inst_results(called).to_vec();
    call.check_pending(&mut builder, host);
    if let Some(array) = results_array {
        results = values::load(&mut builder, array, &definition.results);
    }
    builder.ins().return_(&results);
    builder.finalize(host);
}

/// Calls a host function of this type that takes an array of values.
pub(super) fn host_array_call(
    definition: &TypeDefinition,
    host: TargetFrontendConfig,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let (mut builder, arguments) = start(function, builder_context, signature_of(definition));
    let call = HostCall::start(&mut builder, arguments[0]);
    let slot = values::allocate(&mut builder, definition);
    let array = values::address(&mut builder, slot);
    values::store(&mut builder, array, &arguments[1..]);
    let mut signature = Signature::new(host.default_call_conv);
    signature.params.extend([AbiParam::new(POINTER); 2]);
    let signature = builder.import_signature(signature);
    builder.ins().call_indirect(signature, call.function, &[arguments[0], array]);
    call.check_pending(&mut builder, host);
    let results = values::load(&mut builder, array, &definition.results);
    builder.ins().return_(&results);
    builder.finalize(host);
}

/// What a call to a [`wasmc_contract::context::HostFunction`] needs of it.
struct HostCall {
    store: Value,
    function: Value,
}

impl HostCall {
    /// Loads it, and leaves the frame pointer where a backtrace from the host starts.
    fn start(builder: &mut FunctionBuilder<'_>, host_function: Value) -> Self {
        let store = builder.ins().load(POINTER, MemFlagsData::trusted(), host_function, offset::HOST_STORE);
        let function = builder.ins().load(POINTER, MemFlagsData::trusted(), host_function, offset::HOST_FUNCTION);
        let frame_pointer = builder.ins().get_frame_pointer(POINTER);
        builder.ins().store(MemFlagsData::trusted(), frame_pointer, store, offset::STORE_EXIT_FRAME_POINTER);
        Self { store, function }
    }

    /// After the call: raises what is pending, or goes on.
    fn check_pending(&self, builder: &mut FunctionBuilder<'_>, host: TargetFrontendConfig) {
        let pending = builder.ins().load(types::I64, MemFlagsData::trusted(), self.store, offset::STORE_PENDING);
        let raise = builder.create_block();
        let go_on = builder.create_block();
        builder.set_cold_block(raise);
        builder.ins().brif(pending, raise, &[], go_on, &[]);
        builder.switch_to_block(raise);
        builder.seal_block(raise);
        let builtins = builder.ins().load(POINTER, MemFlagsData::trusted(), self.store, offset::STORE_BUILTINS);
        call_builtin(builder, host, builtins, Builtin::Raise, &[self.store]);
        // It does not return.
        builder.ins().trap(trap::to_cranelift(TrapCode::Unreachable));
        builder.switch_to_block(go_on);
        builder.seal_block(go_on);
    }
}

/// Calls the imported function whose [`wasmc_contract::context::ImportedFunction`] is at `slot` of the context.
pub(super) fn thunk(
    slot: u32,
    signature: Signature,
    host: TargetFrontendConfig,
    function: &mut Function,
    builder_context: &mut FunctionBuilderContext,
) {
    let (mut builder, mut arguments) = start(function, builder_context, signature.clone());
    let slot = slot as i32;
    let code = builder.ins().load(POINTER, MemFlagsData::trusted(), arguments[0], slot + offset::IMPORTED_CODE);
    let context = builder.ins().load(POINTER, MemFlagsData::trusted(), arguments[0], slot + offset::IMPORTED_CONTEXT);
    arguments[0] = context;
    let signature = builder.import_signature(signature);
    builder.ins().return_call_indirect(signature, code, &arguments);
    builder.finalize(host);
}
