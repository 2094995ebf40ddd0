//! The `wasmc` command.

pub mod wast;
