//! Rows of projects, and reading them.

use dataforge_protocol::document::{Document, ProjectState};
use dataforge_protocol::id::{DocId, PersonId, WorkspaceId};
use rusqlite::{OptionalExtension as _, Row, params};

use super::find;
use super::read::Index;
use crate::api::{ApiError, ErrorKind};
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    let state = ProjectState::read(document);
    let quota = state.storage_quota().map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let name = state.name.unwrap_or_else(|| doc.fmt_short());
    store
        .connection()
        .prepare_cached("INSERT OR REPLACE INTO projects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            name,
            state.description,
            state.owner.as_ref().map(PersonId::as_bytes),
            state.archived,
            serde_json::to_string(&state.tags).expect("texts are serialisable"),
            serde_json::to_string(&state.settings).expect("texts are serialisable"),
            quota,
            state.deleted,
        ])?;
    Ok(())
}

/// A project as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectRow {
    pub(crate) id: DocId,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) owner: Option<PersonId>,
    pub(crate) archived: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) settings: std::collections::BTreeMap<String, String>,
    /// Bytes it should have at most, where it says so.
    pub(crate) quota: Option<u64>,
    /// Wells filed under it.
    pub(crate) wells: u64,
    /// Files that belong to it.
    pub(crate) attachments: u64,
}

const PROJECTS: &str = "
    SELECT p.*,
           (SELECT count(*) FROM wells AS w WHERE w.workspace = p.workspace AND w.project = p.id AND w.deleted = 0) AS wells,
           (SELECT count(*) FROM attachments AS a
            WHERE a.workspace = p.workspace AND a.project = p.id AND a.deleted = 0) AS attachments
    FROM projects AS p
    WHERE p.workspace = ?1 AND p.deleted = 0 AND (?2 IS NULL OR p.id = ?2)
    ORDER BY p.name, p.id";

fn row(row: &Row<'_>) -> rusqlite::Result<ProjectRow> {
    let json = |name: &str| row.get::<_, String>(name);
    Ok(ProjectRow {
        id: DocId(row.get("id")?),
        name: row.get("name")?,
        description: row.get("description")?,
        owner: row.get::<_, Option<[u8; 32]>>("owner")?.map(PersonId),
        archived: row.get("archived")?,
        tags: serde_json::from_str(&json("tags")?).unwrap_or_default(),
        settings: serde_json::from_str(&json("settings")?).unwrap_or_default(),
        quota: row.get("quota")?,
        wells: row.get("wells")?,
        attachments: row.get("attachments")?,
    })
}

impl Index<'_> {
    /// Finds a project by name, id or the start of its id.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Usage` when several have the name.
    pub(crate) fn find_project(&self, target: &str) -> Result<DocId, ApiError> {
        match self.matching(find::PROJECTS, target, false)?.as_slice() {
            [one] => Ok(*one),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no project {target:?}, or it is deleted"))
                .hint("dataforge projects lists them, dataforge projects create NAME makes one")),
            several => Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} projects", several.len()))
                .hint(format!("use an id: {}", several.iter().map(DocId::fmt_short).collect::<Vec<_>>().join(", ")))),
        }
    }

    /// Returns the projects that are not deleted, by name.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn projects(&self) -> Result<Vec<ProjectRow>, ApiError> {
        self.projects_of(None)
    }

    /// Returns a project.
    ///
    /// # Errors
    /// `NotFound` when it is deleted or not here, `Storage`.
    pub(crate) fn project(&self, id: &DocId) -> Result<ProjectRow, ApiError> {
        let found = self.projects_of(Some(id))?.pop();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("project {id} is not listed")))
    }

    fn projects_of(&self, id: Option<&DocId>) -> Result<Vec<ProjectRow>, ApiError> {
        let mut statement = self.connection.prepare_cached(PROJECTS)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), id.map(DocId::as_bytes)], row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the project that a well is filed under, with its name, unless that is deleted.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn project_of(&self, well: &DocId) -> Result<Option<(DocId, String)>, ApiError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT p.id, p.name FROM wells AS w
             JOIN projects AS p ON p.workspace = w.workspace AND p.id = w.project AND p.deleted = 0
             WHERE w.workspace = ?1 AND w.id = ?2",
        )?;
        let found = statement.query_row(params![self.workspace.as_bytes(), well.as_bytes()], |row| {
            Ok((DocId(row.get(0)?), row.get(1)?))
        });
        Ok(found.optional()?)
    }

    /// Returns the ids of the wells that are filed under a project.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn wells_in(&self, project: &DocId) -> Result<Vec<DocId>, ApiError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM wells WHERE workspace = ?1 AND project = ?2 AND deleted = 0 ORDER BY id")?;
        let rows = statement
            .query_map(params![self.workspace.as_bytes(), project.as_bytes()], |row| Ok(DocId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
