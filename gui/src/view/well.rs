//! The selected well with what is known of it, its runs and their curves.

use egui::Ui;

use super::{Cx, News, Place, Ticket, View};
use crate::commands::CommandInfo;
use crate::panel::well;
use crate::state::State;

/// Commands of the well.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("well.log", "Open the log of the well"),
    CommandInfo::new("well.charts", "Show the charts of the workspace"),
];

/// The template that a log is opened with.
pub const TEMPLATE: &str = "triple_combo";

/// Shows what [`State`] holds of the selected well, and keeps nothing itself.
#[derive(Debug, Clone, Copy)]
pub struct WellView;

impl View for WellView {
    fn title(&self, state: &State) -> String {
        state.selected_well().map_or_else(|| "Well".to_owned(), |well| well.name.clone())
    }

    fn place(&self) -> Place {
        Place::Well
    }

    fn refresh(&mut self, _cx: &mut Cx<'_>) {}

    fn on_news(&mut self, _ticket: Ticket, _news: News, _cx: &mut Cx<'_>) {}

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        let Some(workspace) = cx.workspace() else { return };
        match (command, cx.state.selection.well.clone()) {
            ("well.log", Some(well)) => cx.open(Place::LogOf { workspace, well, template: TEMPLATE.to_owned() }),
            ("well.charts", _) => cx.open(Place::Charts { workspace }),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        well::well_ui(ui, cx.state, cx.actions);
    }
}
