//! Who may do what: genesis, the matrix of roles, deletion, devices.

use super::fixture::{
    Author, Peer, add, describe, forge, genesis, header, invite, op_draft, open_draft, set_body, well,
};
use crate::authority::OpRefusal;
use crate::gate::Refusal;
use crate::ledger::{DraftError, Inert, Invalid, Ledger, Outcome};
use crate::op::{Add, Op, Role};

const ROLES: [Role; 4] = [Role::Viewer, Role::Editor, Role::Admin, Role::Owner];

/// An owner (1), a member of each role (2 to 5), and a stranger (9).
fn cast() -> (Peer, Author, Vec<(Author, Role)>, Author) {
    let owner = Author::new(1);
    let members: Vec<_> = ROLES.into_iter().zip(2..).map(|(role, n)| (Author::new(n), role)).collect();
    let list: Vec<_> = members.iter().map(|(who, role)| (who, *role)).collect();
    (Peer::with(&owner, &list), owner, members, Author::new(9))
}

fn refused(refusal: OpRefusal) -> Outcome {
    Outcome::Invalid(Invalid::Op(refusal))
}

#[test]
fn genesis_names_the_workspace_and_its_owners() {
    let (owner, second) = (Author::new(1), Author::new(2));
    let entry = genesis(&[&owner, &second]);
    let ledger = Ledger::start(&entry).unwrap();
    assert_eq!(ledger.workspace().0, entry.id.0);
    assert_eq!(ledger.genesis().name, "Field");
    let members = ledger.members();
    assert_eq!(members.members.len(), 2);
    assert_eq!(members.author(&second.device()), Some((second.id(), Role::Owner)));
    assert_eq!(ledger.outcome(&entry.id), Some(Outcome::Accepted));
    assert_eq!(ledger.position(), 1);
}

#[test]
fn genesis_signed_by_a_device_it_does_not_list_is_refused() {
    let (owner, other) = (Author::new(1), Author::new(2));
    let real = genesis(&[&owner]);
    let mut stolen = header(&real);
    stolen.link.device = other.device();
    let stolen = forge(&other, &stolen, real.signed.body);
    assert_eq!(Ledger::start(&stolen).unwrap_err(), Invalid::Op(OpRefusal::Genesis));
}

#[test]
fn another_entry_is_no_genesis_and_a_second_genesis_is_refused() {
    let (mut peer, owner, _, _) = cast();
    let op = peer.op(&owner, &describe("Ada"));
    assert_eq!(Ledger::start(&op).unwrap_err(), Invalid::Op(OpRefusal::Genesis));
    let other = genesis(&[&Author::new(5)]);
    assert_eq!(peer.receive(&other), Outcome::Invalid(Invalid::Workspace));
    let body = Op::from_bytes(&other.signed.body).unwrap();
    let inside = peer.sign(&owner, op_draft(&body));
    assert_eq!(peer.receive(&inside), refused(OpRefusal::Genesis));
}

#[test]
fn only_a_higher_role_adds_and_only_owners_add_owners() {
    for granted in ROLES {
        let (mut peer, _, members, stranger) = cast();
        for (author, role) in &members {
            let allowed = match role {
                Role::Owner => true,
                Role::Admin => granted < Role::Admin,
                Role::Editor | Role::Viewer => false,
            };
            let mut peer = peer.replica();
            let entry = peer.sign(author, op_draft(&add(&stranger, granted)));
            let expected = if allowed { Outcome::Accepted } else { refused(OpRefusal::Role) };
            assert_eq!(peer.receive(&entry), expected, "{role} adds {granted}");
            let role_now = peer.ledger.members().author(&stranger.device()).map(|(_, role)| role);
            assert_eq!(role_now, allowed.then_some(granted));
        }
        let entry = peer.sign(&stranger, op_draft(&add(&stranger, granted)));
        assert_eq!(peer.receive(&entry), refused(OpRefusal::NotMember));
    }
}

#[test]
fn only_who_may_add_a_role_may_invite_to_it() {
    for granted in [Role::Viewer, Role::Editor, Role::Admin] {
        let (peer, _, members, _) = cast();
        for (author, role) in &members {
            let allowed = *role == Role::Owner || (*role == Role::Admin && granted < Role::Admin);
            let mut peer = peer.replica();
            let entry = peer.sign(author, op_draft(&invite(granted)));
            let expected = if allowed { Outcome::Accepted } else { refused(OpRefusal::Role) };
            assert_eq!(peer.receive(&entry), expected, "{role} invites {granted}");
            assert_eq!(peer.ledger.members().invites.contains_key(&entry.id), allowed);
        }
    }
}

#[test]
fn every_member_describes_themselves_and_no_stranger_does() {
    let (mut peer, _, members, stranger) = cast();
    for (author, role) in &members {
        peer.op(author, &describe(&format!("the {role}")));
        assert_eq!(peer.ledger.members().members[&author.id()].name, format!("the {role}"));
    }
    let entry = peer.sign(&stranger, op_draft(&describe("Mallory")));
    assert_eq!(peer.receive(&entry), refused(OpRefusal::NotMember));
}

#[test]
fn editors_and_above_open_and_change_and_viewers_and_strangers_do_not() {
    let (mut peer, owner, members, stranger) = cast();
    let doc = well(1).doc_id();
    peer.open(&owner, &well(1));
    for (author, role) in &members {
        let open = peer.sign(author, open_draft(&well(2)));
        let draft = peer.draft_edit(author, doc, "name", role.as_str());
        let change = peer.sign(author, draft);
        for entry in [open, change] {
            let expected =
                if *role >= Role::Editor { Outcome::Accepted } else { Outcome::Invalid(Invalid::NotAWriter) };
            assert_eq!(peer.replica().receive(&entry), expected, "{role}");
        }
    }
    let entry = peer.sign(&stranger, open_draft(&well(2)));
    assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::NotAWriter));
}

#[test]
fn viewers_entry_is_invalid_on_every_node_also_through_a_third() {
    let (peer, _, members, _) = cast();
    let viewer = &members[0].0;
    let entry = peer.sign(viewer, open_draft(&well(1)));
    // Each node judges for itself: what one was made to hold does not matter to the next.
    for mut node in [peer.replica(), peer.replica(), peer.restarted()] {
        assert_eq!(node.receive(&entry), Outcome::Invalid(Invalid::NotAWriter));
        assert_eq!(node.receive(&entry), Outcome::Invalid(Invalid::NotAWriter));
        assert!(!node.ledger.contains(&entry.id));
        assert!(node.ledger.effective_entries(&well(1).doc_id()).is_empty());
        let tips = node.ledger.tips();
        assert!(tips.iter().all(|chain| chain.tips.iter().all(|(_, id)| *id != entry.id)));
    }
}

#[test]
fn what_builds_on_a_viewers_entry_is_invalid_in_both_orders() {
    let (peer, _, members, _) = cast();
    let (viewer, editor) = (&members[0].0, &members[1].0);
    let bad = peer.sign(viewer, open_draft(&well(1)));
    let mut draft = open_draft(&well(2));
    draft.deps = vec![bad.id];
    let on_bad = peer.sign(editor, draft);
    let mut first = peer.replica();
    first.deliver([&bad]);
    assert_eq!(first.receive(&on_bad), Outcome::Invalid(Invalid::Ancestor));
    let mut second = peer.replica();
    assert_eq!(second.receive(&on_bad), Outcome::Waiting);
    second.deliver([&bad]);
    assert_eq!(second.ledger.outcome(&on_bad.id), None);
    assert_eq!(second.ledger.waiting(), 0);
}

#[test]
fn role_is_that_at_the_heads_an_entry_names() {
    let (owner, late) = (Author::new(1), Author::new(2));
    let mut peer = Peer::with(&owner, &[]);
    let before = peer.replica();
    let added = peer.op(&owner, &add(&late, Role::Editor));
    let backdated = before.sign(&late, open_draft(&well(1)));
    assert_eq!(peer.receive(&backdated), Outcome::Invalid(Invalid::NotAWriter));
    let entry = peer.sign(&late, open_draft(&well(1)));
    assert_eq!(header(&entry).claims.mheads, [added.id]);
    assert_eq!(peer.receive(&entry), Outcome::Accepted);
}

#[test]
fn deletion_by_an_editor_is_inert_and_by_an_admin_counts() {
    for role in [Role::Editor, Role::Admin, Role::Owner] {
        let (owner, author) = (Author::new(1), Author::new(2));
        let mut peer = Peer::with(&owner, &[(&author, role)]);
        let doc = well(1).doc_id();
        peer.open(&owner, &well(1));
        let draft = peer.draft_edit(&author, doc, "deleted", "");
        let entry = peer.sign(&author, draft);
        let expected =
            if role == Role::Editor { Outcome::Inert(Inert::Gate(Refusal::MayNotDelete)) } else { Outcome::Accepted };
        assert_eq!(peer.receive(&entry), expected);
        assert_eq!(peer.document(&doc).is_deleted(), role >= Role::Admin);
    }
}

#[test]
fn what_builds_on_an_inert_change_is_inert_and_others_are_not() {
    let (owner, editor) = (Author::new(1), Author::new(2));
    let mut peer = Peer::with(&owner, &[(&editor, Role::Editor)]);
    let doc = well(1).doc_id();
    let opened = peer.open(&owner, &well(1));
    let draft = peer.draft_edit(&editor, doc, "deleted", "");
    let inert = peer.sign(&editor, draft);
    peer.deliver([&inert]);
    let mut draft = peer.draft_edit(&owner, doc, "name", "A");
    assert_eq!(draft.deps, [opened.id], "an inert change is no head");
    draft.deps = vec![inert.id];
    let on_inert = peer.sign(&owner, draft);
    let expected = Outcome::Inert(Inert::Gate(Refusal::InertDependency));
    assert_eq!(peer.receive(&on_inert), expected);
    peer.edit(&owner, doc, "name", "B");
    peer.edit(&editor, doc, "name", "C");
    assert_eq!(peer.document(&doc).get_str(crate::document::Map::Root, "name").unwrap(), "C");
}

#[test]
fn open_with_foreign_facts_is_inert_and_so_is_what_builds_on_it_in_any_order() {
    let (owner, editor) = (Author::new(1), Author::new(2));
    let peer = Peer::with(&owner, &[(&editor, Role::Editor)]);
    let doc = well(1).doc_id();
    let mut draft = open_draft(&well(2));
    draft.doc = Some(doc);
    let foreign = peer.sign(&owner, draft);
    let mut other = peer.replica();
    let real = other.open(&editor, &well(1));
    let mut draft = other.draft_edit(&owner, doc, "name", "A");
    draft.deps = vec![foreign.id];
    other.deliver([&foreign]);
    let change = other.sign(&owner, draft);
    for order in [[&foreign, &real, &change], [&foreign, &change, &real], [&real, &foreign, &change]] {
        let mut node = peer.replica();
        node.deliver(order);
        assert_eq!(node.ledger.outcome(&foreign.id), Some(Outcome::Inert(Inert::Facts)));
        let outcome = node.ledger.outcome(&change.id);
        assert!(matches!(outcome, Some(Outcome::Inert(_))), "{outcome:?}");
        assert_eq!(node.ledger.outcome(&real.id), Some(Outcome::Accepted));
    }
}

#[test]
fn change_of_a_document_that_was_not_opened_is_inert() {
    let (mut peer, owner, ..) = cast();
    peer.open(&owner, &well(1));
    let mut draft = peer.draft_edit(&owner, well(1).doc_id(), "name", "A");
    draft.doc = Some(well(2).doc_id());
    let entry = peer.sign(&owner, draft);
    assert_eq!(peer.receive(&entry), Outcome::Inert(Inert::NotOpened));
}

#[test]
fn device_of_a_member_cannot_be_added_for_another() {
    let (mut peer, owner, members, stranger) = cast();
    let mut person = stranger.person();
    let thief = Author { device: members[1].0.device.clone(), ..stranger.clone() };
    person.devices.extend(thief.person().devices);
    let op = Op::Add(Add { person, role: Role::Editor, invite: None });
    let entry = peer.sign(&owner, op_draft(&op));
    assert_eq!(peer.receive(&entry), refused(OpRefusal::DeviceTaken));
}

#[test]
fn member_cannot_be_added_again_nor_through_an_unknown_invite() {
    let (mut peer, owner, members, stranger) = cast();
    let entry = peer.sign(&owner, op_draft(&add(&members[0].0, Role::Editor)));
    assert_eq!(peer.receive(&entry), refused(OpRefusal::AlreadyMember));
    let no_invite = Some(entry.id);
    let op = Op::Add(Add { person: stranger.person(), role: Role::Editor, invite: no_invite });
    let entry = peer.sign(&owner, op_draft(&op));
    assert_eq!(peer.receive(&entry), refused(OpRefusal::UnknownInvite));
}

#[test]
fn concurrent_adds_of_one_person_give_the_higher_authority_then_the_lower_role() {
    let (owner, second, admin) = (Author::new(1), Author::new(2), Author::new(3));
    let late = Author::new(4);
    let base = Peer::with(&owner, &[(&second, Role::Owner), (&admin, Role::Admin)]);
    let by_owner = base.sign(&owner, op_draft(&add(&late, Role::Admin)));
    let by_second = base.sign(&second, op_draft(&add(&late, Role::Editor)));
    let by_admin = base.sign(&admin, op_draft(&add(&late, Role::Viewer)));
    let role = |entries: &[&crate::entry::Entry]| {
        let mut node = base.replica();
        node.deliver(entries.iter().copied());
        node.ledger.members().author(&late.device()).unwrap().1
    };
    assert_eq!(role(&[&by_owner, &by_admin]), Role::Admin);
    assert_eq!(role(&[&by_admin, &by_owner]), Role::Admin);
    assert_eq!(role(&[&by_admin, &by_second, &by_owner]), Role::Editor);
    assert_eq!(role(&[&by_owner, &by_second, &by_admin]), Role::Editor);
}

#[test]
fn malformed_op_and_malformed_facts_have_no_effect() {
    let (mut peer, owner, ..) = cast();
    let mut draft = op_draft(&describe("Ada"));
    draft.body = vec![9, 1, 0xff];
    let entry = peer.sign(&owner, draft);
    assert_eq!(peer.receive(&entry), Outcome::Invalid(Invalid::MalformedOp));
    let mut facts = peer.header(&owner, &open_draft(&well(1)));
    set_body(&mut facts, b"no facts");
    let entry = forge(&owner, &facts, b"no facts".to_vec());
    assert_eq!(peer.receive(&entry), Outcome::Inert(Inert::Facts));
}

#[test]
fn draft_beyond_a_limit_is_refused() {
    let (mut peer, owner, members, _) = cast();
    let mut draft = open_draft(&well(1));
    draft.body = vec![0; crate::limits::MAX_BODY_BYTES + 1];
    let error = peer.ledger.next_header(owner.device(), &draft, 1).unwrap_err();
    assert_eq!(error, DraftError::TooLarge(draft.body.len()));
    let base = peer.header(&members[0].0, &op_draft(&describe("x")));
    for n in 0..=u8::try_from(crate::limits::MAX_MHEADS).unwrap() {
        let op = describe(&format!("name {n}"));
        let mut header = base.clone();
        set_body(&mut header, &op.to_bytes());
        header.claims.claimed_ms = u64::from(n);
        let entry = forge(&members[0].0, &header, op.to_bytes());
        assert_eq!(peer.receive(&entry), Outcome::Accepted, "ops stand whatever their chain");
    }
    let draft = open_draft(&well(1));
    let error = peer.ledger.next_header(owner.device(), &draft, 1).unwrap_err();
    assert_eq!(error, DraftError::TooManyHeads);
}
