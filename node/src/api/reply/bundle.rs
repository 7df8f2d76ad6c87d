//! Replies about bundles.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A bundle that was made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BundleMadeReply {
    /// Its id.
    pub id: String,
    /// Its files, in order.
    pub files: Vec<PathBuf>,
    /// Bytes of these.
    pub bytes: u64,
    /// Membership ops in it: all there are.
    pub ops: u64,
    /// Other entries.
    pub entries: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
    /// The bundle it goes on from.
    pub base: Option<String>,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

/// What was taken from a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BundleImportReply {
    /// Its id.
    pub id: String,
    /// Name of the workspace.
    pub workspace: String,
    /// Who made it.
    pub by: String,
    /// Whether that is a member now.
    pub by_member: bool,
    /// Whether it is a device that some member certified at some time.
    pub by_known: bool,
    /// The bundle it goes on from.
    pub base: Option<String>,
    /// Entries in it.
    pub carried_entries: u64,
    /// Blobs in it.
    pub carried_blobs: u64,
    /// Bytes of these.
    pub carried_bytes: u64,
    /// Entries that were new and are kept now.
    pub entries: u64,
    /// Blobs that were new and are held now.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Entries that wait for others, which are not in it and not here: they have to be given again.
    pub waiting: u64,
    /// Entries that the rules refuse, with why.
    pub refused: Vec<(String, String)>,
    /// Blobs that are damaged in it and were left, when the rest was to be taken all the same.
    pub damaged: Vec<String>,
}

/// What a bundle is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BundleReply {
    /// Its id.
    pub id: String,
    /// Id of its workspace.
    pub workspace_id: String,
    /// Name of its workspace, when that is here.
    pub workspace: Option<String>,
    /// Who made it, and signed what is told here.
    pub by: String,
    /// The device.
    pub device_id: String,
    /// When, by that device's clock, RFC 3339 UTC.
    pub made: String,
    /// The bundle it goes on from.
    pub base: Option<String>,
    /// The member it was made for, when it leaves out what they have.
    pub audience: Option<String>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Volumes.
    pub volumes: u32,
    /// Their files.
    pub files: Vec<PathBuf>,
    /// Bytes of the file that was named.
    pub file_bytes: u64,
    /// Membership ops.
    pub ops: u64,
    /// Other entries.
    pub entries: u64,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
    /// Bytes of all that is in it.
    pub content_bytes: u64,
    /// Whether it was made or taken here.
    pub known: bool,
    /// Whether all of it was read and hashed.
    pub checked: bool,
    /// What is wrong with it, if something is.
    pub problem: Option<String>,
}

/// What was exchanged with a stick.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DriveSyncReply {
    /// The directory on the stick.
    pub directory: PathBuf,
    /// Bundles of others that were taken.
    pub taken: Vec<BundleImportReply>,
    /// Bundles of others that were taken before.
    pub known: u64,
    /// Files that could not be taken, with why.
    pub problems: Vec<(PathBuf, String)>,
    /// The bundle that was put on it; none when nobody lacks anything.
    pub made: Option<BundleMadeReply>,
    /// Own files that nobody needs any more and that were removed.
    pub removed: u64,
}
