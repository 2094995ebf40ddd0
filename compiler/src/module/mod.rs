//! Bytes in, [`WasmModule`] out: parsed, declarations validated, function bodies still slices.
//!
//! Bodies are validated while they are translated. What is known of the whole module before that, its closed world,
//! is in [`Usage`].

use wasmparser::{FuncToValidate, FunctionBody, RefType, ValType, ValidatorResources};

use crate::error::CompileError;
use crate::options::Features;

pub(crate) mod constant;
mod dynamic;
mod names;
mod parse;
mod usage;

pub use dynamic::{Dynamic, Symbol};
pub use names::Names;
pub use parse::parse;
pub use usage::{ReadyTable, Usage};

/// A parsed module. Index spaces are the specification's: imported entities first.
pub struct WasmModule<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// By type index.
    pub types: Vec<TypeDefinition>,
    /// In the module's order.
    pub imports: Vec<Import<'a>>,
    /// Type indices, by function index.
    pub functions: Vec<u32>,
    /// By table index.
    pub tables: Vec<Table>,
    /// By memory index.
    pub memories: Vec<Memory>,
    /// By global index.
    pub globals: Vec<Global>,
    /// Type indices, by tag index.
    pub tags: Vec<u32>,
    /// In the module's order.
    pub exports: Vec<Export<'a>>,
    /// By segment index.
    pub element_segments: Vec<ElementSegment>,
    /// By segment index.
    pub data_segments: Vec<DataSegment<'a>>,
    /// The start function's index.
    pub start_function: Option<u32>,
    /// How many functions, tables, memories, globals and tags are imported.
    pub imported: ImportedCounts,
    /// The bodies of defined functions: body `n` is that of function `imported.functions + n`.
    pub bodies: Vec<Body<'a>>,
    /// The name section.
    pub names: Names<'a>,
    /// The section `dylink.0`, or the older `dylink`.
    pub dynamic: Option<Dynamic<'a>>,
    /// The custom sections `.debug_*`: name and contents.
    pub debug_sections: Vec<(&'a str, &'a [u8])>,
    /// Offset of the code section's contents in the file: what DWARF's addresses count from.
    pub code_section_offset: usize,
    /// What the module does with its own entities.
    pub usage: Usage,
}

/// A function body that is yet to be validated.
pub struct Body<'a> {
    /// What its validation needs.
    pub to_validate: FuncToValidate<ValidatorResources>,
    /// Its bytes.
    pub body: FunctionBody<'a>,
}

/// How many entities of each kind are imported.
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ImportedCounts {
    pub functions: u32,
    pub tables: u32,
    pub memories: u32,
    pub globals: u32,
    pub tags: u32,
}

/// A type: so far always a function type.
#[derive(Clone, Debug)]
pub struct TypeDefinition {
    /// Parameters' types. Concrete heap types in them are module type indices (`UnpackedIndex::Module`).
    pub parameters: Box<[ValType]>,
    /// Results' types.
    pub results: Box<[ValType]>,
    /// The type index that its recursion group starts at.
    pub group_start: u32,
    /// How many types that group has.
    pub group_length: u32,
    /// The declared supertype.
    pub supertype: Option<u32>,
    /// Whether it may have no subtypes.
    pub is_final: bool,
    /// The lowest type index whose type equals this one's.
    pub canonical: u32,
}

/// What an import or an export refers to, with its index in that kind's index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Entity {
    Function(u32),
    Table(u32),
    Memory(u32),
    Global(u32),
    Tag(u32),
}

/// An import.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The module it comes from.
    pub module: &'a str,
    /// Its name there.
    pub field: &'a str,
    /// What it becomes here.
    pub entity: Entity,
}

/// An export.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub entity: Entity,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its elements' type.
    pub element_type: RefType,
    /// Whether indices are 64 bits wide.
    pub is_64: bool,
    /// Elements at the start.
    pub minimum: u64,
    /// Most elements.
    pub maximum: Option<u64>,
    /// What each element is at the start; `None` for null, and for an imported table.
    pub initial: Option<ConstantExpression>,
}

/// A memory.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Whether addresses are 64 bits wide.
    pub is_64: bool,
    /// Whether threads share it.
    pub is_shared: bool,
    /// Pages at the start.
    pub minimum_pages: u64,
    /// Most pages.
    pub maximum_pages: Option<u64>,
}

/// A global.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its value's type.
    pub value_type: ValType,
    /// Whether it can be set.
    pub is_mutable: bool,
    /// Its first value; `None` for an imported global.
    pub initial: Option<ConstantExpression>,
}

/// A constant expression: a list of instructions for a small stack machine.
pub type ConstantExpression = Box<[Constant]>;

/// One instruction of a constant expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the instructions'")]
pub enum Constant {
    I32(i32),
    I64(i64),
    /// The float's bits.
    F32(u32),
    /// The float's bits.
    F64(u64),
    V128(u128),
    GlobalGet(u32),
    RefFunc(u32),
    RefNull,
    I32Add,
    I32Sub,
    I32Mul,
    I64Add,
    I64Sub,
    I64Mul,
}

/// When a segment is used.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// By an instruction.
    Passive,
    /// When instantiating: for the table or memory with this index, at this offset.
    Active {
        /// The table's or memory's index.
        index: u32,
        /// Where it goes.
        offset: ConstantExpression,
    },
    /// Never: it only declares references.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// When it is used.
    pub mode: SegmentMode,
    /// Its elements' type.
    pub element_type: RefType,
    /// Its elements.
    pub elements: Elements,
}

/// The elements of a segment.
#[derive(Clone, Debug)]
pub enum Elements {
    /// Function indices.
    Functions(Box<[u32]>),
    /// Constant expressions.
    Expressions(Box<[ConstantExpression]>),
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment<'a> {
    /// When it is used; never [`SegmentMode::Declared`].
    pub mode: SegmentMode,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl WasmModule<'_> {
    /// The type of the function at `index`.
    pub fn function_type(&self, index: u32) -> &TypeDefinition {
        &self.types[self.functions[index as usize] as usize]
    }

    /// Whether threads share a memory of the module.
    pub fn has_shared_memory(&self) -> bool {
        self.memories.iter().any(|memory| memory.is_shared)
    }

    /// What this module needs of an instance's context.
    pub fn context_counts(&self) -> wasmc_contract::context::ContextCounts {
        wasmc_contract::context::ContextCounts {
            defined_memories: self.memories.len() as u32 - self.imported.memories,
            memories: self.memories.len() as u32,
            defined_tables: self.tables.len() as u32 - self.imported.tables,
            imported_functions: self.imported.functions,
            imported_tables: self.imported.tables,
            imported_globals: self.imported.globals,
            tags: self.tags.len() as u32,
            referenced_functions: self.usage.referenced_functions.len() as u32,
            defined_globals: self.globals.len() as u32 - self.imported.globals,
        }
    }
}
