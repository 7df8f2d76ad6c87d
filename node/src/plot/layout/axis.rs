//! The depth axis: its unit, its range, and where its lines and numbers stand.

use dataforge_protocol::document::chart::{Axis, ChartState, Domain};

use super::LayoutOptions;
use crate::ingest::units::{self, Conversion, Quantity};
use crate::plot::scale::round_step;

/// The depth axis of a layout.
#[derive(Debug, Clone, PartialEq)]
pub struct DepthAxis {
    /// Its id in the chart; empty when the chart has none.
    pub id: String,
    /// What is written above it.
    pub label: String,
    /// What depths are counted along.
    pub domain: Domain,
    /// Symbol of its unit.
    pub unit: String,
    /// The unit for people.
    pub unit_shown: String,
    /// Where the chart begins, if it says so.
    pub from: Option<f64>,
    /// Where it ends.
    pub to: Option<f64>,
    /// Whether depths grow upwards.
    pub reversed: bool,
    /// What depths are measured from; empty as delivered.
    pub datum: String,
    /// Distance of heavy lines, if the chart says so.
    pub major: Option<f64>,
    /// Distance of light lines, if the chart says so.
    pub minor: Option<f64>,
    /// The scale on paper, if the chart says so: one to so many.
    pub print_scale: Option<f64>,
}

/// Distances of the level lines of a grid, in the unit of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steps {
    /// Of heavy lines with strong numbers.
    pub heavy: f64,
    /// Of lines with numbers between these, if there are any.
    pub medium: Option<f64>,
    /// Of light lines, if there is room for them.
    pub light: Option<f64>,
}

/// Least distance of numbers, in points.
const NUMBERS_APART: f64 = 24.0;
/// Least distance of light lines, in points.
const LINES_APART: f64 = 2.4;

impl DepthAxis {
    /// Makes the axis of a chart.
    pub(in crate::plot) fn of(chart: &ChartState, options: &LayoutOptions) -> Self {
        let axis = chart.depth_axis();
        let domain = axis.and_then(|axis| axis.domain).unwrap_or(Domain::Md);
        let measurement = measurement(domain);
        let own = axis.and_then(|axis| axis.unit.as_deref());
        let fallback = if domain == Domain::Time { "s" } else { &options.depth_unit };
        let find = |unit: &str| units::find(measurement, unit).or_else(|| units::resolve(unit, Some(measurement)));
        let charted = find(own.unwrap_or(fallback)).or_else(|| find(fallback));
        let switched = options.axis_unit.as_deref().and_then(find);
        let shown = switched.or(charted);
        let convert = charted.zip(shown).and_then(|(from, to)| Conversion::new(from, to, Quantity::Difference).ok());
        let converted = |value: Option<f64>| value.map(|value| convert.map_or(value, |convert| convert.apply(value)));
        let field = |get: fn(&Axis) -> Option<f64>| axis.and_then(get);
        // Lines at round numbers of one unit are at odd ones of another.
        let steps = |value: Option<f64>| value.filter(|_| convert.is_none_or(|convert| convert.is_identity()));
        Self {
            id: axis.map(|axis| axis.id.clone()).unwrap_or_default(),
            label: axis.and_then(|axis| axis.label.clone()).unwrap_or_else(|| name(domain).to_owned()),
            domain,
            unit: shown.map_or_else(|| fallback.to_owned(), |unit| unit.symbol.to_owned()),
            unit_shown: shown.map_or_else(|| fallback.to_owned(), |unit| unit.display.to_owned()),
            from: converted(field(|axis| axis.from)),
            to: converted(field(|axis| axis.to)),
            reversed: axis.and_then(|axis| axis.reversed).unwrap_or(false),
            datum: axis.and_then(|axis| axis.datum.clone()).unwrap_or_default(),
            major: steps(field(|axis| axis.major)),
            minor: steps(field(|axis| axis.minor)),
            print_scale: field(|axis| axis.print_scale),
        }
    }

    /// Returns how many units of the axis one of another unit is; none when that measures something else.
    #[must_use]
    pub fn per(&self, unit: &str) -> Option<f64> {
        let measurement = measurement(self.domain);
        let from = units::resolve(unit, Some(measurement)).or_else(|| units::find(measurement, unit))?;
        let to = units::find(measurement, &self.unit)?;
        Some(Conversion::new(from, to, Quantity::Difference).ok()?.apply(1.0))
    }

    /// Returns the points to a unit of the axis on paper, at a scale of one to so many; for times so many
    /// points to a second as a metre would have.
    #[must_use]
    pub fn points_per_unit(&self, scale: f64) -> f64 {
        let base = if self.domain == Domain::Time { "s" } else { "m" };
        let per_unit = self.per(base).map_or(1.0, |per_base| 1.0 / per_base);
        crate::plot::window::points_per_metre(scale) * per_unit
    }

    /// Returns where the lines of the grid stand at so many points to a unit: as the chart says, else as on
    /// paper, with numbers at 1 or 5 times a power of ten (at 1:500 in metres every 5, strong every 25, and
    /// light lines every metre).
    #[must_use]
    pub fn steps(&self, per_unit: f64) -> Steps {
        let room = |step: &f64, least: f64| *step * per_unit >= least * (1.0 - 1e-9);
        if let Some(heavy) = self.major.filter(|step| room(step, NUMBERS_APART / 2.0)) {
            return Steps { heavy, medium: None, light: self.minor.filter(|step| room(step, LINES_APART)) };
        }
        let least = NUMBERS_APART / per_unit;
        // 2 has no part of five that is round.
        let medium = round_step(least);
        let medium = [medium, medium * 2.5].into_iter().find(|step| !is_two(*step)).unwrap_or(medium);
        let light = self.minor.filter(|step| *step < medium).unwrap_or(medium / 5.0);
        Steps { heavy: medium * 5.0, medium: Some(medium), light: Some(light).filter(|step| room(step, LINES_APART)) }
    }
}

/// Whether a round step begins with a 2.
fn is_two(step: f64) -> bool {
    let digit = step / 10f64.powf((step.log10() + 1e-9).floor());
    (digit - 2.0).abs() < 1e-6
}

/// What depths of a domain are measured as.
pub(super) const fn measurement(domain: Domain) -> &'static str {
    match domain {
        Domain::Time => "time",
        Domain::Md | Domain::Tvd | Domain::Tvdss => "length",
    }
}

const fn name(domain: Domain) -> &'static str {
    match domain {
        Domain::Md => "MD",
        Domain::Tvd => "TVD",
        Domain::Tvdss => "TVDSS",
        Domain::Time => "Time",
    }
}
