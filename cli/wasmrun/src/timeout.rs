//! `--timeout`: a second thread that stops the program when its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wasmc_loader::InterruptHandle;

use crate::process::{self, STATUS_TIMEOUT};

/// How long a program that was interrupted has to come to its next check.
const GRACE: Duration = Duration::from_millis(200);
/// How often it is interrupted meanwhile: one that is about to wait in a host call does not notice the first time.
const INTERVAL: Duration = Duration::from_millis(5);

/// A running timeout.
#[derive(Debug)]
pub(crate) struct Timeout {
    expired: Arc<AtomicBool>,
}

impl Timeout {
    /// Interrupts the program after `duration`, and ends the process if that does not help.
    pub(crate) fn start(tool: &'static str, duration: Duration, handle: InterruptHandle) -> std::io::Result<Self> {
        let expired = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&expired);
        std::thread::Builder::new().name("timeout".to_owned()).stack_size(64 << 10).spawn(move || {
            std::thread::sleep(duration);
            flag.store(true, Ordering::SeqCst);
            let end = std::time::Instant::now() + GRACE;
            while std::time::Instant::now() < end {
                handle.interrupt();
                std::thread::sleep(INTERVAL);
            }
            process::say(&message(tool, duration));
            std::process::exit(STATUS_TIMEOUT);
        })?;
        Ok(Self { expired })
    }

    /// Whether the time is over.
    pub(crate) fn expired(&self) -> bool {
        self.expired.load(Ordering::SeqCst)
    }
}

/// What the user is told.
pub(crate) fn message(tool: &str, duration: Duration) -> String {
    format!("{tool}: timed out after {duration:?}")
}
