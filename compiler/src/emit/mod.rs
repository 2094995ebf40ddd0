//! [`LinkedText`] and the module in, [`Artifact`] out: every section of [`wasmc_contract::section`], in an object file.

use wasmc_contract::section::{Descriptor, Section, flag};
use wasmc_contract::target::System;

use crate::code::Program;
use crate::error::CompileError;
use crate::link::LinkedText;
use crate::options::{BoundsChecks, CompileOptions};

use contents::{Contents, Unwind};

mod coff;
mod contents;
mod eh_frame;
mod elf;
mod handlers;
mod macho;
mod memory_image;
mod metadata;
mod names;
mod ready_tables;
mod symbols;
mod tables;
mod windows_unwind;

/// A compiled module: the bytes of an object file.
#[derive(Clone, PartialEq, Eq)]
pub struct Artifact {
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Artifact {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "an object of {} bytes", self.bytes.len())
    }
}

impl Artifact {
    /// The object file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The object file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Refuses options that no object can be written with.
pub(crate) fn check_options(options: &CompileOptions) -> Result<(), CompileError> {
    let prefix = &options.symbol_prefix;
    let is_identifier = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_identifier || prefix.bytes().next().is_none_or(|first| first.is_ascii_digit()) {
        return Err(CompileError::Options(format!("the symbol prefix {prefix:?} is not a C identifier")));
    }
    Ok(())
}

/// Writes the object of `program`, whose code is `text`.
pub(crate) fn emit(program: &Program<'_>, text: LinkedText) -> Result<Artifact, CompileError> {
    let module = program.module;
    let images = memory_image::lay_out(module, program.options.target.page_bytes_max());
    let metadata = metadata::write(program, &text, &images)?;
    let names = names::write(module, &text.addresses)?;
    let symbols = symbols::list(program, &text);
    let target = program.options.target;
    let common = match target.system {
        System::Windows => None,
        system => crate::code::unwind::system_v::common(program.isa(), system).map_err(CompileError::Object)?,
    };
    let unwind = Unwind { common: common.unwrap_or_default(), entries: text.unwind };
    let sections = vec![
        (Section::Text, text.bytes),
        (Section::Metadata, metadata),
        (Section::Tables, ready_tables::write(program, &text.places)),
        (Section::Image, images.bytes),
        (Section::Data, images.data),
        (Section::Traps, tables::write(&text.traps)),
        (Section::Addresses, tables::write(&text.addresses)),
        (Section::Handlers, handlers::write(&text.catching)),
        (Section::Names, names),
    ];
    let contents = Contents::new(target, descriptor(program), sections, unwind, symbols);
    let bytes = match target.system {
        System::Linux => elf::write(&contents),
        System::Macos => macho::write(&contents),
        System::Windows => coff::write(&contents),
    };
    Ok(Artifact { bytes: bytes? })
}

fn descriptor(program: &Program<'_>) -> Descriptor {
    let options = &program.options;
    let mut flags = 0;
    if options.interruptible {
        flags |= flag::INTERRUPTIBLE;
    }
    if options.canonical_nans {
        flags |= flag::CANONICAL_NANS;
    }
    if options.bounds_checks == BoundsChecks::Explicit {
        flags |= flag::EXPLICIT_CHECKS;
    }
    if program.module.dynamic.is_some() {
        flags |= flag::DYNAMIC;
    }
    let hash = blake3::hash(program.module.bytes);
    let half = u128::from_le_bytes(*hash.as_bytes().first_chunk().expect("a hash has 32 bytes"));
    Descriptor {
        source_hash_low: half as u64,
        source_hash_high: (half >> 64) as u64,
        ..Descriptor::new(options.target, options.cpu_features, flags)
    }
}
