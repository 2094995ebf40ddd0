//! Operations on whole memories: size, growth, copies, fills, and data segments.
//!
//! Builtins do the work, but for copies and fills of a small constant length, which become loads and stores.

use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmc_contract::WASM_PAGE_BYTES;
use wasmc_contract::builtin::Builtin;
use wasmparser::Operator;

use super::function::FunctionTranslator;
use super::signature::VECTOR;

/// The longest copy or fill that becomes loads and stores.
const INLINE_BYTES_MAX: u64 = 64;

/// Cuts `bytes` bytes into accesses of at most `widest`: their offsets, ascending, and types. The last may overlap the
/// one before.
fn chunks(bytes: u32, widest: Type) -> impl Iterator<Item = (i32, Type)> {
    let fitting = [widest, types::I64, types::I32, types::I16, types::I8].into_iter();
    let chunk = fitting.into_iter().find(|chunk| chunk.bytes() <= bytes).unwrap_or(types::I8);
    let whole = bytes / chunk.bytes();
    let rest = bytes % chunk.bytes();
    // The rest in one access: as wide as it needs, and it may begin inside what is done already.
    let last = [types::I8, types::I16, types::I32, types::I64, VECTOR].into_iter().find(|last| last.bytes() >= rest);
    let last = last.filter(|_| rest != 0).map(|last| ((bytes - last.bytes()) as i32, last));
    (0..whole).map(move |nth| ((nth * chunk.bytes()) as i32, chunk)).chain(last)
}

impl FunctionTranslator<'_, '_> {
    /// Translates operators on whole memories and data segments; `false` for any other.
    pub(super) fn whole_memory(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::MemorySize { mem } => {
                let bytes = self.memory_bytes(*mem);
                let pages = self.builder.ins().ushr_imm_u(bytes, i64::from(WASM_PAGE_BYTES.trailing_zeros()));
                self.push_memory_index(*mem, pages);
            }
            Operator::MemoryGrow { mem } => {
                let pages = self.pop_index();
                let memory = self.index_argument(*mem);
                let before = self.call_builtin(Builtin::MemoryGrow, &[self.context, memory, pages]);
                self.push_memory_index(*mem, before);
            }
            Operator::MemoryInit { data_index, mem } => {
                let [destination, source, length] = self.pop_indices();
                let memory = self.index_argument(*mem);
                let segment = self.index_argument(*data_index);
                let arguments = [self.context, memory, segment, destination, source, length];
                self.call_checked_builtin(Builtin::MemoryInit, &arguments);
            }
            Operator::DataDrop { data_index } => {
                let segment = self.index_argument(*data_index);
                self.call_builtin(Builtin::DataDrop, &[self.context, segment]);
            }
            Operator::MemoryCopy { dst_mem, src_mem } => self.memory_copy(*dst_mem, *src_mem),
            Operator::MemoryFill { mem } => self.memory_fill(*mem),
            _ => return false,
        }
        true
    }

    fn memory_copy(&mut self, to: u32, from: u32) {
        let [destination, source, length] = self.pop_indices();
        if let Some(bytes) = self.small_length(length) {
            self.copy_inline(to, destination, from, source, bytes);
            return;
        }
        let to = self.index_argument(to);
        let from = self.index_argument(from);
        self.call_checked_builtin(Builtin::MemoryCopy, &[self.context, to, from, destination, source, length]);
    }

    fn memory_fill(&mut self, memory: u32) {
        let length = self.pop_index();
        let value = self.pop();
        let destination = self.pop_index();
        if let Some(bytes) = self.small_length(length) {
            self.fill_inline(memory, destination, value, bytes);
            return;
        }
        let memory = self.index_argument(memory);
        self.call_checked_builtin(Builtin::MemoryFill, &[self.context, memory, destination, value, length]);
    }

    /// The length, if it is a constant that is worth no call.
    fn small_length(&self, length: Value) -> Option<u32> {
        let bytes = self.constant_of(length)?;
        (self.environment.folds && (1..=INLINE_BYTES_MAX).contains(&bytes)).then_some(bytes as u32)
    }

    /// Copies `bytes` bytes: all are loaded before the first is stored, and the last ones are stored first, so that a
    /// fault leaves the memory as it was.
    fn copy_inline(&mut self, to: u32, destination: Value, from: u32, source: Value, bytes: u32) {
        let destination = self.address_at(to, destination, 0, bytes);
        let source = self.address_at(from, source, 0, bytes);
        let chunks: Vec<(i32, Value)> = chunks(bytes, VECTOR)
            .map(|(offset, chunk)| (offset, self.builder.ins().load(chunk, source.flags, source.base, offset)))
            .collect();
        self.check_last_byte(&destination, bytes);
        for (offset, value) in chunks.into_iter().rev() {
            self.builder.ins().store(destination.flags, value, destination.base, offset);
        }
    }

    /// Sets `bytes` bytes to the low byte of `value`, the last ones first, likewise.
    fn fill_inline(&mut self, memory: u32, destination: Value, value: Value, bytes: u32) {
        let destination = self.address_at(memory, destination, 0, bytes);
        let byte = self.builder.ins().ireduce(types::I8, value);
        let byte = self.builder.ins().uextend(types::I64, byte);
        let pattern = self.builder.ins().imul_imm_u(byte, 0x0101_0101_0101_0101);
        let chunks: Vec<(i32, Type)> = chunks(bytes, types::I64).collect();
        self.check_last_byte(&destination, bytes);
        for (offset, chunk) in chunks.into_iter().rev() {
            let value = if chunk == types::I64 { pattern } else { self.builder.ins().ireduce(chunk, pattern) };
            self.builder.ins().store(destination.flags, value, destination.base, offset);
        }
    }

    /// Pushes a number of pages as wide as the memory's indices are.
    fn push_memory_index(&mut self, memory: u32, pages: Value) {
        let is_64 = self.environment.module.memories[memory as usize].is_64;
        let pages = if is_64 { pages } else { self.builder.ins().ireduce(types::I32, pages) };
        self.stack.push(pages);
    }

    /// Pops an index or a length, as 64 bits.
    pub(super) fn pop_index(&mut self) -> Value {
        let index = self.pop();
        self.widen(index)
    }

    /// Pops three of them: the lowest first.
    pub(super) fn pop_indices(&mut self) -> [Value; 3] {
        let third = self.pop_index();
        let second = self.pop_index();
        [self.pop_index(), second, third]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_all_bytes() {
        for bytes in 1..=INLINE_BYTES_MAX as u32 {
            for widest in [types::I64, VECTOR] {
                let mut covered = 0;
                for (offset, chunk) in chunks(bytes, widest) {
                    assert!(offset as u32 <= covered && chunk.bytes() <= widest.bytes(), "{bytes}");
                    assert!(offset as u32 + chunk.bytes() > covered, "{bytes}");
                    covered = offset as u32 + chunk.bytes();
                }
                assert_eq!(covered, bytes);
            }
        }
    }
}
