//! Parses the sections of a module: bytes in, [`WasmModule`] out. Declarations are validated, bodies are not.

use std::collections::HashMap;

use wasmparser::types::TypesRef;
use wasmparser::{
    CompositeInnerType, CustomSectionReader, DataKind, ElementItems, ElementKind, ExternalKind, KnownCustom,
    NameSectionReader, Parser, Payload, RecGroup, SubType, TableInit, TypeRef, ValidPayload, Validator, WasmFeatures,
};

use super::constant::{self, check_heap_type, unsupported};
use super::*;

/// The most bytes that a module may have: offsets in artifacts have 32 bits.
const MODULE_BYTES_MAX: u64 = u32::MAX as u64 - 1;

/// Parses `wasm` and validates its declarations.
pub fn parse<'a>(wasm: &'a [u8], features: &Features) -> Result<WasmModule<'a>, CompileError> {
    if wasm.len() as u64 > MODULE_BYTES_MAX {
        return Err(CompileError::Limit { what: "the module's size in bytes".to_owned(), limit: MODULE_BYTES_MAX });
    }
    let features = validated_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    let mut reading = Reading { module: empty_module(wasm), name_section: None };
    for payload in parser.parse_all(wasm) {
        let payload = payload?;
        reject_components(&payload)?;
        match validator.payload(&payload)? {
            ValidPayload::Func(to_validate, body) => reading.module.bodies.push(Body { to_validate, body }),
            ValidPayload::End(types) => reading.canonicalize(types.as_ref()),
            _ => reading.payload(payload)?,
        }
    }
    let Reading { mut module, name_section } = reading;
    if let Some(section) = name_section {
        module.names = Names::read(section);
    }
    module.usage = Usage::of(&module);
    Ok(module)
}

/// What the validator is to accept: the proposals that are on, those without which they cannot be parsed, and those that
/// are refused here by name.
fn validated_features(features: &Features) -> WasmFeatures {
    let mut accepted = WasmFeatures::FLOATS;
    // Declared subtypes and recursion groups came with GC, as did its instructions, which are refused by name.
    let function_references = WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::GC | WasmFeatures::GC_TYPES;
    for (on, feature) in [
        (features.simd, WasmFeatures::SIMD),
        (features.relaxed_simd, WasmFeatures::RELAXED_SIMD),
        (features.tail_call, WasmFeatures::TAIL_CALL),
        (features.extended_const, WasmFeatures::EXTENDED_CONST),
        (features.multi_memory, WasmFeatures::MULTI_MEMORY),
        (features.memory64, WasmFeatures::MEMORY64),
        (features.function_references, function_references),
        (features.reference_types, WasmFeatures::REFERENCE_TYPES | WasmFeatures::GC_TYPES),
        (features.bulk_memory, WasmFeatures::BULK_MEMORY),
        (features.multi_value, WasmFeatures::MULTI_VALUE),
        (features.saturating_float_to_int, WasmFeatures::SATURATING_FLOAT_TO_INT),
        (features.sign_extension, WasmFeatures::SIGN_EXTENSION),
        (features.exceptions, WasmFeatures::EXCEPTIONS),
        (features.legacy_exceptions, WasmFeatures::EXCEPTIONS | WasmFeatures::LEGACY_EXCEPTIONS),
        (features.mutable_global, WasmFeatures::MUTABLE_GLOBAL),
        (features.threads, WasmFeatures::THREADS),
    ] {
        if on {
            accepted |= feature;
        }
    }
    accepted
}

/// The validator knows modules inside components; we do not.
fn reject_components(payload: &Payload<'_>) -> Result<(), CompileError> {
    match payload {
        Payload::Version { encoding: wasmparser::Encoding::Component, .. } => {
            Err(unsupported(0, "the component model (a component where a module was expected)"))
        }
        _ => Ok(()),
    }
}

fn empty_module(bytes: &[u8]) -> WasmModule<'_> {
    WasmModule {
        bytes,
        types: Vec::new(),
        imports: Vec::new(),
        functions: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        tags: Vec::new(),
        exports: Vec::new(),
        element_segments: Vec::new(),
        data_segments: Vec::new(),
        start_function: None,
        imported: ImportedCounts::default(),
        bodies: Vec::new(),
        names: Names::default(),
        dynamic: None,
        debug_sections: Vec::new(),
        code_section_offset: 0,
        usage: Usage::default(),
    }
}

/// The module as far as it has been read.
struct Reading<'a> {
    module: WasmModule<'a>,
    name_section: Option<NameSectionReader<'a>>,
}

impl<'a> Reading<'a> {
    fn payload(&mut self, payload: Payload<'a>) -> Result<(), CompileError> {
        let module = &mut self.module;
        match payload {
            Payload::TypeSection(section) => {
                for group in section.into_iter_with_offsets() {
                    let (offset, group) = group?;
                    self.recursion_group(offset, &group)?;
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(offset, import)?;
                }
            }
            Payload::FunctionSection(section) => {
                for type_index in section {
                    module.functions.push(type_index?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.into_iter_with_offsets() {
                    let (offset, table) = table?;
                    module.tables.push(table_of(offset, &table.ty, initial_element(&table.init)?)?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    module.memories.push(memory_of(&memory));
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    module.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section.into_iter_with_offsets() {
                    let (offset, global) = global?;
                    let initial = Some(constant::read(&global.init_expr)?);
                    module.globals.push(global_of(offset, &global.ty, initial)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    module.exports.push(export_of(export?));
                }
            }
            Payload::StartSection { func, .. } => module.start_function = Some(func),
            Payload::ElementSection(section) => {
                for element in section {
                    module.element_segments.push(element_segment(&element?)?);
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    module.data_segments.push(data_segment(&data?)?);
                }
            }
            Payload::CodeSectionStart { unchecked_range, .. } => {
                module.code_section_offset = unchecked_range.start as usize;
            }
            Payload::CustomSection(section) => self.custom_section(&section),
            _ => {}
        }
        Ok(())
    }

    fn custom_section(&mut self, section: &CustomSectionReader<'a>) {
        match section.as_known() {
            KnownCustom::Name(names) => self.name_section = Some(names),
            KnownCustom::Dylink0(dynamic) => self.module.dynamic = Dynamic::read(dynamic),
            _ if section.name() == "dylink" => self.module.dynamic = Dynamic::read_older(section.data_reader()),
            _ if section.name().starts_with(".debug_") => {
                self.module.debug_sections.push((section.name(), section.data()));
            }
            _ => {}
        }
    }

    fn recursion_group(&mut self, offset: u64, group: &RecGroup) -> Result<(), CompileError> {
        let group_start = self.module.types.len() as u32;
        let group_length = group.types().len() as u32;
        for definition in group.types() {
            let canonical = self.module.types.len() as u32;
            let definition = type_definition(offset, definition, group_start, group_length, canonical)?;
            self.module.types.push(definition);
        }
        Ok(())
    }

    fn import(&mut self, offset: u64, import: wasmparser::Import<'a>) -> Result<(), CompileError> {
        let module = &mut self.module;
        let imported = &mut module.imported;
        let entity = match import.ty {
            TypeRef::Func(type_index) | TypeRef::FuncExact(type_index) => {
                module.functions.push(type_index);
                Entity::Function(next(&mut imported.functions))
            }
            TypeRef::Table(table) => {
                module.tables.push(table_of(offset, &table, None)?);
                Entity::Table(next(&mut imported.tables))
            }
            TypeRef::Memory(memory) => {
                module.memories.push(memory_of(&memory));
                Entity::Memory(next(&mut imported.memories))
            }
            TypeRef::Global(global) => {
                module.globals.push(global_of(offset, &global, None)?);
                Entity::Global(next(&mut imported.globals))
            }
            TypeRef::Tag(tag) => {
                module.tags.push(tag.func_type_idx);
                Entity::Tag(next(&mut imported.tags))
            }
        };
        module.imports.push(Import { module: import.module, field: import.name, entity });
        Ok(())
    }

    /// Finds out which types are equal: the validator gives equal types one identity.
    fn canonicalize(&mut self, types: TypesRef<'_>) {
        let mut first_of = HashMap::with_capacity(self.module.types.len());
        for (index, definition) in self.module.types.iter_mut().enumerate() {
            let identity = types.core_type_at_in_module(index as u32);
            definition.canonical = *first_of.entry(identity).or_insert(index as u32);
        }
    }
}

/// The index of one more, which is counted.
fn next(count: &mut u32) -> u32 {
    *count += 1;
    *count - 1
}

fn type_definition(
    offset: u64,
    definition: &SubType,
    group_start: u32,
    group_length: u32,
    canonical: u32,
) -> Result<TypeDefinition, CompileError> {
    if definition.composite_type.shared {
        return Err(unsupported(offset, "threads"));
    }
    let function = match &definition.composite_type.inner {
        CompositeInnerType::Func(function) => function,
        CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => return Err(unsupported(offset, "GC")),
        CompositeInnerType::Cont(_) => return Err(unsupported(offset, "stack switching")),
    };
    for value_type in function.params().iter().chain(function.results()) {
        check_value_type(*value_type, offset)?;
    }
    Ok(TypeDefinition {
        parameters: function.params().into(),
        results: function.results().into(),
        group_start,
        group_length,
        supertype: definition.supertype_idxs.first().and_then(|index| index.as_module_index()),
        is_final: definition.is_final,
        canonical,
    })
}

/// Refuses types of proposals that are not supported.
fn check_value_type(value_type: ValType, offset: u64) -> Result<(), CompileError> {
    match value_type {
        ValType::Ref(reference) => check_heap_type(reference.heap_type(), offset),
        _ => Ok(()),
    }
}

fn table_of(
    offset: u64,
    table: &wasmparser::TableType,
    initial: Option<ConstantExpression>,
) -> Result<Table, CompileError> {
    check_heap_type(table.element_type.heap_type(), offset)?;
    if table.shared {
        return Err(unsupported(offset, "threads"));
    }
    Ok(Table {
        element_type: table.element_type,
        is_64: table.table64,
        minimum: table.initial,
        maximum: table.maximum,
        initial,
    })
}

/// The value that a table's elements start with, unless it is null.
fn initial_element(initial: &TableInit<'_>) -> Result<Option<ConstantExpression>, CompileError> {
    let TableInit::Expr(expression) = initial else { return Ok(None) };
    let constants = constant::read(expression)?;
    Ok((*constants != [Constant::RefNull]).then_some(constants))
}

fn memory_of(memory: &wasmparser::MemoryType) -> Memory {
    Memory {
        is_64: memory.memory64,
        is_shared: memory.shared,
        minimum_pages: memory.initial,
        maximum_pages: memory.maximum,
    }
}

fn global_of(
    offset: u64,
    global: &wasmparser::GlobalType,
    initial: Option<ConstantExpression>,
) -> Result<Global, CompileError> {
    check_value_type(global.content_type, offset)?;
    if global.shared {
        return Err(unsupported(offset, "threads"));
    }
    Ok(Global { value_type: global.content_type, is_mutable: global.mutable, initial })
}

fn export_of(export: wasmparser::Export<'_>) -> Export<'_> {
    let entity = match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => Entity::Function(export.index),
        ExternalKind::Table => Entity::Table(export.index),
        ExternalKind::Memory => Entity::Memory(export.index),
        ExternalKind::Global => Entity::Global(export.index),
        ExternalKind::Tag => Entity::Tag(export.index),
    };
    Export { name: export.name, entity }
}

fn data_segment<'a>(data: &wasmparser::Data<'a>) -> Result<DataSegment<'a>, CompileError> {
    let mode = match &data.kind {
        DataKind::Passive => SegmentMode::Passive,
        DataKind::Active { memory_index, offset_expr } => {
            SegmentMode::Active { index: *memory_index, offset: constant::read(offset_expr)? }
        }
    };
    Ok(DataSegment { mode, bytes: data.data })
}

fn element_segment(element: &wasmparser::Element<'_>) -> Result<ElementSegment, CompileError> {
    let mode = match &element.kind {
        ElementKind::Passive => SegmentMode::Passive,
        ElementKind::Declared => SegmentMode::Declared,
        ElementKind::Active { table_index, offset_expr } => {
            SegmentMode::Active { index: table_index.unwrap_or(0), offset: constant::read(offset_expr)? }
        }
    };
    let (element_type, elements) = match &element.items {
        ElementItems::Functions(section) => {
            let functions = section.clone().into_iter().collect::<Result<_, _>>()?;
            // Such segments hold no null; the flag in the binary format says `(ref func)`.
            (RefType::FUNCREF.as_non_null(), Elements::Functions(functions))
        }
        ElementItems::Expressions(element_type, section) => {
            check_heap_type(element_type.heap_type(), element.range.start)?;
            let mut expressions = Vec::with_capacity(section.count() as usize);
            for expression in section.clone() {
                expressions.push(constant::read(&expression?)?);
            }
            (*element_type, Elements::Expressions(expressions.into_boxed_slice()))
        }
    };
    Ok(ElementSegment { mode, element_type, elements })
}
