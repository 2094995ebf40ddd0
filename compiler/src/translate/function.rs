//! The state of one function's translation, and the dispatch over operators.

use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, ArgumentPurpose, Block, BlockArg, Endianness, FuncRef, GlobalValueData, Inst,
    InstBuilder, InstructionData, MemFlagsData, Opcode, SigRef, SourceLoc, StackSlot, Type, Value, types,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;
use wasmparser::{FuncValidator, FunctionBody, Operator, OperatorsReader, ValidatorResources};

use super::control::Frame;
use super::environment::Environment;
use super::exception::{TryShape, try_shapes};
use super::memory::MemoryAccess;
use super::signature::{POINTER, VECTOR, value_type};
use super::trap::to_cranelift;
use crate::error::CompileError;
use crate::module::constant::{check_heap_type, unsupported};

/// The most values that a function's IR may have: the register allocator's own limit is 2^21 registers.
const VALUES_MAX: usize = 1 << 22;

/// The most arguments that all of a function's branches and calls may have together, so that few bytes cannot ask for
/// an IR that fills the memory.
const ARGUMENTS_MAX: u64 = 1 << 24;

/// Buffers that a translation needs and the next one can use again.
#[derive(Default)]
pub(super) struct Scratch<'m> {
    /// The operand stack.
    stack: Vec<Value>,
    /// The control stack.
    frames: Vec<Frame<'m>>,
    /// The parameters of open `if`s, for their `else`.
    saved: Vec<Value>,
    /// The arguments of the branch in the making.
    arguments: Vec<BlockArg>,
    /// What is known of memories, by index.
    memories: Vec<Option<MemoryAccess>>,
}

impl Scratch<'_> {
    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.frames.clear();
        self.saved.clear();
        self.arguments.clear();
        self.memories.clear();
    }
}

/// Categories of memory that never overlap, as far as one function can tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Region {
    /// The lengths of memories.
    MemoryDefinitions,
    /// The bases and lengths of tables.
    TableDefinitions,
    /// The elements of tables.
    TableElements,
    /// Imported globals, which may be one another.
    ImportedGlobals,
    /// Imported memories, which may be one another.
    ImportedMemories,
    /// The defined global at this index.
    Global(u32),
    /// The defined memory at this index.
    Memory(u32),
    /// Stack slots.
    Slots,
}

/// Defined globals past this number share a region: the number of distinct access flags is limited.
const GLOBAL_REGIONS_MAX: u32 = 1000;

impl Region {
    fn user_id(self) -> u32 {
        match self {
            Self::MemoryDefinitions => 0,
            Self::TableDefinitions => 1,
            Self::TableElements => 2,
            Self::ImportedGlobals => 3,
            Self::ImportedMemories => 4,
            Self::Slots => 5,
            Self::Memory(index) => 1000 + index,
            Self::Global(nth) if nth < GLOBAL_REGIONS_MAX => 10_000 + nth,
            Self::Global(_) => 6,
        }
    }

    fn data(self) -> AliasRegionData {
        let description = match self {
            Self::MemoryDefinitions => "memory definitions".into(),
            Self::TableDefinitions => "table definitions".into(),
            Self::TableElements => "table elements".into(),
            Self::ImportedGlobals => "imported globals".into(),
            Self::ImportedMemories => "imported memories".into(),
            Self::Slots => "stack slots".into(),
            Self::Memory(index) => format!("memory {index}").into(),
            Self::Global(nth) if nth < GLOBAL_REGIONS_MAX => format!("global {nth}").into(),
            Self::Global(_) => "more globals".into(),
        };
        AliasRegionData { user_id: self.user_id(), description }
    }
}

/// The translation of one function.
pub(super) struct FunctionTranslator<'a, 'm> {
    pub(super) environment: &'a Environment<'m>,
    pub(super) builder: FunctionBuilder<'a>,
    pub(super) stack: &'a mut Vec<Value>,
    pub(super) frames: &'a mut Vec<Frame<'m>>,
    pub(super) saved: &'a mut Vec<Value>,
    pub(super) arguments: &'a mut Vec<BlockArg>,
    pub(super) memories: &'a mut Vec<Option<MemoryAccess>>,
    /// Whether the code at the current position can be reached; if not, it is validated only.
    pub(super) is_reachable: bool,
    /// This function's context.
    pub(super) context: Value,
    pub(super) signatures: HashMap<u32, SigRef>,
    pub(super) functions: HashMap<u32, FuncRef>,
    pub(super) builtin_signatures: HashMap<Builtin, SigRef>,
    /// The name of the text's start.
    pub(super) text_start: Option<FuncRef>,
    /// A stack slot for vectors taken apart.
    pub(super) vector_slot: Option<StackSlot>,
    /// A stack slot for what an exception carries, and its size in bytes.
    pub(super) exception_slot: Option<(StackSlot, u32)>,
    pub(super) throw_signature: Option<SigRef>,
    /// The shapes of the older `try`s that are still to come.
    pub(super) try_shapes: std::vec::IntoIter<TryShape>,
    entry: Block,
    /// Values loaded at the entry, by base and offset.
    entry_loads: HashMap<(Value, u32), Value>,
    last_entry_load: Option<Inst>,
    locals: u32,
    arguments_left: u64,
}

impl<'a, 'm> FunctionTranslator<'a, 'm> {
    pub(super) fn new(
        environment: &'a Environment<'m>,
        mut builder: FunctionBuilder<'a>,
        scratch: &'a mut Scratch<'m>,
        index: u32,
    ) -> Result<Self, CompileError> {
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        builder.ensure_inserted_block();
        let context = builder.block_params(entry)[0];
        let Scratch { stack, frames, saved, arguments, memories } = scratch;
        memories.resize(environment.module.memories.len(), None);
        frames.push(Frame::function(environment.module.function_type(index)));
        let mut translator = Self {
            environment,
            builder,
            stack,
            frames,
            saved,
            arguments,
            memories,
            is_reachable: true,
            context,
            signatures: HashMap::new(),
            functions: HashMap::new(),
            builtin_signatures: HashMap::new(),
            text_start: None,
            vector_slot: None,
            exception_slot: None,
            throw_signature: None,
            try_shapes: Vec::new().into_iter(),
            entry,
            entry_loads: HashMap::new(),
            last_entry_load: None,
            locals: 0,
            arguments_left: ARGUMENTS_MAX,
        };
        translator.set_stack_limit();
        let parameters = translator.builder.block_params(entry)[1..].to_vec();
        for parameter in parameters {
            let value_type = translator.builder.func.dfg.value_type(parameter);
            let variable = translator.builder.declare_var(value_type);
            translator.builder.def_var(variable, parameter);
            translator.locals += 1;
        }
        Ok(translator)
    }

    /// Has the prologue compare the stack pointer with the context's limit.
    fn set_stack_limit(&mut self) {
        let function = &mut self.builder.func;
        debug_assert_eq!(function.signature.params[0].purpose, ArgumentPurpose::VMContext);
        let context = function.create_global_value(GlobalValueData::VMContext);
        let flags = function.dfg.mem_flags.insert_unchecked(MemFlagsData::trusted());
        let limit = function.create_global_value(GlobalValueData::Load {
            base: context,
            offset: offset::INSTANCE_STACK_LIMIT.into(),
            global_type: POINTER,
            flags,
        });
        function.stack_limit = Some(limit);
    }

    /// Translates the whole body.
    pub(super) fn body(
        mut self,
        validator: &mut FuncValidator<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), CompileError> {
        if self.environment.module.usage.has_older_tries {
            self.try_shapes = try_shapes(body).into_iter();
        }
        let mut locals = body.get_locals_reader()?;
        for _ in 0..locals.get_count() {
            let offset = locals.original_position();
            let (count, local_type) = locals.read()?;
            validator.define_locals(offset, count, local_type)?;
            if let wasmparser::ValType::Ref(reference) = local_type {
                check_heap_type(reference.heap_type(), offset)?;
            }
            self.declare_locals(count, value_type(local_type));
        }
        self.check_interruption();
        let mut reader = OperatorsReader::new(locals.get_binary_reader());
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            validator.op(offset, &operator)?;
            self.builder.set_srcloc(SourceLoc::new(offset as u32));
            if self.is_reachable {
                self.operator(&operator, offset)?;
            } else {
                self.unreachable_operator(&operator)?;
            }
            if self.builder.func.dfg.num_values() > VALUES_MAX {
                return Err(CompileError::Limit {
                    what: format!("the number of values in the function at offset {:#x}", body.range().start),
                    limit: VALUES_MAX as u64,
                });
            }
        }
        reader.finish()?;
        let config = self.environment.frontend_config;
        self.builder.finalize(config);
        Ok(())
    }

    /// Declares `count` more locals, all zero.
    fn declare_locals(&mut self, count: u32, local_type: Type) {
        if count == 0 {
            return;
        }
        let zero = self.zero(local_type);
        for _ in 0..count {
            let variable = self.builder.declare_var(local_type);
            self.builder.def_var(variable, zero);
        }
        self.locals += count;
    }

    /// The value that locals of this type start with.
    pub(super) fn zero(&mut self, zero_type: Type) -> Value {
        match zero_type {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            VECTOR => self.vector_constant([0; 16]),
            _ => self.builder.ins().iconst(zero_type, 0),
        }
    }

    /// Translates one operator at a position that can be reached.
    fn operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), CompileError> {
        match operator {
            Operator::Nop => {}
            Operator::LocalGet { local_index } => {
                let value = self.builder.use_var(Variable::from_u32(*local_index));
                self.stack.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop_canonical();
                self.builder.def_var(Variable::from_u32(*local_index), value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop_canonical();
                self.builder.def_var(Variable::from_u32(*local_index), value);
                self.stack.push(value);
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select => self.select(),
            Operator::TypedSelect { ty } => {
                if let wasmparser::ValType::Ref(reference) = ty {
                    check_heap_type(reference.heap_type(), offset)?;
                }
                self.select();
            }
            _ => {
                let known = self.control(operator)?
                    || self.exception(operator)?
                    || self.memory(operator)
                    || self.atomic(operator)
                    || self.numeric(operator)
                    || self.call(operator)?
                    || self.global(operator)
                    || self.reference(operator, offset)?
                    || self.table(operator)
                    || self.simd(operator);
                if !known {
                    // All that the validator lets pass besides these are GC's operators.
                    return Err(unsupported(offset, "GC"));
                }
            }
        }
        Ok(())
    }

    fn select(&mut self) {
        let condition = self.pop();
        let mut second = self.pop();
        let mut first = self.pop();
        let dfg = &self.builder.func.dfg;
        if dfg.value_type(first) != dfg.value_type(second) {
            first = self.canonical(first);
            second = self.canonical(second);
        }
        let value = self.builder.ins().select(condition, first, second);
        self.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Value {
        self.stack.pop().expect("validated code does not pop from an empty stack")
    }

    /// The top of the stack, with vectors as [`VECTOR`].
    pub(super) fn pop_canonical(&mut self) -> Value {
        let value = self.pop();
        self.canonical(value)
    }

    /// The top two of the stack: the lower one first.
    pub(super) fn pop_two(&mut self) -> (Value, Value) {
        let right = self.pop();
        let left = self.pop();
        (left, right)
    }

    /// The value, as [`VECTOR`] if it is a vector of another type.
    pub(super) fn canonical(&mut self, value: Value) -> Value {
        let value_type = self.builder.func.dfg.value_type(value);
        if value_type.is_vector() && value_type != VECTOR { self.bitcast_vector(VECTOR, value) } else { value }
    }

    /// The vector's bits as another type of vector.
    pub(super) fn bitcast_vector(&mut self, to: Type, value: Value) -> Value {
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(to, flags, value)
    }

    /// Makes vectors among the top `count` of the stack [`VECTOR`]s.
    pub(super) fn canonicalize_top(&mut self, count: usize) {
        for index in self.stack.len() - count..self.stack.len() {
            let value = self.stack[index];
            self.stack[index] = self.canonical(value);
        }
    }

    /// Counts `count` more arguments of branches and calls.
    pub(super) fn count_arguments(&mut self, count: usize) -> Result<(), CompileError> {
        match self.arguments_left.checked_sub(count as u64) {
            Some(left) => self.arguments_left = left,
            None => {
                return Err(CompileError::Limit {
                    what: "the number of arguments of one function's branches and calls".to_owned(),
                    limit: ARGUMENTS_MAX,
                });
            }
        }
        Ok(())
    }

    /// The alias region for accesses to `region`.
    pub(super) fn region(&mut self, region: Region) -> AliasRegion {
        let regions = &mut self.builder.func.dfg.alias_regions;
        match regions.get(region.user_id()) {
            Some(known) => known,
            None => regions.insert(region.data()),
        }
    }

    /// Flags of an access to `region` that cannot trap.
    pub(super) fn trusted(&mut self, region: Region) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.region(region)))
    }

    /// A pointer that never changes while the instance lives, at `offset` from the context: loaded once, at the entry.
    pub(super) fn constant_pointer(&mut self, offset: u32) -> Value {
        self.constant_pointer_at(self.context, offset)
    }

    /// A pointer that never changes while the instance lives, at `offset` from another such pointer, likewise.
    pub(super) fn constant_pointer_at(&mut self, base: Value, offset: u32) -> Value {
        if let Some(value) = self.entry_loads.get(&(base, offset)) {
            return *value;
        }
        let cursor = FuncCursor::new(self.builder.func);
        let mut cursor = match self.last_entry_load {
            Some(load) => cursor.after_inst(load),
            None => cursor.at_first_insertion_point(self.entry),
        };
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let value = cursor.ins().load(POINTER, flags, base, offset as i32);
        self.last_entry_load = self.builder.func.dfg.value_def(value).inst();
        self.entry_loads.insert((base, offset), value);
        value
    }

    /// Traps if `condition` is not zero.
    pub(super) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        self.builder.ins().trapnz(condition, to_cranelift(code));
    }

    /// Ends the block with a trap.
    pub(super) fn trap(&mut self, code: TrapCode) {
        self.builder.ins().trap(to_cranelift(code));
        self.is_reachable = false;
    }

    /// An index or a length as 64 bits.
    pub(super) fn widen(&mut self, value: Value) -> Value {
        if self.builder.func.dfg.value_type(value) == types::I32 {
            self.builder.ins().uextend(types::I64, value)
        } else {
            value
        }
    }

    /// The integer that `value` is, if it is a constant, also one that was widened.
    pub(super) fn constant_of(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        match dfg.insts[dfg.value_def(value).inst()?] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => match dfg.insts[dfg.value_def(arg).inst()?] {
                InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
                _ => None,
            },
            _ => None,
        }
    }
}
