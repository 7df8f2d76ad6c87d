//! What is to be kept here: marks, and the policy of each workspace.

use std::collections::BTreeMap;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::{OptionalExtension as _, params};

use super::Store;
use super::scope::{DOCS, Scope};
use crate::api::ApiError;
use crate::keep::{Mark, Policy};

/// Makes a scope of a document.
type MakeScope = fn(DocId) -> Scope;

impl Store {
    /// Sets a mark or takes it off; returns whether that changed anything.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn mark(
        &self,
        workspace: &WorkspaceId,
        doc: &DocId,
        mark: Mark,
        on: bool,
        now_ms: u64,
    ) -> Result<bool, ApiError> {
        let key = params![workspace.as_bytes(), doc.as_bytes(), mark.as_str()];
        let changed = if on {
            let mut insert = self.connection().prepare_cached("INSERT OR IGNORE INTO marks VALUES (?1, ?2, ?3, ?4)")?;
            insert.execute(params![workspace.as_bytes(), doc.as_bytes(), mark.as_str(), now_ms])?
        } else {
            self.connection()
                .prepare_cached("DELETE FROM marks WHERE workspace = ?1 AND doc = ?2 AND mark = ?3")?
                .execute(key)?
        };
        Ok(changed > 0)
    }

    /// Returns the marks of a workspace.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn marks(&self, workspace: &WorkspaceId) -> Result<Vec<(DocId, Mark)>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT doc, mark FROM marks WHERE workspace = ?1 ORDER BY doc, mark")?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| Ok((DocId(row.get(0)?), row.get(1)?)))?;
        let mut marks = Vec::new();
        for row in rows {
            let (doc, mark): (_, String) = row?;
            marks.extend(Mark::from_word(&mark).map(|mark| (doc, mark)));
        }
        Ok(marks)
    }

    /// Returns the strongest mark of every blob of a workspace that has any.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn marked_blobs(&self, workspace: &WorkspaceId) -> Result<BTreeMap<BlobHash, Mark>, ApiError> {
        let mut marked: BTreeMap<BlobHash, Mark> = BTreeMap::new();
        for (doc, mark) in self.marks(workspace)? {
            let Some(scope) = self.scope(workspace, doc)? else { continue };
            for named in self.blobs_of(workspace, &scope)? {
                let strongest = marked.entry(named.blob.hash).or_insert(mark);
                *strongest = (*strongest).max(mark);
            }
        }
        Ok(marked)
    }

    /// What a marked document is; nothing when it is not here.
    fn scope(&self, workspace: &WorkspaceId, doc: DocId) -> Result<Option<Scope>, ApiError> {
        if doc.0 == workspace.0 {
            return Ok(Some(Scope::Workspace));
        }
        let kinds: [(&str, MakeScope); 4] = [
            ("wells", Scope::Well),
            ("runs", Scope::Run),
            ("projects", Scope::Project),
            ("attachments", Scope::Attachment),
        ];
        for (table, scope) in kinds {
            let sql = format!("SELECT 1 FROM {table} WHERE workspace = ?1 AND id = ?2");
            if self.connection().prepare_cached(&sql)?.exists(params![workspace.as_bytes(), doc.as_bytes()])? {
                return Ok(Some(scope(doc)));
            }
        }
        Ok(None)
    }

    /// Returns the policy of a workspace, where it has one of its own.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn policy(&self, workspace: &WorkspaceId) -> Result<Option<Policy>, ApiError> {
        let mut statement = self.connection().prepare_cached("SELECT policy FROM policies WHERE workspace = ?1")?;
        let word: Option<String> = statement.query_row(params![workspace.as_bytes()], |row| row.get(0)).optional()?;
        Ok(word.and_then(|word| Policy::from_word(&word)))
    }

    /// Gives a workspace a policy of its own, or takes it away.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn set_policy(&self, workspace: &WorkspaceId, policy: Option<Policy>) -> Result<(), ApiError> {
        match policy {
            Some(policy) => self.connection().execute(
                "INSERT OR REPLACE INTO policies VALUES (?1, ?2)",
                params![workspace.as_bytes(), policy.as_str()],
            )?,
            None => {
                self.connection().execute("DELETE FROM policies WHERE workspace = ?1", params![workspace.as_bytes()])?
            }
        };
        Ok(())
    }

    /// Returns the blobs a workspace refers to, that are not held and that are not of deleted things
    /// only.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn missing_blobs(&self, workspace: &WorkspaceId) -> Result<Vec<BlobRef>, ApiError> {
        let sql = format!(
            "SELECT b.hash, b.size FROM blob_refs AS b WHERE b.workspace = ?1 AND NOT held AND NOT {DEAD}",
            DEAD = dead()
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            Ok(BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Whether all documents that name the blob `b` are deleted, and there are some.
pub(super) fn dead() -> String {
    let well = "EXISTS (SELECT 1 FROM wells AS w WHERE w.workspace = d.workspace AND w.id = d.well AND w.deleted)";
    let of = format!("({DOCS}) AS d WHERE d.hash = b.hash AND d.workspace = b.workspace");
    format!("(EXISTS (SELECT 1 FROM {of}) AND NOT EXISTS (SELECT 1 FROM {of} AND NOT d.deleted AND NOT {well}))")
}
