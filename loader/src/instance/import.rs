//! Finds what a module imports, and checks that it is what the module needs: all missing ones are found at once.

use std::sync::Arc;

use wasmc_contract::metadata::{ImportRecord, entity_kind, limit_flag};

use super::{InstantiateError, MissingImport};
use crate::entity::{Extern, Function, Global, Memory, MemoryData, TableData, Tag};
use crate::host::{HostDefinition, HostError};
use crate::image::{Image, ImageInner};
use crate::linker::{Definition, Linker};
use crate::store::Store;
use crate::types::{ExternType, MemoryType, TableType, registry};

/// What imports are bound to, by kind and in the order of their indices.
#[derive(Default)]
pub(super) struct Imports {
    pub(super) functions: Vec<ImportedFunction>,
    pub(super) tables: Vec<*const TableData>,
    pub(super) memories: Vec<*const MemoryData>,
    pub(super) globals: Vec<Global>,
    pub(super) tags: Vec<Tag>,
}

pub(super) enum ImportedFunction {
    Host(Arc<HostDefinition>),
    Function(Function),
    /// The instance's own, with this index.
    Own(u32),
}

pub(super) fn resolve(linker: &Linker, store: &mut Store, image: &Image) -> Result<Imports, InstantiateError> {
    let inner = &*image.inner;
    let mut imports = Imports::default();
    let mut missing = Vec::new();
    let mut incompatible = None;
    for record in inner.metadata.imports.iter() {
        let (Some(module), Some(field)) = (inner.metadata.string(record.module), inner.metadata.string(record.field))
        else {
            continue;
        };
        let definition = match linker.find(module, field) {
            Some(definition) => definition.clone(),
            None => match unknown(linker, inner, &record, module, field) {
                Some(definition) => definition,
                None => {
                    let extern_type = text(inner, &record);
                    missing.push(MissingImport { module: module.to_owned(), field: field.to_owned(), extern_type });
                    continue;
                }
            },
        };
        if let Err(found) = bind(&mut imports, store, inner, &record, definition) {
            let (module, field) = (module.to_owned(), field.to_owned());
            let error = InstantiateError::Incompatible { module, field, expected: text(inner, &record), found };
            incompatible.get_or_insert(error);
        }
    }
    // What is missing is told first, and all of it.
    if !missing.is_empty() {
        return Err(InstantiateError::Missing(missing));
    }
    incompatible.map_or(Ok(imports), Err)
}

fn text(inner: &ImageInner, record: &ImportRecord) -> String {
    inner.types().extern_type(record.kind, record.index).map_or_else(String::new, |kind| kind.to_string())
}

/// A function that traps, if the linker makes these of functions that no one defines.
fn unknown(
    linker: &Linker,
    inner: &ImageInner,
    record: &ImportRecord,
    module: &str,
    field: &str,
) -> Option<Definition> {
    if !linker.traps_unknown() {
        return None;
    }
    let Some(ExternType::Function(function_type)) = inner.types().extern_type(record.kind, record.index) else {
        return None;
    };
    let message = format!("the imported function {module:?} {field:?} is not defined");
    let definition = HostDefinition::array(function_type, move |_, _, _| Err(HostError::Message(message.clone())));
    // The type may have a supertype or not be final, which a function type alone does not say.
    Some(Definition::Host(Arc::new(definition.with_identity(function_identity(inner, record)?))))
}

/// The function that the module itself defines and exports as `name`, if an import can be bound to it.
fn own_function(inner: &ImageInner, record: &ImportRecord, name: &str) -> Result<u32, String> {
    let metadata = &inner.metadata;
    let mut exports = metadata.exports.iter();
    let export = exports.find(|export| metadata.string(export.name) == Some(name));
    let is_own = |index: u32| index >= metadata.header.imported_functions;
    let export = export.filter(|export| export.kind == entity_kind::FUNCTION && is_own(export.index));
    let index = export.ok_or("nothing that the module itself defines")?.index;
    let found = metadata.functions.at(index as usize);
    let found = found.and_then(|function| inner.type_identities.get(function.type_index as usize).copied());
    let identities = found.zip(function_identity(inner, record));
    if record.kind != entity_kind::FUNCTION
        || !identities.is_some_and(|(found, required)| registry::is_subtype(found, required))
    {
        let found = inner.types().extern_type(entity_kind::FUNCTION, index);
        return Err(found.map_or_else(String::new, |found| found.to_string()));
    }
    Ok(index)
}

fn function_identity(inner: &ImageInner, record: &ImportRecord) -> Option<u32> {
    let function = inner.metadata.functions.at(record.index as usize)?;
    inner.type_identities.get(function.type_index as usize).copied()
}

/// Adds what `definition` is, or says what it is if it does not fit.
fn bind(
    imports: &mut Imports,
    store: &mut Store,
    inner: &ImageInner,
    record: &ImportRecord,
    definition: Definition,
) -> Result<(), String> {
    let item = match definition {
        Definition::Extern(item) => item,
        Definition::SharedMemory(memory) => Memory::from_shared(store, &memory).into(),
        Definition::Host(host) => {
            let required = function_identity(inner, record);
            if record.kind != entity_kind::FUNCTION
                || !required.is_some_and(|required| registry::is_subtype(host.identity(), required))
            {
                return Err(host.function_type().to_string());
            }
            imports.functions.push(ImportedFunction::Host(host));
            return Ok(());
        }
        Definition::OwnExport(name) => {
            imports.functions.push(ImportedFunction::Own(own_function(inner, record, &name)?));
            return Ok(());
        }
    };
    let Some(found) = item.extern_type(store) else { return Err("something of another store".to_owned()) };
    let fits = match (item, record.kind) {
        (Extern::Function(function), entity_kind::FUNCTION) => {
            imports.functions.push(ImportedFunction::Function(function));
            let identities = function.type_identity(store).zip(function_identity(inner, record));
            identities.is_some_and(|(found, required)| registry::is_subtype(found, required))
        }
        (Extern::Table(table), entity_kind::TABLE) => match (table.data(store), inner.types().table(record.index)) {
            (Ok(data), Some(required)) => {
                imports.tables.push(data);
                table_fits(&data.table_type(), &required)
            }
            _ => false,
        },
        (Extern::Memory(memory), entity_kind::MEMORY) => match (memory.data(store), inner.types().memory(record.index))
        {
            (Ok(data), Some(required)) => {
                imports.memories.push(data);
                let flags = inner.metadata.memories.at(record.index as usize).map_or(0, |record| record.flags);
                if !data.has_guard && flags & limit_flag::EXPLICIT_CHECKS == 0 {
                    return Err(format!("{found} without a guard; compile both modules with the same bounds checks"));
                }
                memory_fits(&data.memory_type(), &required)
            }
            _ => false,
        },
        (Extern::Global(global), entity_kind::GLOBAL) => {
            imports.globals.push(global);
            let found = global.global_type();
            inner.types().global(record.index).is_some_and(|required| {
                found.is_mutable == required.is_mutable
                    && found.value.matches(required.value)
                    && (!found.is_mutable || required.value.matches(found.value))
            })
        }
        (Extern::Tag(tag), entity_kind::TAG) => {
            imports.tags.push(tag);
            let required = inner.metadata.tags.at(record.index as usize);
            required.and_then(|index| inner.type_identities.get(index as usize)) == Some(&tag.type_identity)
        }
        _ => false,
    };
    if fits { Ok(()) } else { Err(found.to_string()) }
}

fn table_fits(found: &TableType, required: &TableType) -> bool {
    found.is_64 == required.is_64
        && found.element.matches(required.element)
        && required.element.matches(found.element)
        && limits_fit((found.minimum, found.maximum), (required.minimum, required.maximum))
}

fn memory_fits(found: &MemoryType, required: &MemoryType) -> bool {
    found.is_64 == required.is_64
        && found.is_shared == required.is_shared
        && limits_fit((found.minimum_pages, found.maximum_pages), (required.minimum_pages, required.maximum_pages))
}

fn limits_fit(found: (u64, Option<u64>), required: (u64, Option<u64>)) -> bool {
    found.0 >= required.0
        && match (found.1, required.1) {
            (_, None) => true,
            (Some(found), Some(required)) => found <= required,
            (None, Some(_)) => false,
        }
}
