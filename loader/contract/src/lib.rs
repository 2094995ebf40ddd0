//! What compiled code and its loader must agree on, and nothing else.
//!
//! The compiler writes by these definitions, the loader reads by them, and neither knows the other. A layout that
//! changes in a way that older loaders or older artifacts would misread raises [`CONTRACT_VERSION`].
//!
//! * [`section`]: which sections an artifact has, and the descriptor that ties them together;
//! * [`metadata`]: the module description: types, imports, exports, tables, memories, globals, segments;
//! * [`context`]: the structures that compiled code reads and writes while it runs;
//! * [`convention`]: who calls whom, with which arguments;
//! * [`builtin`]: the functions that the loader provides to compiled code;
//! * [`exception`]: what an exception is to compiled code, and the table of where they are caught;
//! * [`trap`]: why code can stop, and the tables that tell where;
//! * [`relocation`]: the closed list of relocations that an artifact may hold;
//! * [`symbol`]: how exports and functions are named for linkers;
//! * [`target`]: the targets, their baselines and CPU features;
//! * [`mod@record`]: how fixed-size records are read in place.
//!
//! All targets are 64-bit and little-endian, so `#[repr(C)]` structures of `u64` *are* the layout that generated code
//! uses, and `offset_of!` is the single definition of each offset.
#![no_std]
#![forbid(unsafe_code)]

pub mod builtin;
pub mod context;
pub mod convention;
pub mod exception;
pub mod metadata;
pub mod record;
pub mod relocation;
pub mod section;
pub mod symbol;
pub mod target;
pub mod trap;

/// The version of everything in this crate, stored in each artifact.
///
/// It is apart from the program's version. Within one, nothing that an artifact holds or relies on moves or changes its
/// meaning; [`CONTRACT_REVISION`] says what was added.
pub const CONTRACT_VERSION: u32 = 1;

/// Raised by each addition within a version: a builtin, a flag, a trap code, a section. An artifact states the lowest one
/// that has all of what it holds, and needs a loader of that or a later one.
///
/// * 1: [`metadata::DynamicHeader`], by [`section::flag::DYNAMIC`].
pub const CONTRACT_REVISION: u32 = 1;

/// Whether a loader of one contract reads artifacts of another, each a version and a revision.
pub const fn reads(loader: (u32, u32), artifact: (u32, u32)) -> bool {
    loader.0 == artifact.0 && artifact.1 <= loader.1
}

/// Whether a loader of this contract reads artifacts of that one.
pub const fn is_readable(version: u32, revision: u32) -> bool {
    reads((CONTRACT_VERSION, CONTRACT_REVISION), (version, revision))
}

/// The size of a page of WebAssembly memory in bytes.
pub const WASM_PAGE_BYTES: u64 = 65536;

/// How many bytes of address space a 32-bit memory without explicit bounds checks reserves after its own 4 GiB.
///
/// An index and a constant offset are both below 2^32, so an access whose `offset + size` is at most this needs no
/// check; any other is checked explicitly.
pub const GUARD_BYTES: u64 = 1 << 32;

/// The most bytes that a memory with explicit bounds checks reserves when its type states no smaller maximum.
///
/// Growth never copies: `memory.grow` past the reservation returns -1.
pub const RESERVATION_BYTES_MAX: u64 = 1 << 36;

/// "No such index", where a record has an optional one.
pub const NONE: u32 = u32::MAX;
