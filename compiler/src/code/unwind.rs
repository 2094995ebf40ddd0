//! Cranelift's unwind information in, entries of `.eh_frame` out, as bytes: a module has very many of them.

use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::systemv::UnwindInfo;
use gimli::write::{
    Address, EhFrame, EndianVec, FrameDescriptionEntry, FrameTable, RelocateWriter, Relocation, Writer,
};
use gimli::{DW_EH_PE_pcrel, DW_EH_PE_sdata4, DwEhPe, LittleEndian};

/// Where an entry refers to the code that it is for, in bytes from the entry's start.
pub(crate) const CODE_REFERENCE_OFFSET: usize = 8;
/// Where it says how far back the common entry lies, from this place on.
pub(crate) const COMMON_REFERENCE_OFFSET: usize = 4;

const CODE: Address = Address::Symbol { symbol: 0, addend: 0 };

/// The entry that all others refer to; `None` if the target's objects have no such section.
pub(crate) fn common(isa: &dyn TargetIsa) -> Result<Option<Vec<u8>>, String> {
    Ok(write(isa, FrameDescriptionEntry::new(CODE, 0))?.map(|section| section.common))
}

/// The entry for `unwind`, as it would stand right after the common one.
pub(crate) fn entry(isa: &dyn TargetIsa, unwind: &UnwindInfo) -> Result<Option<Vec<u8>>, String> {
    Ok(write(isa, unwind.to_fde(CODE))?.map(|section| section.own))
}

/// A section with two entries.
struct Section {
    common: Vec<u8>,
    own: Vec<u8>,
}

fn write(isa: &dyn TargetIsa, entry: FrameDescriptionEntry) -> Result<Option<Section>, String> {
    let Some(mut common) = isa.create_systemv_cie() else { return Ok(None) };
    common.fde_address_encoding = DwEhPe(DW_EH_PE_pcrel.0 | DW_EH_PE_sdata4.0);
    let mut table = FrameTable::default();
    let common = table.add_cie(common);
    table.add_fde(common, entry);
    let mut section = EhFrame(Recorder { writer: EndianVec::new(LittleEndian), reference: 0 });
    table.write_eh_frame(&mut section).map_err(|error| format!("unwind information: {error}"))?;
    let Recorder { writer, reference } = section.0;
    let mut common = writer.into_vec();
    let own = common.split_off(reference - CODE_REFERENCE_OFFSET);
    Ok(Some(Section { common, own }))
}

/// Writes bytes and notes where the code is referred to.
struct Recorder {
    writer: EndianVec<LittleEndian>,
    reference: usize,
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
        self.reference = relocation.offset;
    }
}
