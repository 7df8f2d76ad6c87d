//! One field of a chart or of something in it: as a text, a choice, or yes and no.

use dataforge_node::api::ChartEdit;
use dataforge_node::api::chart::{ChartState, FieldSpec, Form, Look, Part};
use dataforge_node::plot::scene::Colour;
use egui::{ComboBox, RichText, Sense, TextEdit, Ui, vec2};

use super::super::change::{fields_of, parse};
use super::super::paint::colour;
use super::super::{Cx, LogView};
use super::{ItemKey, TEXT, capital, title_of};
use crate::theme;

/// Said of a field that is left out.
const UNSET: &str = "as usual";

/// Whether a field of a log's items is edited by itself.
pub(super) fn is_shown(part: Part, name: &str) -> bool {
    let hidden: &[&str] = match part {
        Part::Axis => &["kind", "source", "survey", "bins", "scale"],
        Part::Series => &["kind", "axis", "well", "colour_by"],
        Part::Annotation => &["kind", "text", "y", "y_to", "y_unit"],
        Part::Track | Part::Fill => &["kind"],
    };
    !hidden.contains(&name)
}

/// Whether a field of the chart itself is.
pub(super) fn is_shown_of_chart(name: &str) -> bool {
    !["kind", "well", "project", "template", "archived"].contains(&name)
}

/// Returns the words that a field may hold, if these are all.
fn words(spec: &FieldSpec) -> Vec<&'static str> {
    spec.expects.strip_prefix("one of:").map(|words| words.split_whitespace().collect()).unwrap_or_default()
}

impl LogView {
    /// Draws a field; returns what it is to be, `Some(None)` for nothing.
    pub(super) fn field_ui(
        &mut self,
        ui: &mut Ui,
        chart: &ChartState,
        item: Option<&ItemKey>,
        spec: &'static FieldSpec,
        now: &[(String, String)],
    ) -> Option<Option<String>> {
        let current = now.iter().find(|(name, _)| name == spec.name).map(|(_, text)| text.as_str());
        let part = item.map_or("Chart", |item| item.0.as_str());
        let label = format!("{} {}", capital(part), spec.name.replace('_', " "));
        if let Some(referred) = Part::referred(spec.name) {
            return reference_ui(ui, chart, referred, &label, current);
        }
        if spec.form == Form::Flag {
            return choice_ui(ui, &label, current, &[("true", "yes".to_owned()), ("false", "no".to_owned())]);
        }
        let words = words(spec);
        if !words.is_empty() {
            let options: Vec<_> = words.iter().map(|word| (*word, word.replace('_', " "))).collect();
            return choice_ui(ui, &label, current, &options);
        }
        if spec.name == "unit"
            && let Some(item) = item
        {
            let units = self.units_of(item);
            if !units.is_empty() {
                let options: Vec<_> = units.iter().map(|(symbol, shown)| (*symbol, (*shown).to_owned())).collect();
                return choice_ui(ui, &label, current, &options);
            }
        }
        let key = item.map_or_else(|| "chart".to_owned(), super::named);
        let accepts = |text: &str| spec.accept(text).is_some();
        ui.push_id((&key, spec.name), |ui| self.draft_ui(ui, &key, spec.name, &label, current.unwrap_or(""), accepts))
            .inner
    }

    /// Returns the units that a series can be shown in: those that measure the same as its own.
    fn units_of(&self, item: &ItemKey) -> Vec<(&'static str, &'static str)> {
        let series = self.screen.layout().and_then(|layout| layout.series_of(&item.1));
        let Some(curve) = series.and_then(|series| series.curve.as_ref()).filter(|_| item.0 == Part::Series) else {
            return Vec::new();
        };
        let property = curve.property.as_deref().and_then(dataforge_node::ingest::dictionary::property);
        let measured = property.map(|property| property.measurement);
        let unit = dataforge_node::ingest::units::resolve(&curve.unit, measured);
        let Some(kind) = measured.or_else(|| unit.map(|unit| unit.measurement)) else { return Vec::new() };
        let units = dataforge_node::ingest::units::units().iter();
        units
            .filter(|unit| unit.measurement == kind && unit.factor.is_some())
            .map(|unit| (unit.symbol, unit.display))
            .collect()
    }

    /// Draws a text that is written when the field is left; returns what it is to be.
    pub(super) fn draft_ui(
        &mut self,
        ui: &mut Ui,
        item: &str,
        field: &str,
        label: &str,
        current: &str,
        accepts: impl Fn(&str) -> bool,
    ) -> Option<Option<String>> {
        let key = (item.to_owned(), field.to_owned());
        self.editor.drawn.insert(key.clone());
        let mut text = self.editor.drafts.get(&key).cloned().unwrap_or_else(|| current.to_owned());
        let mut value = None;
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(label).truncate());
            if let Some(seen) = Colour::from_hex(&text) {
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
                ui.painter().rect_filled(rect, 2.0, colour(seen));
            }
            let edit = TextEdit::singleline(&mut text).id_salt((item, field));
            let edit = edit.desired_width(f32::INFINITY).hint_text(UNSET);
            let response = ui.add(edit).accessible_name(label);
            if response.changed() {
                self.editor.drafts.insert(key.clone(), text.clone());
            }
            let is_typed = self.editor.drafts.contains_key(&key);
            if response.lost_focus() && is_typed && (text.is_empty() || accepts(&text)) {
                self.editor.drafts.remove(&key);
                value = (text != current).then(|| Some(text.clone()).filter(|text| !text.is_empty()));
            }
        });
        let is_wrong = !text.is_empty() && self.editor.drafts.contains_key(&key) && !accepts(&text);
        if is_wrong {
            let palette = theme::palette(ui);
            ui.label(RichText::new(format!("{label}: {text:?} does not fit")).color(palette.error));
        }
        value
    }
}

impl LogView {
    /// Sends what was typed in fields that are not drawn any more: something else was selected, or the editor
    /// was closed, before the field could notice that it was left.
    pub(in super::super) fn leave_fields(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let drawn = std::mem::take(&mut self.editor.drawn);
        let drafts = self.editor.drafts.iter();
        let drafts = drafts.filter(|(key, text)| !drawn.contains(*key) && fits(&key.0, &key.1, text));
        let left: Vec<_> = drafts.map(|(key, _)| key.clone()).collect();
        let mut edits = Vec::new();
        for key in left {
            if let (Some(text), Some(chart)) = (self.editor.drafts.remove(&key), self.doc.shown()) {
                edits.extend(edit_of(chart, &key.0, &key.1, text));
            }
        }
        let waits = self.editor.text.as_ref().filter(|(_, live)| live.waits());
        if waits.is_some_and(|(of, _)| !drawn.contains(&(annotation(of), TEXT.to_owned()))) {
            edits.extend(self.left_text(ui.input(|input| input.time)));
        }
        if !edits.is_empty() {
            self.doc.edit(edits, cx);
        }
    }

    /// Returns what was typed last in the text of an annotation that is not selected any more.
    pub(super) fn left_text(&mut self, now: f64) -> Option<ChartEdit> {
        let (of, mut live) = self.editor.text.take()?;
        let is_there = self.doc.shown()?.annotations.iter().any(|one| one.id == of);
        let outgoing = live.outgoing(now, true).filter(|_| is_there)?;
        Some(ChartEdit::ItemText { item: annotation(&of), value: outgoing.value, was: Some(outgoing.was) })
    }
}

fn annotation(id: &str) -> String {
    format!("{}/{id}", Part::Annotation.as_str())
}

/// Whether a field may hold a text, by the names of its item and of itself.
fn fits(item: &str, field: &str, text: &str) -> bool {
    let spec = match parse(item) {
        Some((part, _)) => part.field(field),
        None => Look::field(field),
    };
    text.is_empty() || spec.is_none_or(|spec| spec.accept(text).is_some())
}

/// Returns the edit that writes a field; none when that changes nothing, or its item is gone.
fn edit_of(chart: &ChartState, item: &str, field: &str, text: String) -> Option<ChartEdit> {
    let of = parse(item);
    let own = match field {
        "title" => Some(&chart.title),
        "description" => Some(&chart.description),
        _ => None,
    };
    if let (None, Some(now)) = (of, own) {
        let changes = !text.is_empty() && text != *now;
        return changes.then(|| ChartEdit::Text { text: field.to_owned(), value: text, was: Some(now.clone()) });
    }
    let now = fields_of(chart, of);
    let current = now.iter().find(|(name, _)| name == field).map_or("", |(_, text)| text.as_str());
    if text == current || (of.is_some() && now.is_empty()) {
        return None;
    }
    let fields = vec![(field.to_owned(), Some(text).filter(|text| !text.is_empty()))];
    Some(ChartEdit::Set { item: of.map(|_| item.to_owned()), fields })
}

/// Draws a choice of words, or none of them.
fn choice_ui(ui: &mut Ui, label: &str, current: Option<&str>, options: &[(&str, String)]) -> Option<Option<String>> {
    let shown =
        current.map(|word| options.iter().find(|(one, _)| *one == word).map_or(word, |(_, name)| name.as_str()));
    let shown = shown.unwrap_or(UNSET);
    let mut wanted = None;
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(label).truncate());
        let response = ComboBox::from_id_salt(label).selected_text(shown).show_ui(ui, |ui| {
            if ui.selectable_label(current.is_none(), UNSET).clicked() {
                wanted = Some(None);
            }
            for (word, name) in options {
                if ui.selectable_label(current == Some(*word), name).clicked() {
                    wanted = Some(Some((*word).to_owned()));
                }
            }
        });
        response.response.accessible_name(format!("{label}: {shown}"));
    });
    wanted.filter(|wanted| wanted.as_deref() != current)
}

/// Draws a choice of items of a part.
fn reference_ui(
    ui: &mut Ui,
    chart: &ChartState,
    part: Part,
    label: &str,
    current: Option<&str>,
) -> Option<Option<String>> {
    let ids = super::order_of(chart, part);
    let options: Vec<_> = ids.iter().map(|id| (id.as_str(), title_of(chart, part, id))).collect();
    choice_ui(ui, label, current, &options)
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::ChartEdit;
    use dataforge_node::api::chart::{ChartState, Form, Part};
    use serde_json::json;

    use super::{edit_of, fits, is_shown, words};

    #[test]
    fn fields_with_few_words_are_chosen_from_them() {
        let scale = Part::Series.field("scale").unwrap();
        assert_eq!(words(scale), ["linear", "log"]);
        assert!(words(Part::Series.field("left").unwrap()).is_empty());
        assert!(words(Part::Series.field("visible").unwrap()).is_empty());
        assert_eq!(Part::Series.field("visible").unwrap().form, Form::Flag);
    }

    #[test]
    fn what_was_typed_in_a_field_that_is_gone_is_an_edit_if_it_fits() {
        assert!(fits("series/s", "right", "200") && fits("series/s", "right", "") && fits("chart", "title", "x"));
        assert!(!fits("series/s", "right", "wide"));
        let chart: ChartState = serde_json::from_value(json!({
            "kind": "log_tracks", "title": "One",
            "series": [{"id": "s", "kind": "values", "source": "gamma_ray", "label": "GR"}],
        }))
        .unwrap();
        let edit = |item: &str, field: &str, text: &str| edit_of(&chart, item, field, text.to_owned());
        match edit("series/s", "label", "gamma") {
            Some(ChartEdit::Set { item, fields }) => {
                assert_eq!(item.as_deref(), Some("series/s"));
                assert_eq!(fields, [("label".to_owned(), Some("gamma".to_owned()))]);
            }
            other => panic!("no field: {other:?}"),
        }
        assert!(matches!(edit("chart", "title", "Two"), Some(ChartEdit::Text { .. })));
        assert!(edit("series/s", "label", "GR").is_none() && edit("chart", "title", "One").is_none());
        assert!(edit("series/gone", "label", "gamma").is_none(), "nobody writes to what is not there");
    }

    #[test]
    fn what_an_item_is_never_changes() {
        for part in Part::ALL {
            assert!(!is_shown(part, "kind"), "{part:?}");
        }
        assert!(is_shown(Part::Series, "colour") && is_shown(Part::Fill, "limit"));
    }
}
