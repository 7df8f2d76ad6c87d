//! `dataforge backup`, and `dataforge restore` from one.

mod restore;
mod tell;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use dataforge_node::api::{ApiError, BackupRequest, BlobChoice, ErrorKind, Event, Passphrase, Reply, Request};
use dataforge_node::backup::{self, Step};
use dataforge_node::key;
use tokio::sync::mpsc;

pub(super) use self::restore::{FROM_BACKUP, RestoreOptions, restore};
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::progress::Progress;
use crate::secret;

const DETAILS: &str = "\
A backup holds the keys, chains, settings and data of this data directory, encrypted by a
passphrase of its own. Into a directory each snapshot adds only what is new; a path that ends
with .dfbackup is a single file, written whole each time. Only the first backup asks for the
passphrase. Without it nothing can be restored: keep it apart from this machine.

Examples:
  dataforge backup /media/disk/backup
  dataforge backup /media/disk/backup --blobs \"NORTH 1\" --keep 10
  dataforge backup schedule /media/disk/backup --every 24h --keep 30
  dataforge backup verify /media/disk/backup
  dataforge backup restore /media/disk/backup --to ~/restored";

/// Backs up to another disk, encrypted.
#[derive(Debug, Args)]
#[command(after_help = DETAILS, args_conflicts_with_subcommands = true)]
pub(crate) struct Backup {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    create: Create,
}

/// Where to, and what.
#[derive(Debug, Args)]
struct Create {
    /// A directory, or a file that ends with .dfbackup
    target: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Args)]
struct Options {
    /// Which data: all that is held here, own (what you brought in), none, or a well, run, project or
    /// attachment; repeat it for several
    #[arg(long, value_name = "WHICH", default_value = "all")]
    blobs: Vec<String>,
    /// Keep so many snapshots of this machine and remove older ones; all when left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: Option<u32>,
    #[command(flatten)]
    secret: Secret,
}

#[derive(Debug, Args)]
pub(super) struct Secret {
    /// The passphrase of the backup, the first line of a file; else as for --passphrase-file
    #[arg(long, value_name = "FILE")]
    backup_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Back up now, as dataforge backup TARGET does
    Create(Create),
    /// List the snapshots of a backup
    List {
        /// The directory or file
        target: PathBuf,
        /// Say what is in them; asks for the passphrase
        #[arg(long)]
        contents: bool,
        #[command(flatten)]
        secret: Secret,
    },
    /// Check that all of a backup is whole; needs its passphrase and nothing else
    Verify {
        /// The directory or file
        target: PathBuf,
        /// Look at presence and checksums only, without the passphrase
        #[arg(long)]
        quick: bool,
        /// Set aside what is damaged, so that the next backup writes it again
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        secret: Secret,
    },
    /// Back up by itself while dataforge up runs; without a directory says what is scheduled
    Schedule {
        /// The directory; with --off that which is backed up to no more, all when left out
        target: Option<PathBuf>,
        /// Time between two backups, e.g. 24h, 7d or 30m
        #[arg(long, value_name = "TIME", value_parser = period, conflicts_with = "off", requires = "target")]
        every: Option<Duration>,
        /// Back up no more by itself
        #[arg(long)]
        off: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Make a data directory from a backup
    #[command(after_help = FROM_BACKUP)]
    Restore {
        /// The directory or file
        target: PathBuf,
        /// The data directory to be made: empty or missing; the one of --dir when left out
        #[arg(long, value_name = "DATADIR")]
        to: Option<PathBuf>,
        #[command(flatten)]
        options: RestoreOptions,
    },
}

impl Backup {
    /// Whether it works on a data directory that has to be there.
    pub(crate) const fn needs_directory(&self) -> bool {
        matches!(self.action, None | Some(Action::Create(_) | Action::Schedule { .. }))
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            None => create(context, self.create).await,
            Some(Action::Create(ask)) => create(context, ask).await,
            Some(Action::List { target, contents, secret }) => list(context, &target, contents, &secret).await,
            Some(Action::Verify { target, quick, repair, secret }) => {
                verify(context, &target, quick, repair, &secret).await
            }
            Some(Action::Schedule { target, every, off, options }) => {
                schedule(context, target, (every, off), options).await
            }
            Some(Action::Restore { target, to, options }) => {
                let to = to.unwrap_or_else(|| context.dir.clone());
                restore(context, &target, &to, options).await
            }
        }
    }
}

/// Reads which data are meant.
pub(super) fn choice(words: Vec<String>) -> Result<BlobChoice, Failure> {
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["all"] => Ok(BlobChoice::All),
        ["own"] => Ok(BlobChoice::Own),
        ["none"] => Ok(BlobChoice::None),
        several if several.iter().any(|word| ["all", "own", "none", ""].contains(word)) => {
            Err(Failure::usage("all, own and none stand alone", "give --blobs once, or a name each time"))
        }
        _ => Ok(BlobChoice::Of(words)),
    }
}

async fn create(context: &Context, ask: Create) -> Result<(), Failure> {
    let missing = || Failure::usage("where to is not said", "dataforge backup DIR; dataforge backup --help tells more");
    let target = absolute(&ask.target.ok_or_else(missing)?)?;
    let Options { blobs, keep, secret } = ask.options;
    let blobs = choice(blobs)?;
    let request = |passphrase| BackupRequest::Create { target: target.clone(), blobs: blobs.clone(), passphrase, keep };
    let reply = call(context, &target, &secret, request).await?;
    context.show(&reply)?;
    match reply {
        Reply::Backup(reply) if !reply.problems.is_empty() => Err(Failure::Reported(ErrorKind::Damaged)),
        _ => Ok(()),
    }
}

/// Sends a request about a backup; gives its passphrase when it is needed.
async fn call(
    context: &Context,
    target: &Path,
    secret: &Secret,
    request: impl Fn(Option<Passphrase>) -> BackupRequest,
) -> Result<Reply, Failure> {
    match context.call(Request::Backup { ask: request(None) }).await? {
        Reply::BackupPassphraseNeeded { is_new } => {
            let passphrase = passphrase(context, secret, target, is_new).await?;
            context.call(Request::Backup { ask: request(Some(passphrase)) }).await
        }
        reply => Ok(reply),
    }
}

/// Returns the passphrase of a backup: from its file, else from where that of a key comes, unless the
/// key of this data directory is sealed by that; else it is asked for.
pub(super) async fn passphrase(
    context: &Context,
    secret: &Secret,
    target: &Path,
    is_new: bool,
) -> Result<Passphrase, Failure> {
    if let Some(passphrase) = given(context, secret)? {
        return Ok(passphrase);
    }
    let name = crate::output::clean(&target.display().to_string());
    if !secret::can_ask() {
        let what = if is_new { "a new backup needs a passphrase" } else { "the passphrase of the backup is needed" };
        return Err(Failure::Api(ApiError::new(ErrorKind::Sealed, format!("{what}: {name}")).hint(
            "run it on a terminal, which asks for it; or give it with --backup-passphrase-file FILE or in \
             DATAFORGE_PASSPHRASE",
        )));
    }
    if !is_new {
        return secret::passphrase(&format!("The passphrase of {name}")).await;
    }
    context
        .note("A passphrase for this backup; without it nothing can be restored, so keep it apart from this machine.");
    let first = secret::passphrase("The passphrase").await?;
    if first != secret::passphrase("Once more").await? {
        return Err(Failure::usage("the two are not the same: nothing was written", "try again"));
    }
    Ok(first)
}

fn given(context: &Context, secret: &Secret) -> Result<Option<Passphrase>, Failure> {
    if let Some(file) = &secret.backup_passphrase_file {
        return secret::from_file(file).map(Some);
    }
    // What is given otherwise is the passphrase of a key that is sealed.
    if key::status(&context.dir).is_ok_and(|status| status.sealed) { Ok(None) } else { context.given_passphrase() }
}

async fn list(context: &Context, target: &Path, contents: bool, secret: &Secret) -> Result<(), Failure> {
    let target = absolute(target)?;
    let passphrase = match given(context, secret)? {
        None if contents => Some(passphrase(context, secret, &target, false).await?),
        given => given,
    };
    let reply = tokio::task::block_in_place(|| backup::list(&target, passphrase.as_ref()))?;
    let is_whole = reply.problems.is_empty();
    context.show(&Reply::Backups(reply))?;
    if is_whole { Ok(()) } else { Err(Failure::Reported(ErrorKind::Damaged)) }
}

async fn verify(context: &Context, target: &Path, quick: bool, repair: bool, secret: &Secret) -> Result<(), Failure> {
    let target = absolute(target)?;
    // What is no backup is told before anything is asked.
    backup::list(&target, None)?;
    let passphrase = if quick { None } else { Some(passphrase(context, secret, &target, false).await?) };
    let reply = watched(context, |tell| async move {
        tokio::task::spawn_blocking(move || backup::verify(&target, passphrase.as_ref(), repair, tell)).await
    })
    .await?;
    let problems = reply.problems.len() as u64;
    context.show(&Reply::BackupVerified(reply))?;
    if problems == 0 {
        return Ok(());
    }
    context.note(&format!("error: {} found, see above", crate::output::plural(problems, "problem")));
    Err(Failure::Reported(ErrorKind::Damaged))
}

/// Runs work on a task of its own and shows how far it is.
pub(super) async fn watched<T, F>(
    context: &Context,
    work: impl FnOnce(Box<dyn Fn(Step) + Send + Sync>) -> F,
) -> Result<T, Failure>
where
    T: Send,
    F: Future<Output = Result<Result<T, ApiError>, tokio::task::JoinError>>,
{
    let (sender, mut steps) = mpsc::channel(16);
    let progress = Progress::new(context.json, context.quiet);
    // Who looks too slowly misses steps.
    let work = work(Box::new(move |step| {
        let _ = sender.try_send(step);
    }));
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            Some(step) = steps.recv() => progress.on_event(&Event::from(step)),
            done = &mut work => break done,
        }
    };
    progress.finish();
    Ok(done.map_err(|error| ApiError::new(ErrorKind::Internal, format!("a task failed: {error}")))??)
}

async fn schedule(
    context: &Context,
    target: Option<PathBuf>,
    (every, off): (Option<Duration>, bool),
    options: Options,
) -> Result<(), Failure> {
    let target = target.map(|target| absolute(&target)).transpose()?;
    let Options { blobs, keep, secret } = options;
    let reply = match (target, every) {
        (target, _) if off => context.call(Request::Backup { ask: BackupRequest::Unschedule { target } }).await?,
        (None, None) => context.call(Request::Backup { ask: BackupRequest::Schedules }).await?,
        (Some(target), Some(every)) => {
            let (blobs, every_secs) = (choice(blobs)?, every.as_secs());
            let request = |passphrase| BackupRequest::Schedule {
                target: target.clone(),
                blobs: blobs.clone(),
                passphrase,
                keep,
                every_secs,
            };
            call(context, &target, &secret, request).await?
        }
        _ => {
            return Err(Failure::usage(
                "a directory and --every belong together",
                "dataforge backup schedule DIR --every 24h",
            ));
        }
    };
    context.show(&reply)
}

/// Reads a time: a number with s, m, h or d.
fn period(text: &str) -> Result<Duration, String> {
    let hint = "write a number with s, m, h or d, e.g. 24h";
    let unit = text.chars().last().ok_or(hint)?;
    let secs = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(hint.to_owned()),
    };
    let number: u64 = text.strip_suffix(unit).unwrap_or_default().parse().map_err(|_number| hint.to_owned())?;
    match number.checked_mul(secs).filter(|secs| *secs <= 3650 * 86_400) {
        Some(0) => Err("that is no time between two".to_owned()),
        Some(secs) => Ok(Duration::from_secs(secs)),
        None => Err("that is more than ten years".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn times_are_read_with_their_unit() {
        for (text, secs) in [("24h", 86_400), ("7d", 604_800), ("30m", 1800), ("2s", 2)] {
            assert_eq!(period(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        for text in ["", "24", "h", "-1h", "0h", "1.5h", "4000d", "2ss"] {
            assert!(period(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_target_alone_is_backed_up_to_and_words_are_commands() {
        let parse = |args: &[&str]| Cli::try_parse_from(["dataforge", "backup"].iter().chain(args)).map(drop);
        for args in [
            &["/media/disk"][..],
            &["create", "/media/disk", "--keep", "3"],
            &["/media/disk", "--blobs", "NORTH 1", "--blobs", "NORTH 2"],
            &["list", "/media/disk"],
            &["verify", "/media/disk", "--quick"],
            &["schedule", "/media/disk", "--every", "24h"],
            &["schedule"],
            &["schedule", "--off"],
            &["schedule", "/media/disk", "--off"],
            &["restore", "/media/disk", "--to", "/data", "--snapshot", "3"],
        ] {
            assert!(parse(args).is_ok(), "{args:?} {:?}", parse(args));
        }
        for args in [&["/media/disk", "--keep", "0"][..], &["schedule", "--every", "24h"], &["verify"]] {
            assert!(parse(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn all_own_and_none_stand_alone() {
        let words = |words: &[&str]| choice(words.iter().map(|word| (*word).to_owned()).collect()).ok();
        assert_eq!(words(&["own"]), Some(BlobChoice::Own));
        assert_eq!(words(&["A", "B"]), Some(BlobChoice::Of(vec!["A".into(), "B".into()])));
        assert_eq!(words(&["A", "all"]), None);
    }
}
