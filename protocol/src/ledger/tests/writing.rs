//! What an entry is written upon when not all that counts can be shown to count.

use super::fixture::{Author, Peer, header, same_in_all_orders, well};
use crate::ledger::{DraftError, Outcome};
use crate::op::{Cut, Op, Remove, Role};

#[test]
fn what_counts_only_by_a_change_without_effect_is_left_out() {
    let (owner, gone, forger, editor) = (Author::new(1), Author::new(2), Author::new(3), Author::new(4));
    let others = [(&gone, Role::Editor), (&forger, Role::Editor), (&editor, Role::Editor)];
    let mut peer = Peer::with(&owner, &others);
    let (opened, doc) = (peer.open(&owner, &well(1)), well(1).doc_id());
    let base = peer.replica();
    // Two who have not heard of the removal, one of whom signs a change that no gate lets pass.
    let mut away = peer.replica();
    let late = away.edit(&gone, doc, "name", "late");
    let mut draft = away.draft_edit(&forger, doc, "name", "forged");
    draft.body.pop();
    let forged = away.sign(&forger, draft);
    let removal = peer.op(&owner, &Op::Remove(Remove { person: gone.id(), cut: Cut::default() }));
    peer.deliver([&late, &forged]);
    // It is built upon by somebody who did not know better, so it counts.
    assert_eq!(peer.ledger.outcome(&late.id), Some(Outcome::Accepted));
    assert!(matches!(peer.ledger.outcome(&forged.id), Some(Outcome::Inert(_))));
    // A change of this document cannot name the one that shows it: that has no effect.
    let mut upon_all = away.draft_edit(&editor, doc, "name", "upon it");
    upon_all.deps = vec![late.id];
    let refused = peer.ledger.next_header(editor.device(), &upon_all, 1);
    assert_eq!(refused, Err(DraftError::Unsupported(vec![late.id])));
    let buildable: Vec<_> = peer.ledger.buildable(&editor.device(), &doc).into_iter().map(|(id, _)| id).collect();
    assert_eq!(buildable, [opened.id]);
    let beside = peer.edit(&editor, doc, "name", "mine");
    assert_eq!(header(&beside).claims.deps, [opened.id]);
    same_in_all_orders(&base, &[late, forged, removal, beside]);
}
