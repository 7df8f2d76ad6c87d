//! Finding what a user names in the index: by id, by name, or by the start of an id.
//!
//! A node of a team has tens of thousands of rows, and every edit begins here, so each of the three is
//! answered by a key or an index.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use dataforge_protocol::facts::DocKind;
use dataforge_protocol::id::DocId;
use rusqlite::{OptionalExtension as _, Params, params};

use super::read::Index;
use crate::api::{ApiError, ErrorKind};
use crate::ingest::identity::normal_name;

/// What a user named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A well.
    Well(DocId),
    /// A run.
    Run(DocId),
    /// A curve of a run, by ordinal.
    Curve(DocId, u32),
    /// A file kept as it is.
    Attachment(DocId),
    /// A project.
    Project(DocId),
    /// A chart, a selection, a set of tops or a survey.
    Described(DocKind, DocId),
}

impl Found {
    /// Returns the document; of a curve its run.
    #[must_use]
    pub(crate) const fn doc(self) -> DocId {
        match self {
            Self::Well(doc)
            | Self::Run(doc)
            | Self::Curve(doc, _)
            | Self::Attachment(doc)
            | Self::Project(doc)
            | Self::Described(_, doc) => doc,
        }
    }
}

/// The kinds of documents that have a title.
pub(crate) const DESCRIBED: [DocKind; 4] = [DocKind::Chart, DocKind::Selection, DocKind::Tops, DocKind::Survey];

/// A table in which things are found, and its columns that name them, each with its index. SQLite
/// itself takes none of these, because it guesses that a workspace has ten rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    table: &'static str,
    columns: &'static [(&'static str, &'static str)],
    /// Of a table of several kinds those that are meant.
    kind: Option<DocKind>,
}

const WELLS: Named =
    Named { table: "wells", columns: &[("name", "wells_by_exact_name"), ("uwi", "wells_by_uwi")], kind: None };
const RUNS: Named =
    Named { table: "runs", columns: &[("name", "runs_by_name"), ("source_name", "runs_by_source_name")], kind: None };
const ATTACHMENTS: Named = Named { table: "attachments", columns: &[("name", "attachments_by_name")], kind: None };
pub(super) const PROJECTS: Named = Named { table: "projects", columns: &[("name", "projects_by_name")], kind: None };

/// What is found in a table, and as what.
type Finds = (Named, fn(DocId) -> Found);

/// Finds wells by how their name is compared.
const BY_SPELLING: &str =
    "SELECT id FROM wells INDEXED BY wells_by_name WHERE workspace = ?1 AND name_key = ?2 AND deleted = 0";

impl Named {
    const fn described(kind: DocKind) -> Self {
        Self { table: "described", columns: &[("name", "described_by_kind")], kind: Some(kind) }
    }

    /// Returns the statement that finds what has a name, ?2.
    fn by_name(&self, column: &str, index: &str) -> String {
        // The word is one of ours.
        let kind = self.kind.map(|kind| format!(" AND kind = '{}'", kind.as_str())).unwrap_or_default();
        let table = self.table;
        format!(
            "SELECT id FROM {table} INDEXED BY {index} WHERE workspace = ?1 AND {column} = ?2 AND deleted <= ?3{kind}"
        )
    }

    /// Returns the statement that finds ids from ?2 to ?3, by the primary key.
    fn by_id(&self) -> String {
        // The sign keeps SQLite from the index of kinds.
        let kind = self.kind.map(|kind| format!(" AND +kind = '{}'", kind.as_str())).unwrap_or_default();
        let table = self.table;
        format!(
            "SELECT id FROM {table} WHERE workspace = ?1 AND id BETWEEN ?2 AND ?3 AND deleted <= ?4{kind} ORDER BY id"
        )
    }
}

/// Returns the first and the last id that begin with some digits; both are the same for all 64.
fn ids_from(digits: &str) -> Option<([u8; 32], [u8; 32])> {
    if !(4..=64).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let filled =
        |text: String| -> Option<[u8; 32]> { data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok() };
    Some((filled(format!("{digits:0<64}"))?, filled(format!("{digits:f<64}"))?))
}

impl Index<'_> {
    /// Finds what a user names: a well by name, UWI or id, a run by name, source file or id, a
    /// curve as `RUN:ORDINAL`, an attachment, a project, a chart, a selection, tops or a survey by name or id.
    /// Ids may be cut short. `deleted` finds deleted ones too.
    ///
    /// # Errors
    /// `NotFound` when nothing matches, `Usage` when several do.
    pub(crate) fn find(&self, target: &str, deleted: bool) -> Result<Found, ApiError> {
        if let Some((run, ordinal)) = target.rsplit_once(':')
            && let Ok(ordinal) = ordinal.parse()
            && let Ok(Found::Run(run)) = self.find(run, deleted)
        {
            return Ok(Found::Curve(run, ordinal));
        }
        if let Some(found) = self.with_id(target, deleted)? {
            return Ok(found);
        }
        let mut found: Vec<_> = self.matching(WELLS, target, deleted)?.into_iter().map(Found::Well).collect();
        found.extend(self.matching(RUNS, target, deleted)?.into_iter().map(Found::Run));
        found.extend(self.matching(ATTACHMENTS, target, deleted)?.into_iter().map(Found::Attachment));
        if found.is_empty() {
            // A chart may be called like its well.
            found.extend(self.matching(PROJECTS, target, deleted)?.into_iter().map(Found::Project));
            for kind in DESCRIBED {
                found.extend(self.described(kind, target, deleted)?);
            }
        }
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is nothing called {target:?} here"))
                .hint("dataforge wells, runs, attachments, projects, charts, selections, tops and surveys list what there is, with ids")),
            several => Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} things", several.len()))
                .hint(format!("use an id: {}", several.iter().map(describe).collect::<Vec<_>>().join(", ")))),
        }
    }

    /// Finds a document of one of the kinds that have a title.
    ///
    /// # Errors
    /// As [`Index::find`].
    pub(crate) fn find_described(&self, kind: DocKind, target: &str, deleted: bool) -> Result<DocId, ApiError> {
        let word = kind.as_str();
        match self.described(kind, target, deleted)?.as_slice() {
            [one] => Ok(one.doc()),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no {word} {target:?}"))),
            several => {
                Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} of kind {word}", several.len()))
                    .hint(format!("use an id: {}", several.iter().map(describe).collect::<Vec<_>>().join(", "))))
            }
        }
    }

    fn described(&self, kind: DocKind, target: &str, deleted: bool) -> Result<Vec<Found>, ApiError> {
        let found = self.matching(Named::described(kind), target, deleted)?;
        Ok(found.into_iter().map(|doc| Found::Described(kind, doc)).collect())
    }

    /// Finds a well.
    ///
    /// # Errors
    /// As [`Index::find`], `Usage` when it names a run.
    pub(crate) fn find_well(&self, target: &str) -> Result<DocId, ApiError> {
        match self.matching(WELLS, target, false)?.as_slice() {
            [one] => Ok(*one),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no well {target:?}"))
                .hint("dataforge wells lists them")),
            several => Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} wells", several.len()))
                .hint(format!("use an id: {}", several.iter().map(DocId::fmt_short).collect::<Vec<_>>().join(", ")))),
        }
    }

    /// Returns the wells that a name, an identifier or the start of an id stands for.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn wells_called(&self, target: &str) -> Result<Vec<DocId>, ApiError> {
        self.matching(WELLS, target, false)
    }

    /// Returns the one well that has a name, however it is spelled; nothing when there are several or
    /// none.
    pub(crate) fn well_named(&self, name: &str) -> Option<DocId> {
        let key = Some(normal_name(name)).filter(|key| !key.is_empty())?;
        let found = self.ids(BY_SPELLING, params![self.workspace.as_bytes(), key]);
        match found.ok()?.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Finds a run.
    ///
    /// # Errors
    /// As [`Index::find`].
    pub(crate) fn find_run(&self, target: &str) -> Result<DocId, ApiError> {
        match self.matching(RUNS, target, false)?.as_slice() {
            [one] => Ok(*one),
            [] => Err(ApiError::new(ErrorKind::NotFound, format!("there is no run {target:?}"))
                .hint("dataforge runs lists them")),
            several => Err(ApiError::new(ErrorKind::Usage, format!("{target:?} names {} runs", several.len()))
                .hint(format!("use an id: {}", several.iter().map(DocId::fmt_short).collect::<Vec<_>>().join(", ")))),
        }
    }

    /// Returns what has a full id.
    fn with_id(&self, target: &str, deleted: bool) -> Result<Option<Found>, ApiError> {
        let Some((id, _)) = ids_from(target).filter(|(first, last)| first == last) else { return Ok(None) };
        let tables: [Finds; 4] =
            [(WELLS, Found::Well), (RUNS, Found::Run), (ATTACHMENTS, Found::Attachment), (PROJECTS, Found::Project)];
        for (named, found) in tables {
            if let Some(id) = self.between(named, &id, &id, deleted)?.pop() {
                return Ok(Some(found(id)));
            }
        }
        let sql = "SELECT kind FROM described WHERE workspace = ?1 AND id = ?2 AND deleted <= ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let values = params![self.workspace.as_bytes(), id, deleted];
        let kind: Option<String> = statement.query_row(values, |row| row.get(0)).optional()?;
        let kind = kind.and_then(|word| DESCRIBED.into_iter().find(|kind| kind.as_str() == word));
        Ok(kind.map(|kind| Found::Described(kind, DocId(id))))
    }

    /// Returns what a text means in a table, by id. A full id counts before a name, and that before
    /// the start of an id.
    pub(super) fn matching(&self, named: Named, target: &str, deleted: bool) -> Result<Vec<DocId>, ApiError> {
        let ids = ids_from(target);
        if let Some((first, last)) = ids.filter(|(first, last)| first == last) {
            let found = self.between(named, &first, &last, deleted)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        let mut found = BTreeSet::new();
        for (column, index) in named.columns {
            found.extend(self.ids(&named.by_name(column, index), params![self.workspace.as_bytes(), target, deleted])?);
        }
        match ids {
            Some((first, last)) if found.is_empty() => self.between(named, &first, &last, deleted),
            _ => Ok(found.into_iter().collect()),
        }
    }

    fn between(&self, named: Named, first: &[u8; 32], last: &[u8; 32], deleted: bool) -> Result<Vec<DocId>, ApiError> {
        self.ids(&named.by_id(), params![self.workspace.as_bytes(), first, last, deleted])
    }

    fn ids(&self, sql: &str, values: impl Params) -> Result<Vec<DocId>, ApiError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, |row| Ok(DocId(row.get(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn describe(found: &Found) -> String {
    match found {
        Found::Well(id) => format!("well {}", id.fmt_short()),
        Found::Run(id) => format!("run {}", id.fmt_short()),
        Found::Curve(run, ordinal) => format!("curve {}:{ordinal}", run.fmt_short()),
        Found::Attachment(id) => format!("attachment {}", id.fmt_short()),
        Found::Project(id) => format!("project {}", id.fmt_short()),
        Found::Described(kind, id) => format!("{} {}", kind.as_str(), id.fmt_short()),
    }
}
