//! Names in an artifact: records in, text out.
//!
//! Hostile records may all be of the same long text, so it is looked at once, and lent.

use std::borrow::Cow;
use std::collections::HashMap;

use wasmc_contract::metadata::{Metadata, Names, StringRecord, entity_kind};

/// The bytes that names are of.
#[derive(Clone, Copy)]
pub(super) struct Strings<'a>(&'a str);

impl<'a> Strings<'a> {
    /// They are followed up to where they are no text.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid()))
    }

    /// The string at `record`, if it is there.
    pub(super) fn at(self, record: StringRecord) -> Option<&'a str> {
        self.0.get(record.offset_bytes as usize..)?.get(..record.length_bytes as usize)
    }
}

/// What reports call functions: by the name that the module gives them, or the first that they are exported by.
pub(super) struct FunctionNames<'a> {
    given: Option<(Names<'a>, Strings<'a>)>,
    exported: HashMap<u32, &'a str>,
}

impl<'a> FunctionNames<'a> {
    pub(super) fn new(metadata: &Metadata<'a>, names: Option<Names<'a>>) -> Self {
        let strings = Strings::new(metadata.strings);
        let functions = metadata.exports.iter().filter(|export| export.kind == entity_kind::FUNCTION);
        let mut exported = HashMap::new();
        for export in functions {
            if let Some(name) = strings.at(export.name) {
                exported.entry(export.index).or_insert(name);
            }
        }
        Self { given: names.map(|names| (names, Strings::new(names.strings))), exported }
    }

    /// The name of the function `index`, if it has one.
    pub(super) fn find(&self, index: u32) -> Option<&'a str> {
        let given = || {
            let (names, strings) = self.given?;
            strings.at(names.functions.at(index as usize)?).filter(|name| !name.is_empty())
        };
        given().or_else(|| self.exported.get(&index).copied())
    }

    /// The same, or its number.
    pub(super) fn find_or_number(&self, index: u32) -> Cow<'a, str> {
        self.find(index).map_or_else(|| format!("function {index}").into(), Cow::from)
    }

    /// The module's own name, if it has one.
    pub(super) fn module(&self) -> Option<&'a str> {
        let (names, strings) = self.given?;
        strings.at(names.module).filter(|name| !name.is_empty())
    }
}
