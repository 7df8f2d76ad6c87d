//! Adding tracks, series and fills.

use std::collections::BTreeSet;

use dataforge_node::api::chart::{ChartState, FillKind, Part};
use dataforge_node::api::{ChartEdit, CurveInfo, ItemPlace};
use egui::{CollapsingHeader, ComboBox, Ui};

use super::super::LogView;
use super::{capital, title_of};
use crate::view::Cx;

/// Limit of a new fill, until somebody says another.
const LIMIT: &str = "75";
/// Colours of a new fill: yellow where the series is left of where it ends, grey where it is right.
const COLOURS: (&str, &str) = ("#ffe680", "#c8c8c8");

/// What is chosen for the next thing that is added.
#[derive(Debug, Default)]
pub(super) struct Adding {
    track: Option<String>,
    source: Option<(String, String)>,
    fill: Option<FillKind>,
    series: Option<String>,
    other: Option<String>,
}

impl LogView {
    pub(super) fn adding_ui(&mut self, ui: &mut Ui, edits: &mut Vec<ChartEdit>, cx: &mut Cx<'_>) {
        CollapsingHeader::new("Add to the chart").show(ui, |ui| {
            let Some(chart) = self.doc.shown().cloned() else { return };
            if ui.button("Add a track").clicked() {
                let fields = vec![("kind".to_owned(), "curves".to_owned())];
                edits.push(ChartEdit::Add { part: "track".to_owned(), fields, place: ItemPlace::Last });
            }
            ui.separator();
            self.new_series_ui(ui, &chart, edits, cx);
            ui.separator();
            self.new_fill_ui(ui, &chart, edits);
        });
    }

    fn new_series_ui(&mut self, ui: &mut Ui, chart: &ChartState, edits: &mut Vec<ChartEdit>, cx: &mut Cx<'_>) {
        let runs: Vec<_> =
            self.well.runs.value().into_iter().flatten().map(|run| (run.id.clone(), run.name.clone())).collect();
        for (run, _) in &runs {
            self.well.want_elements(run, cx);
        }
        let sources = self.well.sources(&runs);
        let adding = &mut self.editor.adding;
        let tracks = super::order_of(chart, Part::Track);
        item_ui(ui, chart, Part::Track, "In track", &tracks, &mut adding.track);
        let shown = adding.source.as_ref().map_or("choose", |(_, name)| name.as_str());
        let name = format!("Source: {shown}");
        let response = ComboBox::from_id_salt("log new source").selected_text(shown).show_ui(ui, |ui| {
            let mut wanted = None;
            for source in &sources {
                if ui.selectable_label(false, &source.1).clicked() {
                    wanted = Some(source.clone());
                }
            }
            wanted
        });
        response.response.accessible_name(name);
        if let Some(Some(wanted)) = response.inner {
            adding.source = Some(wanted);
        }
        let ready = adding.track.clone().zip(adding.source.clone());
        if let (true, Some((track, (source, _)))) =
            (ui.add_enabled(ready.is_some(), egui::Button::new("Add a series")).clicked(), ready)
        {
            let fields = [("kind", "values".to_owned()), ("track", track), ("source", source)];
            let fields = fields.map(|(name, text)| (name.to_owned(), text)).to_vec();
            edits.push(ChartEdit::Add { part: "series".to_owned(), fields, place: ItemPlace::Last });
        }
    }

    fn new_fill_ui(&mut self, ui: &mut Ui, chart: &ChartState, edits: &mut Vec<ChartEdit>) {
        let adding = &mut self.editor.adding;
        let series = super::order_of(chart, Part::Series);
        item_ui(ui, chart, Part::Series, "Fill from series", &series, &mut adding.series);
        let shown = adding.fill.map_or_else(|| "choose".to_owned(), fill_name);
        let response = ComboBox::from_id_salt("log new fill").selected_text(&shown).show_ui(ui, |ui| {
            for kind in FillKind::ALL {
                ui.selectable_value(&mut adding.fill, Some(*kind), fill_name(*kind));
            }
        });
        response.response.accessible_name(format!("Fill to: {shown}"));
        if adding.fill == Some(FillKind::Between) {
            item_ui(ui, chart, Part::Series, "Other series", &series, &mut adding.other);
        }
        let fields = fill_fields(adding);
        let response = ui.add_enabled(fields.is_some(), egui::Button::new("Add a fill"));
        if let (true, Some(fields)) = (response.clicked(), fields) {
            edits.push(ChartEdit::Add { part: "fill".to_owned(), fields, place: ItemPlace::Last });
        }
    }
}

fn fill_name(kind: FillKind) -> String {
    match kind {
        FillKind::Left => "the left edge",
        FillKind::Right => "the right edge",
        FillKind::Limit => "a cut-off",
        FillKind::Between => "another series",
    }
    .to_owned()
}

/// Returns the fields of a new fill, when all that it needs is said.
fn fill_fields(adding: &Adding) -> Option<Vec<(String, String)>> {
    let (kind, series) = (adding.fill?, adding.series.clone()?);
    let mut fields = vec![("kind", kind.as_str().to_owned()), ("series", series)];
    match kind {
        FillKind::Left => fields.push(("colour_right", COLOURS.1.to_owned())),
        FillKind::Right => fields.push(("colour_left", COLOURS.0.to_owned())),
        FillKind::Limit => {
            fields.push(("limit", LIMIT.to_owned()));
            fields.push(("colour_right", COLOURS.1.to_owned()));
        }
        FillKind::Between => {
            fields.push(("other", adding.other.clone()?));
            fields.push(("colour_left", COLOURS.0.to_owned()));
            fields.push(("colour_right", COLOURS.1.to_owned()));
        }
    }
    Some(fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect())
}

fn item_ui(ui: &mut Ui, chart: &ChartState, part: Part, label: &str, ids: &[String], chosen: &mut Option<String>) {
    let shown = chosen.as_ref().filter(|id| ids.contains(id)).map(|id| title_of(chart, part, id));
    let shown = shown.unwrap_or_else(|| format!("choose a {}", part.as_str()));
    let response = ComboBox::from_id_salt(label).selected_text(&shown).show_ui(ui, |ui| {
        for id in ids {
            ui.selectable_value(chosen, Some(id.clone()), title_of(chart, part, id));
        }
    });
    response.response.accessible_name(format!("{label}: {shown}"));
}

/// Returns what series can be made of, each as it is written and as it is called: properties that a well has
/// curves of, then its curves.
pub(in super::super) fn sources<'a>(
    curves: impl Iterator<Item = (&'a str, &'a str, &'a CurveInfo)> + Clone,
) -> Vec<(String, String)> {
    let properties: BTreeSet<&str> = curves.clone().filter_map(|(.., curve)| curve.property.as_deref()).collect();
    let by_property = properties.into_iter().map(|property| (property.to_owned(), capital(property)));
    let each =
        curves.map(|(run, name, curve)| (format!("{run}:{}", curve.ordinal), format!("{} of {name}", curve.curve)));
    by_property.chain(each).collect()
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::FillKind;

    use super::{Adding, fill_fields};

    #[test]
    fn a_fill_needs_what_its_kind_needs() {
        let mut adding = Adding { fill: Some(FillKind::Between), series: Some("one".into()), ..Adding::default() };
        assert_eq!(fill_fields(&adding), None, "to which other series?");
        adding.other = Some("two".into());
        let fields = fill_fields(&adding).unwrap();
        assert!(
            fields.contains(&("other".into(), "two".into())) && fields.contains(&("kind".into(), "between".into()))
        );
        adding.fill = Some(FillKind::Limit);
        assert!(fill_fields(&adding).unwrap().iter().any(|(name, _)| name == "limit"));
        adding.series = None;
        assert_eq!(fill_fields(&adding), None);
    }
}
