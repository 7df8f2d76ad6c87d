//! Tracks, series and annotations in words, for those who do not see them and for hover texts.

use dataforge_node::api::chart::{AnnotationKind, TrackKind};
use dataforge_node::plot::layout::{AnnotationLayout, Layout, SeriesLayout, TrackLayout};

use crate::format;

/// Says what a track holds: `Track 2: resistivity, deep 0.2 to 2000 ohm.m logarithmic`.
pub(super) fn track(layout: &Layout, number: usize, track: &TrackLayout) -> String {
    let title = if track.title.is_empty() { String::new() } else { format!("{}, ", track.title) };
    let what = match track.kind {
        TrackKind::Depth => format!("depths, {} in {}", layout.axis.label, layout.axis.unit_shown),
        TrackKind::Curves => {
            let series = track.series.iter().filter_map(|position| layout.series.get(*position));
            let all: Vec<_> = series.map(scale).collect();
            if all.is_empty() { "no series".to_owned() } else { all.join(", ") }
        }
    };
    format!("Track {}: {title}{what}", number + 1)
}

/// Says a series and its scale: `deep 0.2 to 2000 ohm.m logarithmic`.
pub(super) fn scale(series: &SeriesLayout) -> String {
    let number = |value: f64| format::value(Some(value));
    let spread = if series.scale.log { " logarithmic" } else { "" };
    let unit = if series.unit.is_empty() { String::new() } else { format!(" {}", series.unit) };
    format!("{} {} to {}{unit}{spread}", series.label, number(series.scale.left), number(series.scale.right))
}

/// Says a series with what is missing of it.
pub(super) fn series(series: &SeriesLayout) -> String {
    let absent = series.absent.as_ref().map_or_else(String::new, |absent| format!(": {absent}"));
    format!("Series {}{absent}", scale(series))
}

/// Says an annotation and where it is.
pub(super) fn annotation(layout: &Layout, annotation: &AnnotationLayout) -> String {
    let kind = match annotation.kind {
        AnnotationKind::Marker => "Marker",
        AnnotationKind::Line => "Line",
        AnnotationKind::Region => "Region",
    };
    let text = if annotation.text.is_empty() { "without text".to_owned() } else { format!("{:?}", annotation.text) };
    let unit = &layout.axis.unit_shown;
    let at = match (annotation.depth, annotation.depth_to) {
        (None, _) => String::new(),
        (Some(depth), None) => format!(" at {} {unit}", format::value(Some(depth))),
        (depth, to) => format!(" from {}", format::interval(depth, to, unit)),
    };
    format!("{kind} {text}{at}")
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::ChartState;
    use dataforge_node::plot::{LayoutOptions, layout};
    use serde_json::json;

    use super::{annotation, track};

    #[test]
    fn a_track_says_what_is_in_it() {
        let chart: ChartState = serde_json::from_value(json!({
            "kind": "log_tracks",
            "axes": [{"id": "a", "kind": "depth", "unit": "m"}],
            "tracks": [{"id": "d", "kind": "depth"}, {"id": "t", "kind": "curves", "title": "resistivity"}],
            "series": [{"id": "s", "kind": "values", "track": "t", "source": "resistivity_deep", "label": "deep",
                "left": 0.2, "right": 2000.0, "scale": "log", "unit": "ohm.m"}],
            "annotations": [{"id": "n", "kind": "region", "text": "sand", "depth": 10.0, "depth_to": 20.5}],
        }))
        .unwrap();
        let laid = layout(&chart, &[], &LayoutOptions::default());
        let said = track(&laid, 1, &laid.tracks[1]);
        assert!(said.starts_with("Track 2: resistivity, deep 0.2 to 2000") && said.ends_with("logarithmic"), "{said}");
        assert!(track(&laid, 0, &laid.tracks[0]).contains("depths, MD in m"));
        assert_eq!(annotation(&laid, &laid.annotations[0]), "Region \"sand\" from 10 – 20.5 m");
    }
}
