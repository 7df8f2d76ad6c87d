//! Replies about conflicts.

use serde::{Deserialize, Serialize};

/// A conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictInfo {
    /// Its id, the same on every node.
    pub id: String,
    /// The id as short as it is shown.
    pub short: String,
    /// What is in conflict: `field`, `deletion`, `filed` (things under a deleted well), `item`, `wells` or
    /// `curves` (that may be the same).
    pub about: String,
    /// The kind of field that strategies are chosen for; empty for wells and curves.
    pub kind: String,
    /// The strategy for it.
    pub strategy: String,
    /// Id of the document; of curves their well, empty for wells.
    pub document_id: String,
    /// What the document is called.
    pub document: String,
    /// The map of the field: `root`, `attributes`, `curves`, `items`.
    pub map: String,
    /// The field; of an item `part/id`; of curves the property; of wells why.
    pub field: String,
    /// The sides.
    pub candidates: Vec<ConflictCandidate>,
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictCandidate {
    /// By which it is chosen, from 1.
    pub number: u32,
    /// The value; none when it took it away, and where it is not about a value.
    pub value: Option<String>,
    /// Whether this is what reads until it is decided.
    pub reads: bool,
    /// Whether it took away what another edited.
    pub removes: bool,
    /// What it wrote, where it edited what another took away.
    pub edits: Vec<String>,
    /// The change; empty for wells and curves.
    pub change: String,
    /// The entry that carries it.
    pub entry: String,
    /// Id of its author.
    pub person_id: Option<String>,
    /// The author's name.
    pub person: String,
    /// Id of the device.
    pub device_id: String,
    /// The author's name with the device.
    pub device: String,
    /// When, by the author's clock, RFC 3339 UTC.
    pub claimed: String,
    /// Whether this person is the author.
    pub mine: bool,
    /// The well, or the curve as RUN:NUMBER, that may be the same as the others.
    pub target: Option<String>,
}

/// How conflicts are decided in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictPolicyReply {
    /// The strategy of kinds that have none of their own.
    pub default: String,
    /// Every kind of field with its strategy.
    pub kinds: Vec<KindPolicy>,
}

/// How conflicts of one kind of field are decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindPolicy {
    /// The kind.
    pub kind: String,
    /// The strategy.
    pub strategy: String,
    /// Whether it is the kind's own, rather than the default.
    pub own: bool,
}
