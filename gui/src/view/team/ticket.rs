//! A ticket that was made: its text to copy, a QR code of the same text, and that code as an image.

use std::path::PathBuf;

use egui::{TextEdit, Ui};

use super::saving::Saving;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form;
use crate::widget::qr::Code;

/// Points that a QR code takes at most.
const CODE_SIZE: f32 = 320.0;

/// A ticket that is shown.
#[derive(Debug)]
pub struct TicketCard {
    text: String,
    /// What is told of it: names and values.
    facts: Vec<(String, String)>,
    /// Whether it could be used when it was made.
    is_usable: bool,
    /// None when the ticket is too long for one.
    code: Option<Code>,
    path: String,
    saving: Option<Saving>,
    saved: Option<Result<String, String>>,
}

/// What the user wants of a ticket that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// This machine is to begin to listen, so that it can be used.
    pub wants_up: bool,
    /// It has been sent.
    pub is_put_away: bool,
}

impl TicketCard {
    /// Shows a ticket; `is_usable` while this machine listens.
    #[must_use]
    pub fn new(text: String, facts: Vec<(String, String)>, is_usable: bool) -> Self {
        let code = Code::of(&text);
        Self { text, facts, is_usable, code, path: String::new(), saving: None, saved: None }
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, is_up: bool) -> Shown {
        let mut shown = Shown { wants_up: false, is_put_away: false };
        let mut text = self.text.as_str();
        ui.add(TextEdit::multiline(&mut text).desired_width(f32::INFINITY)).accessible_name("Ticket");
        ui.horizontal_wrapped(|ui| {
            if ui.button("Copy the ticket").clicked() {
                ui.ctx().copy_text(self.text.clone());
            }
            let hint = "It stays valid until it is used, expires or is ended";
            shown.is_put_away = ui.button("Put it away").on_hover_text(hint).clicked();
        });
        ui.label("Whoever has it may use it: send it by a way that others cannot read.");
        for (name, value) in &self.facts {
            form::fact_ui(ui, name, value);
        }
        if !is_up && !self.is_usable {
            badge_ui(ui, Mark::Warn, "nobody can use it while this machine does not listen");
            shown.wants_up = ui.button("Start listening").clicked();
        }
        match &self.code {
            Some(code) => code.ui(ui, CODE_SIZE.min(ui.available_width()), "QR code of the ticket"),
            None => {
                ui.weak("The ticket is too long for a QR code.");
            }
        }
        self.save_ui(ui);
        shown
    }

    fn save_ui(&mut self, ui: &mut Ui) {
        let Some(code) = &self.code else {
            return;
        };
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "Save the code as", &mut self.path, "a new file, such as /home/ada/ticket.png");
            let path = PathBuf::from(self.path.trim());
            let reason = match (self.saving.is_some(), path.is_absolute()) {
                (true, _) => Some("it is being saved"),
                (false, false) => Some("type the full path of a new file"),
                (false, true) => None,
            };
            if act_ui(ui, "Save as PNG", reason) {
                let begin = |image| Saving::begin(path, image, ui.ctx()).map_err(|error| error.to_string());
                match code.png().and_then(begin) {
                    Ok(saving) => (self.saving, self.saved) = (Some(saving), None),
                    Err(error) => self.saved = Some(Err(error)),
                }
            }
        });
        if let Some(end) = self.saving.as_ref().and_then(Saving::ended) {
            (self.saving, self.saved) = (None, Some(end));
        }
        match &self.saved {
            Some(Ok(text)) => {
                badge_ui(ui, Mark::Good, text);
            }
            Some(Err(text)) => {
                badge_ui(ui, Mark::Bad, text);
            }
            None => {}
        }
    }
}
