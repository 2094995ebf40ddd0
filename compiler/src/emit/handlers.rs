//! The calls that something catches around in, the handlers section of [`wasmc_contract::exception`] out.

use wasmc_contract::NONE;
use wasmc_contract::exception::{CallSite, Clause};
use wasmc_contract::record::Record;

use crate::code::CatchingCall;

/// Writes the section, which is empty if nothing is caught.
pub(super) fn write(calls: &[CatchingCall]) -> Vec<u8> {
    let mut bytes = Vec::new();
    if calls.is_empty() {
        return bytes;
    }
    let clause_count: usize = calls.iter().map(|call| call.clauses.len()).sum();
    bytes.reserve(8 + calls.len() * CallSite::SIZE + clause_count * Clause::SIZE);
    let mut sink = |part: &[u8]| bytes.extend_from_slice(part);
    (calls.len() as u32).write(&mut sink);
    0_u32.write(&mut sink);
    let mut first_clause = 0;
    for call in calls {
        let context_offset = call.context_offset.unwrap_or(NONE);
        let CatchingCall { return_offset, frame_bytes, .. } = *call;
        CallSite { return_offset, frame_bytes, context_offset, first_clause }.write(&mut sink);
        first_clause += call.clauses.len() as u32;
    }
    for (tag, handler_offset) in calls.iter().flat_map(|call| &call.clauses) {
        Clause { tag: tag.unwrap_or(NONE), handler_offset: *handler_offset }.write(&mut sink);
    }
    bytes
}
