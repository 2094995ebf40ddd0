//! What a program asks of its host: names of imports in, the interfaces that they belong to and what is missing out.

use std::fmt;

use serde::Serialize;
use wasmc_loader::{Linker, Printable};
use wasmc_wasi::WasiBuilder;

/// Where imports come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Interface {
    /// WASI preview 1.
    #[serde(rename = "wasi-preview1")]
    Wasi,
    /// Threads of WASI, and the memory that they share.
    #[serde(rename = "wasi-threads")]
    WasiThreads,
    /// What Emscripten's JavaScript has for programs without a browser.
    #[serde(rename = "emscripten")]
    Emscripten,
    /// What only a browser has, or JavaScript of the program's own.
    #[serde(rename = "emscripten-browser")]
    Browser,
    /// Emscripten's, under names that mean something to the program's own JavaScript only.
    #[serde(rename = "emscripten-minified")]
    EmscriptenMinified,
    /// Another module, or a host of its own.
    #[serde(rename = "other")]
    Other,
}

impl Interface {
    /// `is_emscriptens`: whether Emscripten linked the program.
    fn of(module: &str, field: &str, is_emscriptens: bool) -> Self {
        match (module, field) {
            ("wasi", "thread-spawn") => Self::WasiThreads,
            _ if wasmc_wasi::is_module(module) => Self::Wasi,
            ("GOT.mem" | "GOT.func", _) => Self::Emscripten,
            (wasmc_emscripten::MODULE, _) if is_emscriptens => {
                if wasmc_emscripten::defines(field) || LINKED.contains(&field) {
                    Self::Emscripten
                } else {
                    Self::Browser
                }
            }
            // `emcc -O3` calls its one module and the functions in it by letters.
            _ if module.len() == 1 && field.len() <= 2 => Self::EmscriptenMinified,
            _ => Self::Other,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Wasi => "WASI preview 1",
            Self::WasiThreads => "WASI's threads",
            Self::Emscripten => "Emscripten",
            Self::Browser => "a browser, or JavaScript of the program's own",
            Self::EmscriptenMinified => {
                "Emscripten, with minified names: link it with -O1, -O2 or -sSTANDALONE_WASM, or with --profiling-funcs"
            }
            Self::Other => "other modules (--preload), or a host of its own",
        }
    }
}

/// What programs that Emscripten linked import besides functions.
const LINKED: [&str; 5] = ["memory", "__indirect_function_table", "__stack_pointer", "__memory_base", "__table_base"];

/// How much of modules' names is compared to list them in order.
const MODULE_BYTES_COMPARED: usize = 2000;

/// What a program imports.
#[derive(Debug, Serialize)]
struct Report<'a> {
    interfaces: Vec<Interface>,
    imports: Vec<Import<'a>>,
    /// Whether all that it imports is there.
    is_complete: bool,
}

#[derive(Debug, Serialize)]
struct Import<'a> {
    module: &'a str,
    field: &'a str,
    interface: Interface,
    /// Whether `wasmc run` and `wasmrun` define it.
    is_defined: bool,
}

/// Shows what `names`, modules and fields, ask for; the exit status.
pub(super) fn show<'a>(names: impl Iterator<Item = (&'a str, &'a str)>, is_json: bool) -> anyhow::Result<i32> {
    let mut linker = Linker::new();
    WasiBuilder::new().build()?.add_to_linker(&mut linker)?;
    let names: Vec<(&'a str, &'a str)> = names.collect();
    let is_emscriptens = names.iter().any(|(module, field)| {
        *module == wasmc_emscripten::MODULE && wasmc_emscripten::is_emscriptens(field) || module.starts_with("GOT.")
    });
    let import = |(module, field): (&'a str, &'a str)| {
        let interface = Interface::of(module, field, is_emscriptens);
        let is_defined = match interface {
            Interface::Wasi => linker.defines(module, field),
            // Defined when a program has them.
            Interface::WasiThreads | Interface::Emscripten => true,
            Interface::Browser | Interface::EmscriptenMinified | Interface::Other => false,
        };
        Import { module, field, interface, is_defined }
    };
    let mut imports: Vec<Import<'_>> = names.into_iter().map(import).collect();
    if imports.iter().any(|import| import.interface == Interface::WasiThreads) {
        for import in imports.iter_mut().filter(|import| (import.module, import.field) == ("env", "memory")) {
            (import.interface, import.is_defined) = (Interface::WasiThreads, true);
        }
    }
    let mut interfaces: Vec<Interface> = imports.iter().map(|import| import.interface).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let is_complete = imports.iter().all(|import| import.is_defined);
    let report = Report { interfaces, imports, is_complete };
    super::show(&report, is_json)
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.imports.is_empty() {
            return writeln!(formatter, "the program imports nothing");
        }
        for interface in &self.interfaces {
            let of_it = self.imports.iter().filter(|import| import.interface == *interface);
            let missing = of_it.clone().filter(|import| !import.is_defined).count();
            let there = if missing == 0 { "all there".to_owned() } else { format!("{missing} missing") };
            writeln!(formatter, "{}: {} imports, {there}", interface.describe(), of_it.count())?;
        }
        let called = "what ends the program when it is called";
        for (title, is_in) in [("missing", false), (called, true)] {
            let is_listed =
                |import: &&Import<'_>| !import.is_defined && (import.interface == Interface::Browser) == is_in;
            let mut listed: Vec<&Import<'_>> = self.imports.iter().filter(is_listed).collect();
            if listed.is_empty() {
                continue;
            }
            writeln!(formatter, "\n{title}")?;
            // By how they start: those of hostile files are as long as can be, and alike.
            listed.sort_by_key(|import| &import.module[..import.module.floor_char_boundary(MODULE_BYTES_COMPARED)]);
            for Import { module, field, .. } in listed {
                writeln!(formatter, "  {} {}", Printable(module), Printable(field))?;
            }
        }
        Ok(())
    }
}
