//! A module in, the C header by which a program uses its object out: exports, what it has to define for imports, and
//! how both come together for one instance or for many.
//!
//! It is the same for all targets. What C cannot say (a function that takes a reference from a linker, a memory that is
//! imported) is named in a comment.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use wasmc_contract::symbol::{Escaped, ExportSymbol, ModuleSymbol};
use wasmparser::ValType;

use crate::module::{Entity, TypeDefinition, WasmModule};

/// Modules whose functions `wasmc_linker_wasi` defines.
const WASI: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// An imported function that the program defines.
struct Imported<'a> {
    module: &'a str,
    field: &'a str,
    /// In names: what comes behind the prefix.
    name: String,
    definition: &'a TypeDefinition,
}

/// The header of `module`, whose global symbols start with `prefix`.
pub(crate) fn write(module: &WasmModule<'_>, prefix: &str) -> String {
    let mut text = String::new();
    header(module, prefix, &mut text).expect("a string takes everything");
    text
}

fn header(module: &WasmModule<'_>, prefix: &str, text: &mut String) -> fmt::Result {
    let guard = prefix.to_ascii_uppercase();
    writeln!(text, "/* How a C program uses this module: written by `wasmc compile --emit header`. */")?;
    writeln!(text, "#ifndef {guard}_MODULE_H\n#define {guard}_MODULE_H\n\n#include \"wasmc.h\"\n")?;
    writeln!(text, "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n")?;
    writeln!(text, "/* The module, for wasmc_instantiate. */")?;
    writeln!(text, "extern const wasmc_artifact {};\n", ModuleSymbol(prefix))?;
    exports(module, prefix, text)?;
    let imported = imports(module, prefix, text)?;
    define_imports(prefix, &imported, text)?;
    one_instance(module, prefix, &guard, text)?;
    writeln!(text, "#ifdef __cplusplus\n}}\n#endif\n\n#endif")
}

fn exported_functions<'m>(module: &'m WasmModule<'_>) -> impl Iterator<Item = (&'m str, &'m TypeDefinition)> {
    module.exports.iter().filter_map(|export| match export.entity {
        Entity::Function(index) => Some((export.name, module.function_type(index))),
        _ => None,
    })
}

fn exports(module: &WasmModule<'_>, prefix: &str, text: &mut String) -> fmt::Result {
    if exported_functions(module).any(|(_, definition)| has_vectors(definition)) {
        writeln!(text, "/* Vectors, where C passes them as the module does: not on x86-64 Windows. */")?;
        writeln!(text, "#if defined(__x86_64__) && !defined(_WIN32)\n#include <emmintrin.h>")?;
        writeln!(text, "typedef __m128i {prefix}_v128;\n#define {prefix}_HAS_V128\n#elif defined(__aarch64__)")?;
        writeln!(text, "#include <arm_neon.h>\ntypedef int8x16_t {prefix}_v128;\n#define {prefix}_HAS_V128\n#endif\n")?;
    }
    writeln!(text, "/* Exported functions, of an instance that wasmc_instantiate gave. */")?;
    for (name, definition) in exported_functions(module) {
        let symbol = ExportSymbol { prefix, name }.to_string();
        let guarded = Guarded { prefix, is_needed: has_vectors(definition) };
        writeln!(text, "{}/* {} */", guarded.start(), Quoted(name))?;
        let signature = Signature { prefix, definition, first: "void *instance" };
        writeln!(text, "{} {symbol}({signature});\n{}", signature.result(), guarded.end())?;
    }
    writeln!(text)
}

/// Declares what the program defines for imports.
fn imports<'a>(module: &'a WasmModule<'a>, prefix: &str, text: &mut String) -> Result<Vec<Imported<'a>>, fmt::Error> {
    let mut imported: Vec<Imported<'a>> = Vec::new();
    let mut names = BTreeSet::new();
    let mut notes = Vec::new();
    for import in &module.imports {
        let place = format!("{} {}", Quoted(import.module), Quoted(import.field));
        let Entity::Function(index) = import.entity else {
            notes.push(format!("{place} is no function, and C cannot define it"));
            continue;
        };
        let definition = module.function_type(index);
        if WASI.contains(&import.module) {
            notes.push(format!("{place} is of WASI: wasmc_linker_wasi defines it"));
        } else if definition.parameters.iter().chain(&definition.results).any(|kind| matches!(kind, ValType::Ref(_))) {
            notes.push(format!("{place} takes or gives references, which C cannot define"));
        } else if !imported.iter().any(|other| (other.module, other.field) == (import.module, import.field)) {
            let plain = format!("{}_{}", Escaped(import.module), Escaped(import.field));
            // `a_b` `c` and `a` `b_c` are not the same function.
            let mut name = plain.clone();
            let mut number = 2;
            while !names.insert(name.clone()) {
                name = format!("{plain}_{number}");
                number += 1;
            }
            imported.push(Imported { module: import.module, field: import.field, name, definition });
        }
    }
    writeln!(text, "/* What called an imported function. */")?;
    writeln!(text, "#ifndef WASMC_CALLER\n#define WASMC_CALLER\ntypedef struct wasmc_caller {{")?;
    writeln!(text, "    /* As it was given to {prefix}_define_imports. */\n    void *environment;")?;
    writeln!(text, "    /* The calling instance's memory, null if it has none. */\n    void *memory;")?;
    writeln!(text, "    size_t memory_bytes;\n}} wasmc_caller;\n#endif\n")?;
    if !imported.is_empty() {
        writeln!(
            text,
            "/* Imported functions, which the program defines. They return null, or why the module must trap"
        )?;
        writeln!(text, " * (wasmc.h, wasmc_host_function); results are stored. */")?;
    }
    for import in &imported {
        writeln!(text, "/* {} {} */", Quoted(import.module), Quoted(import.field))?;
        write!(text, "const char *{prefix}_import_{}(const wasmc_caller *caller", import.name)?;
        for (index, kind) in import.definition.parameters.iter().enumerate() {
            let (kind, _) = host_type(*kind);
            write!(text, ", {kind}{}p{index}", if kind.ends_with('*') { "" } else { " " })?;
        }
        for (index, kind) in import.definition.results.iter().enumerate() {
            write!(text, ", {} *r{index}", host_type(*kind).0.trim_start_matches("const ").trim_end_matches(" *"))?;
        }
        writeln!(text, ");")?;
    }
    for note in notes {
        writeln!(text, "/* {note}. */")?;
    }
    writeln!(text)?;
    Ok(imported)
}

/// The function that makes the program's functions known to a linker, and an adapter for each.
fn define_imports(prefix: &str, imported: &[Imported<'_>], text: &mut String) -> fmt::Result {
    for import in imported {
        writeln!(
            text,
            "static const char *{prefix}_adapt_{}(void *environment, void *memory, size_t memory_bytes,\n    wasmc_value *values) {{",
            import.name
        )?;
        writeln!(text, "    wasmc_caller caller = {{environment, memory, memory_bytes}};\n    (void)values;")?;
        for (index, kind) in import.definition.parameters.iter().enumerate() {
            // Results come into the same places.
            if *kind == ValType::V128 {
                writeln!(text, "    wasmc_value p{index} = values[{index}];")?;
            }
        }
        write!(text, "    return {prefix}_import_{}(&caller", import.name)?;
        for (index, kind) in import.definition.parameters.iter().enumerate() {
            write!(text, ", {}", slot(*kind, index, true))?;
        }
        for (index, kind) in import.definition.results.iter().enumerate() {
            write!(text, ", {}", slot(*kind, index, false))?;
        }
        writeln!(text, ");\n}}\n")?;
    }
    writeln!(text, "/* Defines the imported functions in a linker. */")?;
    writeln!(
        text,
        "static inline bool {prefix}_define_imports(wasmc_linker *linker, void *environment, char **error) {{"
    )?;
    writeln!(text, "    (void)linker, (void)environment, (void)error;")?;
    for import in imported {
        let types = |values: &[ValType]| {
            let names: Vec<&str> = values.iter().map(|kind| host_type(*kind).1).collect();
            // An array of C has at least one element.
            format!("{{{}}}", if names.is_empty() { "WASMC_I32".to_owned() } else { names.join(", ") })
        };
        let (parameters, results) = (&import.definition.parameters, &import.definition.results);
        writeln!(text, "    {{\n        static const wasmc_type parameters[] = {};", types(parameters))?;
        writeln!(text, "        static const wasmc_type results[] = {};", types(results))?;
        writeln!(
            text,
            "        if (!wasmc_linker_function(linker, {}, {}, parameters, {}, results, {}, {prefix}_adapt_{},\n                environment, error)) {{\n            return false;\n        }}\n    }}",
            CString(import.module),
            CString(import.field),
            parameters.len(),
            results.len(),
            import.name
        )?;
    }
    writeln!(text, "    return true;\n}}\n")
}

/// Exports of one instance, which does not have to be passed.
fn one_instance(module: &WasmModule<'_>, prefix: &str, guard: &str, text: &mut String) -> fmt::Result {
    writeln!(
        text,
        "/* For a program with one instance: {guard}_ONE_INSTANCE, defined in one source file before this is"
    )?;
    writeln!(text, " * included, gives functions that call that in {prefix}_instance, which the file sets. */")?;
    writeln!(text, "#ifdef {guard}_ONE_INSTANCE\nstatic void *{prefix}_instance;")?;
    for (name, definition) in exported_functions(module) {
        let guarded = Guarded { prefix, is_needed: has_vectors(definition) };
        let signature = Signature { prefix, definition, first: "" };
        let result = signature.result();
        write!(text, "{}static inline {result} {prefix}_call_{}(", guarded.start(), Escaped(name))?;
        write!(text, "{}) {{ ", if signature.is_empty() { "void".to_owned() } else { signature.to_string() })?;
        let give = if result == "void" { "" } else { "return " };
        write!(text, "{give}{}({prefix}_instance", ExportSymbol { prefix, name })?;
        (0..definition.parameters.len()).try_for_each(|index| write!(text, ", p{index}"))?;
        let results = if definition.results.len() > 1 { ", results" } else { "" };
        writeln!(text, "{results}); }}\n{}", guarded.end())?;
    }
    writeln!(text, "#endif\n")
}

/// Lines around what has vectors.
struct Guarded<'a> {
    prefix: &'a str,
    is_needed: bool,
}

impl Guarded<'_> {
    fn start(&self) -> String {
        if self.is_needed { format!("#ifdef {}_HAS_V128\n", self.prefix) } else { String::new() }
    }

    fn end(&self) -> &'static str {
        if self.is_needed { "#endif\n" } else { "" }
    }
}

/// The parameters of an export's C function.
struct Signature<'a> {
    prefix: &'a str,
    definition: &'a TypeDefinition,
    /// What comes before the module's own.
    first: &'static str,
}

impl Signature<'_> {
    fn result(&self) -> String {
        match &*self.definition.results {
            [result] => c_type(*result, self.prefix),
            _ => "void".to_owned(),
        }
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty() && self.definition.parameters.is_empty() && self.definition.results.len() < 2
    }
}

impl fmt::Display for Signature<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if !self.first.is_empty() {
            parts.push(self.first.to_owned());
        }
        let parameters = self.definition.parameters.iter().enumerate();
        parts.extend(parameters.map(|(index, kind)| format!("{} p{index}", c_type(*kind, self.prefix))));
        if self.definition.results.len() > 1 {
            parts.push("wasmc_value *results".to_owned());
        }
        formatter.write_str(&parts.join(", "))
    }
}

fn has_vectors(definition: &TypeDefinition) -> bool {
    definition.parameters.iter().chain(&definition.results).any(|kind| *kind == ValType::V128)
}

/// A type as exports pass it.
fn c_type(kind: ValType, prefix: &str) -> String {
    match kind {
        ValType::I32 => "int32_t",
        ValType::I64 => "int64_t",
        ValType::F32 => "float",
        ValType::F64 => "double",
        ValType::V128 => return format!("{prefix}_v128"),
        ValType::Ref(_) => "uint64_t",
    }
    .to_owned()
}

/// A type as the program's functions take it, and its name among a linker's types.
fn host_type(kind: ValType) -> (&'static str, &'static str) {
    match kind {
        ValType::I32 => ("int32_t", "WASMC_I32"),
        ValType::I64 => ("int64_t", "WASMC_I64"),
        ValType::F32 => ("float", "WASMC_F32"),
        ValType::F64 => ("double", "WASMC_F64"),
        ValType::V128 | ValType::Ref(_) => ("const wasmc_value *", "WASMC_V128"),
    }
}

/// A value of an array, or its place.
fn slot(kind: ValType, index: usize, is_value: bool) -> String {
    let field = match kind {
        ValType::I32 => "i32",
        ValType::I64 => "i64",
        ValType::F32 => "f32",
        ValType::F64 => "f64",
        ValType::V128 | ValType::Ref(_) if is_value => return format!("&p{index}"),
        ValType::V128 | ValType::Ref(_) => return format!("&values[{index}]"),
    };
    format!("{}values[{index}].{field}", if is_value { "" } else { "&" })
}

/// A name in a comment, which it must not end.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", CString(self.0).to_string().replace("*/", "*\\057").replace("/*", "\\057*"))
    }
}

/// A name as a string of C.
struct CString<'a>(&'a str);

impl fmt::Display for CString<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_char('"')?;
        for byte in self.0.bytes() {
            match byte {
                b' '..=b'~' if !matches!(byte, b'"' | b'\\' | b'?') => formatter.write_char(byte as char)?,
                _ => write!(formatter, "\\{byte:03o}")?,
            }
        }
        formatter.write_char('"')
    }
}
