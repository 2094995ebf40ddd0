//! What an artifact is: its sections in, a description for people and programs out.

use std::fmt;

use serde::Serialize;
use wasmc_compiler::verify::Contents;
use wasmc_contract::metadata::{Metadata, Names};
use wasmc_contract::section::{Descriptor, Section, flag};
use wasmc_contract::target::{CpuFeatures, Target};
use wasmc_loader::{Printable, TypeReader};

/// How many of the largest functions people are shown.
const FUNCTIONS_SHOWN: usize = 20;

/// An artifact.
#[derive(Debug, Serialize)]
pub(super) struct Artifact {
    /// The version and revision of the contract.
    layout: String,
    target: Option<&'static str>,
    /// What the CPU must have beyond the target's baseline.
    cpu_features: Vec<&'static str>,
    options: Vec<&'static str>,
    /// The first half of the BLAKE3 hash of the module.
    source_blake3_prefix: String,
    module_name: Option<String>,
    sections: Vec<SizedSection>,
    pub(super) imports: Vec<Import>,
    exports: Vec<Export>,
    memories: Vec<Memory>,
    /// The largest first.
    functions: Vec<Function>,
}

#[derive(Debug, Serialize)]
struct SizedSection {
    name: String,
    size_bytes: u64,
}

/// An import.
#[derive(Debug, Serialize)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) field: String,
    r#type: String,
}

#[derive(Debug, Serialize)]
struct Export {
    name: String,
    r#type: String,
}

#[derive(Debug, Serialize)]
struct Memory {
    index: u32,
    r#type: String,
    is_imported: bool,
    /// How much of it is mapped when it is made.
    image_bytes: u64,
}

#[derive(Debug, Serialize)]
struct Function {
    index: u32,
    name: Option<String>,
    /// Where its code starts in the text.
    text_offset: u32,
    size_bytes: u32,
}

/// Describes an artifact; `None` if its metadata is damaged.
pub(super) fn describe(contents: &Contents<'_>) -> Option<Artifact> {
    let descriptor = &contents.descriptor;
    let metadata = Metadata::parse(contents.section(Section::Metadata))?;
    let names = Names::parse(contents.section(Section::Names));
    let features = CpuFeatures(descriptor.cpu_features);
    let hash = [descriptor.source_hash_low, descriptor.source_hash_high].map(u64::to_le_bytes).concat();
    let module_name = names.and_then(|names| names.string(names.module)).filter(|name| !name.is_empty());
    Some(Artifact {
        layout: format!("{}.{}", descriptor.contract_version, descriptor.contract_revision),
        target: Target::from_number(descriptor.target).map(Target::name),
        cpu_features: features.iter().map(wasmc_contract::target::CpuFeature::name).collect(),
        options: options(descriptor),
        source_blake3_prefix: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        module_name: module_name.map(str::to_owned),
        sections: sections(contents),
        imports: imports(&metadata),
        exports: exports(&metadata),
        memories: memories(&metadata),
        functions: functions(&metadata, names.as_ref()),
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

fn sections(contents: &Contents<'_>) -> Vec<SizedSection> {
    let sized = |(name, bytes): &(String, &[u8])| SizedSection { name: name.clone(), size_bytes: bytes.len() as u64 };
    contents.sections.iter().map(sized).collect()
}

fn imports(metadata: &Metadata<'_>) -> Vec<Import> {
    let types = TypeReader::new(metadata);
    let import = |record: wasmc_contract::metadata::ImportRecord| {
        Some(Import {
            module: metadata.string(record.module)?.to_owned(),
            field: metadata.string(record.field)?.to_owned(),
            r#type: types.extern_type(record.kind, record.index)?.to_string(),
        })
    };
    metadata.imports.iter().filter_map(import).collect()
}

fn exports(metadata: &Metadata<'_>) -> Vec<Export> {
    let types = TypeReader::new(metadata);
    let export = |record: wasmc_contract::metadata::ExportRecord| {
        Some(Export {
            name: metadata.string(record.name)?.to_owned(),
            r#type: types.extern_type(record.kind, record.index)?.to_string(),
        })
    };
    metadata.exports.iter().filter_map(export).collect()
}

fn memories(metadata: &Metadata<'_>) -> Vec<Memory> {
    let imported = metadata.header.imported_memories;
    let types = TypeReader::new(metadata);
    let memory = |(index, record): (u32, wasmc_contract::metadata::MemoryRecord)| {
        Some(Memory {
            index,
            r#type: types.memory(index)?.to_string(),
            is_imported: index < imported,
            image_bytes: record.image_length_bytes,
        })
    };
    (0..).zip(metadata.memories.iter()).filter_map(memory).collect()
}

fn functions(metadata: &Metadata<'_>, names: Option<&Names<'_>>) -> Vec<Function> {
    let function = |(index, record): (u32, wasmc_contract::metadata::FunctionRecord)| Function {
        index,
        name: super::disassembly::name(metadata, names, index),
        text_offset: record.text_offset,
        size_bytes: record.text_length,
    };
    let mut functions: Vec<Function> = (0..).zip(metadata.functions.iter()).map(function).collect();
    functions.sort_by_key(|function| (std::cmp::Reverse(function.size_bytes), function.index));
    functions
}

impl fmt::Display for Artifact {
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
        if let Some(name) = &self.module_name {
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
            let name = function.name.as_deref().unwrap_or("");
            writeln!(formatter, "{:>12}  {} {}", function.size_bytes, function.index, Printable(name))?;
        }
        if let Some(more) = self.functions.len().checked_sub(FUNCTIONS_SHOWN).filter(|more| *more > 0) {
            writeln!(formatter, "{:>12}  {more} more, which --json lists", "")?;
        }
        Ok(())
    }
}
