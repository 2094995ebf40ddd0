//! Checks the metadata and the tables against the text.

use wasmc_contract::context::ReadyElement;
use wasmc_contract::context::{ContextCounts, ContextLayout};
use wasmc_contract::exception::{Clause, HandlerTable};
use wasmc_contract::metadata::{Dynamic, DynamicHeader, Metadata, Names, TypeRecord, limit_flag};
use wasmc_contract::record::Record;
use wasmc_contract::section::{Descriptor, Section, flag};
use wasmc_contract::trap::{AddressMap, TrapCode, TrapTable};
use wasmc_contract::{NONE, WASM_PAGE_BYTES};

use super::{Checked, Object, ensure};

/// What other checks need to know.
pub(super) struct Facts {
    pub(super) text_bytes: u64,
    /// Functions' offsets in the text and lengths.
    pub(super) functions: Vec<(u64, u64)>,
}

pub(super) fn check(object: &Object<'_>) -> Checked<Facts> {
    let text_bytes = object.length_bytes(Section::Text);
    let metadata =
        Metadata::parse(object.section(Section::Metadata)).ok_or("the metadata does not parse".to_owned())?;
    let layout = ContextCounts::from_header(&metadata.header).and_then(|counts| ContextLayout::new(&counts));
    let context_bytes = layout.map(|layout| layout.size_bytes);
    ensure!(context_bytes == Some(metadata.header.context_bytes), "the context's size is wrong");
    let functions = check_functions(&metadata, text_bytes)?;
    check_types(&metadata, text_bytes)?;
    check_memories(&metadata, object)?;
    check_segments(&metadata, object)?;
    check_ready_tables(&metadata, object, &functions)?;
    check_tables(object, text_bytes)?;
    check_handlers(&metadata, object, &functions)?;
    Names::parse(object.section(Section::Names)).ok_or("the names do not parse".to_owned())?;
    check_dynamic(&metadata, object)?;
    Ok(Facts { text_bytes, functions })
}

/// How the module is linked while it runs, if it is.
fn check_dynamic(metadata: &Metadata<'_>, object: &Object<'_>) -> Checked {
    let flags = Descriptor::read(object.section(Section::Descriptor)).map_or(0, |descriptor| descriptor.flags);
    if flags & flag::DYNAMIC == 0 {
        return Ok(());
    }
    let dynamic = Dynamic::parse(object.section(Section::Metadata)).ok_or("the second header does not parse")?;
    let alignments = [dynamic.header.memory_alignment_log2, dynamic.header.table_alignment_log2];
    let are_alignments = alignments.iter().all(|alignment| *alignment <= DynamicHeader::ALIGNMENT_LOG2_MAX);
    ensure!(are_alignments, "an alignment is too large");
    let names = dynamic.needed.iter().chain(dynamic.runtime_paths.iter());
    let symbols = dynamic.exports.iter().chain(dynamic.imports.iter());
    let mut all = names.chain(symbols.flat_map(|symbol| [symbol.module, symbol.name]));
    ensure!(all.all(|name| metadata.string(name).is_some()), "a name of what is linked is not there");
    Ok(())
}

fn check_functions(metadata: &Metadata<'_>, text_bytes: u64) -> Checked<Vec<(u64, u64)>> {
    let mut functions = Vec::with_capacity(metadata.functions.len());
    let mut end = 0;
    for (index, function) in metadata.functions.iter().enumerate() {
        let (offset, length) = (u64::from(function.text_offset), u64::from(function.text_length));
        ensure!(index > 0 || offset == 0, "the text does not start with the first function");
        ensure!(offset >= end, "function {index} overlaps the one before it");
        end = offset + length;
        ensure!(length > 0 && end <= text_bytes, "function {index} is outside the text");
        ensure!((function.type_index as usize) < metadata.types.len(), "function {index} has no type");
        functions.push((offset, length));
    }
    ensure!(end == u64::from(metadata.header.functions_end), "the functions end at {end:#x}");
    Ok(functions)
}

fn check_types(metadata: &Metadata<'_>, text_bytes: u64) -> Checked {
    for (index, definition) in metadata.types.iter().enumerate() {
        let (parameters, results) = (definition.parameters, definition.results);
        ensure!(parameters.max(results) <= TypeRecord::VALUES_MAX, "type {index} has too many parameters or results");
        let values = parameters as usize + results as usize;
        let listed = metadata.value_types.slice(definition.first_value_type as usize, values);
        ensure!(listed.is_some(), "type {index} refers to value types that are not there");
        for offset in [definition.array_entry, definition.host_call, definition.host_array_call] {
            let is_trampoline = offset >= metadata.header.functions_end && u64::from(offset) < text_bytes;
            ensure!(offset == NONE || is_trampoline, "a trampoline of type {index} is not where they lie");
        }
    }
    Ok(())
}

fn check_memories(metadata: &Metadata<'_>, object: &Object<'_>) -> Checked {
    let page_bytes = object.target.page_bytes_max();
    let image_bytes = object.length_bytes(Section::Image);
    let mut end = 0;
    for (index, memory) in metadata.memories.iter().enumerate() {
        ensure!(memory.flags & !limit_flag::ALL == 0, "memory {index} has unknown flags");
        if memory.image_length_bytes == 0 {
            continue;
        }
        for number in [memory.image_address, memory.image_offset_bytes, memory.image_length_bytes] {
            ensure!(number.is_multiple_of(page_bytes), "the image of memory {index} is not aligned");
        }
        ensure!(memory.image_offset_bytes == end, "the image of memory {index} does not follow the one before");
        end += memory.image_length_bytes;
        let minimum_bytes = memory.minimum_pages.saturating_mul(WASM_PAGE_BYTES);
        let last = memory.image_address.checked_add(memory.image_length_bytes);
        ensure!(last.is_some_and(|last| last <= minimum_bytes), "the image of memory {index} reaches past it");
    }
    ensure!(end == image_bytes, "the image section has {image_bytes} bytes, memories use {end}");
    Ok(())
}

fn check_segments(metadata: &Metadata<'_>, object: &Object<'_>) -> Checked {
    let data_bytes = object.length_bytes(Section::Data);
    for (index, segment) in metadata.data_segments.iter().enumerate() {
        let end = segment.data_offset_bytes.checked_add(segment.data_length_bytes);
        ensure!(end.is_some_and(|end| end <= data_bytes), "data segment {index} is outside the data");
        let offset = metadata.constants.slice(segment.offset_start as usize, segment.offset_length as usize);
        ensure!(offset.is_some(), "data segment {index} refers to constants that are not there");
    }
    for (index, segment) in metadata.element_segments.iter().enumerate() {
        let elements = metadata.constants.slice(segment.first_element as usize, segment.elements as usize);
        ensure!(elements.is_some(), "element segment {index} refers to constants that are not there");
    }
    let referenced: Vec<u32> = metadata.referenced_functions.iter().collect();
    ensure!(referenced.is_sorted_by(|left, right| left < right), "referenced functions do not ascend");
    let all_known = referenced.iter().all(|index| (*index as usize) < metadata.functions.len());
    ensure!(all_known, "a referenced function does not exist");
    Ok(())
}

fn check_ready_tables(metadata: &Metadata<'_>, object: &Object<'_>, functions: &[(u64, u64)]) -> Checked {
    let bytes = object.section(Section::Tables);
    for (index, table) in metadata.tables.iter().enumerate().filter(|(_, table)| table.flags & limit_flag::READY != 0) {
        let elements =
            usize::try_from(table.minimum).ok().and_then(|count| count.checked_mul(size_of::<ReadyElement>()));
        let start = table.ready_offset_bytes as usize;
        let bytes = elements.and_then(|length| bytes.get(start..)?.get(..length));
        let bytes = bytes.ok_or(format!("table {index} is outside the ready tables"))?;
        for element in bytes.chunks_exact(size_of::<ReadyElement>()) {
            let (offset, type_index) = element.split_at(4);
            let (offset, type_index) = (u32::read(offset).unwrap_or(NONE), u32::read(type_index).unwrap_or(NONE));
            let is_function = functions.binary_search_by_key(&u64::from(offset), |(offset, _)| *offset).is_ok();
            ensure!(type_index == NONE || is_function, "an element of table {index} is no function");
        }
    }
    Ok(())
}

fn check_tables(object: &Object<'_>, text_bytes: u64) -> Checked {
    let is_sorted = |offsets: &[u32]| {
        let is_inside = offsets.last().is_none_or(|last| u64::from(*last) < text_bytes);
        is_inside && offsets.is_sorted_by(|left, right| left < right)
    };
    let traps = TrapTable::parse(object.section(Section::Traps)).ok_or("the trap table does not parse".to_owned())?;
    let (offsets, codes): (Vec<u32>, Vec<u8>) = traps.iter().unzip();
    ensure!(offsets.len() == traps.len(), "the trap table is cut off");
    ensure!(is_sorted(&offsets), "the trap table does not ascend inside the text");
    ensure!(codes.iter().all(|code| TrapCode::from_number(*code).is_some()), "a trap code is not known");
    let addresses = object.section(Section::Addresses);
    let addresses = AddressMap::parse(addresses).ok_or("the address map does not parse".to_owned())?;
    let offsets: Vec<u32> = addresses.iter().map(|(offset, _)| offset).collect();
    ensure!(offsets.len() == addresses.len(), "the address map is cut off");
    ensure!(is_sorted(&offsets), "the address map does not ascend inside the text");
    Ok(())
}

/// Each call that something catches around, and each handler, lies in one and the same function.
fn check_handlers(metadata: &Metadata<'_>, object: &Object<'_>, functions: &[(u64, u64)]) -> Checked {
    let handlers = HandlerTable::parse(object.section(Section::Handlers));
    let handlers = handlers.ok_or("the handler table does not parse".to_owned())?;
    let function_at = |offset: u32| functions.partition_point(|(start, _)| *start <= u64::from(offset));
    let mut clause_count = 0;
    let mut previous = None;
    for site in handlers.sites().iter() {
        let at = site.return_offset;
        ensure!(previous < Some(at), "the handler table does not ascend");
        previous = Some(at);
        ensure!(site.first_clause as usize == clause_count, "clauses do not follow each other");
        let (_, clauses) = handlers.find(at).ok_or(format!("the call before {at:#x} is not found by its address"))?;
        clause_count += clauses.len();
        for Clause { tag, handler_offset } in clauses.iter() {
            ensure!(
                function_at(handler_offset) == function_at(at - 1),
                "a handler at {handler_offset:#x} is elsewhere"
            );
            ensure!(tag == NONE || (tag as usize) < metadata.tags.len(), "tag {tag} does not exist");
            let has_context = site.context_offset <= site.frame_bytes;
            ensure!(tag == NONE || has_context, "the call before {at:#x} keeps its context outside of its frame");
        }
    }
    ensure!(clause_count == handlers.clauses().len(), "a clause belongs to no call");
    Ok(())
}
