//! One thread's compiler: an item in, its code or a listing of it out. Keeps allocations from item to item.

use std::fmt::Write;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::FunctionBuilderContext;

use super::function_code::FunctionCode;
use super::program::{Item, Program};
use crate::error::CompileError;
use crate::trampoline;
use crate::translate::{NAMESPACE_FUNCTIONS, Translator};

/// A thread's compiler.
pub(crate) struct Worker<'p> {
    program: &'p Program<'p>,
    translator: Translator<'p>,
    context: Context,
    builder_context: FunctionBuilderContext,
    control: ControlPlane,
}

impl<'p> Worker<'p> {
    pub(crate) fn new(program: &'p Program<'p>) -> Self {
        Self {
            program,
            translator: Translator::new(program.module, program.isa(), &program.options, &program.layout),
            context: Context::new(),
            builder_context: FunctionBuilderContext::new(),
            control: ControlPlane::default(),
        }
    }

    /// The item's machine code.
    pub(crate) fn compile(&mut self, item: u32) -> Result<FunctionCode, CompileError> {
        self.generate(item, false)?;
        let compiled = self.context.take_compiled_code().expect("code was just generated");
        let wasm_offset = match self.program.item(item) {
            Item::Body(body) => Some(self.program.module.bodies[body as usize].body.range().start as u32),
            Item::Thunk(_) | Item::Trampoline(_) => None,
        };
        let target = self.program.options.target;
        FunctionCode::new(&compiled, &self.context.func, self.program.isa(), target, wasm_offset)
            .map_err(|message| self.error(item, message))
    }

    /// The item's IR as text, under its name.
    pub(crate) fn clif(&mut self, item: u32) -> Result<String, CompileError> {
        self.build(item)?;
        Ok(self.listing(item, &self.context.func.display().to_string()))
    }

    /// The item's machine code as text, under its name.
    pub(crate) fn assembly(&mut self, item: u32) -> Result<String, CompileError> {
        self.generate(item, true)?;
        let text = self.context.compiled_code().and_then(|code| code.vcode.as_deref()).unwrap_or_default();
        Ok(self.listing(item, text))
    }

    fn listing(&self, item: u32, text: &str) -> String {
        let mut listing = String::new();
        let name = self.program.item_name(item).replace('\n', " ");
        writeln!(listing, ";; {name}\n{}\n", text.trim_end()).expect("a string takes everything");
        listing
    }

    /// Puts the item's IR into the context.
    fn build(&mut self, item: u32) -> Result<(), CompileError> {
        self.context.clear();
        let function = &mut self.context.func;
        // Cranelift 0.135 keeps these, and looks through all of them for each function.
        function.dfg.exception_tables.clear();
        match self.program.item(item) {
            Item::Body(body) => self.translator.translate(body, function)?,
            Item::Thunk(index) => trampoline::build_thunk(self.program, index, function, &mut self.builder_context),
            Item::Trampoline(kind) => trampoline::build(self.program, kind, function, &mut self.builder_context),
        }
        self.context.func.name = UserFuncName::user(NAMESPACE_FUNCTIONS, item);
        Ok(())
    }

    fn generate(&mut self, item: u32, with_text: bool) -> Result<(), CompileError> {
        self.build(item)?;
        self.context.want_disasm = with_text;
        let isa = if is_bearable(&self.context.func) { self.program.isa() } else { &*self.program.quick_isa };
        let result = self.context.compile(isa, &mut self.control);
        let failed = result.err().map(|error| match error.inner {
            // Its own text only says that there are some.
            CodegenError::Verifier(errors) => errors.to_string(),
            other => other.to_string(),
        });
        failed.map_or(Ok(()), |message| Err(self.error(item, message)))
    }

    fn error(&self, item: u32, message: String) -> CompileError {
        match self.program.item(item) {
            Item::Thunk(_) | Item::Body(_) => CompileError::Code { function: item, message },
            Item::Trampoline(trampoline) => CompileError::Trampoline { name: trampoline.name(), message },
        }
    }
}

/// The most instructions of one basic block that is optimised.
///
/// The optimiser moves each pure instruction to its first use, which may be the block's end, so that everything before
/// is live at once; the register allocator's work grows with the square of that: half a second for a block of 30,000,
/// two for one of 60,000. The largest block of CPython has 15,000.
const BLOCK_INSTRUCTIONS_MAX: usize = 32_768;

/// The most instructions of a function that is optimised, for the same reason: values may live through many blocks.
const FUNCTION_INSTRUCTIONS_MAX: usize = 400_000;

fn is_bearable(function: &Function) -> bool {
    let mut total = 0;
    function.layout.blocks().all(|block| {
        let count = function.layout.block_insts(block).count();
        total += count;
        count <= BLOCK_INSTRUCTIONS_MAX && total <= FUNCTION_INSTRUCTIONS_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::CompileOptions;

    /// What stays would be looked through for each function to come.
    #[test]
    fn nothing_stays_of_the_function_before() {
        let function = "(func (try_table (catch_all 0) call 0))";
        let wasm = wat::parse_str(format!("(module {function} {function} {function})")).unwrap();
        let options = CompileOptions::new(wasmc_contract::target::Target::ALL[0]);
        let module = crate::module::parse(&wasm, &options.features).unwrap();
        let program = Program::new(&module, &options).unwrap();
        let mut worker = Worker::new(&program);
        let mut sizes = Vec::new();
        for item in 0..3 {
            worker.compile(item).unwrap();
            let dfg = &worker.context.func.dfg;
            sizes.push((dfg.exception_tables.len(), dfg.signatures.len(), dfg.ext_funcs.len(), dfg.values().count()));
        }
        assert!(sizes.iter().all(|size| *size == sizes[0]), "{sizes:?}");
    }
}
