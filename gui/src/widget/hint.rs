//! What to show where there is nothing yet: a sentence, and what to do about it.

use egui::{Frame, RichText, Spinner, Ui};

use crate::theme;

/// Shows a title, an explanation and commands to type, in the middle of the space.
pub fn empty_ui(ui: &mut Ui, title: &str, explanation: &str, commands: &[(&str, String)]) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).min(120.0));
        ui.label(RichText::new(title).size(17.0).color(theme::palette(ui).strong));
        if !explanation.is_empty() {
            ui.weak(explanation);
        }
        ui.add_space(6.0);
        for (purpose, command) in commands {
            ui.add_space(4.0);
            ui.weak(*purpose);
            command_ui(ui, command);
        }
    });
}

/// Shows that something is on its way.
pub fn loading_ui(ui: &mut Ui, what: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).min(120.0));
        ui.add(Spinner::new().size(18.0).color(theme::palette(ui).accent));
        ui.weak(what);
    });
}

/// Shows a command line that a click copies.
pub fn command_ui(ui: &mut Ui, command: &str) {
    let palette = theme::palette(ui);
    let text = RichText::new(command).monospace().color(palette.strong);
    let button = egui::Button::new(text).fill(palette.raised).wrap();
    let response = ui.add(button).on_hover_text("Click to copy");
    let response = response.accessible_name(format!("Copy: {command}"));
    if response.clicked() {
        ui.ctx().copy_text(command.to_owned());
    }
}

/// Frames a message, with an edge in the colour of its meaning.
pub fn boxed_ui(ui: &mut Ui, colour: egui::Color32, content: impl FnOnce(&mut Ui)) {
    let palette = theme::palette(ui);
    let frame = Frame::new()
        .fill(palette.panel)
        .stroke(egui::Stroke::new(1.0, colour))
        .corner_radius(4.0)
        .inner_margin(egui::Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.vertical(content);
    });
}
