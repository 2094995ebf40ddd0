//! Shows how far a long compilation is, or what is waited for, if somebody watches.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wasmc_compiler::Progress;

/// What takes less is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);
const INTERVAL: Duration = Duration::from_millis(100);

/// Does `work`, which compiles `file`, and shows its progress on standard error if that is a terminal.
pub(crate) fn watch<T>(file: &Path, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    let update = |bar: &ProgressBar| {
        let (bytes, total) = progress.bytes();
        bar.set_length(total);
        bar.set_position(bytes);
    };
    let template = "{prefix} [{bar:30}] {percent:>3} %, {elapsed}";
    let new_bar = || new_bar(template, format!("compiling {}", file.display()));
    while_shown(new_bar, update, || work(&progress))
}

/// Does `work`, which waits for another process to compile `file`, and says so on standard error if that is a terminal.
pub(crate) fn wait<T>(file: &Path, work: impl FnOnce() -> T) -> T {
    let message = || format!("waiting for another wasmc that compiles {}", file.display());
    while_shown(|| new_bar("{prefix}, {elapsed}", message()), ProgressBar::tick, work)
}

fn while_shown<T>(
    new_bar: impl Fn() -> ProgressBar + Send,
    update: impl Fn(&ProgressBar) + Send,
    work: impl FnOnce() -> T,
) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    std::thread::scope(|scope| {
        let (done, until_done) = channel::<()>();
        scope.spawn(move || {
            let mut bar = None;
            let mut wait = PATIENCE;
            // The sender says nothing: it is dropped when the work is done.
            while until_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                update(bar.get_or_insert_with(&new_bar));
                wait = INTERVAL;
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}

fn new_bar(template: &str, prefix: String) -> ProgressBar {
    let style = ProgressStyle::with_template(template).map(|style| style.progress_chars("=> "));
    let bar = ProgressBar::new(0).with_prefix(prefix);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
