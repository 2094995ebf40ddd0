//! Keys: a hash over named inputs.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What an entry is stored under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

/// How many hexadecimal digits a key has.
const DIGITS: usize = 64;

/// Sixty-four hexadecimal digits.
impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.digits())
    }
}

/// As they are printed, and in no other way.
impl FromStr for Key {
    type Err = MalformedKey;

    fn from_str(text: &str) -> Result<Self, MalformedKey> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != DIGITS || !text.bytes().all(is_digit) {
            return Err(MalformedKey);
        }
        let mut key = [0; DIGITS / 2];
        for (byte, at) in key.iter_mut().zip((0..DIGITS).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| MalformedKey)?;
        }
        Ok(Self(key))
    }
}

/// A text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key has 64 hexadecimal digits")]
pub struct MalformedKey;

impl Key {
    /// As it is printed. A start makes names of it: formatting each byte would take a while.
    pub(crate) fn digits(&self) -> String {
        const DIGIT: &[u8; 16] = b"0123456789abcdef";
        let digit = |value: u8| char::from(DIGIT[usize::from(value)]);
        self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// The first byte: entries are spread evenly over its values.
    pub(crate) fn first_byte(&self) -> u8 {
        self.0[0]
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
        assert_eq!(of(&[]).to_string().len(), DIGITS);
    }

    #[test]
    fn keys_read_back() {
        let key = key(&Inputs::new());
        let text = key.to_string();
        assert_eq!(text.parse(), Ok(key));
        for wrong in [&text[1..], &text.to_uppercase(), &format!("{}/.", &text[2..]), &format!("{text}0")] {
            assert_eq!(wrong.parse::<Key>(), Err(MalformedKey));
        }
    }
}
