//! The terminal session that README.md shows is what happens.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use wasmc_tests::{binary, root};

#[test]
fn the_session_is_real() -> Result<()> {
    let readme = std::fs::read_to_string(root().join("README.md"))?;
    let session = readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next());
    let session = session.context("README.md shows no session")?;
    let folder = tempfile::tempdir()?;
    std::os::unix::fs::symlink(root().join("tests"), folder.path().join("tests"))?;
    let mut path = binary::directory()?.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut found = String::new();
    for command in session.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let mut shell = Command::new("sh");
        let output =
            shell.args(["-c", &format!("({command}) 2>&1")]).current_dir(&folder).env("PATH", &path).output()?;
        found += &format!("$ {command}\n{}", String::from_utf8_lossy(&output.stdout));
    }
    ensure!(found == session, "what happens is\n{found}");
    Ok(())
}
