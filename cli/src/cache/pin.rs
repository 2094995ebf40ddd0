//! `wasmc cache pin` and `unpin`

use std::ffi::OsString;
use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{Place, select, show};
use crate::output;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Entries' keys, or modules.
    #[arg(value_name = "KEY|FILE", required = true)]
    entries: Vec<OsString>,
}

pub(super) fn run(place: &Place, arguments: &Arguments, is_pinned: bool) -> anyhow::Result<i32> {
    let found = select::select_all(&place.cache, &arguments.entries)?;
    let own: Vec<_> = found.iter().filter(|entry| !entry.is_in_layer).collect();
    if let (true, Some(entry)) = (own.is_empty(), found.first()) {
        bail!("'{}' is in a read-only layer, of which nothing is ever removed", entry.path.display());
    }
    for entry in &own {
        let result = if is_pinned { place.cache.pin(&entry.key) } else { place.cache.unpin(&entry.key) };
        result.with_context(|| format!("cannot write beside '{}'", entry.path.display()))?;
    }
    if place.json {
        let keys: Vec<String> = own.iter().map(|entry| entry.key.to_string()).collect();
        return output::print_json(&json!({ "pinned": is_pinned, "keys": keys }));
    }
    let mut text = String::new();
    for entry in own {
        let what = if is_pinned { "pinned" } else { "unpinned" };
        writeln!(text, "{what} {} ({})", show::short(&entry.key), show::name(entry))?;
    }
    output::print(text.as_bytes())
}
