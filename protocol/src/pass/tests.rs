//! Whom a pass lets in, and until when.

use super::*;
use crate::ledger::tests::fixture::{Author, Peer};
use crate::op::{Invite, Op, RevokeInvite, Role};

const NOW: u64 = 1_000;

/// A workspace with an invite of a form, a ticket for it, and somebody who has the ticket.
fn invited(form: TicketForm) -> (Peer, Author, Ticket, Author) {
    let (owner, joiner) = (Author::new(1), Author::new(9));
    let mut peer = Peer::with(&owner, &[]);
    let secret = [5; 32];
    let (kind, key) = match form {
        TicketForm::Open => (InviteForm::Open, *SecretKey::from_bytes(&secret).public().as_bytes()),
        TicketForm::Approval => (InviteForm::Approval, secret_hash(&secret)),
        _ => (InviteForm::Handed, secret_hash(&secret)),
    };
    let op = Op::Invite(Invite { form: kind, key, role: Role::Editor, max_uses: 2, expires_ms: NOW });
    let invite = peer.op(&owner, &op).id;
    let ticket = Ticket {
        workspace: peer.ledger.workspace(),
        workspace_name: "Field".into(),
        inviter: "Ada".into(),
        host: owner.device(),
        addresses: Vec::new(),
        relays: Vec::new(),
        invite,
        form,
        role: Role::Editor,
        expires_ms: NOW,
        secret,
    };
    (peer, owner, ticket, joiner)
}

fn cert(of: &Author) -> DeviceCert {
    DeviceCert::sign(&of.person, &of.device)
}

fn admits(pass: &Pass, peer: &Peer, device: &DeviceId, now_ms: u64, used: u64) -> bool {
    let read: Pass = pass.to_string().parse().unwrap();
    assert_eq!(read, *pass);
    read.admits(&peer.ledger.workspace(), &peer.ledger, device, now_ms, |_, _| used)
}

#[test]
fn a_ticket_of_each_form_lets_its_bearer_in_while_it_is_open() {
    for form in [TicketForm::Handed, TicketForm::Approval, TicketForm::Open] {
        let (mut peer, owner, ticket, joiner) = invited(form.clone());
        let pass = Pass::of_ticket(&ticket, &cert(&joiner));
        assert!(admits(&pass, &peer, &joiner.device(), NOW, 1), "{form:?}");
        assert!(!admits(&pass, &peer, &joiner.device(), NOW + 1, 1), "{form:?}: expired");
        assert!(!admits(&pass, &peer, &joiner.device(), NOW, 2), "{form:?}: used up");
        peer.op(&owner, &Op::RevokeInvite(RevokeInvite { invite: ticket.invite }));
        assert!(!admits(&pass, &peer, &joiner.device(), NOW, 1), "{form:?}: taken back");
    }
}

#[test]
fn a_pass_serves_no_other_device_workspace_or_form() {
    for form in [TicketForm::Handed, TicketForm::Open] {
        let (peer, _, ticket, joiner) = invited(form.clone());
        let pass = Pass::of_ticket(&ticket, &cert(&joiner));
        assert!(!admits(&pass, &peer, &Author::new(8).device(), NOW, 0), "{form:?}: overheard");
        let wrong = Ticket { secret: [6; 32], ..ticket.clone() };
        let guessed = Pass::of_ticket(&wrong, &cert(&joiner));
        assert!(!admits(&guessed, &peer, &joiner.device(), NOW, 0), "{form:?}: a wrong secret");
        let elsewhere = Ticket { workspace: WorkspaceId([3; 32]), ..ticket.clone() };
        let elsewhere = Pass::of_ticket(&elsewhere, &cert(&joiner));
        assert!(!admits(&elsewhere, &peer, &joiner.device(), NOW, 0), "{form:?}: another workspace");
        let other = if form == TicketForm::Open { TicketForm::Handed } else { TicketForm::Open };
        let other = Pass::of_ticket(&Ticket { form: other, ..ticket }, &cert(&joiner));
        assert!(!admits(&other, &peer, &joiner.device(), NOW, 0), "{form:?}: proven as another form");
    }
}

#[test]
fn a_members_new_device_is_let_in_by_its_certificate() {
    let (peer, owner, ticket, joiner) = invited(TicketForm::Handed);
    let form = TicketForm::Device { person: owner.id(), name: owner.name.clone() };
    let ticket = Ticket { form, ..ticket };
    let second = Author { device: SecretKey::from_bytes(&[44; 32]), ..owner };
    let pass = Pass::of_ticket(&ticket, &cert(&second));
    assert!(admits(&pass, &peer, &second.device(), NOW, 0));
    assert!(!admits(&pass, &peer, &joiner.device(), NOW, 0), "another's certificate");
    let stranger = Pass::of_ticket(&ticket, &cert(&joiner));
    assert!(!admits(&stranger, &peer, &joiner.device(), NOW, 0), "of a person who is no member");
}

#[test]
fn what_is_cut_off_or_too_long_is_no_pass() {
    let (_, _, ticket, joiner) = invited(TicketForm::Open);
    let text = Pass::of_ticket(&ticket, &cert(&joiner)).to_string();
    for end in 0..text.len() {
        assert_eq!(text[..end].parse::<Pass>(), Err(NotAPass), "{end}");
    }
    assert!(format!("{text}{}", "a".repeat(2000)).parse::<Pass>().is_err());
    assert!("dfpass".repeat(9).parse::<Pass>().is_err());
}
