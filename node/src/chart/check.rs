//! What is wrong with a chart: references that lead nowhere, scales that cannot be drawn, units that
//! measure something else.
//!
//! Every finding has its place, `part/id/field`. A chart with findings still reads and shows: what people
//! wrote at the same time may not fit together, and a curve may be gone. Edits that would bring new
//! findings are refused (`requests/charts`).

mod item;

use std::fmt;

use dataforge_protocol::document::CurveId;
use dataforge_protocol::document::chart::{
    Annotation, AnnotationKind, Axis, AxisKind, ChartKind, ChartState, Domain, Part, Scale, Series, Source,
};

use crate::ingest::{dictionary, units};

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// The place: `part/id/field`, a field of the whole, or a JSON pointer into a file; may be empty.
    pub(crate) at: String,
    /// What is wrong.
    pub(crate) message: String,
    /// Whether something outside of the chart is missing, which may have been there once.
    pub(crate) gone: bool,
}

impl Problem {
    /// Tells of something wrong in the chart or file itself.
    pub(crate) fn at(at: &str, message: impl Into<String>) -> Self {
        Self { at: at.to_owned(), message: message.into(), gone: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            return formatter.write_str(&self.message);
        }
        write!(formatter, "{}: {}", self.at, self.message)
    }
}

/// What a curve holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Meaning {
    /// Its unit as delivered.
    pub(crate) unit: String,
    /// Its property.
    pub(crate) property: Option<String>,
}

/// What is there besides the chart.
pub(crate) trait Known {
    /// Returns what a curve holds, if it is there.
    fn curve(&self, curve: &CurveId) -> Option<Meaning>;
    /// Whether a well is there, by its id.
    fn has_well(&self, id: &str) -> bool;
    /// Whether a project is there, by its id.
    fn has_project(&self, id: &str) -> bool;
}

/// Returns all that is wrong with a chart.
pub(crate) fn check(state: &ChartState, known: &dyn Known) -> Vec<Problem> {
    let mut check = Check { state, known, problems: Vec::new() };
    check.whole();
    for axis in &state.axes {
        check.axis(axis);
    }
    for track in &state.tracks {
        check.track(track);
    }
    for series in &state.series {
        check.series(series);
    }
    for fill in &state.fills {
        check.fill(fill);
    }
    for annotation in &state.annotations {
        check.annotation(annotation);
    }
    check.problems
}

struct Check<'a> {
    state: &'a ChartState,
    known: &'a dyn Known,
    problems: Vec<Problem>,
}

/// The place of a field of an item.
type Place<'a> = (Part, &'a str);

impl Check<'_> {
    fn wrong(&mut self, (part, id): Place<'_>, field: &str, message: impl Into<String>) {
        self.problems.push(Problem::at(&format!("{}/{id}/{field}", part.as_str()), message));
    }

    fn gone(&mut self, at: String, message: String) {
        self.problems.push(Problem { at, message, gone: true });
    }

    fn whole(&mut self) {
        let look = &self.state.look;
        if look.template == Some(true) && look.well.is_some() {
            self.problems.push(Problem::at("well", "a template is of no well"));
        }
        if let Some(well) = look.well.as_ref().filter(|id| !self.known.has_well(id)) {
            self.gone("well".to_owned(), format!("well {} is not here", short(well)));
        }
        if let Some(project) = look.project.as_ref().filter(|id| !self.known.has_project(id)) {
            self.gone("project".to_owned(), format!("project {} is not here", short(project)));
        }
        if self.state.axes.iter().filter(|axis| axis.kind == AxisKind::Depth).count() > 1 {
            self.problems.push(Problem::at("axes", "a chart has one depth axis"));
        }
    }

    /// Checks a source; returns what kind of unit its values have, where that is known.
    fn source(&mut self, place: Place<'_>, field: &str, source: &Source) -> Option<&'static str> {
        match source {
            Source::Property(id) => {
                let property = dictionary::property(id);
                if property.is_none() {
                    self.wrong(place, field, format!("there is no property {id:?}"));
                }
                property.map(|property| property.measurement)
            }
            Source::Curve(curve) => {
                let Some(meaning) = self.known.curve(curve) else {
                    let at = format!("{}/{}/{field}", place.0.as_str(), place.1);
                    self.gone(at, format!("curve {}:{} is not here", curve.run.fmt_short(), curve.ordinal));
                    return None;
                };
                measurement(&meaning)
            }
        }
    }

    /// Checks that a unit fits what is measured; without anything known of that, that it is a unit.
    fn unit(&mut self, place: Place<'_>, field: &str, unit: Option<&String>, measured: Option<&str>) {
        let Some(unit) = unit else { return };
        match measured {
            Some(measured) if units::resolve(unit, Some(measured)).is_none() => {
                self.wrong(place, field, format!("{unit:?} is no unit of {}", measured.replace('_', " ")));
            }
            None if units::meanings(unit).is_empty() => {
                self.wrong(place, field, format!("{unit:?} is no unit we know"));
            }
            _ => {}
        }
    }

    /// Checks limits against a scale; the fields are named as the part has them.
    fn limits(&mut self, place: Place<'_>, names: [&str; 2], limits: [Option<f64>; 2], scale: Option<Scale>) {
        if scale == Some(Scale::Log) {
            for (name, limit) in names.into_iter().zip(limits) {
                if let Some(limit) = limit.filter(|limit| *limit <= 0.0) {
                    self.wrong(place, name, format!("a logarithmic scale has no {limit}: use a limit above 0"));
                }
            }
        }
        if let [Some(one), Some(other)] = limits
            && one.total_cmp(&other).is_eq()
        {
            self.wrong(place, names[1], format!("both limits are {one}"));
        }
    }

    /// What depths of this chart are measured as.
    fn depth_measurement(&self) -> &'static str {
        let domain = self.state.depth_axis().and_then(|axis| axis.domain);
        if domain == Some(Domain::Time) { "time" } else { "length" }
    }
}

impl Check<'_> {
    fn axis(&mut self, axis: &Axis) {
        let place = (Part::Axis, axis.id.as_str());
        let is_depth = axis.kind == AxisKind::Depth;
        let measured = match &axis.source {
            Some(_) if is_depth => {
                self.wrong(place, "source", "a depth axis shows depths: it has no source");
                None
            }
            Some(source) => self.source(place, "source", source),
            None => None,
        };
        let measured = if is_depth { Some(self.depth_measurement()) } else { measured };
        self.unit(place, "unit", axis.unit.as_ref(), measured);
        self.limits(place, ["from", "to"], [axis.from, axis.to], axis.scale);
        if axis.from.zip(axis.to).is_some_and(|(from, to)| from > to) {
            self.wrong(place, "to", "it ends before it begins: use reversed to turn an axis round");
        }
        if is_depth && axis.scale == Some(Scale::Log) {
            self.wrong(place, "scale", "a depth axis is linear");
        }
        if axis.datum.is_some() && (!is_depth || axis.domain == Some(Domain::Time)) {
            self.wrong(place, "datum", "only depths have a datum");
        }
        if axis.survey.is_some() && !matches!(axis.domain, Some(Domain::Tvd | Domain::Tvdss)) {
            self.wrong(place, "survey", "only vertical depths follow from a survey");
        }
        if axis.domain.is_some() && !is_depth {
            self.wrong(place, "domain", "only a depth axis has a domain");
        }
    }

    fn annotation(&mut self, annotation: &Annotation) {
        let place = (Part::Annotation, annotation.id.as_str());
        self.refers(place, "track", annotation.track.as_ref());
        self.refers(place, "series", annotation.series.as_ref());
        self.has_position(place, annotation);
        let has_depth = matches!(self.state.kind, ChartKind::LogTracks | ChartKind::Line | ChartKind::Coverage);
        if !has_depth && annotation.depth.or(annotation.depth_to).is_some() {
            self.wrong(place, "depth", "this chart has no depths: use x and y");
        }
        let depths = self.depth_measurement();
        self.unit(place, "depth_unit", annotation.depth_unit.as_ref(), Some(depths));
        if annotation.datum.is_some() && depths == "time" {
            self.wrong(place, "datum", "only depths have a datum");
        }
        let series = annotation.series.as_ref().and_then(|id| self.state.series.iter().find(|one| one.id == *id));
        let x = match series {
            Some(series) => self.values_of(series.source.as_ref()),
            None => self.axis_measurement(AxisKind::X),
        };
        self.unit(place, "x_unit", annotation.x_unit.as_ref(), x);
        let y = self.axis_measurement(AxisKind::Y);
        self.unit(place, "y_unit", annotation.y_unit.as_ref(), y);
    }

    /// Checks that it stands somewhere, and a region between two places.
    fn has_position(&mut self, place: Place<'_>, annotation: &Annotation) {
        let from = [annotation.depth, annotation.x, annotation.y];
        let to = [annotation.depth_to, annotation.x_to, annotation.y_to];
        let names = [("depth", "depth_to"), ("x", "x_to"), ("y", "y_to")];
        if from.iter().all(Option::is_none) {
            return self.wrong(place, "depth", "it has no position: give depth, x or y");
        }
        for ((from, to), (name, name_to)) in from.into_iter().zip(to).zip(names) {
            match (from, to) {
                (None, Some(_)) => self.wrong(place, name, format!("missing, as there is {name_to}")),
                (Some(_), Some(_)) if annotation.kind == AnnotationKind::Marker => {
                    self.wrong(place, name_to, "a marker has one position");
                }
                (Some(from), Some(to)) if annotation.kind == AnnotationKind::Region && from >= to => {
                    self.wrong(place, name_to, format!("a region ends beyond where it begins, at {from}"));
                }
                _ => {}
            }
        }
        if annotation.kind == AnnotationKind::Region && to.iter().all(Option::is_none) {
            self.wrong(place, "depth_to", "a region has an end: give depth_to, x_to or y_to");
        }
    }

    /// What the values of an axis are measured as.
    fn axis_measurement(&self, kind: AxisKind) -> Option<&'static str> {
        let axis = self.state.axes.iter().find(|axis| axis.kind == kind)?;
        self.values_of(axis.source.as_ref())
    }

    fn values_of(&self, source: Option<&Source>) -> Option<&'static str> {
        match source? {
            Source::Property(id) => Some(dictionary::property(id)?.measurement),
            Source::Curve(curve) => measurement(&self.known.curve(curve)?),
        }
    }

    /// Checks that what is referred to is there.
    fn refers(&mut self, place: Place<'_>, field: &str, id: Option<&String>) {
        let (Some(id), Some(part)) = (id, Part::referred(field)) else { return };
        if !self.has(part, id) {
            self.wrong(place, field, format!("there is no {} {id}", part.as_str()));
        }
    }

    fn has(&self, part: Part, id: &str) -> bool {
        match part {
            Part::Axis => self.state.axes.iter().any(|axis| axis.id == id),
            Part::Track => self.state.tracks.iter().any(|track| track.id == id),
            Part::Series => self.series_of(id).is_some(),
            Part::Fill | Part::Annotation => false,
        }
    }

    fn series_of(&self, id: &str) -> Option<&Series> {
        self.state.series.iter().find(|series| series.id == id)
    }
}

/// What the values of a curve are measured as.
fn measurement(meaning: &Meaning) -> Option<&'static str> {
    let property = meaning.property.as_deref().and_then(dictionary::property);
    match property {
        Some(property) => Some(property.measurement),
        None => units::resolve(&meaning.unit, None).map(|unit| unit.measurement),
    }
}

fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

#[cfg(test)]
mod tests;
