//! `wasmc inspect`: what artifacts of all targets are, the code in them, and what programs ask of their hosts.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use wasmc_compiler::CompileOptions;
use wasmc_compiler::verify::contents;
use wasmc_contract::metadata::{FunctionRecord, Header, NamesHeader, StringRecord, TypeRecord};
use wasmc_contract::record::Record;
use wasmc_contract::section::Section;
use wasmc_contract::target::Target;
use wasmc_loader::Image;
use wasmc_tests::{binary, compile_options};

const PROGRAM: &str = r#"(module $named
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "env" "emscripten_date_now" (func $now (result f64)))
  (import "plugin" "answer" (func (result i64)))
  (memory (export "memory") 2 10)
  (data (i32.const 0) "text")
  (func $leaf (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func $caller (export "call") (param i32) (result i32)
    (drop (call $now))
    (i32.add (call $leaf (local.get 0)) (call $leaf (i32.const 3)))))"#;

fn inspect(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = binary::wasmc()?.current_dir(folder).arg("inspect").args(arguments).output()?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

fn json(folder: &Path, arguments: &[&str]) -> Result<Value> {
    let text = inspect(folder, &[arguments, &["--json"]].concat())?;
    serde_json::from_str(&text).context(text)
}

/// A folder with the program, and what it is compiled to for each target.
fn compiled() -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("app.wat"), PROGRAM)?;
    let output = binary::wasmc()?.current_dir(folder.path()).args(["compile", "app.wat", "--all-targets"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(folder)
}

#[test]
fn an_artifact_of_any_target_is_described() -> Result<()> {
    let folder = compiled()?;
    for target in Target::ALL {
        let file = format!("app.{target}.o");
        let described = json(folder.path(), &[&file])?;
        ensure!(described["target"] == target.name() && described["module_name"] == "named", "{described}");
        let names = |list: &str, field: &str| -> Vec<String> {
            let list = described[list].as_array().cloned().unwrap_or_default();
            list.iter().map(|one| one[field].as_str().unwrap_or("").to_owned()).collect()
        };
        ensure!(names("imports", "field") == ["fd_write", "emscripten_date_now", "answer"], "{described}");
        ensure!(names("imports", "type")[2] == "func () -> (i64)", "{described}");
        ensure!(names("exports", "name") == ["memory", "call"], "{described}");
        ensure!(names("memories", "type") == ["memory 2 10"], "{described}");
        let page = target.page_bytes_max();
        ensure!(described["memories"][0]["image_bytes"] == page, "{described}");
        let sizes: Vec<u64> = described["functions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| one["size_bytes"].as_u64())
            .collect();
        ensure!(sizes.len() == 5 && sizes.is_sorted_by(|larger, smaller| larger >= smaller), "{described}");
        ensure!(names("functions", "name").contains(&"leaf".to_owned()), "{described}");
        let text = inspect(folder.path(), &[&file])?;
        ensure!(text.contains(&format!("target   {target}")) && text.contains("functions by size"), "{text}");
    }
    Ok(())
}

#[test]
fn code_is_shown_with_what_it_calls_and_traps_with() -> Result<()> {
    let folder = compiled()?;
    for target in Target::ALL {
        let file = format!("app.{target}.o");
        let caller = inspect(folder.path(), &["--disassemble=caller", &file])?;
        ensure!(caller.matches("-> leaf").count() == 2, "{caller}");
        let leaf = inspect(folder.path(), &["--disassemble=leaf", &file])?;
        ensure!(leaf.contains("traps: integer divide by zero"), "{leaf}");
        // All instructions follow each other, up to the function's end.
        let listing = &json(folder.path(), &["--disassemble=4", &file])?[0];
        ensure!(listing["name"] == "caller", "{listing}");
        let mut next = None;
        for instruction in listing["instructions"].as_array().context("instructions")? {
            let offset = instruction["offset"].as_u64().context("an offset")?;
            let bytes = instruction["bytes"].as_str().context("bytes")?.len() as u64 / 2;
            ensure!(next.is_none_or(|next| next == offset), "{listing}");
            ensure!(!instruction["text"].as_str().context("text")?.starts_with('.'), "{listing}");
            next = Some(offset + bytes);
        }
        let all = inspect(folder.path(), &["--disassemble", &file])?;
        ensure!(all.matches("function ").count() >= 5 && all.contains(&caller), "{all}");
    }
    let mut none = binary::wasmc()?;
    none.current_dir(folder.path()).args(["inspect", "--disassemble=none"]).arg(format!("app.{}.o", Target::ALL[0]));
    let output = none.output()?;
    ensure!(output.status.code() == Some(1), "{}", output.status);
    ensure!(String::from_utf8_lossy(&output.stderr).contains("no function 'none'"), "it names the function");
    Ok(())
}

#[test]
fn it_says_what_a_program_asks_of_its_host() -> Result<()> {
    let folder = compiled()?;
    for file in ["app.wat", "app.aarch64-macos.o"] {
        let asked = json(folder.path(), &["--imports", file])?;
        ensure!(asked["interfaces"] == serde_json::json!(["wasi-preview1", "emscripten", "other"]), "{asked}");
        ensure!(asked["is_complete"] == false && asked["imports"][0]["is_defined"] == true, "{asked}");
        let text = inspect(folder.path(), &["--imports", file])?;
        ensure!(text.contains("WASI preview 1: 1 imports, all there"), "{text}");
        ensure!(text.contains("Emscripten: 1 imports, all there") && text.contains("  plugin answer\n"), "{text}");
    }
    let drawing = r#"(module (import "env" "emscripten_date_now" (func (result f64))) (import "env" "glClear" (func (param i32))))"#;
    std::fs::write(folder.path().join("drawing.wat"), drawing)?;
    let asked = json(folder.path(), &["--imports", "drawing.wat"])?;
    ensure!(asked["interfaces"] == serde_json::json!(["emscripten", "emscripten-browser"]), "{asked}");
    let text = inspect(folder.path(), &["--imports", "drawing.wat"])?;
    ensure!(text.ends_with("what ends the program when it is called\n  env glClear\n"), "{text}");
    Ok(())
}

/// An artifact of a module in text format.
fn artifact(text: &str, options: &CompileOptions) -> Result<Vec<u8>> {
    Ok(wasmc_compiler::compile(&wat::parse_str(text)?, options)?.into_bytes())
}

/// Where a section of an artifact starts, and its bytes.
fn section(artifact: &[u8], section: Section) -> Result<(usize, &[u8])> {
    let bytes = contents(artifact)?.section(section);
    Ok((bytes.as_ptr() as usize - artifact.as_ptr() as usize, bytes))
}

/// Puts a record in the place of what is there.
fn put(artifact: &mut [u8], mut at: usize, record: &impl Record) {
    record.write(&mut |bytes| {
        artifact[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    });
}

/// What `wasmc inspect` says of `file` with so much memory, or how many bytes that is.
fn within(kibibytes: u64, folder: &Path, arguments: &[&str]) -> Result<u64> {
    let script = format!("ulimit -v {kibibytes}; exec \"$0\" inspect \"$@\"");
    let wasmc = binary::wasmc()?.get_program().to_owned();
    let mut child = Command::new("sh")
        .current_dir(folder)
        .args(["-c", &script])
        .arg(wasmc)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()?;
    let written = std::io::copy(child.stdout.as_mut().context("it is piped")?, &mut std::io::sink())?;
    ensure!(child.wait()?.success(), "{arguments:?} does not do with {kibibytes} KiB");
    Ok(written)
}

#[test]
fn what_records_share_takes_memory_once() -> Result<()> {
    const NAME_BYTES: usize = 500_000;
    const FUNCTIONS: usize = 500;
    let folder = tempfile::tempdir()?;
    let functions: String = (0..FUNCTIONS).map(|index| format!("(func $f{index})")).collect();
    let text = format!("(module (func ${} (export \"x\")) {functions})", "A".repeat(NAME_BYTES));
    let mut bytes = artifact(&text, &compile_options())?;
    let (start, names) = section(&bytes, Section::Names)?;
    let list = NamesHeader::read(names).context("it has names")?.functions;
    let first = start + list.offset_bytes as usize;
    let long = StringRecord::read(&bytes[first..]).context("it names its first function")?;
    ensure!(long.length_bytes as usize == NAME_BYTES);
    for index in 0..list.count as usize {
        put(&mut bytes, first + index * StringRecord::SIZE, &long);
    }
    std::fs::write(folder.path().join("names.o"), bytes)?;
    for shown in ["--imports", "--disassemble", "--disassemble=7", "--json"] {
        let written = within(160 << 10, folder.path(), &[shown, "names.o"])?;
        ensure!(shown != "--json" || written as usize > FUNCTIONS * NAME_BYTES, "only {written} bytes of JSON");
    }
    within(160 << 10, folder.path(), &["names.o"]).map(drop)
}

#[test]
fn types_that_no_engine_has_are_said_to_be_damaged() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parameters = "i32 ".repeat(1000);
    let text = format!("(module (func (export \"large\") (param {parameters})) (func (export \"small\") (param i32)))");
    let mut bytes = artifact(&text, &compile_options())?;
    let file = folder.path().join("types.o");
    std::fs::write(&file, &bytes)?;
    let types = |described: &Value| -> Vec<String> {
        let exports = described["exports"].as_array().into_iter().flatten();
        exports.map(|export| export["type"].as_str().unwrap_or("").to_owned()).collect()
    };
    let described = json(folder.path(), &["types.o"])?;
    ensure!(types(&described)[0].matches("i32").count() == 1000, "{described}");
    ensure!(types(&described)[1] == "func (i32) -> ()", "{described}");
    // The second has the values of both.
    let (start, metadata) = section(&bytes, Section::Metadata)?;
    let second =
        start + Header::read(metadata).context("it has metadata")?.types.offset_bytes as usize + TypeRecord::SIZE;
    let small = TypeRecord::read(&bytes[second..]).context("it has types")?;
    put(&mut bytes, second, &TypeRecord { first_value_type: 0, parameters: 1001, ..small });
    let error = Image::from_bytes(&bytes).err().context("it is loaded")?;
    ensure!(error.to_string().contains("too many parameters"), "{error}");
    std::fs::write(&file, bytes)?;
    let described = json(folder.path(), &["types.o"])?;
    ensure!(types(&described)[1] == "(damaged)", "{described}");
    ensure!(inspect(folder.path(), &["types.o"])?.contains("  small: (damaged)\n"));
    Ok(())
}

#[test]
fn functions_that_lie_in_each_other_are_not_shown() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut bytes = artifact("(module (func) (func) (func))", &compile_options())?;
    let (start, metadata) = section(&bytes, Section::Metadata)?;
    let list = start + Header::read(metadata).context("it has metadata")?.functions.offset_bytes as usize;
    // The offset of the second, in the text.
    put(&mut bytes, list + FunctionRecord::SIZE + std::mem::offset_of!(FunctionRecord, text_offset), &1_u32);
    std::fs::write(folder.path().join("inside.o"), bytes)?;
    let output = binary::wasmc()?.current_dir(folder.path()).args(["inspect", "--disassemble", "inside.o"]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && said.contains("function 1 lies inside another one"), "{said}");
    Ok(())
}

#[test]
fn many_functions_take_bearable_time() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let count = 60_000;
    let functions: String =
        (0..count).map(|index| format!("(func (export \"e{index}\") (call {}))", index * 7919 % count)).collect();
    std::fs::write(folder.path().join("many.o"), artifact(&format!("(module {functions})"), &compile_options())?)?;
    let start = Instant::now();
    let text = inspect(folder.path(), &["--disassemble", "many.o"])?;
    ensure!(text.matches("-> e").count() >= count, "calls are missing");
    let described = json(folder.path(), &["many.o"])?;
    ensure!(described["functions"].as_array().is_some_and(|functions| functions.len() == count));
    wasmc_tests::say(&format!("{count} functions are shown in {:?}", start.elapsed()));
    ensure!(start.elapsed() < Duration::from_secs(20), "it takes {:?}", start.elapsed());
    Ok(())
}

#[test]
fn hostile_text_gives_terminals_no_commands() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text = r#"(module (func (export "a\u{9b}31m\u{202e}b")))"#;
    std::fs::write(folder.path().join("export.o"), artifact(text, &compile_options())?)?;
    let described = inspect(folder.path(), &["--json", "export.o"])?;
    ensure!(described.contains(r#""name": "a\u009b31m\u202eb""#), "{described}");
    let shown = inspect(folder.path(), &["export.o"])?;
    ensure!(shown.contains(r"  a\u{9b}31m\u{202e}b: func"), "{shown}");
    // What an error repeats.
    let mut bytes = artifact(text, &CompileOptions::new(Target::from_name("x86_64-macos").context("a target")?))?;
    let (name, hostile) = (b"_wasmc_module", b"\x1b]0;pwn\x07Xdule");
    let at = bytes.windows(name.len()).position(|window| window == name).context("it has that symbol")?;
    bytes[at..at + name.len()].copy_from_slice(hostile);
    std::fs::write(folder.path().join("symbol.o"), bytes)?;
    let output = binary::wasmc()?.current_dir(folder.path()).args(["inspect", "symbol.o"]).output()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(said.contains(r"the symbol \u{1b}]0;pwn\u{7}Xdule does not start"), "{said}");
    ensure!(said.trim_end().chars().all(|character| !character.is_control()), "{said}");
    Ok(())
}
