//! Where the database stands: a data directory that was copied, or put back from a backup, must not
//! go on signing as the one it was copied from.
//!
//! A file keeps its number and its time of birth for as long as it is that file, whatever is
//! written into it and however its directory is renamed; a copy has others. What brings back a whole
//! disk is not seen here: there the fork shows once both have met the same peer.

use std::path::Path;
use std::time::UNIX_EPOCH;

use rusqlite::OptionalExtension as _;

use super::Store;
use crate::api::ApiError;
use crate::directory::storage;

/// What tells one file from another.
type Place = (i64, i64);

#[cfg(unix)]
fn inode(metadata: &std::fs::Metadata) -> i64 {
    std::os::unix::fs::MetadataExt::ino(metadata).cast_signed()
}

/// Elsewhere the time of birth has to do.
#[cfg(not(unix))]
const fn inode(_metadata: &std::fs::Metadata) -> i64 {
    0
}

fn place_of(file: &Path) -> Result<Place, ApiError> {
    let metadata = std::fs::metadata(file).map_err(|error| storage("cannot look at", file, &error))?;
    // Some file systems keep no time of birth; then the number has to do.
    let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    Ok((inode(&metadata), born.map_or(0, |born| i64::try_from(born.as_nanos()).unwrap_or(0))))
}

impl Store {
    /// Returns whether the database is a copy of the one it was made as.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn is_copy(&self, dir: &Path) -> Result<bool, ApiError> {
        let here = place_of(&dir.join("node.db"))?;
        let known: Option<Place> = self
            .connection()
            .query_row("SELECT inode, born_ns FROM place", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if known.is_none() {
            self.settle_here(dir)?;
        }
        Ok(known.is_some_and(|known| known != here))
    }

    /// Notes that the database stands here from now on.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn settle_here(&self, dir: &Path) -> Result<(), ApiError> {
        let (inode, born) = place_of(&dir.join("node.db"))?;
        self.connection().execute("INSERT OR REPLACE INTO place VALUES (1, ?1, ?2)", [inode, born])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_told_from_the_original_and_a_renamed_directory_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other, copy) = (dir.path().join("one"), dir.path().join("other"), dir.path().join("copy"));
        std::fs::create_dir(&one).unwrap();
        assert!(!Store::open(&one).unwrap().is_copy(&one).unwrap());
        std::fs::rename(&one, &other).unwrap();
        assert!(!Store::open(&other).unwrap().is_copy(&other).unwrap());
        std::fs::create_dir(&copy).unwrap();
        std::fs::copy(other.join("node.db"), copy.join("node.db")).unwrap();
        let store = Store::open(&copy).unwrap();
        assert!(store.is_copy(&copy).unwrap() && store.is_copy(&copy).unwrap());
        store.settle_here(&copy).unwrap();
        assert!(!store.is_copy(&copy).unwrap());
    }
}
