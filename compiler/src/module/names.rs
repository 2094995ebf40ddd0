//! The name section.

use wasmparser::{Name, NameSectionReader};

/// Names that the module gives. A malformed name section is ignored, as the specification asks.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// The module's own name.
    pub module: Option<&'a str>,
    /// `(function index, name)`, ascending.
    pub functions: Vec<(u32, &'a str)>,
}

impl<'a> Names<'a> {
    /// Reads what of the section can be read; names of functions that do not exist are left out.
    pub(super) fn read(section: NameSectionReader<'a>, functions: u32) -> Self {
        let mut names = Self::default();
        for subsection in section {
            match subsection {
                Ok(Name::Module { name, .. }) => names.module = Some(name),
                Ok(Name::Function(map)) => {
                    let readable = map.into_iter().map_while(Result::ok);
                    let existing = readable.filter(|naming| naming.index < functions);
                    names.functions.extend(existing.map(|naming| (naming.index, naming.name)));
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        names.functions.sort_by_key(|(index, _)| *index);
        names.functions.dedup_by_key(|(index, _)| *index);
        names
    }
}
