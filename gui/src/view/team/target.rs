//! Choosing what a view is about: the workspace, a well, the selected run, or anything by its name.

use egui::{ComboBox, Ui};

use crate::format;
use crate::state::State;
use crate::widget::form;

/// Wells offered in the list; more are named by typing.
const WELLS: usize = 200;

/// Hex digits of a document's id, too many for a tab.
const ID_DIGITS: usize = 64;

/// What a view is about, and what is being typed for another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its name or id; none for the workspace.
    pub id: Option<String>,
    typed: String,
}

impl Target {
    /// About this.
    #[must_use]
    pub fn of(id: Option<String>) -> Self {
        Self { id, typed: String::new() }
    }

    /// Returns what it is called, as far as the window knows.
    #[must_use]
    pub fn name(&self, state: &State) -> String {
        let Some(id) = &self.id else {
            return "the workspace".to_owned();
        };
        if let Some(well) = state.wells.value().and_then(|wells| wells.iter().find(|well| well.id == *id)) {
            return well.name.clone();
        }
        if let Some(run) = state.runs.value().and_then(|runs| runs.iter().find(|run| run.id == *id)) {
            return format!("{} of {}", run.name, run.well);
        }
        let is_id = id.len() == ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { format::short_id(id).to_owned() } else { id.clone() }
    }

    /// Draws the choice, with `others` beside wells and runs: what is asked for, and what it is called.
    /// Returns whether something else was chosen.
    pub fn ui(&mut self, ui: &mut Ui, state: &State, others: &[(&str, &str)]) -> bool {
        let before = self.id.clone();
        ui.horizontal_wrapped(|ui| {
            let name = self.name(state);
            let width = (0.6 * ui.max_rect().width()).min(220.0);
            ComboBox::from_label("About").selected_text(name).width(width).truncate().show_ui(ui, |ui| {
                ui.selectable_value(&mut self.id, None, "the workspace");
                for (id, name) in others {
                    ui.selectable_value(&mut self.id, Some((*id).to_owned()), *name);
                }
                if let Some(run) = state.selected_run() {
                    ui.selectable_value(&mut self.id, Some(run.id.clone()), format!("run {}", run.name));
                }
                for well in state.wells.value().into_iter().flatten().take(WELLS) {
                    ui.selectable_value(&mut self.id, Some(well.id.clone()), format!("well {}", well.name));
                }
            });
            let entered =
                form::text_ui(ui, "Anything by name or id", &mut self.typed, "a well, run, chart … and Enter");
            if entered && !self.typed.trim().is_empty() {
                self.id = Some(self.typed.trim().to_owned());
                self.typed.clear();
            }
        });
        self.id != before
    }
}
