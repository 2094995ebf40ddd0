//! Compiles WebAssembly ahead of time and runs it.

mod allocator;

fn main() {
    wasmrun::process::restore_broken_pipe();
    let status = wasmc::run(std::env::args_os());
    // Nothing is torn down: the system does that faster.
    std::process::exit(status);
}
