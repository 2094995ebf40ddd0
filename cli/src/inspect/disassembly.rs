//! The code of an artifact, instruction by instruction: sections in, lines out.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde::Serialize;
use wasmc_compiler::verify::Contents;
use wasmc_contract::metadata::{ExportRecord, FunctionRecord, Metadata, Names, entity_kind};
use wasmc_contract::section::Section;
use wasmc_contract::target::{Architecture, Target};
use wasmc_contract::trap::TrapTable;
use wasmc_loader::Printable;
use yaxpeax_arch::{Decoder, LengthedInstruction as _, U8Reader};

/// A function's code.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    index: u32,
    name: Option<String>,
    instructions: Vec<Instruction>,
}

#[derive(Debug, Serialize)]
struct Instruction {
    /// Where it lies in the text.
    offset: u64,
    bytes: String,
    text: String,
    /// What it traps with.
    #[serde(skip_serializing_if = "Option::is_none")]
    trap: Option<&'static str>,
    /// The function that it goes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

/// What reports call the function: by the name that the module gives it, or one it is exported by.
pub(super) fn name(metadata: &Metadata<'_>, names: Option<&Names<'_>>, index: u32) -> Option<String> {
    let is_it = |export: &ExportRecord| export.kind == entity_kind::FUNCTION && export.index == index;
    let exported = || metadata.string(metadata.exports.iter().find(is_it)?.name);
    names.and_then(|names| names.function(index)).or_else(exported).map(str::to_owned)
}

/// The code of the function that is `wanted`, by its index or name; of all if none is.
///
/// # Errors
///
/// If there is no such function, or the artifact is damaged.
pub(super) fn disassemble(contents: &Contents<'_>, wanted: Option<&str>) -> anyhow::Result<Vec<Listing>> {
    let damaged = "its metadata is damaged";
    let code = Code {
        target: Target::from_number(contents.descriptor.target).context("it is for a target that is unknown here")?,
        text: contents.section(Section::Text),
        metadata: Metadata::parse(contents.section(Section::Metadata)).context(damaged)?,
        names: Names::parse(contents.section(Section::Names)),
        traps: TrapTable::parse(contents.section(Section::Traps)),
    };
    let count = code.metadata.functions.len() as u32;
    let indices = match wanted {
        None => (0..count).collect(),
        Some(text) => match text.parse::<u32>() {
            Ok(index) if index < count => vec![index],
            _ => (0..count).filter(|index| code.name(*index).as_deref() == Some(text)).collect::<Vec<_>>(),
        },
    };
    if let (Some(text), true) = (wanted, indices.is_empty()) {
        bail!("it has no function '{text}'; `wasmc inspect --json` lists all");
    }
    indices.into_iter().map(|index| code.list(index).context(damaged)).collect()
}

/// What is known of the code.
struct Code<'a> {
    target: Target,
    text: &'a [u8],
    metadata: Metadata<'a>,
    names: Option<Names<'a>>,
    traps: Option<TrapTable<'a>>,
}

impl Code<'_> {
    fn name(&self, index: u32) -> Option<String> {
        name(&self.metadata, self.names.as_ref(), index)
    }

    fn list(&self, index: u32) -> Option<Listing> {
        let FunctionRecord { text_offset, text_length, .. } = self.metadata.functions.at(index as usize)?;
        let bytes = self.text.get(text_offset as usize..)?.get(..text_length as usize)?;
        let start = u64::from(text_offset);
        let instructions = match self.target.architecture {
            Architecture::X86_64 => self.x86_64(bytes, start),
            Architecture::Aarch64 => self.aarch64(bytes, start),
        };
        Some(Listing { index, name: self.name(index), instructions })
    }

    fn x86_64(&self, bytes: &[u8], start: u64) -> Vec<Instruction> {
        use yaxpeax_x86::amd64::{InstDecoder, Opcode, Operand};
        let decoder = InstDecoder::default();
        let mut instructions = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let decoded = decoder.decode(&mut U8Reader::new(&bytes[at..]));
            // What is no instruction: constants between functions' code.
            let (length, text, distance) = match decoded {
                Ok(instruction) => {
                    let length = (instruction.len().to_const() as usize).min(bytes.len() - at);
                    let goes = matches!(instruction.opcode(), Opcode::CALL | Opcode::JMP);
                    let distance = match instruction.operand(0) {
                        Operand::ImmediateI32 { imm } if goes => Some(i64::from(imm)),
                        _ => None,
                    };
                    (length, instruction.to_string(), distance)
                }
                Err(_) => (1, format!(".byte {:#04x}", bytes[at]), None),
            };
            let end = start + (at + length) as u64;
            let target = distance.and_then(|distance| end.checked_add_signed(distance));
            instructions.push(self.instruction(start + at as u64, &bytes[at..at + length], text, target));
            at += length;
        }
        instructions
    }

    fn aarch64(&self, bytes: &[u8], start: u64) -> Vec<Instruction> {
        use yaxpeax_arm::armv8::a64::{InstDecoder, Opcode, Operand};
        let decoder = InstDecoder::default();
        let mut instructions = Vec::new();
        for (number, word) in (0..).zip(bytes.chunks_exact(4)) {
            let place = start + 4 * number;
            let (text, distance) = match decoder.decode(&mut U8Reader::new(word)) {
                Ok(instruction) => {
                    let distance = match (instruction.opcode, instruction.operands[0]) {
                        (Opcode::BL | Opcode::B, Operand::PCOffset(distance)) => Some(distance),
                        _ => None,
                    };
                    (instruction.to_string(), distance)
                }
                Err(_) => (format!(".word {:#010x}", u32::from_le_bytes(std::array::from_fn(|at| word[at]))), None),
            };
            let target = distance.and_then(|distance| place.checked_add_signed(distance));
            instructions.push(self.instruction(place, word, text, target));
        }
        instructions
    }

    fn instruction(&self, offset: u64, bytes: &[u8], text: String, target: Option<u64>) -> Instruction {
        let trap = self.traps.as_ref().and_then(|traps| traps.find(u32::try_from(offset).ok()?));
        Instruction {
            offset,
            bytes: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            text,
            trap: trap.map(wasmc_contract::trap::TrapCode::message),
            target: target.and_then(|target| self.function_at(target)),
        }
    }

    /// What the function whose code starts there is called.
    fn function_at(&self, offset: u64) -> Option<String> {
        let functions = &self.metadata.functions;
        let index = functions.iter().position(|function| u64::from(function.text_offset) == offset)? as u32;
        Some(self.name(index).unwrap_or_else(|| format!("function {index}")))
    }
}

/// Listings for people.
pub(super) fn text(listings: &[Listing]) -> String {
    let mut output = String::new();
    for (position, listing) in listings.iter().enumerate() {
        let gap = if position == 0 { "" } else { "\n" };
        let name = listing.name.as_deref().unwrap_or("");
        let _ = writeln!(output, "{gap}function {} {}", listing.index, Printable(name));
        for instruction in &listing.instructions {
            let _ = write!(output, "{:8x}  {:<22}  {}", instruction.offset, instruction.bytes, instruction.text);
            if let Some(target) = &instruction.target {
                let _ = write!(output, "  -> {}", Printable(target));
            }
            if let Some(trap) = &instruction.trap {
                let _ = write!(output, "  ; traps: {trap}");
            }
            output.push('\n');
        }
    }
    output
}
