//! Where bundles stand: files of others, opened so that nothing but a file is read, and what the
//! disk can hold. What differs between systems is here.

use std::fs::{File, FileType, Metadata, OpenOptions, TryLockError};
use std::path::Path;

use crate::api::{ApiError, ErrorKind};
use crate::directory::storage;

/// The longest file of FAT32.
pub(super) const FAT_FILE: u64 = u32::MAX as u64;

/// Opens a file for reading; a link, pipe, device or directory of that name is refused.
///
/// # Errors
/// `Input` when it is no file, `NotFound` when nothing is there, `Storage` when it cannot be opened.
pub(super) fn open_file(path: &Path) -> Result<File, ApiError> {
    let found = std::fs::symlink_metadata(path).map_err(|error| unopened(path, &error))?;
    if !found.is_file() {
        return Err(no_file(path, found.file_type()));
    }
    let mut options = OpenOptions::new();
    options.read(true);
    follow_nothing(&mut options);
    let file = options.open(path).map_err(|error| unopened(path, &error))?;
    // It may have been put there meanwhile.
    let opened: Metadata = file.metadata().map_err(|error| unopened(path, &error))?;
    if opened.is_file() { Ok(file) } else { Err(no_file(path, opened.file_type())) }
}

/// Opens a file that is being made, for this process alone; what an interrupted one left in it is
/// dropped.
///
/// # Errors
/// `Busy` when another process makes it, `Input` when it is no file, `Storage` when it cannot be made.
pub(super) fn create_part(path: &Path) -> Result<File, ApiError> {
    let failed = |error: std::io::Error| storage("cannot write", path, &error);
    if let Ok(found) = std::fs::symlink_metadata(path)
        && !found.is_file()
    {
        return Err(no_file(path, found.file_type()));
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    follow_nothing(&mut options);
    let file = options.open(path).map_err(failed)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            return Err(ApiError::new(ErrorKind::Busy, format!("another command is writing {}", path.display()))
                .hint("wait until it ends, or choose another name"));
        }
        // Some disks know no locks; then nobody else is told from an interrupted one.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    file.set_len(0).map_err(failed)?;
    Ok(file)
}

/// Returns a directory that is one itself, and no link to one.
///
/// # Errors
/// `Input` when it is none, `Storage` when it cannot be looked at.
pub(super) fn is_directory(path: &Path) -> Result<bool, ApiError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(true),
        Ok(_) => Err(ApiError::new(ErrorKind::Input, format!("{} is no directory", path.display()))
            .hint("remove what is there, or use another stick")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(storage("cannot look at", path, &error)),
    }
}

fn unopened(path: &Path, error: &std::io::Error) -> ApiError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ApiError::new(ErrorKind::NotFound, format!("there is no {}", path.display()))
            .hint("is the stick plugged in and mounted?"),
        _ => storage("cannot read", path, error),
    }
}

fn no_file(path: &Path, kind: FileType) -> ApiError {
    let what = if kind.is_symlink() {
        "a link"
    } else if kind.is_dir() {
        "a directory"
    } else {
        "a pipe or device"
    };
    ApiError::new(ErrorKind::Input, format!("{} is {what}, and a bundle is a file", path.display()))
        .hint("name the file itself")
}

/// Sees to it that opening follows no link and waits for no other end of a pipe.
#[cfg(unix)]
fn follow_nothing(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags.bits().cast_signed());
}

/// Sees to it that a link is opened itself, which is then no file.
#[cfg(windows)]
fn follow_nothing(options: &mut OpenOptions) {
    /// `FILE_FLAG_OPEN_REPARSE_POINT` of `winbase.h`.
    const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    std::os::windows::fs::OpenOptionsExt::custom_flags(options, OPEN_REPARSE_POINT);
}

/// Elsewhere the look before has to do.
#[cfg(not(any(unix, windows)))]
fn follow_nothing(_options: &mut OpenOptions) {}

/// Returns the most bytes a file may have in a directory; none when it is not known to be bounded.
#[cfg(target_os = "linux")]
pub(super) fn longest_file(dir: &Path) -> Option<u64> {
    /// `MSDOS_SUPER_MAGIC` of `linux/magic.h`: FAT of all widths.
    const FAT: i64 = 0x4d44;
    let found = rustix::fs::statfs(dir).ok()?;
    (found.f_type & 0xFFFF_FFFF == FAT).then_some(FAT_FILE)
}

/// Returns the most bytes a file may have in a directory; none when it is not known to be bounded.
#[cfg(target_os = "macos")]
pub(super) fn longest_file(dir: &Path) -> Option<u64> {
    let found = rustix::fs::statfs(dir).ok()?;
    let name: Vec<u8> = found.f_fstypename.iter().take_while(|c| **c != 0).map(|c| c.cast_unsigned()).collect();
    (name == b"msdos").then_some(FAT_FILE)
}

/// Returns the most bytes a file may have in a directory; none when it is not known to be bounded: then
/// writing says so.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn longest_file(_dir: &Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("file"), "x").unwrap();
        assert!(open_file(&path("file")).is_ok());
        std::os::unix::fs::symlink(path("file"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("nowhere"), path("broken")).unwrap();
        for (name, word) in [("link", "link"), ("broken", "link"), ("", "directory")] {
            let error = open_file(&path(name)).unwrap_err();
            assert!(error.kind == ErrorKind::Input && error.message.contains(word), "{error}");
        }
        assert_eq!(open_file(Path::new("/dev/null")).unwrap_err().kind, ErrorKind::Input);
        assert_eq!(open_file(&path("none")).unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(create_part(&path("link")).unwrap_err().kind, ErrorKind::Input);
        assert_eq!(std::fs::read(path("file")).unwrap(), b"x");
        let first = create_part(&path("part")).unwrap();
        assert_eq!(create_part(&path("part")).unwrap_err().kind, ErrorKind::Busy);
        drop(first);
        assert!(create_part(&path("part")).is_ok());
    }
}
