//! Calls of the loader's functions, through the context's table, and what follows their failure.

use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, SigRef, Signature, Type, Value, types};
use wasmc_contract::builtin::{Builtin, BuiltinType};
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;

use super::function::FunctionTranslator;
use super::signature::POINTER;
use super::trap::to_cranelift;

/// The type of a builtin's parameter or result in Cranelift IR.
pub(crate) fn builtin_type(builtin_type: BuiltinType) -> Type {
    match builtin_type {
        BuiltinType::I32 => types::I32,
        BuiltinType::I64 => types::I64,
        BuiltinType::F32 => types::F32,
        BuiltinType::F64 => types::F64,
    }
}

impl FunctionTranslator<'_, '_> {
    /// Calls a builtin; the result is the context itself if the builtin has none.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, arguments: &[Value]) -> Value {
        let signature = self.builtin_signature(builtin);
        let table = self.constant_pointer(offset::INSTANCE_BUILTINS as u32);
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let address = self.builder.ins().load(POINTER, flags, table, builtin.offset_bytes());
        let call = self.builder.ins().call_indirect(signature, address, arguments);
        self.builder.inst_results(call).first().copied().unwrap_or(self.context)
    }

    fn builtin_signature(&mut self, builtin: Builtin) -> SigRef {
        if let Some(signature) = self.builtin_signatures.get(&builtin) {
            return *signature;
        }
        let mut signature = Signature::new(self.environment.host_convention);
        signature.params.extend(builtin.parameters().iter().map(|parameter| AbiParam::new(builtin_type(*parameter))));
        signature.returns.extend(builtin.result().map(|result| AbiParam::new(builtin_type(result))));
        let signature = self.builder.import_signature(signature);
        self.builtin_signatures.insert(builtin, signature);
        signature
    }

    /// Calls a builtin that returns a status, and leaves the code if it failed.
    pub(super) fn call_checked_builtin(&mut self, builtin: Builtin, arguments: &[Value]) {
        let status = self.call_builtin(builtin, arguments);
        self.raise_unless_zero(status);
    }

    /// Leaves the code with what the store says is pending, unless `status` is zero.
    pub(super) fn raise_unless_zero(&mut self, status: Value) {
        let raise = self.builder.create_block();
        let next = self.builder.create_block();
        self.builder.set_cold_block(raise);
        self.builder.ins().brif(status, raise, &[], next, &[]);
        self.builder.seal_block(raise);
        self.builder.seal_block(next);
        self.builder.switch_to_block(raise);
        let store = self.constant_pointer(offset::INSTANCE_STORE as u32);
        self.call_builtin(Builtin::Raise, &[store]);
        // It does not return.
        self.builder.ins().trap(to_cranelift(TrapCode::Host));
        self.builder.switch_to_block(next);
    }

    /// A constant 32-bit argument.
    pub(super) fn index_argument(&mut self, index: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(index))
    }
}
