//! Having the system keep a node up: what is written for each service manager, and what is run.
//!
//! Making the texts is the same on every system, so that all three are tested on each; `run` is the
//! only part that starts a program of the system.

mod launchd;
mod run;
mod systemd;
mod task;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub(crate) use self::run::{run, run_quietly};
use crate::error::Failure;

/// What programs of this kind are called.
pub(crate) const NAME: &str = "dataforge";

/// A service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Manager {
    /// Linux.
    Systemd,
    /// macOS.
    Launchd,
    /// Windows.
    Task,
}

impl Manager {
    /// Returns the one of this system.
    pub(crate) const fn this() -> Self {
        if cfg!(windows) {
            Self::Task
        } else if cfg!(target_os = "macos") {
            Self::Launchd
        } else {
            Self::Systemd
        }
    }

    /// Returns what it is called.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Task => "the Task Scheduler",
        }
    }
}

/// Whose a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// This person's: runs when they are logged in, or always where the system is told to let it linger.
    User,
    /// The machine's, from its start on: it runs as the owner of the data directory.
    System {
        /// The owner: a name, or a number where the system knows people by numbers.
        user: String,
    },
}

/// What is to be kept up.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    /// Name, which tells data directories apart.
    pub(crate) name: String,
    /// The program.
    pub(crate) program: PathBuf,
    /// Data directory.
    pub(crate) dir: PathBuf,
    /// The file with the passphrase of a sealed key.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Directories that it may write besides its data.
    pub(crate) writable: Vec<PathBuf>,
    /// Whose it is.
    pub(crate) scope: Scope,
    /// Whether it is confined to what it needs, where the system can do that.
    pub(crate) is_confined: bool,
    /// Where this person's files are.
    pub(crate) home: PathBuf,
    /// Where this person's settings are.
    pub(crate) settings: PathBuf,
    /// What this person is called by the system: a number on Unix, a name on Windows.
    pub(crate) user: String,
}

impl Service {
    /// Returns the arguments of the program.
    fn args(&self) -> Vec<String> {
        let mut args = vec!["--dir".to_owned(), self.dir.display().to_string()];
        if let Some(file) = &self.passphrase_file {
            args.extend(["--passphrase-file".to_owned(), file.display().to_string()]);
        }
        args.push("up".to_owned());
        args
    }

    const fn is_system(&self) -> bool {
        matches!(self.scope, Scope::System { .. })
    }
}

/// A command of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// Program and arguments.
    pub(crate) command: Vec<String>,
    /// Whether all goes on when it fails.
    pub(crate) may_fail: bool,
}

fn step(command: &[&str]) -> Step {
    Step { command: command.iter().map(|&word| word.to_owned()).collect(), may_fail: false }
}

fn try_step(command: &[&str]) -> Step {
    Step { may_fail: true, ..step(command) }
}

/// What a service manager is given, and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The file that describes the service.
    pub(crate) file: PathBuf,
    /// Its text.
    pub(crate) text: String,
    /// Whether it is UTF-16, as Windows wants it.
    pub(crate) is_utf16: bool,
    /// What is run once it is written.
    pub(crate) install: Vec<Step>,
    /// What is run before it is removed.
    pub(crate) remove: Vec<Step>,
    /// What is run once it is gone.
    pub(crate) removed: Vec<Step>,
    /// What says how it is doing: it runs when this succeeds.
    pub(crate) status: Step,
    /// What a person should know.
    pub(crate) notes: Vec<String>,
}

/// Makes a plan for a manager.
///
/// # Errors
/// `Usage` when a path cannot be written down.
pub(crate) fn plan(manager: Manager, service: &Service) -> Result<Plan, Failure> {
    for path in [&service.program, &service.dir].into_iter().chain(&service.passphrase_file).chain(&service.writable) {
        let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
        if text.is_none() {
            return Err(Failure::usage(
                format!("{} cannot be written into a service: it has signs that are no letters", path.display()),
                "rename it, or make a link to it that has a plain name",
            ));
        }
    }
    Ok(match manager {
        Manager::Systemd => systemd::plan(service),
        Manager::Launchd => launchd::plan(service),
        Manager::Task => task::plan(service),
    })
}

/// Returns the name of the service of a data directory: the plain one for the usual directory, others
/// are told apart by a number that follows from the path.
pub(crate) fn name_of(dir: &Path, usual: Option<&Path>) -> String {
    if usual == Some(dir) {
        return NAME.to_owned();
    }
    // FNV-1a: it has to be the same tomorrow, and nothing more.
    let hash = dir.as_os_str().as_encoded_bytes().iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    format!("{NAME}-{hash:08x}")
}

/// Writes text for XML.
fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn service(scope: Scope) -> Service {
        Service {
            name: "dataforge".into(),
            program: "/opt/data forge/dataforge".into(),
            dir: "/data/100% \"a\" & <b> $x".into(),
            passphrase_file: None,
            writable: Vec::new(),
            scope,
            is_confined: true,
            home: "/home/ada".into(),
            settings: "/home/ada/.config".into(),
            user: "1000".into(),
        }
    }

    #[test]
    fn each_directory_has_a_name_of_its_own() {
        let (usual, other) = (Path::new("/home/ada/.local/share/dataforge"), Path::new("/data/field"));
        assert_eq!(name_of(usual, Some(usual)), "dataforge");
        assert_eq!(name_of(other, Some(usual)), name_of(other, None));
        assert_ne!(name_of(other, None), name_of(Path::new("/data/fiele"), None));
        assert_eq!(name_of(other, None).len(), "dataforge-".len() + 8);
    }

    #[test]
    fn paths_that_would_end_a_line_are_refused() {
        for manager in [Manager::Systemd, Manager::Launchd, Manager::Task] {
            let bad = Service { dir: "/data/a\nExecStart=/bin/sh".into(), ..service(Scope::User) };
            assert!(plan(manager, &bad).is_err());
            assert!(plan(manager, &service(Scope::User)).is_ok());
        }
    }
}
