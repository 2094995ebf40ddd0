//! Maps compiled WebAssembly and runs it.
//!
//! ```text
//! artifact → Image → Instance → Outcome
//! ```
//!
//! * [`Image`]: an artifact mapped, checked, relocated and protected; shared by all its instances and by threads;
//! * [`Store`]: owns instances and whatever they share, and is used by one thread at a time;
//! * [`Linker`]: names what modules import, and makes an [`Instance`] of an image in a store;
//! * [`Function::call`]: runs code and gives an [`Outcome`]: returned values, an exit status, a trap's report or an exception;
//! * [`Pool`]: keeps instances of one image ready, and resets them.
//!
//! A trap, an exception that nothing caught and an exit status are values of [`Outcome`]; an error means that the loader could not do its job.
//!
//! All code of the project that maps, protects or calls memory is in this crate. Artifacts are read as hostile input;
//! running their code is trust.

mod budget;
mod builtin;
mod call;
mod convention;
mod cpu;
mod debug;
mod entity;
mod error;
mod exception;
mod guest_memory;
mod host;
mod image;
mod instance;
mod interrupt;
mod linker;
mod memory;
mod number;
mod owned;
mod pool;
#[cfg(windows)]
mod readiness;
mod report;
mod stack;
mod store;
mod trap;
mod types;
mod value;
mod wait;

pub use budget::{Charge, MemoryBudget};
pub use call::{CallError, Outcome};
pub use cpu::cpu_features;
pub use debug::DebugOptions;
pub use entity::{EntityError, Extern, Function, Global, Memory, SharedMemory, Table, Tag};
pub use error::{LoadError, SystemError};
pub use exception::{ExceptionReference, Uncaught};
pub use guest_memory::{GuestMemory, SocketFlags};
pub use host::{Caller, HostError, HostResults, HostValue, IntoHostFunction};
pub use image::{DynamicLinking, ExportType, Image, ImportType, Symbol};
pub use instance::{Instance, InstantiateError, MissingImport};
pub use interrupt::InterruptHandle;
pub use linker::{DefineError, Linker};
pub use number::{Number, NumberType};
pub use pool::{Pool, PooledInstance};
#[cfg(windows)]
pub use readiness::{Readiness, readiness};
pub use report::{Frame, Printable, PrintableLines, TrapReport};
pub use store::{Store, StoreOptions};
pub use types::{
    ExternType, FunctionType, GlobalType, HeapType, MemoryType, ReferenceType, TableType, TagType, TypeReader,
    ValueType,
};
pub use value::{ExternReference, Value};
pub use wait::Waited;
/// Why compiled code stopped.
pub use wasmc_contract::trap::TrapCode;
