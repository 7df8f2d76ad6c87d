//! Which blobs belong to what: to a run, a well, a project, a workspace.

use std::collections::BTreeMap;

use dataforge_protocol::entry::BlobRef;
use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::{OptionalExtension as _, Params, params};

use super::Store;
use crate::api::ApiError;

/// A part of a workspace that has blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of it.
    Workspace,
    /// The wells filed under a project, and its attachments.
    Project(DocId),
    /// A well with its runs and attachments.
    Well(DocId),
    /// A run: table, gridded copies, pyramids, source.
    Run(DocId),
    /// A file kept as it is.
    Attachment(DocId),
    /// One blob.
    Blob(BlobHash),
}

impl Scope {
    /// Returns the document that marks name.
    pub(crate) const fn doc(&self, workspace: &WorkspaceId) -> Option<DocId> {
        match self {
            Self::Workspace => Some(DocId(workspace.0)),
            Self::Project(doc) | Self::Well(doc) | Self::Run(doc) | Self::Attachment(doc) => Some(*doc),
            Self::Blob(_) => None,
        }
    }
}

/// A blob with what it is of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedBlob {
    /// Hash and size.
    pub(crate) blob: BlobRef,
    /// `table`, `gridded`, `pyramid`, `source`, `file`.
    pub(crate) form: String,
    /// The run or attachment, as it is called.
    pub(crate) name: String,
    /// The well it belongs to.
    pub(crate) well: Option<DocId>,
}

/// A blob with the document it is known by: a run or an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DocumentBlob {
    /// Hash and size.
    pub(crate) blob: BlobRef,
    /// As of [`NamedBlob::form`].
    pub(crate) form: String,
    /// The document.
    pub(crate) doc: DocId,
    /// What it is called.
    pub(crate) name: String,
    /// The well it belongs to.
    pub(crate) well: Option<DocId>,
    /// What that is called.
    pub(crate) well_name: Option<String>,
    /// Whether the document is deleted.
    pub(crate) deleted: bool,
}

/// Every blob that a document names, with the document. `source` last: one that is also a table or
/// an attachment is better known as that.
pub(super) const DOCS: &str = "
    SELECT workspace, blob AS hash, blob_bytes AS size, id AS doc, well, deleted, name, 'table' AS form FROM runs
    UNION ALL
    SELECT g.workspace, g.blob, g.blob_bytes, g.run, r.well, r.deleted, r.name, 'gridded'
        FROM gridded AS g JOIN runs AS r ON r.workspace = g.workspace AND r.id = g.run
    UNION ALL
    SELECT p.workspace, p.blob, p.blob_bytes, p.run, r.well, r.deleted, r.name, 'pyramid'
        FROM pyramids AS p JOIN runs AS r ON r.workspace = p.workspace AND r.id = p.run
    UNION ALL
    SELECT workspace, blob, blob_bytes, id, well, deleted, name, 'file' FROM attachments
    UNION ALL
    SELECT workspace, source_hash, source_bytes, id, well, deleted, name, 'source' FROM runs";

impl Store {
    /// Returns the blobs of a part of a workspace, each once, that it refers to.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn blobs_of(&self, workspace: &WorkspaceId, scope: &Scope) -> Result<Vec<NamedBlob>, ApiError> {
        let id = workspace.as_bytes();
        match scope {
            Scope::Workspace => self.named("1", params![id]),
            Scope::Project(doc) => self.named(
                "(d.well IN (SELECT id FROM wells WHERE workspace = ?1 AND project = ?2)
                  OR d.doc IN (SELECT id FROM attachments WHERE workspace = ?1 AND project = ?2))",
                params![id, doc.as_bytes()],
            ),
            Scope::Well(doc) => self.named("d.well = ?2", params![id, doc.as_bytes()]),
            Scope::Run(doc) | Scope::Attachment(doc) => self.named("d.doc = ?2", params![id, doc.as_bytes()]),
            Scope::Blob(hash) => self.named("d.hash = ?2", params![id, hash.as_bytes()]),
        }
    }

    fn named(&self, condition: &str, values: impl Params) -> Result<Vec<NamedBlob>, ApiError> {
        // Sizes are those that entries declared, which is what is fetched.
        let sql = format!(
            "SELECT d.hash, b.size, d.form, d.name, d.well FROM ({DOCS}) AS d
             JOIN blob_refs AS b ON b.workspace = d.workspace AND b.hash = d.hash
             WHERE d.workspace = ?1 AND {condition}"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map(values, |row| {
            let well: Option<[u8; 32]> = row.get(4)?;
            Ok(NamedBlob {
                blob: BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? },
                form: row.get(2)?,
                name: row.get(3)?,
                well: well.map(DocId),
            })
        })?;
        let mut found: BTreeMap<BlobHash, NamedBlob> = BTreeMap::new();
        for row in rows {
            let row = row?;
            found.entry(row.blob.hash).or_insert(row);
        }
        Ok(found.into_values().collect())
    }

    /// Returns the blobs of a workspace that documents name, each once, by hash: with a document that is
    /// not deleted where there is one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn blobs_with_documents(&self, workspace: &WorkspaceId) -> Result<Vec<DocumentBlob>, ApiError> {
        let sql = format!(
            "SELECT d.hash, b.size, d.form, d.doc, d.name, d.well, w.name, d.deleted FROM ({DOCS}) AS d
             JOIN blob_refs AS b ON b.workspace = d.workspace AND b.hash = d.hash
             LEFT JOIN wells AS w ON w.workspace = d.workspace AND w.id = d.well
             WHERE d.workspace = ?1"
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let rows = statement.query_map(params![workspace.as_bytes()], |row| {
            let well: Option<[u8; 32]> = row.get(5)?;
            Ok(DocumentBlob {
                blob: BlobRef { hash: BlobHash(row.get(0)?), size: row.get(1)? },
                form: row.get(2)?,
                doc: DocId(row.get(3)?),
                name: row.get(4)?,
                well: well.map(DocId),
                well_name: row.get(6)?,
                deleted: row.get(7)?,
            })
        })?;
        let mut found: BTreeMap<BlobHash, DocumentBlob> = BTreeMap::new();
        for row in rows {
            let row = row?;
            let known = found.get(&row.blob.hash);
            if known.is_none_or(|known| known.deleted && !row.deleted) {
                found.insert(row.blob.hash, row);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Returns the size that a workspace declares for a blob it refers to.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn size_of(&self, workspace: &WorkspaceId, hash: &BlobHash) -> Result<Option<u64>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT size FROM blob_refs WHERE workspace = ?1 AND hash = ?2")?;
        Ok(statement.query_row(params![workspace.as_bytes(), hash.as_bytes()], |row| row.get(0)).optional()?)
    }

    /// Returns the sizes that workspaces declare for a blob.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn referred(&self, hash: &BlobHash) -> Result<Vec<(WorkspaceId, u64)>, ApiError> {
        let mut statement =
            self.connection().prepare_cached("SELECT workspace, size FROM blob_refs WHERE hash = ?1")?;
        let rows = statement.query_map(params![hash.as_bytes()], |row| Ok((WorkspaceId(row.get(0)?), row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns blobs of a workspace whose hashes begin with some hex digits, a few at most.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn blobs_beginning(&self, workspace: &WorkspaceId, hex: &str) -> Result<Vec<BlobHash>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT hash FROM blob_refs WHERE workspace = ?1 AND lower(hex(hash)) LIKE ?2 || '%' LIMIT 3",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes(), hex.to_lowercase()], |row| row.get(0))?;
        Ok(rows.map(|row| row.map(BlobHash)).collect::<Result<_, _>>()?)
    }
}
