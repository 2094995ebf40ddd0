//! Exceptions: what one is to compiled code, and the table that says where they are caught.
//!
//! Entering and leaving a `try` executes nothing. A call inside one is listed in the handlers section, by the text
//! offset of its return address, with the clauses that surround it, innermost first:
//!
//! ```text
//! handlers = count:u32 pad:u32 CallSite^count Clause^*
//! ```
//!
//! Whoever throws walks the frames by their frame pointers. At the first call site with a clause that fits, execution
//! goes on at the clause's handler, with the frame's own stack and frame pointers and the exception's address in the
//! register of the first result (`rax`, `x0`). All else that the handler needs lies in its frame: a call
//! inside a `try` keeps nothing in registers. (Any other call does: what it preserves is C's.)

use crate::record;
use crate::record::{Record, Records};

/// What every exception starts with; its fields follow, in slots of 16 bytes each. An `exnref` is its address.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct ExceptionHeader {
    /// The tag's identity: what the context of an instance has for the tag.
    pub tag: u64,
    /// What the loader keeps here; compiled code does not touch it.
    pub host: u64,
}

/// Where the field at `index` lies, in bytes from the exception's address.
pub const fn field_offset(index: usize) -> i32 {
    size_of::<ExceptionHeader>() as i32 + index as i32 * crate::context::VALUE_BYTES as i32
}

record! {
    /// A call inside a `try`.
    pub struct CallSite {
        /// The return address, from the start of text.
        pub return_offset: u32,
        /// How far below its frame pointer the caller's stack pointer is during the call.
        pub frame_bytes: u32,
        /// Where the caller keeps its instance's context, in bytes from that stack pointer; [`crate::NONE`] if no
        /// clause has a tag.
        pub context_offset: u32,
        /// The first of its clauses; they end where the next call site's start.
        pub first_clause: u32,
    }
}

record! {
    /// What is caught, and where.
    pub struct Clause {
        /// The index of the tag in the caller's module, or [`crate::NONE`] for any exception.
        pub tag: u32,
        /// Where execution goes on, from the start of text.
        pub handler_offset: u32,
    }
}

/// The handlers section.
#[derive(Clone, Copy, Debug, Default)]
pub struct HandlerTable<'a> {
    sites: Records<'a, CallSite>,
    clauses: Records<'a, Clause>,
}

impl<'a> HandlerTable<'a> {
    /// Reads the section, or `None` if its length does not fit what it states. An empty section has no call sites.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let count = usize::try_from(u32::read(bytes)?).ok()?;
        let (sites, clauses) = bytes.get(8..)?.split_at_checked(count.checked_mul(CallSite::SIZE)?)?;
        Some(Self { sites: Records::new(sites)?, clauses: Records::new(clauses)? })
    }

    /// The call that returns to `return_offset`, and its clauses in order; `None` if it is in no `try`.
    pub fn find(&self, return_offset: u32) -> Option<(CallSite, Records<'a, Clause>)> {
        let index = self.sites.partition_point(|site| site.return_offset < return_offset);
        let site = self.sites.at(index).filter(|site| site.return_offset == return_offset)?;
        let end = self.sites.at(index + 1).map_or(self.clauses.len(), |next| next.first_clause as usize);
        let count = end.checked_sub(site.first_clause as usize)?;
        Some((site, self.clauses.slice(site.first_clause as usize, count)?))
    }

    /// All call sites, in the order of their return addresses.
    pub fn sites(&self) -> Records<'a, CallSite> {
        self.sites
    }

    /// The clauses of all call sites.
    pub fn clauses(&self) -> Records<'a, Clause> {
        self.clauses
    }
}
