//! Decides which trampolines a module needs.
//!
//! * An array entry: for each type of a function that the host may call: exported, imported (the host may be given it
//!   back), the start function, and each that has a reference.
//! * Host calls: for each type of an imported function; and, if references can come in from outside (through tables,
//!   globals, parameters or results of imports and exports), for every type, since such a reference may be to a host
//!   function that this module is the first to have a type for. An array entry then as well.
//!
//! Types that look the same to the machine share theirs.

use std::collections::HashMap;

use cranelift_codegen::ir::Type;
use wasmparser::{AbstractHeapType, HeapType, ValType};

use crate::module::{Entity, TypeDefinition, WasmModule};
use crate::translate::value_type;

/// A piece of code between compiled code and the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trampoline {
    /// From the host into functions of the type at this index.
    ArrayEntry(u32),
    /// To a typed host function of the type at this index.
    HostCall(u32),
    /// To a host function of the type at this index that takes an array.
    HostArrayCall(u32),
    /// The C-ABI entry of the exported function at this index.
    Export(u32),
}

impl Trampoline {
    /// Its name in symbols and listings.
    pub(crate) fn name(self) -> String {
        match self {
            Self::ArrayEntry(index) => format!("array_entry[{index}]"),
            Self::HostCall(index) => format!("host_call[{index}]"),
            Self::HostArrayCall(index) => format!("host_array_call[{index}]"),
            Self::Export(index) => format!("export_entry[{index}]"),
        }
    }
}

/// The trampolines of a type, as positions in [`Trampolines::list`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OfType {
    pub(crate) array_entry: Option<u32>,
    pub(crate) host_call: Option<u32>,
    pub(crate) host_array_call: Option<u32>,
}

/// A module's trampolines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trampolines {
    /// All of them, in the order of the text.
    pub(crate) list: Vec<Trampoline>,
    /// By type index.
    pub(crate) by_type: Vec<OfType>,
    /// Exported functions: the export's position in the module and that in `list`.
    pub(crate) exports: Vec<(u32, u32)>,
}

impl Trampolines {
    /// What `module` needs.
    pub(crate) fn plan(module: &WasmModule<'_>) -> Self {
        let needs = needs(module);
        let mut plan = Self { by_type: vec![OfType::default(); module.types.len()], ..Self::default() };
        let mut shared: HashMap<(Vec<Type>, Vec<Type>), OfType> = HashMap::new();
        for (index, definition) in module.types.iter().enumerate() {
            let known = shared.entry(machine_types(definition)).or_default();
            let has_vectors =
                definition.parameters.iter().chain(&definition.results).any(|kind| *kind == ValType::V128);
            let index = index as u32;
            let need = needs[index as usize];
            plan.fill(&mut known.array_entry, need.entry, Trampoline::ArrayEntry(index));
            plan.fill(&mut known.host_call, need.host && !has_vectors, Trampoline::HostCall(index));
            plan.fill(&mut known.host_array_call, need.host, Trampoline::HostArrayCall(index));
        }
        for (index, definition) in module.types.iter().enumerate() {
            plan.by_type[index] = shared[&machine_types(definition)];
        }
        plan.plan_exports(module);
        plan
    }

    fn fill(&mut self, place: &mut Option<u32>, is_needed: bool, trampoline: Trampoline) {
        if is_needed && place.is_none() {
            *place = Some(self.list.len() as u32);
            self.list.push(trampoline);
        }
    }

    fn plan_exports(&mut self, module: &WasmModule<'_>) {
        let mut entries = HashMap::new();
        for (position, export) in module.exports.iter().enumerate() {
            if let Entity::Function(function) = export.entity {
                let entry = *entries.entry(function).or_insert_with(|| {
                    self.list.push(Trampoline::Export(function));
                    self.list.len() as u32 - 1
                });
                self.exports.push((position as u32, entry));
            }
        }
    }
}

/// What a type needs.
#[derive(Clone, Copy, Default)]
struct Need {
    entry: bool,
    host: bool,
}

fn needs(module: &WasmModule<'_>) -> Vec<Need> {
    let all = receives_references(module);
    let mut needs = vec![Need { entry: all, host: all }; module.types.len()];
    let type_of = |function: u32| module.functions[function as usize] as usize;
    for function in 0..module.imported.functions {
        needs[type_of(function)] = Need { entry: true, host: true };
    }
    let exported = module.exports.iter().filter_map(|export| match export.entity {
        Entity::Function(function) => Some(function),
        _ => None,
    });
    for function in exported.chain(module.start_function).chain(module.usage.referenced_functions.iter().copied()) {
        needs[type_of(function)].entry = true;
    }
    needs
}

/// Whether a reference to a function may come in from outside.
fn receives_references(module: &WasmModule<'_>) -> bool {
    let is_function_reference = |kind: &ValType| match kind {
        ValType::Ref(reference) => matches!(
            reference.heap_type(),
            HeapType::Abstract { ty: AbstractHeapType::Func, .. } | HeapType::Concrete(_)
        ),
        _ => false,
    };
    let outside = module.imports.iter().map(|import| import.entity).chain(module.exports.iter().map(|e| e.entity));
    outside.into_iter().any(|entity| match entity {
        Entity::Function(index) => {
            let definition = module.function_type(index);
            definition.parameters.iter().chain(&definition.results).any(is_function_reference)
        }
        Entity::Table(index) => is_function_reference(&ValType::Ref(module.tables[index as usize].element_type)),
        Entity::Global(index) => is_function_reference(&module.globals[index as usize].value_type),
        Entity::Tag(_) => true,
        Entity::Memory(_) => false,
    })
}

fn machine_types(definition: &TypeDefinition) -> (Vec<Type>, Vec<Type>) {
    let types = |values: &[ValType]| values.iter().map(|value| value_type(*value)).collect();
    (types(&definition.parameters), types(&definition.results))
}
