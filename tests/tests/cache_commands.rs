//! `wasmc cache`, `wasmc config` and `--stats` as people and jobs use them: limits, layers, archives and settings.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use wasmc_tests::cached::{Cached, files, module, open_to_all, said};
use wasmc_tests::{binary, tool};

/// What a command that must succeed prints.
fn printed(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8(tool::run(command)?.stdout)?)
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().with_context(|| format!("{value} is no text"))
}

#[test]
fn the_cache_can_be_looked_into() -> Result<()> {
    let cached = Cached::new(0)?;
    let file = cached.program.display().to_string();
    let cache = |arguments: &[&str]| -> Result<String> { printed(cached.wasmc(&["cache"])?.args(arguments)) };
    ensure!(cache(&["path"])?.trim() == cached.cache().display().to_string());
    ensure!(cached.json(&["path"])?.1["directory"] == cached.cache().display().to_string());
    ensure!(cache(&["list"])?.contains("nothing"));
    ensure!(cache(&["explain", &file])?.contains("nothing is in the cache"));
    for command in [&["list"][..], &["info"], &["verify"], &["gc"], &["clear"]] {
        ensure!(cached.json(command)?.0 == 0, "{command:?}");
    }
    ensure!(!cached.cache().exists(), "nothing was stored yet");

    ensure!(cache(&["warm", &file])?.contains("compiled: 1"));
    ensure!(cache(&["warm", &file])?.contains("compiled: 0"));
    ensure!(said(&cached.command_with(&["--stats"])?.output()?)?.contains("hits: 1, compiled: 0"));
    let listed = cached.json(&["list"])?.1;
    let key = text(&listed["entries"][0]["key"])?.to_owned();
    ensure!(cache(&["list"])?.contains(&key[..16]) && cache(&["list"])?.contains("app.wasm"));
    ensure!(cache(&["info", &key[..5]])?.contains(&key) && cache(&["info", &file])?.contains("optimization"));
    let totals = cached.json(&["info"])?.1;
    ensure!(totals["entries"] == 1 && totals["bytes"] == listed["entries"][0]["bytes"], "{totals}");

    // Why it hits, and why it misses.
    let explained = cached.json(&["explain", &file])?.1;
    ensure!(
        explained["hit"] == true && explained["key"] == *key && explained["inputs"] == listed["entries"][0]["inputs"]
    );
    let explained = cached.json(&["explain", "-O0", "--interruptible", &file])?.1;
    ensure!(explained["hit"] == false && explained["nearest"]["key"] == *key, "{explained}");
    let differences = explained["nearest"]["differences"].as_array().context("an array")?;
    let names: Vec<&str> = differences.iter().map(|one| text(&one["input"])).collect::<Result<_>>()?;
    ensure!(names == ["interruptible", "optimization"], "{names:?}");
    let shown = cache(&["explain", "-O0", &file])?;
    ensure!(shown.contains("miss") && shown.contains("Full there, None here"), "{shown}");

    // Keys may be shortened as long as they are those of one entry.
    ensure!(cache(&["warm", "-O0", &file])?.contains("compiled: 1"));
    let output = cached.wasmc(&["cache", "info", ""])?.output()?;
    ensure!(output.status.code() == Some(1), "{output:?}");
    for (number, word) in [(1, "0123456789"), (1, "missing.wasm"), (2, "--no-such-option")] {
        let output = cached.wasmc(&["cache", "info", word])?.output()?;
        ensure!(output.status.code() == Some(number), "{word}: {output:?}");
    }
    let compiled_and_failed = cached.json(&["warm", "-Os", &file, "missing.wasm"])?;
    ensure!(compiled_and_failed.0 == 1 && compiled_and_failed.1["compiled"] == 1, "{compiled_and_failed:?}");
    Ok(())
}

#[test]
fn what_is_damaged_is_found_and_removed() -> Result<()> {
    let cached = Cached::new(10)?;
    cached.run()?;
    let entry = cached.entries()?.pop().context("an entry")?;
    let mut bytes = std::fs::read(&entry)?;
    let modified = std::fs::metadata(&entry)?.modified()?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&entry, bytes)?;
    std::fs::File::open(&entry)?.set_modified(modified)?;
    let output = cached.wasmc(&["cache", "verify"])?.output()?;
    let shown = String::from_utf8(output.stdout)?;
    ensure!(output.status.code() == Some(1) && shown.contains("removed") && shown.contains("bad: 1"), "{shown}");
    ensure!(cached.entries()?.is_empty() && cached.json(&["verify"])?.0 == 0);
    Ok(())
}

#[test]
fn a_limit_holds_and_pinned_entries_stay() -> Result<()> {
    let cached = Cached::new(0)?;
    const LIMIT: u64 = 200 << 10;
    let program = |number: i32| cached.at(&format!("{number}.wasm"));
    let warm = |number: i32, limit: &[&str]| -> Result<()> {
        let mut command = cached.wasmc(&["cache", "warm"])?;
        printed(command.args(limit).arg(program(number)).env("WASMC_CACHE_MAX_SIZE", LIMIT.to_string()))?;
        Ok(())
    };
    let numbers = || -> Result<Vec<String>> {
        let listed = cached.json(&["list"])?.1;
        let mut names = Vec::new();
        for entry in listed["entries"].as_array().context("an array")? {
            names.push(text(&entry["name"])?.to_owned());
        }
        Ok(names)
    };
    for number in 0..24 {
        std::fs::write(program(number), module(100, number)?)?;
        warm(number, &[])?;
        if number == 0 {
            printed(cached.wasmc(&["cache", "pin"])?.arg(program(0)))?;
        }
        let bytes = cached.json(&["info"])?.1["bytes"].as_u64().context("a number")?;
        ensure!(bytes <= LIMIT, "{bytes} after {number}");
        ensure!(bytes > LIMIT / 4 || number < 8, "{bytes} after {number}");
        // Stored one after another.
        for file in files(&cached.cache().join("entries")) {
            let before = std::fs::metadata(&file)?.modified()? - Duration::from_secs(60);
            std::fs::File::open(&file)?.set_modified(before)?;
        }
    }
    let left = numbers()?;
    ensure!(left.contains(&"0.wasm".to_owned()) && left.contains(&"23.wasm".to_owned()), "{left:?}");
    ensure!(!left.contains(&"1.wasm".to_owned()), "{left:?}");
    // What another build stored goes before what was used longer ago.
    let recent = numbers()?.pop().context("an entry")?;
    let listed = cached.json(&["info", &cached.at(&recent).display().to_string()])?.1;
    let path = Path::new(text(&listed["entries"][0]["file"])?).to_owned();
    let mut description: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json"))?)?;
    description["inputs"]["build"] = "0000000000000000".into();
    let inputs = serde_json::from_value(description["inputs"].clone())?;
    let key = wasmc_cache::key(&inputs).to_string();
    let other = cached.cache().join("entries").join(&key[..2]).join(&key[2..]);
    std::fs::create_dir_all(other.parent().context("a folder")?)?;
    std::fs::rename(&path, &other)?;
    std::fs::remove_file(path.with_extension("json"))?;
    std::fs::write(other.with_extension("json"), description.to_string())?;
    std::fs::set_permissions(other.with_extension("json"), std::fs::Permissions::from_mode(0o600))?;
    let totals = cached.json(&["info"])?.1;
    ensure!(totals["of_other_builds"] == 1, "{totals}");
    let limit = totals["bytes"].as_u64().context("a number")? - 1;
    ensure!(cached.json(&["gc", "--cache-max-size", &limit.to_string()])?.1["removed"]["entries"] != 0);
    ensure!(!other.exists() && numbers()?.contains(&"0.wasm".to_owned()));
    // Pinned ones stay until they are not, or all is asked for.
    cached.json(&["clear"])?;
    ensure!(numbers()? == ["0.wasm"]);
    cached.json(&["gc", "--cache-max-size", "0"])?;
    ensure!(numbers()? == ["0.wasm"]);
    printed(cached.wasmc(&["cache", "unpin"])?.arg(program(0)))?;
    cached.json(&["gc", "--cache-max-size", "0"])?;
    ensure!(numbers()?.is_empty());
    Ok(())
}

#[test]
fn layers_are_read_and_never_written() -> Result<()> {
    let cached = Cached::new(10)?;
    let layer = cached.at("layer");
    let file = cached.program.display().to_string();
    printed(cached.wasmc(&["cache", "warm", &file, "--cache-dir"])?.arg(&layer))?;
    // It is copied into an image: the files are others, and belong to another user if that can be.
    let copy = cached.at("copy");
    tool::run(Command::new("cp").arg("-r").arg(&layer).arg(&copy))?;
    open_to_all(&copy)?;
    if tool::run(Command::new("chown").args(["-R", "65534"]).arg(&copy)).is_err() {
        wasmc_tests::say("not tested with a layer of another user: only root can");
    }
    let before = files(&copy);
    let stats = |layers: &str| -> Result<String> {
        said(&cached.command_with(&["--stats"])?.env("WASMC_CACHE_LAYERS", layers).output()?)
    };
    let layers = format!("/nonexistent:{}", copy.display());
    for _ in 0..2 {
        let said = stats(&layers)?;
        ensure!(said.contains("compiled: 0") && said.contains(&copy.display().to_string()), "{said}");
    }
    ensure!(cached.entries()?.is_empty() && files(&copy) == before);
    // It is looked through once, and that is noted.
    ensure!(files(&cached.cache().join("checks")).len() == 1);
    let entry = wasmc_tests::cached::entries(&copy)?.pop().context("an entry")?;
    let verify = || -> Result<(i32, Value)> { cached.json(&["verify", "--cache-layer", &copy.display().to_string()]) };
    ensure!(verify()?.0 == 0);
    ensure!(cached.json(&["clear", "--all", "--cache-layer", &copy.display().to_string()])?.0 == 0 && entry.exists());
    // Damaged: not used, named by verify, and left alone.
    let whole = std::fs::read(&entry)?;
    std::fs::write(&entry, vec![0; whole.len()])?;
    ensure!(stats(&layers)?.contains("compiled: 1"));
    let (status, verified) = verify()?;
    ensure!(status == 1 && verified["bad"][0]["removed"] == false && entry.exists(), "{verified}");
    // Whole again, and others may write into the folder that it lies in.
    std::fs::write(&entry, whole)?;
    cached.json(&["clear"])?;
    ensure!(stats(&layers)?.contains("compiled: 0"));
    std::fs::set_permissions(copy.join("entries"), std::fs::Permissions::from_mode(0o777))?;
    let explained = cached.json(&["explain", &file, "--cache-layer", &copy.display().to_string()])?.1;
    ensure!(text(&explained["flaws"][0]["flaw"])?.contains("others could have written"), "{explained}");
    ensure!(stats(&layers)?.contains("compiled: 1"));
    Ok(())
}

/// A runner has nothing but what the last one left.
#[test]
fn readme_s_job_compiles_nothing_when_it_runs_again() -> Result<()> {
    let readme = std::fs::read_to_string(wasmc_tests::root().join("README.md"))?;
    let job =
        readme.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).context("README shows no job")?;
    let steps: Vec<&str> = job.lines().filter_map(|line| line.trim().strip_prefix("- run: ")).collect();
    ensure!(steps.len() == 3 && job.contains("path: wasmc-cache.tar"), "{job}");
    let cached = Cached::new(0)?;
    let program = wat::parse_str("(module (func (export \"_start\")))")?;
    let kept = cached.at("kept.tar");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for (runner, expected) in [("one", "compiled: 1"), ("two", "compiled: 0")] {
        let checkout = cached.at(runner);
        std::fs::create_dir(&checkout)?;
        std::fs::write(checkout.join("app.wasm"), &program)?;
        let archive = checkout.join("wasmc-cache.tar");
        if kept.exists() {
            std::fs::copy(&kept, &archive)?;
        }
        let mut said = String::new();
        for step in &steps {
            let mut shell = Command::new("sh");
            shell.args(["-e", "-c", step]).current_dir(&checkout);
            let with_wasmc = std::env::join_paths(
                [binary::directory()?.to_owned()].into_iter().chain(std::env::split_paths(&path)),
            )?;
            shell.env("PATH", with_wasmc).env("WASMC_CACHE_DIR", checkout.join("cache")).env("WASMC_CONFIG", "");
            said += &String::from_utf8(tool::run(&mut shell)?.stderr)?;
        }
        ensure!(said.contains(expected), "{said}");
        std::fs::copy(&archive, &kept)?;
    }
    Ok(())
}

#[test]
fn the_second_run_of_a_job_compiles_nothing() -> Result<()> {
    let cached = Cached::new(100)?;
    let text_format = cached.at("app.wat");
    std::fs::write(&text_format, "(module (func (export \"run\") (result i32) (i32.const 42)))")?;
    let archive = cached.at("archive.tar").display().to_string();
    let run = |cache: &Path, program: &Path| -> Result<String> {
        let mut command = cached.wasmc(&["run", "--stats", "--invoke", "run"])?;
        said(&command.env("WASMC_CACHE_DIR", cache).arg(program).output()?)
    };
    let (first, second) = (cached.at("first"), cached.at("second"));
    for program in [&cached.program, &text_format] {
        let said = run(&first, program)?;
        ensure!(said.contains("compiled: 1"), "{said}");
    }
    printed(cached.wasmc(&["cache", "export", &archive])?.env("WASMC_CACHE_DIR", &first))?;
    // Another checkout, at another time, and another file of wasmc itself: the same build.
    let checkout = cached.at("checkout");
    std::fs::create_dir(&checkout)?;
    let imported = printed(cached.wasmc(&["cache", "import", &archive])?.env("WASMC_CACHE_DIR", &second))?;
    ensure!(imported.contains("2 entries"), "{imported}");
    let wasmc = cached.at("wasmc");
    std::fs::copy(binary::directory()?.join("wasmc"), &wasmc)?;
    for program in [&cached.program, &text_format] {
        let elsewhere = checkout.join(program.file_name().context("it has a name")?);
        std::fs::copy(program, &elsewhere)?;
        std::fs::File::open(&elsewhere)?.set_modified(SystemTime::UNIX_EPOCH)?;
        let mut command = Command::new(&wasmc);
        command.args(["run", "--stats", "--threads", "1", "--invoke", "run"]).arg(&elsewhere);
        let said = said(&command.env("WASMC_CACHE_DIR", &second).env("WASMC_CONFIG", "").output()?)?;
        ensure!(said.contains("hits: 1, compiled: 0"), "{said}");
    }
    // The same from the directory as it is, wherever it is put.
    let third = cached.at("third");
    tool::run(Command::new("cp").arg("-r").arg(&first).arg(&third))?;
    ensure!(run(&third, &cached.program)?.contains("compiled: 0"));
    // Two exports of the same are the same.
    let again = cached.at("again.tar").display().to_string();
    printed(cached.wasmc(&["cache", "export", &again])?.env("WASMC_CACHE_DIR", &second))?;
    ensure!(std::fs::read(&archive)? == std::fs::read(&again)?);
    let mut command = cached.wasmc(&["cache", "export", "-"])?;
    ensure!(tool::run(command.env("WASMC_CACHE_DIR", &second))?.stdout == std::fs::read(&archive)?);
    // Only what is asked for.
    let one = cached.at("one.tar").display().to_string();
    let mut command = cached.wasmc(&["cache", "--json", "export", &one])?;
    let exported: Value = serde_json::from_str(&printed(command.arg(&text_format).env("WASMC_CACHE_DIR", &second))?)?;
    ensure!(exported["exported"].as_array().map(Vec::len) == Some(1), "{exported}");
    Ok(())
}

#[test]
fn a_hostile_archive_is_refused_by_name() -> Result<()> {
    let cached = Cached::new(10)?;
    cached.run()?;
    let archive = cached.at("archive.tar");
    let exported = archive.display().to_string();
    printed(&mut cached.wasmc(&["cache", "export", &exported])?)?;
    let whole = std::fs::read(&archive)?;
    let fresh = Cached::new(0)?;
    let import = |bytes: &[u8]| -> Result<(Option<i32>, String)> {
        let archive = fresh.at("hostile.tar");
        std::fs::write(&archive, bytes)?;
        let output = fresh.wasmc(&["cache", "import"])?.arg(&archive).output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&said).into_owned()))
    };
    // Bits, all over: nothing but an entry that is whole is stored.
    for position in (0..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[position] ^= 0x10;
        let (status, said) = import(&bytes)?;
        ensure!(matches!(status, Some(0 | 1)), "{position}: {said}");
        ensure!(fresh.json(&["verify"])?.0 == 0, "{position}: {said}");
        ensure!(status == Some(1) || fresh.entries()?.len() == 1, "{position}: {said}");
        fresh.json(&["clear"])?;
    }
    for length in [0, 1, 511, 600, 1024, 1600, whole.len() / 2] {
        let (status, said) = import(&whole[..length])?;
        ensure!(status == Some(1), "{length}: {said}");
        ensure!(fresh.entries()?.is_empty());
    }
    // Archives that other tools make: ways out, links, devices.
    let folder = fresh.at("parts");
    std::fs::create_dir(&folder)?;
    std::os::unix::fs::symlink("/etc/passwd", folder.join("0".repeat(64)))?;
    std::fs::write(folder.join("note"), b"")?;
    let made = fresh.at("made.tar");
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(&made).args(["-P", "--transform", "s,.*note,../../../note,", "-C"]).arg(&folder).arg(".");
    if tool::run(&mut tar).is_ok() {
        let (status, said) = import(&std::fs::read(&made)?)?;
        ensure!(status == Some(1) && said.contains("../../../note") && said.contains("left out"), "{said}");
        ensure!(fresh.entries()?.is_empty());
    }
    // What names say is no business of a terminal.
    let mut bytes = whole.clone();
    bytes[..4].copy_from_slice(b"\x1b[2J");
    let sum: u32 = bytes[..148].iter().chain(&bytes[156..512]).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let (status, said) = import(&bytes)?;
    ensure!(status == Some(1) && said.contains("left out") && !said.contains('\x1b'), "{said:?}");
    // From a pipe.
    let mut command = fresh.wasmc(&["cache", "import", "-"])?;
    let mut child = command.stdin(std::process::Stdio::piped()).spawn()?;
    child.stdin.take().context("it is piped")?.write_all(&whole)?;
    ensure!(child.wait_with_output()?.status.success() && fresh.entries()?.len() == 1);
    Ok(())
}

#[test]
fn settings_have_an_order_and_say_where_they_come_from() -> Result<()> {
    let cached = Cached::new(0)?;
    let config = cached.at("config.toml");
    std::fs::write(
        &config,
        "[cache]\nenabled = false\ndirectory = \"from-file\"\nmax-size = \"3M\"\nlayers = [\"/one\", \"two\"]\n",
    )?;
    let settings = |change: &dyn Fn(&mut Command)| -> Result<Value> {
        let mut command = cached.wasmc(&["config", "--json"])?;
        command.env_remove("WASMC_CACHE_DIR").env("WASMC_CONFIG", &config);
        change(&mut command);
        Ok(serde_json::from_str(&printed(&mut command)?)?)
    };
    let is = |value: &Value, name: &str, expected: Value, origin: &str| -> Result<()> {
        let setting = &value["settings"][name];
        ensure!(setting["value"] == expected && setting["origin"] == origin, "{name}: {setting}");
        Ok(())
    };
    let from_file = cached.at("from-file").display().to_string();
    let two = cached.at("two").display().to_string();
    let value = settings(&|_| {})?;
    is(&value, "cache.enabled", false.into(), "file")?;
    is(&value, "cache.directory", (*from_file).into(), "file")?;
    is(&value, "cache.max-size", (3 << 20).into(), "file")?;
    is(&value, "cache.layers", vec!["/one".to_owned(), two].into(), "file")?;
    let environment = |command: &mut Command| {
        command.env("WASMC_CACHE", "on").env("WASMC_CACHE_DIR", "/from/environment");
        command.env("WASMC_CACHE_MAX_SIZE", "2M").env("WASMC_CACHE_LAYERS", "/three:/four");
    };
    let value = settings(&environment)?;
    is(&value, "cache.enabled", true.into(), "environment")?;
    is(&value, "cache.directory", "/from/environment".into(), "environment")?;
    is(&value, "cache.max-size", (2 << 20).into(), "environment")?;
    is(&value, "cache.layers", vec!["/three", "/four"].into(), "environment")?;
    let value = settings(&|command| {
        environment(command);
        command.args(["--no-cache", "--cache-dir", "/flag", "--cache-max-size", "1M", "--cache-layer", "/five"]);
    })?;
    is(&value, "cache.enabled", false.into(), "flag")?;
    is(&value, "cache.directory", "/flag".into(), "flag")?;
    is(&value, "cache.max-size", (1 << 20).into(), "flag")?;
    is(&value, "cache.layers", vec!["/five"].into(), "flag")?;
    // The standard places, of which none need be there.
    let home = cached.folder.path();
    let value = settings(&|command| {
        command.env_remove("WASMC_CONFIG").env("HOME", home);
        command.env_remove("XDG_CACHE_HOME").env_remove("XDG_CONFIG_HOME");
    })?;
    ensure!(value["file"]["path"] == home.join(".config/wasmc/config.toml").display().to_string(), "{value}");
    is(&value, "cache.directory", home.join(".cache/wasmc").display().to_string().into(), "default")?;
    let shown = printed(cached.wasmc(&["config"])?.env("WASMC_CONFIG", &config).env_remove("WASMC_CACHE_DIR"))?;
    for word in ["cache.directory", &from_file, "config.toml", "3.00 MiB"] {
        ensure!(shown.contains(word), "{shown}");
    }
    // Programs run as it says.
    let run = |variables: &[(&str, &str)]| -> Result<String> {
        let mut command = cached.command_with(&["--stats"])?;
        command.env("WASMC_CONFIG", &config).env_remove("WASMC_CACHE_DIR").envs(variables.iter().copied());
        said(&command.output()?)
    };
    ensure!(run(&[])?.contains("not kept") && run(&[("WASMC_CACHE", "on")])?.contains("compiled and kept"));
    ensure!(cached.at("from-file/CACHEDIR.TAG").exists());
    Ok(())
}

#[test]
fn a_wrong_setting_is_named() -> Result<()> {
    let cached = Cached::new(0)?;
    let config = cached.at("config.toml");
    let config_name = config.display().to_string();
    let fails = |status: i32, words: &[&str], name: &str, value: &str| -> Result<()> {
        for command in [&["config"][..], &["cache", "list"], &["run", "--invoke", "run"]] {
            let mut command = cached.wasmc(command)?;
            if command.get_args().next().is_some_and(|verb| verb == "run") {
                command.arg(&cached.program);
            }
            let output = command.env(name, value).output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.code() == Some(status), "{command:?}: {output:?}");
            ensure!(words.iter().all(|word| said.contains(word)), "{command:?}: {said}");
        }
        Ok(())
    };
    for (text, word) in [
        ("[cache]\nmax_size = 1", "max_size"),
        ("[cahce]", "cahce"),
        ("[cache]\nmax-size = \"much\"", "unit"),
        ("[cache", "config.toml"),
    ] {
        std::fs::write(&config, text)?;
        fails(1, &["config.toml", word], "WASMC_CONFIG", &config_name)?;
    }
    fails(1, &["missing.toml"], "WASMC_CONFIG", &cached.at("missing.toml").display().to_string())?;
    fails(2, &["WASMC_CACHE_MAX_SIZE", "much"], "WASMC_CACHE_MAX_SIZE", "much")?;
    fails(2, &["WASMC_CACHE", "perhaps"], "WASMC_CACHE", "perhaps")?;
    Ok(())
}
