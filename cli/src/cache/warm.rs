//! `wasmc cache warm`

use std::path::PathBuf;

use serde_json::{Value, json};
use wasmrun::process::{self, STATUS_FAILURE};

use super::{Place, show};
use crate::open::{Opened, Opener, Way};
use crate::options::{CompileArguments, common_cpu, parse_target};
use crate::output;
use crate::stats::Totals;

/// Compile modules that the cache does not have, so that `wasmc run` finds them.
///
/// Takes the options that say how `wasmc run` compiles. (A run with --timeout compiles as with --interruptible, one with
/// --deterministic as with --canonical-nans.) Exit status 1 if anything could not be compiled or kept.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The modules (.wasm or .wat).
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    compilation: CompileArguments,
}

pub(super) fn run(place: &Place, arguments: &Arguments) -> anyhow::Result<i32> {
    let options = arguments.compilation.options(parse_target(None)?, common_cpu())?;
    let mut opener = Opener::new(options, arguments.compilation.threads, place.settings.clone());
    // Whoever asks for it wants it, even if programs are not to use it now.
    opener.cache = Some(place.cache.clone());
    let mut results = Vec::new();
    let mut failed = 0;
    for file in &arguments.files {
        let opened = match opener.open(file) {
            Ok(_) => opener.opened.last().ok_or_else(|| "nothing was opened".to_owned()),
            Err(error) => Err(format!("{error:#}")),
        };
        let (line, result, is_there) = describe(opened);
        failed += u64::from(!is_there);
        if !is_there && !place.json {
            process::say(&format!("wasmc: {}: {line}", file.display()));
        } else if !place.json {
            output::print(format!("{}: {line}\n", file.display()).as_bytes())?;
        }
        results.push(json!({ "file": file.display().to_string(), "result": result }));
    }
    let totals = Totals::of(&opener.opened);
    if totals.compiled > 0 {
        // Here nobody waits for a program to start.
        place.cache.collect_garbage(&place.limit);
    }
    if place.json {
        output::print_json(&json!({
            "files": results,
            "hits": totals.hits,
            "compiled": totals.compiled,
            "compile_milliseconds": totals.time.as_millis() as u64,
            "failed": failed,
        }))?;
    } else {
        let line = format!("hits: {}, compiled: {}, failed: {failed}\n", totals.hits, totals.compiled);
        output::print(line.as_bytes())?;
    }
    Ok(if failed == 0 { 0 } else { STATUS_FAILURE })
}

/// A line and a value about one file, and whether the cache has it now.
fn describe(opened: Result<&Opened, String>) -> (String, Value, bool) {
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let value = json!({ "error": error });
            return (error, value, false);
        }
    };
    let key = opened.key.map(|key| key.to_string());
    let size = show::bytes(opened.bytes);
    match &opened.way {
        Way::Object => {
            let error = "it is an object, compiled already".to_owned();
            (error.clone(), json!({ "error": error }), false)
        }
        Way::Found(directory) => {
            let directory = directory.display().to_string();
            let value = json!({ "key": key, "bytes": opened.bytes, "directory": directory, "compiled": false });
            (format!("is there, {size}"), value, true)
        }
        Way::Compiled { time, is_kept } => {
            let milliseconds = time.as_millis() as u64;
            let value = json!({
                "key": key, "bytes": opened.bytes, "compiled": true, "kept": is_kept, "milliseconds": milliseconds,
            });
            let kept = if *is_kept { "" } else { ", and not kept" };
            (format!("compiled in {milliseconds} ms, {size}{kept}"), value, *is_kept)
        }
    }
}
