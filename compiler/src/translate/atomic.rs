//! Atomic accesses, waiting and waking.
//!
//! An address that is not a multiple of the access's size traps, which is checked before whether it is inside. Threads
//! wait and are woken by builtins.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value, types};
use wasmc_contract::builtin::Builtin;
use wasmc_contract::trap::TrapCode;
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::function::FunctionTranslator;
use super::memory::Address;
use super::trap::to_cranelift;

/// What an access does.
#[derive(Clone, Copy)]
enum Access {
    Load,
    Store,
    /// Replaces a value by what an operation makes of it, and gives the old one.
    Update(AtomicRmwOp),
    /// Replaces a value if it is the expected one, and gives the old one.
    Exchange,
}

/// By kinds of access: operators, with their types in memory and on the stack.
macro_rules! accesses {
    ($operator:ident; $($access:expr => { $($name:ident: $narrow:ident as $wide:ident),* $(,)? })*) => {
        match $operator {
            $($(Operator::$name { memarg } => (memarg, $access, types::$narrow, types::$wide),)*)*
            _ => return false,
        }
    };
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators on memory that threads share; `false` for any other.
    pub(super) fn atomic(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::AtomicFence { .. } => {
                self.builder.ins().fence();
            }
            Operator::MemoryAtomicNotify { memarg } => self.notify(memarg),
            Operator::MemoryAtomicWait32 { memarg } => self.wait(memarg, Builtin::MemoryWait32),
            Operator::MemoryAtomicWait64 { memarg } => self.wait(memarg, Builtin::MemoryWait64),
            _ => return self.atomic_access(operator),
        }
        true
    }

    #[expect(clippy::too_many_lines, reason = "a table: all accesses")]
    fn atomic_access(&mut self, operator: &Operator<'_>) -> bool {
        let (memarg, access, narrow, wide) = accesses! { operator;
            Access::Load => {
                I32AtomicLoad: I32 as I32, I32AtomicLoad8U: I8 as I32, I32AtomicLoad16U: I16 as I32,
                I64AtomicLoad: I64 as I64, I64AtomicLoad8U: I8 as I64, I64AtomicLoad16U: I16 as I64,
                I64AtomicLoad32U: I32 as I64,
            }
            Access::Store => {
                I32AtomicStore: I32 as I32, I32AtomicStore8: I8 as I32, I32AtomicStore16: I16 as I32,
                I64AtomicStore: I64 as I64, I64AtomicStore8: I8 as I64, I64AtomicStore16: I16 as I64,
                I64AtomicStore32: I32 as I64,
            }
            Access::Update(AtomicRmwOp::Add) => {
                I32AtomicRmwAdd: I32 as I32, I32AtomicRmw8AddU: I8 as I32, I32AtomicRmw16AddU: I16 as I32,
                I64AtomicRmwAdd: I64 as I64, I64AtomicRmw8AddU: I8 as I64, I64AtomicRmw16AddU: I16 as I64,
                I64AtomicRmw32AddU: I32 as I64,
            }
            Access::Update(AtomicRmwOp::Sub) => {
                I32AtomicRmwSub: I32 as I32, I32AtomicRmw8SubU: I8 as I32, I32AtomicRmw16SubU: I16 as I32,
                I64AtomicRmwSub: I64 as I64, I64AtomicRmw8SubU: I8 as I64, I64AtomicRmw16SubU: I16 as I64,
                I64AtomicRmw32SubU: I32 as I64,
            }
            Access::Update(AtomicRmwOp::And) => {
                I32AtomicRmwAnd: I32 as I32, I32AtomicRmw8AndU: I8 as I32, I32AtomicRmw16AndU: I16 as I32,
                I64AtomicRmwAnd: I64 as I64, I64AtomicRmw8AndU: I8 as I64, I64AtomicRmw16AndU: I16 as I64,
                I64AtomicRmw32AndU: I32 as I64,
            }
            Access::Update(AtomicRmwOp::Or) => {
                I32AtomicRmwOr: I32 as I32, I32AtomicRmw8OrU: I8 as I32, I32AtomicRmw16OrU: I16 as I32,
                I64AtomicRmwOr: I64 as I64, I64AtomicRmw8OrU: I8 as I64, I64AtomicRmw16OrU: I16 as I64,
                I64AtomicRmw32OrU: I32 as I64,
            }
            Access::Update(AtomicRmwOp::Xor) => {
                I32AtomicRmwXor: I32 as I32, I32AtomicRmw8XorU: I8 as I32, I32AtomicRmw16XorU: I16 as I32,
                I64AtomicRmwXor: I64 as I64, I64AtomicRmw8XorU: I8 as I64, I64AtomicRmw16XorU: I16 as I64,
                I64AtomicRmw32XorU: I32 as I64,
            }
            Access::Update(AtomicRmwOp::Xchg) => {
                I32AtomicRmwXchg: I32 as I32, I32AtomicRmw8XchgU: I8 as I32, I32AtomicRmw16XchgU: I16 as I32,
                I64AtomicRmwXchg: I64 as I64, I64AtomicRmw8XchgU: I8 as I64, I64AtomicRmw16XchgU: I16 as I64,
                I64AtomicRmw32XchgU: I32 as I64,
            }
            Access::Exchange => {
                I32AtomicRmwCmpxchg: I32 as I32, I32AtomicRmw8CmpxchgU: I8 as I32, I32AtomicRmw16CmpxchgU: I16 as I32,
                I64AtomicRmwCmpxchg: I64 as I64, I64AtomicRmw8CmpxchgU: I8 as I64, I64AtomicRmw16CmpxchgU: I16 as I64,
                I64AtomicRmw32CmpxchgU: I32 as I64,
            }
        };
        let old = match access {
            Access::Load => {
                let (place, flags) = self.atomic_place(memarg, narrow);
                self.builder.ins().atomic_load(narrow, flags, place)
            }
            Access::Store => {
                let value = self.pop_narrowed(narrow, wide);
                let (place, flags) = self.atomic_place(memarg, narrow);
                self.builder.ins().atomic_store(flags, value, place);
                return true;
            }
            Access::Update(operation) => {
                let value = self.pop_narrowed(narrow, wide);
                let (place, flags) = self.atomic_place(memarg, narrow);
                self.builder.ins().atomic_rmw(narrow, flags, operation, place, value)
            }
            Access::Exchange => {
                let value = self.pop_narrowed(narrow, wide);
                let expected = self.pop_narrowed(narrow, wide);
                let (place, flags) = self.atomic_place(memarg, narrow);
                self.builder.ins().atomic_cas(flags, place, expected, value)
            }
        };
        let old = if narrow == wide { old } else { self.builder.ins().uextend(wide, old) };
        self.stack.push(old);
        true
    }

    fn pop_narrowed(&mut self, narrow: Type, wide: Type) -> Value {
        let value = self.pop();
        if narrow == wide { value } else { self.builder.ins().ireduce(narrow, value) }
    }

    /// Pops an index, and makes the address of a value there, aligned.
    fn atomic_place(&mut self, memarg: &MemArg, accessed: Type) -> (Value, MemFlagsData) {
        let size_bytes = accessed.bytes();
        let (MemArgTarget::Memory(memory) | MemArgTarget::Array(memory)) = memarg.target;
        let index = self.pop_index();
        if size_bytes > 1 {
            let low_bits = i64::from(size_bytes - 1);
            let index_bits = match memarg.offset as i64 & low_bits {
                0 => index,
                offset_bits => self.builder.ins().iadd_imm_s(index, offset_bits),
            };
            let misalignment = self.builder.ins().band_imm_u(index_bits, low_bits);
            self.trap_if(misalignment, TrapCode::UnalignedAtomic);
        }
        let Address { base, offset, flags } = self.address_at(memory, index, memarg.offset, size_bytes);
        let place = if offset == 0 { base } else { self.builder.ins().iadd_imm_s(base, i64::from(offset)) };
        (place, flags)
    }

    fn notify(&mut self, memarg: &MemArg) {
        let count = self.pop();
        self.call_at_address(memarg, Builtin::MemoryNotify, &[count]);
    }

    fn wait(&mut self, memarg: &MemArg, builtin: Builtin) {
        let timeout = self.pop();
        let expected = self.pop();
        self.call_at_address(memarg, builtin, &[expected, timeout]);
    }

    /// Pops an index, calls a builtin with the effective address and `rest`, and pushes what it gives; -1 is a failure.
    fn call_at_address(&mut self, memarg: &MemArg, builtin: Builtin, rest: &[Value]) {
        let (MemArgTarget::Memory(memory) | MemArgTarget::Array(memory)) = memarg.target;
        let index = self.pop_index();
        let address = match memarg.offset {
            0 => index,
            offset => {
                let offset = self.builder.ins().iconst(types::I64, offset as i64);
                // Only 64-bit indices can overflow.
                let code = to_cranelift(TrapCode::MemoryOutOfBounds);
                self.builder.ins().uadd_overflow_trap(index, offset, code)
            }
        };
        let memory = self.index_argument(memory);
        let arguments = [&[self.context, memory, address], rest].concat();
        let result = self.call_builtin(builtin, &arguments);
        let failed = self.builder.ins().icmp_imm_s(IntCC::Equal, result, -1);
        self.raise_unless_zero(failed);
        self.stack.push(result);
    }
}
