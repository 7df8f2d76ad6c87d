//! Statements that were run, kept on this machine for each workspace: a file in the data directory,
//! read and written on threads.

use std::io;
use std::path::{Path, PathBuf};

use egui::Context;
use serde::{Deserialize, Serialize};

use crate::work::{Job, take};

/// Statements kept at most.
const KEPT: usize = 200;

/// A file larger than this is not ours.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// A statement that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The statement.
    pub sql: String,
    /// Rows that came; none when it failed.
    #[serde(default)]
    pub rows: Option<u64>,
}

/// The statements of a workspace, the newest first.
#[derive(Debug, Default)]
pub struct History {
    path: Option<PathBuf>,
    past: Vec<Past>,
    reading: Option<Job<Vec<Past>>>,
    writing: Option<Job<Result<(), String>>>,
    is_changed: bool,
    error: Option<String>,
}

impl History {
    /// Begins to read what was kept, unless it was.
    pub fn open(&mut self, ctx: &Context, directory: &Path, workspace: &str) {
        if self.path.is_some() {
            return;
        }
        let name: String = workspace.chars().filter(char::is_ascii_alphanumeric).collect();
        let path = directory.join("desktop").join(format!("sql-{name}.json"));
        self.path = Some(path.clone());
        self.reading = Some(Job::start(ctx, move || read(&path)));
    }

    /// Goes on with reading and writing; called with every frame.
    pub fn pump(&mut self, ctx: &Context) {
        if let Some(past) = take(&mut self.reading) {
            for past in past.unwrap_or_default() {
                if !self.past.iter().any(|known| known.sql == past.sql) {
                    self.past.push(past);
                }
            }
            self.past.truncate(KEPT);
        }
        match take(&mut self.writing) {
            Some(Some(Err(message))) => self.error = Some(message),
            Some(Some(Ok(()))) => self.error = None,
            Some(None) | None => {}
        }
        // Not before it is read: what was kept would be lost.
        if self.is_changed
            && self.reading.is_none()
            && self.writing.is_none()
            && let Some(path) = self.path.clone()
        {
            self.is_changed = false;
            let past = self.past.clone();
            self.writing = Some(Job::start(ctx, move || write(&path, &past)));
        }
    }

    /// Notes a statement that was run.
    pub fn note(&mut self, past: Past) {
        self.past.retain(|known| known.sql != past.sql);
        self.past.insert(0, past);
        self.past.truncate(KEPT);
        self.is_changed = true;
    }

    /// Returns them.
    #[must_use]
    pub fn past(&self) -> &[Past] {
        &self.past
    }

    /// Returns why they cannot be kept.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

/// Reads what was kept; a file that cannot be read is as good as none.
fn read(path: &Path) -> Vec<Past> {
    let is_ours = std::fs::metadata(path).is_ok_and(|about| about.len() <= MOST_BYTES);
    if !is_ours {
        return Vec::new();
    }
    let text = std::fs::read_to_string(path);
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Writes what is known here before what another view may have kept since it was read.
fn write(path: &Path, past: &[Past]) -> Result<(), String> {
    let known = |old: &Past| past.iter().any(|new| new.sql == old.sql);
    let old = read(path).into_iter().filter(|old| !known(old));
    let all: Vec<Past> = past.iter().cloned().chain(old).take(KEPT).collect();
    let put = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension("part");
        std::fs::write(&beside, serde_json::to_vec(&all)?)?;
        std::fs::rename(&beside, path)
    };
    put().map_err(|error| format!("the history cannot be kept in {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{History, Past, read};

    fn past(sql: &str) -> Past {
        Past { sql: sql.to_owned(), rows: Some(1) }
    }

    fn settle(history: &mut History) {
        let ctx = egui::Context::default();
        let start = Instant::now();
        loop {
            history.pump(&ctx);
            if history.reading.is_none() && history.writing.is_none() && !history.is_changed {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "read and written in time");
            std::thread::yield_now();
        }
    }

    fn sqls(history: &History) -> Vec<&str> {
        history.past().iter().map(|past| past.sql.as_str()).collect()
    }

    #[test]
    fn statements_outlast_the_window_the_newest_first_and_each_once() {
        let directory = tempfile::tempdir().unwrap();
        let ctx = egui::Context::default();
        let mut history = History::default();
        history.open(&ctx, directory.path(), "ab/../c");
        for sql in ["one", "two", "one"] {
            history.note(past(sql));
        }
        settle(&mut history);
        assert_eq!(history.error(), None);

        let mut history = History::default();
        // What is run before the file is read does not replace it.
        history.note(past("three"));
        history.open(&ctx, directory.path(), "ab/../c");
        settle(&mut history);
        assert_eq!(sqls(&history), ["three", "one", "two"]);
        assert!(directory.path().join("desktop/sql-abc.json").is_file());

        let mut beside = History::default();
        beside.open(&ctx, directory.path(), "ab/../c");
        settle(&mut beside);
        for (history, sql) in [(&mut history, "four"), (&mut beside, "five")] {
            history.note(past(sql));
            settle(history);
        }
        let mut history = History::default();
        history.open(&ctx, directory.path(), "ab/../c");
        settle(&mut history);
        assert_eq!(sqls(&history), ["five", "three", "one", "two", "four"], "two views lose nothing of each other");

        let mut other = History::default();
        other.open(&ctx, directory.path(), "other");
        settle(&mut other);
        assert!(other.past().is_empty(), "each workspace has its own");
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.json");
        std::fs::write(&path, "{").unwrap();
        assert!(read(&path).is_empty());
    }
}
