//! Whom a pass lets in, and until when.

use super::*;
use crate::ledger::tests::fixture::{Author, Peer, add};
use crate::op::{Cut, Invite, Leave, Op, Remove, RevokeInvite, Role, SetRole};

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

/// An invite by Bob, who is an admin, in a workspace with Cid.
fn invited_by_bob(form: InviteForm) -> (Peer, [Author; 3], Pass, Author) {
    let [owner, bob, cid, joiner] = [1, 2, 3, 9].map(Author::new);
    let mut peer = Peer::with(&owner, &[]);
    peer.op(&owner, &add(&bob, Role::Admin));
    peer.op(&owner, &add(&cid, Role::Editor));
    let secret = [5; 32];
    let key = match form {
        InviteForm::Open => *SecretKey::from_bytes(&secret).public().as_bytes(),
        InviteForm::Handed | InviteForm::Approval => secret_hash(&secret),
    };
    let invite = peer.op(&bob, &Op::Invite(Invite { form, key, role: Role::Editor, max_uses: 2, expires_ms: NOW })).id;
    let workspace = peer.ledger.workspace();
    let device = joiner.device();
    let proof = match form {
        InviteForm::Open => {
            let key = SecretKey::from_bytes(&secret);
            InviteProof::Signature(sign_pass(&key, &statement(&workspace, &invite, &device)))
        }
        // Of what every member knows.
        InviteForm::Handed | InviteForm::Approval => InviteProof::Hash(hash_proof(&key, &workspace, &invite, &device)),
    };
    (peer, [owner, bob, cid], Pass::Invite { invite, proof }, joiner)
}

fn remove(who: &Author) -> Op {
    Op::Remove(Remove { person: who.id(), cut: Cut::default() })
}

#[test]
fn who_was_removed_makes_no_pass_of_the_hash_of_an_invite_they_knew() {
    for form in [InviteForm::Handed, InviteForm::Approval, InviteForm::Open] {
        let (mut peer, [owner, _, cid], pass, joiner) = invited_by_bob(form);
        assert!(admits(&pass, &peer, &joiner.device(), NOW, 0), "{form:?}");
        peer.op(&owner, &remove(&cid));
        // Of an open invite members know nothing that makes a pass.
        assert_eq!(admits(&pass, &peer, &joiner.device(), NOW, 0), form == InviteForm::Open, "{form:?}");
    }
    let (mut peer, [_, _, cid], pass, joiner) = invited_by_bob(InviteForm::Handed);
    peer.op(&cid, &Op::Leave(Leave { cut: Cut::default() }));
    assert!(!admits(&pass, &peer, &joiner.device(), NOW, 0), "who left knows it as well");
}

#[test]
fn invite_made_after_a_removal_gives_passes() {
    let (mut peer, owner, _, joiner) = invited(TicketForm::Handed);
    let cid = Author::new(3);
    peer.op(&owner, &add(&cid, Role::Editor));
    peer.op(&owner, &remove(&cid));
    let key = secret_hash(&[6; 32]);
    let op = Op::Invite(Invite { form: InviteForm::Handed, key, role: Role::Viewer, max_uses: 1, expires_ms: NOW });
    let invite = peer.op(&owner, &op).id;
    let (workspace, device) = (peer.ledger.workspace(), joiner.device());
    let proof = InviteProof::Hash(hash_proof(&key, &workspace, &invite, &device));
    assert!(admits(&Pass::Invite { invite, proof }, &peer, &device, NOW, 0));
}

#[test]
fn invite_of_who_may_let_nobody_in_any_more_gives_no_passes() {
    for form in [InviteForm::Handed, InviteForm::Approval, InviteForm::Open] {
        let (mut peer, [owner, bob, _], pass, joiner) = invited_by_bob(form);
        peer.op(&owner, &Op::SetRole(SetRole { person: bob.id(), role: Role::Editor, cut: Cut::default() }));
        assert!(!admits(&pass, &peer, &joiner.device(), NOW, 0), "{form:?}: no admin any more");
        let (mut peer, [owner, bob, _], pass, joiner) = invited_by_bob(form);
        peer.op(&owner, &remove(&bob));
        assert!(!admits(&pass, &peer, &joiner.device(), NOW, 0), "{form:?}: no member any more");
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
