//! `wasmc cache gc` and `clear`

use serde_json::json;
use wasmc_cache::Freed;

use super::{Place, show};
use crate::output;

pub(super) fn collect_garbage(place: &Place) -> anyhow::Result<i32> {
    let freed = place.cache.collect_garbage(&place.limit);
    say(place, freed, &format!(" of {}", show::bytes(place.limit.bytes)))
}

pub(super) fn clear(place: &Place, with_pinned: bool) -> anyhow::Result<i32> {
    let freed = place.cache.clear(with_pinned);
    say(place, freed, "")
}

fn say(place: &Place, freed: Freed, of_limit: &str) -> anyhow::Result<i32> {
    let left = place.cache.entries();
    let left: Vec<u64> = left.iter().filter(|entry| !entry.is_in_layer).map(|entry| entry.bytes).collect();
    let (count, bytes) = (left.len() as u64, left.iter().sum());
    if place.json {
        return output::print_json(&json!({
            "removed": { "entries": freed.entries, "bytes": freed.bytes },
            "left": { "entries": count, "bytes": bytes },
            "limit_bytes": place.limit.bytes,
        }));
    }
    let removed = format!("removed {}, {}", show::entries(freed.entries), show::bytes(freed.bytes));
    let left = format!("left: {}, {}{of_limit}", show::entries(count), show::bytes(bytes));
    output::print(format!("{removed}; {left}\n").as_bytes())
}
