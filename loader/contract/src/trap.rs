//! Why compiled code can stop, and the tables that say where.
//!
//! The trap section, read only when something trapped:
//!
//! ```text
//! traps     = count:u32 pad:u32 offset:u32^count code:u8^count
//! addresses = count:u32 pad:u32 offset:u32^count wasm_offset:u32^count
//! ```
//!
//! Offsets are from the start of text and ascend strictly. A trap's offset is that of the trapping instruction; an
//! address's offset is either that, or one less than the return address of a call: the instruction that a call returns
//! to may trap itself, for another place in the wasm file. `wasm_offset` counts from the start of the wasm file.
//! Lookups are exact: a program counter that is in no table did not trap in compiled code.

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
pub struct TrapTable<'a> {
    offsets: Records<'a, u32>,
    codes: &'a [u8],
}

impl<'a> TrapTable<'a> {
    /// Reads the section's header, or `None` if the section's length does not fit it.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (offsets, codes) = split_header(bytes)?;
        Some(Self { codes: codes.get(..offsets.len())?, offsets })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// All entries in order of their offset: `(text offset, code's number)`.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u8)> + use<'a> {
        self.offsets.iter().zip(self.codes.iter().copied())
    }

    /// Why the instruction at `text_offset` traps; `None` if it is not known to.
    pub fn find(&self, text_offset: u32) -> Option<TrapCode> {
        TrapCode::from_number(*self.codes.get(find_exact(&self.offsets, text_offset)?)?)
    }
}

/// The address map: from the offset of an instruction, or of a return address, to the offset in the wasm file.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressMap<'a> {
    offsets: Records<'a, u32>,
    wasm_offsets: Records<'a, u32>,
}

impl<'a> AddressMap<'a> {
    /// Reads the section's header, or `None` if the section's length does not fit it.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (offsets, rest) = split_header(bytes)?;
        let wasm_offsets = Records::new(rest.get(..offsets.len() * u32::SIZE)?)?;
        Some(Self { offsets, wasm_offsets })
    }

    /// All entries in order of their offset: `(text offset, wasm offset)`.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + use<'a> {
        self.offsets.iter().zip(self.wasm_offsets.iter())
    }

    /// Where in the wasm file the code at `text_offset` comes from: the offset of a trapping instruction, or a return
    /// address less 1.
    pub fn find(&self, text_offset: u32) -> Option<u32> {
        self.wasm_offsets.at(find_exact(&self.offsets, text_offset)?)
    }
}

/// `count:u32 pad:u32 offset:u32^count rest` → the offsets and the rest.
fn split_header(bytes: &[u8]) -> Option<(Records<'_, u32>, &[u8])> {
    let count = usize::try_from(u32::read(bytes)?).ok()?;
    let (offsets, rest) = bytes.get(8..)?.split_at_checked(count.checked_mul(u32::SIZE)?)?;
    Some((Records::new(offsets)?, rest))
}

fn find_exact(offsets: &Records<'_, u32>, text_offset: u32) -> Option<usize> {
    let index = offsets.partition_point(|offset| offset < text_offset);
    (offsets.at(index)? == text_offset).then_some(index)
}
