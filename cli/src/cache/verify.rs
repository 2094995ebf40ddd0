//! `wasmc cache verify`

use std::fmt::Write as _;

use serde_json::json;
use wasmc_cache::Verified;
use wasmrun::process::STATUS_FAILURE;

use super::{Place, show};
use crate::output;

pub(super) fn run(place: &Place) -> anyhow::Result<i32> {
    let entries = place.cache.entries();
    let mut whole = 0;
    let mut bad = Vec::new();
    let mut text = String::new();
    for entry in &entries {
        let (flaw, is_removed) = match place.cache.verify(entry) {
            Verified::Whole => {
                whole += 1;
                continue;
            }
            Verified::Changing => continue,
            Verified::Removed(flaw) => (flaw, true),
            Verified::Left(flaw) => (flaw, false),
        };
        let what = if is_removed { "removed" } else { "bad, and not ours to remove" };
        writeln!(text, "{what}: {} ({}): {flaw}", entry.path.display(), show::name(entry))?;
        bad.push(json!({
            "key": entry.key.to_string(),
            "file": entry.path.display().to_string(),
            "flaw": flaw.to_string(),
            "removed": is_removed,
        }));
    }
    let status = if bad.is_empty() { 0 } else { STATUS_FAILURE };
    if place.json {
        output::print_json(&json!({ "whole": whole, "bad": bad }))?;
        return Ok(status);
    }
    writeln!(text, "as stored: {}; bad: {}", show::entries(whole), bad.len())?;
    output::print(text.as_bytes())?;
    Ok(status)
}
