//! Histograms: how many samples have a value in each bin.

use dataforge_protocol::document::chart::{AxisKind, Series};

use super::Sheet;
use super::plane::{Across, Plane};
use crate::plot::curve::usual_range;
use crate::plot::layout::series::{Meaning, Values};
use crate::plot::scale::ValueScale;
use crate::plot::scene::{Colour, Group, Item, Rect, Stroke, What};
use crate::plot::theme;
use crate::series::Trace;

/// Bins when the chart says nothing.
const BINS: u32 = 50;

/// The counts of a series.
struct Counted {
    id: String,
    name: String,
    colour: Colour,
    counts: Vec<u64>,
}

pub(super) fn draw(sheet: &mut Sheet<'_>, rect: &Rect) {
    let Some(x) = sheet.axis(AxisKind::X) else { return sheet.leave_out("histogram", "it has no x axis") };
    let meaning = sheet.meaning(x);
    let shown: Vec<&Series> = sheet.chart.series.iter().filter(|series| series.visible != Some(false)).collect();
    let ranges = shown.iter().filter_map(|series| {
        let (low, high) = usual_range(sheet.data.curves(&series.id).first()?.trace)?;
        let values = values(sheet, series)?;
        Some((values.shown(low), values.shown(high)))
    });
    let range = ranges.reduce(|one, other| (one.0.min(other.0).min(other.1), one.1.max(other.1).max(other.0)));
    let across = Across::of(x, meaning.as_ref(), range);
    let bins = x.bins.unwrap_or(BINS).clamp(1, 1000) as usize;
    let mut counted = Vec::new();
    for (number, series) in shown.into_iter().enumerate() {
        let label = series.label.clone().or_else(|| series.source.as_ref().map(ToString::to_string));
        let name = label.unwrap_or_else(|| series.id.clone());
        let (curves, values) = (sheet.data.curves(&series.id), values(sheet, series));
        let Some(values) = values.filter(|_| !curves.is_empty()) else {
            sheet.leave_out(&name, "no such curve here");
            continue;
        };
        let given = series.colour.as_deref().and_then(Colour::from_hex);
        let colour = given.unwrap_or_else(|| theme::distinct(number as i64));
        let mut counts = vec![0; bins];
        let mut outside = 0;
        for curve in curves {
            outside += count(curve.trace, &values, &across.scale, &mut counts);
        }
        if outside > 0 {
            sheet.leave_out(&name, &format!("{outside} values lie outside of the axis"));
        }
        counted.push(Counted { id: series.id.clone(), name, colour, counts });
    }
    bars(sheet, rect, across, &counted);
}

fn values(sheet: &Sheet<'_>, series: &Series) -> Option<Values> {
    let curve = sheet.curve("series", &series.id, "source");
    // Against the unit of the axis, which is what stands under the bars.
    let axis = sheet.axis(AxisKind::X).and_then(|axis| axis.unit.as_deref());
    let unit = axis.or(series.unit.as_deref());
    let meaning = Meaning::of(series.source.as_ref()?, curve, unit, &sheet.options.units);
    Some(meaning.values(series.factor.unwrap_or(1.0)))
}

/// Counts the values of a curve into bins; returns how many lie outside of all.
fn count(trace: &Trace, values: &Values, scale: &ValueScale, counts: &mut [u64]) -> u64 {
    let Trace::Samples(samples) = trace else { return 0 };
    let mut outside = 0;
    for value in samples.values().iter().filter(|value| !value.is_nan()) {
        let share = scale.share(values.shown(*value)).filter(|share| (0.0..=1.0).contains(share));
        // What is at the upper end is in the last bin.
        let bin = share.map(|share| ((share * counts.len() as f64) as usize).min(counts.len() - 1));
        match bin.and_then(|bin| counts.get_mut(bin)) {
            Some(count) => *count += 1,
            None => outside += 1,
        }
    }
    outside
}

fn bars(sheet: &mut Sheet<'_>, rect: &Rect, across: Across, counted: &[Counted]) {
    let most = counted.iter().flat_map(|one| &one.counts).copied().max().unwrap_or(0).max(1);
    let room = (0.0, most as f64 * 1.05);
    let upwards = match sheet.axis(AxisKind::Y) {
        Some(axis) => Across::of(axis, None, Some(room)),
        None => {
            let scale = ValueScale { left: 0.0, right: room.1, log: false };
            Across { id: String::new(), label: "samples".to_owned(), scale, major: None, minor: None }
        }
    };
    let plane = sheet.plane(rect, across, upwards);
    plane.draw(&mut sheet.group);
    for (number, one) in counted.iter().enumerate() {
        let mut group = Group::clipped(What::Series(one.id.clone()), one.name.clone(), plane.inner);
        let fill = plane.palette.surface(one.colour).faded(if counted.len() > 1 { 0.5 } else { 0.8 });
        let stroke = Stroke { dash: theme::style(number), ..Stroke::solid(plane.palette.line(Some(one.colour)), 0.6) };
        let width = plane.inner.width() / one.counts.len() as f32;
        for (bin, count) in one.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let left = width.mul_add(bin as f32, plane.inner.left);
            // On a logarithmic axis the foot is the lower end, wherever 0 would be.
            let foot = plane.at_y(0.0).unwrap_or(plane.inner.bottom);
            let Some(top) = plane.at_y(*count as f64) else { continue };
            let bar = Rect::new(left, top.min(foot), left + width, top.max(foot));
            group.add(Item::Rect { rect: bar, fill: Some(fill), stroke: Some(stroke) });
        }
        sheet.group.add(group);
        plane.legend(&mut sheet.group, number, &one.name, fill);
    }
    let x = sheet.axis(AxisKind::X).and_then(|axis| sheet.meaning(axis));
    annotate(sheet, &plane, x.as_ref());
}

fn annotate(sheet: &mut Sheet<'_>, plane: &Plane, x: Option<&Meaning<'_>>) {
    for one in sheet.chart.annotations.iter().filter(|one| one.visible != Some(false)) {
        plane.annotate(&mut sheet.group, one, x, None);
    }
}
