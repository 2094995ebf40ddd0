//! Shows how far a long compilation is, if somebody watches.

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
    if !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    std::thread::scope(|scope| {
        let (done, until_done) = channel::<()>();
        let progress = &progress;
        scope.spawn(move || {
            let mut bar = None;
            let mut wait = PATIENCE;
            // The sender says nothing: it is dropped when the work is done.
            while until_done.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let (bytes, total) = progress.bytes();
                let bar = bar.get_or_insert_with(|| new_bar(file));
                bar.set_length(total);
                bar.set_position(bytes);
                wait = INTERVAL;
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        let result = work(progress);
        drop(done);
        result
    })
}

fn new_bar(file: &Path) -> ProgressBar {
    let template = "{prefix} [{bar:30}] {percent:>3} %, {elapsed}";
    let style = ProgressStyle::with_template(template).map(|style| style.progress_chars("=> "));
    let bar = ProgressBar::new(0).with_prefix(format!("compiling {}", file.display()));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
