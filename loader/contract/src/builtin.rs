//! The functions that the loader provides to compiled code.
//!
//! Compiled code loads a function's address from the table at [`crate::context::InstanceContext::builtins`] and calls
//! it with the target's C convention. Numbers are positions in that table; they are only ever appended to, so that older
//! artifacts keep finding what they know.
//!
//! A builtin that can fail has set [`crate::context::StoreContext::pending`] when it did, and the code calls
//! [`Builtin::Raise`]. Its result says so: a status other than 0; of those that give something, what their own words say.
//! (That of `*Grow` is the old size or -1, which is no failure.)

/// A type in a builtin's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltinType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer, an address or a reference value.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
}

macro_rules! builtins {
    ($($(#[doc = $doc:literal])* $name:ident($($parameter:ident: $type:ident),*) $(-> $result:ident)?;)*) => {
        /// A builtin function; its number is its position in the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Builtin { $(
            $(#[doc = $doc])*
            #[doc = concat!("\n\n`(", $(stringify!($parameter), ": ", stringify!($type), ", ",)* ")" $(, " -> ", stringify!($result))?, "`")]
            $name,
        )* }

        impl Builtin {
            /// All builtins, in the order of the table.
            pub const ALL: &[Builtin] = &[$(Builtin::$name),*];

            /// The types of its parameters.
            pub const fn parameters(self) -> &'static [BuiltinType] {
                match self { $(Self::$name => &[$(BuiltinType::$type),*],)* }
            }

            /// The type of its result.
            pub const fn result(self) -> Option<BuiltinType> {
                match self { $(Self::$name => { $(if true { return Some(BuiltinType::$result); })? None })* }
            }
        }
    };
}

builtins! {
    /// Leaves compiled code for the newest entry, with what `pending` says. Does not return.
    Raise(store: I64);
    /// Calls `code` of this instance for a C program, with an array of values. What cannot be returned is reported as
    /// the embedder asked.
    CallExport(context: I64, function: I32, values: I64);
    /// Grows a memory by a number of pages; the old size in pages, or -1.
    MemoryGrow(context: I64, memory: I32, pages: I64) -> I64;
    /// `memory.init`.
    MemoryInit(context: I64, memory: I32, segment: I32, destination: I64, source: I64, length: I64) -> I64;
    /// `memory.copy`.
    MemoryCopy(context: I64, destination_memory: I32, source_memory: I32, destination: I64, source: I64, length: I64) -> I64;
    /// `memory.fill`.
    MemoryFill(context: I64, memory: I32, destination: I64, value: I32, length: I64) -> I64;
    /// `data.drop`.
    DataDrop(context: I64, segment: I32);
    /// Grows a table by a number of elements with the reference `value`; the old size, or -1.
    TableGrow(context: I64, table: I32, elements: I64, value: I64) -> I64;
    /// `table.init`.
    TableInit(context: I64, table: I32, segment: I32, destination: I64, source: I64, length: I64) -> I64;
    /// `table.copy`.
    TableCopy(context: I64, destination_table: I32, source_table: I32, destination: I64, source: I64, length: I64) -> I64;
    /// `table.fill`.
    TableFill(context: I64, table: I32, destination: I64, value: I64, length: I64) -> I64;
    /// `elem.drop`.
    ElementDrop(context: I64, segment: I32);
    /// Whether the type with the first identity is the one with the second, or declared a subtype of it: 1 or 0. Never
    /// fails.
    IsSubtype(context: I64, identity: I32, of: I32) -> I32;
    /// A new exception of the tag at this index of the instance, with the array's values in its fields: its address, or
    /// 0 after a failure.
    NewException(context: I64, tag: I32, values: I64) -> I64;
    /// Throws an exception: execution goes on where it is caught. Does not return. It is called with the internal
    /// convention ([`crate::convention`]), as any function that throws: so a `try` may surround it.
    Throw(context: I64, exception: I64);
    /// `f32.ceil`, where the CPU has no instruction for it.
    CeilF32(value: F32) -> F32;
    /// `f32.floor`, likewise.
    FloorF32(value: F32) -> F32;
    /// `f32.trunc`, likewise.
    TruncF32(value: F32) -> F32;
    /// `f32.nearest`, likewise.
    NearestF32(value: F32) -> F32;
    /// `f64.ceil`, likewise.
    CeilF64(value: F64) -> F64;
    /// `f64.floor`, likewise.
    FloorF64(value: F64) -> F64;
    /// `f64.trunc`, likewise.
    TruncF64(value: F64) -> F64;
    /// `f64.nearest`, likewise.
    NearestF64(value: F64) -> F64;
    /// `memory.atomic.notify` at the effective address: how many threads were woken, or -1 after a failure.
    MemoryNotify(context: I64, memory: I32, address: I64, count: I32) -> I32;
    /// `memory.atomic.wait32` at the effective address; the timeout in nanoseconds, none if negative: what the instruction
    /// gives, or -1 after a failure.
    MemoryWait32(context: I64, memory: I32, address: I64, expected: I32, timeout: I64) -> I32;
    /// `memory.atomic.wait64`, likewise.
    MemoryWait64(context: I64, memory: I32, address: I64, expected: I64, timeout: I64) -> I32;
}

impl Builtin {
    /// Offset of its address in the table, in bytes.
    pub const fn offset_bytes(self) -> i32 {
        self as i32 * 8
    }
}
