//! What came of the first steps: the recovery words, once, and what can be done next.

use dataforge_node::api::Reply;
use egui::{Grid, RichText, Ui};

use crate::action::Action;
use crate::theme;
use crate::view::{Cx, Place};
use crate::widget::hint;

/// Words in a row.
const IN_A_ROW: usize = 4;

/// A workspace that was made or joined, or that waits for somebody's approval.
#[derive(Debug)]
pub(super) struct Outcome {
    title: String,
    told: Vec<String>,
    /// Kept nowhere else.
    words: Option<String>,
    written: bool,
    waits: bool,
    /// Id of the workspace; none while somebody has to approve.
    workspace: Option<String>,
}

impl Outcome {
    /// Returns what a reply says of it.
    pub(super) fn of(reply: Reply) -> Option<Self> {
        let (title, told, words, workspace) = match reply {
            Reply::Init(made) => {
                let told = vec![format!("You are {}; your words are {}.", made.person, made.fingerprint)];
                (format!("{} is made", made.workspace.name), told, made.recovery_words, Some(made.workspace.id))
            }
            Reply::Join(joined) => {
                let told = vec![
                    format!("{} invited you; you are {}.", joined.inviter, joined.workspace.role),
                    format!("Your words are {}.", joined.fingerprint),
                ];
                let title = format!("You have joined {}", joined.workspace.name);
                (title, told, joined.recovery_words, Some(joined.workspace.id))
            }
            Reply::JoinPending(asked) => {
                let told = vec![
                    format!("{} has to let you in. Read them your words: {}.", asked.inviter, asked.fingerprint),
                    "Then join again by the same ticket.".to_owned(),
                ];
                (format!("You asked to join {}", asked.workspace), told, asked.recovery_words, None)
            }
            _ => return None,
        };
        Some(Self { title, told, words, written: false, waits: workspace.is_none(), workspace })
    }

    /// Returns the id of the workspace that was made or joined.
    pub(super) fn workspace(&self) -> Option<String> {
        self.workspace.clone()
    }

    /// Draws it; returns whether the user goes on.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        ui.heading(&self.title);
        for told in &self.told {
            ui.label(told);
        }
        ui.add_space(8.0);
        if let Some(words) = &self.words {
            words_ui(ui, words);
            ui.checkbox(&mut self.written, "I wrote them down");
            ui.add_space(8.0);
        }
        let free = self.words.is_none() || self.written;
        if !free {
            ui.weak("It goes on once they are written down.");
        }
        ui.add_enabled_ui(free, |ui| if self.waits { ui.button("Back").clicked() } else { next_ui(ui, cx) }).inner
    }
}

fn words_ui(ui: &mut Ui, words: &str) {
    let palette = theme::palette(ui);
    hint::boxed_ui(ui, palette.warn, |ui| {
        ui.label(RichText::new("Write these words down, on paper").strong().color(palette.warn));
        ui.label("They bring you back when all your machines are gone. They are shown this once, and kept nowhere.");
        ui.add_space(4.0);
        let each: Vec<&str> = words.split_whitespace().collect();
        Grid::new("recovery words").num_columns(IN_A_ROW).spacing([18.0, 6.0]).show(ui, |ui| {
            for (row, line) in each.chunks(IN_A_ROW).enumerate() {
                for (column, word) in line.iter().enumerate() {
                    let number = row * IN_A_ROW + column + 1;
                    ui.label(RichText::new(format!("{number}. {word}")).monospace().color(palette.strong));
                }
                ui.end_row();
            }
        });
    });
}

/// Draws what can be done next; returns whether one of it was chosen.
fn next_ui(ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
    ui.label(RichText::new("What next?").strong());
    let mut chosen = false;
    ui.horizontal_wrapped(|ui| {
        if ui.button("Import a folder").clicked() {
            cx.actions.push(Action::Open(Place::Import));
            chosen = true;
        }
        if ui.button("Start syncing").on_hover_text("Listen for peers and exchange with them").clicked() {
            cx.actions.push(Action::Up);
            chosen = true;
        }
        chosen |= ui.button("Look around").clicked();
    });
    chosen
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{JoinPendingReply, Reply};

    use super::Outcome;

    #[test]
    fn whoever_waits_for_approval_is_told_whom_to_call() {
        let asked = JoinPendingReply {
            workspace: "Field".to_owned(),
            inviter: "Ada".to_owned(),
            fingerprint: "hazard-blast-pact-february".to_owned(),
            recovery_words: None,
        };
        let outcome = Outcome::of(Reply::JoinPending(asked)).unwrap();
        assert!(outcome.waits && outcome.told[0].contains("Ada") && outcome.told[0].contains("hazard-blast"));
        assert!(Outcome::of(Reply::Peers { peers: Vec::new() }).is_none());
    }
}
