//! Compiles a WebAssembly module to a relocatable object file.
//!
//! ```text
//! &[u8] → WasmModule → FunctionIr → FunctionCode → LinkedText → Artifact
//! ```
//!
//! Nothing here reads a file, a clock or a global: the same bytes and [`CompileOptions`] give the same artifact, on any
//! host and with any number of threads.
#![forbid(unsafe_code)]

pub mod error;
pub mod module;
pub mod options;
mod translate;

pub use error::CompileError;
pub use options::CompileOptions;
