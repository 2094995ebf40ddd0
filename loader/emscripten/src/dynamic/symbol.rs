//! What modules define, and in which of them a name is looked for.

use std::collections::BTreeMap;

use wasmc_loader::{Extern, Function, Image, Instance, Store, Value};

use super::Linked;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Function(Function),
    /// Of data.
    Address(u32),
}

/// What a function with 64-bit integers is exported as, where `name` itself is for JavaScript without them.
const WHOLE: &str = "orig$";

/// Exports that are for whoever loads the module.
const INTERNAL: &[&str] = &[
    "__wasm_apply_data_relocs",
    "__wasm_call_ctors",
    "__post_instantiate",
    "__dso_handle",
    "__set_stack_limits",
    "__tls_size",
    "__tls_align",
    "__tls_base",
    "__wasm_init_tls",
    "_emscripten_tls_init",
    "emscripten_tls_init",
    "__start_em_asm",
    "__stop_em_asm",
    "__start_em_js",
    "__stop_em_js",
];

/// A module that is linked, or about to be.
#[derive(Debug)]
pub(crate) struct Library {
    pub(super) name: String,
    pub(super) symbols: BTreeMap<String, Symbol>,
    /// Whether all modules see what it defines.
    pub(super) is_global: bool,
    /// The modules that it needs.
    pub(super) needed: Vec<usize>,
    /// `None` until it is there.
    pub(super) instance: Option<Instance>,
}

impl Library {
    pub(super) fn new(name: &str, is_global: bool) -> Self {
        Self { name: name.to_owned(), symbols: BTreeMap::new(), is_global, needed: Vec::new(), instance: None }
    }

    pub(super) fn find(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(&format!("{WHOLE}{name}")).or_else(|| self.symbols.get(name)).copied()
    }
}

/// What `instance`, whose data starts at `memory_base`, defines.
pub(super) fn of_instance(
    store: &Store,
    instance: Instance,
    image: &Image,
    memory_base: u32,
) -> BTreeMap<String, Symbol> {
    let thread_local: Vec<&str> = image
        .dynamic_linking()
        .into_iter()
        .flat_map(|dynamic| dynamic.exports())
        .filter(|symbol| symbol.is_thread_local)
        .map(|symbol| symbol.name)
        .collect();
    let symbol = |(name, item): (String, Extern)| {
        if INTERNAL.contains(&&*name) || thread_local.contains(&&*name) {
            return None;
        }
        let symbol = match item {
            Extern::Function(function) => Symbol::Function(function),
            Extern::Global(global) => match global.get(store).ok()? {
                Value::I32(offset) => Symbol::Address(offset.cast_unsigned().wrapping_add(memory_base)),
                _ => return None,
            },
            Extern::Table(_) | Extern::Memory(_) | Extern::Tag(_) => return None,
        };
        Some((name, symbol))
    };
    instance.exports(store).into_iter().filter_map(symbol).collect()
}

impl Linked {
    /// What `name` stands for in all modules: the main module's, or else that of the first library that all see.
    pub(super) fn global(&self, name: &str) -> Option<Symbol> {
        self.libraries.iter().filter(|library| library.is_global).find_map(|library| library.find(name))
    }

    /// What `name` stands for in `library` and in what it needs.
    pub(super) fn local(&self, library: usize, name: &str) -> Option<Symbol> {
        self.scope(library).into_iter().find_map(|index| self.libraries[index].find(name))
    }

    /// What `name` stands for in the first module that has it, whether others are to see it or not.
    pub(super) fn any(&self, name: &str) -> Option<Symbol> {
        self.libraries.iter().find_map(|library| library.find(name))
    }

    /// A library and all that it needs, the nearest first.
    fn scope(&self, library: usize) -> Vec<usize> {
        let mut scope = vec![library];
        let mut at = 0;
        while let Some(index) = scope.get(at).copied() {
            for needed in &self.libraries[index].needed {
                if !scope.contains(needed) {
                    scope.push(*needed);
                }
            }
            at += 1;
        }
        scope
    }

    /// The function `name` of the type that `fits`, as far as `library` sees it.
    pub(super) fn function(&self, library: usize, name: &str, fits: impl Fn(Function) -> bool) -> Option<Function> {
        let of = |index: &usize| {
            let symbols = &self.libraries[*index].symbols;
            [symbols.get(&format!("{WHOLE}{name}")), symbols.get(name)].into_iter().flatten().find_map(|symbol| {
                match symbol {
                    Symbol::Function(function) if fits(*function) => Some(*function),
                    _ => None,
                }
            })
        };
        let global: Vec<usize> = (0..self.libraries.len()).filter(|index| self.libraries[*index].is_global).collect();
        global.iter().find_map(of).or_else(|| self.scope(library).iter().find_map(of))
    }
}
