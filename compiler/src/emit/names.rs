//! The name section and DWARF lines in, the names section out: what only reports read.

use wasmc_contract::metadata::{NamesHeader, StringRecord};
use wasmc_contract::record::Record;

use super::metadata::{Lists, Strings};
use crate::error::CompileError;
use crate::lines;
use crate::link::Table;
use crate::module::WasmModule;

/// Writes the section; lines are those of the places in `addresses`.
pub(super) fn write(module: &WasmModule<'_>, addresses: &Table<u32>) -> Result<Vec<u8>, CompileError> {
    let lines = lines::read(module, &addresses.values);
    let mut strings = Strings::default();
    let functions = by_index(&module.names.functions, module.functions.len(), &mut strings);
    let tags = by_index(&module.names.tags, module.tags.len(), &mut strings);
    let files: Vec<StringRecord> = lines.files.iter().map(|file| strings.intern(file)).collect();
    let module_name = strings.intern(module.names.module.unwrap_or_default());
    let mut lists = Lists::new(NamesHeader::SIZE);
    let header = NamesHeader {
        functions: lists.add(&functions)?,
        tags: lists.add(&tags)?,
        files: lists.add(&files)?,
        lines: lists.add(&lines.records)?,
        strings: lists.add_bytes(&strings.bytes)?,
        module: module_name,
    };
    Ok(lists.finish(&header))
}

/// The names by index, up to the last one; an empty string where there is none. Those of what does not exist are left out.
fn by_index<'a>(names: &[(u32, &'a str)], count: usize, strings: &mut Strings<'a>) -> Vec<StringRecord> {
    let named = names.last().map_or(0, |(index, _)| *index as usize + 1).min(count);
    let mut records = vec![StringRecord::default(); named];
    for (index, name) in names {
        if let Some(record) = records.get_mut(*index as usize) {
            *record = strings.intern(name);
        }
    }
    records
}
