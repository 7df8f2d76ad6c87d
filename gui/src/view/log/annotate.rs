//! Placing annotations: a marker, a line or a region, by pointer or by keyboard.

use dataforge_node::api::chart::AnnotationKind;
use dataforge_node::api::{ChartEdit, ItemPlace};
use dataforge_node::plot::Layout;

/// Decimals that a depth is noted with.
const PLACES: i32 = 3;

/// What the next click does.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) enum Tool {
    /// It selects.
    #[default]
    Select,
    /// It places an annotation.
    Place {
        /// Of this kind.
        kind: AnnotationKind,
        /// Where a region begins, once that is said.
        from: Option<f64>,
    },
}

impl Tool {
    /// Says what to do next.
    pub(super) const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Select => None,
            Self::Place { kind: AnnotationKind::Marker, .. } => {
                Some("Click where the marker goes, or press Enter for the cursor's depth. Escape ends it.")
            }
            Self::Place { kind: AnnotationKind::Line, .. } => {
                Some("Click the depth of the line, or press Enter for the cursor's depth. Escape ends it.")
            }
            Self::Place { kind: AnnotationKind::Region, from: None } => {
                Some("Click where the region begins, or press Enter for the cursor's depth. Escape ends it.")
            }
            Self::Place { kind: AnnotationKind::Region, from: Some(_) } => {
                Some("Click where the region ends, or press Enter for the cursor's depth. Escape ends it.")
            }
        }
    }

    /// Takes a place; returns the edit when it was the last that is needed.
    pub(super) fn place(&mut self, layout: &Layout, depth: f64, x: Option<f32>) -> Option<ChartEdit> {
        let Self::Place { kind, from } = *self else { return None };
        if kind == AnnotationKind::Region && from.is_none() {
            *self = Self::Place { kind, from: Some(depth) };
            return None;
        }
        *self = Self::Select;
        Some(added(layout, kind, from, depth, x))
    }
}

/// Returns the edit that adds an annotation; a marker stands in the track under the pointer, and where the
/// first series of that has this value.
fn added(layout: &Layout, kind: AnnotationKind, from: Option<f64>, depth: f64, x: Option<f32>) -> ChartEdit {
    let mut fields =
        vec![("kind".to_owned(), kind.as_str().to_owned()), ("depth_unit".to_owned(), layout.axis.unit.clone())];
    let mut put = |name: &str, value: f64| fields.push((name.to_owned(), rounded(value).to_string()));
    match from {
        Some(from) if kind == AnnotationKind::Region => {
            put("depth", from.min(depth));
            put("depth_to", from.max(depth));
        }
        _ => put("depth", depth),
    }
    if !layout.axis.datum.is_empty() {
        fields.push(("datum".to_owned(), layout.axis.datum.clone()));
    }
    let track = x.and_then(|x| layout.tracks.get(layout.track_at(x)?));
    if let Some(track) = track.filter(|track| kind == AnnotationKind::Marker && !track.id.is_empty()) {
        fields.push(("track".to_owned(), track.id.clone()));
        let series = track.series.first().and_then(|position| layout.series.get(*position));
        if let (Some(series), Some(x)) = (series, x)
            && track.width() > 0.0
        {
            let value = series.scale.value(f64::from((x - track.left) / track.width()));
            fields.push(("series".to_owned(), series.id.clone()));
            fields.push(("x".to_owned(), significant(value).to_string()));
        }
    }
    ChartEdit::Add { part: "annotation".to_owned(), fields, place: ItemPlace::Last }
}

fn rounded(depth: f64) -> f64 {
    let power = 10f64.powi(PLACES);
    (depth * power).round() / power
}

/// Returns a value with four digits.
fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let power = 10f64.powf(3.0 - value.abs().log10().floor());
    (value * power).round() / power
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::ChartEdit;
    use dataforge_node::api::chart::{AnnotationKind, ChartState};
    use dataforge_node::plot::layout::Width;
    use dataforge_node::plot::{Layout, LayoutOptions, layout};
    use serde_json::json;

    use super::{Tool, significant};

    fn laid() -> Layout {
        let chart: ChartState = serde_json::from_value(json!({
            "kind": "log_tracks",
            "axes": [{"id": "a", "kind": "depth", "unit": "m", "datum": "KB"}],
            "tracks": [{"id": "t", "kind": "curves"}],
            "series": [{"id": "s", "kind": "values", "track": "t", "source": "gamma_ray", "left": 0.0, "right": 150.0}],
        }))
        .unwrap();
        let options = LayoutOptions { width: Width::Points(100.0), ..LayoutOptions::default() };
        layout(&chart, &[], &options)
    }

    fn fields(edit: Option<ChartEdit>) -> Vec<(String, String)> {
        match edit {
            Some(ChartEdit::Add { fields, .. }) => fields,
            other => panic!("no annotation: {other:?}"),
        }
    }

    #[test]
    fn a_marker_stands_at_a_depth_and_a_value() {
        let mut tool = Tool::Place { kind: AnnotationKind::Marker, from: None };
        let said = fields(tool.place(&laid(), 1_203.500_01, Some(50.0)));
        for (name, value) in
            [("kind", "marker"), ("depth", "1203.5"), ("depth_unit", "m"), ("datum", "KB"), ("track", "t"), ("x", "75")]
        {
            assert!(said.contains(&(name.to_owned(), value.to_owned())), "{name} {value}: {said:?}");
        }
        assert_eq!(tool, Tool::Select, "one at a time");
    }

    #[test]
    fn a_region_takes_two_places_in_either_order() {
        let mut tool = Tool::Place { kind: AnnotationKind::Region, from: None };
        assert!(tool.place(&laid(), 1300.0, None).is_none());
        let said = fields(tool.place(&laid(), 1250.0, Some(50.0)));
        assert!(said.contains(&("depth".to_owned(), "1250".to_owned())));
        assert!(said.contains(&("depth_to".to_owned(), "1300".to_owned())));
        assert!(!said.iter().any(|(name, _)| name == "track"), "regions go across all tracks");
    }

    #[test]
    fn values_are_noted_with_four_digits() {
        for (value, noted) in [(123.456, 123.5), (0.001_234_56, 0.001_235), (-98_765.0, -98_770.0), (0.0, 0.0)] {
            assert!((significant(value) - noted).abs() < 1e-9 * noted.abs().max(1.0), "{value}");
        }
    }
}
