//! A question before something that is hard to take back: what will happen, and a button that says it.

use egui::{Id, Modal, RichText, ScrollArea, Ui};

use crate::theme;

/// Widest that a question is drawn.
const WIDTH: f32 = 460.0;

/// Share of the window's height that what will happen takes before it scrolls.
const SHARE: f32 = 0.5;

/// A question, and what is done when the answer is yes.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm<T> {
    /// What is asked.
    pub title: String,
    /// What will happen, a sentence each.
    pub lines: Vec<String>,
    /// What the button says.
    pub deed: String,
    /// Whether something may be lost by it.
    pub grave: bool,
    /// What is done.
    pub what: T,
}

/// Draws the question while there is one. Returns what is to be done once the answer is yes; a no, Escape
/// or a click beside it ends the question.
pub fn confirm_ui<T>(ui: &Ui, question: &mut Option<Confirm<T>>) -> Option<T> {
    let asked = question.as_ref()?;
    let modal = Modal::new(Id::unique("confirm")).show(ui.ctx(), |ui| question_ui(ui, asked));
    let answer = modal.inner;
    if answer == Some(true) {
        return question.take().map(|asked| asked.what);
    }
    if answer == Some(false) || modal.should_close() {
        *question = None;
    }
    None
}

fn question_ui<T>(ui: &mut Ui, asked: &Confirm<T>) -> Option<bool> {
    let palette = theme::palette(ui);
    let room = ui.ctx().content_rect().size();
    ui.set_width(WIDTH.min(room.x - 40.0));
    ui.label(RichText::new(&asked.title).size(17.0).color(palette.strong));
    ui.add_space(4.0);
    ScrollArea::vertical().max_height(room.y * SHARE).show(ui, |ui| {
        for line in &asked.lines {
            ui.label(line);
        }
    });
    ui.add_space(8.0);
    let mut answer = None;
    ui.horizontal_wrapped(|ui| {
        let colour = if asked.grave { palette.error } else { palette.text };
        if ui.button(RichText::new(&asked.deed).color(colour)).clicked() {
            answer = Some(true);
        }
        if ui.button("Leave it as it is").on_hover_text("Escape").clicked() {
            answer = Some(false);
        }
    });
    answer
}
