//! Dynamic linking: a main module, and side modules that are loaded when it starts or when it asks for them.
//!
//! ```text
//! name → provider → Image → place (memory, table) → define imports → Instance → symbols → entries → constructors
//! ```
//!
//! Modules share the main module's memory, table and stack. What one refers to of another by address lies in an *entry*: a
//! global that both import (`GOT.mem`, `GOT.func`), set when the symbol is known. Nothing is ever unloaded.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmc_loader::{Function, FunctionType, Global, Image, Instance, Linker};

mod define;
mod entry;
mod load;
mod open;
mod place;
mod start;
mod symbol;

pub(crate) use define::{define_entry, define_function, define_global};
pub(crate) use open::{catch_up, finish_opening, look_up, look_up_for_threads, open, open_later, open_later_with_data};
pub(crate) use place::{Placement, add_main, place_main};
pub(crate) use start::{construct, link};
pub(crate) use symbol::Library;

use entry::Unresolved;
use open::Later;
use place::Layout;
use symbol::Symbol;

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

/// What a thread's instance is linked to. Never locked while code of the program runs.
#[derive(Debug, Default)]
pub(crate) struct State(Mutex<Linked>);

#[derive(Debug, Default)]
struct Linked {
    /// What is defined for all modules besides the interface.
    linker: Linker,
    /// Where the main module's parts lie; `None` if it is linked to nothing.
    layout: Option<Layout>,
    /// The functions that the main module imports: those of the interface go before what modules define.
    imports_of_main: BTreeMap<String, FunctionType>,
    /// The main module, then the others as they were asked for.
    libraries: Vec<Library>,
    by_name: BTreeMap<String, usize>,
    by_handle: BTreeMap<u32, usize>,
    /// The entries that all modules share.
    entries: BTreeMap<String, Global>,
    unresolved: Vec<Unresolved>,
    /// Where functions are in the table.
    slots: HashMap<Function, u32>,
    /// How many elements of the table were looked at for `slots`.
    scanned: u64,
    /// Functions of the interface that are in the table.
    functions: BTreeMap<String, Function>,
    /// Those whose constructors wait for the program to run, in the order in which they run.
    waiting: Vec<Instance>,
    /// Whether the program runs: until then memory is taken from below the heap, and constructors wait.
    is_started: bool,
    /// What is opened when `main` has returned.
    later: Vec<Later>,
}

impl State {
    fn linked(&self) -> MutexGuard<'_, Linked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the program is linked to others while it runs.
    pub(crate) fn is_used(&self) -> bool {
        self.linked().layout.is_some()
    }

    /// The function `name` of a module that all others see.
    pub(crate) fn global_function(&self, name: &str) -> Option<Function> {
        match self.linked().global(name)? {
            Symbol::Function(function) => Some(function),
            Symbol::Address(_) => None,
        }
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
