//! Crossplots: a mark for each depth at which both axes have a value.

use std::collections::BTreeSet;

use dataforge_protocol::document::chart::{AxisKind, Mark, Series};

use super::Sheet;
use super::plane::{Across, Plane};
use crate::plot::curve::usual_range;
use crate::plot::data::{Curve, Data};
use crate::plot::layout::series::{Meaning, Values, rounded};
use crate::plot::scale::{ValueScale, number};
use crate::plot::scene::{Colour, Group, Marks, Point, Rect, What};
use crate::plot::theme;
use crate::series::{Series as Samples, Trace};

/// Places to a point of paper that points are told apart by: what falls into one is drawn once.
const CELLS: f32 = 4.0;
/// Colours that points have by what they are coloured by.
const LEVELS: usize = 12;

pub(super) fn draw(sheet: &mut Sheet<'_>, rect: &Rect) {
    let (Some(x), Some(y)) = (sheet.axis(AxisKind::X), sheet.axis(AxisKind::Y)) else {
        return sheet.leave_out("crossplot", "it has no x or no y axis");
    };
    let meanings = (sheet.meaning(x), sheet.meaning(y));
    let range = |id: &str, meaning: Option<&Meaning<'_>>| {
        let (low, high) = usual_range(sheet.data.curves(id).first()?.trace)?;
        let values = meaning?.values(1.0);
        Some((values.shown(low), values.shown(high)))
    };
    let across = Across::of(x, meanings.0.as_ref(), range(&x.id, meanings.0.as_ref()));
    let upwards = Across::of(y, meanings.1.as_ref(), range(&y.id, meanings.1.as_ref()));
    let plane = sheet.plane(rect, across, upwards);
    plane.draw(&mut sheet.group);
    for (axis, meaning) in [(x, &meanings.0), (y, &meanings.1)] {
        if sheet.data.curves(&axis.id).is_empty() {
            let name = axis.label.clone().unwrap_or_else(|| axis.kind.as_str().to_owned());
            let is_known = meaning.as_ref().is_some_and(|meaning| meaning.curve.is_some());
            sheet.leave_out(&name, if is_known { "its samples are not here" } else { "no such curve" });
        }
    }
    let both = sheet.data.curves(&x.id).first().zip(sheet.data.curves(&y.id).first());
    if let (Some((across, upwards)), (Some(of_x), Some(of_y))) = (both, &meanings) {
        let pairs = Pairs::of(across, upwards, of_x.values(1.0), of_y.values(1.0));
        let shown = sheet.chart.series.iter().filter(|series| series.visible != Some(false));
        for (number, series) in shown.enumerate() {
            points(sheet, &plane, series, &pairs, number);
        }
    }
    for one in sheet.chart.annotations.iter().filter(|one| one.visible != Some(false)) {
        plane.annotate(&mut sheet.group, one, meanings.0.as_ref(), meanings.1.as_ref());
    }
}

/// Depths, on the axis of the chart, at which both curves have a value, and these as they are shown.
struct Pairs {
    all: Vec<(f64, f64, f64)>,
}

impl Pairs {
    /// Takes the samples of x, and of y what stands at their depths: a sample or, between two, the line.
    fn of(x: &Curve<'_>, y: &Curve<'_>, of_x: Values, of_y: Values) -> Self {
        let (Trace::Samples(across), Trace::Samples(upwards)) = (x.trace, y.trace) else {
            return Self { all: Vec::new() };
        };
        let samples = across.index().iter().zip(across.values().iter()).filter(|(_, value)| !value.is_nan());
        let pair = |(index, value): (&f64, &f64)| {
            let depth = index * x.per_index;
            Some((depth, of_x.shown(*value), of_y.shown(value_at(upwards, depth / y.per_index)?)))
        };
        Self { all: samples.filter_map(pair).collect() }
    }
}

/// Returns the value at an index, straight between samples that both have one.
pub(super) fn value_at(samples: &Samples, index: f64) -> Option<f64> {
    let slack = index.abs().max(1.0) * 1e-12;
    let after = samples.index().partition_point(|at| *at < index - slack);
    let value = |ordinal: usize| samples.point(ordinal).filter(|point| !point.value.is_nan());
    if samples.point(after).is_some_and(|point| point.index <= index + slack) {
        return value(after).map(|point| point.value);
    }
    let (before, after) = (value(after.checked_sub(1)?)?, value(after)?);
    let share = (index - before.index) / (after.index - before.index);
    Some((after.value - before.value).mul_add(share, before.value))
}

fn points(sheet: &mut Sheet<'_>, plane: &Plane, series: &Series, pairs: &Pairs, place: usize) {
    let palette = plane.palette;
    let given = series.colour.as_deref().and_then(Colour::from_hex);
    let colour = palette.line(given.or_else(|| Some(theme::distinct(place as i64))));
    let name = series.label.clone().unwrap_or_else(|| "points".to_owned());
    let mut group = Group::clipped(What::Series(series.id.clone()), name, plane.inner);
    let by = colours(sheet, series);
    // One list of places for each colour; the last is for points without one.
    let mut places: Vec<Vec<Point>> = vec![Vec::new(); LEVELS + 1];
    let mut seen = BTreeSet::new();
    for (depth, x, y) in &pairs.all {
        let Some(at) = plane.place(*x, *y).filter(|at| plane.inner.contains(*at)) else { continue };
        let level = by.as_ref().and_then(|by| by.level(*depth)).unwrap_or(LEVELS);
        if seen.insert((level, (at.x * CELLS) as i32, (at.y * CELLS) as i32)) {
            places[level].push(at);
        }
    }
    let (mark, size) = (series.mark.unwrap_or(Mark::Circle), series.mark_size.unwrap_or(2.5) as f32);
    for (level, points) in places.into_iter().enumerate().filter(|(_, points)| !points.is_empty()) {
        let colour = if level == LEVELS { colour } else { coloured(level, palette.is_mono) };
        group.add(Marks { points, mark, size, colour: colour.faded(0.8) });
    }
    sheet.group.add(group);
    if let Some(by) = &by {
        for (row, level) in [0, LEVELS / 2, LEVELS - 1].into_iter().enumerate() {
            let value = by.scale.value((level as f64 + 0.5) / LEVELS as f64);
            let words = format!("{} {} {}", by.name, number(value), by.unit);
            plane.legend(&mut sheet.group, row, words.trim_end(), coloured(level, palette.is_mono));
        }
    } else if series.colour_by.is_some() {
        sheet.leave_out("colours of points", "no such curve here");
    }
}

fn coloured(level: usize, mono: bool) -> Colour {
    let colour = theme::mapped((level as f64 + 0.5) / LEVELS as f64);
    if mono { colour.grey() } else { colour }
}

/// What gives points their colours.
struct Colours<'a> {
    curve: Curve<'a>,
    samples: &'a Samples,
    values: Values,
    scale: ValueScale,
    name: String,
    unit: String,
}

impl Colours<'_> {
    fn level(&self, depth: f64) -> Option<usize> {
        let value = self.values.shown(value_at(self.samples, depth / self.curve.per_index)?);
        let share = self.scale.share(value)?.clamp(0.0, 1.0);
        Some(((share * LEVELS as f64) as usize).min(LEVELS - 1))
    }
}

fn colours<'a>(sheet: &Sheet<'a>, series: &Series) -> Option<Colours<'a>> {
    let source = series.colour_by.as_ref()?;
    let curve = *sheet.data.series.get(&Data::colour_of(&series.id))?.curves.first()?;
    let Trace::Samples(samples) = curve.trace else { return None };
    let meaning = Meaning::of(source, sheet.curve("series", &series.id, "colour_by"), None, &sheet.options.units);
    let values = meaning.values(1.0);
    let (low, high) = usual_range(curve.trace)?;
    let scale = meaning.usual().or_else(|| rounded(values.shown(low), values.shown(high), false));
    let name = meaning.curve.map(|curve| curve.label.clone()).unwrap_or_else(|| source.to_string());
    Some(Colours { curve, samples, values, scale: scale?, name, unit: meaning.unit() })
}
