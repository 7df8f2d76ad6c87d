//! The chains: entries with their outcome, in the order they were settled.

use dataforge_protocol::entry::{Entry, EntryKind, ReadHeader, SignedEntry};
use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::key::Signature;
use dataforge_protocol::ledger::{Bodies, Inert, Ledger, Outcome, Restoring};
use dataforge_protocol::sync::Entries;
use rusqlite::{OptionalExtension as _, Row, params};

use super::Store;
use crate::api::{ApiError, ErrorKind};

/// An entry as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredEntry {
    /// The entry.
    pub(crate) signed: SignedEntry,
    /// Its outcome.
    pub(crate) outcome: Outcome,
}

const fn outcome_code(outcome: &Outcome) -> i64 {
    match outcome {
        Outcome::Accepted => 0,
        Outcome::Excluded => 1,
        Outcome::Inert(_) => 2,
        Outcome::Unreadable | Outcome::Waiting | Outcome::Invalid(_) => 3,
    }
}

fn outcome_of(code: i64, reason: Option<String>) -> Outcome {
    match code {
        0 => Outcome::Accepted,
        1 => Outcome::Excluded,
        2 => Outcome::Inert(Inert::Stored(reason.unwrap_or_default())),
        _ => Outcome::Unreadable,
    }
}

fn reason(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Inert(inert) => Some(inert.to_string()),
        _ => None,
    }
}

fn signed(row: &Row<'_>) -> rusqlite::Result<SignedEntry> {
    let signature: Vec<u8> = row.get("signature")?;
    let bytes: [u8; 64] = signature.try_into().unwrap_or([0; 64]);
    Ok(SignedEntry { header: row.get("header")?, signature: Signature::from_bytes(&bytes), body: row.get("body")? })
}

impl Store {
    /// Adds a workspace; nothing happens when it is known.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn add_workspace(&self, id: &WorkspaceId, name: &str, now_ms: u64) -> Result<(), ApiError> {
        self.connection().prepare_cached("INSERT OR IGNORE INTO workspaces VALUES (?1, ?2, ?3)")?.execute(params![
            id.as_bytes(),
            name,
            now_ms
        ])?;
        Ok(())
    }

    /// Returns the workspaces, by name and id.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn workspaces(&self) -> Result<Vec<(WorkspaceId, String)>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT id, name FROM workspaces ORDER BY name, id")?;
        let rows = statement.query_map([], |row| Ok((WorkspaceId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Stores a settled entry.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn add_entry(
        &self,
        workspace: &WorkspaceId,
        entry: &Entry,
        outcome: &Outcome,
        now_ms: u64,
    ) -> Result<(), ApiError> {
        let link = entry.header.link();
        let (doc, claimed_ms) = match &entry.header {
            ReadHeader::Known(_, header) => (header.claims.doc, header.claims.claimed_ms),
            ReadHeader::Newer(_) => (None, 0),
        };
        self.connection()
            .prepare_cached(
                "INSERT INTO entries (workspace, id, device, seq, kind, doc, header, signature, body, outcome, reason, claimed_ms, received_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?
            .execute(params![
                workspace.as_bytes(),
                entry.id.as_bytes(),
                link.device.as_bytes(),
                i64::try_from(link.seq).unwrap_or(i64::MAX),
                link.kind,
                doc.as_ref().map(DocId::as_bytes),
                entry.signed.header,
                entry.signed.signature.to_bytes().as_slice(),
                entry.signed.body,
                outcome_code(outcome),
                reason(outcome),
                i64::try_from(claimed_ms).unwrap_or(i64::MAX),
                now_ms,
            ])?;
        if link.kind == EntryKind::Change.to_u8() {
            self.note_change();
        }
        Ok(())
    }

    /// Changes the outcome of a stored entry.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn set_outcome(&self, id: &EntryId, outcome: &Outcome) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached("UPDATE entries SET outcome = ?2, reason = ?3 WHERE id = ?1")?
            .execute(params![id.as_bytes(), outcome_code(outcome), reason(outcome)])?;
        Ok(())
    }

    /// Calls `each` with every entry of a workspace, in the order they were settled.
    ///
    /// # Errors
    /// `Storage`, and those of `each`.
    pub(crate) fn each_entry(
        &self,
        workspace: &WorkspaceId,
        mut each: impl FnMut(EntryId, StoredEntry) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, header, signature, body, outcome, reason FROM entries WHERE workspace = ?1 ORDER BY position",
        )?;
        let mut rows = statement.query(params![workspace.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let outcome = outcome_of(row.get("outcome")?, row.get("reason")?);
            each(EntryId(row.get("id")?), StoredEntry { signed: signed(row)?, outcome })?;
        }
        Ok(())
    }

    /// Brings back the ledger of a workspace.
    ///
    /// # Errors
    /// `Damaged` when the stored entries are no log, `Storage` when they cannot be read.
    pub(crate) fn restore_ledger(&self, workspace: &WorkspaceId) -> Result<Ledger, ApiError> {
        let damaged = |what: String| {
            ApiError::new(ErrorKind::Damaged, format!("workspace {}: {what}", workspace.fmt_short()))
                .hint("run dataforge verify")
        };
        // One by one: all of them together take more memory than the ledger.
        let mut restoring = Restoring::default();
        self.each_entry(workspace, |id, stored| {
            let entry = stored.signed.read().map_err(|error| damaged(format!("entry {}: {error}", id.fmt_short())))?;
            restoring.push(&entry, stored.outcome).map_err(|error| damaged(error.to_string()))
        })?;
        restoring.finish().map_err(|error| damaged(error.to_string()))
    }

    /// Returns the number of entries of a workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_entries(&self, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT count(*) FROM entries WHERE workspace = ?1")?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }

    /// Returns how many entries of a workspace are set aside.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn count_set_aside(&self, workspace: &WorkspaceId) -> Result<u64, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT count(*) FROM entries WHERE workspace = ?1 AND outcome <> 0")?;
        Ok(statement.query_row(params![workspace.as_bytes()], |row| row.get(0))?)
    }

    /// Returns a stored entry.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn stored_entry(&self, id: &EntryId) -> Result<Option<SignedEntry>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT header, signature, body FROM entries WHERE id = ?1")?;
        Ok(statement.query_row(params![id.as_bytes()], signed).optional()?)
    }
}

/// A body that cannot be read counts as absent: the ledger then answers as if it were not held.
impl Bodies for Store {
    fn body(&self, id: &EntryId) -> Option<Vec<u8>> {
        let mut statement = self.connection().prepare_cached("SELECT body FROM entries WHERE id = ?1").ok()?;
        statement.query_row(params![id.as_bytes()], |row| row.get(0)).optional().ok()?
    }
}

impl Entries for Store {
    fn entry(&self, id: &EntryId) -> Option<SignedEntry> {
        self.stored_entry(id).ok()?
    }
}

/// Returns the word for a stored kind.
#[must_use]
pub(crate) fn kind_word(kind: i64) -> &'static str {
    [EntryKind::Op, EntryKind::Open, EntryKind::Change]
        .into_iter()
        .find(|known| i64::from(known.to_u8()) == kind)
        .map_or("unknown", EntryKind::as_str)
}

/// Returns the word for a stored outcome.
#[must_use]
pub(crate) const fn outcome_word(code: i64) -> &'static str {
    match code {
        0 => "accepted",
        1 => "excluded",
        2 => "inert",
        _ => "unreadable",
    }
}
