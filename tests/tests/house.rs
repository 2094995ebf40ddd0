//! The rules of the house, held by tests: which crate may know which, where unsafe code may be, and how files look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What is built for machines that only run programs.
const RUNTIME_CRATES: &[&str] =
    &["wasmc-contract", "wasmc-loader", "wasmc-wasi", "wasmc-emscripten", "wasmc-abi", "wasmc-capi", "wasmrun"];

/// Crates that have no unsafe code at all.
const SAFE_CRATES: &[&str] = &["wasmc-contract", "wasmc-compiler", "wasmc-cache", "wasmc-wasi", "wasmc-emscripten"];

/// The most lines of a source file.
const LINES_MAX: usize = 800;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "info", "misc"];

/// `house.toml`: the exceptions, each with its reason.
#[derive(serde::Deserialize)]
struct House {
    /// Files that may have more lines than [`LINES_MAX`]: tables only.
    long_tables: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lie in the workspace").to_owned()
}

/// What cargo knows of the workspace and of everything it depends on.
struct Workspace {
    /// Normal and build dependencies, by package id.
    dependencies: BTreeMap<String, Vec<String>>,
    /// Names by package id.
    names: BTreeMap<String, String>,
    /// Manifest paths of our own packages, by name.
    members: BTreeMap<String, PathBuf>,
}

impl Workspace {
    fn read() -> Result<Self> {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform"])
            .arg("x86_64-unknown-linux-gnu")
            .current_dir(root())
            .output()?;
        ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let member_ids: BTreeSet<String> = list(&metadata["workspace_members"]).iter().map(text).collect();
        let mut names = BTreeMap::new();
        let mut members = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            let id = text(&package["id"]);
            if member_ids.contains(&id) {
                members.insert(text(&package["name"]), PathBuf::from(text(&package["manifest_path"])));
            }
            names.insert(id, text(&package["name"]));
        }
        let mut dependencies = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let used = list(&node["deps"]).into_iter().filter(|dependency| {
                list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].as_str() != Some("dev"))
            });
            dependencies.insert(text(&node["id"]), used.map(|dependency| text(&dependency["pkg"])).collect());
        }
        Ok(Self { dependencies, names, members })
    }

    /// The names of everything that the package `name` is built from.
    fn closure(&self, name: &str) -> BTreeSet<String> {
        let mut open: Vec<&String> = self.names.iter().filter(|(_, it)| *it == name).map(|(id, _)| id).collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.dependencies.get(id).into_iter().flatten());
            }
        }
        seen.into_iter().map(|id| self.names[id].clone()).filter(|it| it != name).collect()
    }
}

/// All Rust files of the project, by their path from the root.
fn rust_files() -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut open = vec![root()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !name.starts_with("target") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root())?.to_string_lossy().into_owned();
                files.insert(relative, std::fs::read_to_string(&path)?);
            }
        }
    }
    ensure!(files.len() > 20, "only {} files found", files.len());
    Ok(files)
}

fn expect_none(problems: Vec<String>) -> Result<()> {
    ensure!(problems.is_empty(), "\n{}", problems.join("\n"));
    Ok(())
}

#[test]
fn what_runs_programs_knows_no_compiler() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut problems = Vec::new();
    for name in RUNTIME_CRATES {
        ensure!(workspace.members.contains_key(*name), "{name} is not in the workspace");
        for used in workspace.closure(name) {
            let forbidden = used.starts_with("cranelift")
                || ["wasmc-compiler", "wasmparser", "wasm-encoder", "wat", "wast", "regalloc2"]
                    .contains(&used.as_str());
            if forbidden {
                problems.push(format!("{name} depends on {used}"));
            }
        }
    }
    expect_none(problems)
}

#[test]
fn the_compiler_knows_no_loader_and_the_cache_knows_neither() -> Result<()> {
    let workspace = Workspace::read()?;
    let compiler = workspace.closure("wasmc-compiler");
    ensure!(!compiler.contains("wasmc-loader") && !compiler.contains("wasmc-cache"), "{compiler:?}");
    let cache = workspace.closure("wasmc-cache");
    ensure!(!cache.iter().any(|used| used.starts_with("wasm") || used.starts_with("cranelift")), "{cache:?}");
    Ok(())
}

#[test]
fn the_contract_is_a_leaf_without_std() -> Result<()> {
    let used = Workspace::read()?.closure("wasmc-contract");
    ensure!(used.is_empty(), "the contract depends on {used:?}");
    let source = std::fs::read_to_string(root().join("loader/contract/src/lib.rs"))?;
    ensure!(source.contains("#![no_std]"), "the contract is not no_std");
    Ok(())
}

#[test]
fn safe_crates_forbid_unsafe_code() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut problems = Vec::new();
    for name in SAFE_CRATES {
        let manifest = workspace.members.get(*name).with_context(|| format!("{name} is not in the workspace"))?;
        let source = std::fs::read_to_string(manifest.with_file_name("src").join("lib.rs"))?;
        if !source.contains("#![forbid(unsafe_code)]") {
            problems.push(format!("{name} does not forbid unsafe code"));
        }
    }
    expect_none(problems)
}

#[test]
fn every_dependency_has_its_reason_beside_it() -> Result<()> {
    let workspace = Workspace::read()?;
    let mut problems = Vec::new();
    for (name, manifest) in &workspace.members {
        let text = std::fs::read_to_string(manifest)?;
        let mut in_dependencies = false;
        let mut has_comment = false;
        for line in text.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && !line.starts_with('#') && line.contains('=') {
                if !has_comment {
                    problems.push(format!("{name}: no reason beside `{line}`"));
                }
                if !line.contains("workspace = true") && !line.contains("path = ") {
                    problems.push(format!("{name}: `{line}` has a version of its own"));
                }
            }
            has_comment = line.starts_with('#');
        }
    }
    expect_none(problems)
}

#[test]
fn every_file_says_what_it_is() -> Result<()> {
    let problems = rust_files()?
        .into_iter()
        .filter(|(_, source)| !source.starts_with("//! "))
        .map(|(path, _)| format!("{path} does not start with a line that says what it is"));
    expect_none(problems.collect())
}

#[test]
fn files_are_short() -> Result<()> {
    let house: House = toml::from_str(&std::fs::read_to_string(root().join("tests/house.toml"))?)?;
    let files = rust_files()?;
    let mut problems = Vec::new();
    for (path, source) in &files {
        let lines = source.lines().count();
        if lines > LINES_MAX && !house.long_tables.contains_key(path) {
            problems.push(format!("{path} has {lines} lines"));
        }
    }
    for (path, reason) in &house.long_tables {
        let is_long = files.get(path).is_some_and(|source| source.lines().count() > LINES_MAX);
        if !is_long || reason.is_empty() {
            problems.push(format!("house.toml: {path} needs no entry, or has no reason"));
        }
    }
    expect_none(problems)
}

#[test]
fn names_say_what_is_inside() -> Result<()> {
    let mut problems = Vec::new();
    for (path, source) in rust_files()? {
        let says_nothing = |part: &str| EMPTY_NAMES.contains(&part);
        if path.trim_end_matches(".rs").split('/').any(says_nothing) {
            problems.push(format!("{path}: the file's name says nothing"));
        }
        let modules = source
            .lines()
            .filter_map(|line| line.trim().trim_start_matches("pub ").strip_prefix("mod ")?.split([' ', ';']).next());
        for module in modules.filter(|module| says_nothing(module)) {
            problems.push(format!("{path}: module {module}"));
        }
    }
    expect_none(problems)
}

#[test]
fn links_in_documents_lead_somewhere() -> Result<()> {
    let mut problems = Vec::new();
    let documents = [root(), root().join("docs")].into_iter().map(std::fs::read_dir).collect::<Result<Vec<_>, _>>()?;
    for entry in documents.into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if !target.contains("://") && !path.with_file_name(file).exists() {
                problems.push(format!("{}: {target} does not exist", path.display()));
            }
        }
    }
    expect_none(problems)
}

#[test]
fn no_test_is_ignored_and_nothing_is_left_undone() -> Result<()> {
    // Written in two parts, so that this file does not find itself.
    let words = [["#[ign", "ore"].concat(), ["todo", "!("].concat(), ["unimple", "mented!("].concat()];
    let mut problems = Vec::new();
    for (path, source) in rust_files()? {
        for word in words.iter().filter(|word| source.contains(word.as_str())) {
            problems.push(format!("{path}: {word}"));
        }
    }
    expect_none(problems)
}
