//! One function body in, its Cranelift IR out. Validates as it goes; never looks at another body.
//!
//! * `function`: the state of one translation, and the dispatch over operators;
//! * `control`, `exception`, `call`, `memory`, `atomic`, `bulk`, `table`, `global`, `reference`, `numeric`, `simd`, `shuffle`: what operators become;
//! * `builtin`: calls of the loader's functions, and what follows their failure;
//! * `environment`: what all translations of a module share; `signature` and `trap`: types and trap codes.

use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmc_contract::context::ContextLayout;
use wasmparser::{FuncToValidate, FuncValidatorAllocations};

use self::environment::Environment;
use self::function::{FunctionTranslator, Scratch};
use crate::error::CompileError;
use crate::module::WasmModule;
use crate::options::CompileOptions;

mod atomic;
mod builtin;
mod bulk;
mod call;
mod control;
mod environment;
mod exception;
mod function;
mod global;
mod memory;
mod numeric;
mod reference;
mod shuffle;
mod signature;
mod simd;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod trap;

pub(crate) use signature::{POINTER, signature_of, value_type};

/// The namespace of user names that are functions, by function index.
pub(crate) const NAMESPACE_FUNCTIONS: u32 = 0;

/// The namespace of user names that are places of the text: index 0 is its start.
pub(crate) const NAMESPACE_TEXT: u32 = 1;

/// Translates functions of one module, one after the other; each thread has its own, and it reuses its allocations.
pub(crate) struct Translator<'m> {
    environment: Environment<'m>,
    builder_context: FunctionBuilderContext,
    validator_allocations: FuncValidatorAllocations,
    scratch: Scratch<'m>,
}

impl<'m> Translator<'m> {
    /// A translator for functions of `module`, whose contexts have `layout`, as code for `isa`.
    pub(crate) fn new(
        module: &'m WasmModule<'m>,
        isa: &dyn TargetIsa,
        options: &CompileOptions,
        layout: &ContextLayout,
    ) -> Self {
        Self {
            environment: Environment::new(module, isa, options, layout),
            builder_context: FunctionBuilderContext::new(),
            validator_allocations: FuncValidatorAllocations::default(),
            scratch: Scratch::default(),
        }
    }

    /// Translates the body of the `defined_index`th defined function into `function`, which must be cleared; its name
    /// and signature are set as well.
    pub(crate) fn translate(&mut self, defined_index: u32, function: &mut Function) -> Result<(), CompileError> {
        let module = self.environment.module;
        let index = module.imported.functions + defined_index;
        let body = &module.bodies[defined_index as usize];
        function.name = UserFuncName::user(NAMESPACE_FUNCTIONS, index);
        function.signature = signature_of(module.function_type(index));
        let to_validate = FuncToValidate {
            resources: body.to_validate.resources.clone(),
            index: body.to_validate.index,
            ty: body.to_validate.ty,
            features: body.to_validate.features,
        };
        let mut validator = to_validate.into_validator(std::mem::take(&mut self.validator_allocations));
        let builder = FunctionBuilder::new(function, &mut self.builder_context);
        let scratch = &mut self.scratch;
        let result = FunctionTranslator::new(&self.environment, builder, scratch, index)
            .and_then(|translator| translator.body(&mut validator, &body.body));
        self.validator_allocations = validator.into_allocations();
        self.scratch.clear();
        if result.is_err() {
            // A builder that was not finished leaves its context in disorder.
            self.builder_context = FunctionBuilderContext::new();
        }
        result
    }
}
