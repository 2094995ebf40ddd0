//! One function body in, its Cranelift IR out. Validates as it goes; never looks at another body.

use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::TargetIsa;
use wasmc_contract::context::ContextLayout;

use crate::error::CompileError;
use crate::module::WasmModule;
use crate::options::CompileOptions;

mod signature;
pub(crate) mod trap;

pub(crate) use signature::{POINTER, VECTOR, signature_of, value_type};

/// The namespace of user names that are functions, by function index.
pub(crate) const NAMESPACE_FUNCTIONS: u32 = 0;

/// The namespace of user names that are places of the text: index 0 is its start.
pub(crate) const NAMESPACE_TEXT: u32 = 1;

/// Translates functions of one module, one after the other; each thread has its own, and it reuses its allocations.
pub(crate) struct Translator<'m> {
    module: &'m WasmModule<'m>,
}

impl<'m> Translator<'m> {
    /// A translator for functions of `module`, whose contexts have `layout`, as code for `isa`.
    pub(crate) fn new(
        module: &'m WasmModule<'m>,
        _isa: &dyn TargetIsa,
        _options: &CompileOptions,
        _layout: &ContextLayout,
    ) -> Self {
        Self { module }
    }

    /// Translates the body of the `defined_index`th defined function into `function`, which must be cleared; its name
    /// and signature are set as well.
    pub(crate) fn translate(&mut self, defined_index: u32, _function: &mut Function) -> Result<(), CompileError> {
        let index = self.module.imported.functions + defined_index;
        Err(CompileError::Code { function: index, message: "translation is not written yet".to_owned() })
    }
}
