//! The structures that compiled code reads and writes while it runs.
//!
//! Each instance has one context; compiled code gets its address as the first argument of every call. A context starts
//! with [`InstanceContext`] and goes on with arrays whose places [`ContextLayout`] computes from the module's counts:
//!
//! ```text
//! context  = InstanceContext
//!            MemoryDefinition^(defined memories)
//!            TableDefinition^(defined tables)
//!            ImportedFunction^(imported functions)
//!            pointer^(memories)                 to the MemoryDefinition: the exporter's, the one above, or a shared one
//!            pointer^(imported tables)          to the exporter's TableDefinition
//!            pointer^(imported globals)         to the exporter's GlobalSlot
//!            pointer^(tags)                     to a tag's identity; imported ones first
//!            FunctionReference^(referenced functions)
//!            pad to 16
//!            GlobalSlot^(defined globals)
//! ```
//!
//! A pointer is 8 bytes. A reference value is 8 bytes as well: 0 is null, a function reference is the address of a
//! [`FunctionReference`], any other is an opaque number that the loader gave out (so that a collector that is to
//! come can find roots by stack maps and tell references apart without the code's help).

use core::mem::offset_of;

use crate::metadata::{Header, limit_flag};

/// The start of an instance's context.
#[derive(Debug)]
#[repr(C)]
pub struct InstanceContext {
    /// The [`StoreContext`] of the store that the instance lives in. Never changes.
    pub store: u64,
    /// The lowest stack pointer that a function may run with; below it lies the reserve for host functions.
    pub stack_limit: u64,
    /// The table of [`crate::builtin`] functions. Never changes.
    pub builtins: u64,
    /// `u32` identities of the module's types, by type index: equal types have equal ones, process-wide. Never changes.
    pub type_identities: u64,
    /// The image's tables section: what ready tables' offsets count from. Never changes.
    pub ready_tables: u64,
    /// What the loader keeps here; compiled code does not touch it.
    pub host: u64,
}

/// What all instances of a store share, and what an activation of compiled code leaves for traps and backtraces.
///
/// A store is used by one thread at a time. Only `interrupt` is written by other threads.
#[derive(Debug)]
#[repr(C)]
pub struct StoreContext {
    /// Where to continue when compiled code is left by a trap: the newest entry's handler.
    pub entry_handler: u64,
    /// The stack pointer to continue there with.
    pub entry_stack_pointer: u64,
    /// The frame pointer to continue there with.
    pub entry_frame_pointer: u64,
    /// The frame pointer of the newest call from compiled code to a host function.
    pub exit_frame_pointer: u64,
    /// Not 0 after a builtin or a host function failed: the caller then calls [`crate::builtin::Builtin::Raise`].
    pub pending: u64,
    /// Not 0 if compiled code should stop at its next check. Written atomically from other threads (32 bits used).
    pub interrupt: u64,
    /// The table of [`crate::builtin`] functions. Never changes.
    pub builtins: u64,
    /// What the loader keeps here; compiled code does not touch it.
    pub host: u64,
}

/// A memory. Its base never changes while the instance lives: growth never copies.
///
/// That of a shared memory lies outside of all contexts, and other threads may raise its length at any time: compiled
/// code finds it through its pointer, also where the module defines the memory, and loads the length atomically.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct MemoryDefinition {
    /// The address of its first byte.
    pub base: u64,
    /// How many bytes are accessible now.
    pub length_bytes: u64,
}

/// A table that is not ready-made.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TableDefinition {
    /// The address of its first element; 8 bytes each, a reference value. Changes when the table grows.
    pub base: u64,
    /// How many elements it has now.
    pub length: u64,
}

/// An element of a ready table, which only its own module's code reads.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ReadyElement {
    /// Offset into text of the function's code (an imported one's thunk), to be called with the caller's own context.
    pub text_offset: u32,
    /// The lowest type index of the module whose type equals the function's, or [`crate::NONE`] for a null element.
    pub type_index: u32,
}

/// A global's value; the low bytes are used.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct GlobalSlot {
    /// Low 64 bits.
    pub low: u64,
    /// High 64 bits, of vectors.
    pub high: u64,
}

/// An imported function as compiled code calls it: with the internal convention, `context` first.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ImportedFunction {
    /// The address of its code.
    pub code: u64,
    /// The exporter's [`InstanceContext`], or a [`HostFunction`].
    pub context: u64,
}

/// What a function reference points to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FunctionReference {
    /// The address of its code, called with the internal convention.
    pub code: u64,
    /// Its context: an [`InstanceContext`] or a [`HostFunction`].
    pub context: u64,
    /// The identity of its type, as in [`InstanceContext::type_identities`]; 32 bits used.
    pub type_identity: u64,
    /// The address of the array entry ([`crate::convention`]) for its type.
    pub array_entry: u64,
}

/// A host function as one instance imported it. Compiled code passes its address as the context.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct HostFunction {
    /// The address of the C-ABI function: [`crate::convention`] says how it is called.
    pub function: u64,
    /// The [`StoreContext`].
    pub store: u64,
    /// The host's own.
    pub environment: u64,
    /// The [`InstanceContext`] of the instance that imported it, or 0: the caller, as far as the host is concerned.
    pub caller: u64,
}

/// Offsets of the fields of fixed structures, in bytes, as instructions take them.
pub mod offset {
    use super::*;

    /// [`InstanceContext::store`].
    pub const INSTANCE_STORE: i32 = offset_of!(InstanceContext, store) as i32;
    /// [`InstanceContext::stack_limit`].
    pub const INSTANCE_STACK_LIMIT: i32 = offset_of!(InstanceContext, stack_limit) as i32;
    /// [`InstanceContext::builtins`].
    pub const INSTANCE_BUILTINS: i32 = offset_of!(InstanceContext, builtins) as i32;
    /// [`InstanceContext::type_identities`].
    pub const INSTANCE_TYPE_IDENTITIES: i32 = offset_of!(InstanceContext, type_identities) as i32;
    /// [`InstanceContext::ready_tables`].
    pub const INSTANCE_READY_TABLES: i32 = offset_of!(InstanceContext, ready_tables) as i32;
    /// [`StoreContext::entry_handler`].
    pub const STORE_ENTRY_HANDLER: i32 = offset_of!(StoreContext, entry_handler) as i32;
    /// [`StoreContext::entry_stack_pointer`].
    pub const STORE_ENTRY_STACK_POINTER: i32 = offset_of!(StoreContext, entry_stack_pointer) as i32;
    /// [`StoreContext::entry_frame_pointer`].
    pub const STORE_ENTRY_FRAME_POINTER: i32 = offset_of!(StoreContext, entry_frame_pointer) as i32;
    /// [`StoreContext::exit_frame_pointer`].
    pub const STORE_EXIT_FRAME_POINTER: i32 = offset_of!(StoreContext, exit_frame_pointer) as i32;
    /// [`StoreContext::pending`].
    pub const STORE_PENDING: i32 = offset_of!(StoreContext, pending) as i32;
    /// [`StoreContext::interrupt`].
    pub const STORE_INTERRUPT: i32 = offset_of!(StoreContext, interrupt) as i32;
    /// [`StoreContext::builtins`].
    pub const STORE_BUILTINS: i32 = offset_of!(StoreContext, builtins) as i32;
    /// [`MemoryDefinition::base`].
    pub const MEMORY_BASE: i32 = offset_of!(MemoryDefinition, base) as i32;
    /// [`MemoryDefinition::length_bytes`].
    pub const MEMORY_LENGTH_BYTES: i32 = offset_of!(MemoryDefinition, length_bytes) as i32;
    /// [`TableDefinition::base`].
    pub const TABLE_BASE: i32 = offset_of!(TableDefinition, base) as i32;
    /// [`TableDefinition::length`].
    pub const TABLE_LENGTH: i32 = offset_of!(TableDefinition, length) as i32;
    /// [`ReadyElement::text_offset`].
    pub const READY_TEXT_OFFSET: i32 = offset_of!(ReadyElement, text_offset) as i32;
    /// [`ReadyElement::type_index`].
    pub const READY_TYPE_INDEX: i32 = offset_of!(ReadyElement, type_index) as i32;
    /// [`ImportedFunction::code`].
    pub const IMPORTED_CODE: i32 = offset_of!(ImportedFunction, code) as i32;
    /// [`ImportedFunction::context`].
    pub const IMPORTED_CONTEXT: i32 = offset_of!(ImportedFunction, context) as i32;
    /// [`FunctionReference::code`].
    pub const REFERENCE_CODE: i32 = offset_of!(FunctionReference, code) as i32;
    /// [`FunctionReference::context`].
    pub const REFERENCE_CONTEXT: i32 = offset_of!(FunctionReference, context) as i32;
    /// [`FunctionReference::type_identity`].
    pub const REFERENCE_TYPE_IDENTITY: i32 = offset_of!(FunctionReference, type_identity) as i32;
    /// [`HostFunction::function`].
    pub const HOST_FUNCTION: i32 = offset_of!(HostFunction, function) as i32;
    /// [`HostFunction::store`].
    pub const HOST_STORE: i32 = offset_of!(HostFunction, store) as i32;
}

/// The size in bytes of a value in an array of values ([`crate::convention`]), and of a [`GlobalSlot`].
pub const VALUE_BYTES: u32 = 16;

/// How many of each thing a context holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextCounts {
    /// Memories that the module defines.
    pub defined_memories: u32,
    /// All memories.
    pub memories: u32,
    /// Tables that the module defines, ready ones included.
    pub defined_tables: u32,
    /// Functions that it imports.
    pub imported_functions: u32,
    /// Tables that it imports.
    pub imported_tables: u32,
    /// Globals that it imports.
    pub imported_globals: u32,
    /// Tags, imported and defined.
    pub tags: u32,
    /// Functions that have a [`FunctionReference`].
    pub referenced_functions: u32,
    /// Globals that the module defines.
    pub defined_globals: u32,
}

impl ContextCounts {
    /// The counts that a metadata header states; `None` if more are imported than there are.
    pub fn from_header(header: &Header) -> Option<Self> {
        Some(Self {
            defined_memories: header.memories.count.checked_sub(header.imported_memories)?,
            memories: header.memories.count,
            defined_tables: header.tables.count.checked_sub(header.imported_tables)?,
            imported_functions: header.imported_functions,
            imported_tables: header.imported_tables,
            imported_globals: header.imported_globals,
            tags: header.tags.count,
            referenced_functions: header.referenced_functions.count,
            defined_globals: header.globals.count.checked_sub(header.imported_globals)?,
        })
    }
}

/// Where the parts of a context lie, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextLayout {
    defined_memories: u32,
    defined_tables: u32,
    imported_functions: u32,
    memories: u32,
    imported_tables: u32,
    imported_globals: u32,
    tags: u32,
    references: u32,
    defined_globals: u32,
    /// The whole context's size.
    pub size_bytes: u32,
}

impl ContextLayout {
    /// The layout for these counts; `None` if it does not fit instructions' 31-bit displacements.
    pub fn new(counts: &ContextCounts) -> Option<Self> {
        const POINTER: u64 = 8;
        let mut next = size_of::<InstanceContext>() as u64;
        let mut take = |count: u32, bytes: u64, alignment: u64| {
            let start = next.next_multiple_of(alignment);
            next = start + u64::from(count) * bytes;
            if next <= i32::MAX as u64 { Some(start as u32) } else { None }
        };
        let defined_memories = take(counts.defined_memories, size_of::<MemoryDefinition>() as u64, 8)?;
        let defined_tables = take(counts.defined_tables, size_of::<TableDefinition>() as u64, 8)?;
        let imported_functions = take(counts.imported_functions, size_of::<ImportedFunction>() as u64, 8)?;
        let memories = take(counts.memories, POINTER, 8)?;
        let imported_tables = take(counts.imported_tables, POINTER, 8)?;
        let imported_globals = take(counts.imported_globals, POINTER, 8)?;
        let tags = take(counts.tags, POINTER, 8)?;
        let references = take(counts.referenced_functions, size_of::<FunctionReference>() as u64, 8)?;
        let defined_globals = take(counts.defined_globals, size_of::<GlobalSlot>() as u64, 16)?;
        let size_bytes = take(0, 0, 16)?;
        Some(Self {
            defined_memories,
            defined_tables,
            imported_functions,
            memories,
            imported_tables,
            imported_globals,
            tags,
            references,
            defined_globals,
            size_bytes,
        })
    }

    /// The [`MemoryDefinition`] of the `nth` defined memory.
    pub const fn defined_memory(&self, nth: u32) -> u32 {
        self.defined_memories + nth * size_of::<MemoryDefinition>() as u32
    }

    /// The [`TableDefinition`] of the `nth` defined table.
    pub const fn defined_table(&self, nth: u32) -> u32 {
        self.defined_tables + nth * size_of::<TableDefinition>() as u32
    }

    /// The [`ImportedFunction`] at `index`.
    pub const fn imported_function(&self, index: u32) -> u32 {
        self.imported_functions + index * size_of::<ImportedFunction>() as u32
    }

    /// The pointer to the [`MemoryDefinition`] of the memory at `index`.
    pub const fn memory(&self, index: u32) -> u32 {
        self.memories + index * 8
    }

    /// The pointer to the [`TableDefinition`] of the imported table at `index`.
    pub const fn imported_table(&self, index: u32) -> u32 {
        self.imported_tables + index * 8
    }

    /// The pointer to the [`GlobalSlot`] of the imported global at `index`.
    pub const fn imported_global(&self, index: u32) -> u32 {
        self.imported_globals + index * 8
    }

    /// The pointer to the identity of the tag at `index`, imported or defined.
    pub const fn tag(&self, index: u32) -> u32 {
        self.tags + index * 8
    }

    /// The [`FunctionReference`] in `slot` ([`crate::metadata::Metadata::reference_slot`]).
    pub const fn reference(&self, slot: u32) -> u32 {
        self.references + slot * size_of::<FunctionReference>() as u32
    }

    /// The [`GlobalSlot`] of the `nth` defined global.
    pub const fn defined_global(&self, nth: u32) -> u32 {
        self.defined_globals + nth * size_of::<GlobalSlot>() as u32
    }
}

/// How many bytes of address space a defined memory reserves, by its flags and its maximum; what lies past the
/// accessible part of it, and past its maximum, faults.
///
/// Without explicit checks it is the whole range that an unchecked access can reach: 4 GiB and the guard. With them it
/// is as far as the memory may grow: what its type says, 4 GiB if its indices have 32 bits, and else a bound of ours.
pub const fn reservation_bytes(flags: u32, minimum_bytes: u64, maximum_bytes: Option<u64>) -> u64 {
    if flags & limit_flag::EXPLICIT_CHECKS == 0 {
        return (1 << 32) + crate::GUARD_BYTES;
    }
    let bound = if flags & limit_flag::INDEX_64 == 0 { 1 << 32 } else { crate::RESERVATION_BYTES_MAX };
    let wanted = match maximum_bytes {
        Some(maximum) if maximum < bound => maximum,
        _ => bound,
    };
    if wanted < minimum_bytes { minimum_bytes } else { wanted }
}

// The sizes are part of the contract: compiled code has them in its instructions.
const _: () = {
    assert!(size_of::<InstanceContext>() == 48);
    assert!(size_of::<StoreContext>() == 64);
    assert!(size_of::<MemoryDefinition>() == 16);
    assert!(size_of::<TableDefinition>() == 16);
    assert!(size_of::<ReadyElement>() == 8);
    assert!(size_of::<GlobalSlot>() == VALUE_BYTES as usize);
    assert!(size_of::<FunctionReference>() == 32);
    assert!(size_of::<HostFunction>() == 32);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_without_overlap() {
        let counts = ContextCounts {
            defined_memories: 1,
            defined_tables: 2,
            imported_functions: 3,
            memories: 2,
            imported_tables: 1,
            imported_globals: 1,
            tags: 2,
            referenced_functions: 1,
            defined_globals: 2,
        };
        let layout = ContextLayout::new(&counts).unwrap();
        assert_eq!(layout.defined_memory(0), 48);
        assert_eq!(layout.defined_table(0), 64);
        assert_eq!(layout.imported_function(0), 96);
        assert_eq!(layout.memory(0), 144);
        assert_eq!(layout.imported_table(0), 160);
        assert_eq!(layout.imported_global(0), 168);
        assert_eq!(layout.tag(0), 176);
        assert_eq!(layout.reference(0), 192);
        assert_eq!(layout.defined_global(0), 224);
        assert_eq!(layout.size_bytes, 256);
    }

    #[test]
    fn too_many_globals_are_refused() {
        let counts = ContextCounts { defined_globals: 1 << 28, ..ContextCounts::default() };
        assert_eq!(ContextLayout::new(&counts), None);
    }
}
