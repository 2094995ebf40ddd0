//! A test that may crash runs itself again in a child process: a crash or a hang is then a failure like any other.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// Set in the child: the name of the test that it is to run.
const VARIABLE: &str = "WASMC_TEST_CHILD";

/// Runs `body` in a child process: the calling test, `test_name`, starts this test program again for itself alone.
///
/// An error if the child fails, is ended by a signal, or takes longer than `limit`.
pub fn run_apart(test_name: &str, limit: Duration, body: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::env::var_os(VARIABLE).is_some_and(|name| name == test_name) {
        return body();
    }
    let mut child = Command::new(std::env::current_exe()?)
        .args([test_name, "--exact", "--nocapture", "--test-threads=1"])
        .env(VARIABLE, test_name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let stdout = drain(child.stdout.take().context("stdout is piped")?);
    let stderr = drain(child.stderr.take().context("stderr is piped")?);
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("{test_name} does not end within {limit:?}\n{}{}", tail(stdout), tail(stderr));
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (stdout, stderr) = (tail(stdout), tail(stderr));
    ensure!(status.success(), "{test_name} in a child process: {status}\n{stdout}{stderr}");
    // What the child said is worth as much as if it had been said here.
    stderr.lines().filter(|line| line.starts_with("    ")).for_each(|line| crate::say(line.trim()));
    ensure!(stdout.contains("1 passed"), "{test_name} is not the name of a test");
    Ok(())
}

fn drain(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is still worth showing.
        drop(pipe.read_to_end(&mut bytes));
        bytes
    })
}

fn tail(output: std::thread::JoinHandle<Vec<u8>>) -> String {
    let bytes = output.join().unwrap_or_default();
    let start = bytes.len().saturating_sub(4000);
    String::from_utf8_lossy(&bytes[start..]).into_owned()
}
