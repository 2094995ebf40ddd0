//! PostgreSQL, as the npm registry has it for pages, built by a current release of Emscripten: a program of the console that makes
//! a database, answers, loads a language from its own files while it runs, and finds everything again the next time.

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use wasmc_tests::{binary, tool};

const PACKAGE: &str = "@electric-sql/pglite";
const VERSION: &str = "0.5.16";

/// The folders of an empty database.
const FOLDERS: &[&str] = &[
    "global",
    "pg_wal/archive_status",
    "pg_wal/summaries",
    "pg_commit_ts",
    "pg_dynshmem",
    "pg_notify",
    "pg_serial",
    "pg_snapshots",
    "pg_subtrans",
    "pg_twophase",
    "pg_multixact/members",
    "pg_multixact/offsets",
    "base/1",
    "pg_replslot",
    "pg_tblspc",
    "pg_stat",
    "pg_stat_tmp",
    "pg_xact",
    "pg_logical/snapshots",
    "pg_logical/mappings",
];

/// What `initdb` puts in the place of names in the script that makes a database.
const NAMES: &[(&str, &str)] = &[
    ("NAMEDATALEN", "64"),
    ("SIZEOF_POINTER", "4"),
    ("ALIGNOF_POINTER", "i"),
    ("FLOAT8PASSBYVAL", "FALSE"),
    ("POSTGRES", "'postgres'"),
    ("ENCODING", "6"),
    ("LC_COLLATE", "'C'"),
    ("LC_CTYPE", "'C'"),
    ("DATLOCALE", "_null_"),
    ("ICU_RULES", "_null_"),
    ("LOCALE_PROVIDER", "c"),
];

const QUESTIONS: &str = "CREATE TABLE t (a int, b text)
INSERT INTO t SELECT i, 'x' || i FROM generate_series(1, 1000) i
SELECT sum(a), max(b) FROM t
CREATE EXTENSION plpgsql
CREATE FUNCTION fact(n int) RETURNS numeric AS $$ DECLARE r numeric := 1; BEGIN FOR i IN 2..n LOOP r := r * i; END LOOP; RETURN r; END $$ LANGUAGE plpgsql
SELECT fact(30)
SELECT 1 / 0
SELECT count(*) FROM pg_class WHERE relname = 't'
";

#[test]
fn postgres_makes_a_database_and_answers() -> Result<()> {
    let Some(module) = tool::npm_file(PACKAGE, VERSION, "dist/pglite.wasm") else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    unpack(&module, folder.path())?;
    let data = folder.path().join("data");
    for name in FOLDERS {
        fs::create_dir_all(data.join(name))?;
    }
    for name in ["PG_VERSION", "base/1/PG_VERSION"] {
        fs::write(data.join(name), "18\n")?;
    }
    for name in ["postgresql.conf", "postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf"] {
        fs::write(data.join(name), "")?;
    }
    let postgres = |mode: &[&str], input: &str| -> Result<Output> {
        let mut command = binary::wasmc()?;
        command.arg("run").arg("--dir").arg(format!("{}::/", folder.path().display()));
        command
            .args(["--argv0", "/pglite/bin/postgres"])
            .arg(&module)
            .arg(mode[0])
            .args(["-D", "/data", "-F"])
            .args(&mode[1..]);
        // More than a pipe takes at once.
        let file = folder.path().join("input");
        fs::write(&file, input)?;
        command.stdin(fs::File::open(&file)?).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = command.spawn()?.wait_with_output()?;
        ensure!(output.status.success(), "{mode:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        Ok(output)
    };
    let share = folder.path().join("pglite/share/postgresql");
    let script = fs::read_to_string(share.join("postgres.bki"))?;
    postgres(&["--boot", "-X", "1048576"], &with_names(&script))?;
    let views = ["system_constraints.sql", "system_functions.sql", "system_views.sql"]
        .map(|name| fs::read_to_string(share.join(name)));
    let views = views.into_iter().collect::<Result<Vec<_>, _>>()?.join("\n\n");
    postgres(
        &["--single", "-O", "-j", "-c", "search_path=pg_catalog", "-c", "exit_on_error=true", "template1"],
        &views,
    )?;
    let single = ["--single", "template1"];
    let asked = postgres(&single, QUESTIONS)?;
    let (answers, errors) = (String::from_utf8(asked.stdout)?, String::from_utf8(asked.stderr)?);
    for answer in
        ["sum = \"500500\"", "max = \"x999\"", "fact = \"265252859812191058636308480000000\"", "count = \"1\""]
    {
        ensure!(answers.contains(answer), "no {answer} in:\n{answers}\n{errors}");
    }
    ensure!(errors.contains("ERROR:  division by zero"), "{errors}");
    // It is all in files.
    let again = postgres(&single, "SELECT fact(5), sum(a) FROM t\n")?;
    let answers = String::from_utf8(again.stdout)?;
    ensure!(answers.contains("fact = \"120\"") && answers.contains("sum = \"500500\""), "{answers}");
    Ok(())
}

/// Unpacks the files that the package has for the program: one after the other in a file, with their names in its JavaScript.
fn unpack(module: &Path, folder: &Path) -> Result<()> {
    let bytes = fs::read(module.with_extension("data"))?;
    let script = fs::read_to_string(module.with_extension("js"))?;
    let mut count = 0;
    for entry in script.split("filename:\"").skip(1) {
        let (name, rest) = entry.split_once('"').context("a name")?;
        let number = |key: &str| -> Option<usize> {
            let text = rest.split_once(key)?.1.split([',', '}']).next()?;
            Some(text.parse::<f64>().ok()? as usize)
        };
        let Some((start, end)) = number("start:").zip(number("end:")) else { continue };
        let path = folder.join(name.trim_start_matches('/'));
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::write(&path, bytes.get(start..end).context("a file outside of its package")?)?;
        count += 1;
    }
    ensure!(count > 500, "{count} files");
    // It looks whether it could be executed.
    for name in ["postgres", "initdb"] {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder.join("pglite/bin").join(name), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// The script with each name replaced where it stands alone.
fn with_names(script: &str) -> String {
    let is_inside = |character: char| character.is_alphanumeric() || character == '_';
    let mut text = String::with_capacity(script.len());
    for part in script.split_inclusive(|character: char| !is_inside(character)) {
        let word = part.trim_end_matches(|character: char| !is_inside(character));
        let replaced = NAMES.iter().find(|(name, _)| *name == word).map_or(word, |(_, value)| value);
        text.push_str(replaced);
        text.push_str(&part[word.len()..]);
    }
    text
}
