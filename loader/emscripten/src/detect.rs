//! Which programs are Emscripten's, and which of their imports are there: names in, a kind out.

use std::fmt;

use wasmc_loader::Image;

use crate::{MODULE, functions, invoke};

/// What an import of [`MODULE`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// A function that is there.
    Function,
    /// A function of Emscripten's that needs a browser, or JavaScript of the program's own.
    BrowserOnly,
    /// Nothing of Emscripten's, as far as its name says.
    Unknown,
}

/// What the function `name` of [`MODULE`] is.
pub fn import(name: &str) -> Import {
    if functions::NAMES.contains(&name) || invoke::is_name(name) || is_catch(name) {
        Import::Function
    } else if is_emscriptens(name) {
        Import::BrowserOnly
    } else {
        Import::Unknown
    }
}

/// Whether `name` is one of `__cxa_find_matching_catch_*`, which are numbered by how many types they take.
pub(crate) fn is_catch(name: &str) -> bool {
    name.strip_prefix("__cxa_find_matching_catch_").is_some_and(|number| number.parse::<u32>().is_ok())
}

/// Whether a name looks like one of Emscripten's own.
fn is_emscriptens(name: &str) -> bool {
    const PREFIXES: &[&str] = &[
        "emscripten_",
        "_emscripten_",
        "__syscall",
        "_emval_",
        "_embind_",
        "__cxa_",
        "gl",
        "egl",
        "al",
        "alc",
        "SDL_",
        "IMG_",
        "Mix_",
        "TTF_",
        "glfw",
        "glut",
        "emscripten",
        "__asyncjs__",
        "_wasmfs_",
    ];
    PREFIXES.iter().any(|prefix| {
        let rest = name.strip_prefix(prefix);
        // `glClear`, not `glance`.
        rest.is_some_and(|rest| {
            !prefix.bytes().all(|byte| byte.is_ascii_lowercase())
                || rest.starts_with(|first: char| first.is_ascii_uppercase())
                || prefix.len() > 3
        })
    })
}

pub(crate) fn is_wanted_by(image: &Image) -> bool {
    let asks = image.import_names().any(|(module, field)| {
        module == MODULE && matches!(import(field), Import::Function | Import::BrowserOnly)
            || module.starts_with("GOT.")
    });
    if asks {
        return true;
    }
    // A simple program imports nothing but WASI, and yet is entered in Emscripten's own way.
    let (mut has_start, mut has_main, mut has_constructors) = (false, false, false);
    for export in image.exports() {
        match export.name {
            "_start" | "_initialize" => has_start = true,
            "main" | "__main_argc_argv" | "__original_main" => has_main = true,
            "__wasm_call_ctors" => has_constructors = true,
            _ => {}
        }
    }
    has_main && has_constructors && !has_start
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
