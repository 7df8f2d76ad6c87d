//! Rows of deviation surveys.

use dataforge_protocol::document::{Document, SurveyState};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::{Row, params};

use super::read::{hex, listing, optional_hex};
use super::{Described, Index, SHORT, describe, metres, remove};
use crate::api::{ApiError, ErrorKind, StationInfo, SurveyInfo};
use crate::store::Store;

/// A survey counts that was chosen, or that is the only one of its well while none that is here is chosen.
const SURVEYS: &str = "
    SELECT d.id, d.name, d.description, d.well, coalesce(w.name, '') AS well_name,
           s.datum, s.elevation_m, s.azimuth_reference,
           (SELECT count(*) FROM stations AS t WHERE t.workspace = d.workspace AND t.id = d.id) AS stations,
           d.well IS NOT NULL AND CASE WHEN c.survey IS NULL
               THEN NOT EXISTS (SELECT 1 FROM described AS o INDEXED BY described_by_well
                                WHERE o.workspace = d.workspace AND o.kind = 'survey'
                                AND o.well = d.well AND o.deleted = 0 AND o.id <> d.id)
               ELSE c.survey = d.id END AS counts
    FROM described AS d {index}
    JOIN surveys AS s ON s.workspace = d.workspace AND s.id = d.id
    LEFT JOIN wells AS w ON w.workspace = d.workspace AND w.id = d.well
    LEFT JOIN chosen_surveys AS c ON c.workspace = d.workspace AND c.well = d.well
        AND EXISTS (SELECT 1 FROM described AS o WHERE o.workspace = d.workspace AND o.id = c.survey
                    AND o.well = d.well AND o.deleted = 0)
    WHERE d.workspace = ?1 AND d.kind = 'survey' AND d.deleted = 0 AND coalesce(w.deleted, 0) = 0 AND {of}
    ORDER BY well_name, d.name, d.id";

const STATIONS: &str = "
    SELECT item, md, unit, inclination_deg, azimuth_deg FROM stations WHERE workspace = ?1 AND id = ?2
    ORDER BY md * coalesce(to_m, 1), item";

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    let state = SurveyState::read(document);
    describe(store, workspace, doc, document, &Described { well: state.well, name: state.name })?;
    let connection = store.connection();
    connection.prepare_cached("INSERT INTO surveys VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        workspace.as_bytes(),
        doc.as_bytes(),
        state.datum,
        state.elevation_m,
        state.azimuth_reference,
    ])?;
    let mut statement = connection.prepare_cached("INSERT INTO stations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for (item, station) in &state.stations {
        let unit = &*station.md.unit;
        let (md, to_m) = (station.md.value, metres(unit));
        let angles = (station.inclination_deg, station.azimuth_deg);
        statement.execute(params![workspace.as_bytes(), doc.as_bytes(), item, md, unit, to_m, angles.0, angles.1])?;
    }
    Ok(())
}

fn info(row: &Row<'_>) -> rusqlite::Result<SurveyInfo> {
    let id = hex(&row.get::<_, Vec<u8>>("id")?);
    Ok(SurveyInfo {
        short: id.chars().take(SHORT).collect(),
        id,
        name: row.get("name")?,
        description: row.get("description")?,
        well_id: optional_hex(row.get("well")?),
        well: row.get("well_name")?,
        datum: row.get("datum")?,
        elevation_m: row.get("elevation_m")?,
        azimuth_reference: row.get("azimuth_reference")?,
        stations: row.get("stations")?,
        counts: row.get("counts")?,
    })
}

impl Index<'_> {
    /// Lists surveys, of one well or all.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn surveys(&self, well: Option<&DocId>) -> Result<Vec<SurveyInfo>, ApiError> {
        self.surveys_with(well.map(|well| (well, "d.well", "described_by_well")))
    }

    /// Returns a survey.
    ///
    /// # Errors
    /// `NotFound`, also when its well is deleted.
    pub(crate) fn survey(&self, id: &DocId) -> Result<SurveyInfo, ApiError> {
        let found = self.surveys_with(Some((id, "d.id", "")))?.into_iter().next();
        found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("there is no survey {}", id.fmt_short())))
    }

    fn surveys_with(&self, of: Option<(&DocId, &str, &str)>) -> Result<Vec<SurveyInfo>, ApiError> {
        let sql = listing(SURVEYS, of.map(|(_, column, index)| (column, index)));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), of.map(|(id, ..)| id.as_bytes())], info)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lists the stations of a survey by depth, without their places in space.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn stations(&self, survey: &DocId) -> Result<Vec<StationInfo>, ApiError> {
        let mut statement = self.connection.prepare_cached(STATIONS)?;
        let rows = statement.query_map(params![self.workspace.as_bytes(), survey.as_bytes()], |row| {
            Ok(StationInfo {
                id: row.get(0)?,
                md: row.get(1)?,
                unit: row.get(2)?,
                inclination_deg: row.get(3)?,
                azimuth_deg: row.get(4)?,
                point: None,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
