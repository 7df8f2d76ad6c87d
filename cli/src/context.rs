//! What a command works with: the data directory, the way to it, and how to print.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use dataforge_node::api::{ApiError, ErrorKind, Passphrase, Reply, Request};
use dataforge_node::client::{Client, Output};
use dataforge_node::key::Access;
use tokio::sync::{Notify, OnceCell};

use crate::args::Globals;
use crate::error::Failure;
use crate::output::{self, Human};
use crate::progress::Progress;
use crate::{directory, secret};

/// How often a passphrase is asked for before a command gives up.
const TRIES: u32 = 3;

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Context {
    /// Data directory, absolute.
    pub(crate) dir: PathBuf,
    /// Workspace named by the user.
    pub(crate) workspace: Option<String>,
    /// Whether replies are printed as JSON.
    pub(crate) json: bool,
    /// Whether only results are printed.
    pub(crate) quiet: bool,
    passphrase_file: Option<PathBuf>,
    client: OnceCell<Client>,
    /// The passphrase that opened the directory here.
    opened_by: OnceCell<Passphrase>,
}

impl Context {
    /// Makes a context; nothing is opened yet.
    pub(crate) fn new(globals: &Globals) -> Result<Self, Failure> {
        let dir = globals.dir.clone().or_else(directory::default_data_dir).ok_or_else(|| {
            ApiError::new(ErrorKind::Usage, "there is no home directory to keep data in")
                .hint("give a data directory with --dir")
        })?;
        Ok(Self {
            dir: directory::absolute(&dir)?,
            workspace: globals.workspace.clone(),
            json: globals.json,
            quiet: globals.quiet,
            passphrase_file: globals.passphrase_file.clone(),
            client: OnceCell::new(),
            opened_by: OnceCell::new(),
        })
    }

    /// Returns the way to the data directory, opened at the first call.
    pub(crate) async fn client(&self) -> Result<&Client, Failure> {
        self.client.get_or_try_init(|| Box::pin(self.open())).await
    }

    /// Opens the data directory; asks for a passphrase when one is needed and not given.
    async fn open(&self) -> Result<Client, Failure> {
        let sealed = match Client::open(&self.dir).await {
            Err(error) if error.kind == ErrorKind::Sealed => error,
            opened => return Ok(opened?),
        };
        if let Some(passphrase) = self.given_passphrase()? {
            return Ok(self.open_by(passphrase).await?);
        }
        if !secret::can_ask() {
            return Err(sealed.into());
        }
        for _ in 1..TRIES {
            match self.open_by(self.typed_passphrase().await?).await {
                Err(error) if error.kind == ErrorKind::Sealed => output::write_note(&error.message),
                opened => return Ok(opened?),
            }
        }
        Ok(self.open_by(self.typed_passphrase().await?).await?)
    }

    async fn open_by(&self, passphrase: Passphrase) -> Result<Client, ApiError> {
        let client = Client::open_with(&self.dir, Access::Passphrase(&passphrase)).await?;
        // The client is opened once, and this with it.
        drop(self.opened_by.set(passphrase));
        Ok(client)
    }

    /// Opens the data directory without its key, for what makes another one.
    pub(crate) async fn open_without_key(&self) -> Result<(), Failure> {
        let open = || async { Client::open_with(&self.dir, Access::WithoutKey).await };
        self.client.get_or_try_init(|| Box::pin(open())).await?;
        Ok(())
    }

    /// Returns the file that the passphrase is read from, when one was named.
    pub(crate) fn passphrase_file(&self) -> Option<&Path> {
        self.passphrase_file.as_deref()
    }

    /// Returns the passphrase that a file or the environment gives.
    pub(crate) fn given_passphrase(&self) -> Result<Option<Passphrase>, Failure> {
        secret::given(self.passphrase_file.as_deref())
    }

    /// Asks for the passphrase of this data directory.
    pub(crate) async fn typed_passphrase(&self) -> Result<Passphrase, Failure> {
        if !secret::can_ask() {
            return Err(Failure::usage(
                "there is no terminal to ask for the passphrase on",
                "give it with --passphrase-file FILE or in DATAFORGE_PASSPHRASE",
            ));
        }
        secret::passphrase(&format!("The passphrase of {}", output::clean(&self.dir.display().to_string()))).await
    }

    /// Returns the passphrase of a sealed key, for what wants it although the key may be open.
    pub(crate) async fn current_passphrase(&self) -> Result<Passphrase, Failure> {
        self.client().await?;
        match (self.opened_by.get(), self.given_passphrase()?) {
            (Some(passphrase), _) => Ok(passphrase.clone()),
            (None, Some(passphrase)) => Ok(passphrase),
            (None, None) => self.typed_passphrase().await,
        }
    }

    /// Sends a request, with its progress on standard error.
    pub(crate) async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.call_into(request, &mut std::io::sink()).await
    }

    /// Sends a request and prints the reply.
    pub(crate) async fn ask(&self, request: Request) -> Result<(), Failure> {
        let reply = self.call(request).await?;
        self.show(&reply)
    }

    /// Sends a request whose data goes to `sink`. When the sink fails the request is cancelled.
    pub(crate) async fn call_into(&self, request: Request, sink: &mut dyn Write) -> Result<Reply, Failure> {
        let client = self.client().await?;
        let progress = Progress::new(self.json, self.quiet);
        let (broken, failed) = (RefCell::new(None), Notify::new());
        let on_output = |output| match output {
            Output::Event(event) => progress.on_event(&event),
            Output::Data(_) if broken.borrow().is_some() => {}
            Output::Data(data) => {
                if let Err(error) = progress.suspend(|| sink.write_all(&data)) {
                    broken.replace(Some(error));
                    failed.notify_one();
                }
            }
        };
        let answer = tokio::select! {
            biased;
            () = failed.notified() => None,
            answer = Box::pin(client.call(request, on_output)) => Some(answer),
        };
        progress.finish();
        match (broken.into_inner(), answer) {
            (Some(error), _) => Err(Failure::from_output(error)),
            (None, Some(answer)) => Ok(answer?),
            (None, None) => Err(Failure::Api(ApiError::new(ErrorKind::Internal, "a request ended without an answer"))),
        }
    }

    /// Prints a reply: JSON or text.
    pub(crate) fn show<T: Human + serde::Serialize>(&self, reply: &T) -> Result<(), Failure> {
        if self.json { output::write_json(reply) } else { output::write_text(&reply.human()) }
    }

    /// Prints a remark for people to standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.json && !self.quiet {
            output::write_note(text);
        }
    }

    /// Closes the way to the data directory in order.
    pub(crate) async fn close(self) {
        if let Some(client) = self.client.into_inner() {
            client.close().await;
        }
    }
}
