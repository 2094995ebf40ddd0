//! The custom section of modules that are linked while they run: `dylink.0` of the linking convention, or the older
//! `dylink`.
//!
//! ```text
//! dylink = memory_size:leb memory_alignment:leb table_size:leb table_alignment:leb needed:vec(name)
//! ```
//!
//! A module without a section that can be read is one like any other.

use wasmc_contract::metadata::DynamicHeader;
use wasmparser::{BinaryReader, Dylink0SectionReader, Dylink0Subsection, MemInfo, Result};

/// What a module asks of whoever links it.
#[derive(Clone, Debug, Default)]
pub struct Dynamic<'a> {
    /// How many bytes of memory its data takes.
    pub memory_bytes: u32,
    /// Their alignment's logarithm to base 2.
    pub memory_alignment_log2: u32,
    /// How many elements of the table its functions take.
    pub table_elements: u32,
    /// Their alignment's logarithm to base 2.
    pub table_alignment_log2: u32,
    /// The modules that must be there before it.
    pub needed: Vec<&'a str>,
    /// Exports with flags.
    pub exports: Vec<Symbol<'a>>,
    /// Imports with flags.
    pub imports: Vec<Symbol<'a>>,
    /// Where those that it needs are looked for.
    pub runtime_paths: Vec<&'a str>,
}

/// A symbol with flags.
#[derive(Clone, Copy, Debug)]
pub struct Symbol<'a> {
    /// The module that it is imported from; empty for an export.
    pub module: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Bits of [`wasmc_contract::metadata::symbol_flag`] and others of the convention.
    pub flags: u32,
}

impl<'a> Dynamic<'a> {
    /// Reads `dylink.0`; `None` if it is malformed.
    pub(super) fn read(section: Dylink0SectionReader<'a>) -> Option<Self> {
        let mut read = Self::default();
        for subsection in section {
            match subsection.ok()? {
                Dylink0Subsection::MemInfo(layout) => read.lay_out(layout)?,
                Dylink0Subsection::Needed(names) => read.needed.extend(names),
                Dylink0Subsection::ExportInfo(symbols) => read.exports.extend(symbols.iter().map(|symbol| Symbol {
                    module: "",
                    name: symbol.name,
                    flags: symbol.flags.bits(),
                })),
                Dylink0Subsection::ImportInfo(symbols) => read.imports.extend(symbols.iter().map(|symbol| Symbol {
                    module: symbol.module,
                    name: symbol.field,
                    flags: symbol.flags.bits(),
                })),
                Dylink0Subsection::RuntimePath(paths) => read.runtime_paths.extend(paths),
                _ => {}
            }
        }
        Some(read)
    }

    /// Reads `dylink`; `None` if it is malformed.
    pub(super) fn read_older(mut section: BinaryReader<'a>) -> Option<Self> {
        let mut fields = || -> Result<(MemInfo, Vec<&'a str>)> {
            let layout = MemInfo {
                memory_size: section.read_var_u32()?,
                memory_alignment: section.read_var_u32()?,
                table_size: section.read_var_u32()?,
                table_alignment: section.read_var_u32()?,
            };
            let needed = (0..section.read_var_u32()?).map(|_| section.read_string()).collect::<Result<_>>()?;
            Ok((layout, needed))
        };
        let (layout, needed) = fields().ok()?;
        let mut read = Self { needed, ..Self::default() };
        read.lay_out(layout)?;
        Some(read)
    }

    fn lay_out(&mut self, layout: MemInfo) -> Option<()> {
        let alignments = [layout.memory_alignment, layout.table_alignment];
        if alignments.iter().any(|alignment| *alignment > DynamicHeader::ALIGNMENT_LOG2_MAX) {
            return None;
        }
        self.memory_bytes = layout.memory_size;
        self.memory_alignment_log2 = layout.memory_alignment;
        self.table_elements = layout.table_size;
        self.table_alignment_log2 = layout.table_alignment;
        Some(())
    }
}
