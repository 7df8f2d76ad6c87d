//! A pairing window: a code to read to somebody on the same network, until they have joined.

use dataforge_node::api::{ApiError, JoiningRequest, PairingReply, Reply, Request};
use egui::{RichText, Ui};

use crate::state::expect;
use crate::theme;
use crate::view::Cx;
use crate::view::team::time;
use crate::widget::act::act_ui;
use crate::widget::form;
use crate::widget::problem::problem_ui;

/// Minutes that a window is open.
const MINUTES: u32 = 10;

/// What is chosen, the window that is open, and who joined by the last one.
#[derive(Debug)]
pub(super) struct Pairing {
    role: String,
    label: String,
    open: Option<PairingReply>,
    waiting: Option<u64>,
    joined: Option<Result<String, ApiError>>,
}

impl Default for Pairing {
    fn default() -> Self {
        Self { role: "editor".to_owned(), label: String::new(), open: None, waiting: None, joined: None }
    }
}

impl Pairing {
    pub(super) fn request(&self, workspace: Option<String>) -> Request {
        let label = self.label.trim();
        let label = (!label.is_empty()).then(|| label.to_owned());
        let ask = JoiningRequest::Pair { workspace, role: self.role.clone(), minutes: MINUTES, label };
        Request::Joining { ask }
    }

    /// Shows a window and waits for whoever joins by it.
    pub(super) fn opened(&mut self, cx: &mut Cx<'_>, reply: PairingReply) {
        self.close(cx);
        let ask = JoiningRequest::AwaitPaired { window: reply.window };
        self.waiting = Some(cx.call(Request::Joining { ask }));
        self.open = Some(reply);
        self.joined = None;
    }

    /// Closes the window: nobody waits for it any more.
    pub(super) fn close(&mut self, cx: &mut Cx<'_>) {
        if let Some(ticket) = self.waiting.take() {
            cx.cancel(ticket);
        }
        self.open = None;
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.waiting == Some(ticket)
    }

    /// Somebody joined, or the window closed.
    pub(super) fn ended(&mut self, result: Result<Reply, ApiError>) {
        self.waiting = None;
        self.open = None;
        let joined = expect(result, |reply| match reply {
            Reply::Joined(joined) => Some(joined),
            _ => None,
        });
        self.joined =
            Some(joined.map(|joined| {
                format!("{} joined as {}; their words: {}", joined.person, joined.role, joined.fingerprint)
            }));
    }

    /// Draws the choice or the open window; returns whether one is to be opened.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, why_not: Option<&str>) -> bool {
        form::head_ui(ui, "Pair with a machine on this network");
        match &self.joined {
            Some(Ok(text)) => {
                ui.label(RichText::new(text).color(theme::palette(ui).good));
            }
            Some(Err(error)) => problem_ui(ui, error),
            None => {}
        }
        if let Some(open) = &self.open {
            let palette = theme::palette(ui);
            ui.label(RichText::new(&open.code).monospace().size(28.0).color(palette.strong));
            ui.label("Read this code to whoever is to join. On their machine: join a workspace nearby.");
            form::fact_ui(ui, "this machine is called", &open.label);
            form::fact_ui(ui, "gives the role", &open.role);
            form::fact_ui(ui, "closes at", &time(&open.until));
            form::fact_ui(ui, "reached at", &open.addresses.join(", "));
            if ui.button("Close the pairing window").clicked() {
                self.close(cx);
            }
            return false;
        }
        form::choice_ui(
            ui,
            "Pair as",
            &mut self.role,
            &[("viewer", "viewer"), ("editor", "editor"), ("admin", "admin")],
        );
        form::text_ui(ui, "Called meanwhile", &mut self.label, "the label of this device");
        act_ui(ui, "Open a pairing window", why_not)
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{ApiError, ErrorKind, JoinedReply, JoiningRequest, Reply, Request};

    use super::Pairing;

    #[test]
    fn an_empty_label_is_that_of_the_device() {
        let mut pairing = Pairing::default();
        let label = |request| match request {
            Request::Joining { ask: JoiningRequest::Pair { label, .. } } => label,
            other => panic!("{other:?}"),
        };
        "  ".clone_into(&mut pairing.label);
        assert_eq!(label(pairing.request(None)), None);
        " Rig 7 ".clone_into(&mut pairing.label);
        assert_eq!(label(pairing.request(None)).as_deref(), Some("Rig 7"));
    }

    #[test]
    fn who_joined_is_told_with_their_words() {
        let mut pairing = Pairing { waiting: Some(7), ..Pairing::default() };
        assert!(pairing.awaits(7) && !pairing.awaits(8));
        let joined = JoinedReply {
            person: "Bob".into(),
            fingerprint: "one-two-three-four".into(),
            role: "editor".into(),
            workspace: "Field".into(),
        };
        pairing.ended(Ok(Reply::Joined(joined)));
        let told = pairing.joined.clone().expect("it ended").expect("well");
        assert_eq!(told, "Bob joined as editor; their words: one-two-three-four");
        assert!(!pairing.awaits(7));
        pairing.ended(Err(ApiError::new(ErrorKind::Network, "the window closed")));
        assert!(pairing.joined.is_some_and(|end| end.is_err()));
    }
}
