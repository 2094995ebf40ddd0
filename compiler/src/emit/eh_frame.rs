//! Unwind information of each item in, `.eh_frame` out, for programs that link the object.

use cranelift_codegen::isa::unwind::systemv::UnwindInfo;
use gimli::write::{Address, EhFrame, EndianVec, FrameTable, RelocateWriter, Relocation, Writer};
use gimli::{DW_EH_PE_pcrel, DW_EH_PE_sdata4, DwEhPe, LittleEndian};

use crate::code::Program;
use crate::error::CompileError;

/// The section, with the places that refer to the text.
#[derive(Default)]
pub(super) struct UnwindSection {
    pub(super) bytes: Vec<u8>,
    /// Places in the section, each with the offset in the text whose distance from it, in 32 bits, it is to hold.
    pub(super) references: Vec<(u64, u64)>,
}

/// Writes one entry for each item, which starts at the text offset beside it.
pub(super) fn write(program: &Program<'_>, unwind: Vec<(u32, UnwindInfo)>) -> Result<UnwindSection, CompileError> {
    let Some(mut shared) = program.isa().create_systemv_cie().filter(|_| !unwind.is_empty()) else {
        return Ok(UnwindSection::default());
    };
    shared.fde_address_encoding = DwEhPe(DW_EH_PE_pcrel.0 | DW_EH_PE_sdata4.0);
    let mut table = FrameTable::default();
    let shared = table.add_cie(shared);
    for (offset, unwind) in unwind {
        table.add_fde(shared, unwind.to_fde(Address::Symbol { symbol: 0, addend: i64::from(offset) }));
    }
    let mut section = EhFrame(Recorder { writer: EndianVec::new(LittleEndian), references: Vec::new() });
    let failed = |error: gimli::write::Error| CompileError::Options(format!("unwind information: {error}"));
    table.write_eh_frame(&mut section).map_err(failed)?;
    let Recorder { writer, references } = section.0;
    Ok(UnwindSection { bytes: writer.into_vec(), references })
}

/// Writes bytes and notes references to the text.
struct Recorder {
    writer: EndianVec<LittleEndian>,
    references: Vec<(u64, u64)>,
}

impl RelocateWriter for Recorder {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.writer
    }

    fn relocate(&mut self, relocation: Relocation) {
        debug_assert_eq!(relocation.size, 4);
        debug_assert!(self.writer.len() >= relocation.offset);
        self.references.push((relocation.offset as u64, relocation.addend as u64));
    }
}
