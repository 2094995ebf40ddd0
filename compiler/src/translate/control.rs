//! Blocks, branches and what cannot be reached.
//!
//! Blocks that nothing branches to do not become blocks of the IR: a destination is made by the first branch to it.

use std::collections::HashMap;

use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, MemFlagsData, Value, types};
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;
use wasmparser::{BlockType, BrTable, Operator, ValType};

use super::exception::Handlers;
use super::function::FunctionTranslator;
use super::signature::value_type;
use crate::error::CompileError;
use crate::module::{TypeDefinition, WasmModule};

/// The parameters and results of a block.
#[derive(Clone, Copy)]
pub(super) enum Shape<'m> {
    Empty,
    Value(ValType),
    Function(&'m TypeDefinition),
}

impl<'m> Shape<'m> {
    fn new(module: &'m WasmModule<'m>, block_type: BlockType) -> Self {
        match block_type {
            BlockType::Empty => Self::Empty,
            BlockType::Type(value) => Self::Value(value),
            BlockType::FuncType(index) => Self::Function(&module.types[index as usize]),
        }
    }

    fn parameters(&self) -> &[ValType] {
        match self {
            Self::Function(definition) => &definition.parameters,
            _ => &[],
        }
    }

    fn results(&self) -> &[ValType] {
        match self {
            Self::Empty => &[],
            Self::Value(value) => std::slice::from_ref(value),
            Self::Function(definition) => &definition.results,
        }
    }
}

pub(super) enum FrameKind {
    /// The function's body: its end returns.
    Function,
    Block,
    /// A branch goes to the header.
    Loop {
        header: Block,
    },
    /// Before its `else`; its parameters wait in `saved` from this index on.
    If {
        else_block: Block,
        saved: usize,
    },
}

/// A block that is open.
pub(super) struct Frame<'m> {
    kind: FrameKind,
    shape: Shape<'m>,
    /// Where a branch to its end goes, if there has been one.
    destination: Option<Block>,
    /// The operand stack's height below its parameters.
    pub(super) height: usize,
    /// Whether its start can be reached.
    pub(super) is_reachable: bool,
    /// What is caught inside.
    pub(super) handlers: Option<Box<Handlers>>,
}

impl<'m> Frame<'m> {
    /// The outermost frame.
    pub(super) fn function(definition: &'m TypeDefinition) -> Self {
        Self {
            kind: FrameKind::Function,
            shape: Shape::Function(definition),
            destination: None,
            height: 0,
            is_reachable: true,
            handlers: None,
        }
    }

    /// How many values a branch to it carries.
    fn arity(&self) -> usize {
        match self.kind {
            FrameKind::Loop { .. } => self.shape.parameters().len(),
            _ => self.shape.results().len(),
        }
    }
}

impl FunctionTranslator<'_, '_> {
    /// Translates control operators; `false` for any other.
    pub(super) fn control(&mut self, operator: &Operator<'_>) -> Result<bool, CompileError> {
        match operator {
            Operator::Unreachable => self.trap(TrapCode::Unreachable),
            Operator::Block { blockty } => self.push_frame(FrameKind::Block, *blockty),
            Operator::Loop { blockty } => self.begin_loop(*blockty)?,
            Operator::If { blockty } => self.begin_if(*blockty),
            Operator::Else => self.begin_else()?,
            Operator::End => self.end()?,
            Operator::Br { relative_depth } => self.branch(*relative_depth)?,
            Operator::BrIf { relative_depth } => {
                let condition = self.pop();
                self.branch_if(condition, *relative_depth, true)?;
            }
            Operator::BrTable { targets } => self.branch_table(targets)?,
            Operator::BrOnNull { relative_depth } => {
                let reference = self.pop();
                self.branch_if(reference, *relative_depth, false)?;
                self.stack.push(reference);
            }
            Operator::BrOnNonNull { relative_depth } => {
                let reference = *self.stack.last().expect("validated");
                self.branch_if(reference, *relative_depth, true)?;
                self.pop();
            }
            Operator::Return => self.return_values(),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Follows the nesting of blocks in code that cannot be reached.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) -> Result<(), CompileError> {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => self.push_unreachable_frame(),
            Operator::Else => self.begin_else()?,
            Operator::End => self.end()?,
            _ => {
                self.unreachable_exception(operator)?;
            }
        }
        Ok(())
    }

    pub(super) fn push_unreachable_frame(&mut self) {
        self.frames.push(Frame {
            kind: FrameKind::Block,
            shape: Shape::Empty,
            destination: None,
            height: self.stack.len(),
            is_reachable: false,
            handlers: None,
        });
    }

    pub(super) fn push_frame(&mut self, kind: FrameKind, block_type: BlockType) {
        let shape = Shape::new(self.environment.module, block_type);
        let height = self.stack.len() - shape.parameters().len();
        self.frames.push(Frame { kind, shape, destination: None, height, is_reachable: true, handlers: None });
    }

    fn begin_loop(&mut self, block_type: BlockType) -> Result<(), CompileError> {
        let shape = Shape::new(self.environment.module, block_type);
        let header = self.create_block(shape.parameters());
        self.take_arguments(shape.parameters().len())?;
        self.builder.ins().jump(header, &*self.arguments);
        self.push_frame(FrameKind::Loop { header }, block_type);
        let height = self.stack.len() - shape.parameters().len();
        self.continue_in(header, height);
        self.check_interruption();
        Ok(())
    }

    fn begin_if(&mut self, block_type: BlockType) {
        let condition = self.pop();
        let then_block = self.builder.create_block();
        let else_block = self.builder.create_block();
        self.builder.ins().brif(condition, then_block, &[], else_block, &[]);
        self.builder.seal_block(then_block);
        self.builder.seal_block(else_block);
        self.builder.switch_to_block(then_block);
        let saved = self.saved.len();
        self.push_frame(FrameKind::If { else_block, saved }, block_type);
        let height = self.frames.last().map_or(0, |frame| frame.height);
        self.saved.extend_from_slice(&self.stack[height..]);
    }

    fn begin_else(&mut self) -> Result<(), CompileError> {
        let top = self.frames.len() - 1;
        let FrameKind::If { else_block, saved } = self.frames[top].kind else {
            // An `if` in code that cannot be reached.
            return Ok(());
        };
        if self.is_reachable {
            self.branch(0)?;
        }
        self.frames[top].kind = FrameKind::Block;
        self.stack.truncate(self.frames[top].height);
        self.stack.extend(self.saved.drain(saved..));
        self.builder.switch_to_block(else_block);
        self.is_reachable = true;
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(), CompileError> {
        if let Some(Frame { kind: FrameKind::If { .. }, .. }) = self.frames.last() {
            // An `if` without `else`: its parameters are its results.
            self.begin_else()?;
        }
        let mut frame = self.frames.pop().expect("validated code ends as many blocks as it begins");
        if !frame.is_reachable {
            self.stack.truncate(frame.height);
            return Ok(());
        }
        if let FrameKind::Loop { header } = frame.kind {
            self.builder.seal_block(header);
        }
        if let Some(handlers) = frame.landing_handlers() {
            // What was caught goes on elsewhere: first everything that is here goes where the block ends.
            if self.is_reachable {
                let destination = *frame.destination.get_or_insert_with(|| self.create_block(frame.shape.results()));
                self.take_arguments(frame.shape.results().len())?;
                self.builder.ins().jump(destination, &*self.arguments);
            }
            self.land(&handlers, frame.height)?;
            self.is_reachable = false;
        }
        if let Some(destination) = frame.destination {
            if self.is_reachable {
                self.take_arguments(frame.shape.results().len())?;
                self.builder.ins().jump(destination, &*self.arguments);
            }
            self.builder.seal_block(destination);
            self.continue_in(destination, frame.height);
            self.is_reachable = true;
        } else if !self.is_reachable {
            self.stack.truncate(frame.height);
        }
        if matches!(frame.kind, FrameKind::Function) && self.is_reachable {
            self.frames.push(frame);
            self.return_values();
            self.frames.pop();
        }
        Ok(())
    }

    /// A new block with parameters of these types.
    fn create_block(&mut self, parameters: &[ValType]) -> Block {
        let block = self.builder.create_block();
        for parameter in parameters {
            self.builder.append_block_param(block, value_type(*parameter));
        }
        block
    }

    /// Goes on in `block`, with its parameters on a stack of `height`.
    fn continue_in(&mut self, block: Block, height: usize) {
        self.builder.switch_to_block(block);
        self.stack.truncate(height);
        self.stack.extend_from_slice(self.builder.block_params(block));
    }

    /// Collects the top `count` of the stack as the arguments of a branch, and leaves them there.
    fn take_arguments(&mut self, count: usize) -> Result<(), CompileError> {
        self.count_arguments(count)?;
        self.canonicalize_top(count);
        self.arguments.clear();
        let first = self.stack.len() - count;
        self.arguments.extend(self.stack[first..].iter().map(|value| BlockArg::Value(*value)));
        Ok(())
    }

    /// Where a branch to the frame `depth` levels out goes, and how many values it carries.
    fn target(&mut self, depth: u32) -> (Block, usize) {
        let index = self.frames.len() - 1 - depth as usize;
        let frame = &self.frames[index];
        let arity = frame.arity();
        if let FrameKind::Loop { header } = frame.kind {
            return (header, arity);
        }
        if let Some(destination) = frame.destination {
            return (destination, arity);
        }
        let shape = frame.shape;
        let destination = self.create_block(shape.results());
        self.frames[index].destination = Some(destination);
        (destination, arity)
    }

    pub(super) fn branch(&mut self, depth: u32) -> Result<(), CompileError> {
        if depth as usize == self.frames.len() - 1 {
            self.return_values();
            return Ok(());
        }
        let (target, arity) = self.target(depth);
        self.take_arguments(arity)?;
        self.builder.ins().jump(target, &*self.arguments);
        self.is_reachable = false;
        Ok(())
    }

    /// Branches if `condition` is not zero (or, with `unless_zero` false, if it is).
    fn branch_if(&mut self, condition: Value, depth: u32, unless_zero: bool) -> Result<(), CompileError> {
        let (target, arity) = self.target(depth);
        self.take_arguments(arity)?;
        let next = self.builder.create_block();
        let arguments = &*self.arguments;
        if unless_zero {
            self.builder.ins().brif(condition, target, arguments, next, &[]);
        } else {
            self.builder.ins().brif(condition, next, &[], target, arguments);
        }
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
        Ok(())
    }

    fn branch_table(&mut self, targets: &BrTable<'_>) -> Result<(), CompileError> {
        let index = self.pop();
        // A branch with arguments gets a block of its own for each distinct target, so that the table has none.
        let mut blocks = HashMap::new();
        let mut with_arguments = Vec::new();
        let mut calls = Vec::with_capacity(targets.len() as usize + 1);
        for depth in std::iter::once(Ok(targets.default())).chain(targets.targets()) {
            let depth = depth?;
            let block = match blocks.get(&depth) {
                Some(block) => *block,
                None => {
                    let (target, arity) = self.target(depth);
                    let block = if arity == 0 { target } else { self.builder.create_block() };
                    if arity != 0 {
                        with_arguments.push((block, target, arity));
                    }
                    blocks.insert(depth, block);
                    block
                }
            };
            calls.push(BlockCall::new(block, [], &mut self.builder.func.dfg.value_lists));
        }
        let table = self.builder.create_jump_table(JumpTableData::new(calls[0], &calls[1..]));
        self.builder.ins().br_table(index, table);
        for (block, target, arity) in with_arguments {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            self.take_arguments(arity)?;
            self.builder.ins().jump(target, &*self.arguments);
        }
        self.is_reachable = false;
        Ok(())
    }

    /// Returns the top of the stack.
    fn return_values(&mut self) {
        let count = self.frames[0].shape.results().len();
        self.canonicalize_top(count);
        let first = self.stack.len() - count;
        self.builder.ins().return_(&self.stack[first..]);
        self.is_reachable = false;
    }

    /// Where that was asked for, stops if somebody set the store's flag.
    pub(super) fn check_interruption(&mut self) {
        if !self.environment.interruptible {
            return;
        }
        let store = self.constant_pointer(offset::INSTANCE_STORE as u32);
        // Atomic, so that no earlier look at the flag stands for this one.
        let address = self.builder.ins().iadd_imm_s(store, i64::from(offset::STORE_INTERRUPT));
        let flags = MemFlagsData::trusted();
        let flag = self.builder.ins().atomic_load(types::I32, flags, address);
        self.trap_if(flag, TrapCode::Interrupted);
    }
}
