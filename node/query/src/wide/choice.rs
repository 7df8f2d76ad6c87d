//! Which curves of a well become columns, and under which names.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::plan_err;
use datafusion::common::utils::datafusion_strsim::levenshtein;
use datafusion::error::Result;

use super::args::Spacing;
use super::{DEPTH, WellCurve, WellFile, WellMatch, WellRun};
use crate::catalog::{CurveColumn, IndexKind, RunFile};
use crate::functions::Convert;
use crate::resample::Interpolation;

/// Names listed in a message.
const MAX_LISTED: usize = 10;
/// Names suggested in a message.
const MAX_NEAR: usize = 3;

/// Field metadata: the unit of a column's values.
const UNIT: &str = "dataforge.unit";
/// Field metadata: the full id of the run that a column is from.
const RUN: &str = "dataforge.run";
/// Field metadata: the label of the curve that a column is from.
const CURVE: &str = "dataforge.curve";

/// What is read and how it becomes rows.
#[derive(Debug)]
pub(super) struct Layout {
    /// The depth, then one field a column.
    pub(super) schema: SchemaRef,
    /// The runs that columns are from.
    pub(super) runs: Vec<Placed>,
    pub(super) columns: Vec<Column>,
    pub(super) spacing: Option<Spacing>,
}

/// A run whose depths have a place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) file: Arc<RunFile>,
    /// Metres in the unit of its index.
    pub(super) to_m: f64,
    shift_m: f64,
    /// Distance of its samples in metres; none when it is irregular.
    pub(super) step_m: Option<f64>,
}

/// A curve that is a column.
#[derive(Debug)]
pub(super) struct Column {
    /// Position in [`Layout::runs`].
    pub(super) run: usize,
    /// Its name in the run's table.
    pub(super) name: String,
    pub(super) text: bool,
    pub(super) conversion: Option<Arc<dyn Convert>>,
    pub(super) interpolation: Interpolation,
}

impl Placed {
    fn new(run: &WellRun) -> std::result::Result<Self, String> {
        let index = &run.file.index;
        if let Some(reason) = &run.unplaced {
            return Err(reason.clone());
        }
        if index.kind != IndexKind::Depth || index.text {
            return Err(format!("is over {}, not over depth", index.kind.as_str()));
        }
        let Some(to_m) = index.to_si.filter(|factor| factor.is_finite() && *factor > 0.0) else {
            return Err(format!("has an index in a unit that is not known: {}", index.unit));
        };
        let step_m = run.step.map(|step| (step * to_m).abs()).filter(|step| step.is_finite() && *step > 0.0);
        Ok(Self { file: Arc::new(run.file.clone()), to_m, shift_m: run.shift_m, step_m })
    }

    /// Returns the depth in metres of an index as delivered: as in `samples`, but for the shift.
    pub(super) fn metres(&self, index: f64) -> f64 {
        let depth = index * self.to_m;
        // Of minus zero and zero one row is made.
        if self.shift_m == 0.0 { depth + 0.0 } else { depth + self.shift_m + 0.0 }
    }

    /// Returns its smallest and largest depth; none when no row has one.
    pub(super) fn ends(&self) -> Option<(f64, f64)> {
        let index = &self.file.index;
        let (min, max) = (self.metres(index.min?), self.metres(index.max?));
        (min.is_finite() && max.is_finite()).then_some((min, max))
    }
}

/// Takes the one well that was meant.
pub(super) fn found(matched: WellMatch, name: &str) -> Result<WellFile> {
    match matched {
        WellMatch::Found(file) => Ok(*file),
        WellMatch::Several(ids) => {
            let ids: Vec<&str> = ids.iter().take(MAX_LISTED).map(String::as_str).collect();
            plan_err!("'{name}' stands for several wells, give the id of one: {}", ids.join(", "))
        }
        WellMatch::Unknown(names) if names.is_empty() => {
            plan_err!("no well is called '{name}'; see the table wells")
        }
        WellMatch::Unknown(names) => {
            plan_err!("no well is called '{name}'; did you mean {}?", names.join(" or "))
        }
    }
}

/// Chooses the columns: those named, or else the preferred curve of every property that holds numbers.
pub(super) fn choose(file: &WellFile, names: Option<&[String]>, spacing: Option<Spacing>) -> Result<Layout> {
    let places: Vec<std::result::Result<Placed, String>> = file.runs.iter().map(Placed::new).collect();
    let well = Well { file, places: &places };
    let chosen = match names {
        None => well.preferred()?,
        Some(names) => names.iter().map(|name| Ok((name.to_lowercase(), well.named(name)?))).collect::<Result<_>>()?,
    };
    let mut seen = BTreeSet::from([DEPTH.to_owned()]);
    if let Some((twice, _)) = chosen.iter().find(|(name, _)| !seen.insert(name.clone())) {
        return plan_err!("well() would have two columns {twice}; name every curve once, and none {DEPTH}");
    }
    let schema = schema(file, &chosen);
    let wanted: BTreeSet<usize> = chosen.iter().map(|(_, curve)| curve.run).collect();
    let position: BTreeMap<usize, usize> = wanted.iter().enumerate().map(|(at, run)| (*run, at)).collect();
    let columns = chosen.iter().map(|(_, curve)| {
        let delivered = delivered(file, curve);
        Column {
            run: position.get(&curve.run).copied().unwrap_or_default(),
            name: delivered.column.clone(),
            text: delivered.text,
            conversion: curve.conversion.clone(),
            interpolation: curve.interpolation,
        }
    });
    let columns = columns.collect();
    let runs = places.into_iter().enumerate().filter(|(at, _)| wanted.contains(at));
    let runs = runs.filter_map(|(_, place)| place.ok()).collect();
    Ok(Layout { schema, runs, columns, spacing })
}

fn delivered<'a>(file: &'a WellFile, curve: &WellCurve) -> &'a CurveColumn {
    &file.runs[curve.run].file.curves[curve.curve]
}

fn schema(file: &WellFile, chosen: &[(String, &WellCurve)]) -> SchemaRef {
    let unit = |unit: &str| (UNIT.to_owned(), unit.to_owned());
    let depth = Field::new(DEPTH, DataType::Float64, false).with_metadata([unit("m")].into());
    let columns = chosen.iter().map(|(name, curve)| {
        let delivered = delivered(file, curve);
        let data_type = if delivered.text { DataType::Utf8 } else { DataType::Float64 };
        let run = file.runs[curve.run].file.run_id.clone();
        let from = [unit(&curve.unit), (RUN.to_owned(), run), (CURVE.to_owned(), delivered.label.clone())];
        Field::new(name, data_type, true).with_metadata(from.into())
    });
    Arc::new(Schema::new(std::iter::once(depth).chain(columns).collect::<Vec<_>>()))
}

/// A well, and where the depths of its runs are.
struct Well<'a, 'p> {
    file: &'a WellFile,
    places: &'p [std::result::Result<Placed, String>],
}

impl<'a> Well<'a, '_> {
    fn preferred(&self) -> Result<Vec<(String, &'a WellCurve)>> {
        let curves = self.file.curves.iter().filter(|curve| curve.preferred && self.places[curve.run].is_ok());
        let mut chosen: Vec<(String, &WellCurve)> = curves
            .filter(|curve| !delivered(self.file, curve).text)
            .filter_map(|curve| Some((delivered(self.file, curve).property.as_ref()?.to_lowercase(), curve)))
            .collect();
        if chosen.is_empty() {
            return plan_err!(
                "well {} has no curve of numbers over depth that stands for a property; name curves, as the table \
                 curves lists them",
                self.file.well
            );
        }
        chosen.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(chosen)
    }

    /// Finds what a name stands for: a property, or else a mnemonic.
    fn named(&self, name: &str) -> Result<&'a WellCurve> {
        let is = |text: &str| text.eq_ignore_ascii_case(name);
        let of_property = |curve: &CurveColumn| curve.property.as_deref().is_some_and(is);
        let standing = self.file.curves.iter().filter(|curve| of_property(delivered(self.file, curve)));
        let named = self.file.curves.iter().filter(|curve| {
            let curve = delivered(self.file, curve);
            is(&curve.label) || is(&curve.mnemonic)
        });
        let best = self.best(standing.clone().filter(|curve| curve.preferred));
        let Some(curve) = best.or_else(|| self.best(named)).or_else(|| self.best(standing)) else {
            return self.unknown(name);
        };
        match &self.places[curve.run] {
            Ok(_) => Ok(curve),
            Err(reason) => {
                let run = &self.file.runs[curve.run].file.run;
                plan_err!("'{name}' of well {} has no depth: run {run} {reason}", self.file.well)
            }
        }
    }

    /// Returns the curve that has a place, stands for its property and has most values, in this order;
    /// among equals the first.
    fn best<'b>(&self, curves: impl Iterator<Item = &'b WellCurve>) -> Option<&'b WellCurve> {
        let best = curves.enumerate().max_by_key(|(at, curve)| {
            let count = delivered(self.file, curve).count;
            (self.places[curve.run].is_ok(), curve.preferred, count, Reverse(*at))
        });
        best.map(|(_, curve)| curve)
    }

    fn unknown(&self, name: &str) -> Result<&'a WellCurve> {
        let curves = self.file.curves.iter().map(|curve| delivered(self.file, curve));
        let names = curves.flat_map(|curve| [curve.property.as_deref(), Some(curve.label.as_str())]).flatten();
        let known: BTreeSet<&str> = names.collect();
        let well = &self.file.well;
        let near = near(name, known.iter().copied());
        if !near.is_empty() {
            return plan_err!("well {well} has no curve called '{name}'; did you mean {}?", near.join(" or "));
        }
        let listed: Vec<&str> = known.iter().copied().take(MAX_LISTED).collect();
        plan_err!("well {well} has no curve called '{name}'; it has {}", listed.join(", "))
    }
}

/// Returns the known names that are much like a name, the likest first.
#[must_use]
pub fn near<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let allowed = wanted.chars().count() / 3 + 1;
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|known| {
            let folded = known.to_lowercase();
            let distance = levenshtein(&wanted, &folded);
            let part = wanted.len() > 2 && folded.contains(&wanted);
            (distance <= allowed && distance < folded.chars().count() || part).then_some((distance, known))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(MAX_NEAR).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn near_names_are_those_with_few_letters_different() {
        let known = ["gamma_ray", "gr", "rhob", "bulk_density", "nphi"];
        assert_eq!(near("gama_ray", known), ["gamma_ray"]);
        assert_eq!(near("RHOV", known), ["rhob"]);
        assert_eq!(near("density", known), ["bulk_density"]);
        assert!(near("x", known).is_empty());
        assert!(near("", known).is_empty());
    }
}
