//! Types as an artifact's records state them: records in, types of this crate's API out. No artifact need be loaded for it.

use wasmc_contract::metadata::{Metadata, TypeRecord, ValueTypeRecord, entity_kind, limit_flag, optional, value_kind};

use super::{ExternType, FunctionType, GlobalType, HeapType, MemoryType, ReferenceType, TableType, TagType, ValueType};

/// Reads what an artifact's metadata says of types. What makes no sense is `None`.
#[derive(Clone, Copy, Debug)]
pub struct TypeReader<'a> {
    metadata: &'a Metadata<'a>,
    /// What the process knows the module's types by, if it is loaded.
    identities: Option<&'a [u32]>,
}

impl<'a> TypeReader<'a> {
    /// For an artifact that is not loaded: the module's own types have the numbers that they have in it.
    pub fn new(metadata: &'a Metadata<'a>) -> Self {
        Self { metadata, identities: None }
    }

    /// For a loaded artifact, with the identities of its types, by their index.
    pub(crate) fn loaded(metadata: &'a Metadata<'a>, identities: &'a [u32]) -> Self {
        Self { metadata, identities: Some(identities) }
    }

    /// The type of what has this kind and index.
    pub fn extern_type(&self, kind: u32, index: u32) -> Option<ExternType> {
        let at = index as usize;
        Some(match kind {
            entity_kind::FUNCTION => ExternType::Function(self.function(self.metadata.functions.at(at)?.type_index)?),
            entity_kind::TABLE => ExternType::Table(self.table(index)?),
            entity_kind::MEMORY => ExternType::Memory(self.memory(index)?),
            entity_kind::GLOBAL => ExternType::Global(self.global(index)?),
            entity_kind::TAG => ExternType::Tag(TagType { function: self.function(self.metadata.tags.at(at)?)? }),
            _ => return None,
        })
    }

    /// The type of the memory at `index`.
    pub fn memory(&self, index: u32) -> Option<MemoryType> {
        let record = self.metadata.memories.at(index as usize)?;
        Some(MemoryType {
            minimum_pages: record.minimum_pages,
            maximum_pages: (record.flags & limit_flag::HAS_MAXIMUM != 0).then_some(record.maximum_pages),
            is_64: record.flags & limit_flag::INDEX_64 != 0,
            is_shared: record.flags & limit_flag::SHARED != 0,
        })
    }

    /// The type of the table at `index`.
    pub(crate) fn table(&self, index: u32) -> Option<TableType> {
        let record = self.metadata.tables.at(index as usize)?;
        let ValueType::Reference(element) = self.value(record.element_type)? else { return None };
        Some(TableType {
            element,
            minimum: record.minimum,
            maximum: (record.flags & limit_flag::HAS_MAXIMUM != 0).then_some(record.maximum),
            is_64: record.flags & limit_flag::INDEX_64 != 0,
        })
    }

    /// The type of the global at `index`.
    pub(crate) fn global(&self, index: u32) -> Option<GlobalType> {
        let record = self.metadata.globals.at(index as usize)?;
        Some(GlobalType { value: self.value(record.value_type)?, is_mutable: record.is_mutable != 0 })
    }

    /// The value type that a record stands for.
    pub(crate) fn value(&self, record: ValueTypeRecord) -> Option<ValueType> {
        let heap = match record.kind & !value_kind::NULLABLE {
            value_kind::I32 => return Some(ValueType::I32),
            value_kind::I64 => return Some(ValueType::I64),
            value_kind::F32 => return Some(ValueType::F32),
            value_kind::F64 => return Some(ValueType::F64),
            value_kind::V128 => return Some(ValueType::V128),
            value_kind::FUNCTION => match (optional(record.type_index), self.identities) {
                (None, _) => HeapType::Func,
                (Some(index), Some(identities)) => HeapType::Concrete(*identities.get(index as usize)?),
                (Some(index), None) => HeapType::Concrete(index),
            },
            value_kind::EXTERN => HeapType::Extern,
            value_kind::EXCEPTION => HeapType::Exn,
            value_kind::NO_FUNCTION => HeapType::NoFunc,
            value_kind::NO_EXTERN => HeapType::NoExtern,
            value_kind::NO_EXCEPTION => HeapType::NoExn,
            _ => return None,
        };
        Some(ValueType::Reference(ReferenceType { nullable: record.kind & value_kind::NULLABLE != 0, heap }))
    }

    fn function(&self, type_index: u32) -> Option<FunctionType> {
        let record = self.metadata.types.at(type_index as usize)?;
        let list = |start: u32, count: u32| -> Option<Vec<ValueType>> {
            // Many types may be of the same values.
            let count = Some(count).filter(|count| *count <= TypeRecord::VALUES_MAX)?;
            let records = self.metadata.value_types.slice(start as usize, count as usize)?;
            records.iter().map(|record| self.value(record)).collect()
        };
        let parameters = list(record.first_value_type, record.parameters)?;
        let results = list(record.first_value_type.checked_add(record.parameters)?, record.results)?;
        Some(FunctionType::new(parameters, results))
    }
}
