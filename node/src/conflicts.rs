//! Conflicts: what several people wrote without knowing of each other, and how it is decided.
//!
//! The index finds them whenever a document changes and keeps them as rows. Until somebody decides,
//! the value that Automerge picks reads everywhere. A decision is a change as any other, written by a
//! person who knows all sides, so it travels, has an author, and ends the conflict on every node.
//! Wells and curves that may be the same are found when they are asked for. `docs/conflicts.md` says
//! what counts as one and what each strategy means.

mod automatic;
mod choose;
mod duplicates;
mod kind;
mod policy;
mod resolve;
#[cfg(test)]
mod tests;

use dataforge_protocol::document::{Field, LongText, Map, Said, Spoken};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

pub(crate) use self::automatic::settle;
pub(crate) use self::choose::{Choice, Me, Pick, choose};
pub(crate) use self::duplicates::{Alike, Thing, alike, keep_apart, unite};
pub(crate) use self::kind::FieldKind;
pub(crate) use self::policy::{DEFAULT, Policies, Strategy, set as set_policy};
pub(crate) use self::resolve::resolve;
use crate::api::ApiError;
use crate::store::Store;

/// Longest value that is kept to be shown, in characters.
const SHOWN_CHARS: usize = 4096;

/// What is in conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The values of a field.
    Field,
    /// Whether a document is deleted: another edited it.
    Deletion,
    /// Whether a well is deleted: another filed something under it.
    Filed,
    /// Whether an item of a document is gone: another edited it.
    Item,
}

impl About {
    const ALL: [Self; 4] = [Self::Field, Self::Deletion, Self::Filed, Self::Item];

    /// Whether deciding it deletes or restores a document.
    pub(crate) const fn is_of_document(self) -> bool {
        matches!(self, Self::Deletion | Self::Filed)
    }

    /// Returns the word used in SQL and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Deletion => "deletion",
            Self::Filed => "filed",
            Self::Item => "item",
        }
    }
}

/// A conflict, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The same on every node.
    pub(crate) id: String,
    /// The document.
    pub(crate) doc: DocId,
    /// What is in conflict.
    pub(crate) about: About,
    /// What strategies are chosen for; none for a kind of a newer version.
    pub(crate) kind: Option<FieldKind>,
    /// The map, by its word.
    pub(crate) map: String,
    /// The field; of an item `part/id`.
    pub(crate) field: String,
    /// The sides, by hash of the change.
    pub(crate) sides: Vec<Side>,
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Side {
    /// The change.
    pub(crate) change: String,
    /// The entry that carries it.
    pub(crate) entry: String,
    /// Its author.
    pub(crate) person: Option<String>,
    /// Their device.
    pub(crate) device: String,
    /// When they wrote it, by their clock.
    pub(crate) claimed_ms: u64,
    /// The value it wrote; none when it took it away, and for whole documents and items.
    pub(crate) value: Option<String>,
    /// Whether that is what reads now.
    pub(crate) reads: bool,
    /// Whether it took the document or item away.
    pub(crate) removes: bool,
    /// What it wrote, where it edited what another took away.
    pub(crate) edits: Vec<String>,
}

impl Side {
    /// Returns what sides are ordered by: when they say they were written, and by hash where that is
    /// the same.
    pub(crate) fn written(&self) -> (u64, &str) {
        (self.claimed_ms, &self.change)
    }
}

/// Returns a value as text.
pub(crate) fn text(field: &Field) -> String {
    let text = match field {
        Field::Text(text) => text.clone(),
        Field::Bool(value) => value.to_string(),
        Field::Bytes(bytes) => data_encoding::HEXLOWER.encode(bytes),
    };
    let end = text.char_indices().nth(SHOWN_CHARS).map(|(end, _)| end);
    match end {
        Some(end) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Returns what a change wrote, in words.
pub(crate) fn edits(spoken: &Spoken) -> Vec<String> {
    /// Fields that are told.
    const TOLD: usize = 8;
    let field = |said: &Said| match &said.value {
        Some(Field::Bytes(_)) if said.map == Map::Items => "what was imported".to_owned(),
        Some(Field::Bytes(_)) => "a table".to_owned(),
        Some(value) => format!("{} = {:?}", said.key, text(value)),
        None => format!("no {}", said.key),
    };
    let texts = spoken.texts.iter().map(|text| format!("typed into the {}", LongText::as_str(*text)));
    let mut edits: Vec<_> = spoken.fields.iter().take(TOLD).map(field).chain(texts).collect();
    if let Some(more) = spoken.fields.len().checked_sub(TOLD).filter(|more| *more > 0) {
        edits.push(format!("{more} more"));
    }
    edits
}

const COLUMNS: &str = "id, doc, kind, field_kind, map, field, sides";

fn conflict(row: &Row<'_>) -> rusqlite::Result<Conflict> {
    let (about, kind, sides): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(6)?);
    Ok(Conflict {
        id: row.get(0)?,
        doc: DocId(row.get(1)?),
        about: About::ALL.into_iter().find(|known| known.as_str() == about).unwrap_or(About::Field),
        kind: FieldKind::from_word(&kind),
        map: row.get(4)?,
        field: row.get(5)?,
        sides: serde_json::from_str(&sides).unwrap_or_default(),
    })
}

/// Returns the conflicts of a document or of all, by document and field.
///
/// # Errors
/// `Storage`.
pub(crate) fn list(store: &Store, workspace: &WorkspaceId, of: Option<&DocId>) -> Result<Vec<Conflict>, ApiError> {
    let of_one = of.map_or("?2 IS NULL", |_| "doc = ?2");
    let sql =
        format!("SELECT {COLUMNS} FROM conflicts WHERE workspace = ?1 AND {of_one} ORDER BY doc, kind, map, field, id");
    let mut statement = store.connection().prepare_cached(&sql)?;
    let rows = statement.query_map(params![workspace.as_bytes(), of.map(DocId::as_bytes)], conflict)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the conflicts whose id begins so.
///
/// # Errors
/// `Storage`.
pub(crate) fn beginning(store: &Store, workspace: &WorkspaceId, id: &str) -> Result<Vec<Conflict>, ApiError> {
    let sql =
        format!("SELECT {COLUMNS} FROM conflicts WHERE workspace = ?1 AND substr(id, 1, length(?2)) = ?2 ORDER BY id");
    let mut statement = store.connection().prepare_cached(&sql)?;
    let rows = statement.query_map(params![workspace.as_bytes(), id.to_ascii_lowercase()], conflict)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns how many wait for somebody to decide; wells and curves that may be the same do not count.
///
/// # Errors
/// `Storage`.
pub(crate) fn count(store: &Store, workspace: &WorkspaceId) -> Result<u64, ApiError> {
    let mut statement = store.connection().prepare_cached("SELECT count(*) FROM conflicts WHERE workspace = ?1")?;
    Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
}

/// Returns the fields of a document that have several values, with these.
///
/// # Errors
/// `Storage`.
pub(crate) fn values(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
) -> Result<Vec<(String, Vec<String>)>, ApiError> {
    let fields = list(store, workspace, Some(doc))?.into_iter().filter(|conflict| conflict.about == About::Field);
    let values = fields.map(|conflict| {
        let values: std::collections::BTreeSet<_> =
            conflict.sides.into_iter().map(|side| side.value.unwrap_or_default()).collect();
        (conflict.field, values.into_iter().collect())
    });
    Ok(values.collect())
}
