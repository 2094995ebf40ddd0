//! C programs that are linked with a module and the C library: what each is made of, and what it prints.

/// A module, the program around it, and its output. The files are in `tests/samples`.
#[derive(Clone, Copy, Debug)]
pub struct CProgram {
    /// The module's text.
    pub module: &'static str,
    /// The program's file.
    pub source: &'static str,
    /// What it prints.
    pub expected: &'static str,
}

/// Calls an export.
pub const LINKED: CProgram = CProgram {
    module: include_str!("../samples/linked.wat"),
    source: "linked.c",
    expected: "add: 42\nfactorial: 3628800\nmalloc: 7\nwasm trap: integer divide by zero\n",
};

/// Throws and catches.
pub const THROWER: CProgram = CProgram {
    module: include_str!("../samples/thrower.wat"),
    source: "thrower.c",
    expected: "wasm trap: uncaught exception: own (i32 21, f64 10.5)\ncarries 21 and 10.5\ncaught -2\ncaught 0\n\
               caught -6\nwasm trap: host error: a host function raised, but nothing had failed\n\
               through 5 and 2.5, in order 1\nwasm trap: unreachable\n",
};

/// Bounds, stops and leaves its code.
pub const BOUNDED: CProgram = CProgram {
    module: include_str!("../samples/bounded.wat"),
    source: "bounded.c",
    expected: "grown: 2\nwasm trap: call stack exhausted\nwasm trap: interrupted\nleft 3 times\n\
               wasm trap: unreachable\ncarries 42\nis none\nwasm trap: out of bounds memory access\n",
};

/// Defines imports by the header.
pub const IMPORTS: CProgram = CProgram {
    module: include_str!("../samples/imports.wat"),
    source: "imports.c",
    expected: "add: 1019 2019\nswap: 37\npoke: 77\none: 2020, nothings 101, 2.5 9\nreference: 0\n\
               wasm trap: host error: no such value\n",
};
