//! Names with values: told, typed or chosen.

use egui::text::LayoutJob;
use egui::{Align, FontSelection, Label, Layout, RichText, TextEdit, Ui, vec2};

use crate::theme;

/// Width of a field where there is room for it.
const FIELD_WIDTH: f32 = 280.0;

/// Height of a field with its name above it.
const FIELD_HEIGHT: f32 = 46.0;

/// Something secret while it is typed: never printed, and gone from its field once it is taken.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

impl Secret {
    /// Takes what was typed out of its field.
    #[must_use]
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Draws a name and a value as one text, which wraps.
pub fn fact_ui(ui: &mut Ui, name: &str, value: &str) {
    let palette = theme::palette(ui);
    let mut text = LayoutJob::default();
    for (part, colour) in [(name, palette.weak), ("  ", palette.weak), (value, palette.text)] {
        RichText::new(part).color(colour).append_to(&mut text, ui.style(), FontSelection::Default, Align::Center);
    }
    ui.add(Label::new(text).wrap());
}

/// Draws the head of a part of a view.
pub fn head_ui(ui: &mut Ui, text: &str) {
    let palette = theme::palette(ui);
    ui.add_space(6.0);
    ui.label(RichText::new(text).strong().color(palette.strong));
}

/// Draws a field under its name. Returns whether Enter was pressed in it.
pub fn text_ui(ui: &mut Ui, name: &str, value: &mut String, hint: &str) -> bool {
    field_ui(ui, name, value, hint, false)
}

/// The same with what is typed hidden.
pub fn secret_ui(ui: &mut Ui, name: &str, value: &mut Secret, hint: &str) -> bool {
    field_ui(ui, name, &mut value.0, hint, true)
}

fn field_ui(ui: &mut Ui, name: &str, value: &mut String, hint: &str, secret: bool) -> bool {
    let width = FIELD_WIDTH.min(ui.max_rect().width());
    // Of a size that is known before, so that a row of fields wraps.
    let draw = |ui: &mut Ui| {
        ui.label(RichText::new(name).small().color(theme::palette(ui).weak));
        // By its name, so that it keeps the focus when something comes in above it.
        let edit = TextEdit::singleline(value).id_salt(("field", name)).password(secret).desired_width(width);
        let edit = edit.hint_text(hint.to_owned());
        let response = ui.add(edit).accessible_name(name);
        response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter))
    };
    ui.allocate_ui_with_layout(vec2(width, FIELD_HEIGHT), Layout::top_down(Align::Min), draw).inner
}

/// Draws choices in a row under their name. Returns whether another one was taken.
pub fn choice_ui(ui: &mut Ui, name: &str, value: &mut String, choices: &[(&str, &str)]) -> bool {
    let before = value.clone();
    ui.vertical(|ui| {
        ui.label(RichText::new(name).small().color(theme::palette(ui).weak));
        ui.horizontal_wrapped(|ui| {
            for (choice, text) in choices {
                let response = ui.radio(value.as_str() == *choice, *text).accessible_name(format!("{name}: {text}"));
                if response.clicked() {
                    (*choice).clone_into(value);
                }
            }
        });
    });
    *value != before
}

/// Draws a box to tick.
pub fn tick_ui(ui: &mut Ui, name: &str, value: &mut bool) -> bool {
    ui.checkbox(value, name).changed()
}
