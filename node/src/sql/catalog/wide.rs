//! What `well()` and `convert()` need of the node: a well's runs and curves, and the units.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataforge_protocol::id::{DocId, WorkspaceId};
use dataforge_query::resample::Interpolation;
use dataforge_query::{Convert, CurveColumn, UnitError, WellCurve, WellFile, WellMatch, WellRun, near};
use rusqlite::{Connection, Row, params};

use super::files::{RUN_FILES, run_curves, run_file};
use crate::api::ApiError;
use crate::core::Core;
use crate::index::{Index, listing};
use crate::ingest::dictionary::{self, Property};
use crate::ingest::grid::{Method, method_for};
use crate::ingest::units::{self, Conversion, Quantity, Unit};
use crate::ingest::well::{DepthDatum, Level};

/// What says where the depths of a well's logs are, the first log first.
const PLACES: &str = "
    SELECT id, step, index_mnemonic, index_unit, index_kind, datum, elevation_m, depth_shift_m
    FROM runs INDEXED BY runs_by_well
    WHERE workspace = ?1 AND well = ?2 AND deleted = 0 AND kind = 'log' ORDER BY id";

const NAMES: &str = "SELECT name FROM wells WHERE workspace = ?1 AND deleted = 0 ORDER BY name";

/// Finds a well by name, identifier or the start of its id.
pub(super) fn well(core: &Core, workspace: WorkspaceId, name: &str) -> Result<WellMatch, ApiError> {
    let connection = core.store.connection();
    let index = Index::new(connection, workspace);
    let mut found = index.wells_called(name)?;
    if found.is_empty() {
        found.extend(index.well_named(name));
    }
    match found.as_slice() {
        [one] => Ok(WellMatch::Found(Box::new(file(connection, workspace, one)?))),
        [] => {
            let mut statement = connection.prepare_cached(NAMES)?;
            let names = statement.query_map(params![workspace.as_bytes()], |row| row.get(0))?;
            let names = names.collect::<Result<Vec<String>, _>>()?;
            let near = near(name, names.iter().map(String::as_str));
            Ok(WellMatch::Unknown(near.into_iter().map(str::to_owned).collect()))
        }
        several => Ok(WellMatch::Several(several.iter().map(DocId::fmt_short).collect())),
    }
}

fn file(connection: &Connection, workspace: WorkspaceId, well: &DocId) -> Result<WellFile, ApiError> {
    let places = places(connection, workspace, well)?;
    let datum = places.values().find(|place| place.is_depth).and_then(|place| place.datum);
    let mut statement = connection.prepare_cached(&listing(RUN_FILES, Some(("r.well", "runs_by_well"))))?;
    let mut rows = statement.query(params![workspace.as_bytes(), well.as_bytes()])?;
    let (mut runs, mut ids) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let id: [u8; 32] = row.get(0)?;
        let Some(place) = places.get(&id) else { continue };
        let mut file = run_file(row)?;
        file.curves = run_curves(connection, workspace, &id)?;
        let (step, shift_m) = (place.step, place.shift_m.unwrap_or_default());
        runs.push(WellRun { file, step, shift_m, unplaced: place.refusal(datum.as_ref()) });
        ids.push(DocId(id));
    }
    let has_place = |run: &WellRun| run.unplaced.is_none() && places_depths(run);
    let placed: Vec<&DocId> = ids.iter().zip(&runs).filter(|(_, run)| has_place(run)).map(|(id, _)| id).collect();
    let preferred = Index::new(connection, workspace).preferred_among(Some(well), |run| placed.contains(&run))?;
    let curves = ids.iter().zip(&runs).enumerate().flat_map(|(run, (id, log))| {
        let preferred = &preferred;
        log.file.curves.iter().enumerate().map(move |(at, curve)| {
            let standing = preferred.contains(&(*id, curve.ordinal));
            well_curve(curve, (run, at), standing)
        })
    });
    let curves = curves.collect();
    let name = runs.first().map(|run| run.file.well.clone()).unwrap_or_default();
    Ok(WellFile { well: if name.is_empty() { well.fmt_short() } else { name }, runs, curves })
}

/// Whether the index of a run gives depths in metres.
fn places_depths(run: &WellRun) -> bool {
    let index = &run.file.index;
    index.kind == dataforge_query::IndexKind::Depth && !index.text && index.to_si.is_some()
}

/// Where the depths of a log are.
struct Place {
    step: Option<f64>,
    mnemonic: String,
    unit: String,
    is_depth: bool,
    datum: Option<DepthDatum>,
    shift_m: Option<f64>,
}

impl Place {
    fn read(row: &Row<'_>) -> rusqlite::Result<([u8; 32], Self)> {
        let level = row.get::<_, Option<String>>(5)?.as_deref().and_then(Level::read);
        let elevation_m: Option<f64> = row.get(6)?;
        let datum = (level.is_some() || elevation_m.is_some()).then_some(DepthDatum { level, elevation_m });
        let place = Self {
            step: row.get(1)?,
            mnemonic: row.get(2)?,
            unit: row.get(3)?,
            is_depth: row.get::<_, String>(4)? == "depth",
            datum,
            shift_m: row.get(7)?,
        };
        Ok((row.get(0)?, place))
    }

    /// Returns why the depths have no certain place among those of the well, as gridding refuses them.
    fn refusal(&self, well: Option<&DepthDatum>) -> Option<String> {
        let property = dictionary::detect(&self.mnemonic, &self.unit, "").map(|found| found.property);
        if let Some(vertical) = property.filter(|found| matches!(found.id, "depth_tvd" | "depth_tvdss")) {
            return Some(format!("is over {}, and the depths of a well are along the hole", vertical.name));
        }
        let (here, there) = (self.datum.as_ref()?, well?);
        (self.shift_m.is_none() && here.differs_from(there)).then(|| {
            format!("counts depths from {here}, the well from {there}; dataforge set RUN depth_shift_m METRES states the shift")
        })
    }
}

fn places(
    connection: &Connection,
    workspace: WorkspaceId,
    well: &DocId,
) -> Result<BTreeMap<[u8; 32], Place>, ApiError> {
    let mut statement = connection.prepare_cached(PLACES)?;
    let rows = statement.query_map(params![workspace.as_bytes(), well.as_bytes()], Place::read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns what becomes of a curve: the unit and the way of interpolating that its gridded copy has.
fn well_curve(curve: &CurveColumn, (run, at): (usize, usize), preferred: bool) -> WellCurve {
    let property = curve.property.as_deref().and_then(dictionary::property).filter(|_| !curve.text);
    let unit = units::resolve(&curve.unit, property.map(|property| property.measurement));
    let canonical = property.and_then(|property| {
        let to = property.unit()?;
        Some((Conversion::new(unit?, to, property.quantity).ok()?, to))
    });
    let range = [curve.min, curve.max].map(|end| end.zip(canonical).map_or(end, |(end, (by, _))| Some(by.apply(end))));
    let conversion = canonical.filter(|(by, _)| !by.is_identity());
    WellCurve {
        run,
        curve: at,
        preferred,
        unit: canonical.map_or_else(|| curve.unit.clone(), |(_, to)| to.symbol.to_owned()),
        conversion: conversion.map(|(by, _)| Arc::new(by) as Arc<dyn Convert>),
        interpolation: interpolation(property, unit, canonical.map(|(_, to)| to), range),
    }
}

fn interpolation(
    property: Option<&Property>,
    unit: Option<&Unit>,
    canonical: Option<&Unit>,
    range: [Option<f64>; 2],
) -> Interpolation {
    // Whole numbers of nothing known are likely to be codes, and here only their ends are known.
    let unknown = property.is_none() && unit.is_none_or(|unit| unit.measurement == "none");
    if unknown && range.iter().flatten().all(|end| end.fract() == 0.0) {
        return Interpolation::Nearest;
    }
    let turn =
        canonical.and_then(|to| units::convert(360.0, units::find("angle", "deg")?, to, Quantity::Difference).ok());
    match (method_for(property), turn) {
        (Method::Linear, _) => Interpolation::Linear,
        (Method::Average, _) => Interpolation::Average,
        (Method::Circle, Some(turn)) => Interpolation::Circle { turn, least: range[0].unwrap_or_default().min(0.0) },
        (Method::Nearest, _) | (Method::Circle, None) => Interpolation::Nearest,
    }
}

impl Convert for Conversion {
    fn apply_all(&self, values: &mut [f64]) {
        Self::apply_all(self, values);
    }
}

/// Returns the conversion between units as people spell them. A spelling of several kinds of unit
/// means the one that the other unit is of.
pub(super) fn conversion(from: &str, to: &str) -> Result<Arc<dyn Convert>, UnitError> {
    let (sources, targets) = (meanings(from)?, meanings(to)?);
    let pairs = sources.iter().flat_map(|one| targets.iter().map(move |other| (*one, *other)));
    let mut found: Vec<Conversion> = Vec::new();
    let mut refusal = None;
    for (one, other) in pairs {
        match Conversion::new(one, other, Quantity::Absolute) {
            Ok(conversion) if !found.contains(&conversion) => found.push(conversion),
            Ok(_) => {}
            // What fits in kind says more than what does not.
            Err(error) if refusal.is_none() || one.measurement == other.measurement => refusal = Some(error),
            Err(_) => {}
        }
    }
    match (found.as_slice(), refusal) {
        ([one], _) => Ok(Arc::new(*one)),
        ([], Some(error)) => Err(UnitError(error.to_string())),
        _ => Err(UnitError(format!("'{from}' to '{to}' may mean several conversions; spell the units out"))),
    }
}

fn meanings(spelling: &str) -> Result<Vec<&'static Unit>, UnitError> {
    let found = units::meanings(spelling);
    if !found.is_empty() {
        return Ok(found);
    }
    let near = near(spelling, units::units().iter().map(|unit| unit.symbol));
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
    Err(UnitError(format!("there is no unit '{spelling}'{hint}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: f64, from: &str, to: &str) -> f64 {
        let mut values = [value];
        conversion(from, to).unwrap().apply_all(&mut values);
        values[0]
    }

    fn refused(from: &str, to: &str) -> String {
        conversion(from, to).unwrap_err().to_string()
    }

    #[test]
    fn spellings_of_several_kinds_mean_what_the_other_unit_is() {
        assert_eq!(converted(1.0, "F", "m"), 0.3048);
        assert_eq!(converted(68.0, "F", "degC"), 20.0);
        assert_eq!(converted(7.0, "F", "F"), 7.0);
        assert_eq!(converted(2.65, "G/C3", "kg/m3"), 2650.0);
    }

    #[test]
    fn what_cannot_be_converted_says_why() {
        let unknown = refused("g/cmm3", "kg/m3");
        assert!(unknown.contains("there is no unit 'g/cmm3'; did you mean g/cm3"), "{unknown}");
        let kinds = refused("gAPI", "m");
        assert!(kinds.contains("no conversion from"), "{kinds}");
    }

    #[test]
    fn curves_come_in_the_unit_and_way_of_their_property() {
        let curve = |property: Option<&str>, unit: &str, max: f64| {
            let curve = CurveColumn {
                ordinal: 1,
                mnemonic: "X".into(),
                label: "X".into(),
                column: "x".into(),
                unit: unit.into(),
                text: false,
                property: property.map(str::to_owned),
                count: 2,
                min: Some(0.0),
                max: Some(max),
            };
            well_curve(&curve, (0, 0), false)
        };
        let sonic = curve(Some("dt_compressional"), "us/m", 900.0);
        assert_eq!((sonic.unit.as_str(), sonic.interpolation), ("us/ft", Interpolation::Linear));
        let mut values = [1000.0];
        sonic.conversion.unwrap().apply_all(&mut values);
        assert_eq!(values, [304.8]);
        let azimuth = curve(Some("azimuth"), "deg", 359.0);
        assert_eq!(azimuth.interpolation, Interpolation::Circle { turn: 360.0, least: 0.0 });
        assert!(azimuth.conversion.is_none());
        assert_eq!(curve(Some("azimuth"), "?", 359.0).interpolation, Interpolation::Nearest);
        // Whole numbers of nothing known may be codes.
        assert_eq!(curve(None, "", 12.0).interpolation, Interpolation::Nearest);
        assert_eq!(curve(None, "", 12.5).interpolation, Interpolation::Linear);
    }
}
