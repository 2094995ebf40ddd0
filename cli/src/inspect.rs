//! `wasmc inspect`

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use wasmc_contract::section::{Descriptor, flag};
use wasmc_contract::target::{CpuFeatures, Target};
use wasmc_loader::{Image, Printable};

use crate::input::{self, Kind};

/// Show what an object is: what it was compiled for and how, its sections, imports and exports.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The object.
    file: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let bytes = input::read(&arguments.file)?;
    let file = arguments.file.display();
    if input::kind(&bytes) != Kind::Object {
        bail!("'{file}' is not an object: compile it first, with `wasmc compile`");
    }
    let contents = wasmc_compiler::verify::contents(&bytes);
    let contents = contents.with_context(|| format!("'{file}' is not an artifact of wasmc"))?;
    let mut output = String::new();
    write_descriptor(&mut output, &contents.descriptor)?;
    writeln!(output, "\nsections")?;
    for (name, size) in &contents.sections {
        writeln!(output, "{size:>12}  {name}")?;
    }
    match Image::from_bytes(&bytes) {
        Ok(image) => write_interface(&mut output, &image)?,
        Err(error) => writeln!(output, "\nimports and exports are not shown: {error}")?,
    }
    crate::output::print(output.as_bytes())
}

fn write_descriptor(output: &mut impl Write, descriptor: &Descriptor) -> anyhow::Result<()> {
    let target = Target::from_number(descriptor.target).map_or("unknown", Target::name);
    let features = CpuFeatures(descriptor.cpu_features);
    let cpu = if features.is_empty() { "baseline".to_owned() } else { format!("baseline and {features}") };
    let mut options = Vec::new();
    for (bit, name) in [
        (flag::INTERRUPTIBLE, "interruptible"),
        (flag::CANONICAL_NANS, "canonical NaNs"),
        (flag::EXPLICIT_CHECKS, "explicit bounds checks"),
    ] {
        if descriptor.flags & bit != 0 {
            options.push(name);
        }
    }
    let options = if options.is_empty() { "none".to_owned() } else { options.join(", ") };
    writeln!(output, "layout   {}.{}", descriptor.contract_version, descriptor.contract_revision)?;
    writeln!(output, "target   {target}")?;
    writeln!(output, "CPU      {cpu}")?;
    writeln!(output, "options  {options}")?;
    let hash = [descriptor.source_hash_low, descriptor.source_hash_high].map(u64::to_le_bytes).concat();
    let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    writeln!(output, "source   BLAKE3 {hash}...")?;
    Ok(())
}

fn write_interface(output: &mut impl Write, image: &Image) -> anyhow::Result<()> {
    writeln!(output, "\nimports")?;
    for import in image.imports() {
        writeln!(output, "  {} {}: {}", Printable(import.module), Printable(import.field), import.kind)?;
    }
    writeln!(output, "\nexports")?;
    for export in image.exports() {
        writeln!(output, "  {}: {}", Printable(export.name), export.kind)?;
    }
    Ok(())
}
