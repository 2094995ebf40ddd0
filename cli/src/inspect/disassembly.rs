//! The code of an artifact, instruction by instruction: sections in, lines out.
//!
//! Instructions are decoded as they are written, since there are as many as the text has bytes.

use std::borrow::Cow;
use std::fmt;

use anyhow::{Context as _, bail, ensure};
use serde::{Serialize, Serializer};
use wasmc_compiler::verify::Contents;
use wasmc_contract::metadata::{FunctionRecord, Metadata};
use wasmc_contract::record::Records;
use wasmc_contract::section::Section;
use wasmc_contract::target::{Architecture, Target};
use wasmc_contract::trap::{TrapCode, TrapTable};
use wasmc_loader::Printable;
use yaxpeax_arch::{Decoder, LengthedInstruction as _, U8Reader};

use super::names::FunctionNames;

/// The code of functions.
pub(super) struct Disassembly<'a> {
    architecture: Architecture,
    text: &'a [u8],
    /// All of them lie in the text, one behind the other.
    functions: Records<'a, FunctionRecord>,
    names: &'a FunctionNames<'a>,
    traps: Option<TrapTable<'a>>,
    /// Those that are shown.
    indices: Vec<u32>,
}

/// A function's code.
#[derive(Serialize)]
struct Listing<'a> {
    index: u32,
    name: Option<&'a str>,
    #[serde(serialize_with = "one_by_one")]
    instructions: Instructions<'a>,
}

/// The instructions of a function, from one on.
#[derive(Clone)]
struct Instructions<'a> {
    of: &'a Disassembly<'a>,
    /// Where it lies in the text.
    offset: u64,
    rest: &'a [u8],
}

#[derive(Serialize)]
struct Instruction<'a> {
    /// Where it lies in the text.
    offset: u64,
    bytes: String,
    text: String,
    /// What it traps with.
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    /// The function that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'a, str>>,
}

impl<'a> Disassembly<'a> {
    /// Of the function that is `wanted`, by its index or name; of all if none is.
    ///
    /// # Errors
    ///
    /// If there is no such function, or the artifact is damaged.
    pub(super) fn new(
        contents: &Contents<'a>,
        metadata: &Metadata<'a>,
        names: &'a FunctionNames<'a>,
        wanted: Option<&str>,
    ) -> anyhow::Result<Self> {
        let target = Target::from_number(contents.descriptor.target);
        let target = target.context("it is for a target that is unknown here")?;
        let text = contents.section(Section::Text);
        let mut end = 0;
        for (index, function) in metadata.functions.iter().enumerate() {
            let start = function.text_offset as usize;
            ensure!(start >= end, "it is damaged: function {index} lies inside another one");
            end = start + function.text_length as usize;
            ensure!(end <= text.len(), "it is damaged: function {index} is outside of its code");
        }
        let count = metadata.functions.len() as u32;
        let indices: Vec<u32> = match wanted {
            None => (0..count).collect(),
            Some(text) => match text.parse() {
                Ok(index) if index < count => vec![index],
                _ => (0..count).filter(|index| names.find(*index) == Some(text)).collect(),
            },
        };
        if let (Some(text), true) = (wanted, indices.is_empty()) {
            bail!("it has no function '{text}'; `wasmc inspect --json` lists all");
        }
        let traps = TrapTable::parse(contents.section(Section::Traps));
        Ok(Self { architecture: target.architecture, text, functions: metadata.functions, names, traps, indices })
    }

    fn listings(&self) -> impl Iterator<Item = Listing<'_>> {
        self.indices.iter().filter_map(|index| self.list(*index))
    }

    fn list(&self, index: u32) -> Option<Listing<'_>> {
        let FunctionRecord { text_offset, text_length, .. } = self.functions.at(index as usize)?;
        let rest = self.text.get(text_offset as usize..)?.get(..text_length as usize)?;
        let instructions = Instructions { of: self, offset: text_offset.into(), rest };
        Some(Listing { index, name: self.names.find(index), instructions })
    }

    /// What the function whose code starts there is called.
    fn function_at(&self, offset: u64) -> Option<Cow<'_, str>> {
        let index = self.functions.partition_point(|function| u64::from(function.text_offset) < offset);
        let function = self.functions.at(index)?;
        (u64::from(function.text_offset) == offset).then(|| self.names.find_or_number(index as u32))
    }
}

impl<'a> Iterator for Instructions<'a> {
    type Item = Instruction<'a>;

    fn next(&mut self) -> Option<Instruction<'a>> {
        let decoded = match self.of.architecture {
            Architecture::X86_64 => x86_64(self.rest),
            Architecture::Aarch64 => aarch64(self.rest),
        }?;
        let (bytes, rest) = self.rest.split_at_checked(decoded.length)?;
        let offset = self.offset;
        (self.offset, self.rest) = (offset + decoded.length as u64, rest);
        let goes = |distance| self.of.function_at(offset.checked_add_signed(distance)?);
        let trap = self.of.traps.as_ref().and_then(|traps| traps.find(u32::try_from(offset).ok()?));
        Some(Instruction {
            offset,
            bytes: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            text: decoded.text,
            trap: trap.map(TrapCode::message),
            target: decoded.distance.and_then(goes),
        })
    }
}

/// The first instruction of some bytes.
struct Decoded {
    /// In bytes.
    length: usize,
    text: String,
    /// How far from its own start it goes.
    distance: Option<i64>,
}

fn x86_64(bytes: &[u8]) -> Option<Decoded> {
    use yaxpeax_x86::amd64::{InstDecoder, Opcode, Operand};
    let first = bytes.first()?;
    Some(match InstDecoder::default().decode(&mut U8Reader::new(bytes)) {
        Ok(instruction) => {
            let length = (instruction.len().to_const() as usize).min(bytes.len());
            let goes = matches!(instruction.opcode(), Opcode::CALL | Opcode::JMP);
            let distance = match instruction.operand(0) {
                Operand::ImmediateI32 { imm } if goes => Some(length as i64 + i64::from(imm)),
                _ => None,
            };
            Decoded { length, text: instruction.to_string(), distance }
        }
        // What is no instruction: constants between functions' code.
        Err(_) => Decoded { length: 1, text: format!(".byte {first:#04x}"), distance: None },
    })
}

fn aarch64(bytes: &[u8]) -> Option<Decoded> {
    use yaxpeax_arm::armv8::a64::{InstDecoder, Opcode, Operand};
    let word: &[u8; 4] = bytes.first_chunk()?;
    let (text, distance) = match InstDecoder::default().decode(&mut U8Reader::new(word)) {
        Ok(instruction) => {
            let distance = match (instruction.opcode, instruction.operands[0]) {
                (Opcode::BL | Opcode::B, Operand::PCOffset(distance)) => Some(distance),
                _ => None,
            };
            (instruction.to_string(), distance)
        }
        Err(_) => (format!(".word {:#010x}", u32::from_le_bytes(*word)), None),
    };
    Some(Decoded { length: word.len(), text, distance })
}

fn one_by_one<S: Serializer>(instructions: &Instructions<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(instructions.clone())
}

impl Serialize for Disassembly<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.listings())
    }
}

/// Listings for people.
impl fmt::Display for Disassembly<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, listing) in self.listings().enumerate() {
            let gap = if position == 0 { "" } else { "\n" };
            writeln!(formatter, "{gap}function {} {}", listing.index, Printable(listing.name.unwrap_or("")))?;
            for instruction in listing.instructions {
                write!(formatter, "{:8x}  {:<22}  {}", instruction.offset, instruction.bytes, instruction.text)?;
                if let Some(target) = &instruction.target {
                    write!(formatter, "  -> {}", Printable(target))?;
                }
                if let Some(trap) = instruction.trap {
                    write!(formatter, "  ; traps: {trap}")?;
                }
                writeln!(formatter)?;
            }
        }
        Ok(())
    }
}
