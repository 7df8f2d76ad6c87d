//! Requests about bundles: files that carry what nodes exchange.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What is asked about bundles. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "bundle", rename_all = "snake_case")]
pub enum BundleRequest {
    /// Makes one. → `BundleMade`
    Export(ExportBundle),
    /// Takes what is in one. → `BundleTaken`
    Import {
        /// Its file, one of its volumes, or their common name.
        file: PathBuf,
        /// Which blobs: `all`, those that are `wanted` by the policy, or none (`metadata`); all when left out.
        #[serde(default)]
        blobs: Option<String>,
        /// Take what is whole of one that is damaged or cut short.
        #[serde(default)]
        salvage: bool,
    },
    /// Says what one is. → `Bundle`
    Show {
        /// As for `Import`.
        file: PathBuf,
        /// Whether all of it is read and hashed.
        #[serde(default)]
        check: bool,
    },
    /// Takes what is new on a stick, and puts on it what others lack. → `DriveSync`
    DriveSync {
        /// The directory where the stick is mounted.
        drive: PathBuf,
        /// Whether what is put on it is encrypted to the members' devices.
        #[serde(default)]
        encrypt: bool,
        /// The most bytes a file may have.
        #[serde(default)]
        max_bytes: Option<u64>,
    },
}

/// How a bundle is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportBundle {
    /// The file.
    pub file: PathBuf,
    /// What is left out because its reader has it.
    pub since: BundleSince,
    /// `all` or nothing for all blobs, `metadata` for none, else those of wells, runs, projects and attachments.
    #[serde(default)]
    pub blobs: Vec<String>,
    /// The most bytes a file may have; more make several volumes.
    #[serde(default)]
    pub max_bytes: Option<u64>,
    /// Whether it is encrypted to the members' devices.
    #[serde(default)]
    pub encrypt: bool,
    /// Whether a file that is there is replaced.
    #[serde(default)]
    pub replace: bool,
}

/// What a bundle leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "since", rename_all = "snake_case")]
pub enum BundleSince {
    /// Nothing.
    All,
    /// What a member is known to have.
    Member {
        /// Name, words or start of the id.
        member: String,
    },
    /// What was in another bundle, and those before it.
    Bundle {
        /// Its absolute path, or the start of its id.
        bundle: String,
    },
}
