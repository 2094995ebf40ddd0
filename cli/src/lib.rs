//! The `wasmc` command.
