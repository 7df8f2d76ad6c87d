//! One file in detail: why it fails, what is odd, what its curves mean, and how its table is read.

use dataforge_node::api::{CurveName, FileResult, PlannedCurve, PlannedRun};
use egui::{Label, RichText, TextEdit, Ui};

use super::review::name;
use super::{Cx, ImportView};
use crate::widget::hint;
use crate::{format, theme};

impl ImportView {
    pub(super) fn details_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(row) = self.chosen else {
            return;
        };
        let Some(file) = self.plan.checked.files.get(row).cloned() else {
            return;
        };
        ui.label(RichText::new(name(&file)).strong());
        let mut left_out = self.plan.left_out.contains(&file.path);
        if ui.checkbox(&mut left_out, "Leave this file out").changed() {
            if left_out {
                self.plan.left_out.insert(file.path.clone());
            } else {
                self.plan.left_out.remove(&file.path);
            }
        }
        if self.again.is_some_and(|(_, at)| at == row) {
            ui.spinner();
            ui.weak("Reading it again …");
        }
        error_ui(ui, &file);
        duplicates_ui(ui, &file);
        warnings_ui(ui, &file);
        for run in &file.plan {
            self.run_ui(ui, cx, run);
        }
        if let Some(guessed) = &file.mapping {
            self.mapping_ui(ui, cx, row, &file, guessed);
        }
    }

    fn run_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, run: &PlannedRun) {
        ui.add_space(4.0);
        let well = run.well.as_deref().unwrap_or("no well");
        let new = if run.new_well { " (new)" } else { "" };
        let range = format::interval(run.index_min, run.index_max, &run.index_unit);
        ui.label(format!("{} {}: {well}{new}, {}, {range}", run.kind, run.set, format::counted(run.rows, "row")));
        for curve in &run.curves {
            self.curve_ui(ui, cx, curve);
        }
    }

    fn curve_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, curve: &PlannedCurve) {
        let palette = theme::palette(ui);
        let asked = self.meaning.curve.as_ref();
        let is_asked = asked.is_some_and(|asked| asked.mnemonic == curve.mnemonic && asked.unit == curve.unit);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(&curve.mnemonic).monospace().color(palette.strong));
            ui.weak(&curve.unit);
            let (meaning, colour) = match (&curve.property, curve.confidence) {
                (None, _) => ("not recognised".to_owned(), palette.warn),
                (Some(property), percent) if percent < 60 => (format!("{property}? {percent} % sure"), palette.warn),
                (Some(property), percent) => (format!("{property}, {percent} % sure"), palette.text),
            };
            ui.label(RichText::new(meaning).color(colour)).on_hover_text(&curve.reason);
            ui.weak(format::counted(curve.count, "value"));
            let button = ui.small_button("Change").accessible_name(format!("Change the meaning of {}", curve.mnemonic));
            if button.clicked() {
                let (mnemonic, unit) = (curve.mnemonic.clone(), curve.unit.clone());
                self.look_up(cx, CurveName { mnemonic, unit, ..CurveName::default() });
            }
        });
        if is_asked {
            self.candidates_ui(ui, cx, curve);
        }
    }

    fn candidates_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, curve: &PlannedCurve) {
        let palette = theme::palette(ui);
        let mut chosen = None;
        hint::boxed_ui(ui, palette.accent, |ui| {
            ui.weak(format!("What {} means is remembered, for everybody in the workspace.", curve.mnemonic));
            match (self.meaning.candidates.value(), self.meaning.candidates.error()) {
                (_, Some(error)) => drop(ui.label(RichText::new(&error.message).color(palette.error))),
                (None, None) => drop(ui.weak("Looking it up …")),
                (Some(candidates), None) if candidates.is_empty() => {
                    ui.weak("Nothing is known that it could be. Say it once it is imported: in the inspector, as its property.");
                }
                (Some(candidates), None) => {
                    for candidate in candidates {
                        let text = format!("{} ({} %)", candidate.name, candidate.confidence);
                        let button = ui.button(text).on_hover_text(&candidate.reason);
                        if button.accessible_name(format!("It means {}", candidate.property)).clicked() {
                            chosen = Some(candidate.property.clone());
                        }
                    }
                }
            }
        });
        if let Some(property) = chosen {
            self.set_meaning(cx, property);
        }
    }

    fn mapping_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, row: usize, file: &FileResult, guessed: &str) {
        let mut text = self.plan.mappings.get(&file.path).map_or(guessed, String::as_str).to_owned();
        let mut read_again = false;
        ui.collapsing("How its table is read", |ui| {
            ui.weak("The mapping as it is guessed. Change a column's role, name, unit or type, and read the file again; docs/tables.md has all words.");
            let edit = TextEdit::multiline(&mut text).id_salt(("mapping", row)).code_editor().desired_rows(8).desired_width(f32::INFINITY);
            if ui.add(edit).accessible_name("Mapping of the table").changed() {
                self.plan.mappings.insert(file.path.clone(), text);
            }
            ui.horizontal_wrapped(|ui| {
                read_again = ui.button("Read again by this mapping").clicked();
                if self.plan.mappings.contains_key(&file.path) && ui.button("As guessed").clicked() {
                    self.plan.mappings.remove(&file.path);
                    read_again = true;
                }
            });
        });
        if read_again {
            self.check_again(cx, row);
        }
    }
}

fn error_ui(ui: &mut Ui, file: &FileResult) {
    if let Some(error) = &file.error {
        let palette = theme::palette(ui);
        hint::boxed_ui(ui, palette.error, |ui| {
            ui.label(RichText::new("Cannot be read").strong().color(palette.error));
            ui.label(error);
            if let Some(hint) = &file.hint {
                ui.weak(format!("Hint: {hint}"));
            }
        });
    }
}

fn duplicates_ui(ui: &mut Ui, file: &FileResult) {
    if !file.duplicates.is_empty() {
        let text = format!(
            "It makes a well of its own, which may be the same as {}. If it is, say so under “How”, or leave it out.",
            file.duplicates.join(", ")
        );
        ui.add(Label::new(RichText::new(text).color(theme::palette(ui).warn)).wrap());
    }
}

fn warnings_ui(ui: &mut Ui, file: &FileResult) {
    for warning in &file.warnings {
        ui.add(Label::new(RichText::new(warning).small()).truncate().show_tooltip_when_elided(false))
            .on_hover_text(warning);
    }
    let more = file.warnings_total.saturating_sub(file.warnings.len() as u64);
    if more > 0 {
        ui.weak(format!("and {} more", format::count(more)));
    }
}
