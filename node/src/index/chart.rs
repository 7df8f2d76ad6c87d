//! Rows of charts: what lists show, and what each takes values from.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::document::chart::{ChartState, Source};
use dataforge_protocol::document::{CurveId, Document};
use dataforge_protocol::entry::EntryKind;
use dataforge_protocol::id::{DocId, PersonId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;
use rusqlite::{OptionalExtension as _, Row, params};

use super::{Described, Index, describe, remove};
use crate::api::ApiError;
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    ledger: &Ledger,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = ChartState::read(document);
    let id = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<DocId>().ok());
    let (well, project) = (id(&state.look.well), id(&state.look.project));
    describe(store, workspace, doc, document, &Described { well, ..Described::default() })?;
    let made = Made::read(store, ledger, doc)?;
    let tags = serde_json::to_string(&state.tags).expect("texts are serialisable");
    store
        .connection()
        .prepare_cached("INSERT INTO charts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
        .execute(params![
            workspace.as_bytes(),
            doc.as_bytes(),
            state.kind.as_str(),
            well.as_ref().map(DocId::as_bytes),
            project.as_ref().map(DocId::as_bytes),
            state.look.template.unwrap_or(false),
            state.look.archived.unwrap_or(false),
            tags,
            state.series.len() as u64,
            made.author.as_ref().map(PersonId::as_bytes),
            made.created_ms,
            made.changed_ms,
        ])?;
    let mut statement =
        store.connection().prepare_cached("INSERT INTO chart_series VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for one in state.sources() {
        let place = format!("{}/{}/{}", one.part.as_str(), one.id, one.field);
        let well = one.well.and_then(|well| well.parse::<DocId>().ok());
        let (property, run, ordinal) = match one.source {
            Source::Property(property) => (Some(property.as_str()), None, None),
            Source::Curve(curve) => (None, Some(curve.run), Some(curve.ordinal)),
        };
        let well = well.as_ref().filter(|_| property.is_some()).map(DocId::as_bytes);
        let run = run.as_ref().map(DocId::as_bytes);
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), place, well, property, run, ordinal])?;
    }
    Ok(())
}

/// Who made a document, and when, by its entries.
#[derive(Debug, Default)]
struct Made {
    author: Option<PersonId>,
    created_ms: u64,
    changed_ms: u64,
}

impl Made {
    fn read(store: &Store, ledger: &Ledger, doc: &DocId) -> Result<Self, ApiError> {
        let mut made = Self::default();
        let mut statement = store.connection().prepare_cached("SELECT claimed_ms FROM entries WHERE id = ?1")?;
        for (id, kind) in ledger.effective_entries(doc) {
            let claimed: Option<u64> = statement.query_row(params![id.as_bytes()], |row| row.get(0)).optional()?;
            let claimed = claimed.unwrap_or_default();
            if kind == EntryKind::Open && made.author.is_none() {
                (made.author, made.created_ms) = (ledger.author_of(&id), claimed);
            }
            made.changed_ms = made.changed_ms.max(claimed);
        }
        Ok(made)
    }
}

/// Which charts are listed.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChartFilter {
    /// Only of this well.
    pub(crate) well: Option<DocId>,
    /// Only of this project, or of wells in it.
    pub(crate) project: Option<DocId>,
    /// Only those that show this curve, by name or because it stands for a property.
    pub(crate) curve: Option<CurveId>,
    /// Only with this tag.
    pub(crate) tag: Option<String>,
    /// Whether templates are listed, or all others.
    pub(crate) templates: bool,
    /// Whether those that are put away are listed too.
    pub(crate) archived: bool,
}

/// A chart as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChartRow {
    pub(crate) id: DocId,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) kind: String,
    /// Id and name.
    pub(crate) well: Option<(DocId, String)>,
    /// Id and name.
    pub(crate) project: Option<(DocId, String)>,
    pub(crate) template: bool,
    pub(crate) archived: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) series: u64,
    pub(crate) author: Option<PersonId>,
    pub(crate) created_ms: u64,
    pub(crate) changed_ms: u64,
}

/// A curve that something takes values from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceRow {
    pub(crate) curve: CurveId,
    pub(crate) label: String,
    pub(crate) column: String,
    pub(crate) unit: String,
    pub(crate) property: Option<String>,
    /// The well its run is filed under.
    pub(crate) well: Option<DocId>,
    /// Hash of its run's table, in hex.
    pub(crate) blob: String,
    /// Whether that is held here.
    pub(crate) held: bool,
}

const CHARTS: &str = "
    SELECT c.*, d.name AS title, d.description, w.name AS well_name, p.name AS project_name
    FROM charts AS c
    JOIN described AS d ON d.workspace = c.workspace AND d.id = c.id AND d.deleted = 0
    LEFT JOIN wells AS w ON w.workspace = c.workspace AND w.id = c.well
    LEFT JOIN projects AS p ON p.workspace = c.workspace AND p.id = c.project
    WHERE c.workspace = ?1 AND (?2 IS NULL OR c.well = ?2) AND (?3 IS NULL OR c.project = ?3 OR w.project = ?3)
    AND (?4 IS NULL OR c.id = ?4)
    ORDER BY d.name, c.id";

const SOURCE: &str = "
    SELECT c.run, c.ordinal, c.label, c.column_name, c.unit, c.property, r.well, r.blob,
           EXISTS (SELECT 1 FROM held_for AS h WHERE h.hash = r.blob AND h.workspace = r.workspace) AS held
    FROM curves AS c
    JOIN runs AS r ON r.workspace = c.workspace AND r.id = c.run AND r.deleted = 0
    WHERE c.workspace = ?1 AND c.run = ?2 AND c.ordinal = ?3";

fn chart(row: &Row<'_>) -> rusqlite::Result<ChartRow> {
    let named = |id: &str, name: &str, what: &str| -> rusqlite::Result<Option<(DocId, String)>> {
        let Some(id) = row.get::<_, Option<[u8; 32]>>(id)?.map(DocId) else { return Ok(None) };
        let name: Option<String> = row.get(name)?;
        Ok(Some((id, name.unwrap_or_else(|| format!("{what} {}", id.fmt_short())))))
    };
    Ok(ChartRow {
        id: DocId(row.get("id")?),
        title: row.get("title")?,
        description: row.get("description")?,
        kind: row.get("kind")?,
        well: named("well", "well_name", "well")?,
        project: named("project", "project_name", "project")?,
        template: row.get("template")?,
        archived: row.get("archived")?,
        tags: serde_json::from_str(&row.get::<_, String>("tags")?).unwrap_or_default(),
        series: row.get("series")?,
        author: row.get::<_, Option<[u8; 32]>>("author")?.map(PersonId),
        created_ms: row.get("created_ms")?,
        changed_ms: row.get("changed_ms")?,
    })
}

impl Index<'_> {
    /// Returns charts, by title.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn charts(&self, filter: &ChartFilter) -> Result<Vec<ChartRow>, ApiError> {
        let showing = filter.curve.as_ref().map(|curve| self.charts_showing(curve)).transpose()?;
        let mut rows = self.chart_rows(filter.well.as_ref(), filter.project.as_ref(), None)?;
        rows.retain(|row| {
            row.template == filter.templates
                && (filter.archived || !row.archived)
                && filter.tag.as_ref().is_none_or(|tag| row.tags.contains(tag))
                && showing.as_ref().is_none_or(|charts| charts.contains(&row.id))
        });
        Ok(rows)
    }

    /// Returns one chart as lists have it, also one that is put away.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn chart(&self, id: &DocId) -> Result<Option<ChartRow>, ApiError> {
        Ok(self.chart_rows(None, None, Some(id))?.pop())
    }

    fn chart_rows(
        &self,
        well: Option<&DocId>,
        project: Option<&DocId>,
        id: Option<&DocId>,
    ) -> Result<Vec<ChartRow>, ApiError> {
        let bytes = |id: Option<&DocId>| id.map(|id| id.as_bytes().to_vec());
        let mut statement = self.connection.prepare_cached(CHARTS)?;
        let rows =
            statement.query_map(params![self.workspace.as_bytes(), bytes(well), bytes(project), bytes(id)], chart)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns the charts that show a curve: those that name it, and those that show what it stands for in
    /// its well.
    fn charts_showing(&self, curve: &CurveId) -> Result<BTreeSet<DocId>, ApiError> {
        let row = self.source_of(curve)?;
        let stands = row.as_ref().and_then(|row| Some((row.well?, row.property.clone()?)));
        let stands = match stands {
            Some((well, property)) if self.preferred(Some(&well))?.contains(&(curve.run, curve.ordinal)) => {
                Some((well, property))
            }
            _ => None,
        };
        let (well, property) = stands.map_or((None, None), |(well, property)| (Some(well), Some(property)));
        let mut statement = self.connection.prepare_cached(
            "SELECT chart FROM chart_series WHERE workspace = ?1 AND run = ?2 AND ordinal = ?3
             UNION SELECT chart FROM chart_series WHERE workspace = ?1 AND well = ?4 AND property = ?5",
        )?;
        let rows = statement.query_map(
            params![
                self.workspace.as_bytes(),
                curve.run.as_bytes(),
                curve.ordinal,
                well.as_ref().map(DocId::as_bytes),
                property
            ],
            |row| Ok(DocId(row.get(0)?)),
        )?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns a curve, unless it is gone.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn source_of(&self, curve: &CurveId) -> Result<Option<SourceRow>, ApiError> {
        let mut statement = self.connection.prepare_cached(SOURCE)?;
        let found =
            statement.query_row(params![self.workspace.as_bytes(), curve.run.as_bytes(), curve.ordinal], |row| {
                let blob: Vec<u8> = row.get("blob")?;
                Ok(SourceRow {
                    curve: *curve,
                    label: row.get("label")?,
                    column: row.get("column_name")?,
                    unit: row.get("unit")?,
                    property: row.get("property")?,
                    well: row.get::<_, Option<[u8; 32]>>("well")?.map(DocId),
                    blob: data_encoding::HEXLOWER.encode(&blob),
                    held: row.get("held")?,
                })
            });
        Ok(found.optional()?)
    }

    /// Returns the curves that stand for the properties of a well, by property.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn standing_for(&self, well: &DocId) -> Result<BTreeMap<String, SourceRow>, ApiError> {
        let mut found = BTreeMap::new();
        for (run, ordinal) in self.preferred(Some(well))? {
            if let Some(row) = self.source_of(&CurveId { run, ordinal })?
                && let Some(property) = row.property.clone()
            {
                found.insert(property, row);
            }
        }
        Ok(found)
    }

    /// Returns which of these wells or projects are there and not deleted.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn present(&self, table: Listed, ids: &BTreeSet<DocId>) -> Result<BTreeSet<DocId>, ApiError> {
        let table = match table {
            Listed::Wells => "wells",
            Listed::Projects => "projects",
        };
        let sql = format!("SELECT 1 FROM {table} WHERE workspace = ?1 AND id = ?2 AND deleted = 0");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = BTreeSet::new();
        for id in ids {
            if statement.exists(params![self.workspace.as_bytes(), id.as_bytes()])? {
                found.insert(*id);
            }
        }
        Ok(found)
    }
}

/// A table of documents.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listed {
    /// Wells.
    Wells,
    /// Projects.
    Projects,
}
