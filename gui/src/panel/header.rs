//! The bar at the top: name, a notice of the node, refresh and theme.

use egui::{Align, Layout, RichText, Ui};

use super::Actions;
use crate::action::Action;
use crate::state::State;
use crate::theme::{self, Choice};

/// Draws the header.
pub fn header_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("DataForge").size(16.0).strong().color(palette.strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            theme_ui(ui, state, actions);
            ui.add_space(8.0);
            if ui.button("Keys").on_hover_text("Show all keys (F1)").clicked() {
                actions.push(Action::Run("window.help"));
            }
            if ui.button("Commands").on_hover_text("Find a command, well or chart (Ctrl+K)").clicked() {
                actions.push(Action::Run("window.palette"));
            }
            if ui.button("Refresh").on_hover_text("Load everything again (F5)").clicked() {
                actions.push(Action::Refresh);
            }
            if let Some(notice) = &state.notice {
                notice_ui(ui, notice, actions);
            }
        });
    });
    let name = state.workspace_status().map_or("this workspace", |held| held.workspace.name.as_str());
    if state.is_removed() {
        let text = "What is here can be read and exported, and not changed.";
        removed_ui(ui, &format!("You are no member of {name} any more. {text}"));
    } else if let Some(peer) = state.told_removed() {
        let text = "What you write counts only if that is taken back.";
        removed_ui(ui, &format!("{peer} says that you are no member of {name} any more. {text}"));
    }
}

/// Says that one was removed from the workspace.
fn removed_ui(ui: &mut Ui, text: &str) {
    let text = RichText::new(text).strong().color(theme::palette(ui).warn);
    ui.add(egui::Label::new(text).wrap());
}

fn notice_ui(ui: &mut Ui, notice: &str, actions: &mut Actions) {
    let palette = theme::palette(ui);
    ui.add_space(8.0);
    if ui.button("Dismiss").on_hover_text("Hide the notice").clicked() {
        actions.push(Action::DismissNotice);
    }
    let text = RichText::new(notice).color(palette.warn);
    ui.add(egui::Label::new(text).truncate().show_tooltip_when_elided(false)).on_hover_text(notice);
}

fn theme_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    // The layout runs from right to left.
    for choice in Choice::ALL.into_iter().rev() {
        let button = egui::Button::selectable(state.theme == choice, choice.name());
        let response = ui.add(button).accessible_name(format!("Theme: {}", choice.name()));
        if response.clicked() {
            actions.push(Action::ChooseTheme(choice));
        }
    }
}
