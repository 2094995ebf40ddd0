//! How sizes, times, keys and names are shown to people.

use std::time::{SystemTime, UNIX_EPOCH};

use indicatif::{HumanBytes, HumanDuration};
use wasmc_cache::{Entry, Key, Limit};
use wasmc_loader::Printable;

/// Enough digits to tell keys apart.
const DIGITS: usize = 16;

/// The first digits of a key.
pub(super) fn short(key: &Key) -> String {
    key.to_string()[..DIGITS].to_owned()
}

pub(super) fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// `1 entry`, `2 entries`
pub(super) fn entries(count: u64) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// How long ago something was.
pub(super) fn ago(time: Option<SystemTime>) -> String {
    match time.map(|time| time.elapsed()) {
        None => "never".to_owned(),
        Some(Ok(age)) if age.as_secs() >= 60 => format!("{} ago", HumanDuration(age)),
        Some(Ok(_)) => "just now".to_owned(),
        Some(Err(_)) => "in the future".to_owned(),
    }
}

/// Seconds since 1970, for programs.
pub(super) fn seconds(time: Option<SystemTime>) -> Option<u64> {
    Some(time?.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// What an entry was made from is called. It may have been imported: what it says is not trusted to be printable.
pub(super) fn name(entry: &Entry) -> String {
    let name = entry.description.as_ref().map(|description| description.name.as_str()).unwrap_or_default();
    if name.is_empty() { "(no name)".to_owned() } else { Printable(name).to_string() }
}

/// What is special about an entry.
pub(super) fn remarks(entry: &Entry, limit: &Limit) -> String {
    let mut remarks = Vec::new();
    match &entry.description {
        Ok(description) if !limit.is_current(&description.inputs) => remarks.push("of another build".to_owned()),
        Ok(_) => {}
        Err(flaw) => remarks.push(format!("not used: {flaw}")),
    }
    if entry.is_pinned {
        remarks.push("pinned".to_owned());
    }
    if entry.is_in_layer {
        remarks.push(format!("in {}", entry.directory.display()));
    }
    remarks.join(", ")
}
