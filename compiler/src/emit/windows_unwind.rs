//! How items are unwound in, `.pdata` and `.xdata` of Windows out.
//!
//! ```text
//! pdata  = (start:u32 end:u32 record:u32)^*         on x86-64, ascending
//!        | (start:u32 record:u32)^*                 on AArch64
//! xdata  = record^*                                 at multiples of 4; equal ones once
//! ```
//!
//! Each word of `.pdata` is relocated, and holds the offset in its section.

use std::collections::HashMap;

use wasmc_contract::target::Architecture;

use super::contents::Unwind;
use crate::code::unwind::{ARM64_END, ARM64_END_HERE};

/// What a record on AArch64 can say the length of, in bytes: longer functions have several.
const FRAGMENT_BYTES_MAX: u32 = ((1 << 18) - 1) * 4;

/// The sections.
#[derive(Default)]
pub(super) struct UnwindSections {
    pub(super) functions: Vec<u8>,
    pub(super) records: Vec<u8>,
    /// How many words an entry of `functions` has; the last refers to `records`, the others to the text.
    pub(super) entry_words: usize,
}

/// Writes both sections.
pub(super) fn write(unwind: &Unwind, architecture: Architecture) -> Result<UnwindSections, String> {
    let mut sections = UnwindSections::default();
    let mut known: HashMap<Vec<u8>, u32> = HashMap::new();
    let mut add = |words: &[u32], record: Vec<u8>| {
        words.iter().for_each(|word| sections.functions.extend(word.to_le_bytes()));
        let end = sections.records.len() as u32;
        let place = *known.entry(record).or_insert_with_key(|record| {
            sections.records.extend_from_slice(record);
            end
        });
        sections.functions.extend(place.to_le_bytes());
    };
    match architecture {
        Architecture::X86_64 => {
            for (place, record) in &unwind.entries {
                add(&[place.offset, place.offset + place.length], record.to_vec());
            }
            sections.entry_words = 3;
        }
        Architecture::Aarch64 => {
            for (place, codes) in &unwind.entries {
                for start in (0..place.length).step_by(FRAGMENT_BYTES_MAX as usize) {
                    let length = (place.length - start).min(FRAGMENT_BYTES_MAX);
                    add(&[place.offset + start], aarch64_record(codes, length, start == 0)?);
                }
            }
            sections.entry_words = 2;
        }
    }
    Ok(sections)
}

/// ```text
/// record = length/4:18 version:2 exceptions:1 one-epilog:1 epilogs:5 code-words:5 code^*
/// ```
fn aarch64_record(codes: &[u8], length: u32, has_prologue: bool) -> Result<Vec<u8>, String> {
    let mut record = vec![0; 4];
    if !has_prologue {
        record.push(ARM64_END_HERE);
    }
    record.extend_from_slice(codes);
    record.resize(record.len().next_multiple_of(4), ARM64_END);
    let code_words = record.len() as u32 / 4 - 1;
    if code_words > 31 || !length.is_multiple_of(4) {
        return Err(format!("a function of {length} bytes has {code_words} words of unwind codes"));
    }
    record[..4].copy_from_slice(&((length / 4) | (code_words << 27)).to_le_bytes());
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Place;

    #[test]
    fn a_long_function_on_aarch64_has_several_records() {
        let place = Place { offset: 64, length: FRAGMENT_BYTES_MAX + 8 };
        let unwind = Unwind { common: Vec::new(), entries: vec![(place, [0xe1, 0x81, 0xe4].into())] };
        let sections = write(&unwind, Architecture::Aarch64).expect("it fits");
        let words = |bytes: &[u8]| -> Vec<u32> {
            bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("it has four bytes"))).collect()
        };
        assert_eq!(words(&sections.functions), [64, 0, 64 + FRAGMENT_BYTES_MAX, 8]);
        assert_eq!(words(&sections.records), [0x3ffff | 1 << 27, 0xe4e4_81e1, 2 | 1 << 27, 0xe481_e1e5]);
    }
}
