//! One of the demo's two machines: a data directory, commands on it, and its node once it is up.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use dataforge_node::api::{ApiError, ErrorKind};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::failed;
use crate::error::Failure;

/// The longest one command may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Time a node gets to end in order.
const ENDING: Duration = Duration::from_secs(15);

/// A data directory and the node that has it, which ends with the value.
#[derive(Debug)]
pub(super) struct Station {
    program: PathBuf,
    name: &'static str,
    dir: PathBuf,
    node: Option<Child>,
}

impl Station {
    /// Makes a station; nothing runs yet.
    pub(super) fn new(program: &Path, name: &'static str, dir: PathBuf) -> Self {
        Self { program: program.to_owned(), name, dir, node: None }
    }

    /// Returns the data directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns a command as a user would type it.
    pub(super) fn shown(&self, args: &[&str]) -> String {
        let args: Vec<_> = args
            .iter()
            .map(
                |arg| if arg.contains(' ') && !arg.starts_with('"') { format!("\"{arg}\"") } else { (*arg).to_owned() },
            )
            .collect();
        format!("dataforge --dir {} {}", self.name, args.join(" "))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // The guard: a child that is dropped is killed.
        command.kill_on_drop(true).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_remove("DATAFORGE_DIR").arg("--dir").arg(&self.dir).args(args);
        command
    }

    async fn run(&self, args: &[&str]) -> Result<Output, Failure> {
        let shown = self.shown(args);
        let output = tokio::time::timeout(PATIENCE, self.command(args).output()).await;
        let output = output.map_err(|_elapsed| failed(format!("{shown} took more than {} s", PATIENCE.as_secs())))?;
        let output = output.map_err(|error| failed(format!("{shown} cannot be started: {error}")))?;
        if output.status.success() { Ok(output) } else { Err(child_failed(&shown, &output.stderr)) }
    }

    /// Runs a command; returns the bytes it printed.
    pub(super) async fn output(&self, args: &[&str]) -> Result<Vec<u8>, Failure> {
        Ok(self.run(args).await?.stdout)
    }

    /// Runs a command; returns the text it printed for people.
    pub(super) async fn text(&self, args: &[&str]) -> Result<String, Failure> {
        Ok(String::from_utf8_lossy(&self.output(args).await?).into_owned())
    }

    /// Runs a command; returns its reply.
    pub(super) async fn json(&self, args: &[&str]) -> Result<Value, Failure> {
        let args = [&["--json"], args].concat();
        let printed = self.output(&args).await?;
        serde_json::from_slice(&printed)
            .map_err(|error| failed(format!("{} printed no JSON: {error}", self.shown(&args))))
    }

    /// Starts the node and waits until it listens; returns what it said.
    pub(super) async fn up(&mut self) -> Result<Value, Failure> {
        let shown = self.shown(&["up"]);
        let mut command = self.command(&["--json", "up", "--while-stdin"]);
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("{shown} cannot be started: {error}")))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = tokio::time::timeout(PATIENCE, BufReader::new(stdout).read_line(&mut line)).await;
            drop(read.map_err(|_elapsed| failed(format!("{shown} does not get ready")))?);
        }
        match serde_json::from_str(&line) {
            Ok(reply) => {
                self.node = Some(child);
                Ok(reply)
            }
            Err(_) => {
                let output = child.wait_with_output().await.map_err(|error| failed(error.to_string()))?;
                Err(child_failed(&shown, &output.stderr))
            }
        }
    }

    /// Ends the node in order.
    pub(super) async fn end(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.node.take() else { return Ok(()) };
        // It runs while its standard input does.
        drop(child.stdin.take());
        match tokio::time::timeout(ENDING, child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(failed(format!("{} ended with {status}", self.shown(&["up"])))),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("{} does not end", self.shown(&["up"])))),
        }
    }

    /// Ends the node in order, for good.
    pub(super) async fn down(mut self) -> Result<(), Failure> {
        self.end().await
    }
}

/// The error of a child: what it said, with the command before it.
fn child_failed(shown: &str, stderr: &[u8]) -> Failure {
    let said = String::from_utf8_lossy(stderr);
    let json = serde_json::from_str::<Value>(&said)
        .ok()
        .and_then(|mut value| serde_json::from_value(value["error"].take()).ok());
    let error = json
        .unwrap_or_else(|| ApiError::new(ErrorKind::Internal, said.trim().trim_start_matches("error: ").to_owned()));
    ApiError { message: format!("the demo failed: {shown}: {}", error.message), ..error }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_childs_error_keeps_its_kind() {
        let said = br#"{"error":{"kind":"network","message":"nobody there","hint":"look"}}"#;
        let Failure::Api(error) = child_failed("dataforge sync", said) else { panic!("an error") };
        assert_eq!((error.kind, error.hint.as_deref()), (ErrorKind::Network, Some("look")));
        assert_eq!(error.message, "the demo failed: dataforge sync: nobody there");
        let Failure::Api(error) = child_failed("dataforge sync", b"error: broken\n") else { panic!("an error") };
        assert_eq!(error.message, "the demo failed: dataforge sync: broken");
    }
}
