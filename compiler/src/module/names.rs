//! The name section.

/// Names that the module gives. A malformed name section is ignored, as the specification asks.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// The module's own name.
    pub module: Option<&'a str>,
    /// `(function index, name)`, ascending.
    pub functions: Vec<(u32, &'a str)>,
}
