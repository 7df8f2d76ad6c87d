//! One field of a chart or of something in it: as a text, a choice, or yes and no.

use dataforge_node::api::chart::{ChartState, FieldSpec, Form, Part};
use dataforge_node::plot::scene::Colour;
use egui::{ComboBox, RichText, Sense, TextEdit, Ui, vec2};

use super::super::LogView;
use super::super::paint::colour;
use super::{ItemKey, capital, title_of};
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
        let mut text = self.editor.drafts.get(&key).cloned().unwrap_or_else(|| current.to_owned());
        let mut value = None;
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(label).truncate());
            if let Some(seen) = Colour::from_hex(&text) {
                let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
                ui.painter().rect_filled(rect, 2.0, colour(seen));
            }
            let edit = TextEdit::singleline(&mut text).desired_width(f32::INFINITY).hint_text(UNSET);
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
    use dataforge_node::api::chart::{Form, Part};

    use super::{is_shown, words};

    #[test]
    fn fields_with_few_words_are_chosen_from_them() {
        let scale = Part::Series.field("scale").unwrap();
        assert_eq!(words(scale), ["linear", "log"]);
        assert!(words(Part::Series.field("left").unwrap()).is_empty());
        assert!(words(Part::Series.field("visible").unwrap()).is_empty());
        assert_eq!(Part::Series.field("visible").unwrap().form, Form::Flag);
    }

    #[test]
    fn what_an_item_is_never_changes() {
        for part in Part::ALL {
            assert!(!is_shown(part, "kind"), "{part:?}");
        }
        assert!(is_shown(Part::Series, "colour") && is_shown(Part::Fill, "limit"));
    }
}
