//! Which programs Emscripten linked, and which of what they import is there: names in, an answer out.

use std::fmt;

use wasmc_loader::Image;

use crate::{MODULE, functions, invoke};

/// Whether the interface has the function `name` of [`MODULE`].
pub fn defines(name: &str) -> bool {
    functions::NAMES.contains(&name) || invoke::is_name(name) || is_catch(name)
}

/// Whether `name` is one of `__cxa_find_matching_catch_*`, which are numbered by how many types they take.
pub(crate) fn is_catch(name: &str) -> bool {
    name.strip_prefix("__cxa_find_matching_catch_").is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Whether what imports the function `name` of [`MODULE`] was linked by Emscripten: it is one that is there, or has a name
/// as only Emscripten's have.
pub fn is_emscriptens(name: &str) -> bool {
    const PREFIXES: [&str; 5] = ["emscripten_", "_emscripten_", "__syscall_", "_emval_", "_embind_"];
    defines(name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

pub(crate) fn is_wanted_by(image: &Image) -> bool {
    // Every program's start asks this: names only, as types take an allocation each.
    let is_ours = |(module, field): (&str, &str)| match module {
        MODULE => is_emscriptens(field),
        _ => module.starts_with("GOT."),
    };
    if image.import_names().any(is_ours) {
        return true;
    }
    // A simple program imports nothing but WASI, and yet is entered in Emscripten's own way.
    let (mut has_main, mut has_constructors) = (false, false);
    for name in image.export_names() {
        match name {
            "_start" | "_initialize" => return false,
            "main" | "__main_argc_argv" | "__original_main" => has_main = true,
            "__wasm_call_ctors" => has_constructors = true,
            _ => {}
        }
    }
    has_main && has_constructors
}

/// The program's imports are called by letters.
#[derive(Clone, Debug)]
pub struct MinifiedError {
    /// One of them: its module and its name.
    pub example: (String, String),
}

impl fmt::Display for MinifiedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, field) = &self.example;
        write!(
            formatter,
            "its imports have minified names (as {module:?} {field:?}), which only the JavaScript that it was linked with \
             can tell apart: link it with emcc -O2 or less, with --profiling-funcs, or with -sSTANDALONE_WASM"
        )
    }
}

impl std::error::Error for MinifiedError {}

pub(crate) fn check_names(image: &Image) -> Result<(), MinifiedError> {
    let mut example = None;
    for (module, field) in image.import_names() {
        if module.len() != 1 || field.is_empty() || field.len() > 3 {
            return Ok(());
        }
        example.get_or_insert((module.to_owned(), field.to_owned()));
    }
    example.map_or(Ok(()), |example| Err(MinifiedError { example }))
}
