//! What a module does with its own entities: the facts of its closed world.

/// Facts that hold for the whole module, found by one scan of its bodies and declarations.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// By table index: whether the table is neither imported nor exported, of function references, never read other
    /// than by calls and its size, never written but by active segments whose offsets are constants inside it: its
    /// elements are known when compiling.
    pub ready_tables: Vec<bool>,
    /// The functions that need a [`wasmc_contract::context::FunctionReference`], ascending: those that a body, a
    /// global, or a segment of a table that is not ready refers to.
    pub referenced_functions: Vec<u32>,
}
