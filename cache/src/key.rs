//! Keys: a hash over named inputs.

use std::collections::BTreeMap;
use std::fmt;

/// What an entry is stored under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

/// Sixty-four hexadecimal digits.
impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Everything that an entry depends on: names and values, as people read them.
pub type Inputs = BTreeMap<String, String>;

/// The key of what depends on these inputs.
///
/// ```text
/// hashed = input*                                 in the order of the names
/// input  = name length:u64 value:byte^length      name: UTF-8, ended by a NUL
/// ```
pub fn key(inputs: &Inputs) -> Key {
    let mut hasher = blake3::Hasher::new();
    for (name, value) in inputs {
        hasher.update(name.as_bytes()).update(&[0]);
        hasher.update(&(value.len() as u64).to_le_bytes()).update(value.as_bytes());
    }
    Key(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_do_not_run_together() {
        let of = |inputs: &[(&str, &str)]| {
            key(&inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(of(&[("a", "b")]), of(&[("a", "b")]));
        assert_eq!(of(&[("a", "b"), ("c", "d")]), of(&[("c", "d"), ("a", "b")]));
        assert_ne!(of(&[("a", "bc")]), of(&[("a", "b"), ("c", "")]));
        assert_ne!(of(&[("a", "b")]), of(&[("ab", "")]));
        assert_eq!(of(&[]).to_string().len(), 64);
    }
}
