//! The module description: what a loader must know of a module to instantiate it.
//!
//! ```text
//! metadata = header:Header dynamic:DynamicHeader? list*
//! ```
//!
//! The second header is there if [`crate::section::flag::DYNAMIC`] is set. Each [`Span`] of the header is a list of records (or, for `strings`, of bytes) at a byte offset from the start of
//! the section. Indices are those of the module's index spaces, imported entities first, as in the specification.
//! Lists whose name says so are sorted. Strings are UTF-8 and not terminated.

use crate::record::{Record, Records};
use crate::{NONE, record};

record! {
    /// A list within the section.
    pub struct Span {
        /// Offset of its first byte from the start of the section, a multiple of 8.
        pub offset_bytes: u32,
        /// How many records (for `strings`: bytes) it has.
        pub count: u32,
    }
}

record! {
    /// The start of the section.
    pub struct Header {
        /// [`TypeRecord`]s, by type index.
        pub types: Span,
        /// [`ValueTypeRecord`]s that the types' parameters, results, tables, globals and segments refer to.
        pub value_types: Span,
        /// [`ImportRecord`]s in the module's order.
        pub imports: Span,
        /// [`FunctionRecord`]s, by function index; their text offsets ascend.
        pub functions: Span,
        /// [`TableRecord`]s, by table index.
        pub tables: Span,
        /// [`MemoryRecord`]s, by memory index.
        pub memories: Span,
        /// [`GlobalRecord`]s, by global index.
        pub globals: Span,
        /// Type indices (`u32`), by tag index.
        pub tags: Span,
        /// [`ExportRecord`]s in the module's order.
        pub exports: Span,
        /// [`ElementSegmentRecord`]s, by segment index.
        pub element_segments: Span,
        /// [`DataSegmentRecord`]s, by segment index; if no code refers to any, those that are done may be left out.
        pub data_segments: Span,
        /// [`ConstantRecord`]s: the instructions of constant expressions, each expression a range of them.
        pub constants: Span,
        /// Function indices (`u32`), ascending, that have a [`crate::context::FunctionReference`] in each instance.
        pub referenced_functions: Span,
        /// The bytes of names.
        pub strings: Span,
        /// The index of the start function, or [`NONE`].
        pub start_function: u32,
        /// How many of `functions` are imported.
        pub imported_functions: u32,
        /// How many of `tables` are imported.
        pub imported_tables: u32,
        /// How many of `memories` are imported.
        pub imported_memories: u32,
        /// How many of `globals` are imported.
        pub imported_globals: u32,
        /// How many of `tags` are imported.
        pub imported_tags: u32,
        /// The size of an instance's context in bytes, as [`crate::context::ContextLayout`] computes it.
        pub context_bytes: u32,
        /// Offset into text past the last function, where the trampolines start.
        pub functions_end: u32,
    }
}

record! {
    /// A name: bytes of `strings`.
    pub struct StringRecord {
        /// Offset from the start of `strings`.
        pub offset_bytes: u32,
        /// Length in bytes.
        pub length_bytes: u32,
    }
}

/// What a type defines. Structures and arrays are left room for.
pub mod type_kind {
    /// A function type.
    pub const FUNCTION: u32 = 0;
}

record! {
    /// A type. Two types are equal when their recursion groups are, position by position (core specification 3.0,
    /// "type equivalence").
    pub struct TypeRecord {
        /// One of [`type_kind`].
        pub kind: u32,
        /// Parameters, then results, in `value_types`: the first one's index.
        pub first_value_type: u32,
        /// How many parameters.
        pub parameters: u32,
        /// How many results.
        pub results: u32,
        /// The type index that the recursion group starts at.
        pub group_start: u32,
        /// How many types the recursion group has.
        pub group_length: u32,
        /// The declared supertype, or [`NONE`].
        pub supertype: u32,
        /// 1 if it is final, 0 if it may have subtypes.
        pub is_final: u32,
        /// Offset into text of the array entry ([`crate::convention`]) for this type, or [`NONE`].
        pub array_entry: u32,
        /// Offset into text of the code that calls a typed host function of this type, or [`NONE`].
        pub host_call: u32,
        /// Offset into text of the code that calls a host function of this type through an array, or [`NONE`].
        pub host_array_call: u32,
        /// Zero.
        pub reserved: u32,
    }
}

impl TypeRecord {
    /// How many parameters, and how many results, a function has at most: as engines agreed on, in browsers and elsewhere.
    pub const VALUES_MAX: u32 = 1000;
}

/// The kinds of value type. Abstract heap types are references with `type_index` [`NONE`].
pub mod value_kind {
    /// `i32`
    pub const I32: u32 = 0;
    /// `i64`
    pub const I64: u32 = 1;
    /// `f32`
    pub const F32: u32 = 2;
    /// `f64`
    pub const F64: u32 = 3;
    /// `v128`
    pub const V128: u32 = 4;
    /// A reference to a function: `func`, or the type at `type_index`.
    pub const FUNCTION: u32 = 5;
    /// A reference to a host value: `extern`.
    pub const EXTERN: u32 = 6;
    /// A reference to an exception: `exn`.
    pub const EXCEPTION: u32 = 7;
    /// A reference to no function: `nofunc`.
    pub const NO_FUNCTION: u32 = 8;
    /// A reference to no host value: `noextern`.
    pub const NO_EXTERN: u32 = 9;
    /// A reference to no exception: `noexn`.
    pub const NO_EXCEPTION: u32 = 10;
    /// Added to a reference's kind if it may be null.
    pub const NULLABLE: u32 = 1 << 8;
}

record! {
    /// A value type.
    pub struct ValueTypeRecord {
        /// One of [`value_kind`], with [`value_kind::NULLABLE`] where it applies.
        pub kind: u32,
        /// The type that a reference is to, or [`NONE`] for an abstract heap type and for numbers.
        pub type_index: u32,
    }
}

/// The kinds of import and export.
pub mod entity_kind {
    /// A function.
    pub const FUNCTION: u32 = 0;
    /// A table.
    pub const TABLE: u32 = 1;
    /// A memory.
    pub const MEMORY: u32 = 2;
    /// A global.
    pub const GLOBAL: u32 = 3;
    /// A tag.
    pub const TAG: u32 = 4;
}

record! {
    /// An import. It is the next one of its kind's index space.
    pub struct ImportRecord {
        /// The module's name.
        pub module: StringRecord,
        /// The field's name.
        pub field: StringRecord,
        /// One of [`entity_kind`].
        pub kind: u32,
        /// The index that it has in its kind's index space.
        pub index: u32,
    }
}

record! {
    /// An export.
    pub struct ExportRecord {
        /// Its name.
        pub name: StringRecord,
        /// One of [`entity_kind`].
        pub kind: u32,
        /// The index in its kind's index space.
        pub index: u32,
    }
}

record! {
    /// A function. An imported one's code is a thunk that calls the import.
    pub struct FunctionRecord {
        /// Its type.
        pub type_index: u32,
        /// Offset into text of its code.
        pub text_offset: u32,
        /// Length of its code in bytes.
        pub text_length: u32,
    }
}

/// Bits of [`TableRecord::flags`] and [`MemoryRecord::flags`].
pub mod limit_flag {
    /// Indices are 64 bits wide.
    pub const INDEX_64: u32 = 1 << 0;
    /// A maximum is given.
    pub const HAS_MAXIMUM: u32 = 1 << 1;
    /// The memory is shared between threads.
    pub const SHARED: u32 = 1 << 2;
    /// The table is laid out ready in [`crate::section::Section::Tables`]: no code or host can change or see it.
    pub const READY: u32 = 1 << 3;
    /// Accesses to the memory are checked explicitly, so that no guard is needed.
    pub const EXPLICIT_CHECKS: u32 = 1 << 4;
    /// All flags of this version.
    pub const ALL: u32 = INDEX_64 | HAS_MAXIMUM | SHARED | READY | EXPLICIT_CHECKS;
}

record! {
    /// A table.
    pub struct TableRecord {
        /// Elements at the start.
        pub minimum: u64,
        /// Most elements; meaningless without [`limit_flag::HAS_MAXIMUM`].
        pub maximum: u64,
        /// The elements' type.
        pub element_type: ValueTypeRecord,
        /// The expression that gives each element's first value: first constant and count; count 0 means null.
        pub initial_start: u32,
        /// How many constants the expression has.
        pub initial_length: u32,
        /// Bits of [`limit_flag`].
        pub flags: u32,
        /// For a ready table: where its elements start in the tables section, in bytes.
        pub ready_offset_bytes: u32,
    }
}

record! {
    /// A memory.
    pub struct MemoryRecord {
        /// Pages at the start.
        pub minimum_pages: u64,
        /// Most pages; meaningless without [`limit_flag::HAS_MAXIMUM`].
        pub maximum_pages: u64,
        /// Address in the memory of the image's first byte, a multiple of the target's largest page.
        pub image_address: u64,
        /// Where the image starts in the image section in bytes, a multiple of the target's largest page.
        pub image_offset_bytes: u64,
        /// The image's length in bytes, a multiple of the target's largest page (or 0: no image).
        pub image_length_bytes: u64,
        /// Bits of [`limit_flag`].
        pub flags: u32,
        /// The page size's logarithm to base 2: 16.
        pub page_size_log2: u32,
    }
}

record! {
    /// A global.
    pub struct GlobalRecord {
        /// Its type.
        pub value_type: ValueTypeRecord,
        /// 1 if it is mutable, 0 if not.
        pub is_mutable: u32,
        /// The expression that gives its first value: its first constant. Nothing for an imported global.
        pub initial_start: u32,
        /// How many constants the expression has.
        pub initial_length: u32,
        /// Zero.
        pub reserved: u32,
    }
}

/// When a segment is used.
pub mod segment_mode {
    /// By an instruction.
    pub const PASSIVE: u32 = 0;
    /// When instantiating.
    pub const ACTIVE: u32 = 1;
    /// Never at run time: it only declares references. Also an active segment whose work was done when compiling.
    pub const DONE: u32 = 2;
}

record! {
    /// An element segment.
    pub struct ElementSegmentRecord {
        /// One of [`segment_mode`].
        pub mode: u32,
        /// The table it is for, if active.
        pub table: u32,
        /// The expression that gives its offset, if active: its first constant.
        pub offset_start: u32,
        /// How many constants that expression has.
        pub offset_length: u32,
        /// Its elements' type.
        pub element_type: ValueTypeRecord,
        /// Its elements: each one constant ([`constant::REF_FUNC`] and the like), the first one's index. An element
        /// whose expression is longer is one [`constant::EXPRESSION`] that refers to a range.
        pub first_element: u32,
        /// How many elements.
        pub elements: u32,
    }
}

record! {
    /// A data segment.
    pub struct DataSegmentRecord {
        /// One of [`segment_mode`]; `DONE` if the image holds it.
        pub mode: u32,
        /// The memory it is for, if active.
        pub memory: u32,
        /// The expression that gives its offset, if active: its first constant.
        pub offset_start: u32,
        /// How many constants that expression has.
        pub offset_length: u32,
        /// Where its bytes start in the data section.
        pub data_offset_bytes: u64,
        /// How many bytes it has.
        pub data_length_bytes: u64,
    }
}

/// The operations of constant expressions: a small stack machine.
pub mod constant {
    /// Push the 32 low bits of `low`.
    pub const I32: u32 = 0;
    /// Push `low`.
    pub const I64: u32 = 1;
    /// Push the float with the bits of `low`'s low half.
    pub const F32: u32 = 2;
    /// Push the double with the bits of `low`.
    pub const F64: u32 = 3;
    /// Push the vector with the bits of `low` and `high`.
    pub const V128: u32 = 4;
    /// Push the value of the global `index`.
    pub const GLOBAL_GET: u32 = 5;
    /// Push a reference to the function `index`.
    pub const REF_FUNC: u32 = 6;
    /// Push a null reference.
    pub const REF_NULL: u32 = 7;
    /// Add two `i32`.
    pub const I32_ADD: u32 = 8;
    /// Subtract two `i32`.
    pub const I32_SUB: u32 = 9;
    /// Multiply two `i32`.
    pub const I32_MUL: u32 = 10;
    /// Add two `i64`.
    pub const I64_ADD: u32 = 11;
    /// Subtract two `i64`.
    pub const I64_SUB: u32 = 12;
    /// Multiply two `i64`.
    pub const I64_MUL: u32 = 13;
    /// The value of the expression of `low` constants from constant `index`. Only as an element of a segment.
    pub const EXPRESSION: u32 = 14;
}

record! {
    /// One instruction of a constant expression.
    pub struct ConstantRecord {
        /// One of [`constant`].
        pub operation: u32,
        /// The index it refers to, or 0.
        pub index: u32,
        /// Its value's low 64 bits, or 0.
        pub low: u64,
        /// Its value's high 64 bits, or 0.
        pub high: u64,
    }
}

record! {
    /// How the module is linked to others while they run: what its custom section `dylink.0` says.
    pub struct DynamicHeader {
        /// How many bytes of memory the module's data takes.
        pub memory_bytes: u32,
        /// Their alignment's logarithm to base 2, at most [`DynamicHeader::ALIGNMENT_LOG2_MAX`].
        pub memory_alignment_log2: u32,
        /// How many elements of the table its functions take.
        pub table_elements: u32,
        /// Their alignment's logarithm to base 2, likewise.
        pub table_alignment_log2: u32,
        /// [`StringRecord`]s: the modules that must be there before it.
        pub needed: Span,
        /// [`SymbolRecord`]s: exports with flags.
        pub exports: Span,
        /// [`SymbolRecord`]s: imports with flags.
        pub imports: Span,
        /// [`StringRecord`]s: where those that it needs are looked for.
        pub runtime_paths: Span,
    }
}

impl DynamicHeader {
    /// The largest alignment's logarithm to base 2.
    pub const ALIGNMENT_LOG2_MAX: u32 = 31;
}

record! {
    /// A symbol that a module exports or imports.
    pub struct SymbolRecord {
        /// The module that it is imported from; an empty string for an export.
        pub module: StringRecord,
        /// Its name.
        pub name: StringRecord,
        /// Bits of [`symbol_flag`], and others of the linking convention that are kept as they are.
        pub flags: u32,
        /// Zero.
        pub reserved: u32,
    }
}

/// Bits of [`SymbolRecord::flags`], as the linking convention has them.
pub mod symbol_flag {
    /// Another module's definition takes the place of this one; one that is not defined at all is 0.
    pub const WEAK: u32 = 1 << 0;
    /// An address in each thread's own block, counted from the block's start.
    pub const THREAD_LOCAL: u32 = 1 << 8;
}

/// The lists of a [`DynamicHeader`], each checked to lie inside the section.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of the header, which documents them")]
pub struct Dynamic<'a> {
    pub header: DynamicHeader,
    pub needed: Records<'a, StringRecord>,
    pub exports: Records<'a, SymbolRecord>,
    pub imports: Records<'a, SymbolRecord>,
    pub runtime_paths: Records<'a, StringRecord>,
}

impl<'a> Dynamic<'a> {
    /// Reads the second header of the metadata section and delimits its lists; `None` if a list reaches past the end.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = DynamicHeader::read(bytes.get(Header::SIZE..)?)?;
        Some(Self {
            needed: list(bytes, header.needed)?,
            exports: list(bytes, header.exports)?,
            imports: list(bytes, header.imports)?,
            runtime_paths: list(bytes, header.runtime_paths)?,
            header,
        })
    }
}

/// The section, with each list checked to lie inside it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of the header, which documents them")]
pub struct Metadata<'a> {
    pub header: Header,
    pub types: Records<'a, TypeRecord>,
    pub value_types: Records<'a, ValueTypeRecord>,
    pub imports: Records<'a, ImportRecord>,
    pub functions: Records<'a, FunctionRecord>,
    pub tables: Records<'a, TableRecord>,
    pub memories: Records<'a, MemoryRecord>,
    pub globals: Records<'a, GlobalRecord>,
    pub tags: Records<'a, u32>,
    pub exports: Records<'a, ExportRecord>,
    pub element_segments: Records<'a, ElementSegmentRecord>,
    pub data_segments: Records<'a, DataSegmentRecord>,
    pub constants: Records<'a, ConstantRecord>,
    pub referenced_functions: Records<'a, u32>,
    pub strings: &'a [u8],
}

impl<'a> Metadata<'a> {
    /// Reads the header and delimits the lists; `None` if a list reaches past the end. Records are not looked at:
    /// the indices in them are checked by who follows them.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = Header::read(bytes)?;
        Some(Self {
            types: list(bytes, header.types)?,
            value_types: list(bytes, header.value_types)?,
            imports: list(bytes, header.imports)?,
            functions: list(bytes, header.functions)?,
            tables: list(bytes, header.tables)?,
            memories: list(bytes, header.memories)?,
            globals: list(bytes, header.globals)?,
            tags: list(bytes, header.tags)?,
            exports: list(bytes, header.exports)?,
            element_segments: list(bytes, header.element_segments)?,
            data_segments: list(bytes, header.data_segments)?,
            constants: list(bytes, header.constants)?,
            referenced_functions: list(bytes, header.referenced_functions)?,
            strings: span_bytes(bytes, header.strings, 1)?,
            header,
        })
    }

    /// The string at `record`, or `None` if it is outside the strings or not UTF-8.
    pub fn string(&self, record: StringRecord) -> Option<&'a str> {
        string(self.strings, record)
    }

    /// The slot of `function` among those that have a [`crate::context::FunctionReference`] in each instance.
    pub fn reference_slot(&self, function: u32) -> Option<u32> {
        let slot = self.referenced_functions.partition_point(|index| index < function);
        (self.referenced_functions.at(slot)? == function).then_some(slot as u32)
    }
}

record! {
    /// The start of the names section: `names = header:NamesHeader list*`, spans as in the metadata section.
    pub struct NamesHeader {
        /// [`StringRecord`]s by function index; an empty one where the module names none.
        pub functions: Span,
        /// [`StringRecord`]s by tag index, likewise.
        pub tags: Span,
        /// [`StringRecord`]s: the source files that lines refer to.
        pub files: Span,
        /// [`LineRecord`]s, ascending by wasm offset.
        pub lines: Span,
        /// The bytes of names.
        pub strings: Span,
        /// The module's own name, or an empty string.
        pub module: StringRecord,
    }
}

record! {
    /// The source line that the wasm code from an offset on comes from, up to the next record's offset.
    pub struct LineRecord {
        /// Offset from the start of the wasm file.
        pub wasm_offset: u32,
        /// Index of the source file, or [`NONE`] where no line is known.
        pub file: u32,
        /// Line, from 1; 0 if unknown.
        pub line: u32,
        /// Column, from 1; 0 if unknown.
        pub column: u32,
    }
}

/// The names section, with each list checked to lie inside it.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of the header, which documents them")]
pub struct Names<'a> {
    pub functions: Records<'a, StringRecord>,
    pub tags: Records<'a, StringRecord>,
    pub files: Records<'a, StringRecord>,
    pub lines: Records<'a, LineRecord>,
    pub strings: &'a [u8],
    pub module: StringRecord,
}

impl<'a> Names<'a> {
    /// Reads the header and delimits the lists; `None` if a list reaches past the end.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let header = NamesHeader::read(bytes)?;
        Some(Self {
            functions: list(bytes, header.functions)?,
            tags: list(bytes, header.tags)?,
            files: list(bytes, header.files)?,
            lines: list(bytes, header.lines)?,
            strings: span_bytes(bytes, header.strings, 1)?,
            module: header.module,
        })
    }

    /// The string at `record`, or `None` if it is outside the strings or not UTF-8.
    pub fn string(&self, record: StringRecord) -> Option<&'a str> {
        string(self.strings, record)
    }

    /// The name of the function `index`, or `None` if it has none.
    pub fn function(&self, index: u32) -> Option<&'a str> {
        self.string(self.functions.at(index as usize)?).filter(|name| !name.is_empty())
    }

    /// The name of the tag `index`, or `None` if it has none.
    pub fn tag(&self, index: u32) -> Option<&'a str> {
        self.string(self.tags.at(index as usize)?).filter(|name| !name.is_empty())
    }

    /// The source line of the code at `wasm_offset`: file and record.
    pub fn line(&self, wasm_offset: u32) -> Option<(&'a str, LineRecord)> {
        let next = self.lines.partition_point(|line| line.wasm_offset <= wasm_offset);
        let line = self.lines.at(next.checked_sub(1)?)?;
        Some((self.string(self.files.at(line.file as usize)?)?, line))
    }
}

/// A start function, supertype or other optional index: `None` for [`NONE`].
pub const fn optional(index: u32) -> Option<u32> {
    if index == NONE { None } else { Some(index) }
}

fn string(strings: &[u8], record: StringRecord) -> Option<&str> {
    let start = usize::try_from(record.offset_bytes).ok()?;
    let length = usize::try_from(record.length_bytes).ok()?;
    core::str::from_utf8(strings.get(start..)?.get(..length)?).ok()
}

fn span_bytes(bytes: &[u8], span: Span, record_bytes: usize) -> Option<&[u8]> {
    let start = usize::try_from(span.offset_bytes).ok()?;
    let length = usize::try_from(span.count).ok()?.checked_mul(record_bytes)?;
    bytes.get(start..)?.get(..length)
}

fn list<T: Record>(bytes: &[u8], span: Span) -> Option<Records<'_, T>> {
    Records::new(span_bytes(bytes, span, T::SIZE)?)
}
