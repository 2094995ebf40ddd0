//! Checks the module description once, so that instantiating can follow it: every index, range and size that it has.
//!
//! Functions and constants are many, and are checked when one is used.

use wasmc_contract::context::{ContextCounts, ContextLayout};
use wasmc_contract::metadata::{
    DataSegmentRecord, Dynamic, DynamicHeader, ElementSegmentRecord, FunctionRecord, MemoryRecord, Metadata,
    TableRecord, ValueTypeRecord, entity_kind, limit_flag, optional, segment_mode, value_kind,
};
use wasmc_contract::section::Section;
use wasmc_contract::target::Target;
use wasmc_contract::{NONE, WASM_PAGE_BYTES};

use super::Parts;
use crate::error::LoadError;

pub(super) fn malformed(cause: &'static str) -> LoadError {
    LoadError::Malformed { section: Section::Metadata.elf_name(), cause }
}

fn check(holds: bool, cause: &'static str) -> Result<(), LoadError> {
    if holds { Ok(()) } else { Err(malformed(cause)) }
}

/// Checks everything but functions and constants; gives the layout of contexts.
pub(super) fn validate(metadata: &Metadata<'_>, parts: &Parts, target: Target) -> Result<ContextLayout, LoadError> {
    check(u32::try_from(parts.text.len()).is_ok(), "text is too long")?;
    types(metadata, parts.text.len() as u32)?;
    imports(metadata)?;
    for record in metadata.tables.iter().enumerate() {
        table(metadata, parts, record)?;
    }
    for record in metadata.memories.iter() {
        memory(&record, parts.image.len() as u64, target.page_bytes_max())?;
    }
    for record in metadata.globals.iter() {
        check(is_value_type(metadata, record.value_type), "unknown type of a global")?;
        check(has_constants(metadata, record.initial_start, record.initial_length), "a global's value")?;
    }
    check(metadata.tags.iter().all(|index| (index as usize) < metadata.types.len()), "unknown type of a tag")?;
    exports(metadata)?;
    for record in metadata.element_segments.iter() {
        element_segment(metadata, &record)?;
    }
    for record in metadata.data_segments.iter() {
        data_segment(metadata, &record, parts.data.len() as u64)?;
    }
    let text_length = parts.text.len();
    let mut previous = None;
    for index in metadata.referenced_functions.iter() {
        check(previous.is_none_or(|previous| previous < index), "referenced functions do not ascend")?;
        check(function(metadata, text_length, index).is_some(), "a referenced function")?;
        previous = Some(index);
    }
    if let Some(start) = optional(metadata.header.start_function) {
        let record = function(metadata, text_length, start).ok_or(malformed("the start function"))?;
        let start_type = metadata.types.at(record.type_index as usize).ok_or(malformed("the start function"))?;
        check(start_type.parameters == 0 && start_type.results == 0, "the start function's type")?;
    }
    let counts = ContextCounts::from_header(&metadata.header).ok_or(malformed("more is imported than there is"))?;
    let layout = ContextLayout::new(&counts).ok_or(malformed("the context is too large"))?;
    check(layout.size_bytes == metadata.header.context_bytes, "the context's size is another")?;
    Ok(layout)
}

/// How the module is linked while it runs: reads what the section has of that, and checks it.
pub(super) fn dynamic<'a>(metadata: &Metadata<'a>, bytes: &'a [u8]) -> Result<Dynamic<'a>, LoadError> {
    let dynamic = Dynamic::parse(bytes).ok_or(malformed("a list of what is linked reaches past the end"))?;
    let alignments = [dynamic.header.memory_alignment_log2, dynamic.header.table_alignment_log2];
    check(alignments.iter().all(|log2| *log2 <= DynamicHeader::ALIGNMENT_LOG2_MAX), "an alignment is too large")?;
    let names = dynamic.needed.iter().chain(dynamic.runtime_paths.iter());
    let symbols = dynamic.exports.iter().chain(dynamic.imports.iter());
    let mut all = names.chain(symbols.flat_map(|symbol| [symbol.module, symbol.name]));
    check(all.all(|name| metadata.string(name).is_some()), "a name of what is linked")?;
    Ok(dynamic)
}

/// The function at `index`, if its numbers are within bounds.
pub(super) fn function(metadata: &Metadata<'_>, text_length: usize, index: u32) -> Option<FunctionRecord> {
    let record = metadata.functions.at(index as usize)?;
    let end = record.text_offset.checked_add(record.text_length)?;
    (end as usize <= text_length && (record.type_index as usize) < metadata.types.len()).then_some(record)
}

fn types(metadata: &Metadata<'_>, text_length: u32) -> Result<(), LoadError> {
    for record in metadata.types.iter() {
        for offset in [record.array_entry, record.host_call, record.host_array_call] {
            check(offset == NONE || offset < text_length, "a trampoline is outside of text")?;
        }
    }
    Ok(())
}

fn imports(metadata: &Metadata<'_>) -> Result<(), LoadError> {
    let mut next = [0_u32; 5];
    for record in metadata.imports.iter() {
        let count = next.get_mut(record.kind as usize).ok_or(malformed("unknown kind of import"))?;
        check(*count == record.index, "imports are not in the order of their indices")?;
        *count += 1;
        check(metadata.string(record.module).is_some(), "an import's module name")?;
        check(metadata.string(record.field).is_some(), "an import's field name")?;
        if record.kind == entity_kind::FUNCTION {
            let function = metadata.functions.at(record.index as usize).ok_or(malformed("an imported function"))?;
            check((function.type_index as usize) < metadata.types.len(), "an imported function's type")?;
        }
    }
    let header = &metadata.header;
    let stated = [
        (header.imported_functions, metadata.functions.len()),
        (header.imported_tables, metadata.tables.len()),
        (header.imported_memories, metadata.memories.len()),
        (header.imported_globals, metadata.globals.len()),
        (header.imported_tags, metadata.tags.len()),
    ];
    for (count, (imported, all)) in next.into_iter().zip(stated) {
        check(count == imported && imported as usize <= all, "the number of imports is another")?;
    }
    Ok(())
}

fn table(metadata: &Metadata<'_>, parts: &Parts, (index, record): (usize, TableRecord)) -> Result<(), LoadError> {
    check(record.flags & !limit_flag::ALL == 0, "unknown flags of a table")?;
    check(is_reference_type(metadata, record.element_type), "a table's element type")?;
    check(has_constants(metadata, record.initial_start, record.initial_length), "a table's first value")?;
    let has_maximum = record.flags & limit_flag::HAS_MAXIMUM != 0;
    check(!has_maximum || record.minimum <= record.maximum, "a table's maximum is below its minimum")?;
    if record.flags & limit_flag::READY != 0 {
        check(index >= metadata.header.imported_tables as usize, "an imported table is ready")?;
        let end =
            record.minimum.checked_mul(8).and_then(|bytes| bytes.checked_add(u64::from(record.ready_offset_bytes)));
        check(end.is_some_and(|end| end <= parts.tables.len() as u64), "a ready table is past the end")?;
    }
    Ok(())
}

fn memory(record: &MemoryRecord, image_length: u64, page: u64) -> Result<(), LoadError> {
    let pages_max = if record.flags & limit_flag::INDEX_64 != 0 { 1 << 48 } else { 1 << 16 };
    check(record.flags & !limit_flag::ALL == 0, "unknown flags of a memory")?;
    check(record.page_size_log2 == 16, "a memory's page size")?;
    check(record.minimum_pages <= pages_max, "a memory is too large")?;
    let has_maximum = record.flags & limit_flag::HAS_MAXIMUM != 0;
    check(!has_maximum || record.minimum_pages <= record.maximum_pages, "a memory's maximum is below its minimum")?;
    let unchecked = record.flags & limit_flag::EXPLICIT_CHECKS == 0;
    check(!unchecked || record.flags & limit_flag::INDEX_64 == 0, "a 64-bit memory without checks")?;
    let (address, offset, length) = (record.image_address, record.image_offset_bytes, record.image_length_bytes);
    check([address, offset, length].iter().all(|value| value.is_multiple_of(page)), "an image is not of whole pages")?;
    if length > 0 {
        let end = address.checked_add(length);
        check(
            end.is_some_and(|end| end <= record.minimum_pages.saturating_mul(WASM_PAGE_BYTES)),
            "an image is past its memory's end",
        )?;
        check(offset.checked_add(length).is_some_and(|end| end <= image_length), "an image is past the section's end")?;
    }
    Ok(())
}

fn exports(metadata: &Metadata<'_>) -> Result<(), LoadError> {
    for record in metadata.exports.iter() {
        let count = match record.kind {
            entity_kind::FUNCTION => metadata.functions.len(),
            entity_kind::TABLE => metadata.tables.len(),
            entity_kind::MEMORY => metadata.memories.len(),
            entity_kind::GLOBAL => metadata.globals.len(),
            entity_kind::TAG => metadata.tags.len(),
            _ => return Err(malformed("unknown kind of export")),
        };
        check((record.index as usize) < count, "an export does not exist")?;
        check(metadata.string(record.name).is_some(), "an export's name")?;
        if record.kind == entity_kind::TABLE {
            check(!is_ready(metadata, record.index), "a ready table is exported")?;
        }
    }
    Ok(())
}

fn element_segment(metadata: &Metadata<'_>, record: &ElementSegmentRecord) -> Result<(), LoadError> {
    check(record.mode <= segment_mode::DONE, "unknown mode of an element segment")?;
    check(is_reference_type(metadata, record.element_type), "an element segment's type")?;
    check(has_constants(metadata, record.first_element, record.elements), "an element segment's elements")?;
    if record.mode == segment_mode::ACTIVE {
        check((record.table as usize) < metadata.tables.len(), "an element segment's table")?;
        check(!is_ready(metadata, record.table), "an element segment for a ready table")?;
        check(has_constants(metadata, record.offset_start, record.offset_length), "an element segment's offset")?;
    }
    Ok(())
}

fn data_segment(metadata: &Metadata<'_>, record: &DataSegmentRecord, data_length: u64) -> Result<(), LoadError> {
    check(record.mode <= segment_mode::DONE, "unknown mode of a data segment")?;
    if record.mode != segment_mode::DONE {
        let end = record.data_offset_bytes.checked_add(record.data_length_bytes);
        check(end.is_some_and(|end| end <= data_length), "a data segment is past the section's end")?;
    }
    if record.mode == segment_mode::ACTIVE {
        check((record.memory as usize) < metadata.memories.len(), "a data segment's memory")?;
        check(has_constants(metadata, record.offset_start, record.offset_length), "a data segment's offset")?;
    }
    Ok(())
}

fn is_ready(metadata: &Metadata<'_>, table: u32) -> bool {
    metadata.tables.at(table as usize).is_some_and(|record| record.flags & limit_flag::READY != 0)
}

fn has_constants(metadata: &Metadata<'_>, start: u32, count: u32) -> bool {
    count == 0 || metadata.constants.slice(start as usize, count as usize).is_some()
}

fn is_value_type(metadata: &Metadata<'_>, record: ValueTypeRecord) -> bool {
    let kind = record.kind & !value_kind::NULLABLE;
    kind <= value_kind::NO_EXCEPTION
        && (kind != value_kind::FUNCTION
            || optional(record.type_index).is_none_or(|index| (index as usize) < metadata.types.len()))
}

fn is_reference_type(metadata: &Metadata<'_>, record: ValueTypeRecord) -> bool {
    is_value_type(metadata, record) && record.kind & !value_kind::NULLABLE >= value_kind::FUNCTION
}
