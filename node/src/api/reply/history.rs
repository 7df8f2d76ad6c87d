//! Replies about earlier states.

use serde::{Deserialize, Serialize};

/// A place of a document: a field or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct DocumentPlace {
    /// `root`, `attributes`, `renditions`, `curves` or `items`; `text` for a text.
    pub map: String,
    /// The field there; `title` or `description` of a text.
    pub field: String,
}

impl DocumentPlace {
    /// Returns what it is called by people.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.map.as_str(), self.field.split_once('.')) {
            ("curves", Some((curve, field))) => format!("{field} of curve {curve}"),
            ("renditions", _) => "a table".to_owned(),
            _ => self.field.clone(),
        }
    }
}

impl PlaceChange {
    /// Returns what became of it, in words.
    #[must_use]
    pub fn told(&self) -> String {
        let name = self.place.name();
        match (&self.before, &self.after) {
            _ if self.place.map == "renditions" => name,
            (None, None) if self.inserted + self.deleted > 0 => {
                format!("{name} +{} \u{2212}{} characters", self.inserted, self.deleted)
            }
            (None, Some(after)) => format!("{name} = {after:?}"),
            (Some(before), Some(after)) => format!("{name} {before:?} \u{2192} {after:?}"),
            (Some(before), None) => format!("no {name}, was {before:?}"),
            (None, None) => format!("no {name}"),
        }
    }
}

/// What became of a place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlaceChange {
    /// The place.
    pub place: DocumentPlace,
    /// What read there before; none where nothing did, and of a text in a log.
    pub before: Option<String>,
    /// What reads there after.
    pub after: Option<String>,
    /// In a log: characters that went into a text.
    #[serde(default)]
    pub inserted: u64,
    /// In a log: characters that went out of it.
    #[serde(default)]
    pub deleted: u64,
}

/// Who wrote something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WrittenInfo {
    /// The person and their device.
    pub by: String,
    /// The author's clock, RFC 3339 UTC.
    pub claimed: String,
    /// Entry id.
    pub entry: String,
}

/// A state of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateInfo {
    /// As it was asked for; empty for now.
    pub asked: String,
    /// Changes in it.
    pub changes: u64,
    /// The last of them.
    pub last: Option<WrittenInfo>,
}

/// Who wrote what reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlameReply {
    /// What was asked about.
    pub target: String,
    /// The state.
    pub state: StateInfo,
    /// By place.
    pub fields: Vec<BlameInfo>,
}

/// Who wrote one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlameInfo {
    /// The place.
    pub place: DocumentPlace,
    /// The value.
    pub value: String,
    /// Who wrote it; of a text who wrote to it last.
    pub written: WrittenInfo,
    /// Values that others wrote beside it.
    pub beside: Vec<(String, WrittenInfo)>,
}

/// What differs between two states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffReply {
    /// What was asked about.
    pub target: String,
    /// One state.
    pub from: StateInfo,
    /// The other.
    pub to: StateInfo,
    /// By place.
    pub fields: Vec<PlaceChange>,
}

/// What was taken back, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBackReply {
    /// `restore`, `undo`, `redo` or `revert`.
    pub deed: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// By document.
    pub documents: Vec<TakenBack>,
}

/// What was taken back of one document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TakenBack {
    /// What it is called.
    pub document: String,
    /// Id.
    pub id: String,
    /// The change that was undone.
    #[serde(default)]
    pub undone: Option<WrittenInfo>,
    /// The new change.
    #[serde(default)]
    pub entry: Option<String>,
    /// Whether the document was made by what is taken back, and is deleted.
    #[serde(default)]
    pub deleted: bool,
    /// What became of places.
    pub fields: Vec<PlaceChange>,
    /// What was left as it is.
    pub left: Vec<LeftInfo>,
}

/// A place that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftInfo {
    /// The place; none for the document itself.
    pub place: Option<DocumentPlace>,
    /// What reads there.
    pub value: Option<String>,
    /// Why, in words.
    pub why: String,
    /// Who wrote to it since.
    pub written: Vec<WrittenInfo>,
}
