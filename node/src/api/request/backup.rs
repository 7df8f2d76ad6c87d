//! Requests about backups that this node writes. What needs no data directory, such as looking into a
//! backup or restoring it, is in [`crate::backup`].

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Passphrase;

/// What is asked about backups.
///
/// A `target` is the absolute path of a directory, or of a single file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backup", rename_all = "snake_case")]
pub enum BackupRequest {
    /// Backs up now. → `Backup`, or `BackupPassphraseNeeded` when its keys are not here.
    Create {
        /// Where to.
        target: PathBuf,
        /// Which blobs.
        #[serde(default)]
        blobs: BlobChoice,
        /// The passphrase of the backup; needed for a new one, and for one that another data directory
        /// began.
        passphrase: Option<Passphrase>,
        /// Snapshots of this data directory to keep; all when left out.
        keep: Option<u32>,
    },
    /// Backs up from now on, while the node is up. → `BackupSchedule`, or `BackupPassphraseNeeded`
    Schedule {
        /// Where to.
        target: PathBuf,
        /// Which blobs.
        #[serde(default)]
        blobs: BlobChoice,
        /// As for `Create`.
        passphrase: Option<Passphrase>,
        /// Snapshots to keep; all when left out.
        keep: Option<u32>,
        /// Seconds between two backups.
        every_secs: u64,
    },
    /// Backs up no more by itself. → `BackupSchedule`
    Unschedule {
        /// Where to; everywhere when left out.
        target: Option<PathBuf>,
    },
    /// Says what is backed up by itself. → `BackupSchedule`
    Schedules,
}

/// Which blobs are taken along.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlobChoice {
    /// All that are held here.
    #[default]
    All,
    /// Those that this person brought in.
    Own,
    /// None.
    None,
    /// Those of wells, runs, projects and attachments.
    Of(Vec<String>),
}

impl std::fmt::Display for BlobChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Own => f.write_str("own"),
            Self::None => f.write_str("none"),
            Self::Of(targets) => f.write_str(&targets.join(", ")),
        }
    }
}
