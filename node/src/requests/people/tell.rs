//! Why entries count or not, in words.

use dataforge_protocol::id::EntryId;
use dataforge_protocol::ledger::{Ledger, Why};

use super::names::People;

/// Why something is as it is: in words, by which ops, and what can be done about it.
#[derive(Debug, Default)]
pub(super) struct Reason {
    pub(super) why: String,
    pub(super) ops: Vec<EntryId>,
    pub(super) hint: Option<String>,
}

/// Returns an op as the subject of a sentence: `Ada removed Bob`.
fn deed(people: &People, ledger: &Ledger, op: &EntryId) -> String {
    let by = ledger.author_of(op).map_or_else(|| "somebody".to_owned(), |author| people.name(&author));
    match ledger.op(op) {
        Some(said) => format!("{by} {}", people.told(said)),
        None => format!("an op of {by}"),
    }
}

fn deeds(people: &People, ledger: &Ledger, ops: &[EntryId]) -> String {
    ops.iter().map(|op| deed(people, ledger, op)).collect::<Vec<_>>().join("; ")
}

/// Says why an op is void.
pub(in crate::requests) fn why_void(people: &People, ledger: &Ledger, op: &EntryId) -> String {
    let against = ledger.against(op);
    if against.is_empty() {
        "what gave its author the role for it is void itself, or it concerns somebody of a role as high".to_owned()
    } else {
        format!("{}, at the same time and with more authority", deeds(people, ledger, &against))
    }
}

/// Says why an entry counts or not.
pub(super) fn reason(people: &People, ledger: &Ledger, id: &EntryId, why: &Why) -> Reason {
    let is_op = ledger.op(id).is_some();
    let by = |ops: &[EntryId]| deeds(people, ledger, ops);
    let short = id.fmt_short();
    let told = |why: String, ops: &[EntryId]| Reason { why, ops: ops.to_vec(), hint: None };
    match why {
        Why::Stands if is_op => told("nothing in effect speaks against it".to_owned(), &[]),
        Why::Stands => told("its author may write, by all that is known here".to_owned(), &[]),
        Why::InCut(op) => told(format!("it was here before this took effect: {}", by(&[*op])), &[*op]),
        Why::BroughtIn(op) => told(format!("it was late work, and was brought in: {}", by(&[*op])), &[*op]),
        Why::BuiltUpon(upon) => {
            let who: std::collections::BTreeSet<_> =
                upon.iter().filter_map(|id| ledger.author_of(id)).map(|person| people.name(&person)).collect();
            let who = who.into_iter().collect::<Vec<_>>().join(", ");
            told(format!("entries that count build upon it, by {who}, who could not know better"), &[])
        }
        Why::Void => Reason {
            why: why_void(people, ledger, id),
            ops: ledger.against(id),
            hint: Some(format!("somebody above its author lets it count with dataforge ratify {short}")),
        },
        Why::Restricted(ops) => Reason {
            why: format!("it is late work: it came after this, and did not know of it: {}", by(ops)),
            ops: ops.clone(),
            hint: Some("an admin brings it in with dataforge late-work accept".to_owned()),
        },
        Why::NoGrant(ops) => Reason {
            why: format!("its author's role came from what is void: {}", by(ops)),
            ops: ops.clone(),
            hint: ops.first().map(|op| format!("dataforge explain {} says why that is void", op.fmt_short())),
        },
        Why::Forked(seq) => Reason {
            why: format!("its device signed two entries for position {seq}, and this is on the branch that went"),
            ops: Vec::new(),
            hint: Some("dataforge forks shows both".to_owned()),
        },
        Why::BuildsOn(on) => Reason {
            why: format!("it builds on the entry {}, which does not count", on.fmt_short()),
            ops: Vec::new(),
            hint: Some(format!("dataforge explain {} says why", on.fmt_short())),
        },
        Why::Inert(inert) => told(format!("it counts and has no effect: {inert}"), &[]),
        Why::Unreadable => Reason {
            why: "a newer version of DataForge wrote it".to_owned(),
            ops: Vec::new(),
            hint: Some("it is kept and passed on; a newer version reads it".to_owned()),
        },
    }
}
