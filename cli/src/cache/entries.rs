//! `wasmc cache path`, `list` and `info`

use std::ffi::OsStr;
use std::fmt::Write as _;

use serde_json::{Value, json};
use wasmc_cache::Entry;
use wasmc_loader::Printable;

use super::{Place, select, show};
use crate::output;

pub(super) fn path(place: &Place) -> anyhow::Result<i32> {
    let directory = place.cache.directory().display();
    if place.json {
        let layers: Vec<String> = place.cache.layers().iter().map(|layer| layer.display().to_string()).collect();
        return output::print_json(&json!({ "directory": directory.to_string(), "layers": layers }));
    }
    output::print(format!("{directory}\n").as_bytes())
}

pub(super) fn list(place: &Place) -> anyhow::Result<i32> {
    let entries = place.cache.entries();
    if place.json {
        let entries: Vec<Value> = entries.iter().map(|entry| as_json(place, entry)).collect();
        return output::print_json(&json!({ "entries": entries }));
    }
    if entries.is_empty() {
        return output::print(b"nothing is in the cache\n");
    }
    let mut text = format!("{:<16}  {:>11}  {:<14}  NAME\n", "KEY", "SIZE", "LAST USED");
    for entry in &entries {
        let remarks = show::remarks(entry, &place.limit);
        let remarks = if remarks.is_empty() { remarks } else { format!("  ({remarks})") };
        let (key, size) = (show::short(&entry.key), show::bytes(entry.bytes));
        writeln!(text, "{key}  {size:>11}  {:<14}  {}{remarks}", show::ago(entry.used), show::name(entry))?;
    }
    output::print(text.as_bytes())
}

pub(super) fn totals(place: &Place) -> anyhow::Result<i32> {
    let entries = place.cache.entries();
    let (in_layers, own): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.is_in_layer);
    let sum = |entries: &[&Entry]| entries.iter().map(|entry| entry.bytes).sum::<u64>();
    let pinned = own.iter().filter(|entry| entry.is_pinned).count() as u64;
    let is_current =
        |entry: &Entry| entry.description.as_ref().is_ok_and(|description| place.limit.is_current(&description.inputs));
    let others = own.iter().filter(|entry| !is_current(entry)).count() as u64;
    if place.json {
        let layers: Vec<Value> = place
            .cache
            .layers()
            .iter()
            .map(|layer| {
                let inside: Vec<&Entry> = in_layers.iter().copied().filter(|entry| entry.directory == *layer).collect();
                json!({ "directory": layer.display().to_string(), "entries": inside.len(), "bytes": sum(&inside) })
            })
            .collect();
        return output::print_json(&json!({
            "directory": place.cache.directory().display().to_string(),
            "entries": own.len(),
            "bytes": sum(&own),
            "limit_bytes": place.limit.bytes,
            "pinned": pinned,
            "of_other_builds": others,
            "layers": layers,
        }));
    }
    let mut text = String::new();
    writeln!(text, "directory        {}", place.cache.directory().display())?;
    writeln!(text, "entries          {}", own.len())?;
    writeln!(text, "pinned           {pinned}")?;
    writeln!(text, "of other builds  {others}")?;
    writeln!(text, "size             {}", show::bytes(sum(&own)))?;
    writeln!(text, "limit            {}", show::bytes(place.limit.bytes))?;
    for layer in place.cache.layers() {
        let inside: Vec<&Entry> = in_layers.iter().copied().filter(|entry| entry.directory == *layer).collect();
        let (count, size) = (show::entries(inside.len() as u64), show::bytes(sum(&inside)));
        writeln!(text, "layer            {}: {count}, {size}", layer.display())?;
    }
    output::print(text.as_bytes())
}

pub(super) fn describe(place: &Place, word: &OsStr) -> anyhow::Result<i32> {
    let found = select::select(&place.cache.entries(), word)?;
    if place.json {
        let entries: Vec<Value> = found.iter().map(|entry| as_json(place, entry)).collect();
        return output::print_json(&json!({ "entries": entries }));
    }
    let mut texts = Vec::new();
    for entry in &found {
        let mut text = String::new();
        writeln!(text, "key        {}", entry.key)?;
        writeln!(text, "name       {}", show::name(entry))?;
        writeln!(text, "file       {}", entry.path.display())?;
        writeln!(text, "size       {}", show::bytes(entry.bytes))?;
        writeln!(text, "last used  {}", show::ago(entry.used))?;
        let remarks = show::remarks(entry, &place.limit);
        if !remarks.is_empty() {
            writeln!(text, "remarks    {remarks}")?;
        }
        if let Ok(description) = &entry.description {
            writeln!(text, "checksum   {}", description.checksum)?;
            writeln!(text, "inputs")?;
            for (name, value) in &description.inputs {
                writeln!(text, "  {:<15}  {}", Printable(name).to_string(), Printable(value))?;
            }
        }
        texts.push(text);
    }
    output::print(texts.join("\n").as_bytes())
}

/// An entry for programs.
fn as_json(place: &Place, entry: &Entry) -> Value {
    let mut value = json!({
        "key": entry.key.to_string(),
        "file": entry.path.display().to_string(),
        "directory": entry.directory.display().to_string(),
        "bytes": entry.bytes,
        "used_unix_seconds": show::seconds(entry.used),
        "pinned": entry.is_pinned,
        "layer": entry.is_in_layer,
    });
    match &entry.description {
        Ok(description) => {
            value["name"] = description.name.clone().into();
            value["checksum"] = description.checksum.clone().into();
            value["inputs"] = json!(description.inputs);
            value["of_this_build"] = place.limit.is_current(&description.inputs).into();
        }
        Err(flaw) => value["flaw"] = flaw.to_string().into(),
    }
    value
}
