//! Files that appear whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::directory::absolute;
use crate::error::Failure;

/// A file that is being written beside its place; [`OutFile::finish`] puts it there.
#[derive(Debug)]
pub(crate) struct OutFile {
    target: PathBuf,
    /// None for a device or pipe, which is written in place.
    temp: Option<PathBuf>,
    file: File,
    replaces: bool,
}

impl OutFile {
    /// Starts a file. One that exists is kept unless `replaces`.
    pub(crate) fn create(path: &Path, replaces: bool) -> Result<Self, Failure> {
        let path = absolute(path)?;
        // A link goes on to point at its file.
        let target = path.canonicalize().unwrap_or(path);
        let failed = |error: io::Error| Failure::from_file("write", &target, &error);
        match std::fs::metadata(&target) {
            Ok(found) if found.is_dir() => {
                return Err(Failure::usage(format!("{} is a directory", target.display()), "add a file name"));
            }
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(&target).map_err(failed)?;
                return Ok(Self { target, temp: None, file, replaces: true });
            }
            Ok(_) if !replaces => return Err(exists(&target)),
            _ => {}
        }
        let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let temp = target.with_file_name(format!(".{name}.{}.part", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&temp).map_err(failed)?;
        Ok(Self { target, temp: Some(temp), file, replaces })
    }

    /// Makes the file durable and puts it in its place.
    pub(crate) fn finish(mut self) -> Result<PathBuf, Failure> {
        let failed = |error: io::Error| Failure::from_file("write", &self.target, &error);
        let Some(temp) = self.temp.as_ref() else { return Ok(std::mem::take(&mut self.target)) };
        self.file.sync_all().map_err(failed)?;
        if !self.replaces && self.target.exists() {
            return Err(exists(&self.target));
        }
        std::fs::rename(temp, &self.target).map_err(failed)?;
        self.temp = None;
        Ok(std::mem::take(&mut self.target))
    }
}

fn exists(path: &Path) -> Failure {
    Failure::usage(format!("{} exists already", path.display()), "choose another name, or replace it with --force")
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        if let Some(temp) = &self.temp {
            // Half a result is of no use to anyone.
            drop(std::fs::remove_file(temp));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = std::env::temp_dir().join(format!("dataforge-outfile-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("result.csv");
        let mut half = OutFile::create(&path, false).unwrap();
        half.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(half);
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
        let mut whole = OutFile::create(&path, false).unwrap();
        whole.write_all(b"whole").unwrap();
        whole.finish().unwrap();
        assert!(OutFile::create(&path, false).is_err(), "it is kept");
        let mut other = OutFile::create(&path, true).unwrap();
        other.write_all(b"other").unwrap();
        other.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"other");
        assert!(OutFile::create(&dir, true).is_err(), "a directory is no file");
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_in_place() {
        let mut null = OutFile::create(Path::new("/dev/null"), false).unwrap();
        null.write_all(b"x").unwrap();
        null.finish().unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
