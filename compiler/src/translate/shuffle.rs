//! Permutations of bytes, also where the CPU has no instruction for them (x86-64 before SSSE3), since Cranelift would
//! call a library there.

use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types};

use super::function::{FunctionTranslator, Region};
use super::signature::{POINTER, VECTOR};

/// The masks of SSE2's interleaving instructions: for lanes of 1, 2, 4 and 8 bytes, from the low or high halves.
fn is_interleaving(lanes: [u8; 16]) -> bool {
    [1_u8, 2, 4, 8].iter().any(|width| {
        [0_u8, 8].iter().any(|start| {
            (0..16_u8).all(|position| {
                let (lane, byte) = (position / width, position % width);
                let source = if lane % 2 == 0 { 0 } else { 16 };
                lanes[usize::from(position)] == source + start + lane / 2 * width + byte
            })
        })
    })
}

/// The mask as one of 4-byte lanes of both vectors, if it is one.
fn wide_lanes(lanes: [u8; 16]) -> Option<[u8; 4]> {
    let mut wide = [0; 4];
    for (index, bytes) in lanes.chunks_exact(4).enumerate() {
        let is_whole = bytes[0] % 4 == 0 && (1..4).all(|byte| bytes[byte] == bytes[0] + byte as u8);
        if !is_whole {
            return None;
        }
        wide[index] = bytes[0] / 4;
    }
    Some(wide)
}

/// Whether SSE2 has one instruction for these 4-byte lanes: all from one vector, or two from one and then two from the
/// other.
fn is_one_instruction(wide: [u8; 4]) -> bool {
    let from_right = wide.map(|lane| lane >= 4);
    from_right[0] == from_right[1] && from_right[2] == from_right[3]
}

impl FunctionTranslator<'_, '_> {
    /// The bytes of both vectors that `lanes` names.
    pub(super) fn shuffle(&mut self, left: Value, right: Value, lanes: [u8; 16]) -> Value {
        let wide = wide_lanes(lanes);
        if self.environment.has_byte_shuffle || is_interleaving(lanes) || wide.is_some_and(is_one_instruction) {
            let mask = self.builder.func.dfg.immediates.push(lanes.as_slice().into());
            return self.builder.ins().shuffle(left, right, mask);
        }
        match wide {
            Some(wide) => self.shuffle_wide(left, right, wide),
            None => self.shuffle_in_memory(left, right, lanes),
        }
    }

    fn shuffle_wide(&mut self, left: Value, right: Value, wide: [u8; 4]) -> Value {
        let left = self.bitcast_vector(types::I32X4, left);
        let right = self.bitcast_vector(types::I32X4, right);
        let mut result = left;
        for (lane, source) in wide.into_iter().enumerate() {
            let from = if source < 4 { left } else { right };
            let element = self.builder.ins().extractlane(from, source % 4);
            result = self.builder.ins().insertlane(result, element, lane as u8);
        }
        self.bitcast_vector(VECTOR, result)
    }

    fn shuffle_in_memory(&mut self, left: Value, right: Value, lanes: [u8; 16]) -> Value {
        let slot = self.vector_slot();
        let flags = self.trusted(Region::Slots);
        let address = self.builder.ins().stack_addr(POINTER, slot, 0);
        self.builder.ins().store(flags, left, address, 0);
        self.builder.ins().store(flags, right, address, 16);
        let halves = [0, 8].map(|start| {
            self.gather(|this, byte| {
                let source = i32::from(lanes[start + byte]);
                this.builder.ins().uload8(types::I64, flags, address, source)
            })
        });
        self.joined(halves)
    }

    /// The bytes of `vector` that `indices` names; 0 for an index that is too large.
    pub(super) fn swizzle(&mut self, vector: Value, indices: Value) -> Value {
        if self.environment.has_byte_shuffle {
            return self.builder.ins().swizzle(vector, indices);
        }
        let slot = self.vector_slot();
        let flags = self.trusted(Region::Slots);
        let address = self.builder.ins().stack_addr(POINTER, slot, 0);
        let zero = self.vector_constant([0; 16]);
        self.builder.ins().store(flags, vector, address, 0);
        self.builder.ins().store(flags, zero, address, 16);
        // What is too large reads one of the zeros.
        let limit = self.vector_constant([16; 16]);
        let indices = self.builder.ins().umin(indices, limit);
        let halves = [0, 8].map(|start| {
            self.gather(|this, byte| {
                let index = this.builder.ins().extractlane(indices, (start + byte) as u8);
                let index = this.builder.ins().uextend(types::I64, index);
                let source = this.builder.ins().iadd(address, index);
                this.builder.ins().uload8(types::I64, flags, source, 0)
            })
        });
        self.joined(halves)
    }

    /// Eight bytes as one integer.
    fn gather(&mut self, mut byte: impl FnMut(&mut Self, usize) -> Value) -> Value {
        let mut all = byte(self, 0);
        for index in 1..8 {
            let next = byte(self, index);
            let next = self.builder.ins().ishl_imm_u(next, index as i64 * 8);
            all = self.builder.ins().bor(all, next);
        }
        all
    }

    fn joined(&mut self, [low, high]: [Value; 2]) -> Value {
        let vector = self.builder.ins().scalar_to_vector(types::I64X2, low);
        let vector = self.builder.ins().insertlane(vector, high, 1);
        self.bitcast_vector(VECTOR, vector)
    }

    /// The function's slot of 32 bytes.
    fn vector_slot(&mut self) -> StackSlot {
        match self.vector_slot {
            Some(slot) => slot,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 32, 4);
                let slot = self.builder.create_sized_stack_slot(data);
                *self.vector_slot.insert(slot)
            }
        }
    }
}
