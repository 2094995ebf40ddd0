//! WebAssembly's official suite, and cases of our own beside it, through the real path: each module is compiled to an
//! object, loaded from it, and run. Prints how many assertions passed, failed and were skipped.
//!
//! `cargo test -p wasmc-tests --test spec -- NAME...` runs the scripts whose names contain one of the words.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use wasmc::wast::{Options, Report, run_script};
use wasmc_compiler::CompileOptions;
use wasmc_compiler::options::{BoundsChecks, Optimization};
use wasmc_contract::target::Target;
use wasmc_tests::scripts::{self, Script};

/// How many failures of one script are printed.
const FAILURES_SHOWN: usize = 10;

/// The stack of a thread that runs scripts: they nest blocks deeply, and debug builds use much stack for it.
const STACK_BYTES: usize = 64 << 20;

fn main() -> Result<ExitCode> {
    let filters: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut scripts = scripts::all()?;
    scripts.retain(|script| filters.is_empty() || filters.iter().any(|filter| script.name.contains(filter.as_str())));
    // The largest first, so that no thread is left with one of them at the end.
    scripts.sort_by_key(|script| std::cmp::Reverse(script.text.len()));
    let mut is_success = true;
    for (name, options) in variants() {
        let mut reports = run_all(&scripts, &options);
        reports.sort_by(|left, right| left.name.cmp(&right.name));
        for report in reports.iter().filter(|report| !report.is_success()) {
            print_shortened(report);
        }
        let sum = |count: fn(&Report) -> usize| reports.iter().map(count).sum::<usize>();
        let (passed, failed, skipped) = (sum(|it| it.passed), sum(|it| it.failures.len()), sum(|it| it.skipped));
        let stale = sum(|it| it.stale_skips.len());
        println!("{} scripts, {name}: {passed} passed, {failed} failed, {skipped} skipped", reports.len());
        if stale != 0 {
            println!("{stale} entries of spec/skips.toml are not needed");
        }
        is_success &= failed + stale == 0;
    }
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The ways in which everything is compiled: code differs much between them.
fn variants() -> Vec<(&'static str, CompileOptions)> {
    let defaults = wasmc_tests::compile_options();
    let quick = CompileOptions {
        optimization: Optimization::None,
        bounds_checks: BoundsChecks::Explicit,
        interruptible: true,
        canonical_nans: true,
        ..defaults.clone()
    };
    let mut variants = vec![
        ("for the baseline CPU", defaults.clone()),
        ("without optimisation, with explicit checks, interruptible, with canonical NaNs", quick),
    ];
    variants.extend(
        wasmc_tests::cpu_levels()
            .into_iter()
            .map(|(name, cpu_features)| (name, CompileOptions { cpu_features, ..defaults.clone() })),
    );
    // Code for other systems in their containers, as far as this CPU runs it.
    let others = Target::ALL
        .into_iter()
        .filter(|target| *target != defaults.target && target.architecture == defaults.target.architecture);
    variants
        .extend(others.map(|target| (target.name(), CompileOptions { verify: true, ..CompileOptions::new(target) })));
    variants
}

fn run_all(scripts: &[Script], compile: &CompileOptions) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    let work = || {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let load = wasmc_loader::Image::from_foreign_bytes;
            let options = Options { compile: compile.clone(), load, skips: script.skips.clone() };
            let report = run_script(&script.name, &script.text, &options);
            reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).expect("a thread starts");
        }
    });
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn print_shortened(report: &Report) {
    let all = std::env::var_os("WASMC_SPEC_ALL").is_some();
    let shown = if all { usize::MAX } else { FAILURES_SHOWN };
    let mut short = report.clone();
    short.failures.truncate(shown);
    let left_out = report.failures.len() - short.failures.len();
    let text = short.to_string();
    let (lines, _) = text.rsplit_once('\n').unwrap_or_default();
    println!("{lines}");
    if left_out != 0 {
        println!("{}: {left_out} more failures; WASMC_SPEC_ALL=1 shows them", report.name);
    }
}
