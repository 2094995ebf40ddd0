//! How a module is linked to others while they run, for hosts that do so. Reads what was checked when the image was made.

use wasmc_contract::metadata::{Dynamic, Metadata, StringRecord, SymbolRecord, symbol_flag};

use super::Image;

/// What a module's section `dylink.0` (or `dylink`) says.
#[derive(Clone, Copy, Debug)]
pub struct DynamicLinking<'a> {
    metadata: &'a Metadata<'static>,
    dynamic: &'a Dynamic<'static>,
}

/// What is said of an import or an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// The module that it is imported from; empty for an export.
    pub module: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether another definition takes the place of this one, and none at all is 0.
    pub is_weak: bool,
    /// Whether it is an address in each thread's own block, counted from the block's start.
    pub is_thread_local: bool,
}

impl Image {
    /// How the module is linked to others while they run; `None` if it does not say so.
    pub fn dynamic_linking(&self) -> Option<DynamicLinking<'_>> {
        let dynamic = self.inner.dynamic.as_ref()?;
        Some(DynamicLinking { metadata: &self.inner.metadata, dynamic })
    }
}

impl<'a> DynamicLinking<'a> {
    /// How many bytes of memory the module's data takes.
    pub fn memory_bytes(&self) -> u32 {
        self.dynamic.header.memory_bytes
    }

    /// What their address must be a multiple of.
    pub fn memory_alignment(&self) -> u32 {
        1 << self.dynamic.header.memory_alignment_log2
    }

    /// How many elements of the table its functions take.
    pub fn table_elements(&self) -> u32 {
        self.dynamic.header.table_elements
    }

    /// What the first one's index must be a multiple of.
    pub fn table_alignment(&self) -> u32 {
        1 << self.dynamic.header.table_alignment_log2
    }

    /// The names of the modules that must be there before it.
    pub fn needed(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let metadata = self.metadata;
        self.dynamic.needed.iter().filter_map(move |name| text(metadata, name))
    }

    /// Where those are looked for.
    pub fn runtime_paths(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let metadata = self.metadata;
        self.dynamic.runtime_paths.iter().filter_map(move |path| text(metadata, path))
    }

    /// The exports of which more is said than that they are there.
    pub fn exports(&self) -> impl Iterator<Item = Symbol<'a>> + use<'a> {
        let metadata = self.metadata;
        self.dynamic.exports.iter().filter_map(move |record| symbol(metadata, record))
    }

    /// The imports of which more is said than that they are asked for.
    pub fn imports(&self) -> impl Iterator<Item = Symbol<'a>> + use<'a> {
        let metadata = self.metadata;
        self.dynamic.imports.iter().filter_map(move |record| symbol(metadata, record))
    }
}

fn text<'a>(metadata: &'a Metadata<'static>, record: StringRecord) -> Option<&'a str> {
    metadata.string(record)
}

fn symbol<'a>(metadata: &'a Metadata<'static>, record: SymbolRecord) -> Option<Symbol<'a>> {
    /// Global, weak or local, in the convention's two lowest bits.
    const BINDING: u32 = 3;
    Some(Symbol {
        module: metadata.string(record.module)?,
        name: metadata.string(record.name)?,
        is_weak: record.flags & BINDING == symbol_flag::WEAK,
        is_thread_local: record.flags & symbol_flag::THREAD_LOCAL != 0,
    })
}
