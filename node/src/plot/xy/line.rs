//! Line charts: curves against depth or time that runs to the right.

use dataforge_protocol::document::chart::{AxisKind, LineStyle, Series};

use super::Sheet;
use super::plane::{Across, Plane};
use crate::plot::curve::usual_range;
use crate::plot::data::Curve;
use crate::plot::layout::series::{Meaning, Values, rounded};
use crate::plot::scale::ValueScale;
use crate::plot::scene::{Colour, Group, Item, Point, Rect, Stroke, What};
use crate::plot::theme::{self, dash_of};
use crate::series::View;

/// Columns to a point of paper.
const COLUMNS: f64 = 2.0;

/// A series with its curve and its values.
struct Shown<'a> {
    series: &'a Series,
    curve: Curve<'a>,
    values: Values,
    unit: String,
}

pub(super) fn draw(sheet: &mut Sheet<'_>, rect: &Rect) {
    let mut shown = Vec::new();
    for series in sheet.chart.series.iter().filter(|series| series.visible != Some(false)) {
        let name = series.label.clone().unwrap_or_else(|| series.id.clone());
        let curve = sheet.data.curves(&series.id).first();
        let meaning = series.source.as_ref().map(|source| {
            let curve = sheet.curve("series", &series.id, "source");
            Meaning::of(source, curve, series.unit.as_deref(), &sheet.options.units)
        });
        match curve.zip(meaning) {
            Some((curve, meaning)) => {
                let values = meaning.values(series.factor.unwrap_or(1.0));
                shown.push(Shown { series, curve: *curve, values, unit: meaning.unit() });
            }
            None => sheet.leave_out(&name, "no such curve here"),
        }
    }
    let depths = sheet.depth_axis();
    let bounds = shown.iter().filter_map(|one| {
        let (from, to) = one.curve.trace.bounds()?;
        Some((from * one.curve.per_index, to * one.curve.per_index))
    });
    let bounds = bounds.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let from = depths.from.or(bounds.map(|bounds| bounds.0)).unwrap_or(0.0);
    let to = depths.to.or(bounds.map(|bounds| bounds.1)).filter(|to| *to > from).unwrap_or(from + 1.0);
    let (left, right) = if depths.reversed { (to, from) } else { (from, to) };
    let across = Across {
        id: depths.id.clone(),
        label: format!("{} ({})", depths.label, depths.unit_shown),
        scale: ValueScale { left, right, log: false },
        major: depths.major,
        minor: depths.minor,
    };
    let plane = sheet.plane(rect, across, upwards(sheet, &shown));
    plane.draw(&mut sheet.group);
    for (number, one) in shown.iter().enumerate() {
        line(sheet, &plane, one, number);
    }
}

/// The y axis: that of the chart, or one with room for the usual values of all series.
fn upwards(sheet: &Sheet<'_>, shown: &[Shown<'_>]) -> Across {
    let range = shown.iter().filter_map(|one| {
        let (low, high) = usual_range(one.curve.trace)?;
        let (low, high) = (one.values.shown(low), one.values.shown(high));
        Some((low.min(high), low.max(high)))
    });
    let range = range.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    if let Some(axis) = sheet.axis(AxisKind::Y) {
        return Across::of(axis, None, range);
    }
    let scale = range.and_then(|(low, high)| rounded(low, high, false));
    let scale = scale.unwrap_or(ValueScale { left: 0.0, right: 1.0, log: false });
    let label = shown.first().map(|one| one.unit.clone()).unwrap_or_default();
    Across { id: String::new(), label, scale, major: None, minor: None }
}

fn line(sheet: &mut Sheet<'_>, plane: &Plane, one: &Shown<'_>, number: usize) {
    let series = one.series;
    let name = series.label.clone().unwrap_or_else(|| series.id.clone());
    let given = series.colour.as_deref().and_then(Colour::from_hex);
    let colour = plane.palette.line(Some(given.unwrap_or_else(|| theme::distinct(number as i64))));
    let wish = dash_of(series.line.unwrap_or(LineStyle::Solid));
    let dash = if plane.palette.is_mono && number > 0 { theme::style(number) } else { wish };
    let stroke = Stroke { colour, width: series.line_width.unwrap_or(0.9) as f32, dash };
    let mut group = Group::clipped(What::Series(series.id.clone()), name.clone(), plane.inner);
    for points in pieces(plane, one) {
        group.add(Item::Polyline { points, stroke });
    }
    sheet.group.add(group);
    plane.legend(&mut sheet.group, number, &name, colour);
}

/// Returns the line in pieces without gaps: in each column where it comes from, how low and high it goes, and
/// where it leaves.
fn pieces(plane: &Plane, one: &Shown<'_>) -> Vec<Vec<Point>> {
    let per_index = one.curve.per_index;
    let (low, high) = plane.x.scale.limits();
    let column = (high - low) / (f64::from(plane.inner.width()) * COLUMNS) / per_index;
    let Some(view) = View::covering(low / per_index, high / per_index, column) else { return Vec::new() };
    let place = |index: f64, value: f64| plane.place(index * per_index, one.values.shown(value));
    let found = one.curve.trace.rows(&view);
    let (mut all, mut line): (Vec<Vec<Point>>, Vec<Point>) = (Vec::new(), Vec::new());
    line.extend(found.above.and_then(|point| place(point.index, point.value)));
    for row in found.rows.iter().flatten() {
        if !row.is_joined {
            all.push(std::mem::take(&mut line));
        }
        let middle = row.first.index.midpoint(row.last.index);
        let ends = [
            (row.first.index, row.first.value),
            (middle, row.min),
            (middle, row.max),
            (row.last.index, row.last.value),
        ];
        line.extend(ends.into_iter().filter_map(|(index, value)| place(index, value)));
    }
    line.extend(found.below.and_then(|point| place(point.index, point.value)));
    all.push(line);
    all.retain(|line| line.len() > 1);
    all
}
