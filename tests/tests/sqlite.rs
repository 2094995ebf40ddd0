//! SQLite, compiled from its C source to wasm and from there to an object, runs SQL in memory and on a file that lies
//! under a granted directory.
//!
//! The source is that of the crate `libsqlite3-sys`, the C compiler PyPI's `ziglang`. Where the registries cannot be
//! reached, the test says so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use wasmc_tests::{binary, root, tool};

const SCRIPT: &str = "
    create table words(word text primary key, count integer);
    insert into words values ('table', 3), ('memory', 5), ('call', 8);
    select word, count from words where count > 4 order by word;
    select sum(count), avg(count), group_concat(word, '+') from (select * from words order by count);
    with recursive squares(n) as (select 1 union all select n + 1 from squares where n < 1000)
        select sum(n * n) from squares;
    select printf('%.3f', 2.5), upper(hex('wasm')), typeof(null);
";

const EXPECTED: &str = "call|8\nmemory|5\n16|5.33333333333333|table+memory+call\n333833500\n2.500|7761736D|null\n";

#[test]
fn sql_runs_in_memory_and_on_a_file() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let Some(wasm) = build(folder.path())? else { return Ok(()) };
    let object = folder.path().join("sqlite.o");
    tool::run(binary::wasmc()?.arg("compile").arg(&wasm).arg("-o").arg(&object))?;

    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    let grant = format!("{}::/data", data.display());
    let in_memory = sql(&object, &[], ":memory:", SCRIPT)?;
    ensure!(in_memory == (EXPECTED.to_owned(), 0), "{in_memory:?}");
    let on_file = sql(&object, &["--dir", &grant], "/data/words.db", SCRIPT)?;
    ensure!(on_file == (EXPECTED.to_owned(), 0), "{on_file:?}");
    let again = sql(&object, &["--dir", &grant], "/data/words.db", "select count(*) from words;")?;
    ensure!(again == ("3\n".to_owned(), 0), "what was written is there for the next run: {again:?}");
    let not_granted = sql(&object, &[], "/data/words.db", "select count(*) from words;")?;
    ensure!(not_granted.1 == 1, "nothing is reachable that was not granted: {not_granted:?}");
    Ok(())
}

/// What the shell prints for `script`, and its exit status.
fn sql(object: &Path, options: &[&str], database: &str, script: &str) -> Result<(String, i32)> {
    let mut command = binary::wasmrun()?;
    command.args(options).arg(object).arg(database);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("a pipe")?.write_all(script.as_bytes())?;
    let output = child.wait_with_output()?;
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().context("ended by a signal")?))
}

/// The shell as wasm; `None`, after saying so, if the compiler or the source cannot be reached.
fn build(folder: &Path) -> Result<Option<PathBuf>> {
    let not_reached = |what: &str| wasmc_tests::say(&format!("SQLite not tested: {what} cannot be reached"));
    let Some(zig) = tool::zig() else { return Ok(None) };
    let Some(source) = source(folder)? else {
        not_reached("the source of the crate libsqlite3-sys");
        return Ok(None);
    };
    let wasm = folder.join("sqlite.wasm");
    let mut compile = zig.command("cc");
    compile.args(["-O2", "-I"]).arg(&source);
    compile.args(["-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_OMIT_WAL"]);
    compile.arg(root().join("tests/programs/sqlite.c")).arg(source.join("sqlite3.c")).arg("-o").arg(&wasm);
    tool::run(&mut compile)?;
    Ok(Some(wasm))
}

/// The folder of `sqlite3.c`, as cargo fetches it for a package that depends on it.
fn source(folder: &Path) -> Result<Option<PathBuf>> {
    let package = folder.join("package");
    std::fs::create_dir_all(package.join("src"))?;
    std::fs::write(package.join("src/lib.rs"), "")?;
    let manifest = package.join("Cargo.toml");
    std::fs::write(
        &manifest,
        "[package]\nname = \"source\"\nedition = \"2024\"\n[dependencies]\nlibsqlite3-sys = \"=0.35.0\"\n[workspace]\n",
    )?;
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .output()?;
    if !output.status.success() {
        return Ok(None);
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let package = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "libsqlite3-sys"))
        .and_then(|package| package["manifest_path"].as_str())
        .context("cargo knows the package that it fetched")?;
    Ok(Some(Path::new(package).with_file_name("sqlite3")))
}
