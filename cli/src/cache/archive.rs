//! `wasmc cache export` and `import`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;
use wasmc_cache::{Entry, Exporter, Flaw, Imported};
use wasmc_loader::Printable;
use wasmrun::process::{self, STATUS_FAILURE};

use super::{Place, select, show};
use crate::{input, output};

/// Write entries into one file, for `wasmc cache import` on another machine.
///
/// All that this build of wasmc can use, but for those of read-only layers, unless entries are named. The file is a tar
/// archive, and appears whole or not at all; if it is standard output, nothing else is printed. An entry whose bytes are not what was stored is left out: exit status 1.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    /// The archive; - is standard output.
    file: PathBuf,

    /// Only these entries: keys, or modules.
    #[arg(value_name = "KEY|FILE")]
    entries: Vec<OsString>,

    /// What other builds of wasmc have stored as well.
    #[arg(long)]
    all: bool,
}

/// Store the entries of an archive that `wasmc cache export` wrote.
///
/// Each entry's name, length and checksum are checked, and what is bad is named and left out: exit status 1. That shows
/// damage, not who wrote it: entries are machine code that programs will run as, so import only what you would run.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArguments {
    /// The archive; - is standard input.
    file: PathBuf,
}

pub(super) fn export(place: &Place, arguments: &ExportArguments) -> anyhow::Result<i32> {
    let selected = if arguments.entries.is_empty() {
        place.cache.entries().into_iter().filter(|entry| !entry.is_in_layer).collect()
    } else {
        select::select_all(&place.cache, &arguments.entries)?
    };
    let is_usable = |entry: &Entry| match &entry.description {
        Ok(description) => place.limit.is_current(&description.inputs),
        // That is to be said.
        Err(_) => true,
    };
    let (mut chosen, others): (Vec<Entry>, Vec<Entry>) =
        selected.into_iter().partition(|entry| arguments.all || is_usable(entry));
    // The same in the writable cache and in a layer.
    chosen.sort_by_key(|entry| entry.key);
    chosen.dedup_by_key(|entry| entry.key);
    let mut exported = Vec::new();
    let mut bad = Vec::new();
    output::write_with(&arguments.file, false, |file| {
        let mut exporter = Exporter::new(BufWriter::new(file));
        for entry in &chosen {
            match exporter.add(entry)? {
                Ok(()) => exported.push(entry),
                // It was removed meanwhile.
                Err(Flaw::Missing) => {}
                Err(flaw) => bad.push((entry, flaw)),
            }
        }
        exporter.finish()?.flush()?;
        Ok(())
    })?;
    if input::is_standard(&arguments.file) {
        for (entry, flaw) in &bad {
            process::say(&format!("wasmc: left out: {} ({}): {flaw}", entry.path.display(), show::name(entry)));
        }
        return Ok(if bad.is_empty() { 0 } else { STATUS_FAILURE });
    }
    let bytes: u64 = exported.iter().map(|entry| entry.bytes).sum();
    let status = if bad.is_empty() { 0 } else { STATUS_FAILURE };
    if place.json {
        output::print_json(&json!({
            "file": arguments.file.display().to_string(),
            "exported": exported.iter().map(|entry| entry.key.to_string()).collect::<Vec<_>>(),
            "bytes": bytes,
            "of_other_builds": others.len(),
            "bad": bad.iter().map(|(entry, flaw)| {
                json!({ "key": entry.key.to_string(), "flaw": flaw.to_string() })
            }).collect::<Vec<_>>(),
        }))?;
        return Ok(status);
    }
    let mut text = String::new();
    for (entry, flaw) in &bad {
        writeln!(text, "left out: {} ({}): {flaw}", entry.path.display(), show::name(entry))?;
    }
    let left = if others.is_empty() {
        String::new()
    } else {
        format!("; {} of other builds left out (--all)", show::entries(others.len() as u64))
    };
    writeln!(text, "exported {}, {}{left}", show::entries(exported.len() as u64), show::bytes(bytes))?;
    output::print(text.as_bytes())?;
    Ok(status)
}

pub(super) fn import(place: &Place, arguments: &ImportArguments) -> anyhow::Result<i32> {
    let (mut stored, mut known, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let mut tell = |part| match part {
        Imported::Stored(key, description) => stored.push((key, description)),
        Imported::Known(key, _) => known.push(key),
        Imported::Refused(name, refusal) => refused.push((name, refusal)),
    };
    let result = place.cache.import(open(&arguments.file)?, &mut tell);
    // What is above the limit goes at once: nothing waits.
    place.cache.collect_garbage(&place.limit);
    let is_good = refused.is_empty() && result.is_ok();
    let keys = |keys: &mut dyn Iterator<Item = String>| keys.collect::<Vec<_>>();
    if place.json {
        output::print_json(&json!({
            "stored": keys(&mut stored.iter().map(|(key, _)| key.to_string())),
            "known": keys(&mut known.iter().map(ToString::to_string)),
            "refused": refused.iter().map(|(name, refusal)| {
                json!({ "name": name, "reason": refusal.to_string() })
            }).collect::<Vec<_>>(),
            "error": result.as_ref().err().map(ToString::to_string),
        }))?;
    } else {
        let mut text = String::new();
        for (name, refusal) in &refused {
            writeln!(text, "left out: {}: {refusal}", Printable(name))?;
        }
        let bytes = stored.iter().map(|(_, description)| description.size_bytes).sum();
        let (count, size) = (show::entries(stored.len() as u64), show::bytes(bytes));
        writeln!(text, "imported {count}, {size}; {} there already, {} left out", known.len(), refused.len())?;
        output::print(text.as_bytes())?;
    }
    result.with_context(|| format!("cannot import all of '{}'", arguments.file.display()))?;
    Ok(if is_good { 0 } else { STATUS_FAILURE })
}

fn open(file: &Path) -> anyhow::Result<Box<dyn std::io::Read>> {
    if input::is_standard(file) {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let context = || format!("cannot read '{}'", file.display());
    let opened = File::open(file).with_context(context)?;
    anyhow::ensure!(opened.metadata().with_context(context)?.len() > 0, "'{}' is empty", file.display());
    Ok(Box::new(BufReader::new(opened)))
}
