//! `wasmc cache explain`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use wasmc_cache::{Entry, Flaw, Inputs, Key};
use wasmc_loader::Printable;

use super::inputs::MODULE;
use super::{Place, show};
use crate::open::Opener;
use crate::options::{CompileArguments, common_cpu, parse_target};
use crate::output;

/// Say whether `wasmc run` would find FILE in the cache, and if not, why: which inputs differ from those of the nearest
/// entry.
///
/// Takes the options that say how `wasmc run` compiles. (A run with --timeout compiles as with --interruptible, one with
/// --deterministic as with --canonical-nans.) Exit status 0 in both cases.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The module (.wasm or .wat).
    file: PathBuf,

    #[command(flatten)]
    compilation: CompileArguments,
}

/// An input that has two values; `None` where it is not there at all.
struct Difference {
    name: String,
    wanted: Option<String>,
    found: Option<String>,
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> anyhow::Result<i32> {
    let options = arguments.compilation.options(parse_target(None)?, common_cpu())?;
    let inputs = Opener::new(options, None, place.settings.clone()).inputs(&arguments.file)?;
    let key = wasmc_cache::key(&inputs);
    let looked_at = place.cache.examine(&key);
    let hit = looked_at.iter().find(|(_, result)| result.is_ok()).map(|(directory, _)| directory.display().to_string());
    let flaws = looked_at.iter().filter_map(|(directory, result)| Some((directory, result.as_ref().err()?)));
    // That a layer lacks it is worth no line, unless all do.
    let flaws: Vec<_> = flaws.filter(|(_, flaw)| hit.is_none() && **flaw != Flaw::Missing).collect();
    let nearest = if hit.is_none() { nearest(&place.cache.entries(), &key, &inputs) } else { None };
    let is_off = !place.settings.is_enabled.value;
    if place.json {
        return output::print_json(&json!({
            "file": arguments.file.display().to_string(),
            "key": key.to_string(),
            "inputs": inputs,
            "enabled": !is_off,
            "hit": hit.is_some(),
            "directory": hit,
            "flaws": flaws.iter().map(|(directory, flaw)| {
                json!({ "directory": directory.display().to_string(), "flaw": flaw.to_string() })
            }).collect::<Vec<_>>(),
            "nearest": nearest.as_ref().map(|(entry, differences)| json!({
                "key": entry.key.to_string(),
                "differences": differences.iter().map(as_json).collect::<Vec<_>>(),
            })),
        }));
    }
    let mut text = String::new();
    writeln!(text, "file     {}", arguments.file.display())?;
    writeln!(text, "key      {key}")?;
    match &hit {
        Some(directory) => writeln!(text, "result   hit in {directory}")?,
        None if flaws.is_empty() => writeln!(text, "result   miss: there is no such entry")?,
        None => writeln!(text, "result   miss: there is such an entry, and it is not used")?,
    }
    for (directory, flaw) in &flaws {
        writeln!(text, "         in {}: {flaw}", directory.display())?;
    }
    if is_off {
        writeln!(text, "         the cache is switched off by {}", place.settings.is_enabled.origin)?;
    }
    writeln!(text, "inputs")?;
    for (name, value) in &inputs {
        writeln!(text, "  {name:<15}  {value}")?;
    }
    match &nearest {
        Some((entry, differences)) => {
            writeln!(text, "nearest  {} ({}) differs in", show::short(&entry.key), show::name(entry))?;
            for Difference { name, wanted, found } in differences {
                let show = |value: &Option<String>| match value {
                    Some(value) if value.is_empty() => "(nothing)".to_owned(),
                    Some(value) => Printable(value).to_string(),
                    None => "(not stated)".to_owned(),
                };
                writeln!(text, "  {:<15}  {} there, {} here", Printable(name).to_string(), show(found), show(wanted))?;
            }
        }
        None if hit.is_none() && flaws.is_empty() => writeln!(text, "nearest  none: nothing is in the cache")?,
        None => {}
    }
    output::print(text.as_bytes())
}

/// The entry that differs in the fewest inputs; one of the same module before others.
fn nearest(entries: &[Entry], key: &Key, wanted: &Inputs) -> Option<(Entry, Vec<Difference>)> {
    let described = entries.iter().filter(|entry| entry.key != *key).filter_map(|entry| {
        let description = entry.description.as_ref().ok()?;
        Some((entry, differences(wanted, &description.inputs)))
    });
    let rank = |differences: &[Difference]| (differences.iter().any(|one| one.name == MODULE), differences.len());
    let (entry, differences) = described.min_by_key(|(_, differences)| rank(differences))?;
    Some((entry.clone(), differences))
}

fn differences(wanted: &Inputs, found: &Inputs) -> Vec<Difference> {
    let names: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    names
        .into_iter()
        .filter(|name| wanted.get(*name) != found.get(*name))
        .map(|name| Difference {
            name: name.clone(),
            wanted: wanted.get(name).cloned(),
            found: found.get(name).cloned(),
        })
        .collect()
}

fn as_json(Difference { name, wanted, found }: &Difference) -> Value {
    json!({ "input": name, "wanted": wanted, "found": found })
}
