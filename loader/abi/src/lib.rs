//! Functions that a host brings for its programs, as `--abi` names them: an ABI and what is granted of it in, definitions in a
//! linker out.
//!
//! ```text
//! library (wasmc_abi.h) → Library ─┐
//!                Rust code → Abi ──┴→ define(grants, linker)
//! ```
//!
//! A host that runs programs by the loader needs none of this: it defines functions in its [`Linker`] as it likes.

use wasmc_loader::Linker;

mod call;
mod error;
mod grants;
mod library;
mod signature;
mod table;

pub use error::AbiError;
pub use grants::{Grants, Permission};
pub use library::Library;
pub use table::AbiTable;

/// Functions for programs, some of which have to be granted.
pub trait Abi: Send + Sync {
    /// Defines the functions for one program, in `linker`. What needs a grant that is not among `grants` has to trap when it
    /// is called: a program that does without is run.
    ///
    /// # Errors
    ///
    /// If the grants are none of the ABI's ([`Grants::check`]) or do not do, or a name is defined already.
    fn define(&self, grants: &Grants, linker: &mut Linker) -> Result<(), AbiError>;
}

impl<F> Abi for F
where
    F: Fn(&Grants, &mut Linker) -> Result<(), AbiError> + Send + Sync,
{
    fn define(&self, grants: &Grants, linker: &mut Linker) -> Result<(), AbiError> {
        self(grants, linker)
    }
}
