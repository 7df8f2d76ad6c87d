//! `dataforge invite`.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use dataforge_node::api::{InviteReply, Reply, Request};
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, Human, clean, plural};

/// Makes a ticket by which somebody joins. Keep `dataforge up` running until they have.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// What the new member may do
    #[arg(long, value_enum, default_value_t = Role::Editor)]
    role: Role,
    /// How many may use the ticket
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    uses: u32,
    /// Valid for so many hours
    #[arg(long, default_value_t = 72, value_parser = clap::value_parser!(u32).range(1..))]
    hours: u32,
    /// Let nobody in before an admin says so with dataforge approve
    #[arg(long)]
    approval: bool,
    /// Let in whoever has the ticket, also by editors that host it; not for admins
    #[arg(long, conflicts_with = "approval")]
    open: bool,
    /// Print no QR code
    #[arg(long)]
    no_qr: bool,
    /// Print a QR code also when the output is no terminal
    #[arg(long, conflicts_with = "no_qr")]
    qr: bool,
}

/// A role that can be given.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Sees everything
    Viewer,
    /// Imports and edits
    Editor,
    /// Deletes, restores and invites
    Admin,
}

impl Invite {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let role = match self.role {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
        };
        let request = Request::Invite {
            workspace: context.workspace.clone(),
            role: role.to_owned(),
            uses: self.uses,
            hours: self.hours,
            form: match (self.approval, self.open) {
                (true, _) => Some("approval".to_owned()),
                (_, true) => Some("open".to_owned()),
                _ => None,
            },
        };
        let reply = context.call(request).await?;
        context.show(&reply)?;
        let shows_qr = !context.json && !self.no_qr && (self.qr || std::io::stdout().is_terminal());
        match reply {
            Reply::Invite(invite) if shows_qr => output::write_text(&qr(&invite.ticket)),
            _ => Ok(()),
        }
    }
}

impl Human for InviteReply {
    fn human(&self) -> String {
        let addresses = if self.addresses.is_empty() { "none".to_owned() } else { self.addresses.join(", ") };
        let mut text = format!(
            "{}\n\nworkspace   {}\nrole        {}\nfor         {}\nuntil       {}\nreached at  {addresses}",
            self.ticket,
            clean(&self.workspace),
            self.role,
            plural(u64::from(self.uses), "person").replace("persons", "people"),
            self.expires,
        );
        text.push_str(match self.form.as_str() {
            "approval" => {
                "\n\nThey run: dataforge join TICKET, and wait. You see them with dataforge invites and let them in with dataforge approve."
            }
            _ => "\n\nThey run: dataforge join TICKET. Whoever has the ticket may join: send it as you would a key.",
        });
        text.push_str(&format!("\nTo take it back: dataforge uninvite {}", super::workspaces::short(&self.invite)));
        if !self.listening {
            text.push_str("\nNobody listens here now: run dataforge up and keep it running until they have joined.");
        }
        text
    }
}

/// Draws a QR code with half blocks, light on dark as terminals are.
fn qr(ticket: &str) -> String {
    match QrCode::with_error_correction_level(ticket, EcLevel::L) {
        Ok(code) => {
            code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build()
        }
        // It has more addresses than a code can hold; the text is the ticket all the same.
        Err(_) => "(the ticket is too long for a QR code)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_framed_in_light() {
        let text = qr(&"dforge".repeat(20));
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        assert!(lines.len() > 20 && lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
        assert_eq!(lines.len(), lines[0].len().div_ceil(2));
        assert!(lines[0].iter().all(|&block| block == '█'), "{text}");
        assert_eq!(qr(&"x".repeat(5000)), "(the ticket is too long for a QR code)");
    }

    #[test]
    fn a_ticket_says_when_nobody_listens() {
        let invite = InviteReply {
            ticket: "dforge1".into(),
            workspace: "Field".into(),
            form: "handed".into(),
            invite: "0123456789abcdef".into(),
            role: "editor".into(),
            uses: 2,
            expires: "2026-01-01T00:00:00Z".into(),
            addresses: Vec::new(),
            listening: false,
        };
        let text = invite.human();
        assert!(text.starts_with("dforge1\n") && text.contains("2 people") && text.contains("dataforge up"), "{text}");
        assert!(!InviteReply { listening: true, ..invite }.human().contains("dataforge up"));
    }
}
