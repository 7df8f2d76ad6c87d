//! `dataforge service`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dataforge_node::api::{ApiError, ErrorKind};
use serde::Serialize;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};
use crate::service::{self, Manager, Plan, Scope, Service as Kept, run, run_quietly};
use crate::{directory, secret};

/// Has the system keep this node up: a unit of systemd, an agent of launchd, a task of Windows.
#[derive(Debug, Args)]
pub(crate) struct Service {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Set it up and start it; once more to change it
    Install(Install),
    /// Stop it and take it away; the data stay
    Remove(Whose),
    /// Say whether it is set up and runs
    Status(Whose),
}

#[derive(Debug, Args)]
struct Install {
    #[command(flatten)]
    whose: Whose,
    /// Only print what would be set up
    #[arg(long)]
    print: bool,
    /// Leave out what needs namespaces of the kernel, where the system has none for users (systemd)
    #[arg(long)]
    unconfined: bool,
    /// A directory that the node may write besides its data, for exports and backups; may be repeated (systemd)
    #[arg(long, value_name = "DIR")]
    writable: Vec<PathBuf>,
    /// With --print: for another system's service manager
    #[arg(long = "for", value_enum, value_name = "MANAGER", requires = "print")]
    manager: Option<Manager>,
}

#[derive(Debug, Args)]
struct Whose {
    /// This person's service; the default
    #[arg(long, conflicts_with = "system")]
    user: bool,
    /// The machine's service, run as the owner of the data directory; needs an administrator
    #[arg(long)]
    system: bool,
}

/// What is said of a service.
#[derive(Debug, Serialize)]
struct Told {
    reply: &'static str,
    manager: Manager,
    name: String,
    file: PathBuf,
    /// Whether it is set up.
    installed: bool,
    /// Whether it runs.
    running: bool,
    /// The text of the file, when it was only to be printed.
    text: Option<String>,
    /// What is run, or would be.
    commands: Vec<String>,
    notes: Vec<String>,
}

impl Human for Told {
    fn human(&self) -> String {
        if let Some(text) = &self.text {
            let mut shown = format!("# {}\n{}", self.file.display(), text.replace("\r\n", "\n"));
            for command in &self.commands {
                shown.push_str(&format!("\n# then: {command}"));
            }
            return shown;
        }
        let state = match (self.installed, self.running) {
            (true, true) => "is set up and runs",
            (true, false) => "is set up and does not run",
            (false, true) => "runs and is not set up to start again",
            (false, false) => "is not set up: dataforge service install",
        };
        let mut lines = vec![format!("the service {} {state}", self.name)];
        if self.installed {
            lines.push(format!("file   {}", clean(&self.file.display().to_string())));
        }
        lines.extend(self.notes.iter().map(|note| clean_lines(note)));
        lines.join("\n")
    }
}

/// Words of the system, line by line.
fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

impl Service {
    /// Does it.
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let told = match self.action {
            Action::Install(install) => install.run(context)?,
            Action::Remove(whose) => remove(context, &whose)?,
            Action::Status(whose) => status(context, &whose)?,
        };
        context.show(&told)
    }
}

fn told(manager: Manager, kept: &Kept, plan: &Plan) -> Told {
    Told {
        reply: "service",
        manager,
        name: kept.name.clone(),
        file: plan.file.clone(),
        installed: plan.file.exists(),
        running: false,
        text: None,
        commands: Vec::new(),
        notes: plan.notes.clone(),
    }
}

impl Install {
    fn run(&self, context: &Context) -> Result<Told, Failure> {
        let manager = self.manager.unwrap_or_else(Manager::this);
        let writable = self.writable.iter().map(|dir| directory::absolute(dir)).collect::<Result<_, _>>()?;
        let kept = Kept { is_confined: !self.unconfined, writable, ..kept(context, &self.whose)? };
        let plan = service::plan(manager, &kept)?;
        let commands = plan.install.iter().map(|step| step.command.join(" ")).collect();
        if self.print {
            return Ok(Told { text: Some(plan.text.clone()), commands, ..told(manager, &kept, &plan) });
        }
        see_that_it_can_start(context)?;
        let was_there = plan.file.exists();
        plan.write()?;
        let mut notes = plan.notes.clone();
        for step in &plan.install {
            match run(manager, step) {
                Ok(note) => notes.extend(note),
                Err(failure) => {
                    if !was_there {
                        // What could not be set up is not half there.
                        drop(std::fs::remove_file(&plan.file));
                    }
                    return Err(failure);
                }
            }
        }
        let (running, _) = run_quietly(manager, &plan.status)?;
        Ok(Told { running, commands, notes, ..told(manager, &kept, &plan) })
    }
}

/// A service that cannot start would be tried again for ever, and nobody would see why.
fn see_that_it_can_start(context: &Context) -> Result<(), Failure> {
    if !context.dir.join("keys/identity.json").exists() {
        let missing = format!("{} has no workspace yet: there is nothing to keep up", context.dir.display());
        let hint = "dataforge init NAME makes one, dataforge join TICKET joins one; --dir names another directory";
        return Err(ApiError::new(ErrorKind::NotFound, missing).hint(hint).into());
    }
    if let Some(file) = context.passphrase_file() {
        secret::from_file(file)?;
    } else if dataforge_node::key::status(&context.dir).is_ok_and(|status| status.sealed) {
        return Err(Failure::usage(
            "the key is sealed, and nobody is there to be asked when the machine starts",
            "give --passphrase-file FILE, which the service reads at its start, or dataforge key unseal",
        ));
    }
    Ok(())
}

fn remove(context: &Context, whose: &Whose) -> Result<Told, Failure> {
    let (manager, kept) = (Manager::this(), kept(context, whose)?);
    let plan = service::plan(manager, &kept)?;
    if !plan.file.exists() {
        let message = format!("there is no service {}: {} does not exist", kept.name, plan.file.display());
        let hint = "dataforge service status; --system and --dir name another one";
        return Err(ApiError::new(ErrorKind::NotFound, message).hint(hint).into());
    }
    let mut notes = Vec::new();
    for step in &plan.remove {
        notes.extend(run(manager, step)?);
    }
    std::fs::remove_file(&plan.file).map_err(|error| Failure::from_file("remove", &plan.file, &error))?;
    for step in &plan.removed {
        notes.extend(run(manager, step)?);
    }
    notes.push(format!("the data in {} stay", context.dir.display()));
    Ok(Told { notes, ..told(manager, &kept, &plan) })
}

fn status(context: &Context, whose: &Whose) -> Result<Told, Failure> {
    let (manager, kept) = (Manager::this(), kept(context, whose)?);
    let plan = service::plan(manager, &kept)?;
    if !plan.file.exists() {
        return Ok(Told { notes: Vec::new(), ..told(manager, &kept, &plan) });
    }
    let (running, said) = run_quietly(manager, &plan.status)?;
    Ok(Told { running, notes: vec![said], ..told(manager, &kept, &plan) })
}

/// Gathers what a service of this data directory needs.
fn kept(context: &Context, whose: &Whose) -> Result<Kept, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::from_file("find", "dataforge".as_ref(), &error))?;
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty()).ok_or_else(|| {
        Failure::usage("there is no home directory to keep a service in", "set HOME, or use --system")
    })?;
    let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let passphrase_file = context.passphrase_file().map(directory::absolute).transpose()?;
    let scope = if whose.system { Scope::System { user: system::owner(&context.dir) } } else { Scope::User };
    Ok(Kept {
        name: service::name_of(&context.dir, directory::default_data_dir().as_deref()),
        program,
        dir: context.dir.clone(),
        passphrase_file,
        writable: Vec::new(),
        scope,
        is_confined: true,
        settings: given.unwrap_or_else(|| home.join(".config")),
        home,
        user: system::user(),
    })
}

/// People, as the system knows them.
#[cfg(unix)]
mod system {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    /// Who runs this.
    pub(super) fn user() -> String {
        rustix::process::getuid().as_raw().to_string()
    }

    /// Who owns a directory; who runs this where there is none.
    pub(super) fn owner(dir: &Path) -> String {
        let uid = std::fs::metadata(dir).map_or_else(|_| rustix::process::getuid().as_raw(), |found| found.uid());
        // launchd knows people by name; whoever calls sudo is the usual owner.
        let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).ok();
        match name {
            Some(name) if cfg!(target_os = "macos") => name,
            _ => uid.to_string(),
        }
    }
}

/// People, as the system knows them.
#[cfg(not(unix))]
mod system {
    use std::path::Path;

    /// Who runs this.
    pub(super) fn user() -> String {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let (domain, name) = (variable("USERDOMAIN"), variable("USERNAME"));
        if domain.is_empty() { name } else { format!("{domain}\\{name}") }
    }

    /// Windows does not tell it simply: who runs this.
    pub(super) fn owner(_dir: &Path) -> String {
        user()
    }
}
