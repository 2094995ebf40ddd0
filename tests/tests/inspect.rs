//! `wasmc inspect`: what artifacts of all targets are, the code in them, and what programs ask of their hosts.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use wasmc_contract::target::Target;
use wasmc_tests::binary;

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
