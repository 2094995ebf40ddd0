//! What is granted of an ABI: text in, names and values out.
//!
//! ```text
//! grants = grant, ("," grant)*
//! grant  = NAME | NAME=VALUE
//! ```

use std::fmt::Write as _;
use std::str::FromStr;

use crate::AbiError;

/// What may be granted of an ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission<'a> {
    /// Its name: no comma, no equals sign.
    pub name: &'a str,
    /// What it allows, for people.
    pub summary: &'a str,
    /// Whether it is granted with a value.
    pub takes_value: bool,
}

/// What was granted of an ABI: names, each once, some with values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants(Vec<(String, Option<String>)>);

impl Grants {
    /// Whether this is granted.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value that this is granted with; `None` if there is none, or it is not granted.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.find(name)?.as_deref()
    }

    /// All of them, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Looks whether the grants are among the permissions.
    ///
    /// # Errors
    ///
    /// If one is not, or has no value where it should have one, or the other way around.
    pub fn check(&self, permissions: &[Permission<'_>]) -> Result<(), AbiError> {
        for (name, value) in self.iter() {
            let Some(permission) = permissions.iter().find(|permission| permission.name == name) else {
                return Err(AbiError::Grant(format!("there is no grant '{name}'{}", listed(permissions))));
            };
            match (permission.takes_value, value) {
                (true, None) => return Err(AbiError::Grant(format!("the grant '{name}' needs a value: {name}=VALUE"))),
                (false, Some(_)) => return Err(AbiError::Grant(format!("the grant '{name}' takes no value"))),
                _ => {}
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Option<String>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl FromStr for Grants {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut grants = Self::default();
        for grant in text.split(',') {
            let (name, value) = match grant.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (grant, None),
            };
            if name.is_empty() {
                return Err("a grant's name is missing");
            }
            if grants.has(name) {
                return Err("a grant is given twice");
            }
            grants.0.push((name.to_owned(), value));
        }
        Ok(grants)
    }
}

/// What there is instead of something unknown.
fn listed(permissions: &[Permission<'_>]) -> String {
    if permissions.is_empty() {
        return ": nothing has to be granted".to_owned();
    }
    let mut text = "; there is:".to_owned();
    for Permission { name, summary, takes_value } in permissions {
        let value = if *takes_value { "=VALUE" } else { "" };
        let _ = write!(text, "\n  {name}{value}: {summary}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_with_values_or_without() {
        let grants: Grants = "write,limit=1=2,empty=".parse().expect("they are grants");
        assert_eq!((grants.has("write"), grants.value("write")), (true, None));
        assert_eq!(grants.value("limit"), Some("1=2"));
        assert_eq!(grants.value("empty"), Some(""));
        assert!(!grants.has("other"));
        assert_eq!("".parse::<Grants>(), Err("a grant's name is missing"));
        assert_eq!("a,=b".parse::<Grants>(), Err("a grant's name is missing"));
        assert_eq!("a,a=1".parse::<Grants>(), Err("a grant is given twice"));
    }

    #[test]
    fn what_cannot_be_granted_is_refused_with_what_can() {
        let permissions = [
            Permission { name: "write", summary: "add notes", takes_value: false },
            Permission { name: "limit", summary: "how many", takes_value: true },
        ];
        let check = |text: &str| text.parse::<Grants>().expect(text).check(&permissions);
        assert!(check("limit=3,write").is_ok());
        for (text, said) in [
            ("wirte", "there is no grant 'wirte'; there is:\n  write: add notes\n  limit=VALUE: how many"),
            ("limit", "the grant 'limit' needs a value: limit=VALUE"),
            ("write=1", "the grant 'write' takes no value"),
        ] {
            assert_eq!(check(text).expect_err(text).to_string(), said);
        }
        let error = "x".parse::<Grants>().expect("a grant").check(&[]).expect_err("there is none");
        assert_eq!(error.to_string(), "there is no grant 'x': nothing has to be granted");
    }
}
