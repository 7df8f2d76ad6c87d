//! What was exported from this node.

use dataforge_protocol::id::{BlobHash, DocId, WorkspaceId};
use rusqlite::params;

use super::Store;
use crate::api::{ApiError, ExportInfo};
use crate::clock::rfc3339;

/// One export.
#[derive(Debug)]
pub(crate) struct Exported {
    /// What it is, as it was called.
    pub(crate) what: String,
    /// Its document; none for the whole workspace.
    pub(crate) doc: Option<DocId>,
    /// Format.
    pub(crate) format: String,
    /// The file as the client named it.
    pub(crate) file: String,
    /// Bytes written.
    pub(crate) bytes: u64,
    /// BLAKE3 of what was written.
    pub(crate) hash: BlobHash,
}

impl Store {
    /// Notes an export.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn note_export(&self, workspace: &WorkspaceId, now_ms: u64, export: &Exported) -> Result<(), ApiError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO exports (workspace, exported_ms, what, doc, format, file, bytes, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                workspace.as_bytes(),
                now_ms,
                export.what,
                export.doc.as_ref().map(DocId::as_bytes),
                export.format,
                export.file,
                export.bytes,
                export.hash.as_bytes(),
            ])?;
        Ok(())
    }

    /// Returns the newest exports.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn exports(&self, workspace: &WorkspaceId, limit: u32) -> Result<Vec<ExportInfo>, ApiError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT exported_ms, what, format, file, bytes, hash FROM exports WHERE workspace = ?1
             ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![workspace.as_bytes(), limit], |row| {
            Ok(ExportInfo {
                exported: rfc3339(row.get(0)?),
                what: row.get(1)?,
                format: row.get(2)?,
                file: row.get(3)?,
                bytes: row.get(4)?,
                hash: data_encoding::HEXLOWER.encode(&row.get::<_, Vec<u8>>(5)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
