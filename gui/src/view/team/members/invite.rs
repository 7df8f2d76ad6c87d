//! Inviting people: role, uses and hours, then the ticket as text and as a QR code.

use dataforge_node::api::{InviteReply, Request};
use egui::Ui;

use crate::view::team::ticket::TicketCard;
use crate::view::team::time;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form;

/// Roles that an invite can give.
const ROLES: [(&str, &str); 3] = [("viewer", "viewer"), ("editor", "editor"), ("admin", "admin")];

/// How an invite is redeemed.
const FORMS: [(&str, &str); 3] =
    [("handed", "whoever has the ticket"), ("approval", "after an admin lets them in"), ("open", "open, many")];

/// What is typed, and the ticket that came of it.
#[derive(Debug)]
pub(super) struct Invite {
    role: String,
    form: String,
    uses: String,
    hours: String,
    made: Option<TicketCard>,
    wants_up: bool,
}

impl Default for Invite {
    fn default() -> Self {
        Self {
            role: "editor".to_owned(),
            form: "handed".to_owned(),
            uses: "1".to_owned(),
            hours: "72".to_owned(),
            made: None,
            wants_up: false,
        }
    }
}

/// Returns a number from 1 on, or what is wrong with it.
fn number(name: &str, text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{name} must be a whole number from 1 on")),
    }
}

impl Invite {
    /// Returns the request for what is typed.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn request(&self, workspace: Option<String>) -> Result<Request, String> {
        let (uses, hours) = (number("uses", &self.uses)?, number("hours", &self.hours)?);
        Ok(Request::Invite { workspace, role: self.role.clone(), uses, hours, form: Some(self.form.clone()) })
    }

    /// Shows a ticket.
    pub(super) fn made(&mut self, reply: &InviteReply) {
        let facts = vec![
            ("words, the same on both sides".to_owned(), reply.words.clone()),
            ("valid until".to_owned(), time(&reply.expires)),
            ("this machine is reached at".to_owned(), reply.addresses.join(", ")),
        ];
        self.made = Some(TicketCard::new(reply.ticket.clone(), facts, reply.listening));
    }

    /// Whether this machine is to begin to listen, so that the ticket can be redeemed; said once.
    pub(super) fn wants_up(&mut self) -> bool {
        std::mem::take(&mut self.wants_up)
    }

    /// Draws the form and the ticket; returns whether a ticket is to be made.
    pub(super) fn ui(&mut self, ui: &mut Ui, why_not: Option<&str>, is_up: bool) -> bool {
        form::head_ui(ui, "Invite");
        form::choice_ui(ui, "Invite as", &mut self.role, &ROLES);
        form::choice_ui(ui, "Who may use it", &mut self.form, &FORMS);
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "How many may use it", &mut self.uses, "1");
            form::text_ui(ui, "Valid for hours", &mut self.hours, "72");
        });
        let wrong = self.request(None).err();
        if let Some(wrong) = &wrong {
            badge_ui(ui, Mark::Bad, wrong);
        }
        let wanted = act_ui(ui, "Make a ticket", wrong.as_deref().or(why_not));
        if let Some(card) = &mut self.made {
            let shown = card.ui(ui, is_up);
            self.wants_up = shown.wants_up;
            if shown.is_put_away {
                self.made = None;
            }
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::Request;

    use super::Invite;

    #[test]
    fn uses_and_hours_are_whole_numbers_from_one_on() {
        let mut invite = Invite::default();
        let expected = Request::Invite {
            workspace: Some("w".into()),
            role: "editor".into(),
            uses: 1,
            hours: 72,
            form: Some("handed".into()),
        };
        assert_eq!(invite.request(Some("w".into())), Ok(expected));
        for text in ["0", "-1", "1.5", "", "many"] {
            text.clone_into(&mut invite.hours);
            assert!(invite.request(None).is_err_and(|why| why.starts_with("hours")), "{text}");
        }
        " 24 ".clone_into(&mut invite.hours);
        "none".clone_into(&mut invite.uses);
        assert!(invite.request(None).is_err_and(|why| why.starts_with("uses")));
    }
}
