//! The data directory: its format, its lock, and writing files so that a cut leaves the old or the
//! new one.

mod remote;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::api::{ApiError, ErrorKind};

/// Version of the layout of the data directory.
pub(crate) const FORMAT: u32 = 1;

/// A locked data directory. The lock ends with the value, or with the process.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Opens a data directory, making it when it is missing, and locks it.
    ///
    /// # Errors
    /// `Busy` when another process has it, `Input` when a newer version made it or it is on a network,
    /// `Storage` when it cannot be made or written.
    pub(crate) fn open(path: &Path) -> Result<Self, ApiError> {
        create_private(path)?;
        let path = path.canonicalize().map_err(|error| storage("cannot open", path, &error))?;
        if remote::is_remote(&path) {
            return Err(ApiError::new(
                ErrorKind::Input,
                format!(
                    "{} is on a network drive, where nothing is kept safe when a connection or a machine fails",
                    path.display()
                ),
            )
            .hint("choose a directory on a disk of this machine with --dir; nodes exchange their data themselves"));
        }
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(|error| storage("cannot open", &lock_path, &error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(ApiError::new(ErrorKind::Busy, format!("another process is using {}", path.display())));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(storage("cannot lock", &lock_path, &error)),
        }
        let directory = Self { path, _lock: lock };
        directory.check_format()?;
        Ok(directory)
    }

    /// Returns the canonical path.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn check_format(&self) -> Result<(), ApiError> {
        let file = self.path.join("format");
        match std::fs::read_to_string(&file) {
            Ok(text) if text.trim().parse() == Ok(FORMAT) => Ok(()),
            Ok(text) => Err(ApiError::new(
                ErrorKind::Input,
                format!("{} has format {:?}, this version reads {FORMAT}", self.path.display(), text.trim()),
            )
            .hint("use the version of DataForge that made it, or a newer one")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                write_atomically(&file, format!("{FORMAT}\n").as_bytes(), false)
            }
            Err(error) => Err(storage("cannot read", &file, &error)),
        }
    }
}

/// Makes a directory that only its owner may enter, with its parents.
///
/// # Errors
/// `Storage` when it cannot be made.
pub(crate) fn create_private(path: &Path) -> Result<(), ApiError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| storage("cannot make the directory", path, &error))
}

/// Writes a file beside the target, syncs it, renames it over the target and syncs the directory.
/// A `private` file can be read by its owner only.
///
/// # Errors
/// `Storage` when any step fails; the target is then as before.
pub(crate) fn write_atomically(target: &Path, bytes: &[u8], private: bool) -> Result<(), ApiError> {
    let temp = target.with_extension(format!("new-{}", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
        #[cfg(not(unix))]
        let _ = private;
        let mut file = options.open(&temp)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temp, target)?;
        target.parent().map_or(Ok(()), sync_directory)
    };
    write().map_err(|error| {
        // The half-written file is of no use to anyone; its removal may fail like the write did.
        drop(std::fs::remove_file(&temp));
        storage("cannot write", target, &error)
    })
}

/// Makes renames and new files in a directory durable. Windows does this by itself.
///
/// # Errors
/// Whatever the system says.
pub(crate) fn sync_directory(path: &Path) -> std::io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(path)?.sync_all() }
}

/// Has the system forget what it has in memory of a file and need not write any more, so that it is read from
/// the disk.
#[cfg(target_os = "linux")]
pub(crate) fn forget_cached(file: &File) {
    if let Err(error) = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed) {
        // It is advice only; most of a file is read from the disk all the same.
        tracing::debug!("a file stays cached: {error}");
    }
}

/// Has the system forget what it has in memory of a file, where there is a way.
#[cfg(not(target_os = "linux"))]
pub(crate) fn forget_cached(_file: &File) {}

/// An I/O error with what was tried and where.
#[must_use]
pub(crate) fn storage(what: &str, path: &Path, error: &std::io::Error) -> ApiError {
    let failure = ApiError::new(ErrorKind::Storage, format!("{what} {}: {error}", path.display()));
    match error.kind() {
        std::io::ErrorKind::StorageFull => {
            failure.hint("the disk is full: free some space and try again; nothing was lost")
        }
        std::io::ErrorKind::PermissionDenied => failure.hint("check who owns the directory"),
        std::io::ErrorKind::ReadOnlyFilesystem => {
            failure.hint("the disk is read-only: copy the directory to one that can be written, or mount this one so")
        }
        _ => failure,
    }
}
