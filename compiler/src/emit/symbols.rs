//! The items of the text in, the object's symbols out, as [`wasmc_contract::symbol`] names them.

use wasmc_contract::section::{Descriptor, Section};
use wasmc_contract::symbol::{ExportSymbol, ModuleSymbol};

use crate::code::Program;
use crate::link::LinkedText;

/// A symbol of the object.
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) section: Section,
    pub(super) offset: u64,
    pub(super) size: u64,
    /// Whether other objects see it.
    pub(super) is_global: bool,
}

/// All symbols, local ones first: one for each item, then the module's and the exports'.
pub(super) fn list(program: &Program<'_>, text: &LinkedText) -> Vec<Symbol> {
    let in_text = |item: u32, name: String, is_global: bool| {
        let place = text.places[item as usize];
        let (offset, size) = (u64::from(place.offset), u64::from(place.length));
        Symbol { name, section: Section::Text, offset, size, is_global }
    };
    let mut symbols: Vec<Symbol> =
        (0..program.item_count()).map(|item| in_text(item, program.item_name(item), false)).collect();
    let prefix = program.options.symbol_prefix.as_str();
    symbols.push(Symbol {
        name: ModuleSymbol(prefix).to_string(),
        section: Section::Descriptor,
        offset: 0,
        size: size_of::<Descriptor>() as u64,
        is_global: true,
    });
    for (export, entry) in &program.trampolines.exports {
        let name = program.module.exports[*export as usize].name;
        symbols.push(in_text(program.function_count() + entry, ExportSymbol { prefix, name }.to_string(), true));
    }
    symbols
}
