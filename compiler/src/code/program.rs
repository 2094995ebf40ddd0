//! A module with everything that compiling one of its functions needs: what all threads share.

use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use wasmc_contract::context::ContextLayout;

use crate::error::CompileError;
use crate::module::WasmModule;
use crate::options::{CompileOptions, Optimization};
use crate::trampoline::{Trampoline, Trampolines};

/// A module that is being compiled. Its text is a list of items, numbered in the order of their places: imported
/// functions' thunks, defined functions, trampolines.
pub(crate) struct Program<'m> {
    pub(crate) module: &'m WasmModule<'m>,
    /// What was asked for, and what the module asks for itself.
    pub(crate) options: CompileOptions,
    pub(crate) isa: OwnedTargetIsa,
    /// The same, for functions that are too large to be optimised in bearable time.
    pub(crate) quick_isa: OwnedTargetIsa,
    pub(crate) layout: ContextLayout,
    pub(crate) trampolines: Trampolines,
}

/// One piece of the text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    /// The thunk of the imported function at this index.
    Thunk(u32),
    /// The body with this number.
    Body(u32),
    /// A trampoline.
    Trampoline(Trampoline),
}

impl<'m> Program<'m> {
    pub(crate) fn new(module: &'m WasmModule<'m>, options: &CompileOptions) -> Result<Self, CompileError> {
        let layout = ContextLayout::new(&module.context_counts()).ok_or_else(|| CompileError::Limit {
            what: "the size of an instance's context".to_owned(),
            limit: i32::MAX as u64,
        })?;
        let mut options = options.clone();
        options.interruptible |= module.has_shared_memory();
        let quick = CompileOptions { optimization: Optimization::None, ..options.clone() };
        Ok(Self {
            module,
            isa: crate::isa::build(&options)?,
            options,
            quick_isa: crate::isa::build(&quick)?,
            layout,
            trampolines: Trampolines::plan(module),
        })
    }

    pub(crate) fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    /// How many functions there are, imported ones included: item `n` below this is function `n`.
    pub(crate) fn function_count(&self) -> u32 {
        self.module.functions.len() as u32
    }

    /// How many items the text has.
    pub(crate) fn item_count(&self) -> u32 {
        self.function_count() + self.trampolines.list.len() as u32
    }

    /// The item at `index`.
    pub(crate) fn item(&self, index: u32) -> Item {
        if index < self.module.imported.functions {
            Item::Thunk(index)
        } else if index < self.function_count() {
            Item::Body(index - self.module.imported.functions)
        } else {
            Item::Trampoline(self.trampolines.list[(index - self.function_count()) as usize])
        }
    }

    /// All items, those that take longest to compile first, so that no thread is left alone with one at the end.
    pub(crate) fn items_biggest_first(&self) -> Vec<u32> {
        let mut items: Vec<u32> = (0..self.item_count()).collect();
        items.sort_by_key(|index| std::cmp::Reverse(self.body_bytes(*index)));
        items
    }

    /// How many bytes of WebAssembly code the item is made from.
    pub(crate) fn body_bytes(&self, index: u32) -> u64 {
        match self.item(index) {
            Item::Body(body) => {
                let range = self.module.bodies[body as usize].body.range();
                range.end - range.start
            }
            Item::Thunk(_) | Item::Trampoline(_) => 0,
        }
    }

    /// The item's name in symbols, listings and messages.
    pub(crate) fn item_name(&self, index: u32) -> String {
        match self.item(index) {
            Item::Thunk(_) | Item::Body(_) => self.function_name(index),
            Item::Trampoline(trampoline) => trampoline.name(),
        }
    }

    /// A function's local symbol, as [`wasmc_contract::symbol`] defines it.
    fn function_name(&self, index: u32) -> String {
        let names = &self.module.names.functions;
        match names.binary_search_by_key(&index, |(function, _)| *function) {
            Ok(at) if !names[at].1.is_empty() => names[at].1.replace(char::is_control, "\u{fffd}"),
            _ => format!("function[{index}]"),
        }
    }
}
