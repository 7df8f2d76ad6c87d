//! The system's tools, run so that a failure says what was asked.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a command; returns what it printed.
pub(super) fn run(words: &[&str]) -> Result<String, String> {
    let (program, args) = words.split_first().ok_or("no command")?;
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Runs a command that must succeed, its words separated by blanks.
///
/// # Panics
/// When it fails.
pub(super) fn must(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    run(&words).unwrap_or_else(|why| panic!("{why}"))
}

/// Runs a command that must succeed with a text on its input.
///
/// # Panics
/// When it fails.
pub(super) fn must_with(line: &str, input: &str) -> String {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().expect("a command"));
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
    let written = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("our own child");
    assert!(output.status.success(), "{line}: {} ({written:?})\n{input}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
