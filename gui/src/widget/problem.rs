//! An error in the place where its result would be: kind, message, hint, and causes on demand.

use dataforge_node::api::{ApiError, ErrorKind};
use egui::{RichText, Ui};

use super::hint;
use crate::theme;

/// Shows an error.
pub fn problem_ui(ui: &mut Ui, error: &ApiError) {
    let palette = theme::palette(ui);
    hint::boxed_ui(ui, palette.error, |ui| {
        ui.label(RichText::new(kind_name(error.kind)).strong().color(palette.error));
        ui.label(sentence(&error.message));
        if let Some(hint) = &error.hint {
            ui.weak(format!("Hint: {hint}"));
        }
        if !error.causes.is_empty() {
            ui.collapsing("Causes", |ui| {
                for cause in &error.causes {
                    ui.weak(cause);
                }
            });
        }
    });
}

/// Returns the kind of an error in words.
#[must_use]
pub const fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "Not understood",
        ErrorKind::NotFound => "Not found",
        ErrorKind::Input => "Wrong input",
        ErrorKind::NotAllowed => "Not allowed",
        ErrorKind::Busy => "Busy",
        ErrorKind::Network => "Network",
        ErrorKind::Storage => "Storage",
        ErrorKind::Damaged => "Damaged data",
        ErrorKind::Query => "Query",
        ErrorKind::Sealed => "Sealed key",
        ErrorKind::Internal => "A bug in DataForge",
    }
}

/// Returns a message, which starts in lower case, as a sentence.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
