//! How one window looks at a chart: domain, units, paper scale. None of it is written into the chart.

use std::collections::BTreeMap;

use dataforge_node::api::chart::{AxisKind, ChartState, Domain};
use dataforge_node::plot::layout::DepthAxis;

/// Logical points to an inch of screen: what systems scale text by.
pub(super) const POINTS_PER_INCH: f64 = 96.0;
/// Points to an inch of paper, which drawings count in.
const PAPER_POINTS: f64 = 72.0;

/// Scales that are offered, one to so many.
pub(super) const SCALES: [u32; 9] = [40, 100, 200, 240, 500, 600, 1000, 1200, 5000];

/// Units of values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Units {
    /// As the chart says.
    #[default]
    Charted,
    /// Metric.
    Metric,
    /// As on American logs.
    American,
}

impl Units {
    /// All of them, in the order shown.
    pub(super) const ALL: [Self; 3] = [Self::Charted, Self::Metric, Self::American];

    /// Returns its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Charted => "Values as in the chart",
            Self::Metric => "Values in metric units",
            Self::American => "Values in US units",
        }
    }

    /// Returns the units by what they measure.
    pub(super) fn units(self) -> BTreeMap<String, String> {
        let units: &[(&str, &str)] = match self {
            Self::Charted => &[],
            Self::Metric => &[
                ("slowness", "us/m"),
                ("density", "kg/m3"),
                ("temperature", "degC"),
                ("pressure", "kPa"),
                ("velocity", "m/h"),
            ],
            Self::American => &[
                ("slowness", "us/ft"),
                ("density", "g/cm3"),
                ("temperature", "degF"),
                ("pressure", "psi"),
                ("velocity", "ft/h"),
            ],
        };
        units.iter().map(|(kind, unit)| ((*kind).to_owned(), (*unit).to_owned())).collect()
    }
}

/// How it is looked at.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Settings {
    /// What depths are counted along, instead of what the chart says.
    pub(super) domain: Option<Domain>,
    /// The unit of depths, instead of the chart's.
    pub(super) depth_unit: Option<&'static str>,
    /// Units of values.
    pub(super) units: Units,
}

/// Units of depths that can be switched to.
pub(super) const DEPTH_UNITS: [(&str, &str); 2] = [("m", "Metres"), ("ft", "Feet")];

/// Returns the name of a domain.
pub(super) const fn domain_name(domain: Domain) -> &'static str {
    match domain {
        Domain::Md => "Measured depth",
        Domain::Tvd => "True vertical depth",
        Domain::Tvdss => "Vertical depth below sea level",
        Domain::Time => "Time",
    }
}

/// Returns a chart as it is looked at: along another domain.
pub(super) fn looked_at(chart: &ChartState, settings: &Settings) -> ChartState {
    let mut chart = chart.clone();
    if !chart.axes.iter().any(|axis| axis.kind == AxisKind::Depth) {
        return chart;
    }
    let domain = chart.depth_axis().and_then(|axis| axis.domain).unwrap_or(Domain::Md);
    let wanted = settings.domain.unwrap_or(domain);
    let charted = chart.depth_axis().and_then(|axis| axis.unit.clone());
    if wanted != domain
        && let Some(axis) = chart.axes.iter_mut().find(|axis| axis.kind == AxisKind::Depth)
    {
        axis.domain = Some(wanted);
        (axis.from, axis.to, axis.label) = (None, None, None);
        if (wanted == Domain::Time) != (domain == Domain::Time) {
            (axis.unit, axis.major, axis.minor) = (None, None, None);
        }
    }
    // A shift without a unit is in that of the chart, whatever is shown.
    if let Some(charted) = charted {
        for series in chart.series.iter_mut().filter(|series| series.shift.is_some()) {
            series.shift_unit.get_or_insert_with(|| charted.clone());
        }
    }
    chart
}

/// Returns the unit that depths are shown in, whatever the chart says.
pub(super) fn axis_unit(chart: &ChartState, settings: &Settings) -> Option<String> {
    let is_time = chart.depth_axis().and_then(|axis| axis.domain) == Some(Domain::Time);
    settings.depth_unit.filter(|_| !is_time).map(str::to_owned)
}

/// Returns the points of screen to a unit of an axis at a scale of one to so many.
pub(super) fn points_per_unit(axis: &DepthAxis, scale: f64) -> f64 {
    axis.points_per_unit(scale) * POINTS_PER_INCH / PAPER_POINTS
}

/// Returns the scale at so many points to a unit.
pub(super) fn scale_of(axis: &DepthAxis, per_unit: f64) -> f64 {
    points_per_unit(axis, 1.0) / per_unit
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::{ChartState, Domain};
    use dataforge_node::plot::{LayoutOptions, layout};
    use serde_json::json;

    use super::{Settings, axis_unit, looked_at, points_per_unit, scale_of};

    fn chart() -> ChartState {
        serde_json::from_value(json!({
            "kind": "log_tracks",
            "axes": [{"id": "a", "kind": "depth", "unit": "m", "from": 1000.0, "to": 2000.0, "major": 25.0}],
        }))
        .unwrap()
    }

    #[test]
    fn depths_in_another_unit_stay_the_same_depths() {
        let settings = Settings { depth_unit: Some("ft"), ..Settings::default() };
        let seen = looked_at(&chart(), &settings);
        let options = LayoutOptions { axis_unit: axis_unit(&seen, &settings), ..LayoutOptions::default() };
        let axis = layout(&seen, &[], &options).axis;
        assert_eq!(axis.unit, "ft");
        assert!((axis.from.unwrap() - 3280.84).abs() < 0.01);
        let time = looked_at(&chart(), &Settings { domain: Some(Domain::Time), ..settings.clone() });
        assert_eq!(axis_unit(&time, &settings), None, "times are in no feet");
    }

    #[test]
    fn another_domain_forgets_the_range_of_the_old_one() {
        let settings = Settings { domain: Some(Domain::Tvd), ..Settings::default() };
        let seen = looked_at(&chart(), &settings);
        let axis = seen.depth_axis().unwrap();
        assert_eq!((axis.domain, axis.from, axis.unit.as_deref()), (Some(Domain::Tvd), None, Some("m")));
        let time = looked_at(&chart(), &Settings { domain: Some(Domain::Time), ..settings });
        assert_eq!(time.depth_axis().unwrap().unit, None);
    }

    #[test]
    fn a_scale_is_a_length_on_screen() {
        let axis = layout(&chart(), &[], &LayoutOptions::default()).axis;
        // 1:500 is 2 mm to the metre; an inch of screen has 96 points.
        let wanted = 0.002 / 0.0254 * 96.0;
        assert!((points_per_unit(&axis, 500.0) - wanted).abs() < 1e-9);
        assert!((scale_of(&axis, wanted) - 500.0).abs() < 1e-6);
    }
}
