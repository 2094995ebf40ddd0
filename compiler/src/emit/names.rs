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
    let named = module.names.functions.last().map_or(0, |(index, _)| *index as usize + 1).min(module.functions.len());
    let mut functions = vec![StringRecord::default(); named];
    for (index, name) in &module.names.functions {
        if let Some(record) = functions.get_mut(*index as usize) {
            *record = strings.intern(name);
        }
    }
    let files: Vec<StringRecord> = lines.files.iter().map(|file| strings.intern(file)).collect();
    let module_name = strings.intern(module.names.module.unwrap_or_default());
    let mut lists = Lists::new(NamesHeader::SIZE);
    let header = NamesHeader {
        functions: lists.add(&functions)?,
        files: lists.add(&files)?,
        lines: lists.add(&lines.records)?,
        strings: lists.add_bytes(&strings.bytes)?,
        module: module_name,
    };
    Ok(lists.finish(&header))
}
