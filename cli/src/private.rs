//! Files that only their owner may read: recovery sheets, tickets.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::directory::absolute;
use crate::error::Failure;

/// A new file that waits for its content; removed with the value unless that came.
#[derive(Debug)]
pub(crate) struct PrivateFile(Option<(PathBuf, File)>);

impl PrivateFile {
    /// Makes the file, empty. One that exists is kept.
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let path = absolute(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        only_for_owner(&mut options);
        match options.open(&path) {
            Ok(file) => Ok(Self(Some((path, file)))),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Failure::usage(format!("{} exists already", path.display()), "choose another name"))
            }
            Err(error) => Err(Failure::from_file("write", &path, &error)),
        }
    }

    /// Writes the content and makes it durable; returns where it is.
    pub(crate) fn write(mut self, content: &[u8]) -> Result<PathBuf, Failure> {
        let Some((path, file)) = &mut self.0 else { return Ok(PathBuf::new()) };
        let written = file.write_all(content).and_then(|()| file.sync_all());
        written.map_err(|error| Failure::from_file("write", path, &error))?;
        Ok(self.0.take().map(|(path, _)| path).unwrap_or_default())
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        if let Some((path, _)) = &self.0 {
            // Empty, or half of it.
            drop(std::fs::remove_file(path));
        }
    }
}

#[cfg(unix)]
fn only_for_owner(options: &mut OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// A new file has the access list of its folder, which in a person's own folders names that person,
/// the system and its administrators.
#[cfg(windows)]
const fn only_for_owner(_options: &mut OpenOptions) {}

/// Other systems have no owners of files that this program knows of.
#[cfg(not(any(unix, windows)))]
const fn only_for_owner(_options: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_file_comes_with_its_content_or_not_at_all() {
        let path = std::env::temp_dir().join(format!("dataforge-private-{}", std::process::id()));
        drop(PrivateFile::create(&path).unwrap());
        assert!(!path.exists());
        PrivateFile::create(&path).unwrap().write(b"secret").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"secret");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(PrivateFile::create(&path).is_err(), "it is kept");
        std::fs::remove_file(&path).unwrap();
    }
}
