//! The selected well with what is known of it, its runs and their curves.

use egui::Ui;

use super::{Cx, News, Place, Ticket, View};
use crate::panel::well;
use crate::state::State;

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

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        well::well_ui(ui, cx.state, cx.actions);
    }
}
