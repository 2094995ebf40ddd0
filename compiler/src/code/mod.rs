//! [`Program`] in, one [`FunctionCode`] per item of its text out.
//!
//! Items are compiled in parallel and independently of each other; nothing here knows where code will lie.

mod function_code;
mod program;
mod schedule;
pub(crate) mod unwind;
mod worker;

pub(crate) use function_code::{CatchingCall, FunctionCode, Relocation, RelocationTarget};
pub(crate) use program::Program;
pub(crate) use schedule::compile_items;
