//! The module's ready tables in, the tables section out: functions' places, which every instance shares.

use wasmc_contract::NONE;
use wasmc_contract::record::Record;

use crate::code::Program;
use crate::link::Place;

/// Writes [`wasmc_contract::context::ReadyElement`]s; the tables follow each other without gaps.
pub(super) fn write(program: &Program<'_>, places: &[Place]) -> Vec<u8> {
    let module = program.module;
    let mut bytes = Vec::new();
    for table in module.usage.ready_tables.iter().flatten() {
        debug_assert_eq!(bytes.len(), table.offset_bytes as usize);
        for element in &table.elements {
            let (text_offset, type_index) = match element {
                Some(function) => {
                    let type_index = module.functions[*function as usize];
                    (places[*function as usize].offset, module.types[type_index as usize].canonical)
                }
                None => (0, NONE),
            };
            text_offset.write(&mut |part| bytes.extend_from_slice(part));
            type_index.write(&mut |part| bytes.extend_from_slice(part));
        }
    }
    bytes
}
