//! Cranelift's result in, [`FunctionCode`] out: only what the artifact keeps of it, in as little memory as it needs.

use cranelift_codegen::CompiledCode;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::{UnwindInfo, systemv};
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{FinalizedMachReloc, FinalizedRelocTarget};
use wasmc_contract::trap::TrapCode;

use crate::translate::{NAMESPACE_FUNCTIONS, NAMESPACE_TEXT, trap};

/// One item's machine code. Offsets are from its start, in bytes.
pub(crate) struct FunctionCode {
    pub(crate) bytes: Box<[u8]>,
    pub(crate) alignment: u32,
    /// References that linking resolves.
    pub(crate) relocations: Box<[Relocation]>,
    /// Instructions that may trap, ascending.
    pub(crate) traps: Box<[(u32, TrapCode)]>,
    /// The offsets in the wasm file of what [`wasmc_contract::trap`] has in the address map, ascending.
    pub(crate) addresses: Box<[(u32, u32)]>,
    pub(crate) unwind: Option<systemv::UnwindInfo>,
}

/// A reference from code to another place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    pub(crate) offset: u32,
    pub(crate) kind: Reloc,
    pub(crate) target: RelocationTarget,
    pub(crate) addend: i64,
}

/// What code may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RelocationTarget {
    /// The function at this index, or its thunk.
    Function(u32),
    /// The start of the text.
    TextStart,
}

impl FunctionCode {
    /// What is to be kept of `compiled`, the code of `function`. `wasm_offset` is where its body starts in the wasm
    /// file, if it comes from there: it stands for instructions that have no place of their own, such as the prologue's.
    pub(crate) fn new(
        compiled: &CompiledCode,
        function: &Function,
        isa: &dyn TargetIsa,
        wasm_offset: Option<u32>,
    ) -> Result<Self, String> {
        let relocations = compiled.buffer.relocs().iter().map(|relocation| convert(relocation, function));
        let alignment = match isa.flags().opt_level() {
            OptLevel::SpeedAndSize => isa.function_alignment().minimum,
            _ => isa.function_alignment().preferred,
        };
        let unwind = match compiled.create_unwind_info(isa).map_err(|error| error.to_string())? {
            Some(UnwindInfo::SystemV(unwind)) => Some(unwind),
            _ => None,
        };
        Ok(Self {
            bytes: compiled.code_buffer().into(),
            alignment: compiled.buffer.alignment.max(alignment),
            relocations: relocations.collect::<Result<_, String>>()?,
            traps: traps(compiled)?,
            addresses: wasm_offset.map_or_else(Default::default, |offset| addresses(compiled, offset)),
            unwind,
        })
    }
}

fn convert(relocation: &FinalizedMachReloc, function: &Function) -> Result<Relocation, String> {
    let FinalizedRelocTarget::ExternalName(ExternalName::User(name)) = &relocation.target else {
        return Err(format!("code refers to {}", relocation.target.display(Some(&function.params))));
    };
    let name = &function.params.user_named_funcs()[*name];
    let target = match (name.namespace, name.index) {
        (NAMESPACE_FUNCTIONS, index) => RelocationTarget::Function(index),
        (NAMESPACE_TEXT, 0) => RelocationTarget::TextStart,
        (namespace, index) => return Err(format!("code refers to the unknown name {namespace}:{index}")),
    };
    Ok(Relocation { offset: relocation.offset, kind: relocation.kind, target, addend: relocation.addend })
}

fn traps(compiled: &CompiledCode) -> Result<Box<[(u32, TrapCode)]>, String> {
    let known = compiled.buffer.traps().iter().map(|trap| {
        let code = trap::from_cranelift(trap.code).ok_or_else(|| format!("unknown trap code {}", trap.code))?;
        Ok((trap.offset, code))
    });
    let mut traps = known.collect::<Result<Vec<_>, String>>()?;
    traps.sort_by_key(|(offset, _)| *offset);
    traps.dedup_by_key(|(offset, _)| *offset);
    Ok(traps.into())
}

fn addresses(compiled: &CompiledCode, body_start: u32) -> Box<[(u32, u32)]> {
    let traps = compiled.buffer.traps().iter().map(|trap| trap.offset);
    let calls = compiled.buffer.call_sites().map(|call| call.ret_addr - 1);
    let mut offsets: Vec<u32> = traps.chain(calls).collect();
    offsets.sort_unstable();
    offsets.dedup();
    let mut places = compiled.buffer.get_srclocs_sorted().iter().peekable();
    let place_of = |offset: u32| {
        while places.next_if(|place| place.end <= offset).is_some() {}
        let place = places.peek().filter(|place| place.start <= offset && !place.loc.is_default());
        (offset, place.map_or(body_start, |place| place.loc.bits()))
    };
    offsets.into_iter().map(place_of).collect()
}
