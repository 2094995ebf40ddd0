//! The module's types as the process knows them: type records go in, identities come out.

use wasmc_contract::metadata::{Metadata, TypeRecord, ValueTypeRecord, optional, type_kind, value_kind};

use super::validate::malformed;
use crate::error::LoadError;
use crate::types::TypeReader;
use crate::types::registry::{self, GroupReference, GroupValueType, TypeDescription};

/// The identities of the module's types, by type index.
pub(super) fn identities(metadata: &Metadata<'_>) -> Result<Box<[u32]>, LoadError> {
    let count = metadata.types.len();
    let mut identities = Vec::with_capacity(count);
    let mut group = Vec::new();
    while identities.len() < count {
        let start = identities.len() as u32;
        let first = metadata.types.at(start as usize).ok_or(malformed("types"))?;
        if first.group_start != start || first.group_length == 0 {
            return Err(malformed("recursion groups do not follow each other"));
        }
        group.clear();
        for position in 0..first.group_length {
            let index = start.checked_add(position).ok_or(malformed("recursion group"))?;
            let record = metadata.types.at(index as usize).ok_or(malformed("recursion group past the end"))?;
            if (record.group_start, record.group_length) != (start, first.group_length) {
                return Err(malformed("recursion groups overlap"));
            }
            group.push(description(metadata, &record, index, &identities)?);
        }
        let first_identity = registry::intern_group(&group).ok_or(malformed("too many types"))?;
        identities.extend((0..first.group_length).map(|position| first_identity + position));
    }
    Ok(identities.into_boxed_slice())
}

fn description(
    metadata: &Metadata<'_>,
    record: &TypeRecord,
    index: u32,
    identities: &[u32],
) -> Result<TypeDescription, LoadError> {
    if record.kind != type_kind::FUNCTION {
        return Err(malformed("unknown kind of type"));
    }
    if record.parameters.max(record.results) > TypeRecord::VALUES_MAX {
        return Err(malformed("too many parameters or results"));
    }
    let count = record.parameters + record.results;
    let records = metadata
        .value_types
        .slice(record.first_value_type as usize, count as usize)
        .ok_or(malformed("value types past the end"))?;
    let group = (record.group_start, record.group_length);
    let value_types = records
        .iter()
        .map(|value| group_value_type(metadata, value, group, identities).ok_or(malformed("unknown value type")))
        .collect::<Result<_, _>>()?;
    let supertype = match optional(record.supertype) {
        None => None,
        Some(supertype) if supertype >= index => return Err(malformed("a supertype is not an earlier type")),
        Some(supertype) => match identities.get(supertype as usize) {
            Some(&identity) => Some(GroupReference::Identity(identity)),
            None => Some(GroupReference::Inside(supertype - record.group_start)),
        },
    };
    Ok(TypeDescription {
        value_types,
        parameters: record.parameters as usize,
        supertype,
        is_final: record.is_final != 0,
    })
}

fn group_value_type(
    metadata: &Metadata<'_>,
    record: ValueTypeRecord,
    group: (u32, u32),
    identities: &[u32],
) -> Option<GroupValueType> {
    let (start, length) = group;
    if record.kind & !value_kind::NULLABLE == value_kind::FUNCTION
        && let Some(index) = optional(record.type_index)
        && index >= start
    {
        let position = index - start;
        let nullable = record.kind & value_kind::NULLABLE != 0;
        return (position < length).then_some(GroupValueType::Inside { nullable, position });
    }
    TypeReader::loaded(metadata, identities).value(record).map(GroupValueType::Plain)
}
