//! The cache of `wasmc run` with real processes: a warm start reads nothing in bulk, and what is damaged, lies, belongs
//! to others or cannot be written never stops a program.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use wasmc_tests::cached::{Cached, as_nobody, entries, module, open_to_all, said};
use wasmc_tests::{binary, tool};

#[test]
fn a_warm_start_opens_no_module_and_reads_no_artifact() -> Result<()> {
    let Some(strace) = tool::find("strace") else {
        wasmc_tests::say("not tested: this machine has no strace");
        return Ok(());
    };
    let fixture = Cached::new(2000)?;
    // Until then a change of the file could go unseen.
    std::thread::sleep(Duration::from_millis(2100));
    ensure!(fixture.run()?.is_empty());
    let trace = fixture.folder.path().join("trace");
    let command = fixture.command()?;
    let mut traced = Command::new(strace);
    traced.args(["-f", "-y", "-e", "trace=file,desc", "-o"]).arg(&trace);
    traced.arg(command.get_program()).args(command.get_args());
    traced.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = traced.output()?;
    let trace = std::fs::read_to_string(&trace).unwrap_or_default();
    if !trace.contains("mmap") {
        wasmc_tests::say("not tested: strace may not trace here");
        return Ok(());
    }
    said(&output)?;
    let opens_module = |line: &&str| line.contains("open") && line.contains("app.wasm");
    ensure!(trace.lines().find(opens_module).is_none(), "the module is opened:\n{trace}");
    for word in ["getdents", "flock", "O_WRONLY", "O_RDWR", "O_CREAT", "rename", "unlink", "mkdir", "utimens"] {
        let is_such = |line: &&str| line.contains(word) && !line.contains("/dev/null");
        ensure!(trace.lines().find(is_such).is_none(), "{word}:\n{trace}");
    }
    let entry = fixture.entries()?.pop().context("an entry")?;
    let entry = entry.display().to_string();
    let read = trace.lines().filter(|line| line.contains("read") && line.contains(&format!("{entry}>")));
    let bytes: u64 = read.filter_map(|line| line.rsplit_once("= ")?.1.trim().parse::<u64>().ok()).sum();
    ensure!(bytes <= 4096, "{bytes} bytes of the artifact are read:\n{trace}");
    // A module that is written anew is another one, also with its old times.
    let modified = std::fs::metadata(&fixture.program)?.modified()?;
    std::fs::write(&fixture.program, wat::parse_str("(module (func (export \"run\") (result i32) (i32.const 43)))")?)?;
    std::fs::File::open(&fixture.program)?.set_modified(modified)?;
    let output = fixture.command()?.output()?;
    ensure!(output.stdout == b"43\n", "{output:?}");
    Ok(())
}

#[test]
fn what_is_damaged_is_compiled_again() -> Result<()> {
    let fixture = Cached::new(10)?;
    fixture.run()?;
    let entry = fixture.entries()?.pop().context("an entry")?;
    let whole = std::fs::read(&entry)?;
    let description = entry.with_extension("json");
    let damages: [(&str, &dyn Fn() -> Result<()>); 6] = [
        ("cut", &|| Ok(std::fs::write(&entry, &whole[..whole.len() / 2])?)),
        ("changed", &|| {
            let mut bytes = whole.clone();
            bytes[whole.len() / 2] ^= 1;
            Ok(std::fs::write(&entry, bytes)?)
        }),
        ("empty", &|| Ok(std::fs::write(&entry, b"")?)),
        ("without a description", &|| Ok(std::fs::remove_file(&description)?)),
        ("with a malformed description", &|| Ok(std::fs::write(&description, b"{")?)),
        ("writable by others", &|| Ok(std::fs::set_permissions(&entry, std::fs::Permissions::from_mode(0o666))?)),
    ];
    for (name, damage) in damages {
        damage()?;
        ensure!(fixture.run()?.is_empty(), "{name}");
        ensure!(std::fs::read(&entry)? == whole, "{name}: it is not as it was");
        ensure!(std::fs::metadata(&entry)?.permissions().mode() & 0o077 == 0, "{name}: others may use it");
    }
    // Moved to another place, it is looked through and used.
    let elsewhere = fixture.folder.path().join("elsewhere");
    tool::run(Command::new("cp").arg("-r").arg(fixture.cache()).arg(&elsewhere))?;
    let output = fixture.command()?.env("WASMC_CACHE_DIR", &elsewhere).output()?;
    ensure!(said(&output)?.is_empty());
    Ok(())
}

#[test]
fn what_others_could_have_written_is_not_used() -> Result<()> {
    let cached = Cached::new(10)?;
    cached.run()?;
    // An entry under the key of another module: what it is said to be is not what it lies under.
    let entry = cached.entries()?.pop().context("an entry")?;
    let other = Cached::new(0)?;
    std::fs::write(&other.program, module(10, 43)?)?;
    let output = other.command()?.output()?;
    ensure!(output.stdout == b"43\n", "{output:?}");
    let wrong = other.entries()?.pop().context("an entry")?;
    for extension in ["", "json"] {
        std::fs::copy(wrong.with_extension(extension), entry.with_extension(extension))?;
    }
    ensure!(cached.run()?.is_empty());
    // What the index says of a file is believed, if nobody else can have said it.
    std::thread::sleep(Duration::from_millis(2100));
    cached.run()?;
    let notes = wasmc_tests::cached::files(&cached.cache().join("sources"));
    let [note] = &notes[..] else { anyhow::bail!("{notes:?}") };
    let mut lie: serde_json::Value = serde_json::from_slice(&std::fs::read(note)?)?;
    lie["hash"] = format!("wasm {}", "0".repeat(64)).into();
    std::fs::write(note, lie.to_string())?;
    let explained = |cached: &Cached| cached.json(&["explain", &cached.program.display().to_string()]);
    ensure!(explained(&cached)?.1["hit"] == false, "the note is not looked at");
    std::fs::set_permissions(note, std::fs::Permissions::from_mode(0o622))?;
    ensure!(explained(&cached)?.1["hit"] == true, "others could have written it");
    std::fs::set_permissions(note, std::fs::Permissions::from_mode(0o600))?;
    std::fs::write(note, lie.to_string())?;
    let nobody = Some(65534);
    if std::os::unix::fs::chown(note, nobody, nobody).is_err() {
        wasmc_tests::say("not tested with files of another user: only root can");
        return Ok(());
    }
    ensure!(explained(&cached)?.1["hit"] == true, "another user wrote it");
    // The same with an entry and with its description.
    let entry = cached.entries()?.pop().context("an entry")?;
    for extension in ["", "json"] {
        std::os::unix::fs::chown(entry.with_extension(extension), nobody, nobody)?;
        let (_, explained) = explained(&cached)?;
        ensure!(explained["hit"] == false && !explained["flaws"][0].is_null(), "{explained}");
        // A start by way of the note does not ask for the description: that was done when the note was made.
        for note in wasmc_tests::cached::files(&cached.cache().join("sources")) {
            std::fs::remove_file(note)?;
        }
        let stats = said(&cached.command_with(&["--stats"])?.output()?)?;
        ensure!(stats.contains("compiled: 1") && owner(&entry)? == owner(&cached.program)?);
    }
    Ok(())
}

fn owner(file: &Path) -> Result<u32> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(file)?.uid())
}

#[test]
fn clocks_may_jump() -> Result<()> {
    let cached = Cached::new(10)?;
    let times = |distance: i64| {
        let distance = (Duration::from_secs(distance.unsigned_abs()), distance < 0);
        let now = SystemTime::now();
        if distance.1 { now - distance.0 } else { now + distance.0 }
    };
    const YEAR: i64 = 365 * 24 * 3600;
    for distance in [YEAR, -YEAR, 40 * YEAR, -40 * YEAR, 0] {
        for file in [cached.program.clone()].into_iter().chain(wasmc_tests::cached::files(&cached.cache())) {
            std::fs::File::open(&file)?.set_modified(times(distance))?;
        }
        for _ in 0..2 {
            ensure!(cached.run()?.is_empty(), "{distance} s");
        }
        let (status, verified) = cached.json(&["verify"])?;
        ensure!(status == 0 && verified["whole"] == 1, "{distance} s: {verified}");
    }
    // With a clock that is behind everything, the entry is still found.
    let stats = said(&cached.command_with(&["--stats"])?.output()?)?;
    ensure!(stats.contains("compiled: 0"), "{stats}");
    Ok(())
}

#[test]
fn a_program_runs_without_a_cache_that_works() -> Result<()> {
    let fixture = Cached::new(10)?;
    // A file where the folder should be: nothing can be kept, and the user is told.
    std::fs::write(fixture.cache(), b"")?;
    ensure!(fixture.run()?.contains("nothing is kept"));
    std::fs::remove_file(fixture.cache())?;
    // No place at all.
    let output =
        fixture.command()?.env_remove("WASMC_CACHE_DIR").env_remove("HOME").env_remove("XDG_CACHE_HOME").output()?;
    ensure!(said(&output)?.contains("nothing is kept"), "{output:?}");
    let output = fixture.command_with(&["--no-cache", "--stats"])?.output()?;
    ensure!(said(&output)?.contains("compiled: 1") && !fixture.cache().exists());
    let output = fixture.command_with(&["--stats"])?.env("WASMC_CACHE", "off").output()?;
    ensure!(said(&output)?.contains("compiled: 1") && !fixture.cache().exists());
    let output = fixture.command()?.arg("--no-cache").output()?;
    ensure!(!output.status.success(), "options come before the file");
    Ok(())
}

#[test]
fn a_program_runs_on_a_full_disk() -> Result<()> {
    let cached = Cached::new(3000)?;
    std::fs::create_dir(cached.cache())?;
    let command = cached.command()?;
    let mut apart = Command::new("unshare");
    let is_root = owner(&cached.cache())? == 0;
    apart.args(if is_root { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
    // Twice: what the first leaves must not be in the way of the second.
    let script = "mount -t tmpfs -o size=64k,mode=700 none \"$WASMC_CACHE_DIR\" || exit 99; \"$@\" >/dev/null; \"$@\"; \
        status=$?; find \"$WASMC_CACHE_DIR\" -name '.unfinished*' >&2; exit $status";
    apart.args(["sh", "-c", script, "sh"]).arg(command.get_program()).args(command.get_args());
    apart.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    match apart.output() {
        Ok(output) if output.status.code() != Some(99) && !output.stdout.is_empty() => {
            let said = said(&output)?;
            ensure!(said.matches("nothing is kept").count() == 2, "{said}");
            ensure!(said.contains("No space left on device") && !said.contains(".unfinished"), "{said}");
        }
        _ => wasmc_tests::say("not tested with a full disk: no file system can be mounted here"),
    }
    Ok(())
}

#[test]
fn a_program_runs_where_the_cache_cannot_be_written() -> Result<()> {
    let cached = Cached::new(10)?;
    open_to_all(cached.folder.path())?;
    std::fs::set_permissions(cached.folder.path(), std::fs::Permissions::from_mode(0o755))?;
    std::fs::create_dir(cached.cache())?;
    if owner(&cached.cache())? != 0 {
        let permit = |mode: &str| tool::run(Command::new("chmod").args(["-R", mode]).arg(cached.cache()));
        permit("a-w")?;
        ensure!(cached.run()?.contains("nothing is kept"));
        permit("u+w")?;
        cached.run()?;
        permit("a-w")?;
        for _ in 0..2 {
            let said = said(&cached.command_with(&["--stats"])?.output()?)?;
            ensure!(said.contains("compiled: 0") && !said.contains("warning"), "{said}");
        }
        permit("u+w")?;
        return Ok(());
    }
    // Root can write everywhere.
    let Some(mut command) = as_nobody(&cached.command()?) else { return Ok(()) };
    // It belongs to another user, and is empty, then full.
    ensure!(said(&command.output()?)?.contains("nothing is kept"));
    cached.run()?;
    open_to_all(&cached.cache())?;
    ensure!(said(&command.output()?)?.contains("nothing is kept"), "another user's entry is used");
    // Its owner cannot write to it any more: what is in it is still used.
    tool::run(Command::new("chown").args(["-R", "65534"]).arg(cached.cache()))?;
    tool::run(Command::new("chmod").args(["-R", "a-w"]).arg(cached.cache()))?;
    for _ in 0..2 {
        let output = as_nobody(&cached.command_with(&["--stats"])?).context("it worked before")?.output()?;
        let said = said(&output)?;
        ensure!(said.contains("compiled: 0") && !said.contains("warning"), "{said}");
    }
    Ok(())
}

#[test]
fn a_cache_may_be_on_another_file_system() -> Result<()> {
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else {
        wasmc_tests::say("not tested on another file system: no /dev/shm");
        return Ok(());
    };
    let cached = Cached::new(10)?;
    let cache: PathBuf = elsewhere.path().join("a/b");
    for expected in ["compiled: 1", "compiled: 0"] {
        let output = cached.command_with(&["--stats"])?.env("WASMC_CACHE_DIR", &cache).output()?;
        let said = said(&output)?;
        ensure!(said.contains(expected), "{said}");
    }
    ensure!(entries(&cache)?.len() == 1);
    Ok(())
}

/// What others put where we work, or what is none of ours, is neither used, nor waited for, nor removed.
#[test]
fn what_is_not_ours_is_left_alone() -> Result<()> {
    let cached = Cached::new(10)?;
    cached.run()?;
    let locks = cached.cache().join("locks");
    std::fs::create_dir_all(&locks)?;
    for file in [locks.join("package.lock"), cached.cache().join("sources/00/data.json")] {
        std::fs::create_dir_all(file.parent().context("a folder")?)?;
        std::fs::write(&file, b"precious")?;
        for verb in ["gc", "clear"] {
            cached.json(&[verb])?;
        }
        ensure!(file.exists(), "{}", file.display());
    }
    cached.run()?;
    // A pipe never ends.
    let entry = cached.entries()?.pop().context("an entry")?;
    let pipe = cached.at(".wasmc-pipe.tmp");
    for path in [&entry, &entry.with_extension("json"), &pipe] {
        let _ = std::fs::remove_file(path);
        wasmc_tests::tool::run(Command::new("mkfifo").arg(path))?;
    }
    cached.run()?;
    let mut compile = binary::wasmc()?;
    compile.arg("compile").arg(&cached.program).arg("-o").arg(cached.at("a.o"));
    wasmc_tests::tool::run(&mut compile)?;
    // A directory that others can write to is as good as none.
    std::fs::set_permissions(cached.cache(), std::fs::Permissions::from_mode(0o777))?;
    let said = cached.run()?;
    ensure!(said.contains("others could have written") && said.contains("nothing is kept"), "{said}");
    ensure!(!cached.wasmc(&["cache", "list"])?.output()?.status.success());
    Ok(())
}
