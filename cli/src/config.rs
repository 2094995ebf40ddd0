//! `wasmc config`

use std::fmt::Write as _;

use indicatif::HumanBytes;
use serde_json::{Value, json};

use crate::output;
use crate::settings::{Flags, Origin, Settings};

/// Print all settings, their values, and where each comes from.
///
/// A flag comes before an environment variable, that before the configuration file, and that before the default. The
/// file is the one that WASMC_CONFIG names (none, if that is set to nothing), or else wasmc/config.toml in the
/// directory that the system has for configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Write JSON, for programs to read.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    flags: Flags,

    /// As for `wasmc run`.
    #[arg(long, help_heading = "Cache")]
    no_cache: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let settings = Settings::resolve(&arguments.flags, arguments.no_cache)?;
    let limit = settings.cache().map(|cache| settings.limit(&cache).bytes);
    let directory = settings.directory.value.as_ref().map(|directory| directory.display().to_string());
    let layers: Vec<String> = settings.layers.value.iter().map(|layer| layer.display().to_string()).collect();
    // By name, for people and for programs.
    let rows = [
        (
            "cache.enabled",
            settings.is_enabled.value.to_string(),
            json!(settings.is_enabled.value),
            &settings.is_enabled.origin,
        ),
        (
            "cache.directory",
            directory.clone().unwrap_or_else(|| "(no place)".to_owned()),
            json!(directory),
            &settings.directory.origin,
        ),
        (
            "cache.max-size",
            limit.map_or_else(|| "(no place)".to_owned(), |bytes| HumanBytes(bytes).to_string()),
            json!(limit),
            &settings.max_size.origin,
        ),
        (
            "cache.layers",
            if layers.is_empty() { "(none)".to_owned() } else { layers.join(":") },
            json!(layers),
            &settings.layers.origin,
        ),
    ];
    let file = settings.file.as_ref().map(|(file, is_there)| (file.display().to_string(), *is_there));
    if arguments.json {
        let mut all = serde_json::Map::new();
        for (name, _, value, origin) in rows {
            all.insert(name.to_owned(), json!({ "value": value, "origin": kind(origin), "from": origin.to_string() }));
        }
        let file = file.map(|(path, is_there)| json!({ "path": path, "exists": is_there }));
        return output::print_json(&json!({ "file": file, "settings": Value::Object(all) }));
    }
    let mut text = String::new();
    match file {
        Some((path, true)) => writeln!(text, "configuration file: {path}")?,
        Some((path, false)) => writeln!(text, "configuration file: {path} (not there)")?,
        None => writeln!(text, "configuration file: none")?,
    }
    let width = rows.iter().map(|(_, value, _, _)| value.chars().count()).max().unwrap_or_default();
    for (name, value, _, origin) in rows {
        writeln!(text, "{name:<15}  {value:<width$}  {origin}")?;
    }
    output::print(text.as_bytes())
}

fn kind(origin: &Origin) -> &'static str {
    match origin {
        Origin::Flag(_) => "flag",
        Origin::Variable(_) => "environment",
        Origin::File(_) => "file",
        Origin::Default => "default",
    }
}
