//! Compiles a WebAssembly module to a relocatable object file.
//!
//! ```text
//! &[u8] → WasmModule → FunctionIr → FunctionCode → LinkedText → Artifact
//! ```
//!
//! Nothing here reads a file, a clock or a global: the same bytes and [`CompileOptions`] give the same artifact, on any
//! host and with any number of threads.
#![forbid(unsafe_code)]

mod code;
mod emit;
pub mod error;
mod header;
mod isa;
mod lines;
mod link;
pub mod module;
pub mod options;
mod progress;
mod trampoline;
mod translate;
pub mod verify;

/// Which Cranelift generates the code.
pub use cranelift_codegen::VERSION as CRANELIFT_VERSION;
pub use emit::Artifact;
pub use error::CompileError;
pub use lines::source_of;
pub use options::CompileOptions;
pub use progress::Progress;

use code::Program;

/// Compiles the module in `wasm` to an object file.
pub fn compile(wasm: &[u8], options: &CompileOptions) -> Result<Artifact, CompileError> {
    compile_watched(wasm, options, &Progress::default())
}

/// As [`compile`], and says meanwhile how far it is.
pub fn compile_watched(wasm: &[u8], options: &CompileOptions, progress: &Progress) -> Result<Artifact, CompileError> {
    emit::check_options(options)?;
    let module = module::parse(wasm, &options.features)?;
    compile_parsed(&module, options, progress)
}

/// Compiles the module in `wasm` once for each of `options`, which all have the same features; it is parsed once. The
/// first error is that of all.
pub fn compile_for_all(
    wasm: &[u8],
    options: &[CompileOptions],
    progress: &Progress,
) -> Result<Vec<Artifact>, CompileError> {
    let Some(first) = options.first() else { return Ok(Vec::new()) };
    options.iter().try_for_each(emit::check_options)?;
    if options.iter().any(|other| other.features != first.features) {
        return Err(CompileError::Options("one module cannot be parsed with different proposals at once".to_owned()));
    }
    let module = module::parse(wasm, &first.features)?;
    options.iter().map(|options| compile_parsed(&module, options, progress)).collect()
}

fn compile_parsed(
    module: &module::WasmModule<'_>,
    options: &CompileOptions,
    progress: &Progress,
) -> Result<Artifact, CompileError> {
    let program = Program::new(module, options)?;
    let code = code::compile_items(&program, progress, |worker, item| worker.compile(item))?;
    let text = link::link(&program, code)?;
    let artifact = emit::emit(&program, text)?;
    if options.verify {
        verify::verify(artifact.bytes())?;
    }
    Ok(artifact)
}

/// The C header of the object that the module in `wasm` is compiled to: the same for all targets.
pub fn emit_header(wasm: &[u8], options: &CompileOptions) -> Result<String, CompileError> {
    emit::check_options(options)?;
    let module = module::parse(wasm, &options.features)?;
    Ok(header::write(&module, &options.symbol_prefix))
}

/// The Cranelift IR of each function of the module in `wasm`, as text, before any optimisation.
pub fn emit_clif(wasm: &[u8], options: &CompileOptions) -> Result<String, CompileError> {
    let module = module::parse(wasm, &options.features)?;
    let program = Program::new(&module, options)?;
    Ok(code::compile_items(&program, &Progress::default(), |worker, item| worker.clif(item))?.concat())
}

/// The machine code of each function of the module in `wasm`, as text.
pub fn emit_assembly(wasm: &[u8], options: &CompileOptions) -> Result<String, CompileError> {
    let module = module::parse(wasm, &options.features)?;
    let program = Program::new(&module, options)?;
    Ok(code::compile_items(&program, &Progress::default(), |worker, item| worker.assembly(item))?.concat())
}

#[cfg(test)]
mod tests;
