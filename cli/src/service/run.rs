//! Doing what a plan says: the one place that starts programs of the system.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use dataforge_node::api::{ApiError, ErrorKind};

use super::{Manager, Plan, Step, task};
use crate::error::Failure;

impl Plan {
    /// Returns the file as it is written.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        if self.is_utf16 { task::utf16(&self.text) } else { self.text.clone().into_bytes() }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let failed = |what: &str, path: &Path, error: &std::io::Error| {
            if error.kind() == std::io::ErrorKind::PermissionDenied {
                let failure = ApiError::new(ErrorKind::Storage, format!("cannot {what} {}: {error}", path.display()));
                return Failure::Api(failure.hint("a service of the machine needs an administrator: sudo, or --user"));
            }
            Failure::from_file(what, path, error)
        };
        if let Some(parent) = self.file.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed("make", parent, &error))?;
        }
        // Beside it and renamed, so that a manager never reads half of it.
        let temp = self.file.with_extension("new");
        std::fs::write(&temp, self.bytes()).map_err(|error| failed("write", &temp, &error))?;
        std::fs::rename(&temp, &self.file).map_err(|error| failed("write", &self.file, &error))
    }
}

fn start(step: &Step) -> std::io::Result<Output> {
    let (program, args) = step.command.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    Command::new(program).args(args).stdin(Stdio::null()).output()
}

/// Runs a step; returns what went wrong with one that may fail.
///
/// # Errors
/// `NotFound` when the manager is not there, `Storage` when it says no.
pub(crate) fn run(manager: Manager, step: &Step) -> Result<Option<String>, Failure> {
    let shown = step.command.join(" ");
    let output = match start(step) {
        Ok(output) => output,
        Err(error) if step.may_fail => return Ok(Some(format!("{shown}: {error}"))),
        Err(error) => return Err(absent(manager, &shown, &error)),
    };
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let said = if said.is_empty() { String::from_utf8_lossy(&output.stdout).trim().to_owned() } else { said };
    if step.may_fail { Ok(Some(format!("{shown}: {said}"))) } else { Err(refused(manager, &shown, &said)) }
}

/// Runs a step; returns whether it succeeded, and what it said.
///
/// # Errors
/// `NotFound` when the manager is not there.
pub(crate) fn run_quietly(manager: Manager, step: &Step) -> Result<(bool, String), Failure> {
    let output = start(step).map_err(|error| absent(manager, &step.command.join(" "), &error))?;
    let said = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    Ok((output.status.success(), String::from_utf8_lossy(said).trim().to_owned()))
}

fn absent(manager: Manager, shown: &str, error: &std::io::Error) -> Failure {
    let message = format!("{} is not to be had here: {shown}: {error}", manager.title());
    Failure::Api(ApiError::new(ErrorKind::NotFound, message).hint(
        "have whatever starts programs on this machine run dataforge up; dataforge service install --print shows what \
         would be set up",
    ))
}

fn refused(manager: Manager, shown: &str, said: &str) -> Failure {
    let failure = ApiError::new(ErrorKind::Storage, format!("{} says no: {shown}: {said}", manager.title()));
    let is_without_bus = ["connect to bus", "not been booted with systemd", "DBUS_SESSION_BUS_ADDRESS", "No medium found"]
        .iter()
        .any(|words| said.contains(words));
    Failure::Api(match manager {
        Manager::Systemd if is_without_bus => failure.hint(
            "systemd does not run here, or not for this person: log in as them rather than by su, or use --system with \
             sudo; in a container run dataforge up itself",
        ),
        Manager::Systemd => failure.hint(
            "journalctl says more, with --user for a service of your own; where the system has no user namespaces, \
             --unconfined leaves out what needs them",
        ),
        Manager::Launchd => failure.hint("log in on the desktop for a service of your own, or use sudo and --system"),
        Manager::Task => failure.hint("--system needs a terminal that was started as administrator"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{step, try_step};
    use super::*;

    #[test]
    fn a_manager_that_is_not_there_is_said_so() {
        let gone = "dataforge-no-such-program";
        let Err(Failure::Api(error)) = run(Manager::Systemd, &step(&[gone, "x"])) else { panic!("it is not there") };
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains("systemd is not to be had here") && error.hint.is_some(), "{error:?}");
        assert!(run(Manager::Systemd, &try_step(&[gone])).is_ok_and(|said| said.is_some()));
    }

    #[test]
    fn a_manager_without_a_bus_is_told_from_one_that_refuses() {
        let hint = |said: &str| match refused(Manager::Systemd, "systemctl", said) {
            Failure::Api(error) => error.hint.unwrap_or_default(),
            other => panic!("{other:?}"),
        };
        assert!(hint("System has not been booted with systemd as init system").contains("container"));
        assert!(hint("Failed to connect to bus: No medium found").contains("su"));
        assert!(hint("Unit x.service is masked.").contains("journalctl"));
    }
}
