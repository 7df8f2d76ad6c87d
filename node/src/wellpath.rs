//! Where depths of a well are in space: its survey, and the elevations of what depths are counted from.
//!
//! Nothing is assumed: without a survey, an elevation or a unit the answer is none, with the reason.

use std::collections::BTreeMap;

use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::api::ApiError;
use crate::ingest::well::Level;
use crate::trajectory::{Measured, PathError, PathPoint, Trajectory};

/// Statements of one elevation may differ by this many metres: they are rounded.
const AGREEMENT_M: f64 = 0.5;

/// A depth in space.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Placed {
    /// True vertical depth below the survey's datum.
    pub(crate) tvd_m: Option<f64>,
    /// True vertical depth below mean sea level.
    pub(crate) tvdss_m: Option<f64>,
    /// Why one of them is not known.
    pub(crate) unknown: Option<String>,
}

/// The path of a well as its survey has it.
#[derive(Debug, Clone)]
pub(crate) struct WellPath {
    /// The survey that counts.
    pub(crate) survey: Option<DocId>,
    /// What its depths are counted from; empty for the well's depths as delivered.
    pub(crate) datum: String,
    /// The path, or why there is none.
    pub(crate) path: Result<Trajectory, String>,
    elevations: Elevations,
}

/// How far datums are above mean sea level, by their codes; none where statements disagree.
#[derive(Debug, Clone, Default)]
struct Elevations(BTreeMap<String, Option<f64>>);

impl Elevations {
    fn add(&mut self, datum: String, elevation_m: f64) {
        let known = self.0.entry(datum).or_insert(Some(elevation_m));
        *known = known.filter(|known| (known - elevation_m).abs() <= AGREEMENT_M);
    }

    /// Returns the elevation of a datum; of none that is named, that of all.
    fn of(&self, datum: &str) -> Option<f64> {
        if datum == Level::MeanSeaLevel.code() {
            return Some(0.0);
        }
        if let Some(known) = self.0.get(datum) {
            return *known;
        }
        // A level that is named and of which nothing is known is not some other one.
        let one = if datum.is_empty() { *self.0.values().next()? } else { None };
        one.filter(|_| self.are_one())
    }

    /// Whether all that is known is one elevation, or nothing.
    fn are_one(&self) -> bool {
        let Some(first) = self.0.values().next() else { return true };
        let is_first =
            |other: &Option<f64>| first.zip(*other).is_some_and(|(first, other)| (first - other).abs() <= AGREEMENT_M);
        self.0.values().all(is_first)
    }
}

impl WellPath {
    /// Reads the path of a well: that of the survey that people chose, else of its only one.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn load(connection: &Connection, workspace: WorkspaceId, well: &DocId) -> Result<Self, ApiError> {
        match survey_of(connection, workspace, well)? {
            Ok(survey) => Self::of_survey(connection, workspace, Some(well), &survey),
            Err(why) => {
                let elevations = elevations(connection, workspace, well)?;
                Ok(Self { survey: None, datum: String::new(), path: Err(why), elevations })
            }
        }
    }

    /// Reads the path that one survey makes.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn of_survey(
        connection: &Connection,
        workspace: WorkspaceId,
        well: Option<&DocId>,
        survey: &DocId,
    ) -> Result<Self, ApiError> {
        let mut known = Elevations::default();
        if let Some(well) = well {
            known = elevations(connection, workspace, well)?;
        }
        let mut statement =
            connection.prepare_cached("SELECT datum, elevation_m FROM surveys WHERE workspace = ?1 AND id = ?2")?;
        let row: Option<(String, Option<f64>)> = statement
            .query_row(params![workspace.as_bytes(), survey.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (datum, elevation) = row.unwrap_or_default();
        if let Some(elevation) = elevation {
            // What is said of the survey itself goes before what files say.
            known.0.insert(datum.clone(), Some(elevation));
        }
        let path = match stations(connection, workspace, survey)? {
            Ok(measured) => Trajectory::new(&measured).map_err(|error| error.to_string()),
            Err(why) => Err(why),
        };
        Ok(Self { survey: Some(*survey), datum, path, elevations: known })
    }

    /// Returns the measured depth from the survey's datum of one from another.
    fn md_m(&self, depth_m: f64, datum: &str) -> Result<f64, String> {
        if datum.is_empty() || datum == self.datum {
            return Ok(depth_m);
        }
        if datum == Level::MeanSeaLevel.code() {
            return Err(format!("depths from {datum} are vertical: they are no measured depths"));
        }
        if self.datum.is_empty() {
            // Depths as delivered, which may be from there too unless the well has several levels.
            let message =
                || format!("the survey does not say whether its depths are from {datum}: the well has others");
            return self.elevations.are_one().then_some(depth_m).ok_or_else(message);
        }
        match (self.elevations.of(&self.datum), self.elevations.of(datum)) {
            (Some(survey), Some(other)) => Ok(depth_m + survey - other),
            _ => Err(format!("it is not known how far {datum} is from {}, the survey's datum", self.datum)),
        }
    }

    /// Returns the point of the path at a measured depth.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn at(&self, depth_m: f64, datum: &str) -> Result<PathPoint, String> {
        let path = self.path.as_ref().map_err(Clone::clone)?;
        path.at(self.md_m(depth_m, datum)?).map_err(|error: PathError| error.to_string())
    }

    /// Returns the elevation of the survey's datum above mean sea level.
    pub(crate) fn elevation_m(&self) -> Option<f64> {
        self.elevations.of(&self.datum)
    }

    /// Says where a depth is. One that is counted from mean sea level is a vertical depth.
    pub(crate) fn place(&self, depth_m: Option<f64>, datum: &str) -> Placed {
        let elevation = self.elevation_m();
        let unknown_elevation = || {
            let what: &str = if self.datum.is_empty() { "what depths are counted from" } else { &self.datum };
            format!("the elevation of {what} is not known")
        };
        let Some(depth_m) = depth_m else {
            return Placed { unknown: Some("its unit is none of length".to_owned()), ..Placed::default() };
        };
        if datum == Level::MeanSeaLevel.code() {
            let tvd_m = elevation.map(|elevation| depth_m + elevation);
            return Placed { tvd_m, tvdss_m: Some(depth_m), unknown: elevation.is_none().then(unknown_elevation) };
        }
        match self.at(depth_m, datum) {
            Ok(point) => Placed {
                tvd_m: Some(point.tvd_m),
                tvdss_m: elevation.map(|elevation| point.tvd_m - elevation),
                unknown: elevation.is_none().then(unknown_elevation),
            },
            Err(why) => Placed { unknown: Some(why), ..Placed::default() },
        }
    }
}

/// Returns how many metres deeper a depth is when it is counted from another datum; nothing when that is
/// not known, or one of them is the sea, from where depths are vertical.
///
/// # Errors
/// `Storage`.
pub(crate) fn offset_m(
    connection: &Connection,
    workspace: WorkspaceId,
    well: &DocId,
    from: &str,
    to: &str,
) -> Result<Option<f64>, ApiError> {
    if [from, to].contains(&Level::MeanSeaLevel.code()) {
        return Ok(None);
    }
    let known = elevations(connection, workspace, well)?;
    Ok(known.of(to).zip(known.of(from)).map(|(to, from)| to - from))
}

// The statements name their index: SQLite takes it for no better than going through all of a workspace,
// which is done for each well where all wells are asked for.

/// Returns the survey that counts for a well, or why none does.
fn survey_of(connection: &Connection, workspace: WorkspaceId, well: &DocId) -> Result<Result<DocId, String>, ApiError> {
    let mut statement = connection.prepare_cached(
        "SELECT d.id, EXISTS (SELECT 1 FROM chosen_surveys AS c
                              WHERE c.workspace = d.workspace AND c.well = d.well AND c.survey = d.id)
         FROM described AS d INDEXED BY described_by_well
         WHERE d.workspace = ?1 AND d.kind = 'survey' AND d.well = ?2 AND d.deleted = 0
         ORDER BY d.id",
    )?;
    let rows = statement
        .query_map(params![workspace.as_bytes(), well.as_bytes()], |row| Ok((DocId(row.get(0)?), row.get(1)?)))?;
    let all: Vec<(DocId, bool)> = rows.collect::<Result<_, _>>()?;
    Ok(match all.iter().find(|(_, chosen)| *chosen).map(|(id, _)| id) {
        Some(chosen) => Ok(*chosen),
        None => match all.as_slice() {
            [(only, _)] => Ok(*only),
            [] => Err("the well has no deviation survey".to_owned()),
            several => Err(format!("the well has {} surveys and none is chosen: surveys choose", several.len())),
        },
    })
}

/// Returns what runs of a well say about elevations.
fn elevations(connection: &Connection, workspace: WorkspaceId, well: &DocId) -> Result<Elevations, ApiError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce(datum, ''), elevation_m FROM runs INDEXED BY runs_by_well
         WHERE workspace = ?1 AND well = ?2 AND deleted = 0 AND elevation_m IS NOT NULL ORDER BY id",
    )?;
    let rows =
        statement.query_map(params![workspace.as_bytes(), well.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut known = Elevations::default();
    for row in rows {
        let (datum, elevation) = row?;
        known.add(datum, elevation);
    }
    Ok(known)
}

/// Returns the stations of a survey in order of depth, or why they have none.
fn stations(
    connection: &Connection,
    workspace: WorkspaceId,
    survey: &DocId,
) -> Result<Result<Vec<Measured>, String>, ApiError> {
    let mut statement = connection.prepare_cached(
        "SELECT md, unit, to_m, inclination_deg, azimuth_deg FROM stations WHERE workspace = ?1 AND id = ?2 ORDER BY item",
    )?;
    let mut rows = statement.query(params![workspace.as_bytes(), survey.as_bytes()])?;
    let mut measured = Vec::new();
    while let Some(row) = rows.next()? {
        let (md, unit): (f64, String) = (row.get(0)?, row.get(1)?);
        let Some(to_m) = row.get::<_, Option<f64>>(2)? else {
            return Ok(Err(format!("the station at {md} {unit}: {unit} is no unit of length")));
        };
        measured.push(Measured { md_m: md * to_m, inclination_deg: row.get(3)?, azimuth_deg: row.get(4)? });
    }
    measured.sort_by(|a, b| a.md_m.total_cmp(&b.md_m));
    Ok(Ok(measured))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(datum: &str, known: &[(&str, f64)]) -> WellPath {
        let stations = [0.0, 1000.0].map(|md_m| Measured { md_m, inclination_deg: 60.0, azimuth_deg: 0.0 });
        let mut elevations = Elevations::default();
        for (datum, elevation) in known {
            elevations.add((*datum).to_owned(), *elevation);
        }
        let path = Ok(Trajectory::new(&stations).unwrap());
        WellPath { survey: None, datum: datum.to_owned(), path, elevations }
    }

    fn close(found: Option<f64>, exact: f64) {
        assert!(found.is_some_and(|found| (found - exact).abs() < 1e-9), "{found:?}, not {exact}");
    }

    #[test]
    fn depths_from_another_datum_are_moved_by_the_elevations() {
        let path = path("KB", &[("KB", 30.0), ("GL", 20.0)]);
        let same = path.place(Some(500.0), "KB");
        close(same.tvd_m, 250.0);
        close(same.tvdss_m, 220.0);
        // 490 m below ground are 500 m below the kelly bushing.
        close(path.place(Some(490.0), "GL").tvd_m, 250.0);
        close(path.place(Some(500.0), "").tvd_m, 250.0);
        let unknown = path.place(Some(500.0), "DF");
        assert!(unknown.tvd_m.is_none() && unknown.unknown.unwrap().contains("DF"));
    }

    #[test]
    fn a_survey_without_a_datum_is_as_any_other_only_where_there_is_one_level() {
        close(path("", &[]).place(Some(500.0), "GL").tvd_m, 250.0);
        close(path("", &[("KB", 30.0)]).place(Some(500.0), "KB").tvd_m, 250.0);
        let placed = path("", &[("KB", 30.0), ("GL", 20.0)]).place(Some(500.0), "GL");
        assert!(placed.tvd_m.is_none() && placed.unknown.unwrap().contains("GL"));
    }

    #[test]
    fn depths_from_the_sea_are_vertical() {
        let path = path("KB", &[("KB", 30.0)]);
        let placed = path.place(Some(220.0), "MSL");
        close(placed.tvdss_m, 220.0);
        close(placed.tvd_m, 250.0);
        assert!(path.at(220.0, "MSL").unwrap_err().contains("vertical"), "they are no measured depths");
    }

    #[test]
    fn elevations_that_disagree_are_none() {
        let path = path("KB", &[("KB", 30.0), ("KB", 35.0)]);
        let placed = path.place(Some(500.0), "KB");
        close(placed.tvd_m, 250.0);
        assert!(placed.tvdss_m.is_none() && placed.unknown.unwrap().contains("elevation of KB"));
        // Those that agree are one; that of the first code is taken.
        close(super::tests::path("", &[("KB", 30.0), ("DF", 30.2)]).place(Some(0.0), "").tvdss_m, -30.2);
    }

    #[test]
    fn below_the_last_station_nothing_is_known() {
        let placed = path("", &[]).place(Some(1001.0), "");
        assert!(placed.tvd_m.is_none() && placed.unknown.unwrap().contains("1001"), "the depth is named");
    }
}
