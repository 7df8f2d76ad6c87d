//! Writing this device's entries: ops, Opens, and edits of documents.

mod queue;

use dataforge_protocol::document::{Document, EngineError};
use dataforge_protocol::entry::{BlobRef, EntryKind, Header, SignedEntry};
use dataforge_protocol::facts::Facts;
use dataforge_protocol::gate;
use dataforge_protocol::id::{DeviceId, DocId, EntryId, PersonId};
use dataforge_protocol::key::{device_id, sign_recovery};
use dataforge_protocol::ledger::{Draft, DraftError, Invalid, Ledger, Outcome};
use dataforge_protocol::op::{Op, Proof, Recover};
use iroh::SecretKey;

use self::queue::Queue;
use super::{Progress, record};
use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::index::{FiledQuestion, build, filed_question, known_with, materialise};
use crate::store::Store;

/// Writes entries within one transaction.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    store: &'a Store,
    ledger: &'a mut Ledger,
    secret: &'a SecretKey,
    device: DeviceId,
    progress: &'a mut Progress,
    /// Edits that are not written yet.
    queue: Queue,
    /// Entries that were appended, or tried to be.
    appended: u64,
}

fn engine(error: &EngineError) -> ApiError {
    match error {
        EngineError::TextTooLong => ApiError::from_error(ErrorKind::Usage, error)
            .hint("somebody wrote more than is allowed: delete it, and make another one"),
        _ => ApiError::from_error(ErrorKind::Internal, error),
    }
}

fn op_draft(op: &Op) -> Draft {
    Draft { kind: EntryKind::Op, doc: None, deps: Vec::new(), blobs: Vec::new(), body: op.to_bytes() }
}

fn undrafted(error: &DraftError) -> ApiError {
    match error {
        DraftError::Forked => ApiError::from_error(ErrorKind::NotAllowed, error).hint(
            "dataforge forks shows why; dataforge device renew goes on with a new key, by your 24 recovery words",
        ),
        DraftError::NotMember(_) => ApiError::from_error(ErrorKind::NotAllowed, error)
            .hint("this device is no member's any more: dataforge devices shows how it stands"),
        _ => ApiError::from_error(ErrorKind::Internal, error),
    }
}

/// Says why an own entry does not count.
fn unaccepted(is_op: bool, outcome: Option<Outcome>) -> ApiError {
    let refused = |why: &dyn std::fmt::Display| {
        ApiError::new(ErrorKind::NotAllowed, format!("the workspace's rules refuse it: {why}"))
    };
    match outcome {
        Some(Outcome::Invalid(Invalid::NotAWriter)) => {
            ApiError::new(ErrorKind::NotAllowed, "your role in this workspace does not allow changes")
                .hint("ask an admin or owner for the role of an editor")
        }
        Some(Outcome::Invalid(invalid)) => refused(&invalid),
        Some(Outcome::Inert(inert)) => refused(&inert),
        // A limit of the rules: docs/authority.md.
        Some(Outcome::Excluded) if is_op => ApiError::new(
            ErrorKind::NotAllowed,
            "it would count for nobody: you were removed and given a higher role at the same time, and added again \
             by somebody below that role",
        )
        .hint("an owner gives an admin the role anew (dataforge role MEMBER admin); of an owner only dataforge recover does"),
        other => ApiError::new(ErrorKind::Internal, format!("an own entry was not accepted: {other:?}")),
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        store: &'a Store,
        ledger: &'a mut Ledger,
        secret: &'a SecretKey,
        progress: &'a mut Progress,
    ) -> Self {
        let device = device_id(secret);
        Self { store, ledger, secret, device, progress, queue: Queue::default(), appended: 0 }
    }

    /// Gives the database.
    #[must_use]
    pub(crate) const fn store(&self) -> &Store {
        self.store
    }

    /// Appends an entry to this device's chain.
    ///
    /// # Errors
    /// `NotAllowed` when the rules refuse it, `Internal` when the chain cannot be continued.
    pub(crate) fn append(&mut self, draft: Draft) -> Result<EntryId, ApiError> {
        self.flush()?;
        self.append_now(draft)
    }

    fn append_now(&mut self, draft: Draft) -> Result<EntryId, ApiError> {
        self.merge(&draft)?;
        self.append_one(draft)
    }

    /// Writes what has to come first where there are more membership heads than an entry may name.
    fn merge(&mut self, draft: &Draft) -> Result<(), ApiError> {
        while let Some(merging) = self.ledger.merging(self.device, draft) {
            self.append_one(merging)?;
        }
        Ok(())
    }

    fn append_one(&mut self, draft: Draft) -> Result<EntryId, ApiError> {
        let header = self.header(&draft)?;
        self.settle(&header, draft.body)
    }

    fn header(&self, draft: &Draft) -> Result<Header, ApiError> {
        self.ledger.next_header(self.device, draft, now_ms()).map_err(|error| undrafted(&error))
    }

    fn settle(&mut self, header: &Header, body: Vec<u8>) -> Result<EntryId, ApiError> {
        self.appended += 1;
        let signed = SignedEntry::sign(header, body, self.secret);
        let entry = signed.read().map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
        let id = entry.id;
        let done = self.ledger.accept(entry, self.store);
        let outcome = done.other.clone().or_else(|| done.settled.first().map(|(_, outcome)| outcome.clone()));
        match outcome {
            Some(Outcome::Accepted) => record(self.store, self.ledger, done, self.progress)?,
            other => return Err(unaccepted(header.link.kind == EntryKind::Op.to_u8(), other)),
        }
        Ok(id)
    }

    /// Writes a membership op.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn op(&mut self, op: &Op) -> Result<EntryId, ApiError> {
        self.append(op_draft(op))
    }

    /// Writes a recovery: the key signs it with what it builds on, so that it counts here alone.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn recover(&mut self, mut recover: Recover, key: &SecretKey) -> Result<EntryId, ApiError> {
        recover.proofs = Vec::new();
        // What it builds on does not depend on the proofs.
        let (device, parents) = self.draft_recovery(&recover)?;
        let digest = recover.digest(self.ledger.workspace(), device, &parents);
        let signature = sign_recovery(key, &digest);
        recover.proofs = vec![Proof { key: PersonId(*key.public().as_bytes()), signature }];
        self.append_one(op_draft(&Op::Recover(recover)))
    }

    /// Returns what proofs of a recovery name besides it: this device, and what it would build on now.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn draft_recovery(&mut self, recover: &Recover) -> Result<(DeviceId, Vec<EntryId>), ApiError> {
        let draft = op_draft(&Op::Recover(recover.clone()));
        self.merge(&draft)?;
        Ok((self.device, self.header(&draft)?.claims.mheads))
    }

    /// Writes a recovery as it was drafted and signed: whatever came since, it builds on the same.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn publish_recovery(&mut self, recover: Recover, parents: Vec<EntryId>) -> Result<EntryId, ApiError> {
        let draft = op_draft(&Op::Recover(recover));
        // Many heads beside those of the draft are of no concern to it.
        let mut header = self.header(&draft)?;
        header.claims.mheads = parents;
        self.settle(&header, draft.body)
    }

    /// Opens a document unless it is open already; returns its id and whether it is new.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub(crate) fn open(&mut self, facts: &Facts, deps: Vec<EntryId>) -> Result<(DocId, bool), ApiError> {
        let doc = facts.doc_id();
        if !self.ledger.effective_entries(&doc).is_empty() {
            return Ok((doc, false));
        }
        self.append(Draft { kind: EntryKind::Open, doc: Some(doc), deps, blobs: Vec::new(), body: facts.to_bytes() })?;
        Ok((doc, true))
    }

    /// Returns the first entry of a document, for others to depend on when they refer to it.
    #[must_use]
    pub(crate) fn opening(&self, doc: &DocId) -> Option<EntryId> {
        let mut entries = self.ledger.effective_entries(doc).into_iter();
        entries.find(|(_, kind)| *kind == EntryKind::Open).map(|(id, _)| id)
    }

    /// Returns the entries written in this transaction so far.
    #[must_use]
    pub(crate) fn entries(&self) -> &[EntryId] {
        &self.progress.settled
    }

    /// Returns what the deletion of a well names, so that it is known what it takes along; nothing for
    /// other documents.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn known_with(&self, well: &DocId) -> Result<Vec<EntryId>, ApiError> {
        let known = known_with(self.store, self.ledger, &self.ledger.workspace(), well, &self.device)?;
        Ok(self.countable(well, known))
    }

    /// Returns the question about things under a deleted well, without what is queued.
    ///
    /// # Errors
    /// `Storage`, `Damaged` when Automerge cannot build the well.
    pub(crate) fn filed_question(&self, well: &DocId) -> Result<FiledQuestion, ApiError> {
        let found = filed_question(self.store, self.ledger, &self.ledger.workspace(), well, &self.device)?;
        Ok(FiledQuestion { known: self.countable(well, found.known), ..found })
    }

    /// Leaves out what cannot be shown to count: it is not named, and then somebody is asked about it.
    fn countable(&self, well: &DocId, mut known: Vec<EntryId>) -> Vec<EntryId> {
        known.retain(|id| {
            let (kind, deps) = (EntryKind::Change, vec![*id]);
            let draft = Draft { kind, doc: Some(*well), deps, blobs: Vec::new(), body: Vec::new() };
            self.header(&draft).is_ok()
        });
        known
    }

    /// Returns a document's present state, without what is queued; `None` when it is not open.
    ///
    /// # Errors
    /// `Damaged` when Automerge cannot build it.
    pub(crate) fn document(&self, doc: &DocId) -> Result<Option<Document>, ApiError> {
        materialise(self.store, self.ledger, doc)
    }

    /// Edits a document: `edit` makes changes as the given actor and returns them in order. The
    /// first entry also depends on `deps` and names `blobs`. Returns whether anything changed.
    ///
    /// # Errors
    /// As [`Writer::append`], `NotFound` when the document is not open.
    pub(crate) fn edit(
        &mut self,
        doc: DocId,
        deps: &[EntryId],
        blobs: Vec<BlobRef>,
        edit: impl FnOnce(&mut Document, [u8; 16]) -> Result<Vec<Vec<u8>>, EngineError>,
    ) -> Result<bool, ApiError> {
        self.flush()?;
        self.edit_now(doc, deps, blobs, edit)
    }

    fn edit_now(
        &mut self,
        doc: DocId,
        deps: &[EntryId],
        blobs: Vec<BlobRef>,
        edit: impl FnOnce(&mut Document, [u8; 16]) -> Result<Vec<Vec<u8>>, EngineError>,
    ) -> Result<bool, ApiError> {
        let missing = || ApiError::new(ErrorKind::NotFound, format!("document {} is not open", doc.fmt_short()));
        let entries = self.ledger.buildable(&self.device, &doc);
        let mut document = build(self.store, self.ledger, &doc, &entries)?.ok_or_else(missing)?;
        let actor = self.ledger.actor(self.device, doc, self.store).map_err(|_not_opened| missing())?;
        let changes = edit(&mut document, actor).map_err(|error| engine(&error))?;
        let mut extra = Some((deps.to_vec(), blobs));
        for change in &changes {
            let scan = gate::scan(change).map_err(|error| ApiError::from_error(ErrorKind::Internal, &error))?;
            let unknown = || ApiError::new(ErrorKind::Internal, "a change builds on one that is not known");
            let mut deps = self.ledger.carriers(&doc, &scan.deps).ok_or_else(unknown)?;
            let (more, blobs) = extra.take().unwrap_or_default();
            deps.extend(more);
            self.append_now(Draft { kind: EntryKind::Change, doc: Some(doc), deps, blobs, body: change.clone() })?;
        }
        Ok(!changes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_op_that_is_void_says_what_ends_that() {
        let told = unaccepted(true, Some(Outcome::Excluded));
        assert_eq!(told.kind, ErrorKind::NotAllowed);
        assert!(told.hint.is_some_and(|hint| hint.contains("dataforge recover")));
        let told = unaccepted(false, Some(Outcome::Excluded));
        assert_eq!((told.kind, told.hint), (ErrorKind::Internal, None), "data is never written so");
    }
}
