//! What a selection chooses of runs: which curves, and which rows.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_protocol::facts::{DocKind, SetKind};
use dataforge_protocol::id::{DocId, WorkspaceId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::api::{ApiError, ErrorKind, ExportOptions, RunInfo, SelectedInfo};
use crate::index::Index;
use crate::ingest::units;
use crate::wellpath;

/// A selection, ready to be asked about runs.
#[derive(Debug)]
pub(super) struct Choice {
    name: String,
    /// Wells that are chosen, or depths of them.
    wells: BTreeSet<String>,
    curves: BTreeMap<String, Vec<u32>>,
    properties: BTreeSet<String>,
    intervals: BTreeMap<String, Vec<SelectedInfo>>,
}

/// Returns why a selection cannot be used.
pub(crate) fn selection_problem(items: &[SelectedInfo]) -> Option<String> {
    let intervals: Vec<_> = items.iter().filter(|item| item.part == "interval").collect();
    let named = |item: &SelectedInfo| {
        let (from, to) = (item.from.unwrap_or_default(), item.to.unwrap_or_default());
        format!("{from} to {to} {} of {}", item.unit.as_deref().unwrap_or_default(), item.name)
    };
    let is_odd =
        |item: &&&SelectedInfo| units::resolve(item.unit.as_deref().unwrap_or_default(), Some("length")).is_none();
    if let Some(odd) = intervals.iter().find(is_odd) {
        return Some(format!("{} is in no unit of length", named(odd)));
    }
    let first = intervals.first()?;
    let odd = intervals.iter().find(|item| item.datum != first.datum)?;
    let datum = |item: &SelectedInfo| {
        item.datum.clone().filter(|datum| !datum.is_empty()).unwrap_or_else(|| "no named datum".into())
    };
    Some(format!("{} is counted from {}, {} from {}", named(first), datum(first), named(odd), datum(odd)))
}

impl Choice {
    /// Reads a selection.
    ///
    /// # Errors
    /// `NotFound`, `Usage` when it cannot be used.
    pub(super) fn load(connection: &Connection, workspace: WorkspaceId, target: &str) -> Result<Self, ApiError> {
        let index = Index::new(connection, workspace);
        let doc = index.find_described(DocKind::Selection, target, false)?;
        let items = index.selected(&doc)?;
        if let Some(problem) = selection_problem(&items) {
            return Err(ApiError::new(ErrorKind::Usage, format!("selection {target:?}: {problem}"))
                .hint("dataforge selections remove takes one of them away"));
        }
        let name = index.selection(&doc)?.name;
        let mut choice = Self {
            name,
            wells: BTreeSet::new(),
            curves: BTreeMap::new(),
            properties: BTreeSet::new(),
            intervals: BTreeMap::new(),
        };
        for item in items {
            choice.wells.extend(item.well_id.clone());
            choice.properties.extend(item.property.clone());
            if let (Some(run), Some(ordinal)) = (&item.run_id, item.ordinal) {
                choice.curves.entry(run.clone()).or_default().push(ordinal);
            }
            if let (Some(well), "interval") = (&item.well_id, &*item.part) {
                choice.intervals.entry(well.clone()).or_default().push(item.clone());
            }
        }
        Ok(choice)
    }

    /// Returns what is exported of a run: nothing, or one set of options per interval, with what to call it.
    ///
    /// A run is chosen by its curves, by its well, or, where neither wells nor curves are chosen, by having a
    /// property. Depths of a well choose only of runs over depth.
    ///
    /// # Errors
    /// `Usage` when an interval cannot be counted as the run is, `Storage`.
    pub(super) fn of_run(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        run: &RunInfo,
        options: &ExportOptions,
    ) -> Result<Vec<(String, ExportOptions)>, ApiError> {
        let Some(curves) = self.curves_of(connection, workspace, run)? else { return Ok(Vec::new()) };
        let options = ExportOptions { curves, selection: None, ..options.clone() };
        let Some(intervals) = self.intervals.get(&run.well_id) else {
            return Ok(vec![(String::new(), options)]);
        };
        if run.index_kind != "depth" {
            return Ok(Vec::new());
        }
        let mut windows = Vec::new();
        for interval in intervals {
            let Some((from, to)) = window(connection, workspace, run, interval, &options)? else { continue };
            let name = format!(
                "{} to {} {}",
                interval.from.unwrap_or_default(),
                interval.to.unwrap_or_default(),
                interval.unit.as_deref().unwrap_or_default()
            );
            windows.push((name, ExportOptions { from: Some(from), to: Some(to), ..options.clone() }));
        }
        Ok(windows)
    }

    /// Returns the ordinals of the curves chosen of a run, empty for all; nothing when it is not chosen.
    fn curves_of(
        &self,
        connection: &Connection,
        workspace: WorkspaceId,
        run: &RunInfo,
    ) -> Result<Option<Vec<String>>, ApiError> {
        let mut chosen: BTreeSet<u32> = self.curves.get(&run.id).into_iter().flatten().copied().collect();
        let anywhere = self.wells.is_empty() && self.curves.is_empty() && !self.properties.is_empty();
        let by_well = anywhere || self.wells.contains(&run.well_id);
        if by_well && self.properties.is_empty() && chosen.is_empty() {
            return Ok(Some(Vec::new()));
        }
        if by_well && run.kind == SetKind::Log.as_str() {
            let id: DocId =
                run.id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed"))?;
            let curves = Index::new(connection, workspace).curves(Some(&id))?.into_iter();
            let fitting = curves.filter(|curve| curve.property.as_ref().is_some_and(|id| self.properties.contains(id)));
            chosen.extend(fitting.map(|curve| curve.ordinal));
        }
        let names: Vec<_> = chosen.iter().map(ToString::to_string).collect();
        Ok((!names.is_empty()).then_some(names))
    }

    /// Says that a run is not chosen.
    pub(super) fn without(&self, run: &RunInfo) -> ApiError {
        ApiError::new(ErrorKind::Usage, format!("selection {:?} chooses nothing of {}", self.name, run.name))
            .hint("dataforge selections show lists what it chooses")
    }
}

/// Returns an interval as the rows of an export are counted; nothing when the run has no row in it.
fn window(
    connection: &Connection,
    workspace: WorkspaceId,
    run: &RunInfo,
    interval: &SelectedInfo,
    options: &ExportOptions,
) -> Result<Option<(f64, f64)>, ApiError> {
    let metres = |unit: &str| units::resolve(unit, Some("length")).and_then(|unit| unit.factor);
    let usage = |message: String| ApiError::new(ErrorKind::Usage, format!("{}: {message}", run.name));
    let copy = if options.gridded { gridded(connection, workspace, run)? } else { None };
    let grid_unit = copy.as_ref().map(|(unit, _)| &**unit);
    let unit = options.unit.as_deref().or(grid_unit).unwrap_or(&run.index_unit);
    let (Some(to), Some(native)) = (metres(unit), metres(&run.index_unit)) else {
        return Err(usage(format!("its depths have no known unit of length: {unit:?}")));
    };
    let given = interval.unit.as_deref().unwrap_or_default();
    let by = metres(given).ok_or_else(|| usage(format!("{given:?} is no unit of length")))?;
    let datum = run.acquisition.iter().find(|(field, _)| field == "datum").map_or("", |(_, datum)| &**datum);
    let counted_from = interval.datum.as_deref().unwrap_or_default();
    let mut shift_m = 0.0;
    if !counted_from.is_empty() && !datum.is_empty() && counted_from != datum {
        let well: DocId = run.well_id.parse().map_err(|_error| usage("it has no well".to_owned()))?;
        shift_m = wellpath::offset_m(connection, workspace, &well, counted_from, datum)?.ok_or_else(|| {
            usage(format!("its depths are counted from {datum}, the selection's from {counted_from}"))
                .hint("say the elevations of both: dataforge set RUN elevation_m")
        })?;
    }
    // Depths in the unit that they are in already are not calculated with.
    let convert = |value: f64, unit: &str, to: f64, shift_m: f64| {
        if given == unit && shift_m == 0.0 { value } else { (value * by + shift_m) / to }
    };
    let (from, end) = (interval.from.unwrap_or_default(), interval.to.unwrap_or_default());
    let in_run = |value: f64| convert(value, &run.index_unit, native, shift_m);
    let (first, last) = (in_run(from), in_run(end));
    let touches = run.index_min.is_some_and(|min| min <= last) && run.index_max.is_some_and(|max| max >= first);
    let shift_m = shift_m + copy.as_ref().map_or(0.0, |(_, shift_m)| *shift_m);
    Ok(touches.then(|| (convert(from, unit, to, shift_m), convert(end, unit, to, shift_m))))
}

/// Returns the unit of a run's gridded copy, and how many metres deeper its depths are than the run's.
fn gridded(connection: &Connection, workspace: WorkspaceId, run: &RunInfo) -> Result<Option<(String, f64)>, ApiError> {
    let id: DocId = run.id.parse().map_err(|_error| ApiError::new(ErrorKind::Internal, "a stored id is malformed"))?;
    let mut statement = connection.prepare_cached(
        "SELECT g.unit, coalesce(r.depth_shift_m, 0.0) FROM runs AS r
         JOIN gridded AS g ON g.workspace = r.workspace AND g.run = r.id AND g.native = r.blob
         WHERE r.workspace = ?1 AND r.id = ?2 ORDER BY g.blob LIMIT 1",
    )?;
    let found = statement
        .query_row(params![workspace.as_bytes(), id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}
