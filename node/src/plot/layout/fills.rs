//! Fills: where they end, what they are drawn with, where they show.

use dataforge_protocol::document::chart::{ChartState, Fill, FillKind};

use super::series::Meaning;
use super::{Condition, FillEnd, FillLayout, LayoutOptions, Paint, SeriesLayout};
use crate::api::ChartSource;
use crate::plot::pattern::Pattern;
use crate::plot::scene::Colour;

/// Opacity of fills that the chart says nothing about.
const OPACITY: f64 = 0.6;

/// What fills are laid out by.
pub(super) struct Laid<'a> {
    pub(super) chart: &'a ChartState,
    pub(super) sources: &'a [ChartSource],
    pub(super) series: &'a [SeriesLayout],
    pub(super) options: &'a LayoutOptions,
}

impl Laid<'_> {
    /// Returns the position of a series that shows.
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.series.iter().position(|series| series.id == id)
    }

    /// Turns a value that the chart writes of a series into one that is shown.
    pub(super) fn shown(&self, series: usize, value: f64, unit: Option<&str>) -> f64 {
        let Some(laid) = self.series.get(series) else { return value };
        let charted = self.chart.series.iter().find(|one| one.id == laid.id);
        let Some((charted, source)) = charted.and_then(|one| Some((one, one.source.as_ref()?))) else { return value };
        let curve =
            self.sources.iter().find(|one| one.part == "series" && one.item == laid.id && one.field == "source");
        let curve = curve.and_then(|found| found.curve.as_ref());
        Meaning::of(source, curve, charted.unit.as_deref(), &self.options.units).charted(value, unit)
    }
}

/// Lays out the fills that show; `left_out` takes those that lead nowhere.
pub(super) fn lay(laid: &Laid<'_>, left_out: &mut Vec<String>) -> Vec<FillLayout> {
    let mut fills = Vec::new();
    for fill in laid.chart.fills.iter().filter(|fill| fill.visible != Some(false)) {
        match one(laid, fill) {
            Ok(Some(found)) => fills.push(found),
            Ok(None) => {}
            Err(why) => left_out.push(format!("fill {}: {why}", fill.label.as_deref().unwrap_or(&fill.id))),
        }
    }
    fills
}

/// Lays out a fill; none when its series does not show.
fn one(laid: &Laid<'_>, fill: &Fill) -> Result<Option<FillLayout>, &'static str> {
    let named = |id: Option<&String>| {
        let id = id.ok_or("it names no series")?;
        if laid.chart.series.iter().all(|series| series.id != *id) {
            return Err("its series is gone");
        }
        Ok(laid.position(id))
    };
    let Some(series) = named(fill.series.as_ref())? else { return Ok(None) };
    let end = match fill.kind {
        FillKind::Left => FillEnd::Left,
        FillKind::Right => FillEnd::Right,
        FillKind::Limit => {
            let limit = fill.limit.ok_or("it has no limit")?;
            FillEnd::Limit(laid.shown(series, limit, None))
        }
        FillKind::Between => match named(fill.other.as_ref())? {
            Some(other) => FillEnd::Series(other),
            None => return Ok(None),
        },
    };
    let when = if fill.above.or(fill.below).is_some() {
        let decides = match &fill.when {
            Some(_) => named(fill.when.as_ref())?.unwrap_or(series),
            None => series,
        };
        let limit = |value: Option<f64>, none: f64| value.map_or(none, |value| laid.shown(decides, value, None));
        let above = limit(fill.above, f64::NEG_INFINITY);
        Some(Condition { series: decides, above, below: limit(fill.below, f64::INFINITY) })
    } else {
        None
    };
    let opacity = fill.opacity.unwrap_or(OPACITY) as f32;
    let side = |colour: Option<&String>, pattern: Option<&String>, mono: Pattern| {
        paint(laid.options, colour, pattern, opacity, mono)
    };
    Ok(Some(FillLayout {
        id: fill.id.clone(),
        label: fill.label.clone().unwrap_or_default(),
        series,
        end,
        left: side(fill.colour_left.as_ref(), fill.pattern_left.as_ref(), Pattern::Hatch),
        right: side(fill.colour_right.as_ref(), fill.pattern_right.as_ref(), Pattern::Sand),
        when,
    }))
}

/// What a side is drawn with; none when it has neither colour nor pattern. Without colours each side has a
/// pattern, since grey alone does not tell them apart.
fn paint(
    options: &LayoutOptions,
    colour: Option<&String>,
    pattern: Option<&String>,
    opacity: f32,
    mono: Pattern,
) -> Option<Paint> {
    let palette = &options.palette;
    let colour = colour.and_then(|text| Colour::from_hex(text));
    let named = pattern.map(|name| Pattern::from_name(name));
    let pattern = named.or_else(|| colour.filter(|_| palette.is_mono).map(|_| mono));
    if colour.is_none() && pattern.is_none() {
        return None;
    }
    Some(Paint {
        colour: colour.map(|colour| palette.surface(colour).faded(opacity)),
        pattern: pattern.map(|pattern| (pattern, palette.ink.faded(0.8))),
    })
}
