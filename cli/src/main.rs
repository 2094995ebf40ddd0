//! Compiles and runs WebAssembly.
fn main() {}
