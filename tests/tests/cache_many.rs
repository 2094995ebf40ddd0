//! Many processes on one cache: one compiles and the others wait, and whoever is killed, or has everything taken away
//! under its feet, stops nobody.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use wasmc_tests::cached::{Cached, files, module, said};
use wasmc_tests::random::Random;

#[test]
fn one_compiles_and_the_others_wait() -> Result<()> {
    let cached = Cached::new(3000)?;
    let children = (0..8).map(|_| Ok(cached.command_with(&["--stats"])?.spawn()?)).collect::<Result<Vec<Child>>>()?;
    let mut compiled = 0;
    for child in children {
        compiled += usize::from(said(&child.wait_with_output()?)?.contains("compiled: 1"));
    }
    ensure!(compiled == 1, "{compiled} compiled");
    ensure!(files(&cached.cache().join("locks")).is_empty());
    Ok(())
}

#[test]
fn many_processes_share_a_cache() -> Result<()> {
    let cached = Cached::new(3000)?;
    for round in 0..4 {
        let mut children = (0..8).map(|_| Ok(cached.command()?.spawn()?)).collect::<Result<Vec<Child>>>()?;
        // Two are killed on their way, and everything is taken away under the feet of the others.
        std::thread::sleep(Duration::from_millis(30 * (round + 1)));
        for child in &mut children[..2] {
            child.kill()?;
        }
        if round % 2 == 1 {
            drop(std::fs::remove_dir_all(cached.cache().join("entries")));
        }
        for (number, child) in children.into_iter().enumerate() {
            let output = child.wait_with_output()?;
            if number >= 2 {
                said(&output).with_context(|| format!("round {round}"))?;
            }
        }
    }
    ensure!(cached.run()?.is_empty());
    ensure!(cached.entries()?.len() == 1, "{:?}", cached.entries()?);
    Ok(())
}

#[test]
fn whoever_is_killed_leaves_nothing_that_harms() -> Result<()> {
    let cached = Cached::new(1500)?;
    let start = Instant::now();
    cached.run()?;
    let whole_run = start.elapsed();
    let mut random = Random::new(7);
    for round in 0..40 {
        if round % 4 != 3 {
            cached.wasmc(&["cache", "clear"])?.output()?;
        }
        let mut children = (0..2).map(|_| Ok(cached.command()?.spawn()?)).collect::<Result<Vec<Child>>>()?;
        for child in &mut children {
            std::thread::sleep(whole_run.mul_f64(random.below(100) as f64 / 160.0));
            child.kill()?;
            child.wait()?;
        }
        ensure!(cached.run()?.is_empty(), "round {round}");
    }
    let (status, verified) = cached.json(&["verify"])?;
    ensure!(status == 0 && verified["whole"] == 1, "{verified}");
    // Dead processes hold no lock, so what they left is known to be theirs.
    cached.wasmc(&["cache", "gc"])?.output()?;
    let left = files(&cached.cache());
    let is_left = |file: &&std::path::PathBuf| {
        file.to_string_lossy().contains("unfinished") || file.parent().is_some_and(|folder| folder.ends_with("locks"))
    };
    ensure!(left.iter().find(is_left).is_none(), "{left:?}");
    Ok(())
}

#[test]
fn eviction_and_verification_disturb_nobody() -> Result<()> {
    let cached = Cached::new(0)?;
    const PROGRAMS: i32 = 6;
    for number in 0..PROGRAMS {
        std::fs::write(cached.at(&format!("{number}.wasm")), module(200, number)?)?;
    }
    let end = Instant::now() + Duration::from_secs(6);
    std::thread::scope(|scope| {
        let runner = |first: i32| {
            let cached = &cached;
            move || -> Result<u32> {
                let mut runs = 0;
                while Instant::now() < end {
                    let number = (first + runs as i32) % PROGRAMS;
                    let mut command = cached.wasmc(&["run", "--invoke", "run"])?;
                    // Room for about two.
                    command.env("WASMC_CACHE_MAX_SIZE", "150K");
                    let output = command.arg(cached.at(&format!("{number}.wasm"))).output()?;
                    let expected = format!("{number}\n");
                    ensure!(output.status.success() && output.stdout == expected.as_bytes(), "{output:?}");
                    ensure!(output.stderr.is_empty(), "{output:?}");
                    runs += 1;
                }
                Ok(runs)
            }
        };
        let keeper = |arguments: &'static [&'static str]| {
            let cached = &cached;
            move || -> Result<u32> {
                let mut runs = 0;
                while Instant::now() < end {
                    let (status, said) = cached.json(arguments)?;
                    ensure!(status == 0, "{arguments:?}: {said}");
                    runs += 1;
                }
                Ok(runs)
            }
        };
        let runners: Vec<_> = (0..4).map(|first| scope.spawn(runner(first))).collect();
        let keepers: Vec<_> = [&["verify"][..], &["gc", "--cache-max-size", "60K"], &["clear"], &["list"]]
            .map(|arguments| scope.spawn(keeper(arguments)))
            .into_iter()
            .collect();
        for thread in runners.into_iter().chain(keepers) {
            let runs = thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??;
            ensure!(runs > 1, "only {runs} runs");
        }
        Ok(())
    })
}

#[test]
fn a_program_goes_on_when_its_entry_is_evicted_or_made_anew() -> Result<()> {
    let cached = Cached::new(0)?;
    // Waits for a byte; then calls functions of many pages that it has not touched before, and writes what it got.
    let functions = 3000;
    let more: String = (0..functions)
        .map(|number| format!("(func $f{number} (param i64) (result i64) (i64.add (i64.mul (local.get 0) (i64.const {number})) (i64.const 1)))"))
        .collect();
    let calls: String = (0..functions).map(|number| format!("(call $f{number} (i64.const 1)) i64.add ")).collect();
    let text = format!(
        r#"(module
             (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
             (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
             (memory (export "memory") 40)
             (data (i32.const 0) "\10\00\00\00\01\00\00\00") (data (i32.const 2000000) "whole\n")
             {more}
             (func (export "_start")
               (i32.store8 (i32.const 16) (i32.const 46)) (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 1))
               (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
               (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
               i64.const 0 {calls} i64.const {sum} i64.ne if unreachable end
               (i32.store (i32.const 0) (i32.const 2000000)) (i32.store (i32.const 4) (i32.const 6))
               (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
        sum = (0..functions).map(|number| i64::from(number) + 1).sum::<i64>(),
    );
    std::fs::write(&cached.program, wat::parse_str(text)?)?;
    let file = cached.program.display().to_string();
    let command = || -> Result<Child> { Ok(cached.wasmc(&["run", &file])?.stdin(Stdio::piped()).spawn()?) };
    ensure!(cached.json(&["warm", &file])?.0 == 0);
    for disturb in [&["clear", "--all"][..], &["gc", "--cache-max-size", "0"], &["warm"]] {
        let mut child = command()?;
        let mut first = [0];
        child.stdout.as_mut().context("it is piped")?.read_exact(&mut first)?;
        if disturb == ["warm"] {
            // Damaged under its description: found so, and made anew in another file.
            let entry = cached.entries()?.pop().context("an entry")?;
            let bytes = std::fs::read(&entry)?;
            std::fs::remove_file(&entry)?;
            std::fs::write(&entry, &bytes[..bytes.len() / 2])?;
            ensure!(cached.json(&["warm", &file])?.1["compiled"] == 1);
        } else {
            cached.json(disturb)?;
            ensure!(cached.entries()?.is_empty());
        }
        child.stdin.take().context("it is piped")?.write_all(b"x")?;
        let output = child.wait_with_output()?;
        ensure!(output.status.success() && output.stdout == b"whole\n", "{disturb:?}: {output:?}");
        ensure!(cached.json(&["warm", &file])?.0 == 0);
    }
    Ok(())
}
