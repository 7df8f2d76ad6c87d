//! Annotations: where they stand, in the unit of the axis and across the tracks.

use dataforge_protocol::document::chart::{Annotation, LineStyle, Mark};

use super::fills::Laid;
use super::{AnnotationLayout, DepthAxis, TrackLayout};
use crate::plot::pattern::Pattern;
use crate::plot::scene::{Colour, Stroke};
use crate::plot::theme::dash_of;

/// Thickness of lines that the chart says nothing about.
const LINE_WIDTH: f64 = 0.8;
/// Opacity of regions.
const REGION: f32 = 0.35;

/// Lays out the annotations that show; `left_out` takes those that have no place.
pub(super) fn lay(
    laid: &Laid<'_>,
    tracks: &[TrackLayout],
    axis: &DepthAxis,
    left_out: &mut Vec<String>,
) -> Vec<AnnotationLayout> {
    let mut found = Vec::new();
    for annotation in laid.chart.annotations.iter().filter(|one| one.visible != Some(false)) {
        match one(laid, tracks, axis, annotation) {
            Ok(Some(annotation)) => found.push(annotation),
            Ok(None) => {}
            Err(why) => left_out.push(format!("annotation {:?}: {why}", name(annotation))),
        }
    }
    found
}

fn name(annotation: &Annotation) -> &str {
    annotation.text.as_deref().unwrap_or(&annotation.id)
}

/// Lays out an annotation; none when its track does not show.
fn one(
    laid: &Laid<'_>,
    tracks: &[TrackLayout],
    axis: &DepthAxis,
    annotation: &Annotation,
) -> Result<Option<AnnotationLayout>, String> {
    let series = annotation.series.as_deref().and_then(|id| laid.position(id));
    let track = match &annotation.track {
        None => series.and_then(|series| Some(laid.series.get(series)?.track)),
        Some(id) => match tracks.iter().position(|track| track.id == *id) {
            Some(track) => Some(track),
            None if laid.chart.tracks.iter().any(|track| track.id == *id) => return Ok(None),
            None => return Err("its track is gone".to_owned()),
        },
    };
    let unit = annotation.depth_unit.as_deref();
    let depth = |value: Option<f64>| value.map(|value| on_axis(laid, axis, annotation, unit, value)).transpose();
    let across = |value: Option<f64>| {
        let value = value?;
        match series {
            Some(at) => laid.series.get(at)?.scale.share(laid.shown(at, value, annotation.x_unit.as_deref())),
            None => tracks.get(track?)?.scale?.share(value),
        }
    };
    let palette = &laid.options.palette;
    let given = annotation.colour.as_deref().and_then(Colour::from_hex);
    let style = annotation.line.unwrap_or(LineStyle::Solid);
    let background = annotation.background.as_deref().and_then(Colour::from_hex);
    Ok(Some(AnnotationLayout {
        id: annotation.id.clone(),
        kind: annotation.kind,
        text: annotation.text.clone().unwrap_or_default(),
        track,
        depth: depth(annotation.depth)?,
        depth_to: depth(annotation.depth_to)?,
        across: across(annotation.x),
        across_to: across(annotation.x_to),
        stroke: Stroke {
            colour: palette.line(given),
            width: annotation.line_width.unwrap_or(LINE_WIDTH) as f32,
            dash: dash_of(style),
        },
        background: background.map(|colour| palette.surface(colour).faded(REGION)),
        pattern: annotation.pattern.as_deref().map(Pattern::from_name),
        mark: annotation.mark.unwrap_or(Mark::Diamond),
        text_size: annotation.text_size.map_or(laid.options.text_size, |size| size as f32),
    }))
}

/// Turns the depth of an annotation into one of the axis. Datums are never mixed: what lies on another one is
/// moved by what is known of both, and not drawn when nothing is.
fn on_axis(
    laid: &Laid<'_>,
    axis: &DepthAxis,
    annotation: &Annotation,
    unit: Option<&str>,
    value: f64,
) -> Result<f64, String> {
    // Without a unit it is that of the chart's axis, whatever is shown.
    let charted = laid.chart.depth_axis().and_then(|axis| axis.unit.as_deref());
    let unit = unit.or(charted);
    let per = unit.map_or(Some(1.0), |unit| axis.per(unit));
    let per = per.ok_or_else(|| format!("{} is no unit of its depth axis", unit.unwrap_or_default()))?;
    let offset = match annotation.datum.as_deref() {
        None => 0.0,
        Some(datum) if datum == axis.datum => 0.0,
        Some(datum) => match laid.options.datums.get(datum) {
            Some(offset) => *offset,
            // As delivered, which is from there as far as anybody says.
            None if axis.datum.is_empty() => 0.0,
            None => return Err(format!("it is not known how far {datum} is from {}", axis.datum)),
        },
    };
    Ok(value.mul_add(per, offset))
}
