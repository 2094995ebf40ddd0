//! Cranelift's result in, [`FunctionCode`] out: only what the artifact keeps of it, in as little memory as it needs.

use cranelift_codegen::CompiledCode;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{ExceptionContextLoc, FinalizedMachExceptionHandler, FinalizedMachReloc, FinalizedRelocTarget};
use wasmc_contract::target::Target;
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
    /// Calls that something catches around, ascending.
    pub(crate) catching: Box<[CatchingCall]>,
    /// How it is unwound, as [`super::unwind`] has it.
    pub(crate) unwind: Option<Box<[u8]>>,
}

/// A call inside a `try`: what [`wasmc_contract::exception`] has of it.
#[derive(Clone, Debug)]
pub(crate) struct CatchingCall {
    pub(crate) return_offset: u32,
    pub(crate) frame_bytes: u32,
    /// From the stack pointer; `None` if no clause has a tag.
    pub(crate) context_offset: Option<u32>,
    /// Tags, or `None` for any exception, and where what is caught goes on.
    pub(crate) clauses: Box<[(Option<u32>, u32)]>,
}

/// A reference from code to another place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relocation {
    pub(crate) offset: u32,
    pub(crate) target: RelocationTarget,
    pub(crate) kind: Reloc,
    pub(crate) addend: i16,
}

// There may be millions.
const _: () = assert!(size_of::<Relocation>() <= 16);

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
        target: Target,
        wasm_offset: Option<u32>,
    ) -> Result<Self, String> {
        let relocations = compiled.buffer.relocs().iter().map(|relocation| convert(relocation, function));
        let alignment = match isa.flags().opt_level() {
            OptLevel::SpeedAndSize => isa.function_alignment().minimum,
            _ => isa.function_alignment().preferred,
        };
        let unwind = super::unwind::entry(compiled, isa, target)?.map(Vec::into_boxed_slice);
        Ok(Self {
            bytes: compiled.code_buffer().into(),
            alignment: compiled.buffer.alignment.max(alignment),
            relocations: relocations.collect::<Result<_, String>>()?,
            traps: traps(compiled)?,
            addresses: wasm_offset.map_or_else(Default::default, |offset| addresses(compiled, offset)),
            // What trampolines catch is how their own calls end, and no exception's business.
            catching: wasm_offset.map_or(Ok(Box::default()), |_| catching(compiled))?,
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
    let addend = relocation.addend;
    let addend = i16::try_from(addend).map_err(|_| format!("code refers to a place {addend} bytes past another"))?;
    Ok(Relocation { offset: relocation.offset, kind: relocation.kind, target, addend })
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

fn catching(compiled: &CompiledCode) -> Result<Box<[CatchingCall]>, String> {
    let mut calls = Vec::new();
    for site in compiled.buffer.call_sites().filter(|site| !site.exception_handlers.is_empty()) {
        let mut context_offset = None;
        let mut clauses = Vec::with_capacity(site.exception_handlers.len());
        for handler in site.exception_handlers {
            match handler {
                FinalizedMachExceptionHandler::Tag(tag, offset) => clauses.push((Some(tag.as_u32()), *offset)),
                FinalizedMachExceptionHandler::Default(offset) => clauses.push((None, *offset)),
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::SPOffset(offset)) => {
                    context_offset = Some(*offset);
                }
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::GPR(_)) => {
                    return Err("the context of a call that catches is in a register".to_owned());
                }
            }
        }
        let frame_bytes = site.frame_offset.ok_or("the frame of a call that catches has no known size")?;
        let clauses = clauses.into_boxed_slice();
        calls.push(CatchingCall { return_offset: site.ret_addr, frame_bytes, context_offset, clauses });
    }
    calls.sort_by_key(|call| call.return_offset);
    Ok(calls.into())
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
