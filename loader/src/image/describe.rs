//! What a module imports and exports, for those who ask.

use wasmc_contract::metadata::{ExportRecord, ImportRecord, entity_kind};

use super::{Image, ImageInner};
use crate::types::ExternType;

/// An import.
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    /// The module's name.
    pub module: &'a str,
    /// The field's name.
    pub field: &'a str,
    /// What it must be.
    pub kind: ExternType,
}

/// An export.
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub kind: ExternType,
}

impl Image {
    /// What the module imports, in its order.
    pub fn imports(&self) -> impl Iterator<Item = ImportType<'_>> {
        let inner = &*self.inner;
        inner.metadata.imports.iter().filter_map(move |ImportRecord { module, field, kind, index }| {
            Some(ImportType {
                module: inner.metadata.string(module)?,
                field: inner.metadata.string(field)?,
                kind: inner.types().extern_type(kind, index)?,
            })
        })
    }

    /// The names of what the module imports: modules and fields, in its order.
    pub fn import_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let metadata = &self.inner.metadata;
        let names = |record: ImportRecord| Some((metadata.string(record.module)?, metadata.string(record.field)?));
        metadata.imports.iter().filter_map(names)
    }

    /// What the module exports, in its order.
    pub fn exports(&self) -> impl Iterator<Item = ExportType<'_>> {
        let inner = &*self.inner;
        inner.metadata.exports.iter().filter_map(move |ExportRecord { name, kind, index }| {
            Some(ExportType { name: inner.metadata.string(name)?, kind: inner.types().extern_type(kind, index)? })
        })
    }

    /// The names of what the module exports, in its order.
    pub fn export_names(&self) -> impl Iterator<Item = &str> {
        let metadata = &self.inner.metadata;
        metadata.exports.iter().filter_map(|record: ExportRecord| metadata.string(record.name))
    }
}

impl ImageInner {
    /// A name under which the function at `index` is exported.
    pub(crate) fn exported_function_name(&self, index: u32) -> Option<&str> {
        let mut exports = self.metadata.exports.iter();
        let export = exports.find(|export| export.kind == entity_kind::FUNCTION && export.index == index)?;
        self.metadata.string(export.name)
    }
}
