//! Types of an artifact's metadata, as the text format writes them: records in, types of the loader's API out, which know
//! how they are written.

use wasmc_contract::metadata::{Metadata, ValueTypeRecord, entity_kind, limit_flag, optional, value_kind};
use wasmc_loader::{
    ExternType, FunctionType, GlobalType, HeapType, MemoryType, ReferenceType, TableType, TagType, ValueType,
};

/// The type of what has this kind and index; `None` if the metadata says nothing of it that makes sense.
pub(super) fn entity(metadata: &Metadata<'_>, kind: u32, index: u32) -> Option<ExternType> {
    let at = index as usize;
    Some(match kind {
        entity_kind::FUNCTION => ExternType::Function(function(metadata, metadata.functions.at(at)?.type_index)?),
        entity_kind::TABLE => {
            let record = metadata.tables.at(at)?;
            let ValueType::Reference(element) = value(record.element_type)? else { return None };
            ExternType::Table(TableType {
                element,
                minimum: record.minimum,
                maximum: (record.flags & limit_flag::HAS_MAXIMUM != 0).then_some(record.maximum),
                is_64: record.flags & limit_flag::INDEX_64 != 0,
            })
        }
        entity_kind::MEMORY => ExternType::Memory(memory(metadata, index)?),
        entity_kind::GLOBAL => {
            let record = metadata.globals.at(at)?;
            ExternType::Global(GlobalType { value: value(record.value_type)?, is_mutable: record.is_mutable != 0 })
        }
        entity_kind::TAG => ExternType::Tag(TagType { function: function(metadata, metadata.tags.at(at)?)? }),
        _ => return None,
    })
}

/// The type of a memory.
pub(super) fn memory(metadata: &Metadata<'_>, index: u32) -> Option<MemoryType> {
    let record = metadata.memories.at(index as usize)?;
    Some(MemoryType {
        minimum_pages: record.minimum_pages,
        maximum_pages: (record.flags & limit_flag::HAS_MAXIMUM != 0).then_some(record.maximum_pages),
        is_64: record.flags & limit_flag::INDEX_64 != 0,
        is_shared: record.flags & limit_flag::SHARED != 0,
    })
}

fn function(metadata: &Metadata<'_>, type_index: u32) -> Option<FunctionType> {
    let record = metadata.types.at(type_index as usize)?;
    let list = |start: u32, count: u32| -> Option<Vec<ValueType>> {
        metadata.value_types.slice(start as usize, count as usize)?.iter().map(value).collect()
    };
    let parameters = list(record.first_value_type, record.parameters)?;
    let results = list(record.first_value_type.checked_add(record.parameters)?, record.results)?;
    Some(FunctionType::new(parameters, results))
}

fn value(record: ValueTypeRecord) -> Option<ValueType> {
    let heap = match record.kind & !value_kind::NULLABLE {
        value_kind::I32 => return Some(ValueType::I32),
        value_kind::I64 => return Some(ValueType::I64),
        value_kind::F32 => return Some(ValueType::F32),
        value_kind::F64 => return Some(ValueType::F64),
        value_kind::V128 => return Some(ValueType::V128),
        // By its index in the module: nothing is loaded.
        value_kind::FUNCTION => optional(record.type_index).map_or(HeapType::Func, HeapType::Concrete),
        value_kind::EXTERN => HeapType::Extern,
        value_kind::EXCEPTION => HeapType::Exn,
        value_kind::NO_FUNCTION => HeapType::NoFunc,
        value_kind::NO_EXTERN => HeapType::NoExtern,
        value_kind::NO_EXCEPTION => HeapType::NoExn,
        _ => return None,
    };
    Some(ValueType::Reference(ReferenceType { nullable: record.kind & value_kind::NULLABLE != 0, heap }))
}
