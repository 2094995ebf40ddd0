//! What a module does with its own entities: the facts of its closed world.
//!
//! A parsed module in, [`Usage`] out, by one scan of its bodies and declarations. Bodies need not be valid: what cannot
//! be read ends the scan of that body, and translation will refuse it.

use std::collections::BTreeSet;

use rayon::prelude::*;
use wasmparser::{FunctionBody, Operator, RefType};

use super::{Constant, Elements, Entity, SegmentMode, WasmModule, constant};

/// Facts that hold for the whole module, found by one scan of its bodies and declarations.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// By table index: what is known of the table if it is ready, that is, neither imported nor exported, of function
    /// references, never read other than by calls and its size, never written but by active segments whose offsets are
    /// constants inside it: its elements are known when compiling.
    pub ready_tables: Vec<Option<ReadyTable>>,
    /// By table index: whether the table's length never changes and its elements never move: it is neither imported nor
    /// exported, and no body grows it.
    pub fixed_tables: Vec<bool>,
    /// The functions that need a [`wasmc_contract::context::FunctionReference`], ascending: those that a body, a
    /// global, or a segment of a table that is not ready refers to.
    pub referenced_functions: Vec<u32>,
    /// Whether a body may refer to a data segment: if none does, those that are placed at compile time are forgotten.
    pub uses_data_segments: bool,
    /// Whether a body may have a `try` of the older encoding, whose clauses come after it.
    pub has_older_tries: bool,
}

/// A table whose elements are known when compiling.
#[derive(Clone, Debug)]
pub struct ReadyTable {
    /// Where its elements start in the tables section, in bytes: ready tables follow each other without gaps.
    pub offset_bytes: u32,
    /// Its elements' functions; `None` for null.
    pub elements: Box<[Option<u32>]>,
    /// The canonical types of its elements, ascending.
    pub types: Box<[u32]>,
    /// Whether an element is null.
    pub has_null: bool,
}

/// A ready table with more elements than this must be filled for at least a quarter, so that a table's size on paper
/// does not become the artifact's.
const SPARSE_ELEMENTS_MAX: u64 = 4096;

/// The most bytes that all ready tables may have.
const READY_BYTES_MAX: u64 = 1 << 28;

/// The size of an element of a ready table.
const READY_ELEMENT_BYTES: u64 = size_of::<wasmc_contract::context::ReadyElement>() as u64;

impl Usage {
    /// Finds out about `module`, whose other fields are complete.
    pub(super) fn of(module: &WasmModule<'_>) -> Self {
        let candidates: Vec<bool> = (0..module.tables.len()).map(|table| is_candidate(module, table)).collect();
        let mut scan = scan_bodies(module);
        scan.accessed_tables.sort_unstable();
        scan.grown_tables.sort_unstable();
        let ready_tables = ready_tables(module, &candidates, &scan.accessed_tables);
        let (uses_data_segments, has_older_tries) = (scan.uses_data_segments, scan.has_older_tries);
        let is_closed = closed_tables(module);
        let fixed_tables = (0..module.tables.len())
            .map(|table| is_closed[table] && scan.grown_tables.binary_search(&(table as u32)).is_err())
            .collect();
        let mut referenced_functions = scan.referenced_functions;
        // Bodies are yet to be validated: what they name need not exist.
        referenced_functions.retain(|function| (*function as usize) < module.functions.len());
        declared_references(module, &ready_tables, &mut referenced_functions);
        referenced_functions.sort_unstable();
        referenced_functions.dedup();
        Self { ready_tables, fixed_tables, referenced_functions, uses_data_segments, has_older_tries }
    }

    /// The ready table at `table`, if it is one.
    pub fn ready_table(&self, table: u32) -> Option<&ReadyTable> {
        self.ready_tables.get(table as usize)?.as_ref()
    }

    /// The slot of the reference to the function at `index` in a context, if it has one.
    pub fn reference_slot(&self, index: u32) -> Option<u32> {
        self.referenced_functions.binary_search(&index).ok().map(|slot| slot as u32)
    }
}

/// What bodies do; lists may have duplicates.
#[derive(Default)]
struct BodyScan {
    /// Tables that are accessed by anything but calls and `table.size`.
    accessed_tables: Vec<u32>,
    /// Tables that are grown.
    grown_tables: Vec<u32>,
    /// Functions that `ref.func` names.
    referenced_functions: Vec<u32>,
    /// Whether one has `memory.init` or `data.drop`.
    uses_data_segments: bool,
    /// Whether one has `try`.
    has_older_tries: bool,
}

impl BodyScan {
    fn scan(mut self, body: &FunctionBody<'_>) -> Self {
        let Ok(mut reader) = body.get_operators_reader() else { return self };
        while !reader.eof() {
            let Ok(operator) = reader.read() else { return self };
            match operator {
                Operator::RefFunc { function_index } => note(&mut self.referenced_functions, function_index),
                Operator::TableGet { table }
                | Operator::TableSet { table }
                | Operator::TableFill { table }
                | Operator::TableInit { table, .. } => note(&mut self.accessed_tables, table),
                Operator::TableCopy { dst_table, src_table } => {
                    note(&mut self.accessed_tables, dst_table);
                    note(&mut self.accessed_tables, src_table);
                }
                Operator::TableGrow { table } => {
                    note(&mut self.accessed_tables, table);
                    note(&mut self.grown_tables, table);
                }
                Operator::Try { .. } => self.has_older_tries = true,
                Operator::MemoryInit { .. } | Operator::DataDrop { .. } => self.uses_data_segments = true,
                _ => {}
            }
        }
        self
    }

    fn merge(mut self, other: Self) -> Self {
        self.accessed_tables.extend(other.accessed_tables);
        self.grown_tables.extend(other.grown_tables);
        self.referenced_functions.extend(other.referenced_functions);
        self.uses_data_segments |= other.uses_data_segments;
        self.has_older_tries |= other.has_older_tries;
        self
    }
}

/// Appends `index` unless it was the last one.
fn note(list: &mut Vec<u32>, index: u32) {
    if list.last() != Some(&index) {
        list.push(index);
    }
}

/// Scans all bodies, unless nothing of interest can be in them.
fn scan_bodies(module: &WasmModule<'_>) -> BodyScan {
    // `ref.func` is valid only for functions that a segment, an export or a global names.
    let may_refer = !module.element_segments.is_empty()
        || module.exports.iter().any(|export| matches!(export.entity, Entity::Function(_)))
        || module.globals.iter().any(|global| matches!(global.initial.as_deref(), Some([Constant::RefFunc(_), ..])));
    if module.tables.is_empty() && !may_refer {
        return BodyScan { uses_data_segments: true, has_older_tries: true, ..BodyScan::default() };
    }
    module
        .bodies
        .par_iter()
        .fold(BodyScan::default, |scan, body| scan.scan(&body.body))
        .reduce(BodyScan::default, BodyScan::merge)
}

/// By table index: whether the table is neither imported nor exported.
fn closed_tables(module: &WasmModule<'_>) -> Vec<bool> {
    let mut closed = vec![true; module.tables.len()];
    closed[..module.imported.tables as usize].fill(false);
    for export in &module.exports {
        if let Entity::Table(table) = export.entity {
            closed[table as usize] = false;
        }
    }
    closed
}

/// Whether the table may be ready as far as its own declaration says.
fn is_candidate(module: &WasmModule<'_>, index: usize) -> bool {
    let table = &module.tables[index];
    index >= module.imported.tables as usize && table.element_type == RefType::FUNCREF && table.initial.is_none()
}

/// The ready tables, with their elements.
fn ready_tables(module: &WasmModule<'_>, candidates: &[bool], accessed: &[u32]) -> Vec<Option<ReadyTable>> {
    let mut filled = vec![0_u64; module.tables.len()];
    let mut ready = closed_tables(module);
    for (table, is_ready) in ready.iter_mut().enumerate() {
        *is_ready &= candidates[table] && accessed.binary_search(&(table as u32)).is_err();
    }
    for segment in &module.element_segments {
        let SegmentMode::Active { index, offset } = &segment.mode else { continue };
        let length = segment.elements.len() as u64;
        let end = constant::integer(offset).and_then(|start| start.checked_add(length));
        ready[*index as usize] &= end.is_some_and(|end| end <= module.tables[*index as usize].minimum)
            && segment.elements.iter_known().all(|element| element.is_ok());
        filled[*index as usize] += length;
    }
    let mut bytes = 0;
    let mut tables: Vec<Option<ReadyTable>> = Vec::with_capacity(module.tables.len());
    for (index, table) in module.tables.iter().enumerate() {
        let is_dense = table.minimum <= SPARSE_ELEMENTS_MAX || table.minimum / 4 <= filled[index];
        let own_bytes = table.minimum.saturating_mul(READY_ELEMENT_BYTES);
        let fits = own_bytes <= READY_BYTES_MAX - bytes;
        tables.push((ready[index] && is_dense && fits).then(|| ReadyTable {
            offset_bytes: bytes as u32,
            elements: vec![None; table.minimum as usize].into_boxed_slice(),
            types: Box::default(),
            has_null: false,
        }));
        if tables[index].is_some() {
            bytes += own_bytes;
        }
    }
    for segment in &module.element_segments {
        let SegmentMode::Active { index, offset } = &segment.mode else { continue };
        let (Some(table), Some(start)) = (&mut tables[*index as usize], constant::integer(offset)) else { continue };
        let slots = table.elements[start as usize..].iter_mut();
        for (slot, element) in slots.zip(segment.elements.iter_known()) {
            *slot = element.unwrap_or(None);
        }
    }
    for table in tables.iter_mut().flatten() {
        table.has_null = table.elements.contains(&None);
        let functions: BTreeSet<u32> = table.elements.iter().flatten().copied().collect();
        let types: BTreeSet<u32> =
            functions.into_iter().map(|function| module.function_type(function).canonical).collect();
        table.types = types.into_iter().collect();
    }
    tables
}

/// Adds the functions that globals, tables' first values and segments refer to.
fn declared_references(module: &WasmModule<'_>, ready: &[Option<ReadyTable>], functions: &mut Vec<u32>) {
    let globals = module.globals.iter().filter_map(|global| global.initial.as_deref());
    let tables = module.tables.iter().filter_map(|table| table.initial.as_deref());
    for constant in globals.chain(tables).flatten() {
        if let Constant::RefFunc(function) = constant {
            functions.push(*function);
        }
    }
    for segment in &module.element_segments {
        let needed = match segment.mode {
            SegmentMode::Passive => true,
            SegmentMode::Active { index, .. } => ready[index as usize].is_none(),
            SegmentMode::Declared => false,
        };
        if !needed {
            continue;
        }
        match &segment.elements {
            Elements::Functions(list) => functions.extend_from_slice(list),
            Elements::Expressions(list) => {
                functions.extend(list.iter().flat_map(|expression| expression.iter()).filter_map(|constant| {
                    if let Constant::RefFunc(function) = constant { Some(*function) } else { None }
                }));
            }
        }
    }
}

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Functions(list) => list.len(),
            Self::Expressions(list) => list.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each element: `Ok` with the function or null if it is known, `Err` if it depends on the instance.
    fn iter_known(&self) -> impl Iterator<Item = Result<Option<u32>, ()>> {
        let (functions, expressions) = match self {
            Self::Functions(list) => (&list[..], &[][..]),
            Self::Expressions(list) => (&[][..], &list[..]),
        };
        let functions = functions.iter().map(|function| Ok(Some(*function)));
        functions.chain(expressions.iter().map(|expression| match expression[..] {
            [Constant::RefFunc(function)] => Ok(Some(function)),
            [Constant::RefNull] => Ok(None),
            _ => Err(()),
        }))
    }
}
