//! DWARF's line tables and the wasm offsets that code was made from in, a small table from offset to source line out.
//!
//! What is malformed is left out: debug information never makes a compilation fail.

use std::collections::HashMap;

use gimli::{AttributeValue, Dwarf, EndianSlice, LittleEndian, Unit};
use wasmc_contract::NONE;
use wasmc_contract::metadata::LineRecord;
use wasmparser::{Parser, Payload};

use crate::module::WasmModule;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The source lines of a module's code.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The files that records refer to.
    pub(crate) files: Vec<String>,
    /// Ascending by wasm offset; neighbours differ in more than that.
    pub(crate) records: Vec<LineRecord>,
}

/// The lines of the code at `wasm_offsets`, in any order.
pub(crate) fn read(module: &WasmModule<'_>, wasm_offsets: &[u32]) -> Lines {
    collect(&module.debug_sections, module.code_section_offset as u64, wasm_offsets)
}

/// The place in its source of the code at `offset` in the wasm file, which need not be valid: file, line, and column (0 if
/// that is not known).
pub fn source_of(wasm: &[u8], offset: u64) -> Option<(String, u32, u32)> {
    let (mut sections, mut code_start) = (Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::CodeSectionStart { unchecked_range, .. } => code_start = unchecked_range.start,
            Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                sections.push((section.name(), section.data()));
            }
            _ => {}
        }
    }
    // A function's end may have no line of its own: then it is the one before.
    let offset = u32::try_from(offset).ok()?;
    let lines = collect(&sections, code_start, &[offset.saturating_sub(1), offset]);
    let record = lines.records.iter().rev().find(|record| record.file != NONE)?;
    Some((lines.files.get(record.file as usize)?.clone(), record.line, record.column))
}

fn collect(sections: &[(&str, &[u8])], code_start: u64, wasm_offsets: &[u32]) -> Lines {
    if sections.is_empty() {
        return Lines::default();
    }
    let mut offsets = wasm_offsets.to_vec();
    offsets.sort_unstable();
    offsets.dedup();
    let section = |id: gimli::SectionId| {
        let found = sections.iter().find(|(name, _)| *name == id.name());
        Ok::<_, gimli::Error>(EndianSlice::new(found.map_or(&[], |(_, bytes)| *bytes), LittleEndian))
    };
    let Ok(dwarf) = Dwarf::load(section) else { return Lines::default() };
    let mut collector = Collector {
        code_start,
        places: vec![None; offsets.len()],
        offsets,
        files: Vec::new(),
        known_files: HashMap::new(),
    };
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        if let Ok(unit) = dwarf.unit(header) {
            // A unit that is cut off gives the lines before the cut.
            let _ = collector.add_unit(&dwarf, &unit);
        }
    }
    collector.finish()
}

/// File, line and column.
type Place = (u32, u32, u32);

struct Collector {
    /// What DWARF's addresses count from.
    code_start: u64,
    /// The wasm offsets that lines are wanted for, ascending.
    offsets: Vec<u32>,
    /// What is known of each.
    places: Vec<Option<Place>>,
    files: Vec<String>,
    known_files: HashMap<String, u32>,
}

impl Collector {
    fn add_unit<'a>(&mut self, dwarf: &Dwarf<Slice<'a>>, unit: &Unit<Slice<'a>>) -> gimli::Result<()> {
        let Some(program) = unit.line_program.clone() else { return Ok(()) };
        let mut files = HashMap::new();
        let mut rows = program.rows();
        // The row before the current one, and whether its sequence is of code that the linker kept.
        let mut previous: Option<(u64, Place)> = None;
        let mut is_kept = false;
        let mut is_new_sequence = true;
        while let Some((header, row)) = rows.next_row()? {
            if is_new_sequence {
                // Removed code has address 0 (which is no function's: the section starts with their number) or -1.
                is_kept = row.address() != 0 && row.address() < u64::from(u32::MAX) - 1;
                is_new_sequence = false;
            }
            if let (Some((start, place)), true) = (previous, is_kept) {
                self.assign(start, row.address(), place);
            }
            if row.end_sequence() {
                (previous, is_new_sequence) = (None, true);
                continue;
            }
            let file = *files.entry(row.file_index()).or_insert_with(|| {
                let path = row.file(header).and_then(|file| path(dwarf, unit, header, file).ok());
                path.map_or(NONE, |path| self.file(path))
            });
            let line = row.line().map_or(0, |line| line.get() as u32);
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => column.get() as u32,
            };
            previous = Some((row.address(), (file, line, column)));
        }
        Ok(())
    }

    fn file(&mut self, path: String) -> u32 {
        *self.known_files.entry(path).or_insert_with_key(|path| {
            self.files.push(path.clone());
            self.files.len() as u32 - 1
        })
    }

    /// Gives `place` to the wanted offsets in a range of DWARF's addresses.
    fn assign(&mut self, start: u64, end: u64, place: Place) {
        let (start, end) = (start.saturating_add(self.code_start), end.saturating_add(self.code_start));
        let first = self.offsets.partition_point(|offset| u64::from(*offset) < start);
        let covered = self.offsets[first..].iter().take_while(|offset| u64::from(**offset) < end).count();
        self.places[first..first + covered].fill(Some(place));
    }

    fn finish(self) -> Lines {
        let mut records: Vec<LineRecord> = Vec::new();
        for (wasm_offset, place) in self.offsets.into_iter().zip(self.places) {
            let (file, line, column) = place.unwrap_or((NONE, 0, 0));
            let record = LineRecord { wasm_offset, file, line, column };
            let is_news =
                records.last().map_or(file != NONE, |last| (last.file, last.line, last.column) != (file, line, column));
            if is_news {
                records.push(record);
            }
        }
        Lines { files: self.files, records }
    }
}

/// A file's path: absolute if DWARF knows where it was compiled.
fn path<'a>(
    dwarf: &Dwarf<Slice<'a>>,
    unit: &Unit<Slice<'a>>,
    header: &gimli::LineProgramHeader<Slice<'a>>,
    file: &gimli::FileEntry<Slice<'a>>,
) -> gimli::Result<String> {
    let text = |value: AttributeValue<Slice<'a>>| -> gimli::Result<String> {
        Ok(dwarf.attr_string(unit, value)?.to_string_lossy().into_owned())
    };
    let mut path = String::new();
    let mut join = |part: &str| {
        if part == "." {
            return;
        }
        if part.starts_with('/') || path.is_empty() {
            part.clone_into(&mut path);
        } else if !part.is_empty() {
            path.push('/');
            path.push_str(part);
        }
    };
    if let Some(directory) = &unit.comp_dir {
        join(&directory.to_string_lossy());
    }
    if let Some(directory) = file.directory(header) {
        join(&text(directory)?);
    }
    join(&text(file.path_name())?);
    Ok(path)
}
