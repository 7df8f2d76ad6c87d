//! `dataforge key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dataforge_node::api::{KeyRequest, KeyStatus, Reply, Request};
use dataforge_node::key;

use super::words;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean};
use crate::secret;

/// Keeps the key of this device under a passphrase, or says how it is kept.
#[derive(Debug, Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Seal the key by a passphrase, or by another one
    Seal {
        /// Read the new passphrase from the first line of a file instead of asking
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Take the seal off; asks for the passphrase
    Unseal,
    /// Say whether the key is sealed; needs no passphrase
    Status,
    /// Say whether a passphrase fits, or recovery words
    Check {
        /// Check the 24 recovery words instead: whether they are those of this person
        #[arg(long)]
        words: bool,
        /// Read the words from a file instead of asking
        #[arg(long, value_name = "FILE", requires = "words")]
        words_file: Option<PathBuf>,
    },
}

impl Key {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let status = key::status(&context.dir)?;
        match self.action {
            Action::Status => context.show(&Reply::Key(status)),
            Action::Seal { new_passphrase_file } => seal(context, &status, new_passphrase_file).await,
            Action::Unseal if !status.sealed => Err(key::not_sealed().into()),
            Action::Unseal => {
                let passphrase = context.current_passphrase().await?;
                context.ask(Request::Key { ask: KeyRequest::Unseal { passphrase } }).await
            }
            Action::Check { words: true, words_file } => {
                let words = words::read(&clean(&status.person), words_file.as_deref()).await?;
                key::check_recovery_words(&context.dir, &words)?;
                done(context, format!("these are the words of {} [{}]", status.person, status.fingerprint))
            }
            Action::Check { .. } if !status.sealed => Err(key::not_sealed().into()),
            Action::Check { .. } => {
                let passphrase = match context.given_passphrase()? {
                    Some(passphrase) => passphrase,
                    None => context.typed_passphrase().await?,
                };
                // Off the async threads: it takes its time.
                tokio::task::block_in_place(|| key::check_passphrase(&context.dir, &passphrase))?;
                done(context, "the passphrase fits".to_owned())
            }
        }
    }
}

fn done(context: &Context, message: String) -> Result<(), Failure> {
    context.show(&Reply::Done { message })
}

async fn seal(context: &Context, status: &KeyStatus, file: Option<PathBuf>) -> Result<(), Failure> {
    let current = if status.sealed { Some(context.current_passphrase().await?) } else { None };
    let given = match file {
        Some(file) => Some(secret::from_file(&file)?),
        // What is given otherwise is the passphrase of a key that is sealed already.
        None if status.sealed => None,
        None => context.given_passphrase()?,
    };
    let passphrase = match given {
        Some(passphrase) => passphrase,
        None => secret::new_passphrase().await?,
    };
    context.ask(Request::Key { ask: KeyRequest::Seal { passphrase, current } }).await
}

impl Human for KeyStatus {
    fn human(&self) -> String {
        let kept = match &self.cost {
            Some(cost) => format!(
                "sealed by a passphrase; a guess costs {} of memory and {} passes (Argon2id)",
                bytes(u64::from(cost.memory_kib) << 10),
                cost.passes
            ),
            None => "not sealed: dataforge key seal does that".to_owned(),
        };
        format!(
            "key     {kept}\nfile    {}\ndevice  {}\nperson  {}, words {}",
            clean(&self.file.display().to_string()),
            self.device_id,
            clean(&self.person),
            self.fingerprint
        )
    }
}
