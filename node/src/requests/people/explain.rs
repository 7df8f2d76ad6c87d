//! Why entries count or not.

use dataforge_protocol::id::{DocId, EntryId, WorkspaceId};
use dataforge_protocol::ledger::Ledger;

use super::names::{People, find_entry};
use super::tell::{Reason, reason};
use crate::api::{ApiError, ErrorKind, ExplainReply, ExplainedEntry, Reply};
use crate::core::Core;
use crate::index::Index;
use crate::node::Node;
use crate::requests::log::Teller;

/// Entries of a document that are explained, the newest.
const MOST: usize = 100;

pub(super) async fn explain(node: &Node, workspace: WorkspaceId, target: String) -> Result<Reply, ApiError> {
    Ok(Reply::Explained(node.with_core(move |core| explained(core, workspace, target)).await?))
}

fn explained(core: &mut Core, workspace: WorkspaceId, target: String) -> Result<ExplainReply, ApiError> {
    let people = People::of(core, &workspace)?;
    let of_document = named_document(core, workspace, &target)?;
    let (ledger, store) = core.ledger_and_store(&workspace)?;
    let ids = match of_document {
        Some(doc) => ledger.entries_of(&doc).to_vec(),
        None => vec![find(ledger, &target)?],
    };
    let more = ids.len().saturating_sub(MOST) as u64;
    let teller = Teller { people: &people, ledger, store, workspace };
    let entries = ids.iter().rev().take(MOST).map(|id| entry(&teller, id)).collect::<Result<Vec<_>, _>>()?;
    Ok(ExplainReply { target, entries, more })
}

/// Finds a well, run or attachment, also one none of whose entries counts.
fn named_document(core: &mut Core, workspace: WorkspaceId, target: &str) -> Result<Option<DocId>, ApiError> {
    let ledger = core.ledger(&workspace)?;
    let is_entry = find_entry(ledger, target).is_ok();
    let in_ledger: Vec<_> =
        ledger.documents().filter(|doc| target.len() >= 4 && doc.to_string().starts_with(target)).collect();
    match Index::new(core.store.connection(), workspace).find(target, true) {
        Ok(found) => Ok(Some(found.doc())),
        Err(error) if error.kind == ErrorKind::Usage && !is_entry => Err(error),
        Err(error) if error.kind != ErrorKind::NotFound && error.kind != ErrorKind::Usage => Err(error),
        Err(_) => Ok(in_ledger.first().filter(|_| in_ledger.len() == 1 && !is_entry).copied()),
    }
}

fn find(ledger: &Ledger, target: &str) -> Result<EntryId, ApiError> {
    find_entry(ledger, target).map_err(|error| match error.kind {
        ErrorKind::NotFound => {
            ApiError::new(ErrorKind::NotFound, format!("there is no entry, well, run or attachment {target:?}"))
                .hint("dataforge log lists entries with the start of their ids")
        }
        _ => error,
    })
}

fn entry(teller: &Teller<'_>, id: &EntryId) -> Result<ExplainedEntry, ApiError> {
    let missing = || ApiError::new(ErrorKind::Damaged, format!("entry {} is not stored", id.fmt_short()));
    let told = teller.entry(id)?.ok_or_else(missing)?;
    let (people, ledger) = (teller.people, teller.ledger);
    let Reason { why, ops, hint } = ledger.explain(id).map(|why| reason(people, ledger, id, &why)).unwrap_or_default();
    let outcome = match (told.kind.as_str(), told.status.as_str()) {
        ("op", "accepted") => "in effect".to_owned(),
        ("op", "excluded") => "void".to_owned(),
        _ => told.status,
    };
    Ok(ExplainedEntry {
        id: told.id,
        summary: told.summary,
        author: told.author,
        claimed: told.claimed,
        received: told.received,
        outcome,
        why,
        ops: ops.iter().map(|op| people.op_info(ledger, teller.store, op)).collect::<Result<_, _>>()?,
        hint,
    })
}
