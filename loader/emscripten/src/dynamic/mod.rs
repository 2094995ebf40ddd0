//! Dynamic linking: a main module, and side modules that are loaded when it starts or when it asks for them.
//!
//! ```text
//! name → provider → Image → place (memory, table) → define imports → Instance → symbols → entries → constructors
//! ```
//!
//! Modules share the main module's memory, table and stack. What one refers to of another by address lies in an *entry*: a
//! global that both import (`GOT.mem`, `GOT.func`), set when the symbol is known. Nothing is ever unloaded. In a program with
//! threads, each has instances and a table of its own, which are alike: what one thread loads, the others follow.

use std::fmt;

use wasmc_loader::Image;

mod block;
mod define;
mod entry;
mod follow;
mod linked;
mod load;
mod open;
mod own;
mod place;
mod search;
mod start;
mod symbol;
mod turn;

pub(crate) use block::{free_all, set_first};
pub(crate) use define::{define_entry, define_function, define_global};
pub(crate) use follow::{follow, start_following};
pub(crate) use linked::Shared;
pub(crate) use open::{
    Opening, catch_up, follow_in_all, follow_in_all_for, look_up, look_up_for_threads, open, open_later,
    open_later_with_data,
};
pub(crate) use own::State;
pub(crate) use place::{Placement, add_main, place_main};
pub(crate) use start::{construct, link};

/// The module of entries that hold addresses of data.
const DATA_ENTRIES: &str = "GOT.mem";
/// The module of entries that hold numbers of functions.
const FUNCTION_ENTRIES: &str = "GOT.func";

/// Whether `module` is one of those that entries are imported from.
pub(crate) fn is_entry_module(module: &str) -> bool {
    module == DATA_ENTRIES || module == FUNCTION_ENTRIES
}

/// A side module that a program asks for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ModuleRequest<'a> {
    /// Its name, as the program or another module has it. It may be a path, and lead anywhere.
    pub name: &'a str,
    /// What the program has read from a file of that name itself, as programs of current releases do. It is the program's
    /// own making: to be compiled, never to be run as it is.
    pub contents: Option<&'a [u8]>,
}

/// Why there is no side module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleError {
    /// There is none of that name.
    NotFound,
    /// There is one that cannot be used, and this is why.
    Unusable(String),
}

/// What provides side modules.
type Provide = dyn Fn(&ModuleRequest<'_>) -> Result<Image, ModuleError> + Send + Sync;

/// Provides side modules.
pub(crate) struct Provider(Box<Provide>);

impl Provider {
    pub(crate) fn new(
        provide: impl Fn(&ModuleRequest<'_>) -> Result<Image, ModuleError> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(provide))
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Provider")
    }
}

/// Why a module could not be loaded.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The program is told this.
    Told(String),
    /// The program ends.
    Ended(wasmc_loader::HostError),
}

impl From<wasmc_loader::HostError> for Failed {
    fn from(error: wasmc_loader::HostError) -> Self {
        Self::Ended(error)
    }
}
