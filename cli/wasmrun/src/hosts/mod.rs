//! The hosts that programs import from, as far as this build has them: each is a cargo feature, and where one is left out,
//! a file of the same interface says so to whoever asks for it.

use wasmc_loader::InstantiateError;

use crate::process::UsageError;

pub(crate) mod abi;
#[cfg_attr(not(feature = "emscripten"), path = "no_emscripten.rs")]
pub(crate) mod emscripten;
#[cfg(feature = "emscripten")]
mod side_modules;
#[cfg_attr(not(feature = "threads"), path = "no_threads.rs")]
pub(crate) mod threads;
#[cfg_attr(not(feature = "wasi"), path = "no_wasi.rs")]
pub(crate) mod wasi;

/// What a build may leave out.
struct Part {
    /// As messages name it.
    name: &'static str,
    is_there: bool,
    /// Whether it defines this import, of a module and a field; `false` for what is no host.
    defines: fn(&str, &str) -> bool,
}

const PARTS: &[Part] = &[
    Part {
        name: WASI,
        is_there: cfg!(feature = "wasi"),
        defines: |module, _| matches!(module, "wasi_snapshot_preview1" | "wasi_unstable"),
    },
    Part {
        name: THREADS,
        is_there: cfg!(feature = "threads"),
        defines: |module, field| module == "wasi" && field == "thread-spawn",
    },
    Part {
        name: "Emscripten",
        is_there: cfg!(feature = "emscripten"),
        // Others import their memory from there as well.
        defines: |module, field| module == "env" && field != "memory" || matches!(module, "GOT.mem" | "GOT.func"),
    },
    Part { name: "demangled names", is_there: cfg!(feature = "demangle"), defines: |_, _| false },
];

const WASI: &str = "WASI";
const THREADS: &str = "threads";

/// What this build leaves out.
pub(crate) fn left_out() -> Vec<&'static str> {
    PARTS.iter().filter(|part| !part.is_there).map(|part| part.name).collect()
}

/// What is to be said after an error about imports: nothing, unless it is this build that lacks what defines them.
pub(crate) fn hint(error: &InstantiateError) -> String {
    let InstantiateError::Missing(imports) = error else { return String::new() };
    let lacks =
        |part: &&Part| !part.is_there && imports.iter().any(|import| (part.defines)(&import.module, &import.field));
    let lacking: Vec<&str> = PARTS.iter().filter(lacks).map(|part| part.name).collect();
    if lacking.is_empty() {
        return String::new();
    }
    format!("\nThis wasmrun was built without {}: {FULL}", lacking.join(" and "))
}

/// What helps.
const FULL: &str = "run the program with the full `wasmrun`, or build it with that one as its --stub";

/// What is said of an option that only a part has a use for which this build leaves out.
#[cfg_attr(all(feature = "wasi", feature = "threads"), expect(dead_code, reason = "all parts are there"))]
fn useless(option: &str, part: &str) -> anyhow::Error {
    UsageError(format!("--{option}: this wasmrun was built without {part}: {FULL}")).into()
}
