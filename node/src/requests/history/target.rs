//! What a history is of.

use dataforge_protocol::document::history::{Carried, History};
use dataforge_protocol::document::{EngineError, Map, Place};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::{DeviceId, DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use rusqlite::params;

use crate::api::{ApiError, ErrorKind};
use crate::core::Core;
use crate::index::{Found, Index};
use crate::store::Store;

/// A document, or one curve of a run.
#[derive(Debug, Clone)]
pub(in crate::requests) struct Target {
    pub(in crate::requests) doc: DocId,
    /// Only this curve of it.
    pub(in crate::requests) curve: Option<u32>,
    /// As it was asked for.
    pub(in crate::requests) name: String,
}

impl Target {
    /// Finds what a user names, also what is deleted.
    ///
    /// # Errors
    /// As [`Index::find`].
    pub(in crate::requests) fn find(core: &Core, workspace: &WorkspaceId, text: &str) -> Result<Self, ApiError> {
        let of = |doc, curve| Self { doc, curve, name: text.to_owned() };
        match Index::new(core.store.connection(), *workspace).find(text, true) {
            Ok(Found::Curve(run, ordinal)) => Ok(of(run, Some(ordinal))),
            Ok(found) => Ok(of(found.doc(), None)),
            Err(error) if error.kind == ErrorKind::NotFound => match text {
                "dictionary" => Ok(of(Facts::Dictionary.doc_id(), None)),
                "settings" => Ok(of(Facts::Settings.doc_id(), None)),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// Returns whether a place of the document is meant.
    pub(in crate::requests) fn covers(&self, place: &Place) -> bool {
        let Some(curve) = self.curve else { return true };
        let Place::Field(Map::Curves, key) = place else { return false };
        key.split_once('.').is_some_and(|(ordinal, _)| ordinal == curve.to_string())
    }
}

/// Says that a document cannot be built.
pub(super) fn damaged(doc: &DocId, error: &EngineError) -> ApiError {
    let failure = ApiError::from_error(ErrorKind::Damaged, error);
    ApiError { message: format!("document {}: {}", doc.fmt_short(), failure.message), ..failure }
}

/// Reads the history of a document.
///
/// # Errors
/// `NotFound` when nothing opened it, `Damaged` when a change cannot be read.
pub(super) fn read(core: &mut Core, workspace: &WorkspaceId, doc: &DocId) -> Result<History, ApiError> {
    let (ledger, store) = core.ledger_and_store(workspace)?;
    read_from(store, ledger, doc)?.ok_or_else(|| {
        ApiError::new(ErrorKind::NotFound, format!("nothing was written about {} yet", doc.fmt_short()))
            .hint("dataforge wells, runs, attachments and projects list what there is")
    })
}

/// Reads the history of a document; `None` when nothing opened it. Each of its entries is read once.
///
/// # Errors
/// As [`read`].
pub(super) fn read_from(store: &Store, ledger: &Ledger, doc: &DocId) -> Result<Option<History>, ApiError> {
    let Some(kind) = ledger.doc_kind(doc, store) else { return Ok(None) };
    let mut statement = store.connection().prepare_cached(
        "SELECT id, device, claimed_ms, body FROM entries
         WHERE workspace = ?1 AND doc = ?2 AND kind = 2 AND outcome = 0 ORDER BY position",
    )?;
    let rows = statement.query_map(params![ledger.workspace().as_bytes(), doc.as_bytes()], |row| {
        let entry = EntryId(row.get(0)?);
        let (device, person) = (DeviceId(row.get(1)?), ledger.author_of(&entry));
        Ok(Carried { entry, device, person, claimed_ms: row.get(2)?, body: row.get(3)? })
    })?;
    let changes = rows.collect::<Result<_, _>>()?;
    History::new(kind, changes).map(Some).map_err(|error| damaged(doc, &error))
}
