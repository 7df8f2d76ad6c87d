//! Making a data directory from a backup.

use std::path::{Path, PathBuf};

use clap::Args;
use dataforge_node::api::{BackupRestoredReply, ErrorKind, Reply, Request};
use dataforge_node::backup::{self, RestoreOrder};
use dataforge_node::client::Client;
use dataforge_node::key::Access;

use super::{Secret, choice, passphrase, watched};
use crate::command::words;
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::clean;

pub(in crate::command) const FROM_BACKUP: &str = "\
From a backup:
  The machine that the backup is of may be running still, so the new data directory never goes on as
  that device: it reads and syncs, and writes once the 24 recovery words made it a device of its own,
  at once with --words-file or later with dataforge device renew. When the old machine is gone,
  dataforge revoke-device ends its device.

  dataforge restore /media/disk/backup --to ~/restored
  dataforge restore /media/disk/backup --to ~/restored --snapshot 3 --blobs none";

/// How a backup is restored.
#[derive(Debug, Args)]
pub(in crate::command) struct RestoreOptions {
    /// Number of the snapshot, as dataforge backup list has it; the newest when left out
    #[arg(long, value_name = "N")]
    snapshot: Option<u64>,
    /// Which data: all, none, or a well, run, project or attachment; repeat it for several
    #[arg(long, value_name = "WHICH", default_value = "all")]
    blobs: Vec<String>,
    /// Make it a device of its own at once, by the 24 recovery words in a file
    #[arg(long, value_name = "FILE")]
    words_file: Option<PathBuf>,
    /// Label of that device; the old one when left out
    #[arg(long, value_name = "LABEL", requires = "words_file")]
    device: Option<String>,
    #[command(flatten)]
    secret: Secret,
}

/// Makes a data directory from a backup.
pub(in crate::command) async fn restore(
    context: &Context,
    target: &Path,
    to: &Path,
    options: RestoreOptions,
) -> Result<(), Failure> {
    let (source, to) = (absolute(target)?, absolute(to)?);
    let words = match &options.words_file {
        // Read first: a slip is told before anything is made.
        Some(file) => Some(words::read("whose backup it is", Some(file)).await?),
        None => None,
    };
    backup::list(&source, None)?;
    let passphrase = passphrase(context, &options.secret, &source, false).await?;
    let order = RestoreOrder { source, to: to.clone(), snapshot: options.snapshot, blobs: choice(options.blobs)? };
    let mut reply =
        watched(context, |tell| tokio::spawn(async move { Box::pin(backup::restore(order, &passphrase, tell)).await }))
            .await?;
    if let Some(words) = words {
        // By the words alone: whether the old key is sealed does not matter.
        let client = Client::open_with(&to, Access::WithoutKey).await?;
        let renewed = client.call(Request::Renew { words: Some(words), device: options.device }, |_output| {}).await;
        client.close().await;
        match renewed {
            Ok(_) => reply.renewed = true,
            Err(error) => {
                context
                    .note(&format!("{} is restored, and no device of its own yet", clean(&to.display().to_string())));
                return Err(error.into());
            }
        }
    }
    tell(context, reply)
}

fn tell(context: &Context, reply: BackupRestoredReply) -> Result<(), Failure> {
    let is_whole = reply.problems.is_empty();
    context.show(&Reply::BackupRestored(reply))?;
    if is_whole { Ok(()) } else { Err(Failure::Reported(ErrorKind::Damaged)) }
}
