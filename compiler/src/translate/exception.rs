//! Exceptions: `try_table`, and the older `try`; what throws, and which calls something catches.
//!
//! A `try` is no code. Each call inside one names the landing blocks of the clauses around it, innermost first, which
//! is all that unwinding needs; a landing block takes the exception apart and goes where the clause says. Both
//! encodings become the same: they differ only in where the code after a landing lies.

use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, ExceptionTable, ExceptionTableData, ExceptionTableItem, ExceptionTag, FuncRef,
    InstBuilder, MemFlagsData, SigRef, Type, Value,
};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::VALUE_BYTES;
use wasmc_contract::context::offset;
use wasmc_contract::exception::field_offset;
use wasmc_contract::trap::TrapCode;
use wasmparser::{BlockType, Catch, FunctionBody, Operator, TryTable};

use cranelift_codegen::ir::{AbiParam, Signature, StackSlotData, StackSlotKind};
use cranelift_codegen::isa::CallConv;

use super::control::{Frame, FrameKind};
use super::function::FunctionTranslator;
use super::signature::{POINTER, value_type};
use super::trap::to_cranelift;
use crate::error::CompileError;
use crate::module::WasmModule;

/// What a `try` of either encoding catches.
pub(super) struct Handlers {
    clauses: Vec<Clause>,
    /// By clause: what a `try_table` does with what it caught. An older `try` has code instead.
    catches: Vec<Catch>,
    /// Where an older `try` without clauses sends what is thrown in it: to this many levels outside of it.
    delegate: Option<u32>,
    /// Whether the code at the current position is inside, and not in one of the clauses' own code.
    is_body: bool,
    /// The clause of an older `try` whose code comes next.
    next: usize,
    /// What was caught, in an older `try`'s clause.
    exception: Option<Value>,
}

#[derive(Clone, Copy)]
struct Clause {
    /// Any exception, if `None`.
    tag: Option<u32>,
    /// Where calls inside land, if there has been one.
    landing: Option<Block>,
}

/// The clauses of an older `try`, which come after its body.
#[derive(Debug, Default)]
pub(super) struct TryShape {
    tags: Vec<Option<u32>>,
    delegate: Option<u32>,
}

/// What is called.
#[derive(Clone, Copy)]
pub(super) enum CallTarget {
    Direct(FuncRef),
    Indirect(SigRef, Value),
}

/// The shapes of all older `try`s of a body, in their order. The body need not be valid: what cannot be read ends the
/// scan, and translation will refuse it.
pub(super) fn try_shapes(body: &FunctionBody<'_>) -> Vec<TryShape> {
    let mut shapes: Vec<TryShape> = Vec::new();
    // The shape of each open block, if it is a `try`.
    let mut open: Vec<Option<usize>> = Vec::new();
    let Ok(mut reader) = body.get_operators_reader() else { return shapes };
    while !reader.eof() {
        let Ok(operator) = reader.read() else { break };
        let innermost = open.last().copied().flatten();
        match operator {
            Operator::Try { .. } => {
                open.push(Some(shapes.len()));
                shapes.push(TryShape::default());
            }
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                open.push(None);
            }
            Operator::Catch { tag_index } => {
                innermost.into_iter().for_each(|index| shapes[index].tags.push(Some(tag_index)));
            }
            Operator::CatchAll => innermost.into_iter().for_each(|index| shapes[index].tags.push(None)),
            Operator::Delegate { relative_depth } => {
                innermost.into_iter().for_each(|index| shapes[index].delegate = Some(relative_depth));
                open.pop();
            }
            Operator::End => {
                open.pop();
            }
            _ => {}
        }
    }
    shapes
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators of exceptions; `false` for any other.
    pub(super) fn exception(&mut self, operator: &Operator<'_>) -> Result<bool, CompileError> {
        match operator {
            Operator::TryTable { try_table } => self.begin_try_table(try_table),
            Operator::Try { blockty } => self.begin_try(*blockty),
            Operator::Catch { .. } | Operator::CatchAll => self.begin_catch()?,
            Operator::Delegate { .. } => self.end()?,
            Operator::Throw { tag_index } => self.throw_new(*tag_index)?,
            Operator::ThrowRef => {
                let exception = self.pop();
                self.builder.ins().trapz(exception, to_cranelift(TrapCode::NullReference));
                self.throw(exception)?;
            }
            Operator::Rethrow { relative_depth } => {
                let index = self.frames.len() - 1 - *relative_depth as usize;
                let caught = self.frames[index].handlers.as_ref().and_then(|handlers| handlers.exception);
                self.throw(caught.expect("validated code rethrows only in a clause"))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Follows the nesting of exceptions' blocks in code that cannot be reached; `false` for any other operator.
    pub(super) fn unreachable_exception(&mut self, operator: &Operator<'_>) -> Result<bool, CompileError> {
        match operator {
            Operator::TryTable { .. } => self.push_unreachable_frame(),
            Operator::Try { .. } => {
                self.take_try_shape();
                self.push_unreachable_frame();
            }
            Operator::Catch { .. } | Operator::CatchAll => self.begin_catch()?,
            Operator::Delegate { .. } => self.end()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn begin_try_table(&mut self, try_table: &TryTable) {
        let tag_of = |catch: &Catch| match catch {
            Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(*tag),
            Catch::All { .. } | Catch::AllRef { .. } => None,
        };
        let clauses = try_table.catches.iter().map(|catch| Clause { tag: tag_of(catch), landing: None }).collect();
        self.push_frame(FrameKind::Block, try_table.ty);
        self.set_handlers(Handlers::new(clauses, try_table.catches.clone(), None));
    }

    fn begin_try(&mut self, block_type: BlockType) {
        let TryShape { tags, delegate } = self.take_try_shape();
        let clauses = tags.into_iter().map(|tag| Clause { tag, landing: None }).collect();
        self.push_frame(FrameKind::Block, block_type);
        self.set_handlers(Handlers::new(clauses, Vec::new(), delegate));
    }

    fn take_try_shape(&mut self) -> TryShape {
        self.try_shapes.next().unwrap_or_default()
    }

    fn set_handlers(&mut self, handlers: Handlers) {
        let frame = self.frames.last_mut().expect("a frame was just pushed");
        frame.handlers = Some(Box::new(handlers));
    }

    /// The code of the next clause of an older `try`.
    fn begin_catch(&mut self) -> Result<(), CompileError> {
        let top = self.frames.len() - 1;
        if !self.frames[top].is_reachable {
            // A `try` in code that cannot be reached.
            return Ok(());
        }
        if self.is_reachable {
            self.branch(0)?;
        }
        let frame = &mut self.frames[top];
        self.stack.truncate(frame.height);
        let handlers = frame.handlers.as_mut().expect("validated code has clauses only in a `try`");
        if handlers.is_body {
            handlers.is_body = false;
            for landing in handlers.clauses.iter().filter_map(|clause| clause.landing) {
                self.builder.seal_block(landing);
            }
        }
        let clause = handlers.clauses[handlers.next];
        handlers.next += 1;
        let Some(landing) = clause.landing else { return Ok(()) };
        let exception = self.builder.block_params(landing)[0];
        handlers.exception = Some(exception);
        self.builder.switch_to_block(landing);
        self.is_reachable = true;
        if let Some(tag) = clause.tag {
            self.push_fields(tag, exception);
        }
        Ok(())
    }

    /// After the end of a `try_table`, whose frame is closed: where each of its clauses goes. Nothing can be reached
    /// from here before or after.
    pub(super) fn land(&mut self, handlers: &Handlers, height: usize) -> Result<(), CompileError> {
        for (clause, catch) in handlers.clauses.iter().zip(&handlers.catches) {
            let Some(landing) = clause.landing else { continue };
            self.builder.seal_block(landing);
            self.builder.switch_to_block(landing);
            self.stack.truncate(height);
            let exception = self.builder.block_params(landing)[0];
            if let Some(tag) = clause.tag {
                self.push_fields(tag, exception);
            }
            let (Catch::One { label, .. }
            | Catch::OneRef { label, .. }
            | Catch::All { label }
            | Catch::AllRef { label }) = catch;
            if matches!(catch, Catch::OneRef { .. } | Catch::AllRef { .. }) {
                self.stack.push(exception);
            }
            self.is_reachable = true;
            self.branch(*label)?;
        }
        Ok(())
    }

    /// Pushes what an exception of this tag carries.
    fn push_fields(&mut self, tag: u32, exception: Value) {
        for (index, field) in tag_fields(self.environment.module, tag).iter().enumerate() {
            // An exception never changes.
            let flags = MemFlagsData::trusted().with_readonly();
            let value = self.builder.ins().load(value_type(*field), flags, exception, field_offset(index));
            self.stack.push(value);
        }
    }

    fn throw_new(&mut self, tag: u32) -> Result<(), CompileError> {
        let count = tag_fields(self.environment.module, tag).len();
        self.canonicalize_top(count);
        let bytes = count.max(1) as u32 * VALUE_BYTES;
        let slot = match self.exception_slot {
            Some((slot, size)) if size >= bytes => slot,
            _ => {
                let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4);
                let slot = self.builder.create_sized_stack_slot(slot);
                self.exception_slot.insert((slot, bytes)).0
            }
        };
        let array = self.builder.ins().stack_addr(POINTER, slot, 0);
        let first = self.stack.len() - count;
        for (index, value) in self.stack.drain(first..).enumerate() {
            let place = (index as u32 * VALUE_BYTES) as i32;
            self.builder.ins().store(MemFlagsData::trusted(), value, array, place);
        }
        let tag = self.index_argument(tag);
        let exception = self.call_builtin(Builtin::NewException, &[self.context, tag, array]);
        let failed = self.builder.ins().icmp_imm_u(cranelift_codegen::ir::condcodes::IntCC::Equal, exception, 0);
        self.raise_unless_zero(failed);
        self.throw(exception)
    }

    fn throw(&mut self, exception: Value) -> Result<(), CompileError> {
        let table = self.constant_pointer(offset::INSTANCE_BUILTINS as u32);
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let code = self.builder.ins().load(POINTER, flags, table, Builtin::Throw.offset_bytes());
        let signature = match self.throw_signature {
            Some(signature) => signature,
            None => {
                let mut signature = Signature::new(CallConv::Tail);
                signature.params.extend([AbiParam::new(POINTER); 2]);
                *self.throw_signature.insert(self.builder.import_signature(signature))
            }
        };
        let context = self.context;
        self.call_catching(CallTarget::Indirect(signature, code), &[context, exception], &[])?;
        // It does not return.
        self.builder.ins().trap(to_cranelift(TrapCode::UncaughtException));
        self.is_reachable = false;
        Ok(())
    }

    /// Calls `target`, whose results have these types, and pushes those; what it throws lands where it is caught.
    pub(super) fn call_catching(
        &mut self,
        target: CallTarget,
        arguments: &[Value],
        results: &[Type],
    ) -> Result<(), CompileError> {
        let landings = self.landings();
        if landings.is_empty() {
            let call = match target {
                CallTarget::Direct(function) => self.builder.ins().call(function, arguments),
                CallTarget::Indirect(signature, code) => self.builder.ins().call_indirect(signature, code, arguments),
            };
            self.stack.extend_from_slice(self.builder.inst_results(call));
            return Ok(());
        }
        self.count_arguments(landings.len())?;
        let next = self.builder.create_block();
        for result in results {
            self.builder.append_block_param(next, *result);
        }
        let table = self.exception_table(target, next, results.len(), &landings);
        match target {
            CallTarget::Direct(function) => self.builder.ins().try_call(function, arguments, table),
            CallTarget::Indirect(_, code) => self.builder.ins().try_call_indirect(code, arguments, table),
        };
        self.builder.switch_to_block(next);
        self.builder.seal_block(next);
        self.stack.extend_from_slice(self.builder.block_params(next));
        Ok(())
    }

    fn exception_table(
        &mut self,
        target: CallTarget,
        next: Block,
        result_count: usize,
        landings: &[(Option<u32>, Block)],
    ) -> ExceptionTable {
        let signature = match target {
            CallTarget::Direct(function) => self.builder.func.dfg.ext_funcs[function].signature,
            CallTarget::Indirect(signature, _) => signature,
        };
        let pool = &mut self.builder.func.dfg.value_lists;
        let returned = (0..result_count as u32).map(BlockArg::TryCallRet);
        let normal = BlockCall::new(next, returned, pool);
        let mut items = Vec::with_capacity(landings.len() + 1);
        if landings.iter().any(|(tag, _)| tag.is_some()) {
            // Whose tags they are.
            items.push(ExceptionTableItem::Context(self.context));
        }
        for (tag, landing) in landings {
            let landing = BlockCall::new(*landing, [BlockArg::TryCallExn(0)], pool);
            items.push(match tag {
                Some(tag) => ExceptionTableItem::Tag(ExceptionTag::from_u32(*tag), landing),
                None => ExceptionTableItem::Default(landing),
            });
        }
        self.builder.func.dfg.exception_tables.push(ExceptionTableData::new(signature, normal, items))
    }

    /// Where what is thrown here may land: tags with their landing blocks, in the order in which they are asked.
    fn landings(&mut self) -> Vec<(Option<u32>, Block)> {
        let mut landings: Vec<(Option<u32>, Block)> = Vec::new();
        let mut index = self.frames.len();
        while index > 0 {
            index -= 1;
            let Some(handlers) = self.frames[index].handlers.as_mut().filter(|handlers| handlers.is_body) else {
                continue;
            };
            if let Some(depth) = handlers.delegate {
                // It counts from outside its own `try`: that many blocks are passed over.
                index -= depth as usize;
                continue;
            }
            for clause in &mut handlers.clauses {
                if landings.iter().any(|(tag, _)| *tag == clause.tag) {
                    continue;
                }
                let landing = *clause.landing.get_or_insert_with(|| {
                    let landing = self.builder.create_block();
                    self.builder.append_block_param(landing, POINTER);
                    self.builder.set_cold_block(landing);
                    landing
                });
                landings.push((clause.tag, landing));
                if clause.tag.is_none() {
                    return landings;
                }
            }
        }
        landings
    }
}

impl Handlers {
    fn new(clauses: Vec<Clause>, catches: Vec<Catch>, delegate: Option<u32>) -> Self {
        Self { clauses, catches, delegate, is_body: true, next: 0, exception: None }
    }
}

impl Frame<'_> {
    /// What a `try_table` that ends has to land, if anything was called inside.
    pub(super) fn landing_handlers(&mut self) -> Option<Box<Handlers>> {
        let has_landings = |handlers: &Handlers| {
            !handlers.catches.is_empty() && handlers.clauses.iter().any(|clause| clause.landing.is_some())
        };
        self.handlers.take().filter(|handlers| has_landings(handlers))
    }
}

/// What exceptions of a tag carry.
fn tag_fields<'m>(module: &'m WasmModule<'m>, tag: u32) -> &'m [wasmparser::ValType] {
    &module.types[module.tags[tag as usize] as usize].parameters
}
