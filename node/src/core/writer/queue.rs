//! Edits that wait to be written together: what several say of one document becomes one change.
//!
//! Whoever looks into the index or builds a document next sees nothing of what is queued; see
//! [`Writer::catch_up`].

use std::collections::BTreeMap;
use std::fmt;

use dataforge_protocol::document::{Document, Edit, EngineError};
use dataforge_protocol::id::{DocId, EntryId};
use dataforge_protocol::op::Role;

use super::Writer;
use crate::api::ApiError;

/// Edits that become one change at most: it stays far below what the gate takes.
const MAX_MERGED: usize = 500;

/// What an edit does to its document. It may be done more than once, each time to the document as it
/// was before.
type Write = Box<dyn Fn(&mut Edit<'_, '_>) -> Result<(), EngineError>>;

/// An edit that is queued.
struct Queued {
    doc: DocId,
    /// Entries that it builds on besides those of the document.
    deps: Vec<EntryId>,
    write: Write,
}

/// Edits in the order they came.
#[derive(Default)]
pub(super) struct Queue(Vec<Queued>);

impl fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Queue").field(&self.0.len()).finish()
    }
}

/// What is queued of one document.
struct Group {
    doc: DocId,
    deps: Vec<EntryId>,
    writes: Vec<Write>,
}

impl Queue {
    /// Takes all out, by document; the documents in the order of their first edits.
    fn take(&mut self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places = BTreeMap::new();
        for Queued { doc, deps, write } in std::mem::take(&mut self.0) {
            let at = *places.entry(doc).or_insert(groups.len());
            if let Some(group) = groups.get_mut(at) {
                group.deps.extend(deps);
                group.writes.push(write);
            } else {
                groups.push(Group { doc, deps, writes: vec![write] });
            }
        }
        groups
    }
}

/// A moment of a [`Writer`] that it can be taken back to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    queued: usize,
    appended: u64,
}

impl Writer<'_> {
    /// Queues an edit of a document that builds on `deps` too. It is written with the others of its
    /// document, before anything else is appended and at the end of the transaction at the latest.
    pub(crate) fn queue(
        &mut self,
        doc: DocId,
        deps: Vec<EntryId>,
        write: impl Fn(&mut Edit<'_, '_>) -> Result<(), EngineError> + 'static,
    ) {
        self.queue.0.push(Queued { doc, deps, write: Box::new(write) });
    }

    /// Writes what is queued.
    ///
    /// # Errors
    /// As [`Writer::edit`]; what was queued is gone then, and the transaction is to be given up.
    pub(crate) fn flush(&mut self) -> Result<(), ApiError> {
        for Group { doc, mut deps, writes } in self.queue.take() {
            deps.sort_unstable();
            deps.dedup();
            self.edit_now(doc, &deps, Vec::new(), |document, actor| merge(document, actor, &writes))?;
        }
        Ok(())
    }

    /// Writes what is queued and makes the rows of what was touched anew, for what looks into the index.
    ///
    /// # Errors
    /// As [`Writer::flush`], and `Storage`.
    pub(crate) fn catch_up(&mut self) -> Result<(), ApiError> {
        self.flush()?;
        self.progress.index(self.store, self.ledger)
    }

    /// Returns this moment, to be taken back to.
    pub(crate) const fn mark(&self) -> Mark {
        Mark { queued: self.queue.0.len(), appended: self.appended }
    }

    /// Forgets what was queued since a moment; returns `false` when that is not all that happened, so
    /// that only giving up the transaction takes it back.
    #[must_use]
    pub(crate) fn take_back(&mut self, mark: Mark) -> bool {
        // What was queued before may have been taken out to be written, and that failed.
        let is_queued = self.queue.0.len() >= mark.queued;
        self.queue.0.truncate(mark.queued);
        is_queued && self.appended == mark.appended
    }

    /// Returns the role of this device's person.
    pub(crate) fn role(&self) -> Option<Role> {
        self.ledger.members().author(&self.device).map(|(_, role)| role)
    }
}

/// Makes the changes that some edits of a document come to: one, or one each where one would be too
/// large.
fn merge(document: &mut Document, actor: [u8; 16], writes: &[Write]) -> Result<Vec<Vec<u8>>, EngineError> {
    let mut changes = Vec::new();
    for part in writes.chunks(MAX_MERGED) {
        match document.edit(actor, |edit| part.iter().try_for_each(|write| write(edit))) {
            Ok(change) => changes.extend(change),
            Err(EngineError::Refused(_)) if part.len() > 1 => {
                for write in part {
                    changes.extend(document.edit(actor, write)?);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(changes)
}
