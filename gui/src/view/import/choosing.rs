//! Choosing files, how they are imported, and how far that is.

use egui::{Button, ComboBox, Label, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use super::{Cx, ImportView};
use crate::files::{Wanted, choose};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::{format, theme};

impl ImportView {
    pub(super) fn choose_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.heading("Import");
            ui.label("LAS files, tables as text, and workbooks become wells, runs and curves; other files are kept as they are. They are checked first, and nothing is written until you have looked.");
            ui.weak("Files and folders can be dropped on the window.");
            ui.add_space(6.0);
            ui.horizontal_wrapped(|ui| {
                if ui.button("Choose files …").clicked() {
                    self.choosing = choose(ui.ctx(), "Files to import", Wanted::Files);
                }
                if ui.button("Choose a folder …").clicked() {
                    self.choosing = choose(ui.ctx(), "A folder to import", Wanted::Folder);
                }
            });
            if self.choosing.is_some() {
                ui.weak("The system's dialog is open.");
            }
            if let Some(error) = &self.problem {
                problem_ui(ui, error);
            }
            self.paths_ui(ui);
            self.options_ui(ui, cx);
            ui.add_space(8.0);
            let ready = !self.plan.paths.is_empty();
            if ui.add_enabled(ready, Button::new(RichText::new("Check").strong())).clicked() {
                self.check(cx);
            }
            ui.add_space(10.0);
            ui.weak("Or in a terminal:");
            hint::command_ui(ui, &cx.state.command_line("import DIR"));
        });
    }

    fn paths_ui(&mut self, ui: &mut Ui) {
        let mut gone = None;
        for (row, path) in self.plan.paths.iter().enumerate() {
            let text = path.display().to_string();
            ui.horizontal(|ui| {
                if ui.small_button("Remove").accessible_name(format!("Remove: {text}")).clicked() {
                    gone = Some(row);
                }
                ui.add(Label::new(&text).truncate().show_tooltip_when_elided(false)).on_hover_text(&text);
            });
        }
        if let Some(row) = gone {
            self.plan.paths.remove(row);
        }
    }

    /// Draws how all files are imported.
    pub(super) fn options_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let options = &mut self.plan.options;
        ui.add_space(6.0);
        ui.collapsing("How", |ui| {
            if let Some(projects) = cx.state.tree.projects.value().filter(|projects| !projects.is_empty()) {
                let shown = options.project.clone().unwrap_or_else(|| "no project".to_owned());
                ui.label("File new wells under");
                let combo = ComboBox::from_id_salt("import project").selected_text(shown);
                let combo = combo.show_ui(ui, |ui| {
                    ui.selectable_value(&mut options.project, None, "no project");
                    for project in projects {
                        ui.selectable_value(&mut options.project, Some(project.name.clone()), &project.name);
                    }
                });
                combo.response.accessible_name("Project of the import");
            }
            ui.label("All runs belong to this well, whatever the files say");
            let mut well = options.well.clone().unwrap_or_default();
            let edit = TextEdit::singleline(&mut well).id_salt("well").hint_text("as the files say");
            if ui.add(edit).accessible_name("Well of the import").changed() {
                options.well = Some(well).filter(|well| !well.trim().is_empty());
            }
            ui.checkbox(&mut options.match_names, "Files without an identifier join the one well of that name");
            ui.checkbox(&mut options.no_attachments, "Leave files alone that are no logs and no tables");
            ui.checkbox(&mut options.grid, "Make gridded copies too");
            ui.checkbox(&mut options.strict, "Refuse a file at its first oddity");
        });
    }

    pub(super) fn progress_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, what: &str) {
        let progress = &self.progress;
        ui.heading(what);
        ui.add_space(6.0);
        #[expect(clippy::cast_precision_loss, reason = "a bar of some hundred pixels")]
        let share = (progress.total > 0).then(|| progress.done as f32 / progress.total as f32);
        let bar = ProgressBar::new(share.unwrap_or(0.0)).animate(share.is_none());
        ui.add(bar.desired_width(ui.available_width().min(520.0)));
        let far = match progress.total {
            0 => format::count(progress.done),
            total => format!("{} of {}", format::count(progress.done), format::count(total)),
        };
        ui.label(format!("{} {far}", progress.step));
        let item = RichText::new(&progress.item).small().color(theme::palette(ui).weak);
        ui.add(Label::new(item).truncate());
        ui.add_space(6.0);
        if ui.button("Cancel").clicked() {
            self.cancel(cx);
        }
    }
}
