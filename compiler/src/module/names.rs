//! The name section.

use wasmparser::{Name, NameMap, NameSectionReader};

/// Names that the module gives. A malformed name section is ignored, as the specification asks.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// The module's own name.
    pub module: Option<&'a str>,
    /// `(function index, name)`, ascending.
    pub functions: Vec<(u32, &'a str)>,
    /// `(tag index, name)`, ascending.
    pub tags: Vec<(u32, &'a str)>,
}

impl<'a> Names<'a> {
    /// Reads what of the section can be read; names may be of what does not exist.
    pub(super) fn read(section: NameSectionReader<'a>) -> Self {
        let mut names = Self::default();
        for subsection in section {
            match subsection {
                Ok(Name::Module { name, .. }) => names.module = Some(name),
                Ok(Name::Function(map)) => add(&mut names.functions, map),
                Ok(Name::Tag(map)) => add(&mut names.tags, map),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        for named in [&mut names.functions, &mut names.tags] {
            named.sort_by_key(|(index, _)| *index);
            named.dedup_by_key(|(index, _)| *index);
        }
        names
    }
}

fn add<'a>(to: &mut Vec<(u32, &'a str)>, map: NameMap<'a>) {
    to.extend(map.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name)));
}
