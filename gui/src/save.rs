//! Files that the user exports: what a call brings, written beside its place and put there whole.
//!
//! Writing is done on a thread, part by part as the parts come.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use dataforge_node::api::{ApiError, ErrorKind, Reply};
use egui::Context;

use crate::calls::{News, Ticket};
use crate::view::Cx;
use crate::work::{Job, take};

/// A file that is being written.
#[derive(Debug)]
struct Partial {
    file: File,
    path: PathBuf,
}

/// How a file became.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// It is there: its path and size.
    Done(PathBuf, u64),
    /// It is not, for this reason; nothing is left of it.
    Failed(ApiError),
}

/// One file on its way from the node to its place.
#[derive(Debug)]
pub struct Saving {
    ticket: Option<Ticket>,
    path: PathBuf,
    replaces: bool,
    bytes: u64,
    waiting: Vec<Bytes>,
    partial: Option<Partial>,
    job: Option<Job<Result<Partial, String>>>,
    finishing: Option<Job<Result<(), String>>>,
    /// How the call ended.
    ended: Option<Result<(), ApiError>>,
    saved: Option<Saved>,
}

impl Saving {
    /// Will write what this call brings to a path; a file that is there is replaced only if `replaces`.
    #[must_use]
    pub const fn new(ticket: Ticket, path: PathBuf, replaces: bool) -> Self {
        Self {
            ticket: Some(ticket),
            path,
            replaces,
            bytes: 0,
            waiting: Vec::new(),
            partial: None,
            job: None,
            finishing: None,
            ended: None,
            saved: None,
        }
    }

    /// Whether news of this ticket belong here.
    #[must_use]
    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.ticket == Some(ticket)
    }

    /// Takes news of its call.
    pub fn on_news(&mut self, news: News) {
        match news {
            // Of a file that has failed the rest is of no use.
            News::Data(_) if self.saved.is_some() => {}
            News::Data(bytes) => {
                self.bytes += bytes.len() as u64;
                self.waiting.push(bytes);
            }
            News::Progress(_) => {}
            News::Ended(result) => {
                self.ticket = None;
                self.ended = Some(match *result {
                    Ok(Reply::Query { .. } | Reply::Export(_) | Reply::Plot(_)) => Ok(()),
                    Ok(_) => Err(ApiError::new(ErrorKind::Internal, "the node answered with another kind of reply")),
                    Err(error) => Err(error),
                });
            }
        }
    }

    /// Ends the call; nothing is left of the file.
    pub fn cancel(&mut self, cx: &mut Cx<'_>) {
        if let Some(ticket) = self.ticket.take() {
            cx.cancel(ticket);
        }
        let error = ApiError::new(ErrorKind::Usage, "the export was cancelled");
        self.ended.get_or_insert(Err(error));
    }

    /// Goes on; called with every frame.
    pub fn pump(&mut self, ctx: &Context) {
        match take(&mut self.job) {
            Some(Some(Ok(partial))) => self.partial = Some(partial),
            Some(Some(Err(message))) => self.fail(ctx, ApiError::new(ErrorKind::Storage, message)),
            Some(None) => self.fail(ctx, ApiError::new(ErrorKind::Internal, "writing the file panicked")),
            None => {}
        }
        match take(&mut self.finishing) {
            Some(Some(Ok(()))) => self.saved = Some(Saved::Done(self.path.clone(), self.bytes)),
            Some(Some(Err(message))) => self.saved = Some(Saved::Failed(ApiError::new(ErrorKind::Storage, message))),
            Some(None) => {
                let error = ApiError::new(ErrorKind::Internal, "writing the file panicked");
                self.saved = Some(Saved::Failed(error));
            }
            None => {}
        }
        if self.job.is_none() && self.finishing.is_none() && self.saved.is_none() {
            self.go_on(ctx);
        }
    }

    fn go_on(&mut self, ctx: &Context) {
        if let Some(Err(error)) = &self.ended {
            let error = error.clone();
            return self.fail(ctx, error);
        }
        if !self.waiting.is_empty() || self.ended.is_some() && self.partial.is_none() {
            let (parts, partial) = (std::mem::take(&mut self.waiting), self.partial.take());
            let (path, replaces) = (self.path.clone(), self.replaces);
            self.job = Some(Job::start(ctx, move || write(partial, &path, replaces, &parts)));
        } else if self.ended.is_some()
            && let Some(partial) = self.partial.take()
        {
            let (path, replaces) = (self.path.clone(), self.replaces);
            self.finishing = Some(Job::start(ctx, move || finish(partial, &path, replaces)));
        }
    }

    fn fail(&mut self, ctx: &Context, error: ApiError) {
        self.waiting.clear();
        self.saved = Some(Saved::Failed(error));
        if let Some(partial) = self.partial.take() {
            // Nobody waits for it.
            drop(Job::start(ctx, move || discard(partial)));
        }
    }

    /// Returns how the file became, once it has.
    #[must_use]
    pub const fn saved(&self) -> Option<&Saved> {
        self.saved.as_ref()
    }

    /// Returns how many bytes have come.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Returns where a file is written until it is whole.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn write(partial: Option<Partial>, path: &Path, replaces: bool, parts: &[Bytes]) -> Result<Partial, String> {
    let told = |path: &Path, error: std::io::Error| format!("cannot write {}: {error}", path.display());
    let mut partial = match partial {
        Some(partial) => partial,
        None => {
            refuse_to_replace(path, replaces)?;
            let beside = beside(path);
            let file = File::create(&beside).map_err(|error| told(&beside, error))?;
            Partial { file, path: beside }
        }
    };
    for part in parts {
        if let Err(error) = partial.file.write_all(part) {
            let message = told(&partial.path, error);
            discard(partial);
            return Err(message);
        }
    }
    Ok(partial)
}

fn refuse_to_replace(path: &Path, replaces: bool) -> Result<(), String> {
    if !replaces && path.exists() {
        return Err(format!("there is a file of this name already; tick Replace to write over it: {}", path.display()));
    }
    Ok(())
}

fn finish(partial: Partial, path: &Path, replaces: bool) -> Result<(), String> {
    let ended = refuse_to_replace(path, replaces).and_then(|()| {
        let put = partial.file.sync_all().and_then(|()| std::fs::rename(&partial.path, path));
        put.map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    if ended.is_err() {
        discard(partial);
    }
    ended
}

fn discard(partial: Partial) {
    let Partial { file, path } = partial;
    drop(file);
    if let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!("cannot remove what was written of a file, {}: {error}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use bytes::Bytes;
    use dataforge_node::api::{ApiError, ErrorKind, Reply};

    use super::{Saved, Saving};
    use crate::calls::News;

    fn settle(saving: &mut Saving) -> Saved {
        let ctx = egui::Context::default();
        let start = Instant::now();
        loop {
            saving.pump(&ctx);
            if let Some(saved) = saving.saved() {
                return saved.clone();
            }
            assert!(start.elapsed() < Duration::from_secs(20), "the file is written in time");
            std::thread::yield_now();
        }
    }

    fn ended(saving: &mut Saving, result: Result<Reply, ApiError>) {
        saving.on_news(News::Ended(Box::new(result)));
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.csv");
        let mut saving = Saving::new(1, path.clone(), false);
        saving.on_news(News::Data(Bytes::from_static(b"a,b\n")));
        saving.pump(&egui::Context::default());
        assert!(!path.exists(), "not before its end");
        saving.on_news(News::Data(Bytes::from_static(b"1,2\n")));
        ended(&mut saving, Ok(Reply::Query { rows: 1, bytes: 8 }));
        assert_eq!(settle(&mut saving), Saved::Done(path.clone(), 8));
        assert_eq!(std::fs::read(&path).unwrap(), b"a,b\n1,2\n");

        let mut saving = Saving::new(1, path.clone(), false);
        saving.on_news(News::Data(Bytes::from_static(b"other")));
        ended(&mut saving, Ok(Reply::Query { rows: 1, bytes: 5 }));
        let Saved::Failed(error) = settle(&mut saving) else { panic!("replaced without being asked") };
        assert!(error.message.contains("Replace"), "{error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), b"a,b\n1,2\n");
    }

    #[test]
    fn nothing_is_left_of_an_export_that_fails() {
        let directory = tempfile::tempdir().unwrap();
        let mut saving = Saving::new(1, directory.path().join("run.csv"), false);
        saving.on_news(News::Data(Bytes::from_static(b"half")));
        let ctx = egui::Context::default();
        while saving.partial.is_none() {
            saving.pump(&ctx);
        }
        let error = ApiError::new(ErrorKind::Query, "the query took too long");
        ended(&mut saving, Err(error.clone()));
        assert_eq!(settle(&mut saving), Saved::Failed(error));
        let start = Instant::now();
        while !names(directory.path()).is_empty() {
            assert!(start.elapsed() < Duration::from_secs(20), "left: {:?}", names(directory.path()));
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("empty.csv");
        let mut saving = Saving::new(1, path.clone(), false);
        ended(&mut saving, Ok(Reply::Query { rows: 0, bytes: 0 }));
        assert_eq!(settle(&mut saving), Saved::Done(path.clone(), 0));
        assert!(path.exists());
    }
}
