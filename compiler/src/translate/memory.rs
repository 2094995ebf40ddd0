//! Loads, stores, and operations on whole memories.
//!
//! An address is the memory's base (which never changes) plus the zero-extended index plus the constant offset. With
//! guard pages nothing is compared as long as that sum stays inside the reservation; else the end of the access is
//! compared with the memory's length.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};
use wasmc_contract::context::offset;
use wasmc_contract::trap::TrapCode;
use wasmc_contract::{GUARD_BYTES, WASM_PAGE_BYTES};
use wasmparser::{MemArg, MemArgTarget, Operator};

use super::function::{FunctionTranslator, Region};
use super::signature::{POINTER, VECTOR};
use super::trap::to_cranelift;

/// What is known of a memory in one function.
#[derive(Clone, Copy)]
pub(super) struct MemoryAccess {
    /// The address of its first byte.
    base: Value,
    /// The flags of accesses to its bytes.
    flags: MemFlagsData,
    /// Whether its end is compared with, whatever the offset.
    is_checked: bool,
    /// Its length, if that never changes.
    fixed_bytes: Option<u64>,
}

/// An address and a constant to add to it, and the flags to access it with.
pub(super) struct Address {
    pub(super) base: Value,
    pub(super) offset: i32,
    pub(super) flags: MemFlagsData,
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators on memories; `false` for any other.
    pub(super) fn memory(&mut self, operator: &Operator<'_>) -> bool {
        self.load_or_store(operator) || self.whole_memory(operator)
    }

    fn load_or_store(&mut self, operator: &Operator<'_>) -> bool {
        macro_rules! extending_load {
            ($memarg:ident, $bytes:literal, $load:ident, $type:expr) => {{
                let Address { base, offset, flags } = self.address($memarg, $bytes);
                let value = self.builder.ins().$load($type, flags, base, offset);
                self.stack.push(value);
            }};
            ($memarg:ident, $bytes:literal, $load:ident) => {{
                let Address { base, offset, flags } = self.address($memarg, $bytes);
                let value = self.builder.ins().$load(flags, base, offset);
                self.stack.push(value);
            }};
        }
        macro_rules! narrowing_store {
            ($memarg:ident, $bytes:literal, $store:ident) => {{
                let value = self.pop();
                let address = self.address($memarg, $bytes);
                self.check_last_byte(&address, $bytes);
                let Address { base, offset, flags } = address;
                self.builder.ins().$store(flags, value, base, offset);
            }};
        }
        match operator {
            Operator::I32Load { memarg } => self.load(memarg, types::I32),
            Operator::I64Load { memarg } => self.load(memarg, types::I64),
            Operator::F32Load { memarg } => self.load(memarg, types::F32),
            Operator::F64Load { memarg } => self.load(memarg, types::F64),
            Operator::V128Load { memarg } => self.load(memarg, VECTOR),
            Operator::I32Load8S { memarg } => extending_load!(memarg, 1, sload8, types::I32),
            Operator::I32Load8U { memarg } => extending_load!(memarg, 1, uload8, types::I32),
            Operator::I32Load16S { memarg } => extending_load!(memarg, 2, sload16, types::I32),
            Operator::I32Load16U { memarg } => extending_load!(memarg, 2, uload16, types::I32),
            Operator::I64Load8S { memarg } => extending_load!(memarg, 1, sload8, types::I64),
            Operator::I64Load8U { memarg } => extending_load!(memarg, 1, uload8, types::I64),
            Operator::I64Load16S { memarg } => extending_load!(memarg, 2, sload16, types::I64),
            Operator::I64Load16U { memarg } => extending_load!(memarg, 2, uload16, types::I64),
            Operator::I64Load32S { memarg } => extending_load!(memarg, 4, sload32),
            Operator::I64Load32U { memarg } => extending_load!(memarg, 4, uload32),
            Operator::I32Store { memarg } => narrowing_store!(memarg, 4, store),
            Operator::I64Store { memarg } => narrowing_store!(memarg, 8, store),
            Operator::F32Store { memarg } => narrowing_store!(memarg, 4, store),
            Operator::F64Store { memarg } => narrowing_store!(memarg, 8, store),
            Operator::V128Store { memarg } => narrowing_store!(memarg, 16, store),
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => narrowing_store!(memarg, 1, istore8),
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => narrowing_store!(memarg, 2, istore16),
            Operator::I64Store32 { memarg } => narrowing_store!(memarg, 4, istore32),
            Operator::V128Load8x8S { memarg } => extending_load!(memarg, 8, sload8x8),
            Operator::V128Load8x8U { memarg } => extending_load!(memarg, 8, uload8x8),
            Operator::V128Load16x4S { memarg } => extending_load!(memarg, 8, sload16x4),
            Operator::V128Load16x4U { memarg } => extending_load!(memarg, 8, uload16x4),
            Operator::V128Load32x2S { memarg } => extending_load!(memarg, 8, sload32x2),
            Operator::V128Load32x2U { memarg } => extending_load!(memarg, 8, uload32x2),
            Operator::V128Load8Splat { memarg } => self.load_splat(memarg, types::I8X16),
            Operator::V128Load16Splat { memarg } => self.load_splat(memarg, types::I16X8),
            Operator::V128Load32Splat { memarg } => self.load_splat(memarg, types::I32X4),
            Operator::V128Load64Splat { memarg } => self.load_splat(memarg, types::I64X2),
            Operator::V128Load32Zero { memarg } => self.load_zero(memarg, types::I32X4),
            Operator::V128Load64Zero { memarg } => self.load_zero(memarg, types::I64X2),
            Operator::V128Load8Lane { memarg, lane } => self.load_lane(memarg, *lane, types::I8X16),
            Operator::V128Load16Lane { memarg, lane } => self.load_lane(memarg, *lane, types::I16X8),
            Operator::V128Load32Lane { memarg, lane } => self.load_lane(memarg, *lane, types::I32X4),
            Operator::V128Load64Lane { memarg, lane } => self.load_lane(memarg, *lane, types::I64X2),
            Operator::V128Store8Lane { memarg, lane } => self.store_lane(memarg, *lane, types::I8X16),
            Operator::V128Store16Lane { memarg, lane } => self.store_lane(memarg, *lane, types::I16X8),
            Operator::V128Store32Lane { memarg, lane } => self.store_lane(memarg, *lane, types::I32X4),
            Operator::V128Store64Lane { memarg, lane } => self.store_lane(memarg, *lane, types::I64X2),
            _ => return false,
        }
        true
    }

    fn load(&mut self, memarg: &MemArg, loaded: Type) {
        let value = self.loaded(memarg, loaded);
        self.stack.push(value);
    }

    fn loaded(&mut self, memarg: &MemArg, loaded: Type) -> Value {
        let Address { base, offset, flags } = self.address(memarg, loaded.bytes());
        self.builder.ins().load(loaded, flags, base, offset)
    }

    fn load_splat(&mut self, memarg: &MemArg, vector: Type) {
        let value = self.loaded(memarg, vector.lane_type());
        let value = self.builder.ins().splat(vector, value);
        self.stack.push(value);
    }

    fn load_zero(&mut self, memarg: &MemArg, vector: Type) {
        let value = self.loaded(memarg, vector.lane_type());
        let value = self.builder.ins().scalar_to_vector(vector, value);
        self.stack.push(value);
    }

    fn load_lane(&mut self, memarg: &MemArg, lane: u8, vector: Type) {
        let into = self.pop_vector(vector);
        let value = self.loaded(memarg, vector.lane_type());
        let value = self.builder.ins().insertlane(into, value, lane);
        self.stack.push(value);
    }

    fn store_lane(&mut self, memarg: &MemArg, lane: u8, vector: Type) {
        let from = self.pop_vector(vector);
        let Address { base, offset, flags } = self.address(memarg, vector.lane_type().bytes());
        let value = self.builder.ins().extractlane(from, lane);
        self.builder.ins().store(flags, value, base, offset);
    }

    /// Pops an index, and makes the address of `size_bytes` bytes there.
    fn address(&mut self, memarg: &MemArg, size_bytes: u32) -> Address {
        let (MemArgTarget::Memory(memory) | MemArgTarget::Array(memory)) = memarg.target;
        let index = self.pop_index();
        self.address_at(memory, index, memarg.offset, size_bytes)
    }

    /// The address of `size_bytes` bytes at `index + offset`.
    pub(super) fn address_at(&mut self, memory: u32, index: Value, offset: u64, size_bytes: u32) -> Address {
        let is_64 = self.environment.module.memories[memory as usize].is_64;
        let access = self.memory_access(memory);
        let end_offset = offset.checked_add(u64::from(size_bytes));
        if access.is_checked || end_offset.is_none_or(|end| end > GUARD_BYTES) {
            self.check_end(memory, index, is_64, end_offset);
        }
        let base = self.builder.ins().iadd(access.base, index);
        match i32::try_from(offset) {
            Ok(offset) => Address { base, offset, flags: access.flags },
            Err(_) => {
                let offset = self.builder.ins().iconst(types::I64, offset as i64);
                Address { base: self.builder.ins().iadd(base, offset), offset: 0, flags: access.flags }
            }
        }
    }

    /// Traps if the last of `size_bytes` bytes at `address` cannot be accessed, before any is stored, where the CPU stores
    /// so many in parts: one after the other, up to a fault.
    pub(super) fn check_last_byte(&mut self, address: &Address, size_bytes: u32) {
        if size_bytes > self.environment.whole_store_bytes_max {
            let last = address.offset.checked_add(size_bytes as i32 - 1).map(|offset| (address.base, offset));
            let (base, offset) = last.unwrap_or_else(|| {
                let offset = i64::from(address.offset) + i64::from(size_bytes) - 1;
                let offset = self.builder.ins().iconst(types::I64, offset);
                (self.builder.ins().iadd(address.base, offset), 0)
            });
            self.builder.ins().load(types::I8, address.flags, base, offset);
        }
    }

    /// Traps if `index + end_offset` is past the memory's end.
    fn check_end(&mut self, memory: u32, index: Value, is_64: bool, end_offset: Option<u64>) {
        let Some(end_offset) = end_offset else {
            // No memory is that long.
            let always = self.builder.ins().iconst(types::I32, 1);
            self.trap_if(always, TrapCode::MemoryOutOfBounds);
            return;
        };
        let end_offset = self.builder.ins().iconst(types::I64, end_offset as i64);
        let end = if is_64 {
            let code = to_cranelift(TrapCode::MemoryOutOfBounds);
            self.builder.ins().uadd_overflow_trap(index, end_offset, code)
        } else {
            self.builder.ins().iadd(index, end_offset)
        };
        let length = self.memory_bytes(memory);
        let is_outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(is_outside, TrapCode::MemoryOutOfBounds);
    }

    fn memory_access(&mut self, memory: u32) -> MemoryAccess {
        if let Some(access) = self.memories[memory as usize] {
            return access;
        }
        let declared = &self.environment.module.memories[memory as usize];
        let region = match memory.checked_sub(self.environment.module.imported.memories) {
            Some(_) => Region::Memory(memory),
            None => Region::ImportedMemories,
        };
        let flags = MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(Some(to_cranelift(TrapCode::MemoryOutOfBounds)))
            .with_alias_region(Some(self.region(region)));
        let (definition, offset) = self.memory_definition(memory);
        let is_fixed = declared.maximum_pages == Some(declared.minimum_pages);
        let access = MemoryAccess {
            base: self.constant_pointer_at(definition, offset + offset::MEMORY_BASE as u32),
            flags,
            is_checked: declared.is_64 || self.environment.explicit_checks,
            fixed_bytes: if is_fixed { declared.minimum_pages.checked_mul(WASM_PAGE_BYTES) } else { None },
        };
        self.memories[memory as usize] = Some(access);
        access
    }

    /// A pointer, and the offset from there to the memory's definition.
    fn memory_definition(&mut self, memory: u32) -> (Value, u32) {
        let layout = &self.environment.layout;
        match memory.checked_sub(self.environment.module.imported.memories) {
            Some(nth) if !self.environment.module.memories[memory as usize].is_shared => {
                (self.context, layout.defined_memory(nth))
            }
            _ => (self.constant_pointer(layout.memory(memory)), 0),
        }
    }

    /// The memory's length in bytes.
    pub(super) fn memory_bytes(&mut self, memory: u32) -> Value {
        if let Some(bytes) = self.memory_access(memory).fixed_bytes {
            return self.builder.ins().iconst(types::I64, bytes as i64);
        }
        let (definition, offset) = self.memory_definition(memory);
        let flags = self.trusted(Region::MemoryDefinitions);
        let offset = offset as i32 + offset::MEMORY_LENGTH_BYTES;
        if self.environment.module.memories[memory as usize].is_shared {
            let place = self.builder.ins().iadd_imm_s(definition, i64::from(offset));
            return self.builder.ins().atomic_load(POINTER, flags, place);
        }
        self.builder.ins().load(POINTER, flags, definition, offset)
    }
}
