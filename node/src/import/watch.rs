//! Watching directories: what appears in them is imported once it is written to the end.
//!
//! Events only wake the watcher; what counts is what the directory holds. So a missed event, an
//! editor that renames or a copy that takes an hour change nothing but the time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use super::files::{self, Wanted};
use super::{FAILED, Job};
use crate::api::{ApiError, ErrorKind, Event, ImportOptions, ImportSummary};
use crate::client::Output;
use crate::config::ImportConfig;
use crate::node::Node;

/// A file is complete when it has not changed for so long.
const QUIET: Duration = Duration::from_secs(2);
/// Directories are looked at again after so long, events or not: network drives send none.
const LOOK: Duration = Duration::from_secs(30);

/// What a file looked like.
type Look = (u64, Option<SystemTime>);

/// Imports what is in directories and what appears there, until nobody listens any more; returns all
/// that was done.
///
/// # Errors
/// `Usage` when a path is no directory, `Storage` when it cannot be watched or the disk is full.
pub(super) async fn watch(
    job: &Job,
    paths: Vec<PathBuf>,
    wanted: Wanted,
    out: &mpsc::Sender<Output>,
) -> Result<ImportSummary, ApiError> {
    if let Some(path) = paths.iter().find(|path| !path.is_dir()) {
        return Err(ApiError::new(ErrorKind::Usage, format!("not a directory: {}", path.display()))
            .hint("only directories can be watched"));
    }
    let (waker, mut events) = mpsc::channel::<()>(1);
    let _watcher = watcher(&paths, waker)?;
    // What the first pass sees is done, whatever becomes of it; what changes meanwhile is not.
    let mut done = looks(&paths, wanted).await;
    let mut summary = job.run(paths.clone(), wanted, out).await?;
    let mut pending: BTreeMap<PathBuf, Look> = BTreeMap::new();
    let watched: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    notice(out, format!("watching {}", watched.join(", "))).await;
    loop {
        let pause = if pending.is_empty() { LOOK } else { QUIET };
        tokio::select! {
            () = out.closed() => return Ok(summary),
            () = tokio::time::sleep(pause) => {}
            Some(()) = events.recv(), if pending.is_empty() => continue_after_burst().await,
        }
        let now = looks(&paths, wanted).await;
        let changed = |(path, look): (&PathBuf, &Look)| (done.get(path) != Some(look)).then(|| (path.clone(), *look));
        let changed: BTreeMap<_, _> = now.iter().filter_map(changed).collect();
        let quiet: Vec<_> = changed.iter().filter(|(path, look)| pending.get(*path) == Some(look)).collect();
        let ready: Vec<_> = quiet.iter().map(|(path, _)| (*path).clone()).collect();
        done.retain(|path, _| now.contains_key(path));
        done.extend(quiet.into_iter().map(|(path, look)| (path.clone(), *look)));
        pending = changed.into_iter().filter(|(path, _)| !ready.contains(path)).collect();
        if !ready.is_empty() {
            let added = job.run(ready, wanted, out).await?;
            report(out, &added).await;
            summary.add(added);
        }
    }
}

/// Gives a burst of events time to end.
async fn continue_after_burst() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn watcher(paths: &[PathBuf], waker: mpsc::Sender<()>) -> Result<notify::RecommendedWatcher, ApiError> {
    let failed = |error: notify::Error| {
        ApiError::new(ErrorKind::Storage, format!("cannot watch: {error}")).hint("check that the directory is there")
    };
    let wake = move |_event| {
        // One wake-up that waits is as good as many.
        let _waits = waker.try_send(());
    };
    let mut watcher = notify::recommended_watcher(wake).map_err(failed)?;
    for path in paths {
        watcher.watch(path, RecursiveMode::Recursive).map_err(failed)?;
    }
    Ok(watcher)
}

async fn looks(paths: &[PathBuf], wanted: Wanted) -> BTreeMap<PathBuf, Look> {
    let paths = paths.to_vec();
    let look = move || {
        let found = files::find(&paths, wanted).files.into_iter();
        found.filter_map(|(path, _)| Some((look_at(&path)?, path))).map(|(look, path)| (path, look)).collect()
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

fn look_at(path: &Path) -> Option<Look> {
    let data = std::fs::metadata(path).ok()?;
    Some((data.len(), data.modified().ok()))
}

async fn notice(out: &mpsc::Sender<Output>, message: String) {
    // Nobody may be listening any more, which the loop notices.
    drop(out.send(Output::Event(Event::Notice { message })).await);
}

async fn report(out: &mpsc::Sender<Output>, added: &ImportSummary) {
    for file in &added.files {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let message = match &file.error {
            Some(error) if file.outcome == FAILED => format!("failed {name}: {error}"),
            _ => format!("{} {name}", file.outcome),
        };
        notice(out, message).await;
    }
}

impl ImportSummary {
    /// Adds what a further pass did.
    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.seconds += other.seconds;
        self.files.extend(other.files);
        self.count();
    }
}

/// Watches the directories of the settings for as long as the node lives.
pub(crate) fn watch_configured(node: &Node) {
    let settings = node.config().import;
    if settings.watch.is_empty() {
        return;
    }
    let weak = node.weak();
    tokio::spawn(async move {
        let (out, mut outputs) = mpsc::channel(64);
        let forward = async {
            while let Some(output) = outputs.recv().await {
                let Ok(node) = weak.get() else { return };
                if let Output::Event(event @ Event::Notice { .. }) = output {
                    node.emit(event);
                }
            }
        };
        let import = async {
            let Ok(node) = weak.get() else { return };
            if let Err(error) = import_configured(&node, settings, &out).await {
                tracing::error!("watching ended: {error}");
                node.emit(Event::Notice { message: format!("watching ended: {error}") });
            }
        };
        tokio::select! {
            () = forward => {}
            () = import => {}
        }
    });
}

async fn import_configured(node: &Node, settings: ImportConfig, out: &mpsc::Sender<Output>) -> Result<(), ApiError> {
    let name = Some(settings.workspace).filter(|name| !name.is_empty());
    let workspace = node.with_core(move |core| core.find_workspace(name.as_deref())).await?;
    let options = ImportOptions { watch: true, ..ImportOptions::default() };
    super::import(node, workspace, settings.watch, options, out).await.map(|_summary| ())
}
