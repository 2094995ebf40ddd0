//! What modules define, and in which of them a name is looked for.

use std::collections::{BTreeMap, BTreeSet};

use wasmc_loader::{Extern, Image, Instance, Store, Value};

use super::linked::Linked;
use super::place::Placement;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// What each thread has an instance of.
    Function,
    /// Of data.
    Address(u32),
    /// Of data that each thread has a block of: from the block's start.
    InBlock(u32),
}

/// A symbol, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) library: usize,
    /// What it is exported as.
    pub(super) name: String,
    pub(super) symbol: Symbol,
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
    /// The modules that it needs, each once.
    needed: Vec<usize>,
    /// What it is made of, and where it lies; `None` until that is known.
    pub(super) placed: Option<(Image, Placement)>,
    /// The entries that it does not share with others.
    pub(super) own_entries: BTreeSet<String>,
    /// The libraries that define the functions which it imports, by the functions' names.
    pub(super) bound: BTreeMap<String, usize>,
}

impl Library {
    pub(super) fn new(name: &str, is_global: bool) -> Self {
        Self {
            name: name.to_owned(),
            symbols: BTreeMap::new(),
            is_global,
            needed: Vec::new(),
            placed: None,
            own_entries: BTreeSet::new(),
            bound: BTreeMap::new(),
        }
    }

    pub(super) fn needs(&mut self, other: usize) {
        if !self.needed.contains(&other) {
            self.needed.push(other);
        }
    }

    /// The names that `name` may be exported as, the better one first.
    fn names(name: &str) -> [String; 2] {
        [format!("{WHOLE}{name}"), name.to_owned()]
    }

    /// What the first of `names` that it defines stands for.
    fn find(&self, library: usize, names: &[String]) -> Option<Found> {
        let found = |name: &String| Some(Found { library, name: name.clone(), symbol: *self.symbols.get(name)? });
        names.iter().find_map(found)
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
        if INTERNAL.contains(&&*name) {
            return None;
        }
        let symbol = match item {
            Extern::Function(_) => Symbol::Function,
            Extern::Global(global) => match global.get(store).ok()? {
                Value::I32(offset) if thread_local.contains(&&*name) => Symbol::InBlock(offset.cast_unsigned()),
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
    pub(super) fn global(&self, name: &str) -> Option<Found> {
        self.find_in(self.globals(), name)
    }

    /// What `name` stands for in `library` and in what it needs.
    pub(super) fn local(&self, library: usize, name: &str) -> Option<Found> {
        self.find_in(self.scope(library), name)
    }

    /// What `name` stands for in the first module that has it, whether others are to see it or not.
    pub(super) fn any(&self, name: &str) -> Option<Found> {
        self.find_in(0..self.libraries.len(), name)
    }

    /// What `name` stands for in the first of these libraries that has it.
    pub(super) fn find_in(&self, libraries: impl IntoIterator<Item = usize>, name: &str) -> Option<Found> {
        let names = Library::names(name);
        libraries.into_iter().find_map(|index| self.libraries[index].find(index, &names))
    }

    fn globals(&self) -> impl Iterator<Item = usize> {
        (0..self.libraries.len()).filter(|index| self.libraries[*index].is_global)
    }

    /// A library and all that it needs, the nearest first.
    fn scope(&self, library: usize) -> Vec<usize> {
        let mut scope = vec![library];
        let mut is_there = vec![false; self.libraries.len()];
        is_there[library] = true;
        let mut at = 0;
        while let Some(index) = scope.get(at).copied() {
            for needed in &self.libraries[index].needed {
                if !std::mem::replace(&mut is_there[*needed], true) {
                    scope.push(*needed);
                }
            }
            at += 1;
        }
        scope
    }

    /// The functions `name` that `library` sees, the first one first: whose they are, and what they are exported as.
    pub(super) fn functions(&self, library: usize, name: &str) -> Vec<(usize, String)> {
        let of = |index: usize| {
            let symbols = &self.libraries[index].symbols;
            let is_function = |name: &String| symbols.get(name) == Some(&Symbol::Function);
            Library::names(name).into_iter().filter(move |name| is_function(name)).map(move |name| (index, name))
        };
        self.globals().chain(self.scope(library)).flat_map(of).collect()
    }

    /// The functions `name` of one library.
    pub(super) fn functions_of(&self, library: usize, name: &str) -> Vec<(usize, String)> {
        Library::names(name).into_iter().map(|name| (library, name)).collect()
    }
}
