//! Projects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AttachmentInfo, WellInfo};

/// A project, as the list has it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProjectInfo {
    /// Id.
    pub id: String,
    /// The id as short as it is shown.
    pub short: String,
    /// Name; several projects may have one.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Id of the person who looks after it.
    pub owner_id: Option<String>,
    /// Their name.
    pub owner: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Whether it is archived.
    pub archived: bool,
    /// Settings by name, those not known here too.
    pub settings: BTreeMap<String, String>,
    /// Wells filed under it.
    pub wells: u64,
    /// Files that belong to it and to none of its wells.
    pub attachments: u64,
    /// Who made it.
    pub created_by: String,
    /// When, by their clock.
    pub created_at: String,
    /// When it was changed last, by the clock of who did.
    pub updated_at: String,
    /// Fields with several values that were set without knowing of each other.
    pub conflicts: Vec<(String, Vec<String>)>,
}

/// A project in full.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProjectReply {
    /// What the list says.
    pub project: ProjectInfo,
    /// Bytes that its wells and attachments take, sources and tables, each blob once.
    pub bytes: u64,
    /// Those of them that are held here.
    pub held_bytes: u64,
    /// Bytes it should have at most: as set, else `cache.project_limit_bytes` of this node.
    pub quota_bytes: u64,
    /// Its wells, by name.
    pub wells: Vec<WellInfo>,
    /// Its attachments, by name.
    pub attachments: Vec<AttachmentInfo>,
}
