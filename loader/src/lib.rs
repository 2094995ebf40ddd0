//! Maps compiled WebAssembly and runs it.
