//! Why an ABI defines no functions.

use std::fmt;

use wasmc_loader::DefineError;

/// Why an ABI defines no functions.
#[derive(Debug)]
#[non_exhaustive]
pub enum AbiError {
    /// The system does not load the library, and says why.
    Load(String),
    /// This program is linked statically, and the system has no way to load libraries into such.
    Static,
    /// The library has no `wasmc_abi_1`.
    NoTable,
    /// What the library says of itself is not as it must be.
    Table(String),
    /// A grant is none of the ABI's, or lacks a value, or has one too many.
    Grant(String),
    /// The ABI itself finds that its grants do not do.
    Refused(String),
    /// A function is defined already.
    Define(DefineError),
}

impl fmt::Display for AbiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(reason) => write!(formatter, "it cannot be loaded: {reason}"),
            Self::Static => formatter.write_str("a program that is linked statically loads no libraries"),
            Self::NoTable => formatter.write_str(
                "it defines no `wasmc_abi_1`: it is no library of functions for programs, or one for another version of wasmc",
            ),
            Self::Table(what) => write!(formatter, "it is no proper library of functions: {what}"),
            Self::Grant(what) | Self::Refused(what) => formatter.write_str(what),
            Self::Define(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for AbiError {}

impl From<DefineError> for AbiError {
    fn from(error: DefineError) -> Self {
        Self::Define(error)
    }
}
