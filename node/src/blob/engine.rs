//! The crate's store, supervised.
//!
//! Any error of its database, a full disk among them, ends the crate's database actor, and from
//! then on every operation fails until the store is opened again. So what fails is followed by a look
//! whether the store still lives; if not, it is opened anew and the operation tried once more.
//!
//! The database itself, `blobs.db`, is a cache of what the files say. One that is gone or broken is
//! set aside and begun anew; a marker file keeps the fact until `recover` has entered all files.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use iroh_blobs::store::fs::FsStore;
use iroh_blobs::store::fs::options::Options;
use tokio::sync::Mutex;

use super::blob_error;
use super::sweep::Sweeper;
use crate::api::{ApiError, ErrorKind};
use crate::directory::{storage, sync_directory, write_atomically};

/// First and longest pause before a store that cannot be opened is tried again; it doubles.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How long a store that is closing may take.
const CLOSING: Duration = Duration::from_secs(10);

/// The store of the crate.
#[derive(Debug)]
pub(super) struct Engine {
    root: PathBuf,
    options: Options,
    sweeper: Arc<Sweeper>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    store: Option<FsStore>,
    /// How often it was opened.
    generation: u64,
    /// When it may be opened again, after a failure, and the pause after the next one.
    retry: Option<(Instant, Duration)>,
    is_closed: bool,
}

/// The store as it is open now, and how often it was opened.
type Current = (FsStore, u64);

impl Engine {
    /// Opens the store, with an empty database when there is none that can be read.
    ///
    /// # Errors
    /// `Storage` when the system does not let us.
    pub(super) async fn open(root: &Path, options: Options, sweeper: Arc<Sweeper>) -> Result<Self, ApiError> {
        let engine = Self { root: root.to_owned(), options, sweeper, state: Mutex::default() };
        engine.current().await?;
        Ok(engine)
    }

    /// Gives the options it was opened with.
    pub(super) const fn options(&self) -> &Options {
        &self.options
    }

    /// Returns the file whose presence says that the database lacks files that are there.
    pub(super) fn marker(&self) -> PathBuf {
        self.root.join("rebuild")
    }

    /// Returns the store, opening it when it is not open.
    ///
    /// # Errors
    /// `Storage` when it cannot be opened, or is closed for good.
    pub(super) async fn store(&self) -> Result<FsStore, ApiError> {
        Ok(self.current().await?.0)
    }

    /// Returns the store, and a number that is another one whenever it was opened anew.
    ///
    /// # Errors
    /// As [`Engine::store`].
    pub(super) async fn current(&self) -> Result<Current, ApiError> {
        self.ensure_open(&mut *self.state.lock().await).await
    }

    /// Does something with the store, and once more when the store had stopped.
    ///
    /// # Errors
    /// `Storage` with `what` and the error of `work`.
    pub(super) async fn run<T, E, F>(&self, what: &str, work: impl Fn(FsStore) -> F) -> Result<T, ApiError>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
    {
        let (store, generation) = self.current().await?;
        let error = match work(store.clone()).await {
            Ok(value) => return Ok(value),
            Err(error) => blob_error(what, &error),
        };
        // The database actor answers this one when it is between two transactions.
        if store.sync_db().await.is_ok() {
            return Err(error);
        }
        let (store, _) = self.replaced(generation).await?;
        work(store).await.map_err(|error| blob_error(what, &error))
    }

    /// Commits the database.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) async fn commit(&self) -> Result<(), ApiError> {
        self.run("cannot commit the blob database", |store| async move { store.sync_db().await }).await
    }

    /// Closes the store for good.
    pub(super) async fn close(&self) {
        let mut state = self.state.lock().await;
        state.is_closed = true;
        let Some(store) = state.store.take() else { return };
        match tokio::time::timeout(CLOSING, store.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("the blob store did not close in order: {error:#}"),
            Err(_elapsed) => tracing::warn!("the blob store did not close in time"),
        }
    }

    /// Replaces a store that has stopped, unless somebody did already.
    async fn replaced(&self, stopped: u64) -> Result<Current, ApiError> {
        let mut state = self.state.lock().await;
        if state.generation == stopped && !state.is_closed {
            tracing::warn!("the blob database had stopped and is opened again");
            state.store = None;
        }
        self.ensure_open(&mut state).await
    }

    async fn ensure_open(&self, state: &mut State) -> Result<Current, ApiError> {
        if state.is_closed {
            return Err(ApiError::new(ErrorKind::Storage, "the blob store is closed"));
        }
        if state.store.is_none() {
            if let Some((at, _)) = state.retry.filter(|(at, _)| *at > Instant::now()) {
                let wait = at.saturating_duration_since(Instant::now()).as_secs() + 1;
                return Err(ApiError::new(
                    ErrorKind::Storage,
                    format!("the blob database could not be opened; it is tried again in {wait} s"),
                ));
            }
            match self.load(state.generation + 1).await {
                Ok(store) => {
                    state.store = Some(store);
                    state.generation += 1;
                    self.sweeper.opened(state.generation);
                    state.retry = None;
                }
                Err(error) => {
                    let pause = state.retry.map_or(PAUSE.0, |(_, pause)| pause);
                    state.retry = Some((Instant::now() + pause, PAUSE.1.min(pause * 2)));
                    return Err(error);
                }
            }
        }
        let store = state.store.clone().ok_or_else(|| ApiError::new(ErrorKind::Internal, "no blob store"))?;
        Ok((store, state.generation))
    }

    /// Opens the database, or begins a new one when it is gone or broken.
    async fn load(&self, generation: u64) -> Result<FsStore, ApiError> {
        let mut options = self.options.clone();
        options.gc = Some(self.sweeper.config(generation));
        let db = self.root.join("blobs.db");
        if std::fs::metadata(&db).map_or(0, |file| file.len()) == 0 {
            self.mark()?;
        }
        let failure = match FsStore::load_with_opts(db.clone(), options.clone()).await {
            Ok(store) => return Ok(store),
            Err(error) => format!("{error:#}"),
        };
        if !is_broken(&failure) {
            return Err(blob_error("cannot open the blob store", &failure));
        }
        tracing::error!("the blob database is broken and made anew from the files: {failure}");
        let aside = self.root.join("blobs.db.broken");
        self.mark()?;
        std::fs::rename(&db, &aside).map_err(|error| storage("cannot set aside", &db, &error))?;
        let again = FsStore::load_with_opts(db, options).await;
        again.map_err(|error| blob_error("cannot open the blob store", &format!("{error:#}")))
    }

    /// Notes that the database will lack files, if there are any.
    fn mark(&self) -> Result<(), ApiError> {
        let data = &self.options.path.data_path;
        let has_files = std::fs::read_dir(data).is_ok_and(|mut files| files.next().is_some());
        if has_files && !self.marker().exists() { write_atomically(&self.marker(), b"", false) } else { Ok(()) }
    }

    /// Takes the marker away, when all files are entered.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn unmark(&self) -> Result<(), ApiError> {
        let removed = std::fs::remove_file(self.marker()).and_then(|()| sync_directory(&self.root));
        removed.map_err(|error| storage("cannot remove", &self.marker(), &error))
    }
}

/// Whether a database that cannot be opened is to blame itself, not the system or another process.
///
/// The crate erases the types of its errors. One of the system ends with its number; of these only
/// "I/O error" says that the file cannot be read.
fn is_broken(failure: &str) -> bool {
    let is_systems = failure.contains("(os error ") && !failure.contains("(os error 5)");
    !is_systems && !failure.contains("already open")
}
