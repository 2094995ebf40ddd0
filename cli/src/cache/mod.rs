//! `wasmc cache`: one function for each of its subcommands.

use std::ffi::OsString;

use clap::Subcommand;
use wasmc_cache::{Cache, Limit};

use crate::settings::{Flags, Settings};

mod archive;
mod entries;
mod explain;
pub(crate) mod inputs;
mod pin;
mod room;
mod select;
mod show;
mod verify;
mod warm;

/// Look into the cache of `wasmc run`, tidy it, and carry it to other machines.
///
/// Each subcommand says the same to programs with --json. Where KEY is expected, its first digits do if no other key
/// starts with them; where FILE is, it stands for all entries that were made from that module.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,

    /// Write JSON, for programs to read.
    #[arg(long, global = true)]
    json: bool,

    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the directory of the cache.
    Path,
    /// List the entries, least recently used first.
    List,
    /// Show an entry: what it was made from, where it is, when it was last used; without KEY, the totals.
    Info {
        /// An entry's key, or a module.
        #[arg(value_name = "KEY|FILE")]
        entry: Option<OsString>,
    },
    Explain(explain::Arguments),
    /// Look through the bytes of all entries, and remove those that are not what was stored.
    ///
    /// Exit status 1 if there were any. Entries of read-only layers are looked through as well, and stay.
    Verify,
    /// Remove what is above the limit, and what killed processes left.
    ///
    /// That happens by itself when something new is stored. Entries of other builds of wasmc go first, then those that
    /// were not used for longest.
    Gc,
    /// Remove all entries but pinned ones.
    Clear {
        /// Pinned ones as well.
        #[arg(long)]
        all: bool,
    },
    Warm(Box<warm::Arguments>),
    /// Keep entries until they are unpinned: they are never removed to make room.
    Pin(pin::Arguments),
    /// Let entries be removed again.
    Unpin(pin::Arguments),
    Export(archive::ExportArguments),
    Import(archive::ImportArguments),
}

/// The cache that a command works on.
#[derive(Debug)]
struct Place {
    cache: Cache,
    limit: Limit,
    settings: Settings,
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<i32> {
    let settings = Settings::resolve(&arguments.flags, false)?;
    let Some(cache) = settings.cache() else {
        anyhow::bail!("there is no home directory to keep a cache in: name another place with --cache-dir");
    };
    // Where it is can be asked of any directory; everything else works in one that is ours.
    if !matches!(arguments.verb, Verb::Path) {
        cache.check_owner()?;
    }
    let place = Place { limit: settings.limit(&cache), cache, settings, json: arguments.json };
    match &arguments.verb {
        Verb::Path => entries::path(&place),
        Verb::List => entries::list(&place),
        Verb::Info { entry: None } => entries::totals(&place),
        Verb::Info { entry: Some(word) } => entries::describe(&place, word),
        Verb::Explain(arguments) => explain::run(&place, arguments),
        Verb::Verify => verify::run(&place),
        Verb::Gc => room::collect_garbage(&place),
        Verb::Clear { all } => room::clear(&place, *all),
        Verb::Warm(arguments) => warm::run(&place, arguments),
        Verb::Pin(arguments) => pin::run(&place, arguments, true),
        Verb::Unpin(arguments) => pin::run(&place, arguments, false),
        Verb::Export(arguments) => archive::export(&place, arguments),
        Verb::Import(arguments) => archive::import(&place, arguments),
    }
}
