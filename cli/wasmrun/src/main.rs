//! Runs compiled WebAssembly.
fn main() {}
