//! The editor at the side of a log: what the chart consists of, and the fields of what is selected.
//!
//! Every change is an edit of the chart, so colleagues see it; nothing is kept here but what is being
//! typed.

mod add;
mod field;

use std::collections::{BTreeMap, BTreeSet};

use dataforge_node::api::chart::{ChartState, Look, Part};
use dataforge_node::api::{ChartEdit, ItemPlace};
use dataforge_node::plot::What;
use egui::{CollapsingHeader, RichText, ScrollArea, TextEdit, Ui};

use self::add::Adding;
pub(super) use self::add::sources;
use super::super::Cx;
use super::LogView;
use super::change::{fields_of, parse};
use super::live::{LiveText, PAUSE};
use crate::theme;

/// The field of an annotation that several people may type in at once.
const TEXT: &str = "text";

/// Something of a chart: of a part, by its id.
pub(super) type ItemKey = (Part, String);

/// What is selected, and what is being typed.
#[derive(Debug, Default)]
pub(super) struct Editor {
    pub(super) is_open: bool,
    selected: Option<ItemKey>,
    /// Texts that are being typed, by item and field.
    drafts: BTreeMap<(String, String), String>,
    /// Fields that were drawn in this frame.
    drawn: BTreeSet<(String, String)>,
    text: Option<(String, LiveText)>,
    /// The text of what is new gets the cursor.
    wants_focus: bool,
    adding: Adding,
}

impl Editor {
    /// Selects what a group of the drawing stands for, and opens.
    pub(super) fn select(&mut self, what: &What) {
        if let Some(item) = item_of(what) {
            self.selected = Some(item);
            self.is_open = true;
        }
    }

    /// Selects what was added: `part/id`.
    pub(super) fn select_new(&mut self, added: &str) {
        if let Some((part, id)) = parse(added) {
            self.selected = Some((part, id.to_owned()));
            self.is_open = true;
            self.wants_focus = part == Part::Annotation;
        }
    }

    /// Whether this is selected.
    pub(super) fn is_selected(&self, what: &What) -> bool {
        item_of(what).is_some() && item_of(what) == self.selected
    }
}

fn item_of(what: &What) -> Option<ItemKey> {
    match what {
        What::TrackHeader(id) | What::Track(id) if !id.is_empty() => Some((Part::Track, id.clone())),
        What::SeriesHeader(id) | What::Series(id) => Some((Part::Series, id.clone())),
        What::Fill(id) => Some((Part::Fill, id.clone())),
        What::Annotation(id) => Some((Part::Annotation, id.clone())),
        What::Axis(id) if !id.is_empty() => Some((Part::Axis, id.clone())),
        _ => None,
    }
}

/// Returns `part/id`.
fn named(item: &ItemKey) -> String {
    format!("{}/{}", item.0.as_str(), item.1)
}

/// Returns what an item is called in lists.
pub(super) fn title_of(chart: &ChartState, part: Part, id: &str) -> String {
    let fields = fields_of(chart, Some((part, id)));
    let find = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, text)| text.clone());
    let name = ["label", "title", "text", "source"].into_iter().find_map(find);
    let word = find("kind").unwrap_or_default();
    let name = name.unwrap_or_else(|| match part {
        Part::Fill => {
            let series = find("series").map(|series| title_of(chart, Part::Series, &series)).unwrap_or_default();
            format!("{series} to {word}")
        }
        _ => word.clone(),
    });
    let name: String = name.lines().next().unwrap_or_default().chars().take(40).collect();
    format!("{} {name}", capital(part.as_str()))
}

/// Returns a word with a capital letter, its underscores as blanks.
pub(super) fn capital(word: &str) -> String {
    let word = word.replace('_', " ");
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl LogView {
    pub(super) fn editor_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Chart").strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.button("Close").accessible_name("Close the editor").clicked() {
                    self.editor.is_open = false;
                }
            });
        });
        if !self.doc.is_saved() {
            ui.label("This is a template that is only looked at. Save it as a chart to change it.");
            if ui.button("Save as chart").accessible_name("Save as chart, to edit it").clicked() {
                self.doc.save_as(None, cx);
            }
            return;
        }
        let mut edits = Vec::new();
        ScrollArea::vertical().id_salt(("log editor", cx.view)).auto_shrink([false, false]).show(ui, |ui| {
            self.outline_ui(ui, &mut edits);
            ui.separator();
            self.selected_ui(ui, &mut edits);
            ui.separator();
            self.adding_ui(ui, &mut edits, cx);
            self.findings_ui(ui);
        });
        if !edits.is_empty() {
            self.doc.edit(edits, cx);
        }
    }

    /// Lists what the chart consists of.
    fn outline_ui(&mut self, ui: &mut Ui, edits: &mut Vec<ChartEdit>) {
        let Some(chart) = self.doc.shown().cloned() else { return };
        self.title_ui(ui, &chart, edits);
        if ui.selectable_label(self.editor.selected.is_none(), "The whole chart").clicked() {
            self.editor.selected = None;
        }
        for axis in &chart.axes {
            self.row_ui(ui, &chart, Part::Axis, &axis.id, 0.0);
        }
        for track in &chart.tracks {
            self.row_ui(ui, &chart, Part::Track, &track.id, 0.0);
            for series in chart.series.iter().filter(|series| series.track.as_deref() == Some(track.id.as_str())) {
                self.row_ui(ui, &chart, Part::Series, &series.id, 16.0);
                for fill in chart.fills.iter().filter(|fill| fill.series.as_deref() == Some(series.id.as_str())) {
                    self.row_ui(ui, &chart, Part::Fill, &fill.id, 32.0);
                }
            }
        }
        let title = format!("Annotations ({})", chart.annotations.len());
        CollapsingHeader::new(title).id_salt("log annotations").default_open(true).show(ui, |ui| {
            for annotation in &chart.annotations {
                self.row_ui(ui, &chart, Part::Annotation, &annotation.id, 0.0);
            }
            if chart.annotations.is_empty() {
                ui.weak("None yet: Marker, Line and Region above the tracks add them.");
            }
        });
    }

    fn row_ui(&mut self, ui: &mut Ui, chart: &ChartState, part: Part, id: &str, indent: f32) {
        let is_selected = self.editor.selected.as_ref().is_some_and(|(of, one)| *of == part && one == id);
        ui.horizontal(|ui| {
            ui.add_space(indent);
            let title = title_of(chart, part, id);
            let button = egui::Button::selectable(is_selected, &title).truncate();
            if ui.add(button).accessible_name(format!("Select {title}")).clicked() {
                self.editor.selected = Some((part, id.to_owned()));
            }
        });
    }

    fn title_ui(&mut self, ui: &mut Ui, chart: &ChartState, edits: &mut Vec<ChartEdit>) {
        for (text, now) in [("title", &chart.title), ("description", &chart.description)] {
            let was = now.clone();
            if let Some(Some(value)) = self.draft_ui(ui, "chart", text, &format!("Chart {text}"), now, |_| true) {
                edits.push(ChartEdit::Text { text: text.to_owned(), value, was: Some(was) });
            }
        }
    }

    /// Draws the fields of what is selected.
    fn selected_ui(&mut self, ui: &mut Ui, edits: &mut Vec<ChartEdit>) {
        let Some(chart) = self.doc.shown().cloned() else { return };
        let Some(item) = self.editor.selected.clone() else {
            ui.label(RichText::new("The whole chart").strong());
            let now = fields_of(&chart, None);
            for spec in Look::FIELDS.iter().filter(|spec| field::is_shown_of_chart(spec.name)) {
                if let Some(value) = self.field_ui(ui, &chart, None, spec, &now) {
                    edits.push(ChartEdit::Set { item: None, fields: vec![(spec.name.to_owned(), value)] });
                }
            }
            return;
        };
        let now = fields_of(&chart, Some((item.0, &item.1)));
        if now.is_empty() {
            ui.weak("It is not there any more.");
            return;
        }
        ui.label(RichText::new(title_of(&chart, item.0, &item.1)).strong());
        self.actions_ui(ui, &item, edits);
        if item.0 == Part::Annotation {
            self.text_ui(ui, &item, edits);
        }
        for spec in item.0.fields().iter().filter(|spec| field::is_shown(item.0, spec.name)) {
            if let Some(value) = self.field_ui(ui, &chart, Some(&item), spec, &now) {
                let fields = vec![(spec.name.to_owned(), value)];
                edits.push(ChartEdit::Set { item: Some(named(&item)), fields });
            }
        }
    }

    /// Draws what can be done to what is selected as a whole.
    fn actions_ui(&mut self, ui: &mut Ui, item: &ItemKey, edits: &mut Vec<ChartEdit>) {
        let Some(chart) = self.doc.shown() else { return };
        // Series of other tracks lie between those of one: past them nothing would move.
        let track = |id: &str| chart.series.iter().find(|one| one.id == id).and_then(|one| one.track.clone());
        let mut ids = order_of(chart, item.0);
        ids.retain(|id| item.0 != Part::Series || track(id) == track(&item.1));
        let at = ids.iter().position(|id| *id == item.1);
        let name = item.0.as_str();
        ui.horizontal_wrapped(|ui| {
            let before = at.and_then(|at| ids.get(at.checked_sub(1)?));
            let after = at.and_then(|at| ids.get(at + 1));
            let mut move_to = |ui: &mut Ui, word: &str, place: Option<ItemPlace>| {
                let button = egui::Button::new(word);
                let response = ui
                    .add_enabled(place.is_some(), button)
                    .accessible_name(format!("Move the {name} {}", word.to_lowercase()));
                if let (true, Some(place)) = (response.clicked(), place) {
                    edits.push(ChartEdit::Move { item: named(item), place, track: None });
                }
            };
            let other = |id: &String| format!("{name}/{id}");
            move_to(ui, "Up", before.map(|id| ItemPlace::Before(other(id))));
            move_to(ui, "Down", after.map(|id| ItemPlace::After(other(id))));
            if ui.button("Remove").accessible_name(format!("Remove the {name}")).clicked() {
                edits.push(ChartEdit::Remove { item: named(item) });
            }
        });
    }

    /// Draws the text of an annotation, which others may type in too.
    fn text_ui(&mut self, ui: &mut Ui, item: &ItemKey, edits: &mut Vec<ChartEdit>) {
        let read = self.doc.read().map(|read| &read.chart);
        let found = read.and_then(|chart| chart.annotations.iter().find(|one| one.id == item.1));
        let theirs = found.map(|one| one.text.clone().unwrap_or_default());
        let now = ui.input(|input| input.time);
        let theirs_or = theirs.clone().unwrap_or_default();
        self.editor.drawn.insert((named(item), TEXT.to_owned()));
        if self.editor.text.as_ref().is_none_or(|(of, _)| *of != item.1) {
            edits.extend(self.left_text(now));
            self.editor.text = Some((item.1.clone(), LiveText::new(&theirs_or)));
        }
        let Some((_, live)) = &mut self.editor.text else { return };
        if let Some(theirs) = theirs {
            live.take(&theirs, now);
        }
        ui.label("Text");
        let field = TextEdit::multiline(&mut live.draft).id_salt(("log annotation", &item.1));
        let field = field.desired_rows(2).desired_width(f32::INFINITY);
        let response = ui.add(field).accessible_name("Annotation text");
        if response.changed() {
            live.typed(now);
        }
        if std::mem::take(&mut self.editor.wants_focus) {
            response.request_focus();
        }
        if let Some(outgoing) = live.outgoing(now, response.lost_focus()) {
            let (value, was) = (outgoing.value, Some(outgoing.was));
            edits.push(ChartEdit::ItemText { item: named(item), value, was });
        } else if live.waits() {
            ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(PAUSE));
        }
    }

    /// Says what does not fit in the chart.
    fn findings_ui(&self, ui: &mut Ui) {
        let problems = self.doc.read().map_or(&[][..], |read| read.problems.as_slice());
        let left_out = self.screen.layout().map_or(&[][..], |layout| layout.left_out.as_slice());
        if problems.is_empty() && left_out.is_empty() {
            return;
        }
        ui.separator();
        ui.label(RichText::new("What does not fit").color(theme::palette(ui).warn));
        for problem in problems {
            ui.label(format!("{}: {}", problem.at, problem.message));
        }
        for why in left_out {
            ui.label(why);
        }
    }
}

/// Returns the ids of a part in order.
fn order_of(chart: &ChartState, part: Part) -> Vec<String> {
    match part {
        Part::Axis => chart.axes.iter().map(|item| item.id.clone()).collect(),
        Part::Track => chart.tracks.iter().map(|item| item.id.clone()).collect(),
        Part::Series => chart.series.iter().map(|item| item.id.clone()).collect(),
        Part::Fill => chart.fills.iter().map(|item| item.id.clone()).collect(),
        Part::Annotation => chart.annotations.iter().map(|item| item.id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::chart::{ChartState, Part};
    use serde_json::json;

    use super::title_of;

    #[test]
    fn items_are_called_by_what_people_know_of_them() {
        let chart: ChartState = serde_json::from_value(json!({
            "kind": "log_tracks",
            "tracks": [{"id": "t", "kind": "curves", "title": "Porosity"}],
            "series": [{"id": "s", "kind": "values", "track": "t", "source": "bulk_density"}],
            "fills": [{"id": "f", "kind": "left", "series": "s"}],
        }))
        .unwrap();
        assert_eq!(title_of(&chart, Part::Track, "t"), "Track Porosity");
        assert_eq!(title_of(&chart, Part::Series, "s"), "Series bulk_density");
        assert_eq!(title_of(&chart, Part::Fill, "f"), "Fill Series bulk_density to left");
    }
}
