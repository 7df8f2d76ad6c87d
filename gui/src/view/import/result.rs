//! What came of an import, and what to open next.

use std::collections::BTreeSet;

use dataforge_node::api::ImportSummary;
use egui::{RichText, Ui};

use super::review::file_row;
use super::{Cx, ImportView};
use crate::action::Action;
use crate::state::State;
use crate::view::Place;
use crate::widget::table::{Column, Table};
use crate::{format, theme};

/// Wells that are offered to be opened; the others are in the list at the left.
const WELLS: usize = 6;

const COLUMNS: [Column; 5] = [
    Column::text("File", 140.0, 2.0),
    Column::text("Became", 110.0, 0.0),
    Column::text("Well", 100.0, 1.0),
    Column::number("Curves", 70.0),
    Column::number("Oddities", 80.0),
];

impl ImportView {
    pub(super) fn result_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let palette = theme::palette(ui);
        ui.heading("Imported");
        let colour = if self.result.failed > 0 { palette.warn } else { palette.good };
        ui.label(RichText::new(told(&self.result)).color(colour));
        ui.horizontal_wrapped(|ui| {
            for (id, name) in wells(cx.state, &self.result).into_iter().take(WELLS) {
                let button = ui.add(egui::Button::new(format!("Open {name}")).truncate());
                if button.clicked() {
                    cx.actions.extend([Action::SelectWell(id), Action::Open(Place::Well)]);
                }
            }
            if ui.button("Import more").clicked() {
                self.start_over();
            }
        });
        ui.add_space(6.0);
        let files = &self.result.files;
        let table = Table {
            id: "imported files",
            columns: &COLUMNS,
            rows: files.len(),
            choosable: false,
            chosen: None,
            reveal: false,
            take_focus: false,
        };
        table.show(ui, |row| {
            let file = &files[row];
            let mut drawn = file_row(file, false);
            if let Some(error) = &file.error {
                drawn.more += &format!("\n{error}");
            }
            drawn
        });
    }
}

/// Returns what came of it, in a sentence.
fn told(result: &ImportSummary) -> String {
    let mut parts = vec![format!("{} imported", format::counted(result.imported, "file"))];
    for (number, what) in [
        (result.already_here, "were here already"),
        (result.attached, "kept as they are"),
        (result.failed, "failed"),
        (result.skipped, "left alone"),
    ] {
        if number > 0 {
            parts.push(format!("{} {what}", format::count(number)));
        }
    }
    format!("{}.", parts.join(", "))
}

/// Returns id and name of the wells that files went to, as far as the list has them.
fn wells(state: &State, result: &ImportSummary) -> Vec<(String, String)> {
    let named: BTreeSet<&str> = result.files.iter().filter_map(|file| file.well.as_deref()).collect();
    let new: BTreeSet<&str> = result.files.iter().flat_map(|file| &file.new_wells).map(String::as_str).collect();
    let all = state.wells.value().into_iter().flatten();
    all.filter(|well| new.contains(well.id.as_str()) || named.contains(well.name.as_str()))
        .map(|well| (well.id.clone(), well.name.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::ImportSummary;

    use super::told;

    #[test]
    fn what_came_of_it_is_one_sentence() {
        let result = ImportSummary { imported: 1, failed: 2, already_here: 3, ..ImportSummary::default() };
        assert_eq!(told(&result), "1 file imported, 3 were here already, 2 failed.");
    }
}
