//! How exports and functions are named for linkers.
//!
//! Global symbols start with a prefix, `wasmc` unless another is asked for when compiling, so that an exported `malloc`
//! or `main` never takes the place of a C program's own:
//!
//! * `PREFIX_module`: the [`crate::section::Descriptor`];
//! * `PREFIX_export_NAME`: the C-ABI entry of the exported function `NAME`.
//!
//! In `NAME`, letters, digits and `_` stand for themselves; any other byte, and a `_` that an `x` follows, becomes
//! `_x` and two lower-case hexadecimal digits, so that different names stay different and all are C identifiers.
//!
//! Each function has a local symbol: the name that the module's name section gives it, as it is (but for NUL, which a
//! symbol table cannot hold and which becomes U+FFFD), or `function[INDEX]`.

use core::fmt;

/// The prefix of global symbols unless another is asked for.
pub const DEFAULT_PREFIX: &str = "wasmc";

/// `PREFIX_module`
#[derive(Clone, Copy, Debug)]
pub struct ModuleSymbol<'a>(pub &'a str);

/// `PREFIX_export_NAME`
#[derive(Clone, Copy, Debug)]
pub struct ExportSymbol<'a> {
    /// The prefix.
    pub prefix: &'a str,
    /// The export's name in the module.
    pub name: &'a str,
}

impl fmt::Display for ModuleSymbol<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_module", self.0)
    }
}

impl fmt::Display for ExportSymbol<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}_export_{}", self.prefix, Escaped(self.name))
    }
}

/// A name as part of a C identifier.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.as_bytes();
        for (index, &byte) in bytes.iter().enumerate() {
            let starts_escape = byte == b'_' && bytes.get(index + 1) == Some(&b'x');
            if (byte.is_ascii_alphanumeric() || byte == b'_') && !starts_escape {
                write!(formatter, "{}", byte as char)?;
            } else {
                write!(formatter, "_x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn names_are_escaped_without_loss() {
        let symbol = |name| ExportSymbol { prefix: "app", name }.to_string();
        assert_eq!(symbol("malloc"), "app_export_malloc");
        assert_eq!(symbol("a-b"), "app_export_a_x2db");
        assert_eq!(symbol("a_x2db"), "app_export_a_x5fx2db");
        assert_eq!(symbol("é"), "app_export__xc3_xa9");
        assert_eq!(symbol(""), "app_export_");
    }
}
