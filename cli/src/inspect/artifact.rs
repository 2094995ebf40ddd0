//! What an artifact is: its sections in, a description for people and programs out.
//!
//! It lends names, and writes types as it comes to them: what it takes of memory is in proportion to the artifact.

use std::fmt;

use serde::{Serialize, Serializer};
use wasmc_compiler::verify::Contents;
use wasmc_contract::metadata::{ExportRecord, FunctionRecord, ImportRecord, MemoryRecord, Metadata, entity_kind};
use wasmc_contract::section::{Descriptor, flag};
use wasmc_contract::target::{CpuFeature, CpuFeatures, Target};
use wasmc_loader::{Printable, TypeReader};

use super::names::{FunctionNames, Strings};

/// How many of the largest functions people are shown.
const FUNCTIONS_SHOWN: usize = 20;

/// An artifact.
#[derive(Serialize)]
pub(super) struct Artifact<'a> {
    /// The version and revision of the contract.
    layout: String,
    target: Option<&'static str>,
    /// What the CPU must have beyond the target's baseline.
    cpu_features: Vec<&'static str>,
    options: Vec<&'static str>,
    /// The first half of the BLAKE3 hash of the module.
    source_blake3_prefix: String,
    module_name: Option<&'a str>,
    sections: Vec<SizedSection<'a>>,
    pub(super) imports: Vec<Import<'a>>,
    exports: Vec<Export<'a>>,
    memories: Vec<Memory<'a>>,
    /// The largest first.
    functions: Vec<Function<'a>>,
}

#[derive(Serialize)]
struct SizedSection<'a> {
    name: &'a str,
    size_bytes: u64,
}

/// An import.
#[derive(Serialize)]
pub(super) struct Import<'a> {
    pub(super) module: &'a str,
    pub(super) field: &'a str,
    r#type: Type<'a>,
}

#[derive(Serialize)]
struct Export<'a> {
    name: &'a str,
    r#type: Type<'a>,
}

#[derive(Serialize)]
struct Memory<'a> {
    index: u32,
    r#type: Type<'a>,
    is_imported: bool,
    /// How much of it is mapped when it is made.
    image_bytes: u64,
}

#[derive(Serialize)]
struct Function<'a> {
    index: u32,
    name: Option<&'a str>,
    /// Where its code starts in the text.
    text_offset: u32,
    size_bytes: u32,
}

/// The type of what has this kind and index.
struct Type<'a> {
    reader: TypeReader<'a>,
    kind: u32,
    index: u32,
}

impl fmt::Display for Type<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reader.extern_type(self.kind, self.index) {
            Some(extern_type) => extern_type.fmt(formatter),
            None => formatter.write_str("(damaged)"),
        }
    }
}

impl Serialize for Type<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Describes an artifact; `None` if a name in its metadata is damaged.
pub(super) fn describe<'a>(
    contents: &'a Contents<'a>,
    metadata: &'a Metadata<'a>,
    names: &FunctionNames<'a>,
) -> Option<Artifact<'a>> {
    let descriptor = &contents.descriptor;
    let features = CpuFeatures(descriptor.cpu_features);
    let hash = [descriptor.source_hash_low, descriptor.source_hash_high].map(u64::to_le_bytes).concat();
    Some(Artifact {
        layout: format!("{}.{}", descriptor.contract_version, descriptor.contract_revision),
        target: Target::from_number(descriptor.target).map(Target::name),
        cpu_features: features.iter().map(CpuFeature::name).collect(),
        options: options(descriptor),
        source_blake3_prefix: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        module_name: names.module(),
        sections: sections(contents),
        imports: imports(metadata)?,
        exports: exports(metadata)?,
        memories: memories(metadata),
        functions: functions(metadata, names),
    })
}

fn options(descriptor: &Descriptor) -> Vec<&'static str> {
    let names = [
        (flag::INTERRUPTIBLE, "interruptible"),
        (flag::CANONICAL_NANS, "canonical NaNs"),
        (flag::EXPLICIT_CHECKS, "explicit bounds checks"),
        (flag::DYNAMIC, "linked while it runs"),
    ];
    names.into_iter().filter(|(bit, _)| descriptor.flags & bit != 0).map(|(_, name)| name).collect()
}

fn sections<'a>(contents: &'a Contents<'_>) -> Vec<SizedSection<'a>> {
    let sized = |(name, bytes): &'a (String, &[u8])| SizedSection { name, size_bytes: bytes.len() as u64 };
    contents.sections.iter().map(sized).collect()
}

fn imports<'a>(metadata: &'a Metadata<'a>) -> Option<Vec<Import<'a>>> {
    let (strings, reader) = (Strings::new(metadata.strings), TypeReader::new(metadata));
    let import = |ImportRecord { module, field, kind, index }| {
        let r#type = Type { reader, kind, index };
        Some(Import { module: strings.at(module)?, field: strings.at(field)?, r#type })
    };
    metadata.imports.iter().map(import).collect()
}

fn exports<'a>(metadata: &'a Metadata<'a>) -> Option<Vec<Export<'a>>> {
    let (strings, reader) = (Strings::new(metadata.strings), TypeReader::new(metadata));
    let export = |ExportRecord { name, kind, index }| {
        Some(Export { name: strings.at(name)?, r#type: Type { reader, kind, index } })
    };
    metadata.exports.iter().map(export).collect()
}

fn memories<'a>(metadata: &'a Metadata<'a>) -> Vec<Memory<'a>> {
    let imported = metadata.header.imported_memories;
    let reader = TypeReader::new(metadata);
    let memory = |(index, record): (u32, MemoryRecord)| Memory {
        index,
        r#type: Type { reader, kind: entity_kind::MEMORY, index },
        is_imported: index < imported,
        image_bytes: record.image_length_bytes,
    };
    (0..).zip(metadata.memories.iter()).map(memory).collect()
}

fn functions<'a>(metadata: &Metadata<'a>, names: &FunctionNames<'a>) -> Vec<Function<'a>> {
    let function = |(index, record): (u32, FunctionRecord)| Function {
        index,
        name: names.find(index),
        text_offset: record.text_offset,
        size_bytes: record.text_length,
    };
    let mut functions: Vec<Function<'_>> = (0..).zip(metadata.functions.iter()).map(function).collect();
    functions.sort_by_key(|function| (std::cmp::Reverse(function.size_bytes), function.index));
    functions
}

impl fmt::Display for Artifact<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or = |list: &[&str], none: &str| if list.is_empty() { none.to_owned() } else { list.join(", ") };
        let cpu = match self.cpu_features.as_slice() {
            [] => "baseline".to_owned(),
            features => format!("baseline and {}", features.join(", ")),
        };
        writeln!(formatter, "layout   {}", self.layout)?;
        writeln!(formatter, "target   {}", self.target.unwrap_or("unknown"))?;
        writeln!(formatter, "CPU      {cpu}")?;
        writeln!(formatter, "options  {}", or(&self.options, "none"))?;
        writeln!(formatter, "source   BLAKE3 {}...", self.source_blake3_prefix)?;
        if let Some(name) = self.module_name {
            writeln!(formatter, "module   {}", Printable(name))?;
        }
        writeln!(formatter, "\nsections")?;
        for section in &self.sections {
            writeln!(formatter, "{:>12}  {}", section.size_bytes, section.name)?;
        }
        writeln!(formatter, "\nimports")?;
        for Import { module, field, r#type } in &self.imports {
            writeln!(formatter, "  {} {}: {type}", Printable(module), Printable(field))?;
        }
        writeln!(formatter, "\nexports")?;
        for Export { name, r#type } in &self.exports {
            writeln!(formatter, "  {}: {type}", Printable(name))?;
        }
        writeln!(formatter, "\nmemories")?;
        for memory in &self.memories {
            let imported = if memory.is_imported { ", imported" } else { "" };
            writeln!(
                formatter,
                "  {}: {}{imported}, {} bytes mapped",
                memory.index, memory.r#type, memory.image_bytes
            )?;
        }
        writeln!(formatter, "\nfunctions by size")?;
        for function in self.functions.iter().take(FUNCTIONS_SHOWN) {
            let name = function.name.unwrap_or("");
            writeln!(formatter, "{:>12}  {} {}", function.size_bytes, function.index, Printable(name))?;
        }
        if let Some(more) = self.functions.len().checked_sub(FUNCTIONS_SHOWN).filter(|more| *more > 0) {
            writeln!(formatter, "{:>12}  {more} more, which --json lists", "")?;
        }
        Ok(())
    }
}
