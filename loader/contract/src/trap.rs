//! Why compiled code can stop, and the tables that say where.
//!
//! Both tables, read only when something trapped or wants a backtrace, map an offset in the text to a number: the trap
//! section to a [`TrapCode`]'s, the address map to an offset in the wasm file.
//!
//! ```text
//! table  = count:u32 pad:u32 block:Block^ceil(count / 64) stream
//! Block  = offset:u32 value:u32 stream_offset:u32      the first of up to 64 entries; where in the stream the others are
//! entry  = uleb128(offset_step * 2 + 0)                 the same value as the entry before
//!        | uleb128(offset_step * 2 + 1) sleb128(value_step)
//! ```
//!
//! Offsets are from the start of text and ascend strictly; steps are from the entry before. A trap's offset is that of
//! the trapping instruction; an address's offset is either that, or one less than the return address of a call: the
//! instruction that a call returns to may trap itself, for another place in the wasm file. Offsets in the wasm file count
//! from its start. Lookups are exact: a program counter that is in no table did not trap in compiled code.

use crate::record;
use crate::record::{Record, Records};

macro_rules! trap_codes {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why compiled code stopped. The numbers are stored in artifacts and never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapCode { $($(#[doc = $doc])* $name = $code,)* }

        impl TrapCode {
            /// All codes, in the order of their numbers.
            pub const ALL: &[TrapCode] = &[$(TrapCode::$name),*];

            /// The code with this number.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($code => Some(Self::$name),)* _ => None }
            }

            /// The specification's words for it, where it has some.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

trap_codes! {
    /// The `unreachable` instruction was executed.
    Unreachable = 1, "unreachable";
    /// A load, store or bulk operation reached past the end of its memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table access or bulk operation reached past the end of its table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// `call_indirect` with an index past the end of the table.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` of a null element.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` of a function with another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// An integer division or conversion whose result has no representation.
    IntegerOverflow = 7, "integer overflow";
    /// An integer division by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// A conversion of a NaN to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// Calls nested deeper than the stack allows.
    StackOverflow = 10, "call stack exhausted";
    /// A null reference where one was needed (`ref.as_non_null`, `call_ref`, ...).
    NullReference = 11, "null reference";
    /// The embedder asked the program to stop (a timeout, for one).
    Interrupted = 12, "interrupted";
    /// An exception that nothing caught.
    UncaughtException = 13, "uncaught exception";
    /// An atomic access to an address that is not a multiple of its size.
    UnalignedAtomic = 14, "unaligned atomic";
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory = 15, "expected shared memory";
    /// An access past the end of an array.
    ArrayOutOfBounds = 16, "out of bounds array access";
    /// A reference cast to a type that it does not have.
    CastFailure = 17, "cast failure";
    /// A host function returned an error; the store's pending value says which.
    Host = 18, "host error";
    /// A limit that the embedder set was met while allocating.
    AllocationTooLarge = 19, "allocation too large";
}

/// The trap section: from the offset of an instruction to the reason why it traps.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrapTable<'a>(Table<'a>);

impl<'a> TrapTable<'a> {
    /// Reads the section's header, or `None` if the section's length does not fit it.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        Table::parse(bytes).map(Self)
    }

    /// All entries in order of their offset, up to one that is malformed: `(text offset, code's number)`.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u8)> + use<'a> {
        self.0.iter().map_while(|(offset, value)| Some((offset, u8::try_from(value).ok()?)))
    }

    /// Why the instruction at `text_offset` traps; `None` if it is not known to.
    pub fn find(&self, text_offset: u32) -> Option<TrapCode> {
        TrapCode::from_number(u8::try_from(self.0.find(text_offset)?).ok()?)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }
}

/// The address map: from the offset of an instruction, or of a return address, to the offset in the wasm file.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressMap<'a>(Table<'a>);

impl<'a> AddressMap<'a> {
    /// Reads the section's header, or `None` if the section's length does not fit it.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        Table::parse(bytes).map(Self)
    }

    /// All entries in order of their offset, up to one that is malformed: `(text offset, wasm offset)`.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        self.0.iter()
    }

    /// Where in the wasm file the code at `text_offset` comes from: the offset of a trapping instruction, or a return
    /// address less 1.
    pub fn find(&self, text_offset: u32) -> Option<u32> {
        self.0.find(text_offset)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }
}

/// How many entries a block has; the last one may have fewer.
pub const BLOCK_ENTRIES: usize = 64;

record! {
    /// The first entry of a block of a table.
    pub struct Block {
        /// Its offset in the text.
        pub offset: u32,
        /// Its value.
        pub value: u32,
        /// Where in the stream the block's other entries are.
        pub stream_offset: u32,
    }
}

/// A table from text offsets to numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Table<'a> {
    count: usize,
    blocks: Records<'a, Block>,
    stream: &'a [u8],
}

impl<'a> Table<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let count = usize::try_from(u32::read(bytes)?).ok()?;
        let block_bytes = count.div_ceil(BLOCK_ENTRIES).checked_mul(Block::SIZE)?;
        let (blocks, stream) = bytes.get(8..)?.split_at_checked(block_bytes)?;
        Some(Self { count, blocks: Records::new(blocks)?, stream })
    }

    fn find(&self, text_offset: u32) -> Option<u32> {
        let block = self.blocks.partition_point(|block| block.offset <= text_offset).checked_sub(1)?;
        let (offset, value) = self.block(block)?.take_while(|(offset, _)| *offset <= text_offset).last()?;
        (offset == text_offset).then_some(value)
    }

    fn iter(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        let table = *self;
        (0..table.blocks.len()).flat_map(move |block| table.block(block).into_iter().flatten())
    }

    /// The entries of a block, up to one that is malformed.
    fn block(&self, index: usize) -> Option<impl Iterator<Item = (u32, u32)> + use<'a>> {
        let block = self.blocks.at(index)?;
        let entries = (self.count - index * BLOCK_ENTRIES).min(BLOCK_ENTRIES);
        let mut stream = self.stream.get(block.stream_offset as usize..)?;
        let (mut offset, mut value) = (block.offset, block.value);
        let rest = (1..entries).map_while(move |_| {
            let step = leb128(&mut stream)?;
            offset = offset.checked_add(u32::try_from(step.bits >> 1).ok()?)?;
            if step.bits & 1 != 0 {
                value = value.wrapping_add(leb128(&mut stream)?.signed() as u32);
            }
            Some((offset, value))
        });
        Some(core::iter::once((block.offset, block.value)).chain(rest))
    }
}

/// A number as it was read, before it is known to be signed or not.
struct Leb128 {
    bits: u64,
    width: u32,
}

impl Leb128 {
    fn signed(&self) -> i64 {
        let unused = u64::BITS - self.width;
        ((self.bits << unused) as i64) >> unused
    }
}

/// Takes a number of at most 5 bytes from the front of `bytes`.
fn leb128(bytes: &mut &[u8]) -> Option<Leb128> {
    let mut number = Leb128 { bits: 0, width: 0 };
    while number.width < 35 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number.bits |= u64::from(byte & 0x7f) << number.width;
        number.width += 7;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_from_the_entry_before() {
        // 10 → 500, 13 → 500, 200 → 436, 201 → 500
        let bytes = [4, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0xf4, 1, 0, 0, 0, 0, 0, 0, 6, 0xf7, 2, 0x40, 3, 0xc0, 0];
        let map = AddressMap::parse(&bytes).unwrap();
        assert!(map.iter().eq([(10, 500), (13, 500), (200, 436), (201, 500)]));
        for (offset, wasm_offset) in map.iter() {
            assert_eq!(map.find(offset), Some(wasm_offset));
        }
        for unknown in [0, 9, 11, 199, 202, u32::MAX] {
            assert_eq!(map.find(unknown), None);
        }
        for length in 0..bytes.len() {
            if let Some(map) = AddressMap::parse(&bytes[..length]) {
                assert_eq!(map.find(201), None);
            }
        }
    }
}
