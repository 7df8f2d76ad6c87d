//! A crossplot or histogram as a chart document, and back.

use dataforge_node::api::chart::{AxisKind, ChartKind, Scale};
use dataforge_node::api::{ChartEdit, ChartReply};
use serde_json::{Value, json};

use super::{Curve, Setup};

/// Returns a new chart as JSON, as `charts import` reads it.
#[must_use]
pub fn new_chart(setup: &Setup, curves: &[Curve], title: &str) -> String {
    let source = |place: Option<usize>| place.and_then(|place| curves.get(place)).map(Curve::source);
    let label = |place: Option<usize>| place.and_then(|place| curves.get(place)).map(|curve| curve.label.clone());
    let axis = |id: &str, place, log| json!({"id": id, "kind": id, "label": label(place), "source": source(place), "scale": scale(log)});
    let mut x = axis("x", setup.x, setup.x_log);
    let chart: Value = if setup.is_histogram {
        x["bins"] = json!(setup.bins);
        json!({
            "schema": 1, "kind": "histogram", "title": title,
            "axes": [x, {"id": "y", "kind": "y", "label": "Samples"}],
            "series": [{"id": "values", "kind": "values", "source": source(setup.x), "label": label(setup.x)}],
        })
    } else {
        json!({
            "schema": 1, "kind": "crossplot", "title": title,
            "axes": [x, axis("y", setup.y, setup.y_log)],
            "series": [{"id": "points", "kind": "points", "colour_by": source(setup.group)}],
        })
    };
    chart.to_string()
}

const fn scale(log: bool) -> &'static str {
    if log { "log" } else { "linear" }
}

/// Returns the edits that bring a chart to a setup: what was not chosen anew stays as it is, be it a
/// property or a curve that is not here.
#[must_use]
pub fn edits(chart: &ChartReply, setup: &Setup, curves: &[Curve], title: &str) -> Vec<ChartEdit> {
    let source = |place: Option<usize>| place.and_then(|place| curves.get(place)).map(Curve::source);
    let was = self::setup(chart, curves).unwrap_or_default();
    let mut edits = Vec::new();
    let mut set = |item: String, fields: [(bool, &str, Option<String>); 3]| {
        let changed = fields.into_iter().filter(|(is_changed, ..)| *is_changed);
        let fields: Vec<_> = changed.map(|(_, name, value)| (name.to_owned(), value)).collect();
        if !fields.is_empty() {
            edits.push(ChartEdit::Set { item: Some(item), fields });
        }
    };
    let none = || (false, "", None);
    let scaled = |log: bool, was: bool| (log != was, "scale", Some(scale(log).to_owned()));
    for axis in &chart.chart.axes {
        let item = format!("axis/{}", axis.id);
        match axis.kind {
            AxisKind::X => {
                let bins = (setup.is_histogram && setup.bins != was.bins, "bins", Some(setup.bins.to_string()));
                let from = (setup.x != was.x, "source", source(setup.x));
                set(item, [from, scaled(setup.x_log, was.x_log), bins]);
            }
            AxisKind::Y if !setup.is_histogram => {
                let from = (setup.y != was.y, "source", source(setup.y));
                set(item, [from, scaled(setup.y_log, was.y_log), none()]);
            }
            AxisKind::Y | AxisKind::Depth => {}
        }
    }
    for series in &chart.chart.series {
        let item = format!("series/{}", series.id);
        if setup.is_histogram {
            set(item, [(setup.x != was.x, "source", source(setup.x)), none(), none()]);
        } else {
            set(item, [(setup.group != was.group, "colour_by", source(setup.group)), none(), none()]);
        }
    }
    if title != chart.chart.title {
        edits.push(ChartEdit::Text {
            text: "title".to_owned(),
            value: title.to_owned(),
            was: Some(chart.chart.title.clone()),
        });
    }
    edits
}

/// Returns the setup that a chart says, of the curves it finds in its well; none for other charts.
#[must_use]
pub fn setup(chart: &ChartReply, curves: &[Curve]) -> Option<Setup> {
    let is_histogram = match chart.chart.kind {
        ChartKind::Histogram => true,
        ChartKind::Crossplot => false,
        _ => return None,
    };
    let place = |part: &str, item: &str, field: &str| {
        let is_it = |source: &&dataforge_node::api::ChartSource| {
            source.part == part && source.item == item && source.field == field
        };
        let curve = chart.sources.iter().find(is_it)?.curve.as_ref()?;
        curves.iter().position(|known| known.run == curve.run && known.ordinal == curve.ordinal)
    };
    let mut setup = Setup { is_histogram, ..Setup::default() };
    for axis in &chart.chart.axes {
        let (at, log) = (place("axis", &axis.id, "source"), axis.scale == Some(Scale::Log));
        match axis.kind {
            AxisKind::X => {
                (setup.x, setup.x_log) = (at, log);
                setup.bins = axis.bins.map_or(setup.bins, |bins| bins as usize);
            }
            AxisKind::Y => (setup.y, setup.y_log) = (at, log),
            AxisKind::Depth => {}
        }
    }
    for series in &chart.chart.series {
        setup.group = setup.group.or_else(|| place("series", &series.id, "colour_by"));
        if is_histogram {
            setup.x = setup.x.or_else(|| place("series", &series.id, "source"));
        }
    }
    Some(setup)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Curve, Setup, new_chart};

    fn curve(ordinal: u32, label: &str) -> Curve {
        Curve { run: "ab".repeat(32), ordinal, label: label.to_owned(), ..Curve::default() }
    }

    #[test]
    fn a_new_chart_names_its_curves_and_how_values_are_spread() {
        let curves = [curve(1, "GR"), curve(2, "RT")];
        let setup = Setup { x: Some(0), y: Some(1), y_log: true, ..Setup::default() };
        let chart: Value = serde_json::from_str(&new_chart(&setup, &curves, "GR against RT")).unwrap();
        assert_eq!(chart["kind"], "crossplot");
        assert_eq!(chart["axes"][0]["source"], format!("{}:1", "ab".repeat(32)));
        assert_eq!(chart["axes"][1]["scale"], "log");
        assert_eq!(chart["series"][0]["colour_by"], Value::Null);
        let setup = Setup { is_histogram: true, bins: 40, ..setup };
        let chart: Value = serde_json::from_str(&new_chart(&setup, &curves, "GR")).unwrap();
        assert_eq!((&chart["kind"], &chart["axes"][0]["bins"]), (&Value::from("histogram"), &Value::from(40)));
    }
}
