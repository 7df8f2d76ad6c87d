//! Series: names, units, scales and lines.

use std::collections::BTreeMap;

use dataforge_protocol::document::chart::{LineStyle, Mark, Scale, Series, Source};

use super::{LayoutOptions, SeriesLayout};
use crate::api::{ChartCurve, ChartSource};
use crate::ingest::dictionary::{self, Property};
use crate::ingest::units::{self, Conversion, Quantity, Unit};
use crate::plot::scale::{ValueScale, round_step};
use crate::plot::scene::{Colour, Dash, Stroke};
use crate::plot::theme::{self, dash_of, free_dash};

/// Thickness of lines that the chart says nothing about, in points.
const LINE_WIDTH: f64 = 0.9;
/// Size of marks that the chart says nothing about.
const MARK_SIZE: f64 = 3.0;
/// Most often that a series comes in again.
const MAX_WRAPS: u32 = 10;

/// How values of a curve become those that are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    conversion: Option<Conversion>,
    factor: f64,
}

impl Values {
    /// Those that are shown as they are.
    pub const SAME: Self = Self { conversion: None, factor: 1.0 };

    /// Returns the value that is shown.
    #[must_use]
    pub fn shown(&self, value: f64) -> f64 {
        self.conversion.map_or(value, |conversion| conversion.apply(value)) * self.factor
    }
}

/// What is known of the values of a source.
#[derive(Debug, Clone)]
pub(in crate::plot) struct Meaning<'a> {
    /// Its curve.
    pub(in crate::plot) curve: Option<&'a ChartCurve>,
    /// Its property.
    pub(in crate::plot) property: Option<&'static Property>,
    /// The unit of the curve.
    delivered: Option<&'static Unit>,
    /// The unit that the chart's limits are in.
    charted: Option<&'static Unit>,
    /// The unit that is shown.
    shown: Option<&'static Unit>,
}

impl<'a> Meaning<'a> {
    /// Finds what a source is, of which the chart says that it is shown in a unit.
    pub(in crate::plot) fn of(
        source: &Source,
        curve: Option<&'a ChartCurve>,
        unit: Option<&str>,
        switched: &BTreeMap<String, String>,
    ) -> Self {
        let named = match source {
            Source::Property(id) => Some(id.as_str()),
            Source::Curve(_) => curve.and_then(|curve| curve.property.as_deref()),
        };
        let property = named.and_then(dictionary::property);
        let measured = property.map(|property| property.measurement);
        let find = |text: &str| {
            let exact = measured.and_then(|measured| units::find(measured, text));
            exact.or_else(|| units::resolve(text, measured))
        };
        let delivered = curve.and_then(|curve| find(&curve.unit));
        let charted = unit.and_then(find).or_else(|| property.and_then(Property::unit)).or(delivered);
        let switch = charted.and_then(|unit| units::find(unit.measurement, switched.get(unit.measurement)?));
        Self { curve, property, delivered, charted, shown: switch.or(charted) }
    }

    fn quantity(&self) -> Quantity {
        self.property.map_or(Quantity::Absolute, |property| property.quantity)
    }

    /// How values of the curve become shown ones; as they are when their unit is not known.
    pub(in crate::plot) fn values(&self, factor: f64) -> Values {
        let both = self.delivered.zip(self.shown);
        let conversion = both.and_then(|(from, to)| Conversion::new(from, to, self.quantity()).ok());
        Values { conversion: conversion.filter(|conversion| !conversion.is_identity()), factor }
    }

    /// The unit of shown values, for people: that of the curve as delivered when it cannot be converted.
    pub(in crate::plot) fn unit(&self) -> String {
        let converts = match self.delivered.zip(self.shown) {
            Some((from, to)) => Conversion::new(from, to, self.quantity()).is_ok(),
            None => self.curve.is_none(),
        };
        match (self.shown, self.curve) {
            (Some(shown), _) if converts => shown.display.to_owned(),
            (_, Some(curve)) => curve.unit.clone(),
            (shown, None) => shown.map_or_else(String::new, |unit| unit.display.to_owned()),
        }
    }

    /// Turns a value in the unit that the chart writes, or in one that it names, into a shown one.
    pub(in crate::plot) fn charted(&self, value: f64, named: Option<&str>) -> f64 {
        let measured = self.charted.map(|unit| unit.measurement);
        let from = named.and_then(|text| units::resolve(text, measured)).or(self.charted);
        let conversion = from.zip(self.shown).and_then(|(from, to)| Conversion::new(from, to, self.quantity()).ok());
        conversion.map_or(value, |conversion| conversion.apply(value))
    }

    /// The usual scale of the property, in shown values.
    pub(in crate::plot) fn usual(&self) -> Option<ValueScale> {
        let (property, scale) = (self.property?, self.property?.scale?);
        let (from, to) = (property.unit()?, self.shown?);
        let conversion = Conversion::new(from, to, property.quantity).ok()?;
        ValueScale::new(conversion.apply(scale.left), conversion.apply(scale.right), scale.log)
    }
}

/// What the track of a series says about its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct TrackScale {
    pub(super) left: Option<f64>,
    pub(super) right: Option<f64>,
    pub(super) scale: Option<Scale>,
}

/// Lays out a series in a track; `taken` are the dashes of those in it before.
pub(super) fn lay(
    series: &Series,
    track: usize,
    of_track: TrackScale,
    sources: &[ChartSource],
    options: &LayoutOptions,
    taken: &[Dash],
) -> SeriesLayout {
    let found = sources.iter().find(|one| one.part == "series" && one.item == series.id && one.field == "source");
    let curve = found.and_then(|found| found.curve.as_ref());
    let none = Source::Property(String::new());
    let source = series.source.as_ref().unwrap_or(&none);
    let meaning = Meaning::of(source, curve, series.unit.as_deref(), &options.units);
    let values = meaning.values(series.factor.unwrap_or(1.0));
    let style = series.line.or_else(|| usual_line(&meaning)).unwrap_or(LineStyle::Solid);
    let dash = dash_of(style);
    let dash = if options.palette.is_mono { free_dash(dash, taken) } else { dash };
    let given = series.colour.as_deref().and_then(Colour::from_hex);
    let usual = meaning.property.and_then(|property| Colour::from_hex(property.colour));
    let colour = given.or(usual).unwrap_or_else(|| theme::distinct(taken.len() as i64));
    SeriesLayout {
        id: series.id.clone(),
        track,
        label: label(series, &meaning, source),
        unit: meaning.unit(),
        values,
        scale: scale(series, of_track, &meaning, &values, options),
        stroke: Stroke {
            colour: options.palette.line(Some(colour)),
            width: series.line_width.unwrap_or(LINE_WIDTH) as f32,
            dash,
        },
        style,
        mark: series.mark.unwrap_or(Mark::Circle),
        mark_size: series.mark_size.unwrap_or(MARK_SIZE) as f32,
        wrap: series.wrap.unwrap_or(0).min(MAX_WRAPS),
        steps: series.steps.unwrap_or(false),
        codes: series.steps.unwrap_or(false) && holds_codes(&meaning),
        shift: 0.0,
        curve: curve.cloned(),
        absent: absence(series, curve, source, options),
    }
}

/// Whether values that hold are codes: not when they are known to measure something, as a bit size does.
fn holds_codes(meaning: &Meaning<'_>) -> bool {
    meaning.property.is_none_or(|property| property.id.ends_with("_code"))
}

fn usual_line(meaning: &Meaning<'_>) -> Option<LineStyle> {
    LineStyle::from_word(meaning.property?.line_style)
}

fn label(series: &Series, meaning: &Meaning<'_>, source: &Source) -> String {
    let own = series.label.clone().or_else(|| meaning.curve.map(|curve| curve.label.clone()));
    own.or_else(|| meaning.property.map(|property| property.name.to_owned())).unwrap_or_else(|| source.to_string())
}

/// Why nothing of a series can be drawn.
fn absence(series: &Series, curve: Option<&ChartCurve>, source: &Source, options: &LayoutOptions) -> Option<String> {
    match curve {
        Some(curve) if curve.held => None,
        Some(_) => Some(options.notes.get(&series.id).cloned().unwrap_or_else(|| "not here".to_owned())),
        None => Some(match source {
            Source::Property(id) if id.is_empty() => "no source".to_owned(),
            Source::Property(_) => "no such curve".to_owned(),
            Source::Curve(_) => "the curve is gone".to_owned(),
        }),
    }
}

/// The scale of a series: its own, that of its track, the usual one of its property, or the range of its
/// values.
fn scale(
    series: &Series,
    track: TrackScale,
    meaning: &Meaning<'_>,
    values: &Values,
    options: &LayoutOptions,
) -> ValueScale {
    let charted = |value: f64| meaning.charted(value, None);
    let log = |scale: Option<Scale>| scale == Some(Scale::Log);
    let of = |left: Option<f64>, right: Option<f64>, scale: Option<Scale>| {
        ValueScale::new(charted(left?), charted(right?), log(scale))
    };
    let own = of(series.left, series.right, series.scale.or(track.scale));
    let of_track = || of(track.left, track.right, series.scale.or(track.scale));
    let of_values = || {
        let (low, high) = *options.ranges.get(&series.id)?;
        rounded(values.shown(low), values.shown(high), log(series.scale.or(track.scale)))
    };
    let fallback = ValueScale { left: 0.0, right: 1.0, log: false };
    own.or_else(of_track).or_else(|| meaning.usual()).or_else(of_values).unwrap_or(fallback)
}

/// A scale with round edges around some values.
pub(in crate::plot) fn rounded(one: f64, other: f64, log: bool) -> Option<ValueScale> {
    let (low, high) = (one.min(other), one.max(other));
    if !(low.is_finite() && high.is_finite()) {
        return None;
    }
    if log {
        let high = if high > 0.0 { high } else { return None };
        let low = if low > 0.0 { low } else { high / 1e4 };
        let (from, to) = (low.log10().floor(), high.log10().ceil());
        return ValueScale::new(10f64.powf(from), 10f64.powf(if to > from { to } else { from + 1.0 }), true);
    }
    let spread = if high > low { high - low } else { high.abs().max(1.0) };
    let step = round_step(spread / 5.0);
    let (from, to) = ((low / step).floor() * step, (high / step).ceil() * step);
    ValueScale::new(from, if to > from { to } else { from + step }, false)
}
