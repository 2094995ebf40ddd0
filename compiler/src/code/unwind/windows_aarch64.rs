//! Unwind codes of AArch64 Windows: what undoes a prologue, its last step first, up to and including `end`. A record
//! adds the function's length to them.
//!
//! Each instruction of the prologue has a code, so that a place inside of it can be told.

use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInst;

use super::dwarf_number;

/// The last code.
pub(crate) const END: u8 = 0xe4;
/// Before all others: the codes are those of a prologue that lies elsewhere.
pub(crate) const END_HERE: u8 = 0xe5;
const NOTHING: u8 = 0xe3;
const SET_FRAME_POINTER: u8 = 0xe1;
/// `stp x29, x30, [sp, #-16]!`
const PUSH_FRAME: u8 = 0x81;
/// `stp x29, x30, [sp]`
const STORE_FRAME: u8 = 0x40;
/// 16 bytes.
const ALLOCATE_SMALL: u8 = 0x01;
const RETURN_ADDRESS_IS_SIGNED: u8 = 0xfc;
/// DWARF's numbers of the first registers that a function keeps for its caller.
const FIRST_SAVED: u8 = 19;
const FIRST_SAVED_VECTOR: u8 = 64 + 8;
const FIRST_VECTOR: u8 = 64;

/// The codes for a prologue of these steps.
pub(super) fn codes(steps: &[(u32, UnwindInst)], isa: &dyn TargetIsa) -> Result<Option<Vec<u8>>, String> {
    if steps.is_empty() {
        return Ok(None);
    }
    // In the order of the prologue.
    let mut codes: Vec<Vec<u8>> = Vec::new();
    let mut saved_end = None;
    let mut steps = steps.iter().map(|(_, step)| step).peekable();
    while let Some(step) = steps.next() {
        match step {
            UnwindInst::PushFrameRegs { .. } => codes.extend([vec![PUSH_FRAME], vec![SET_FRAME_POINTER]]),
            UnwindInst::StackAlloc { size } if saved_end.is_none() => move_frame(&mut codes, *size)?,
            UnwindInst::StackAlloc { size } => codes.push(allocate(*size)?),
            UnwindInst::DefineNewFrame { offset_downward_to_clobbers, .. } => {
                saved_end = Some(*offset_downward_to_clobbers);
            }
            UnwindInst::SaveReg { clobber_offset, reg } => {
                let end = saved_end.ok_or("a register is saved outside of a frame".to_owned())?;
                // The second of a pair lies within what the first made room for.
                let second = match steps.peek() {
                    Some(UnwindInst::SaveReg { clobber_offset: other, reg }) if other > clobber_offset => {
                        steps.next();
                        Some(dwarf_number(isa, *reg)?)
                    }
                    _ => None,
                };
                let room = end.checked_sub(*clobber_offset).ok_or("registers are saved upwards".to_owned())?;
                codes.extend(save(dwarf_number(isa, *reg)?, second, room)?);
                saved_end = Some(*clobber_offset);
            }
            UnwindInst::Aarch64SetPointerAuth { return_addresses: true } => codes.push(vec![RETURN_ADDRESS_IS_SIGNED]),
            UnwindInst::Aarch64SetPointerAuth { .. } => {}
            other @ UnwindInst::RegStackOffset { .. } => return Err(format!("unwind step {other:?}")),
        }
    }
    let mut bytes: Vec<u8> = codes.into_iter().rev().flatten().collect();
    bytes.push(END);
    Ok(Some(bytes))
}

/// Room for arguments of a tail call, above the frame's two registers, which move down: as if they had been stored there
/// at once.
fn move_frame(codes: &mut Vec<Vec<u8>>, size: u32) -> Result<(), String> {
    codes.clear();
    codes.extend([vec![ALLOCATE_SMALL], vec![NOTHING], allocate(size)?, vec![NOTHING]]);
    codes.extend([vec![STORE_FRAME], vec![SET_FRAME_POINTER]]);
    Ok(())
}

fn allocate(size: u32) -> Result<Vec<u8>, String> {
    let units = size / 16;
    Ok(match units {
        0..=0x1f => vec![units as u8],
        0x20..=0x7ff => vec![0xc0 | (units >> 8) as u8, units as u8],
        0x800..=0xff_ffff => vec![0xe0, (units >> 16) as u8, (units >> 8) as u8, units as u8],
        _ => return Err(format!("a frame has {size} bytes")),
    })
}

/// One register, or two, stored where `room` bytes were made by the same instruction.
fn save(first: u8, second: Option<u8>, room: u32) -> Result<Vec<Vec<u8>>, String> {
    let unknown = || format!("register {first} is saved in {room} bytes");
    let is_vector = first >= FIRST_VECTOR;
    let lowest = if is_vector { FIRST_SAVED_VECTOR } else { FIRST_SAVED };
    let index = |number: u8| number.checked_sub(lowest).filter(|index| *index < 16).map(u16::from).ok_or_else(unknown);
    let units = (room / 8).checked_sub(1).filter(|units| *units < 32).ok_or_else(unknown)? as u16;
    // For `d` registers and for `x` registers: store at a place, make room and store, the same for two that follow.
    let (store, push, push_two) = if is_vector { (0xdc00, 0xde00, 0xda00) } else { (0xd000, 0xd400, 0xcc00) };
    let bytes = |code: u16| code.to_be_bytes().to_vec();
    Ok(match second {
        None => vec![bytes(push | index(first)? << 5 | units)],
        Some(second) if second == first + 1 => vec![bytes(push_two | index(first)? << 6 | units)],
        Some(second) => {
            vec![allocate(room)?, bytes(store | index(second)? << 6 | 1), bytes(store | index(first)? << 6)]
        }
    })
}
