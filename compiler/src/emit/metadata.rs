//! The module and its code's places in, the metadata section out: one record for each entity.

use std::collections::HashMap;

use wasmc_contract::NONE;
use wasmc_contract::metadata::{
    ConstantRecord, DataSegmentRecord, DynamicHeader, ElementSegmentRecord, ExportRecord, FunctionRecord, GlobalRecord,
    Header, ImportRecord, MemoryRecord, Span, StringRecord, SymbolRecord, TableRecord, TypeRecord, ValueTypeRecord,
    constant, entity_kind, limit_flag, segment_mode, type_kind, value_kind,
};
use wasmc_contract::record::Record;
use wasmparser::{AbstractHeapType, HeapType, RefType, UnpackedIndex, ValType};

use super::memory_image::{Images, SegmentPlace};
use crate::code::Program;
use crate::error::CompileError;
use crate::link::LinkedText;
use crate::module::{
    Constant, ConstantExpression, Dynamic, ElementSegment, Elements, Entity, SegmentMode, Symbol, WasmModule,
};
use crate::options::BoundsChecks;

/// Writes the section.
pub(super) fn write(program: &Program<'_>, text: &LinkedText, images: &Images) -> Result<Vec<u8>, CompileError> {
    let module = program.module;
    let mut pools = Pools::default();
    let types = types(program, text, &mut pools);
    let imports = imports(module, &mut pools);
    let exports: Vec<_> = module
        .exports
        .iter()
        .map(|export| {
            let (kind, index) = entity(export.entity);
            ExportRecord { name: pools.strings.intern(export.name), kind, index }
        })
        .collect();
    let functions: Vec<_> = module
        .functions
        .iter()
        .zip(&text.places)
        .map(|(type_index, place)| FunctionRecord {
            type_index: *type_index,
            text_offset: place.offset,
            text_length: place.length,
        })
        .collect();
    let tables = tables(module, &mut pools);
    let memories = memories(program, images);
    let globals = globals(module, &mut pools);
    let elements: Vec<_> =
        module.element_segments.iter().map(|segment| pools.element_segment(module, segment)).collect();
    let data = data_segments(module, images, &mut pools);

    let dynamic = module.dynamic.as_ref().map(|dynamic| DynamicRecords::of(dynamic, &mut pools.strings));

    let mut lists = Lists::new(Header::SIZE + dynamic.as_ref().map_or(0, |_| DynamicHeader::SIZE));
    let dynamic = dynamic.map(|records| records.add(&mut lists)).transpose()?;
    let header = Header {
        types: lists.add(&types)?,
        value_types: lists.add(&pools.value_types)?,
        imports: lists.add(&imports)?,
        functions: lists.add(&functions)?,
        tables: lists.add(&tables)?,
        memories: lists.add(&memories)?,
        globals: lists.add(&globals)?,
        tags: lists.add(&module.tags)?,
        exports: lists.add(&exports)?,
        element_segments: lists.add(&elements)?,
        data_segments: lists.add(&data)?,
        constants: lists.add(&pools.constants)?,
        referenced_functions: lists.add(&module.usage.referenced_functions)?,
        strings: lists.add_bytes(&pools.strings.bytes)?,
        start_function: module.start_function.unwrap_or(NONE),
        imported_functions: module.imported.functions,
        imported_tables: module.imported.tables,
        imported_memories: module.imported.memories,
        imported_globals: module.imported.globals,
        imported_tags: module.imported.tags,
        context_bytes: program.layout.size_bytes,
        functions_end: text.functions_end,
    };
    Ok(match dynamic {
        Some(dynamic) => lists.finish(&Headers { header, dynamic }),
        None => lists.finish(&header),
    })
}

wasmc_contract::record! {
    /// The headers of a module that is linked while it runs.
    pub struct Headers {
        /// The first,
        pub header: Header,
        /// and the second.
        pub dynamic: DynamicHeader,
    }
}

/// What the second header refers to.
struct DynamicRecords {
    header: DynamicHeader,
    needed: Vec<StringRecord>,
    exports: Vec<SymbolRecord>,
    imports: Vec<SymbolRecord>,
    runtime_paths: Vec<StringRecord>,
}

impl DynamicRecords {
    fn of<'a>(dynamic: &Dynamic<'a>, strings: &mut Strings<'a>) -> Self {
        let symbol = |strings: &mut Strings<'a>, symbol: &Symbol<'a>| SymbolRecord {
            module: strings.intern(symbol.module),
            name: strings.intern(symbol.name),
            flags: symbol.flags,
            reserved: 0,
        };
        Self {
            header: DynamicHeader {
                memory_bytes: dynamic.memory_bytes,
                memory_alignment_log2: dynamic.memory_alignment_log2,
                table_elements: dynamic.table_elements,
                table_alignment_log2: dynamic.table_alignment_log2,
                ..DynamicHeader::default()
            },
            needed: dynamic.needed.iter().map(|name| strings.intern(name)).collect(),
            exports: dynamic.exports.iter().map(|export| symbol(strings, export)).collect(),
            imports: dynamic.imports.iter().map(|import| symbol(strings, import)).collect(),
            runtime_paths: dynamic.runtime_paths.iter().map(|path| strings.intern(path)).collect(),
        }
    }

    /// Adds the lists; the header that delimits them.
    fn add(self, lists: &mut Lists) -> Result<DynamicHeader, CompileError> {
        Ok(DynamicHeader {
            needed: lists.add(&self.needed)?,
            exports: lists.add(&self.exports)?,
            imports: lists.add(&self.imports)?,
            runtime_paths: lists.add(&self.runtime_paths)?,
            ..self.header
        })
    }
}

fn types(program: &Program<'_>, text: &LinkedText, pools: &mut Pools<'_>) -> Vec<TypeRecord> {
    let offset_of = |trampoline: Option<u32>| {
        trampoline.map_or(NONE, |position| text.places[(program.function_count() + position) as usize].offset)
    };
    let record = |(index, definition): (usize, &crate::module::TypeDefinition)| {
        let first_value_type = pools.value_types.len() as u32;
        let values = definition.parameters.iter().chain(&definition.results);
        pools.value_types.extend(values.map(|value| value_type(*value)));
        let trampolines = program.trampolines.by_type[index];
        TypeRecord {
            kind: type_kind::FUNCTION,
            first_value_type,
            parameters: definition.parameters.len() as u32,
            results: definition.results.len() as u32,
            group_start: definition.group_start,
            group_length: definition.group_length,
            supertype: definition.supertype.unwrap_or(NONE),
            is_final: u32::from(definition.is_final),
            array_entry: offset_of(trampolines.array_entry),
            host_call: offset_of(trampolines.host_call),
            host_array_call: offset_of(trampolines.host_array_call),
            reserved: 0,
        }
    };
    program.module.types.iter().enumerate().map(record).collect()
}

fn imports<'a>(module: &WasmModule<'a>, pools: &mut Pools<'a>) -> Vec<ImportRecord> {
    let record = |import: &crate::module::Import<'a>| {
        let (kind, index) = entity(import.entity);
        ImportRecord {
            module: pools.strings.intern(import.module),
            field: pools.strings.intern(import.field),
            kind,
            index,
        }
    };
    module.imports.iter().map(record).collect()
}

fn entity(entity: Entity) -> (u32, u32) {
    match entity {
        Entity::Function(index) => (entity_kind::FUNCTION, index),
        Entity::Table(index) => (entity_kind::TABLE, index),
        Entity::Memory(index) => (entity_kind::MEMORY, index),
        Entity::Global(index) => (entity_kind::GLOBAL, index),
        Entity::Tag(index) => (entity_kind::TAG, index),
    }
}

fn tables(module: &WasmModule<'_>, pools: &mut Pools<'_>) -> Vec<TableRecord> {
    let record = |(index, table): (usize, &crate::module::Table)| {
        let ready = module.usage.ready_table(index as u32);
        let initial = table.initial.as_deref().filter(|_| ready.is_none());
        let (initial_start, initial_length) = initial.map_or((0, 0), |expression| pools.expression(expression));
        let mut flags = limits(table.is_64, table.maximum);
        if ready.is_some() {
            flags |= limit_flag::READY;
        }
        TableRecord {
            minimum: table.minimum,
            maximum: table.maximum.unwrap_or(0),
            element_type: value_type(ValType::Ref(table.element_type)),
            initial_start,
            initial_length,
            flags,
            ready_offset_bytes: ready.map_or(0, |ready| ready.offset_bytes),
        }
    };
    module.tables.iter().enumerate().map(record).collect()
}

fn memories(program: &Program<'_>, images: &Images) -> Vec<MemoryRecord> {
    let record = |(memory, image): (&crate::module::Memory, &super::memory_image::Image)| {
        let mut flags = limits(memory.is_64, memory.maximum_pages);
        if memory.is_shared {
            flags |= limit_flag::SHARED;
        }
        if memory.is_64 || program.options.bounds_checks == BoundsChecks::Explicit {
            flags |= limit_flag::EXPLICIT_CHECKS;
        }
        MemoryRecord {
            minimum_pages: memory.minimum_pages,
            maximum_pages: memory.maximum_pages.unwrap_or(0),
            image_address: image.address,
            image_offset_bytes: image.offset_bytes,
            image_length_bytes: image.length_bytes,
            flags,
            page_size_log2: wasmc_contract::WASM_PAGE_BYTES.trailing_zeros(),
        }
    };
    program.module.memories.iter().zip(&images.memories).map(record).collect()
}

fn limits(is_64: bool, maximum: Option<u64>) -> u32 {
    let index = if is_64 { limit_flag::INDEX_64 } else { 0 };
    index | maximum.map_or(0, |_| limit_flag::HAS_MAXIMUM)
}

fn globals(module: &WasmModule<'_>, pools: &mut Pools<'_>) -> Vec<GlobalRecord> {
    let record = |global: &crate::module::Global| {
        let (initial_start, initial_length) =
            global.initial.as_deref().map_or((0, 0), |expression| pools.expression(expression));
        GlobalRecord {
            value_type: value_type(global.value_type),
            is_mutable: u32::from(global.is_mutable),
            initial_start,
            initial_length,
            reserved: 0,
        }
    };
    module.globals.iter().map(record).collect()
}

fn data_segments(module: &WasmModule<'_>, images: &Images, pools: &mut Pools<'_>) -> Vec<DataSegmentRecord> {
    let record = |(segment, place): (&crate::module::DataSegment<'_>, &SegmentPlace)| {
        let SegmentPlace::Data(data_offset_bytes) = *place else {
            return DataSegmentRecord { mode: segment_mode::DONE, ..DataSegmentRecord::default() };
        };
        let active = match &segment.mode {
            SegmentMode::Active { index, offset } => Some((*index, pools.expression(offset))),
            SegmentMode::Passive | SegmentMode::Declared => None,
        };
        let (memory, (offset_start, offset_length)) = active.unwrap_or_default();
        DataSegmentRecord {
            mode: active.map_or(segment_mode::PASSIVE, |_| segment_mode::ACTIVE),
            memory,
            offset_start,
            offset_length,
            data_offset_bytes,
            data_length_bytes: segment.bytes.len() as u64,
        }
    };
    // Without `memory.init` and `data.drop` nothing names a segment, so their numbers are free.
    let is_kept = |place: &SegmentPlace| module.usage.uses_data_segments || *place != SegmentPlace::Image;
    let segments = module.data_segments.iter().zip(&images.segments);
    segments.filter(|(_, place)| is_kept(place)).map(record).collect()
}

/// A value type's record.
fn value_type(value: ValType) -> ValueTypeRecord {
    let kind = match value {
        ValType::I32 => value_kind::I32,
        ValType::I64 => value_kind::I64,
        ValType::F32 => value_kind::F32,
        ValType::F64 => value_kind::F64,
        ValType::V128 => value_kind::V128,
        ValType::Ref(reference) => return reference_type(reference),
    };
    ValueTypeRecord { kind, type_index: NONE }
}

fn reference_type(reference: RefType) -> ValueTypeRecord {
    let (kind, type_index) = match reference.heap_type() {
        HeapType::Concrete(UnpackedIndex::Module(index)) => (value_kind::FUNCTION, index),
        HeapType::Abstract { ty: AbstractHeapType::Func, .. } => (value_kind::FUNCTION, NONE),
        HeapType::Abstract { ty: AbstractHeapType::NoFunc, .. } => (value_kind::NO_FUNCTION, NONE),
        HeapType::Abstract { ty: AbstractHeapType::Extern, .. } => (value_kind::EXTERN, NONE),
        HeapType::Abstract { ty: AbstractHeapType::NoExtern, .. } => (value_kind::NO_EXTERN, NONE),
        HeapType::Abstract { ty: AbstractHeapType::Exn, .. } => (value_kind::EXCEPTION, NONE),
        HeapType::Abstract { ty: AbstractHeapType::NoExn, .. } => (value_kind::NO_EXCEPTION, NONE),
        other => unreachable!("parsing refuses {other:?}"),
    };
    let nullable = if reference.is_nullable() { value_kind::NULLABLE } else { 0 };
    ValueTypeRecord { kind: kind | nullable, type_index }
}

/// What records of several kinds refer to.
#[derive(Default)]
struct Pools<'a> {
    value_types: Vec<ValueTypeRecord>,
    constants: Vec<ConstantRecord>,
    strings: Strings<'a>,
}

impl Pools<'_> {
    /// Adds an expression: its first constant and their number.
    fn expression(&mut self, expression: &[Constant]) -> (u32, u32) {
        let start = self.constants.len() as u32;
        self.constants.extend(expression.iter().map(|constant| constant_record(*constant)));
        (start, expression.len() as u32)
    }

    fn element_segment(&mut self, module: &WasmModule<'_>, segment: &ElementSegment) -> ElementSegmentRecord {
        let done = ElementSegmentRecord {
            mode: segment_mode::DONE,
            element_type: value_type(ValType::Ref(segment.element_type)),
            ..ElementSegmentRecord::default()
        };
        let mut record = match &segment.mode {
            SegmentMode::Declared => return done,
            SegmentMode::Active { index, .. } if module.usage.ready_table(*index).is_some() => return done,
            SegmentMode::Active { index, offset } => {
                let (offset_start, offset_length) = self.expression(offset);
                ElementSegmentRecord { mode: segment_mode::ACTIVE, table: *index, offset_start, offset_length, ..done }
            }
            SegmentMode::Passive => ElementSegmentRecord { mode: segment_mode::PASSIVE, ..done },
        };
        (record.first_element, record.elements) = match &segment.elements {
            Elements::Functions(functions) => {
                let start = self.constants.len() as u32;
                self.constants.extend(functions.iter().map(|index| constant_record(Constant::RefFunc(*index))));
                (start, functions.len() as u32)
            }
            Elements::Expressions(expressions) => self.elements(expressions),
        };
        record
    }

    /// Adds elements: one constant each, which refers to a longer expression where one is not enough.
    fn elements(&mut self, expressions: &[ConstantExpression]) -> (u32, u32) {
        let element = |expression: &ConstantExpression| match expression.as_ref() {
            [single] => constant_record(*single),
            longer => {
                let (index, length) = self.expression(longer);
                ConstantRecord { operation: constant::EXPRESSION, index, low: u64::from(length), high: 0 }
            }
        };
        let elements: Vec<_> = expressions.iter().map(element).collect();
        let start = self.constants.len() as u32;
        self.constants.extend_from_slice(&elements);
        (start, elements.len() as u32)
    }
}

fn constant_record(value: Constant) -> ConstantRecord {
    let number = |operation, low| ConstantRecord { operation, low, ..ConstantRecord::default() };
    let indexed = |operation, index| ConstantRecord { operation, index, ..ConstantRecord::default() };
    match value {
        Constant::I32(value) => number(constant::I32, u64::from(value as u32)),
        Constant::I64(value) => number(constant::I64, value as u64),
        Constant::F32(bits) => number(constant::F32, u64::from(bits)),
        Constant::F64(bits) => number(constant::F64, bits),
        Constant::V128(bits) => ConstantRecord { high: (bits >> 64) as u64, ..number(constant::V128, bits as u64) },
        Constant::GlobalGet(index) => indexed(constant::GLOBAL_GET, index),
        Constant::RefFunc(index) => indexed(constant::REF_FUNC, index),
        Constant::RefNull => number(constant::REF_NULL, 0),
        Constant::I32Add => number(constant::I32_ADD, 0),
        Constant::I32Sub => number(constant::I32_SUB, 0),
        Constant::I32Mul => number(constant::I32_MUL, 0),
        Constant::I64Add => number(constant::I64_ADD, 0),
        Constant::I64Sub => number(constant::I64_SUB, 0),
        Constant::I64Mul => number(constant::I64_MUL, 0),
    }
}

/// Strings, each once.
#[derive(Default)]
pub(super) struct Strings<'a> {
    pub(super) bytes: Vec<u8>,
    known: HashMap<&'a str, StringRecord>,
}

impl<'a> Strings<'a> {
    /// The place of `string`.
    pub(super) fn intern(&mut self, string: &'a str) -> StringRecord {
        if let Some(known) = self.known.get(string) {
            return *known;
        }
        let record = StringRecord { offset_bytes: self.bytes.len() as u32, length_bytes: string.len() as u32 };
        self.bytes.extend_from_slice(string.as_bytes());
        self.known.insert(string, record);
        record
    }
}

/// A header, and lists of records after it.
pub(super) struct Lists {
    bytes: Vec<u8>,
}

impl Lists {
    /// Leaves room for a header.
    pub(super) fn new(header_bytes: usize) -> Self {
        Self { bytes: vec![0; header_bytes] }
    }

    /// Adds a list.
    pub(super) fn add<T: Record>(&mut self, records: &[T]) -> Result<Span, CompileError> {
        let start = self.bytes.len().next_multiple_of(8);
        self.bytes.reserve(start - self.bytes.len() + records.len() * T::SIZE);
        self.bytes.resize(start, 0);
        records.iter().for_each(|record| record.write(&mut |part| self.bytes.extend_from_slice(part)));
        self.span(start, records.len())
    }

    /// Adds bytes.
    pub(super) fn add_bytes(&mut self, bytes: &[u8]) -> Result<Span, CompileError> {
        let start = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(start, 0);
        self.bytes.extend_from_slice(bytes);
        self.span(start, bytes.len())
    }

    fn span(&self, start: usize, count: usize) -> Result<Span, CompileError> {
        let limit = u64::from(u32::MAX);
        // What lies before the end does so in 32 bits if the end does.
        if self.bytes.len() as u64 > limit {
            return Err(CompileError::Limit { what: "the size of the module's description".to_owned(), limit });
        }
        Ok(Span { offset_bytes: start as u32, count: count as u32 })
    }

    /// The bytes, with the header filled in.
    pub(super) fn finish(mut self, header: &impl Record) -> Vec<u8> {
        let mut at = 0;
        header.write(&mut |part| {
            self.bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        });
        self.bytes
    }
}
