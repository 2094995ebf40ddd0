//! How WebAssembly types look in Cranelift IR.

use cranelift_codegen::ir::{AbiParam, ArgumentPurpose, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use wasmparser::ValType;

use crate::module::TypeDefinition;

/// The type of addresses, contexts and references.
pub(crate) const POINTER: Type = types::I64;

/// The type that vectors have in locals, parameters, results and globals' slots.
pub(crate) const VECTOR: Type = types::I8X16;

/// The type of a value in Cranelift IR.
pub(crate) fn value_type(value: ValType) -> Type {
    match value {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => VECTOR,
        ValType::Ref(_) => POINTER,
    }
}

/// The signature of a compiled function: [`wasmc_contract::convention`]'s internal calls.
pub(crate) fn signature_of(definition: &TypeDefinition) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::special(POINTER, ArgumentPurpose::VMContext));
    signature.params.extend(definition.parameters.iter().map(|value| AbiParam::new(value_type(*value))));
    signature.returns.extend(definition.results.iter().map(|value| AbiParam::new(value_type(*value))));
    signature
}
