//! What would come of the files: a list of all of them, and one in detail.

use dataforge_node::api::FileResult;
use egui::{Button, Panel, RichText, ScrollArea, Ui};

use super::{Cx, ImportView};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};
use crate::{format, theme};

const COLUMNS: [Column; 5] = [
    Column::text("File", 140.0, 2.0),
    Column::text("Would be", 110.0, 0.0),
    Column::text("Well", 100.0, 1.0),
    Column::number("Curves", 70.0),
    Column::number("Oddities", 80.0),
];

impl ImportView {
    pub(super) fn review_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.summary_ui(ui);
        if let Some(error) = &self.problem {
            problem_ui(ui, error);
        }
        self.buttons_ui(ui, cx);
        ui.add_space(6.0);
        if self.chosen.is_some() {
            let height = (ui.available_height() * 0.5).max(80.0);
            Panel::bottom("import details").default_size(height).resizable(true).show(ui, |ui| {
                ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| self.details_ui(ui, cx));
            });
        }
        self.files_ui(ui);
    }

    fn summary_ui(&mut self, ui: &mut Ui) {
        let palette = theme::palette(ui);
        let checked = &self.plan.checked;
        ui.heading("Look over what comes in");
        let wanted = self.plan.wanted().count();
        let failed = checked.files.iter().filter(|file| file.outcome == "failed").count();
        let doubtful = checked.files.iter().filter(|file| !file.duplicates.is_empty()).count();
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("{} to import", format::counted(wanted as u64, "file")));
            if failed > 0 {
                let text = format!("{} cannot be read", format::counted(failed as u64, "file"));
                ui.label(RichText::new(text).color(palette.error));
            }
            if doubtful > 0 {
                let text = format!("{} with wells that may be here already", format::counted(doubtful as u64, "file"));
                ui.label(RichText::new(text).color(palette.warn));
            }
            if checked.skipped > 0 {
                ui.weak(format!("{} left alone", format::counted(checked.skipped, "file")));
            }
        });
    }

    fn buttons_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.options_ui(ui, cx);
        ui.horizontal_wrapped(|ui| {
            if self.plan.options == self.plan.checked_with {
                let wanted = self.plan.wanted().count();
                let name = format!("Import {}", format::counted(wanted as u64, "file"));
                if ui.add_enabled(wanted > 0, Button::new(RichText::new(name).strong())).clicked() {
                    self.commit(cx);
                }
            } else if ui.button(RichText::new("Check again").strong()).clicked() {
                self.check(cx);
            }
            if ui.button("Choose other files").clicked() {
                self.start_over();
            }
        });
    }

    fn files_ui(&mut self, ui: &mut Ui) {
        let files = &self.plan.checked.files;
        if files.is_empty() {
            ui.weak("Nothing that could be imported was found there. Choose other files.");
            return;
        }
        let table = Table {
            id: "import files",
            columns: &COLUMNS,
            rows: files.len(),
            choosable: true,
            chosen: self.chosen,
            reveal: false,
            take_focus: false,
        };
        let left_out = &self.plan.left_out;
        let outcome = table.show(ui, |row| file_row(&files[row], left_out.contains(&files[row].path)));
        let stepped = outcome.step.and_then(|step| step.from_row(self.chosen, files.len()));
        if let Some(row) = outcome.clicked.or(stepped) {
            self.chosen = Some(row);
            self.meaning = super::Meaning::default();
        }
    }
}

/// Returns the name of a file without its folders.
pub(super) fn name(file: &FileResult) -> String {
    file.path.file_name().map_or_else(|| file.path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Returns a file as the list shows it.
pub(super) fn file_row(file: &FileResult, left_out: bool) -> Row {
    let outcome = if left_out { "left out" } else { file.outcome.as_str() };
    let name = name(file);
    let well = file.well.clone().unwrap_or_default();
    let oddities = format::counted(file.warnings_total, "oddity");
    let doubt = if file.duplicates.is_empty() { "" } else { ", its well may be here already" };
    Row {
        cells: vec![
            name.clone(),
            outcome.to_owned(),
            well.clone(),
            format::count(file.curves),
            format::count(file.warnings_total),
        ],
        name: format!("File {name}, {outcome}, {well}, {oddities}{doubt}"),
        more: format!("{}\n{outcome}\n{oddities}{doubt}", file.path.display()),
        weak: left_out || file.outcome == "already here",
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataforge_node::api::FileResult;

    use super::file_row;

    #[test]
    fn a_file_says_what_would_come_of_it() {
        let mut file = FileResult {
            path: PathBuf::from("/a/one.las"),
            outcome: "imported".to_owned(),
            well: Some("North 1".to_owned()),
            warnings_total: 1,
            ..FileResult::default()
        };
        assert_eq!(file_row(&file, false).name, "File one.las, imported, North 1, 1 oddity");
        file.duplicates.push("North-1".to_owned());
        let left_out = file_row(&file, true);
        assert!(left_out.weak && left_out.name.contains("left out") && left_out.name.ends_with("here already"));
    }
}
