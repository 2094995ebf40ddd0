//! Cranelift's unwind information in, entries of `.eh_frame` out.

use cranelift_codegen::CompiledCode;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::{UnwindInfo, UnwindInfoKind};
use gimli::write::{
    Address, EhFrame, EndianVec, FrameDescriptionEntry, FrameTable, RelocateWriter, Relocation, Writer,
};
use gimli::{DW_EH_PE_absptr, DW_EH_PE_pcrel, DW_EH_PE_sdata4, DwEhPe, LittleEndian};
use wasmc_contract::target::System;

/// Where an entry refers to the code that it is for, in bytes from the entry's start.
pub(crate) const CODE_REFERENCE_OFFSET: usize = 8;
/// Where it says how far back the common entry lies, from this place on.
pub(crate) const COMMON_REFERENCE_OFFSET: usize = 4;

const CODE: Address = Address::Symbol { symbol: 0, addend: 0 };

/// The entry that all others refer to.
pub(crate) fn common(isa: &dyn TargetIsa, system: System) -> Result<Option<Vec<u8>>, String> {
    Ok(write(isa, system, FrameDescriptionEntry::new(CODE, 0))?.map(|section| section.common))
}

/// The entry for a function, as it would stand right after the common one.
pub(super) fn entry(compiled: &CompiledCode, isa: &dyn TargetIsa, system: System) -> Result<Option<Vec<u8>>, String> {
    let kind = UnwindInfoKind::SystemV;
    match compiled.create_unwind_info_of_kind(isa, kind).map_err(|error| error.to_string())? {
        Some(UnwindInfo::SystemV(unwind)) => Ok(write(isa, system, unwind.to_fde(CODE))?.map(|section| section.own)),
        _ => Ok(None),
    }
}

/// How many bytes a reference to code has: what the system's own compilers write.
pub(crate) const fn reference_bytes(system: System) -> u8 {
    match system {
        System::Macos => 8,
        System::Linux | System::Windows => 4,
    }
}

/// A section with two entries.
struct Section {
    common: Vec<u8>,
    own: Vec<u8>,
}

fn write(isa: &dyn TargetIsa, system: System, entry: FrameDescriptionEntry) -> Result<Option<Section>, String> {
    let Some(mut common) = isa.create_systemv_cie() else { return Ok(None) };
    let size = if reference_bytes(system) == 8 { DW_EH_PE_absptr } else { DW_EH_PE_sdata4 };
    common.fde_address_encoding = DwEhPe(DW_EH_PE_pcrel.0 | size.0);
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
        debug_assert!([4, 8].contains(&relocation.size));
        debug_assert!(self.writer.len() >= relocation.offset);
        self.reference = relocation.offset;
    }
}
