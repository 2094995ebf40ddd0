//! Reads what is to be compiled or run: a file or standard input, binary or text.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use wasmc_compiler::CompileError;

/// How a binary module starts.
const WASM_MAGIC: &[u8] = b"\0asm";
/// How objects start: of ELF, of Mach-O, of COFF for both CPUs. (No text starts like one of these.)
const OBJECT_MAGICS: [&[u8]; 4] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\x64\x86", b"\x64\xaa"];

/// What kind of input some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A binary module.
    Wasm,
    /// An object, compiled already.
    Object,
    /// Anything else, which can only be the text format.
    Text,
}

/// The kind, by the first bytes.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    if bytes.starts_with(WASM_MAGIC) {
        Kind::Wasm
    } else if OBJECT_MAGICS.iter().any(|magic| bytes.starts_with(magic)) {
        Kind::Object
    } else {
        Kind::Text
    }
}

/// Whether `file` stands for standard input.
pub(crate) fn is_standard(file: &Path) -> bool {
    file.as_os_str() == OsStr::new("-")
}

/// The bytes of `file`.
pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if is_standard(file) {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(bytes);
    }
    fs::read(file).with_context(|| format!("cannot read '{}'", file.display()))
}

/// The module in `bytes`, in binary form.
pub(crate) fn module<'a>(file: &Path, bytes: &'a [u8]) -> anyhow::Result<Cow<'a, [u8]>> {
    match kind(bytes) {
        _ if bytes.is_empty() => bail!("'{}' is empty", file.display()),
        Kind::Wasm => Ok(bytes.into()),
        Kind::Object => bail!("'{}' is an object, compiled already: run it, or link it", file.display()),
        Kind::Text => {
            let Ok(text) = std::str::from_utf8(bytes) else {
                bail!("'{}' is neither a WebAssembly module nor its text format", file.display());
            };
            // What some editors put first.
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let mut parsed = wat::Parser::new();
            parsed.generate_dwarf(wat::GenerateDwarf::Lines);
            // Line tables name the file alone: where it lies does not change what is compiled.
            let name = if is_standard(file) { None } else { file.file_name() };
            let module = parsed.parse_str(name.map(Path::new), text).map_err(|mut error| {
                error.set_path(if is_standard(file) { Path::new("<standard input>") } else { file });
                error
            })?;
            Ok(module.into())
        }
    }
}

/// An error of compiling `module`, which came from `file`, with its place in the source if that is known.
pub(crate) fn compile_error(file: &Path, module: &[u8], error: CompileError) -> anyhow::Error {
    let offset = match &error {
        CompileError::Invalid { offset, .. } | CompileError::Unsupported { offset, .. } => Some(*offset),
        _ => None,
    };
    let place = offset.and_then(|offset| wasmc_compiler::source_of(module, offset));
    let error = match place {
        Some((source, line, column)) => anyhow::Error::new(error).context(format!("{source}:{line}:{column}")),
        None => error.into(),
    };
    error.context(format!("cannot compile '{}'", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_translated_and_binary_is_not() {
        let text = module(Path::new("a.wat"), b"(module)").expect("it is well-formed");
        assert_eq!(kind(&text), Kind::Wasm);
        assert_eq!(module(Path::new("a"), &text).expect("it is binary"), text);
        let error = module(Path::new("a.wat"), b"(modul)").expect_err("it is not well-formed");
        assert!(error.to_string().contains("a.wat:1"), "{error}");
        assert!(module(Path::new("a"), b"\x7fELF").is_err());
        assert!(module(Path::new("a"), b"\xff\xfe").is_err());
        assert_eq!(module(Path::new("a"), b"").expect_err("nothing is there").to_string(), "'a' is empty");
    }
}
