//! What a program asks of its host: names of imports in, the interfaces that they belong to and what is missing out.

use std::collections::BTreeMap;

use serde::Serialize;
use wasmc_loader::{Linker, Printable};
use wasmc_wasi::WasiBuilder;

use crate::output;

/// Where imports come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Interface {
    /// WASI preview 1.
    #[serde(rename = "wasi-preview1")]
    Wasi,
    /// Threads of WASI, and the memory that they share.
    #[serde(rename = "wasi-threads")]
    WasiThreads,
    /// The functions that Emscripten's JavaScript has.
    #[serde(rename = "emscripten")]
    Emscripten,
    /// The same, under names that mean something to the program's own JavaScript only.
    #[serde(rename = "emscripten-minified")]
    EmscriptenMinified,
    /// Another module, or a host of its own.
    #[serde(rename = "other")]
    Other,
}

impl Interface {
    fn of(module: &str, field: &str) -> Self {
        match (module, field) {
            ("wasi", "thread-spawn") => Self::WasiThreads,
            _ if wasmc_wasi::is_module(module) => Self::Wasi,
            ("env" | "GOT.mem" | "GOT.func", _) => Self::Emscripten,
            // `emcc -O3` calls its one module and the functions in it by letters.
            _ if module.len() == 1 && field.len() <= 2 => Self::EmscriptenMinified,
            _ => Self::Other,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Wasi => "WASI preview 1",
            Self::WasiThreads => "WASI's threads",
            Self::Emscripten => "env: Emscripten, or a host of its own",
            Self::EmscriptenMinified => {
                "Emscripten, with minified names: link it with -O1, -O2 or -sSTANDALONE_WASM, or with --profiling-funcs"
            }
            Self::Other => "other modules (--preload), or a host of its own",
        }
    }
}

/// What a program imports.
#[derive(Debug, Serialize)]
struct Report {
    interfaces: Vec<Interface>,
    imports: Vec<Import>,
    /// Whether all that it imports is there.
    is_complete: bool,
}

#[derive(Debug, Serialize)]
struct Import {
    module: String,
    field: String,
    interface: Interface,
    /// Whether `wasmc run` and `wasmrun` define it.
    is_defined: bool,
}

/// Shows what `names`, modules and fields, ask for; the exit status.
pub(super) fn show<'a>(names: impl Iterator<Item = (&'a str, &'a str)>, is_json: bool) -> anyhow::Result<i32> {
    let mut linker = Linker::new();
    WasiBuilder::new().build()?.add_to_linker(&mut linker)?;
    let import = |(module, field): (&str, &str)| {
        let interface = Interface::of(module, field);
        // The functions of threads, and the memory that they share, are defined when a program has them.
        let is_defined = linker.defines(module, field) || interface == Interface::WasiThreads;
        Import { module: module.to_owned(), field: field.to_owned(), interface, is_defined }
    };
    let mut imports: Vec<Import> = names.map(import).collect();
    if imports.iter().any(|import| import.interface == Interface::WasiThreads) {
        for import in imports.iter_mut().filter(|import| (&*import.module, &*import.field) == ("env", "memory")) {
            (import.interface, import.is_defined) = (Interface::WasiThreads, true);
        }
    }
    let mut interfaces: Vec<Interface> = imports.iter().map(|import| import.interface).collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    let is_complete = imports.iter().all(|import| import.is_defined);
    let report = Report { interfaces, imports, is_complete };
    if is_json { output::print_json(&report) } else { output::print(report.text().as_bytes()) }
}

impl Report {
    fn text(&self) -> String {
        if self.imports.is_empty() {
            return "the program imports nothing\n".to_owned();
        }
        let mut text = String::new();
        for interface in &self.interfaces {
            let of_it = self.imports.iter().filter(|import| import.interface == *interface);
            let missing = of_it.clone().filter(|import| !import.is_defined).count();
            let there = if missing == 0 { "all there".to_owned() } else { format!("{missing} missing") };
            text.push_str(&format!("{}: {} imports, {there}\n", interface.describe(), of_it.count()));
        }
        let mut missing = BTreeMap::<&str, Vec<&str>>::new();
        for import in self.imports.iter().filter(|import| !import.is_defined) {
            missing.entry(&import.module).or_default().push(&import.field);
        }
        if !missing.is_empty() {
            text.push_str("\nmissing\n");
        }
        for (module, fields) in missing {
            for field in fields {
                text.push_str(&format!("  {} {}\n", Printable(module), Printable(field)));
            }
        }
        text
    }
}
