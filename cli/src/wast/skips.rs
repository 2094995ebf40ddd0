//! What of scripts is known not to work: a table in a file, with a reason for everything in it.
//!
//! ```text
//! [[skip]]
//! script = "FOLDER/NAME.wast"
//! lines = [LINE...]
//! reason = "..."
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// A table of skips.
#[derive(Clone, Debug, Default)]
pub struct SkipTable(BTreeMap<String, BTreeMap<usize, String>>);

#[derive(Deserialize)]
struct File {
    skip: Vec<Skip>,
}

/// What is expected not to work in one script, for one reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    script: String,
    lines: Vec<usize>,
    reason: String,
}

impl SkipTable {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has no reason for something.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read '{}'", path.display()))?;
        let table: File = toml::from_str(&text).with_context(|| path.display().to_string())?;
        let mut skips: BTreeMap<String, BTreeMap<usize, String>> = BTreeMap::new();
        for Skip { script, lines, reason } in table.skip {
            ensure!(!reason.is_empty(), "{script}: a skip without a reason");
            for line in lines {
                let before = skips.entry(script.clone()).or_default().insert(line, reason.clone());
                ensure!(before.is_none(), "{script}:{line} is listed twice");
            }
        }
        Ok(Self(skips))
    }

    /// Takes what is listed of the script with this name out of the table.
    pub fn take(&mut self, script: &str) -> BTreeMap<usize, String> {
        self.0.remove(script).unwrap_or_default()
    }

    /// What is listed of the script in this file, whose path ends in its name.
    pub fn of_file(&self, path: &Path) -> BTreeMap<usize, String> {
        let listed = self.0.iter().find(|(name, _)| path.ends_with(name));
        listed.map(|(_, lines)| lines.clone()).unwrap_or_default()
    }

    /// The scripts of which something is listed.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
