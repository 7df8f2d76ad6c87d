//! Small entries applied as a session delivers them.

use std::path::Path;

use dataforge_node::api::ApiError;
use dataforge_protocol::document::{Document, Map};
use dataforge_protocol::entry::{EntryKind, SignedEntry};
use dataforge_protocol::facts::{DocKind, Facts, WellFacts};
use dataforge_protocol::gate;
use dataforge_protocol::ledger::{Draft, Ledger};
use dataforge_tests::raw;

/// Documents, and edits of each.
const WELLS: usize = 500;
const EDITS: usize = 20;

/// A chain of small entries as an editor would write them: wells opened and edited again and again.
fn chain() -> Vec<SignedEntry> {
    let (secret, genesis) = raw::genesis("Bench");
    let device = dataforge_protocol::key::device_id(&secret);
    let entry = genesis.clone().verify().expect("our own genesis");
    let mut ledger = Ledger::start(&entry).expect("a valid genesis");
    let mut chain = vec![genesis];
    let mut bodies = std::collections::BTreeMap::new();
    let mut append = |ledger: &mut Ledger, draft: Draft| {
        let header = ledger.next_header(device, &draft, 0).expect("a header");
        let signed = SignedEntry::sign(&header, draft.body, &secret);
        let entry = signed.clone().read().expect("our own entry");
        bodies.insert(entry.id, signed.body.clone());
        let done = ledger.accept(entry, &raw::Held(&bodies));
        assert_eq!(done.settled.len(), 1, "{:?}", done.other);
        chain.push(signed);
    };
    for well in 0..WELLS {
        let facts = Facts::Well(WellFacts::Uwi(format!("B{well:08}")));
        let doc = facts.doc_id();
        append(
            &mut ledger,
            Draft {
                kind: EntryKind::Open,
                doc: Some(doc),
                deps: Vec::new(),
                blobs: Vec::new(),
                body: facts.to_bytes(),
            },
        );
        let mut document = Document::build(DocKind::Well, []).expect("an empty well");
        let mut actor = None;
        for edit in 0..EDITS {
            let actor = *actor
                .get_or_insert_with(|| gate::actor_for(ledger.workspace(), device, doc, ledger.next_seq(&device)));
            let text = format!("value {edit}");
            let change = document
                .edit(actor, |tx| tx.set_text(Map::Root, "field", Some(&text)))
                .expect("an edit")
                .expect("a change");
            let deps = ledger.doc_heads(&doc);
            append(
                &mut ledger,
                Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs: Vec::new(), body: change },
            );
        }
    }
    chain
}

/// Prints how many entries are applied in a second.
pub(super) fn entries(dir: &Path) -> Result<(), ApiError> {
    let chain = chain();
    let count = chain.len() - 1;
    let time = dataforge_node::bench::apply_entries(dir, chain)?;
    println!("entries applied: {count} in {:.2} s = {:.0}/s", time.as_secs_f64(), count as f64 / time.as_secs_f64());
    Ok(())
}
