//! What programs are expected to print: files in `tests/programs`, which `BLESS=1` writes anew.

use anyhow::{Context, Result, ensure};

use crate::root;

/// Compares `found` with the file `name`; the first line that differs is named.
pub fn check(name: &str, found: &[u8]) -> Result<()> {
    let file = root().join("tests/programs").join(name);
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(&file, found).with_context(|| file.display().to_string());
    }
    let expected = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let found = String::from_utf8_lossy(found);
    let differs = expected.lines().zip(found.lines()).position(|(expected, found)| expected != found);
    let line = differs.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    let show = |text: &str| text.lines().nth(line).unwrap_or("the end").to_owned();
    ensure!(
        expected == found,
        "{name}, line {}\nexpected {}\nfound    {}\n(BLESS=1 accepts what is found)",
        line + 1,
        show(&expected),
        show(&found)
    );
    Ok(())
}
