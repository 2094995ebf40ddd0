//! What a module does with its own entities: the facts of its closed world.

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
}

/// A table whose elements are known when compiling.
#[derive(Clone, Debug)]
pub struct ReadyTable {
    /// Where its elements start in the tables section, in bytes: ready tables follow each other without gaps.
    pub offset_bytes: u32,
    /// Its elements' functions; `None` for null.
    pub elements: Box<[Option<u32>]>,
}

impl Usage {
    /// The ready table at `table`, if it is one.
    pub fn ready_table(&self, table: u32) -> Option<&ReadyTable> {
        self.ready_tables.get(table as usize)?.as_ref()
    }

    /// The slot of the reference to the function at `index` in a context, if it has one.
    pub fn reference_slot(&self, index: u32) -> Option<u32> {
        self.referenced_functions.binary_search(&index).ok().map(|slot| slot as u32)
    }
}
