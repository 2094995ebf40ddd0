//! Keys: a hash over named inputs.

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

/// Collects everything that an entry depends on.
///
/// ```text
/// hashed = input*
/// input  = name length:u64 value:byte^length      name: UTF-8, ended by a NUL
/// ```
#[derive(Clone, Debug, Default)]
pub struct KeyBuilder(blake3::Hasher);

impl KeyBuilder {
    /// Depends on nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input. The order matters.
    #[must_use]
    pub fn input(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.0.update(name.as_bytes()).update(&[0]);
        self.0.update(&(value.len() as u64).to_le_bytes()).update(value);
        self
    }

    /// The hash of all inputs.
    #[must_use]
    pub fn key(&self) -> Key {
        Key(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_do_not_run_together() {
        let key = |inputs: &[(&str, &str)]| {
            inputs.iter().fold(KeyBuilder::new(), |builder, (name, value)| builder.input(name, value)).key()
        };
        assert_eq!(key(&[("a", "b")]), key(&[("a", "b")]));
        assert_ne!(key(&[("a", "bc")]), key(&[("a", "b"), ("c", "")]));
        assert_ne!(key(&[("a", "b")]), key(&[("ab", "")]));
        assert_eq!(key(&[]).to_string().len(), 64);
    }
}
