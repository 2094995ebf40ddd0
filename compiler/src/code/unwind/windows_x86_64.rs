//! `UNWIND_INFO` of x86-64 Windows.
//!
//! ```text
//! record = version:u8 prologue:u8 count:u8 frame:u8 code^count padding-to-4
//! code   = (offset:u8 operation:4 information:4 | operand:u16)          latest first
//! ```
//!
//! The frame that is described starts at the saved registers: the frame pointer, less their size. What lies below is
//! nobody's business.

use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInst;

use super::dwarf_number;

const VERSION: u8 = 1;
const PUSH: u8 = 0;
const ALLOCATE_LARGE: u8 = 1;
const SET_FRAME: u8 = 3;
const SAVE: u8 = 4;
const SAVE_VECTOR: u8 = 8;
/// Windows' number of the frame pointer.
const FRAME_POINTER: u8 = 5;
/// DWARF's number of the first vector register.
const FIRST_VECTOR: u8 = 17;

/// The record for a prologue of these steps.
pub(super) fn record(steps: &[(u32, UnwindInst)], isa: &dyn TargetIsa) -> Result<Option<Vec<u8>>, String> {
    if steps.is_empty() {
        return Ok(None);
    }
    let mut codes: Vec<Vec<u16>> = Vec::new();
    let mut frame = 0;
    let mut prologue = 0;
    for (offset, step) in steps {
        let offset = u8::try_from(*offset).map_err(|_| "a prologue has more than 255 bytes".to_owned())?;
        prologue = offset;
        let code = |operation: u8, information: u8| u16::from(offset) | u16::from(information << 4 | operation) << 8;
        match step {
            UnwindInst::PushFrameRegs { .. } => codes.push(vec![code(PUSH, FRAME_POINTER)]),
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers: saved, .. } => {
                let units = u8::try_from(saved / 16).ok().filter(|units| *units < 16 && saved % 16 == 0);
                let units = units.ok_or_else(|| format!("{saved} bytes of registers are saved"))?;
                if units > 0 {
                    codes.push(vec![code(ALLOCATE_LARGE, 0), (saved / 8) as u16]);
                }
                codes.push(vec![code(SET_FRAME, 0)]);
                frame = units << 4 | FRAME_POINTER;
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                let number = dwarf_number(isa, *reg)?;
                let place = |unit: u32| u16::try_from(clobber_offset / unit).map_err(|error| error.to_string());
                codes.push(match number.checked_sub(FIRST_VECTOR) {
                    Some(vector) => vec![code(SAVE_VECTOR, vector), place(16)?],
                    None => vec![code(SAVE, windows_number(number)), place(8)?],
                });
            }
            other => return Err(format!("unwind step {other:?}")),
        }
    }
    let count: usize = codes.iter().map(Vec::len).sum();
    let count_byte = u8::try_from(count).map_err(|_| "a prologue has more than 255 steps".to_owned())?;
    let mut record = vec![VERSION, prologue, count_byte, frame];
    record.extend(codes.iter().rev().flatten().flat_map(|word| word.to_le_bytes()));
    record.resize(record.len().next_multiple_of(4), 0);
    Ok(Some(record))
}

/// Windows numbers registers as instructions do, DWARF otherwise.
fn windows_number(dwarf: u8) -> u8 {
    match dwarf {
        1 => 2,
        2 => 1,
        4 => 6,
        5 => 7,
        6 => 5,
        7 => 4,
        other => other,
    }
}
