//! What a data directory knows of its backups: `backup/<id>.json` with what it takes to write into one,
//! `backup/schedule.json` with when that is done by itself.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use super::envelope::Name;
use super::keys::WriteKeys;
use crate::api::{ApiError, BlobChoice, ErrorKind};
use crate::directory::{create_private, storage, write_atomically};

/// What is kept of a backup.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    recipient: String,
    secret: String,
    last_number: u64,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

/// A backup that this data directory writes.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// What it takes to write into it.
    pub(super) keys: WriteKeys,
    /// The last snapshot that was written from here.
    pub(super) last_number: u64,
}

fn directory(dir: &Path) -> PathBuf {
    dir.join("backup")
}

fn file_of(dir: &Path, id: &Name) -> PathBuf {
    directory(dir).join(format!("{}.json", data_encoding::HEXLOWER.encode(&id.0[..16])))
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>, ApiError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage("cannot read", path, &error)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        ApiError::new(ErrorKind::Damaged, format!("{} cannot be read: {error}", path.display()))
            .hint("remove it: the next backup asks for the passphrase again, and backup schedule sets up anew")
    })
}

/// Returns what is known of a backup; none when this data directory has not its keys.
///
/// # Errors
/// `Damaged`, `Storage`.
pub(super) fn known(dir: &Path, id: &Name) -> Result<Option<Known>, ApiError> {
    let Some(stored) = read_json::<Stored>(&file_of(dir, id))? else { return Ok(None) };
    let keys = WriteKeys::from_texts(&stored.id, &stored.recipient, &stored.secret);
    Ok(keys.filter(|keys| keys.id == *id).map(|keys| Known { keys, last_number: stored.last_number }))
}

/// Keeps what it takes to write into a backup.
///
/// # Errors
/// `Storage`.
pub(super) fn keep(dir: &Path, known: &Known) -> Result<(), ApiError> {
    create_private(&directory(dir))?;
    let (id, recipient, secret) = known.keys.to_texts();
    let stored = Stored { id, recipient, secret: secret.to_string(), last_number: known.last_number };
    let json = Zeroizing::new(serde_json::to_vec_pretty(&stored).expect("keys have no unserialisable part"));
    write_atomically(&file_of(dir, &known.keys.id), &json, true)
}

/// A backup that is made by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    /// Where to.
    pub(super) target: PathBuf,
    /// Seconds between two.
    pub(super) every_secs: u64,
    /// Snapshots to keep; all when left out.
    pub(super) keep: Option<u32>,
    /// Which blobs.
    pub(super) blobs: BlobChoice,
    /// When it was last tried.
    pub(super) tried_ms: Option<u64>,
    /// When it last came out well.
    pub(super) done_ms: Option<u64>,
    /// Why it did not, the last time.
    pub(super) error: Option<String>,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Plans {
    /// By target.
    pub(super) plans: Vec<Plan>,
}

impl Plans {
    fn path(dir: &Path) -> PathBuf {
        directory(dir).join("schedule.json")
    }

    /// Reads them.
    ///
    /// # Errors
    /// `Damaged`, `Storage`.
    pub(super) fn read(dir: &Path) -> Result<Self, ApiError> {
        Ok(read_json(&Self::path(dir))?.unwrap_or_default())
    }

    /// Writes them.
    ///
    /// # Errors
    /// `Storage`.
    pub(super) fn write(&self, dir: &Path) -> Result<(), ApiError> {
        create_private(&directory(dir))?;
        let json = serde_json::to_vec_pretty(self).expect("plans have no unserialisable part");
        write_atomically(&Self::path(dir), &json, true)
    }
}
