//! [`FunctionCode`]s in, [`LinkedText`] out: laid out in the items' order, every reference resolved.
//!
//! The first item lies at offset 0, which is the text's start. Code is freed as it is laid out.

use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;

use crate::code::{CatchingCall, FunctionCode, Program, Relocation, RelocationTarget};
use crate::error::CompileError;

/// The most text that pc-relative references reach across, and offsets in tables count.
const TEXT_BYTES_MAX: u64 = i32::MAX as u64 & !0xffff;

/// The text of a module: nothing in it is left to relocate.
pub(crate) struct LinkedText {
    /// The bytes, padded to whole pages.
    pub(crate) bytes: Vec<u8>,
    /// Where each item lies.
    pub(crate) places: Vec<Place>,
    /// Past the last function, where trampolines start.
    pub(crate) functions_end: u32,
    /// The instructions that may trap, ascending, and why: [`wasmc_contract::trap::TrapTable`].
    pub(crate) traps: Table<u8>,
    /// [`wasmc_contract::trap::AddressMap`].
    pub(crate) addresses: Table<u32>,
    /// Calls that something catches around, ascending: all offsets are from the text's start.
    pub(crate) catching: Vec<CatchingCall>,
    /// How each item that says so is unwound, with its place.
    pub(crate) unwind: Vec<(Place, Box<[u8]>)>,
}

/// An item's place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) offset: u32,
    pub(crate) length: u32,
}

/// Text offsets, ascending, and what is known of each.
#[derive(Debug)]
pub(crate) struct Table<T> {
    pub(crate) offsets: Vec<u32>,
    pub(crate) values: Vec<T>,
}

/// Lays out the code of `program`'s items.
pub(crate) fn link(program: &Program<'_>, code: Vec<FunctionCode>) -> Result<LinkedText, CompileError> {
    let too_large = || CompileError::Limit { what: "the size of machine code".to_owned(), limit: TEXT_BYTES_MAX };
    let total: u64 = code.iter().map(|item| item.bytes.len() as u64 + u64::from(item.alignment)).sum();
    if total > TEXT_BYTES_MAX {
        return Err(too_large());
    }
    let mut control = ControlPlane::default();
    let function_count = program.function_count() as usize;
    let mut builder = program.isa().text_section_builder(function_count);
    let mut text = LinkedText {
        bytes: Vec::new(),
        places: Vec::with_capacity(code.len()),
        functions_end: 0,
        traps: Table::with_capacity(code.iter().map(|item| item.traps.len()).sum()),
        addresses: Table::with_capacity(code.iter().map(|item| item.addresses.len()).sum()),
        catching: Vec::with_capacity(code.iter().map(|item| item.catching.len()).sum()),
        unwind: Vec::with_capacity(code.len()),
    };
    for (item, code) in code.into_iter().enumerate() {
        let is_function = item < function_count;
        let offset = builder.append(is_function, &code.bytes, code.alignment, &mut control) as u32;
        let place = Place { offset, length: code.bytes.len() as u32 };
        if is_function {
            text.functions_end = place.offset + place.length;
        }
        for relocation in &code.relocations {
            resolve(&mut *builder, place, &code.bytes, relocation)
                .map_err(|message| CompileError::Code { function: item as u32, message })?;
        }
        text.place(place, code);
    }
    text.bytes = builder.finish(&mut control);
    let page_bytes = program.options.target.page_bytes_max();
    let padded = (text.bytes.len() as u64).next_multiple_of(page_bytes);
    if padded > TEXT_BYTES_MAX {
        return Err(too_large());
    }
    text.bytes.resize(padded as usize, 0);
    Ok(text)
}

impl LinkedText {
    fn place(&mut self, place: Place, code: FunctionCode) {
        self.places.push(place);
        for (offset, trap) in code.traps {
            self.traps.push(place.offset + offset, trap as u8);
        }
        for (offset, wasm_offset) in code.addresses {
            self.addresses.push(place.offset + offset, wasm_offset);
        }
        for mut call in code.catching {
            call.return_offset += place.offset;
            call.clauses.iter_mut().for_each(|(_, handler_offset)| *handler_offset += place.offset);
            self.catching.push(call);
        }
        self.unwind.extend(code.unwind.map(|unwind| (place, unwind)));
    }
}

impl<T> Table<T> {
    fn with_capacity(count: usize) -> Self {
        Self { offsets: Vec::with_capacity(count), values: Vec::with_capacity(count) }
    }

    fn push(&mut self, offset: u32, value: T) {
        self.offsets.push(offset);
        self.values.push(value);
    }
}

/// Resolves one reference of the item at `place`: calls are left to the builder, which also makes veneers for those
/// that reach too far; addresses are written here.
fn resolve(
    builder: &mut dyn TextSectionBuilder,
    place: Place,
    code: &[u8],
    relocation: &Relocation,
) -> Result<(), String> {
    let offset = u64::from(place.offset + relocation.offset);
    match relocation.target {
        RelocationTarget::Function(index) => {
            if builder.resolve_reloc(offset, relocation.kind, relocation.addend.into(), index as usize) {
                return Ok(());
            }
        }
        RelocationTarget::TextStart => {
            let at = relocation.offset as usize;
            if let Some(bytes) = patched(relocation, offset as i64, &code[at..at + 4]) {
                builder.write(offset, &bytes);
                return Ok(());
            }
        }
    }
    Err(format!("a reference of the kind {:?} to {:?} cannot be resolved", relocation.kind, relocation.target))
}

/// The four bytes at text offset `at` once they refer to the text's start; `None` for an unknown kind.
fn patched(relocation: &Relocation, at: i64, bytes: &[u8]) -> Option<[u8; 4]> {
    let target = i64::from(relocation.addend);
    let instruction = u32::from_le_bytes(bytes.try_into().ok()?);
    Some(match relocation.kind {
        Reloc::X86PCRel4 | Reloc::X86CallPCRel4 => i32::try_from(target - at).ok()?.to_le_bytes(),
        // Text lies at a multiple of 4 KiB, so distances between its pages are known.
        Reloc::Aarch64AdrPrelPgHi21 => {
            let pages = ((target >> 12) - (at >> 12)) as u32 & 0x1f_ffff;
            (instruction & !0x60ff_ffe0 | (pages & 3) << 29 | (pages >> 2) << 5).to_le_bytes()
        }
        Reloc::Aarch64AddAbsLo12Nc => {
            let low = target as u32 & 0xfff;
            (instruction & !0x003f_fc00 | low << 10).to_le_bytes()
        }
        _ => return None,
    })
}
