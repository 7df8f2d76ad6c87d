//! Programs of others that come as Python modules.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Returns the Python that `DATAFORGE_PYTHON` names, else the one that is installed, if it has the
/// modules.
#[must_use]
pub fn python(modules: &[&str]) -> Option<PathBuf> {
    let python = std::env::var_os("DATAFORGE_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let mut command = Command::new(&python);
    command.args(["-c", &format!("import {}", modules.join(", "))]);
    let found = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success()).then_some(python)
}

/// Returns a script of the suite.
#[must_use]
pub fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("suite").join(path)
}

/// Returns a command of a script, which leaves nothing behind beside it.
#[must_use]
pub fn command(python: &Path, script: &Path) -> Command {
    let mut command = Command::new(python);
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUTF8", "1").stdin(Stdio::null());
    command
}

/// Runs a script to its end; returns its last line as JSON.
///
/// # Errors
/// What it said when it failed, or printed something else.
pub fn run(mut command: Command) -> Result<Value, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    parse(&output).map_err(|error| format!("{command:?}: {error}"))
}

/// Returns the last line that a script printed as JSON.
///
/// # Errors
/// What it said when it failed, or printed something else.
pub fn parse(output: &Output) -> Result<Value, String> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(format!("it ended with {}: {stdout}{stderr}", output.status));
    }
    let last = stdout.lines().last().unwrap_or_default();
    serde_json::from_str(last).map_err(|error| format!("it printed no JSON: {error}: {stdout}{stderr}"))
}
