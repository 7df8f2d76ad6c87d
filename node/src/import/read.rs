//! Reading and preparing files, on threads of their own, within the budget.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use dataforge_las::{NullPolicy, ReadOptions};
use dataforge_protocol::limits::MAX_BLOB_BYTES;
use tokio::sync::mpsc;

use super::budget::{Budget, Share};
use super::files::FileKind;
use crate::api::{ApiError, ErrorKind, ImportOptions, Nulls};
use crate::ingest::tabular::{self, Mapping, RawBook, ReadTableError};
use crate::ingest::{Prepared, prepare, prepare_tables};
use crate::worker::{Worker, WorkerError};

/// How files are read.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    las: ReadOptions,
    mapping: Mapping,
    /// Bytes of a file that is read, all of it into memory.
    max_file_bytes: u64,
}

/// A file that was read, or why it was not.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) path: PathBuf,
    /// All its bytes.
    pub(super) bytes: Bytes,
    pub(super) content: Result<Content, ApiError>,
    /// Its part of the budget, given back with it.
    _share: Share,
}

/// What a file was read as.
#[derive(Debug)]
pub(super) enum Content {
    /// Logs and tables.
    Runs(Box<Prepared>),
    /// A file that is kept as it is.
    Attachment,
}

#[cfg(test)]
impl Read {
    /// A file that is kept as it is.
    pub(super) fn for_test(path: PathBuf, bytes: &'static [u8]) -> Self {
        let share = Budget::new().take(bytes.len() as u64);
        Self { path, bytes: Bytes::from_static(bytes), content: Ok(Content::Attachment), _share: share }
    }
}

impl Content {
    /// Whether there is nothing in it to keep.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Runs(prepared) if prepared.runs.is_empty())
    }
}

impl Settings {
    /// Understands what was asked for.
    ///
    /// # Errors
    /// `Usage` for an encoding or a map that cannot be used.
    pub(super) fn new(options: &ImportOptions, max_file_bytes: u64) -> Result<Self, ApiError> {
        let nulls = match &options.nulls {
            Nulls::Header => NullPolicy::Header,
            Nulls::None => NullPolicy::None,
            Nulls::Common => NullPolicy::Common,
            Nulls::Aggressive => NullPolicy::Aggressive,
            Nulls::Also(list) => NullPolicy::Also(list.clone()),
        };
        let las = ReadOptions { strict: options.strict, encoding: options.encoding.clone(), nulls };
        let mut mapping = match &options.map {
            Some(text) => Mapping::from_toml(text).map_err(|error| {
                ApiError::from_error(ErrorKind::Usage, &error).hint("docs/tables.md has the form of a mapping")
            })?,
            None => Mapping::default(),
        };
        let source = &mut mapping.source;
        source.encoding = source.encoding.take().or_else(|| options.encoding.clone());
        match &options.nulls {
            Nulls::Header | Nulls::None => {}
            Nulls::Common => source.nulls.extend(NullPolicy::COMMON.iter().map(|&null| null.to_owned())),
            Nulls::Aggressive => {
                let all = NullPolicy::COMMON.iter().chain(NullPolicy::AGGRESSIVE);
                source.nulls.extend(all.map(|&null| null.to_owned()));
            }
            Nulls::Also(list) => source.nulls.extend(list.iter().cloned()),
        }
        Ok(Self { las, mapping, max_file_bytes })
    }

    /// Reads a file as what it is.
    fn read(&self, kind: FileKind, bytes: &Bytes) -> Result<Content, ApiError> {
        let input = |error: &dyn std::error::Error| ApiError::from_error(ErrorKind::Input, error);
        match kind {
            FileKind::Las => {
                let reading = dataforge_las::read(bytes, &self.las).map_err(|error| input(&error))?;
                Ok(Content::Runs(Box::new(prepare(bytes, &reading).map_err(|error| input(&error))?)))
            }
            FileKind::Text => {
                self.tables(bytes, tabular::read_text(bytes, &self.mapping.source)).map_err(Refused::into_error)
            }
            FileKind::Workbook => {
                let opened = Worker::new().and_then(|worker| worker.read_workbook(bytes.clone()));
                match self.tables(bytes, Ok(opened.map_err(|error| workbook_error(&error))?)) {
                    // A workbook may as well be a letter.
                    Err(Refused::NoTable(_)) => Ok(Content::Attachment),
                    other => other.map_err(Refused::into_error),
                }
            }
            FileKind::Other => Ok(Content::Attachment),
        }
    }

    /// Reads the tables of a file whose cells were read.
    fn tables(&self, bytes: &Bytes, book: Result<RawBook, ReadTableError>) -> Result<Content, Refused> {
        let input = |error: ReadTableError| {
            let failure = ApiError::from_error(ErrorKind::Input, &error);
            match error {
                ReadTableError::NoTable => {
                    Refused::NoTable(failure.hint("or keep the file as it is: dataforge attach"))
                }
                _ => Refused::Other(failure),
            }
        };
        let book = book.map_err(input)?;
        let reading = tabular::read(&book, &self.mapping).map_err(input)?;
        if self.las.strict
            && let Some(notice) = reading.notices.kept().first()
        {
            let place = format!("line {}, column {}", notice.line, notice.column);
            let message = format!("{place}: {} ({})", notice.message, notice.kind);
            return Err(Refused::Other(
                ApiError::new(ErrorKind::Input, message).hint("correct it, or read without strict"),
            ));
        }
        let mapping = tabular::preview(&book, &self.mapping).map_err(input)?.mapping.to_toml();
        let mut prepared = prepare_tables(bytes, &reading)
            .map_err(|error| Refused::Other(ApiError::from_error(ErrorKind::Input, &error)))?;
        prepared.mapping = mapping.ok();
        Ok(Content::Runs(Box::new(prepared)))
    }
}

/// Why there are no tables.
enum Refused {
    /// Nothing in the file is one.
    NoTable(ApiError),
    Other(ApiError),
}

impl Refused {
    fn into_error(self) -> ApiError {
        match self {
            Self::NoTable(error) | Self::Other(error) => error,
        }
    }
}

fn workbook_error(error: &WorkerError) -> ApiError {
    if error.is_about_the_file() {
        return ApiError::from_error(ErrorKind::Input, error).hint("save the workbook anew, or as CSV");
    }
    ApiError::from_error(ErrorKind::Internal, error).hint("workbooks are opened by this very program, started again")
}

/// Starts the worker threads; the budget and the channel's bound limit what is in memory.
pub(super) fn spawn(files: Vec<(PathBuf, FileKind)>, settings: Settings) -> mpsc::Receiver<Read> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (sender, receiver) = mpsc::channel(2 * workers);
    let files = Arc::new(files);
    let next = Arc::new(AtomicUsize::new(0));
    let budget = Budget::new();
    for worker in 0..workers.min(files.len()) {
        let (files, next, sender) = (Arc::clone(&files), Arc::clone(&next), sender.clone());
        let (settings, budget) = (settings.clone(), budget.clone());
        let work = move || {
            while let Some((path, kind)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                if sender.blocking_send(read_file(path, *kind, &settings, &budget)).is_err() {
                    return;
                }
            }
        };
        // Without threads the import ends early with fewer results, which the count shows.
        drop(std::thread::Builder::new().name(format!("import-{worker}")).spawn(work));
    }
    receiver
}

fn read_file(path: &Path, kind: FileKind, settings: &Settings, budget: &Budget) -> Read {
    let size = std::fs::metadata(path).map_or(0, |data| data.len());
    let share = budget.take(if size > settings.max_file_bytes { 0 } else { size });
    let read = |bytes: Bytes, content| Read { path: path.to_owned(), bytes, content, _share: share };
    let bytes = match read_bytes(path, settings.max_file_bytes) {
        Ok(bytes) => bytes,
        Err(error) => return read(Bytes::new(), Err(error)),
    };
    // A reader that panics on one file must not take the import with it.
    let work = || settings.read(kind, &bytes);
    let content = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
        Err(ApiError::new(ErrorKind::Internal, "the reader failed on this file; please report it"))
    });
    read(bytes, content)
}

/// The refusal of a file that is larger than is read.
pub(super) fn too_large(size: u64, most: u64) -> ApiError {
    let error = ApiError::new(ErrorKind::Input, format!("the file has {size} bytes; at most {most} are read"));
    if size > MAX_BLOB_BYTES {
        return error.hint(format!("no file of more than {MAX_BLOB_BYTES} bytes can be kept: split it"));
    }
    error.hint(format!(
        "split it, or raise the limit: dataforge config set import.max_file_bytes {size}; the whole file is in memory \
         while it is read"
    ))
}

/// Reads a whole file, and sees whether somebody writes to it meanwhile.
fn read_bytes(path: &Path, most: u64) -> Result<Bytes, ApiError> {
    let failed = |error: std::io::Error| {
        let failure = ApiError::new(ErrorKind::Input, format!("cannot read the file: {error}"));
        if error.kind() == std::io::ErrorKind::NotFound { failure.hint("check the path") } else { failure }
    };
    let mut file = File::open(path).map_err(failed)?;
    let before = file.metadata().map_err(failed)?;
    let size = before.len();
    if size > most.min(MAX_BLOB_BYTES) {
        return Err(too_large(size, most.min(MAX_BLOB_BYTES)));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    // One byte more than there was shows that it grows.
    file.by_ref().take(size + 1).read_to_end(&mut bytes).map_err(failed)?;
    let after = file.metadata().map_err(failed)?;
    if bytes.len() as u64 != size || after.len() != size || after.modified().ok() != before.modified().ok() {
        return Err(ApiError::new(ErrorKind::Input, "the file changed while it was read")
            .hint("import it again once it is complete"));
    }
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_file_that_grows_while_it_is_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("growing.las");
        std::fs::write(&path, b"~V").unwrap();
        assert_eq!(read_bytes(&path, 1 << 30).unwrap(), Bytes::from_static(b"~V"));
        let stop = Arc::new(AtomicUsize::new(0));
        let writer = {
            let (path, stop) = (path.clone(), Arc::clone(&stop));
            std::thread::Builder::new()
                .spawn(move || {
                    use std::io::Write as _;
                    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
                    while stop.load(Ordering::Relaxed) == 0 && file.metadata().unwrap().len() < 1 << 28 {
                        file.write_all(&[b'x'; 4096]).unwrap();
                    }
                })
                .unwrap()
        };
        let begun = Instant::now();
        let is_refused = || {
            read_bytes(&path, 1 << 30)
                .is_err_and(|error| error.kind == ErrorKind::Input && error.message.contains("changed"))
        };
        let mut refused = false;
        while !refused && begun.elapsed() < Duration::from_secs(60) {
            refused = is_refused();
        }
        stop.store(1, Ordering::Relaxed);
        writer.join().unwrap();
        assert!(refused);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_too_large_is_refused_before_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge.las");
        File::create(&path).unwrap().set_len(10 << 30).unwrap();
        let error = read_bytes(&path, 2 << 30).unwrap_err();
        assert!(error.message.contains("10737418240") && error.message.contains("2147483648"), "{error}");
        assert!(error.hint.unwrap().contains("import.max_file_bytes 10737418240"));
        File::create(&path).unwrap().set_len(MAX_BLOB_BYTES + 1).unwrap();
        let error = read_bytes(&path, u64::MAX).unwrap_err();
        assert!(error.hint.unwrap().contains("split it"), "no setting makes an entry name more");
    }
}
